import Events

/// Decisions for people.
enum DecisionView {
  /// One line a decision; its words come last, so that they may be long.
  static func list(_ entries: [JSON]) -> String {
    Table(
      ["AT", "DECISION", "CODE", "TRIGGER", "CAUSE", "SUMMARY"], of: entries,
      keys: ["at", "decision", "code", "trigger_type", "cause_id", "summary"]
    ).text
  }
}
