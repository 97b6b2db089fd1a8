import Events
import Patterns
import Rules

extension Explainer {
  /// Rules that one answer gives advice about, the closest first; all that match are named besides.
  public static let advisedMax = 20

  /// A recorded event held against the rules of today, disabled ones too: matched, or what would mend each failing leaf.
  ///
  /// Rules that match come first, then those that fail by the fewest leaves. nil if no such event is recorded.
  ///
  /// - Parameter rule: only this one; it has a pattern.
  public func patterns(of id: String, rule name: String?) async throws(StoreError) -> JSON? {
    guard let recorded = try await engine.ports.events.event(id) else { return nil }
    let event = recorded.event.json
    let asked = engine.book.bus.rules.filter { $0.pattern != nil && (name == nil || $0.name == name) }
    let ranked = asked.map { rule in (rule, rule.pattern?.explain(event).failures.count ?? 0) }
      .sorted { ($0.1, $0.0.name) < ($1.1, $1.0.name) }
    let matching = ranked.filter { $0.1 == 0 }.map(\.0)
    let closest = ranked.filter { $0.1 > 0 }.prefix(Explainer.advisedMax).map(\.0)
    let answers = (matching + closest).map { rule -> JSON in
      var json: JSON = ["rule": .string(rule.name), "state": .string(rule.state.rawValue)]
      for member in rule.pattern?.advise(event).json.members ?? [] { json.set(member.key, member.value) }
      return json
    }
    return [
      "event": event, "received_at": .string(recorded.receivedAt.preciseText),
      "scheduled": .bool(recorded.event.isScheduled), "matched": JSON(matching.count), "rules": .array(answers),
      "more": JSON(ranked.count - answers.count),
    ]
  }
}
