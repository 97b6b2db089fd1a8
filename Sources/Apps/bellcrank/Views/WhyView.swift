import Events

/// The answer to `why` for people: one sentence first, then cause by cause what led to it.
enum WhyView {
  /// Rules that are named as not having wanted an event.
  static let missedMax = 5

  /// The whole answer.
  static func text(_ answer: JSON) -> String {
    let causes = answer.list("causes")
    var parts = [answer.cell("headline").harmless()]
    parts += causes.map { cause($0) }
    let near = Set(causes.flatMap { nearMisses($0) }.map { $0.cell("rule") })
    let others = answer.list("missed_rules").filter { !near.contains($0.cell("rule")) }
    parts.append(misses(others, heading: "rules that did not want the event"))
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private static func cause(_ cause: JSON) -> String {
    let facts = Table(pairs: [
      "decision": cause.fact("decision"), "code": cause.fact("code"), "meaning": cause.fact("meaning"),
      "because": cause.fact("summary"), "to let it through": cause.fact("would_let_it_through"),
      "command": cause.fact("command"),
      "at": "\(cause.cell("at")), after \(cause.cell("took_ms")) ms", "trigger": cause.fact("trigger_type"),
      "slot": cause.fact("slot"), "rule": rule(cause), "event": cause.fact("event_id"),
      "parent": cause.fact("parent_id"), "correlation": cause.fact("correlation_id"),
      "key": cause.fact("idempotency_key"),
    ])
    let parts = [
      facts.text, gates(cause), changes(cause), misses(nearMisses(cause), heading: "near misses"), run(cause),
    ]
    let body = parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    return "cause \(cause.cell("cause_id").harmless())\n\(body.indented)"
  }

  private static func rule(_ cause: JSON) -> String? {
    cause.fact("rule").map { rule in cause.fact("rule_version").map { "\(rule) (version \($0))" } ?? rule }
  }

  private static func gates(_ cause: JSON) -> String {
    let rows = cause.list("gates").map { gate in
      [gate.cell("gate"), state(gate.cell("state")), gate.fact("detail") ?? ""]
    }
    return rows.isEmpty ? "" : Table(["", "", ""], rows).text(under: "gates")
  }

  /// What of the rule and the settings is another now than it was then.
  private static func changes(_ answer: JSON) -> String {
    let changes = answer.list("rule_changed_since") + answer.list("settings_changed_since")
    guard !changes.isEmpty else { return "" }
    return (["changed since"] + changes.compactMap(\.string).map { "  \($0)" }).joined(separator: "\n").harmless()
  }

  /// The answer to `why-not`: the sentence, what to do, the gates of then, and what has changed since.
  static func whyNot(_ answer: JSON) -> String {
    let then = answer["rule_then"].map { rule in
      "version \(rule.cell("version")), \(rule.cell("state"))\(rule.fact("schedule").map { ", \($0)" } ?? "")"
        + "\(rule.fact("pattern").map { ", \($0)" } ?? "")"
    }
    let facts = Table(pairs: [
      "at": answer.fact("at"), "rule of then": then,
      "to let it through": answer.fact("would_let_it_through"), "command": answer.fact("command"),
    ])
    let own = answer.list("causes").isEmpty ? gates(answer) : ""
    var parts = [answer.cell("headline").harmless(), facts.text, own]
    parts.append(changes(answer))
    parts += answer.list("causes").map { cause($0) }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private static func state(_ state: String) -> String {
    state == "stopped" ? "STOPPED" : String(state.map { $0 == "_" ? " " : $0 })
  }

  private static func nearMisses(_ cause: JSON) -> [JSON] {
    cause["facts"]?.list("near_misses") ?? []
  }

  /// One line for each leaf that failed; the rule is named on its first.
  private static func misses(_ rules: [JSON], heading: String) -> String {
    let rows = rules.prefix(missedMax).flatMap { rule in
      rule.list("failures").prefix(LeafView.leavesMax).enumerated().map { place, leaf in
        [place == 0 ? rule.cell("rule") : "", leaf.cell("path"), leaf.cell("wanted"), LeafView.had(leaf)]
      }
    }
    guard !rows.isEmpty else { return "" }
    let more = rules.count > missedMax ? "\n  and \(rules.count - missedMax) more" : ""
    return Table(["RULE", "LEAF", "WANTED", "HAD"], rows).text(under: heading) + more
  }

  private static func run(_ cause: JSON) -> String {
    guard let run = cause["run"] else { return "" }
    let heading =
      "run \(run.cell("run_id")) \(run.cell("status")): \(run.cell("stored")) stored, \(run.cell("failed")) failed"
    let objects = RunView.objects(run)
    return objects.isEmpty ? heading.harmless() : "\(heading.harmless())\n\(objects.indented)"
  }
}
