import Events

/// Pick a moment and a trigger, or an id, and be told why nothing happened.
struct ExplainPage {
  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }

  var page: Page {
    let rules = [""] + (view["rules"]?.elements ?? []).compactMap(\.string)
    let moment = Form(
      action: .trigger,
      fields: [
        Form.Input("rule", t("Trigger"), .choice(rules), value: desk.query["rule"] ?? ""),
        Form.Input("at", t("Moment"), .instant, value: desk.query["at"] ?? "", hint: t("like 2025-09-09T22:00:00Z")),
      ], submit: t("Why not?"), asks: .explain)
    let event = Form(
      action: .trigger,
      fields: [
        Form.Input("id", t("Id"), value: desk.query["id"] ?? "", hint: t("event, run, correlation or cause"))
      ], submit: t("Why?"), asks: .explain)
    var sections = [
      Section(t("A moment and a trigger"), .form(moment)), Section(t("An event, a run or a cause"), .form(event)),
    ]
    guard let answer = view["answer"] else {
      if let problem = view["problem"]?.string { sections.insert(Section(.text(t(problem), .bad)), at: 0) }
      return Page(
        title: t("Explain"), lead: t("Every moment has an answer, also one at which nothing happened."),
        sections: sections,
        command: "bellcrank why-not RULE --at 2025-09-09T22:00:00Z", place: .explain)
    }
    let decision = DecisionPage(why: answer, desk: desk)
    let command = answer["rule"].map {
      "bellcrank why-not \(Commands.quoted($0.string ?? "")) --at \(answer.word("at"))"
    }
    return Page(
      title: decision.headline, tone: decision.tone, sections: decision.sections + sections,
      command: command ?? "bellcrank why \(Commands.quoted(answer.word("id")))", place: .explain)
  }
}

/// A pattern beside what was recorded, with a verdict for each event.
struct LabPage {
  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }

  var page: Page {
    let pattern = desk.query["pattern"] ?? view.word("pattern")
    let form = Form(
      action: .trigger,
      fields: [
        Form.Input("pattern", t("Pattern"), .area, value: pattern),
        Form.Input(
          "event", t("Only this event"), value: desk.query["event"] ?? "",
          hint: t("an event's id; else the latest ones")),
      ], submit: t("Try"), asks: .lab)
    var sections = [Section(.form(form))]
    if let problem = view["problem"]?.string {
      sections.append(Section(t("The pattern is refused"), .text(problem, .bad)))
    }
    let verdicts = view["verdicts"]?.elements ?? []
    let matched = verdicts.filter { $0["matched"] == true }.count
    sections.append(
      Section(
        t("Verdicts"), note: verdicts.isEmpty ? "" : t("matched %1 of %2", "\(matched)", "\(verdicts.count)"),
        .table(
          Grid(
            columns: desk.columns([
              .init("Received", .word), "Source and type", .init("Verdict", .word), .init("Event", .code),
            ]),
            rows: verdicts.map { verdict in
              let isMatch = verdict["matched"] == true
              return [
                desk.time(verdict.moment("received_at")),
                Cell(verdict.word("source").cut(to: 80), note: verdict.word("detail_type").cut(to: 80)),
                Cell(
                  isMatch ? t("matched") : t("unmatched"), tone: isMatch ? .good : .quiet,
                  note: verdict.word("because").cut(to: 240)),
                Cell(verdict.word("id").cut(to: 60), to: .decision(id: verdict.word("id"))),
              ]
            }, empty: t("No event was recorded yet. Put one on the bus:"), emptyCommand: desk.commands.putEvent))))
    if view["problem"] == nil, !pattern.isEmpty {
      sections.append(Section(t("Make it a rule"), .code(desk.commands.putPattern(pattern))))
    }
    return Page(
      title: t("Rule lab"), lead: t("A pattern beside recorded traffic; nothing here changes a rule."),
      sections: sections,
      command: "bellcrank pattern test --pattern \(Commands.quoted(pattern)) --event event.json", place: .lab)
  }
}
