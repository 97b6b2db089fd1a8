import Events

/// Leaves of patterns that an event failed, for people.
enum LeafView {
  /// Leaves that are shown of one event and pattern.
  static let leavesMax = 10

  /// One line a leaf; empty if there is none.
  static func table(_ failures: [JSON]) -> String {
    let rows = failures.prefix(leavesMax).map { [$0.cell("path"), $0.cell("wanted"), had($0)] }
    let more = failures.count > leavesMax ? "\nand \(failures.count - leavesMax) more" : ""
    return Table(["LEAF", "WANTED", "HAD"], rows).text + more
  }

  /// What the event had at that leaf.
  static func had(_ failure: JSON) -> String {
    failure["had"]?.string ?? "(absent)"
  }
}
