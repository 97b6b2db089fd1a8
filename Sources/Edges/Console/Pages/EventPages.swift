import Events

/// The stream of events, each with how many rules wanted it.
struct EventsPage {
  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }

  var page: Page {
    let events = view["events"]?.elements ?? []
    let filter = Form(
      action: .trigger,
      fields: [
        Form.Input("source", t("Source"), value: desk.query["source"] ?? ""),
        Form.Input("detail_type", t("Detail type"), value: desk.query["detail_type"] ?? ""),
      ], submit: t("Filter"), asks: .events)
    let grid = Grid(
      columns: desk.columns([.init("Received", .word), "Source and type", "Rules", .init("Event", .code)]),
      rows: events.map { recorded in
        let event = recorded["event"] ?? .null
        let matched = recorded.count("matched")
        return [
          desk.time(recorded.moment("received_at")),
          Cell(event.word("source").cut(to: 80), note: event.word("detail-type").cut(to: 80)),
          Cell(
            t("matched %1 of %2", "\(matched)", "\(recorded.count("rules"))"), tone: matched == 0 ? .warn : .good,
            note: recorded.word("nearest").cut(to: 160)),
          Cell(event.word("id").cut(to: 60), to: .decision(id: event.word("id")), note: ""),
        ]
      }, empty: t("No event came yet. Put one on the bus:"), emptyCommand: desk.commands.putEvent,
      next: view["next"]?.string.map {
        ConsoleRequest.path(
          of: .events,
          ["before": $0, "source": desk.query["source"] ?? "", "detail_type": desk.query["detail_type"] ?? ""])
      } ?? "")
    let flags = [("source", "source"), ("detail_type", "detail-type")].compactMap { name, flag in
      desk.query[name].flatMap { $0.isEmpty ? nil : " --\(flag) \(Commands.quoted($0))" }
    }
    return Page(
      title: t("Events"), lead: t("What came in, the latest first; scheduled events go to their own rule only."),
      sections: [Section(.form(filter)), Section(.table(grid))],
      command: "bellcrank event list" + flags.joined(),
      place: .events)
  }
}

/// The ledger, filtered and in pages.
struct LedgerPage {
  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }

  var page: Page {
    let names = ["decision", "rule", "domain", "id"]
    let decisions = [""] + (view["known_decisions"]?.elements ?? []).compactMap(\.string)
    let filter = Form(
      action: .trigger,
      fields: [
        Form.Input("decision", t("Decision"), .choice(decisions), value: desk.query["decision"] ?? ""),
        Form.Input("rule", t("Rule"), value: desk.query["rule"] ?? ""),
        Form.Input("domain", t("Domain"), value: desk.query["domain"] ?? ""),
        Form.Input("id", t("Id"), value: desk.query["id"] ?? "", hint: t("event, run, correlation or cause")),
        Form.Input("since", t("Since"), .instant, value: desk.query["since"] ?? ""),
        Form.Input("until", t("Until"), .instant, value: desk.query["until"] ?? ""),
      ], submit: t("Filter"), asks: .ledger)
    let flags = (names + ["since", "until"]).compactMap { name in
      desk.query[name].flatMap { $0.isEmpty ? nil : " --\(name) \(Commands.quoted($0))" }
    }
    let next = view["next"]?.string.map { after in
      ConsoleRequest.path(
        of: .ledger,
        [
          "after": after, "decision": desk.query["decision"] ?? "", "rule": desk.query["rule"] ?? "",
          "domain": desk.query["domain"] ?? "", "id": desk.query["id"] ?? "", "since": desk.query["since"] ?? "",
          "until": desk.query["until"] ?? "",
        ])
    }
    return Page(
      title: t("Decisions"), lead: t("One row for each cause, also where nothing ran, the latest first."),
      sections: desk.problem(view) + [
        Section(.form(filter)),
        Section(
          .table(
            desk.decisions(
              view["decisions"]?.elements ?? [], next: next ?? "", empty: t("No decision fits."),
              command: "bellcrank decisions list"))),
      ], command: "bellcrank decisions list" + flags.joined(), place: .ledger)
  }
}
