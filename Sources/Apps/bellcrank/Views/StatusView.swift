import Events

/// A server's status for people.
enum StatusView {
  /// Its facts, then a table each for rules, queues, decisions and runs.
  static func text(_ status: JSON) -> String {
    let facts = Table(pairs: [
      "environment": status.fact("environment"), "now": status.fact("now"), "account": status.fact("account"),
      "region": status.fact("region"), "clock": status["clock"].flatMap(ClockView.words),
      "last plan": status["last_plan"].map { "\($0.cell("at")) \($0.cell("words"))" },
    ])
    let queues = Table(
      ["QUEUE", .init("VISIBLE", .right), .init("IN FLIGHT", .right), .init("DELAYED", .right)],
      of: status.list("queues"), keys: ["queue", "visible", "in_flight", "delayed"])
    let tables = [
      RuleView.list(status.list("rules")), queues.text, DecisionView.list(status.list("decisions")),
      RunView.list(status.list("runs")),
    ]
    return ([facts.text] + tables).filter { !$0.isEmpty }.joined(separator: "\n\n")
  }
}
