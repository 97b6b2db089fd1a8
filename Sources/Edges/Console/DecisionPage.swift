import Events

/// Why something happened, or why nothing did: the answer of `Explainer.why(_:)`.
struct DecisionPage {
  /// Scalars of a JSON text that is shown at most.
  static let textMax = 16_384

  let why: JSON
  let clock: WallTexts

  var fields: Fields {
    let causes = (why["causes"]?.elements ?? []).map(causeFields)
    let missed = (why["missed_rules"]?.elements ?? []).map(missedFields)
    let headline = why.word("headline")
    return [
      "title": .text(why.word("id").cut(to: 100)), "id": .text(why.word("id")),
      "headline": .text(headline.prefix(1).uppercased() + headline.dropFirst()), "causes": .rows(causes),
      "has_missed": .flag(!missed.isEmpty), "missed": .rows(missed),
      "event": .text(why["event"]?.prettyText.cut(to: Self.textMax) ?? ""),
    ]
  }

  private func causeFields(_ entry: JSON) -> Fields {
    let evidence = entry["facts"] ?? .null
    let isInHeadline = why.word("headline").utf8.suffix(entry.word("summary").utf8.count)
      .elementsEqual(entry.word("summary").utf8)
    return [
      "cause": .text(entry.word("cause_id")), "decision": .text(spoken(entry.word("decision"))),
      "decision_tone": .text(Tone(decision: entry.word("decision")).rawValue), "code": .text(entry.word("code")),
      "summary": .text(isInHeadline ? "" : entry.word("summary")), "meaning": .text(entry.word("meaning")),
      "remedy": .text(entry.word("would_let_it_through")), "details": .rows(details(entry)),
      "gates": .rows((entry["gates"]?.elements ?? []).map(gateFields)),
      "evidence": .text(evidence.members?.isEmpty ?? true ? "" : evidence.prettyText.cut(to: Self.textMax)),
    ]
  }

  private func gateFields(_ gate: JSON) -> Fields {
    let state = gate.word("state")
    return [
      "gate": .text(gate.word("gate")), "state": .text(spoken(state)),
      "gate_tone": .text((state == "passed" ? Tone.good : state == "stopped" ? .bad : .quiet).rawValue),
    ]
  }

  private func details(_ entry: JSON) -> [Fields] {
    let version = entry["rule_version"]?.int.map { ", version \($0)" } ?? ""
    let table = entry["table_name"]?.string.map { "\(entry.word("domain")).\($0)" } ?? ""
    let run = entry["run"]?.word("status") ?? ""
    return [
      clock.detail("Decided", entry.moment("at")),
      detail("Took", entry["took_ms"]?.int.map { WallTexts.length(Span(milliseconds: Int64($0))) }),
      detail("Gate", entry["gate"]?.string), detail("Trigger", entry["trigger_type"]?.string),
      detail("Rule", entry["rule"]?.string.map { $0 + version }),
      clock.detail("Slot", entry.moment("slot")), detail("Table", table), detail("ds", entry["ds"]?.string),
      detail("Run", entry["run_id"]?.string, note: spoken(run)) { .run(id: $0) },
      detail("Event", entry["event_id"]?.string) { .decision(id: $0) },
      detail("Parent", entry["parent_id"]?.string) { .decision(id: $0) },
      detail("Causes above", entry["hops"]?.int.flatMap { $0 == 0 ? nil : "\($0)" }),
      detail("Correlation id", entry["correlation_id"]?.string), detail("Key", entry["idempotency_key"]?.string),
    ].compactMap(\.self)
  }

  private func missedFields(_ miss: JSON) -> Fields {
    let leaves = (miss["failures"]?.elements ?? []).map { leaf in
      let had = leaf["had"]?.string.map { "had \($0)" } ?? "was absent"
      return ["path": .text(leaf.word("path")), "had": .text(had), "wanted": .text(leaf.word("wanted"))] as Fields
    }
    return ["rule": .text(miss.word("rule")), "leaves": .rows(leaves)]
  }
}
