import Events

/// What would mend the leaves that an event fails, for people.
enum AdviceView {
  /// The verdict, and each failing leaf below it.
  static func text(_ advice: JSON) -> String {
    let leaves = leaves(advice)
    return leaves.isEmpty ? verdict(advice) : "\(verdict(advice))\n\n\(leaves)"
  }

  /// An event's rules: those that match in a line each, then the others with their leaves.
  static func rules(_ answer: JSON) -> String {
    let event = answer["event"] ?? .null
    var parts = [
      "event \(event.cell("id")) of \(event.cell("source")), \(event.cell("detail-type")), at \(answer.cell("received_at"))"
        .harmless()
    ]
    if answer["scheduled"] == true {
      parts.append("It is the event of a schedule's slot: it goes to its own rule, and past no pattern.")
    }
    parts += answer.list("rules").map { rule in
      let heading = "rule \(rule.cell("rule")), \(rule.cell("state")): \(verdict(rule))".harmless()
      let leaves = leaves(rule)
      return leaves.isEmpty ? heading : "\(heading)\n\(leaves.indented)"
    }
    if answer.list("rules").isEmpty { parts.append("there is no rule with a pattern") }
    if let more = answer["more"]?.int, more > 0 {
      parts.append("and \(more) rules that are further off; name one with --rule")
    }
    return parts.joined(separator: "\n\n")
  }

  private static func verdict(_ advice: JSON) -> String {
    if advice["matched"] == true { return "match" }
    let count = advice.list("failures").count
    return "nomatch by \(count == 1 ? "a leaf" : "\(count) leaves")"
  }

  private static func leaves(_ advice: JSON) -> String {
    let failures = advice.list("failures")
    let more = failures.count > LeafView.leavesMax ? ["and \(failures.count - LeafView.leavesMax) more"] : []
    return (failures.prefix(LeafView.leavesMax).map(leaf) + more).joined(separator: "\n\n")
  }

  private static func leaf(_ leaf: JSON) -> String {
    let hints = leaf.list("hints").map { ["hint", $0.cell("sentence")] }
    let rows =
      [["wanted", leaf.cell("wanted")], ["had", LeafView.had(leaf)]] + hints + [
        ["change event", leaf["change_event"]?.fact("sentence") ?? "(no single change was found)"],
        ["or pattern", leaf["change_pattern"]?.fact("sentence") ?? "(no single change was found)"],
      ]
    return Table(["", ""], rows).text(under: leaf.cell("path").harmless())
  }
}
