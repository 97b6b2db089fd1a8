import Events

/// Why something happened, or why nothing did: the answer of `Explainer.why(_:)` or `whyNot(_:at:)`.
struct DecisionPage {
  /// Scalars of a JSON text that is shown at most.
  static let textMax = 16_384

  let why: JSON
  let desk: Desk

  private var t: Words { desk.t }

  var page: Page {
    let id = why.word("id")
    return Page(
      title: headline, tone: tone, lead: "", sections: sections, command: "bellcrank why \(Commands.quoted(id))",
      place: .ledger)
  }

  /// The sentence of the answer with its first letter as a heading has it.
  var headline: String {
    let headline = why.word("headline")
    return (headline.prefix(1).uppercased() + headline.dropFirst()).cut(to: 400)
  }

  var tone: Tone? {
    why["causes"]?.elements?.first.map { Tone(decision: $0.word("decision")) } ?? (why["gates"] == nil ? nil : .warn)
  }

  var sections: [Section] {
    var sections: [Section] = []
    if let gates = why["gates"] { sections.append(Section(t("Gates"), note: remedy(why), .gates(lines(gates)))) }
    if let command = why["command"]?.string, why["causes"] == nil {
      sections.append(Section(t("What mends it"), .code(command)))
    }
    sections += changes(why)
    for cause in why["causes"]?.elements ?? [] { sections += self.sections(of: cause) }
    let missed = why["missed_rules"]?.elements ?? []
    if !missed.isEmpty { sections.append(Section(t("Rules that did not want it"), .table(misses(missed)))) }
    if let tree = why["tree"], let node = DecisionPage.node(tree, desk) {
      sections.append(Section(t("What led to what"), .tree(node)))
    }
    if let event = why["event"], event != .null {
      sections.append(Section(t("The event as it came"), .code(event.prettyText.cut(to: Self.textMax))))
      sections.append(Section(t("Make of it"), .links(makings(event))))
      let line: JSON = ["id": event["id"] ?? .null, "pattern": pattern(of: event), "event": event]
      sections.append(
        Section(
          t("A test case"), note: t("A line for bellcrank pattern test --cases."),
          .code(line.text.cut(to: Self.textMax))))
    }
    return sections
  }

  private func remedy(_ entry: JSON) -> String {
    let remedy = entry.word("would_let_it_through")
    return remedy.isEmpty ? "" : t("Would let it through: %1", t(remedy))
  }

  private func lines(_ gates: JSON) -> [GateLine] {
    (gates.elements ?? []).map { gate in
      let state = gate.word("state")
      return GateLine(
        gate: t.spoken(gate.word("gate")), state: t.spoken(state),
        tone: state == "passed" ? .good : state == "stopped" ? .bad : .quiet, detail: gate.word("detail").cut(to: 400))
    }
  }

  private func changes(_ entry: JSON) -> [Section] {
    let since = ["rule_changed_since", "settings_changed_since"].flatMap { entry[$0]?.elements ?? [] }.compactMap(
      \.string)
    guard !since.isEmpty else { return [] }
    let text = t("Changed since: %1", since.joined(separator: "; "))
    return [Section(.text(text, .warn))]
  }

  private func sections(of entry: JSON) -> [Section] {
    let word = entry.word("decision")
    let meaning = entry.word("meaning")
    var sections = [
      Section(
        "\(t.spoken(word)) · \(entry.word("code"))", note: meaning.isEmpty ? "" : t(meaning),
        .text(entry.word("summary"), Tone(decision: word)))
    ]
    if why["gates"] == nil {
      sections.append(Section(t("Gates"), note: remedy(entry), .gates(lines(entry["gates"] ?? .null))))
    }
    if let command = entry["command"]?.string { sections.append(Section(t("What mends it"), .code(command))) }
    sections += changes(entry)
    sections.append(Section(t("Cause %1", entry.word("cause_id")), .details(details(entry))))
    if let facts = entry["facts"], facts.members?.isEmpty == false {
      sections.append(Section(t("What decided"), .code(facts.prettyText.cut(to: Self.textMax))))
    }
    return sections
  }

  private func details(_ entry: JSON) -> [Detail] {
    let version = entry["rule_version"]?.int.map { t("version %1", "\($0)") } ?? ""
    let table = entry["table_name"]?.string.map { "\(entry.word("domain")).\($0)" }
    let run = entry["run"]?.word("status") ?? ""
    return [
      desk.detail("Decided", entry.moment("at")), Detail(t("Took"), entry["took_ms"]?.int.map { desk.length($0) }),
      Detail(t("Trigger"), entry["trigger_type"]?.string.map { t.spoken($0) }),
      Detail(t("Rule"), entry["rule"]?.string, note: version) { .trigger(name: $0) },
      desk.detail("Slot", entry.moment("slot")), Detail(t("Table"), table), Detail("ds", entry["ds"]?.string),
      Detail(t("Run"), entry["run_id"]?.string, note: t.spoken(run)) { .run(id: $0) },
      Detail(t("Event"), entry["event_id"]?.string) { .decision(id: $0) },
      Detail(t("Parent"), entry["parent_id"]?.string) { .decision(id: $0) },
      Detail(t("Causes above"), entry["hops"]?.int.flatMap { $0 == 0 ? nil : "\($0)" }),
      Detail(t("Correlation id"), entry["correlation_id"]?.string), Detail(t("Key"), entry["idempotency_key"]?.string),
      Detail(t("Downtime"), entry["engine_was_down"]?.string),
    ]
  }

  private func misses(_ missed: [JSON]) -> Grid {
    let rows = missed.flatMap { miss in
      (miss["failures"]?.elements ?? []).map { leaf -> [Cell] in
        [
          Cell(miss.word("rule"), to: .trigger(name: miss.word("rule"))), Cell(leaf.word("path"), tone: .bad),
          Cell(leaf.word("wanted")), Cell(leaf["had"]?.string ?? t("absent")),
        ]
      }
    }
    return Grid(
      columns: desk.columns(["Rule", .init("Leaf", .code), .init("Wanted", .code), .init("Had", .code)]), rows: rows)
  }

  /// The pattern of the event's own envelope.
  private func pattern(of event: JSON) -> JSON {
    ["source": [.string(event.word("source"))], "detail-type": [.string(event.word("detail-type"))]]
  }

  /// A rule or a test case out of an event.
  private func makings(_ event: JSON) -> [Link] {
    let pattern = pattern(of: event)
    return [
      Link(
        label: t("A rule: try its pattern in the lab"), href: ConsoleRequest.path(of: .lab, ["pattern": pattern.text])),
      Link(
        label: t("A test case: the event in the lab"),
        href: ConsoleRequest.path(of: .lab, ["pattern": pattern.text, "event": event.word("id")])),
    ]
  }

  /// A causal tree's node with its children.
  static func node(_ json: JSON, _ desk: Desk) -> TreeNode? {
    guard let kind = json["kind"]?.string else { return nil }
    let id = json.word("id")
    let state = json.word("state")
    let href: String =
      switch kind {
      case "event", "decision": ConsoleRequest.path(of: .decision(id: id))
      case "run": ConsoleRequest.path(of: .run(id: id))
      default: ""
      }
    let took = json["took_ms"]?.int.map { desk.length($0) }
    let notes = [took, json["code"]?.string, json["note"]?.string, kind == "object" ? id : nil].compactMap(\.self)
    return TreeNode(
      kind: kind, label: json.word("label").cut(to: 200), state: state.isEmpty ? "" : desk.t.spoken(state),
      tone: tone(of: kind, state), href: href, at: json.moment("at").map { desk.clock.local($0) } ?? "",
      note: notes.joined(separator: " · ").cut(to: 300),
      children: (json["children"]?.elements ?? []).compactMap { node($0, desk) })
  }

  private static func tone(of kind: String, _ state: String) -> Tone {
    switch kind {
    case "decision": Tone(decision: state)
    case "run": Tone(status: state)
    default:
      ["failed", "waiting"].contains(state) ? .bad : ["succeeded", "stored", "taken"].contains(state) ? .good : .quiet
    }
  }
}
