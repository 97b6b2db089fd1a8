import Events

/// A causal tree for people: a line a node, with what became of it and when.
enum TreeView {
  static func text(_ root: JSON) -> String {
    lines(root, prefix: "", branch: "", under: "").joined(separator: "\n")
  }

  private static func lines(_ node: JSON, prefix: String, branch: String, under: String) -> [String] {
    let children = node.list("children")
    var out = [prefix + branch + label(node)]
    for (place, child) in children.enumerated() {
      let isLast = place == children.count - 1
      out += lines(child, prefix: prefix + under, branch: isLast ? "└─ " : "├─ ", under: isLast ? "   " : "│  ")
    }
    return out
  }

  /// `run market.prices succeeded · 2025-09-09T22:00:01.002Z · 1,200 ms · run-75ae…`
  private static func label(_ node: JSON) -> String {
    let words = [node.cell("kind"), node.cell("label"), node.fact("state"), node.fact("code")].compactMap(\.self)
    let facts = [
      words.joined(separator: " "), node.fact("at"), node.fact("took_ms").map { "\($0) ms" }, node.fact("note"),
      node.cell("kind") == "object" && node.fact("state") != "stored" ? nil : node.fact("id"),
    ]
    return facts.compactMap(\.self).joined(separator: " · ").harmless()
  }
}
