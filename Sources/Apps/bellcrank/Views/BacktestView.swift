import Events

/// What came of a backtest, for people: one sentence first.
enum BacktestView {
  /// Sources that are named.
  static let sourcesMax = 10
  /// Days that are named, the latest.
  static let daysMax = 31

  static func text(_ found: JSON) -> String {
    let days = found.list("by_day").suffix(daysMax)
    let sources = found.list("by_source").prefix(sourcesMax)
    let parts = [
      headline(found), counts("DAY", days.map { [$0.cell("day"), $0.cell("matched")] }),
      counts("SOURCE", sources.map { [$0.cell("source"), $0.cell("matched")] }),
      events(found.list("first"), "the first of them"), difference(found),
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private static func headline(_ found: JSON) -> String {
    guard let since = found.fact("recorded_since") else { return "no event is recorded" }
    let isRule = found["compared"] == false && found["rule"] != nil
    let who =
      isRule ? "rule \(found.cell("rule")) (version \(found.cell("rule_version"))) matches" : "it would have matched"
    var lines = [
      "\(who) \(found.cell("matched")) of \(found.cell("looked_at")) events",
      "events are recorded since \(since), and kept for \(found.cell("retention_days")) days",
    ]
    if let scheduled = found["scheduled"]?.int, scheduled > 0 {
      lines.append("\(scheduled) events of schedules fit as well, but go to their own rules and past no pattern")
    }
    return lines.joined(separator: "\n").harmless(keepingLines: true)
  }

  private static func difference(_ found: JSON) -> String {
    guard found["compared"] == true else { return "" }
    let rule = "rule \(found.cell("rule")) (version \(found.cell("rule_version")))".harmless()
    let sentence =
      "\(rule) matches \(found.cell("today")) of them today: \(found.cell("gained")) would be gained, "
      + "\(found.cell("lost")) lost"
    let parts = [
      sentence, events(found.list("gained_first"), "gained, and the leaf by which the rule misses it today"),
      events(found.list("lost_first"), "lost, and the leaf by which it would be missed"),
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private static func counts(_ title: String, _ rows: [[String]]) -> String {
    Table([.init(title), .init("MATCHED", .right)], rows).text
  }

  private static func events(_ events: [JSON], _ heading: String) -> String {
    guard !events.isEmpty else { return "" }
    let hasLeaves = events.contains { !$0.list("failures").isEmpty }
    let rows = events.map { event -> [String] in
      let row = ["received_at", "source", "detail-type", "id"].map { event.cell($0) }
      guard hasLeaves else { return row }
      guard let leaf = event.list("failures").first else { return row + ["-", "-", "-"] }
      return row + [leaf.cell("path"), leaf.cell("wanted"), LeafView.had(leaf)]
    }
    let columns: [Table.Column] = ["RECEIVED", "SOURCE", "DETAIL TYPE", "EVENT"]
    return Table(hasLeaves ? columns + ["LEAF", "WANTED", "HAD"] : columns, rows).text(under: heading)
  }
}
