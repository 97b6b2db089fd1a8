import Events
import Schedules

/// All rules: what they are in plain words, and when they fire next.
struct TriggersPage {
  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }

  var page: Page {
    let rules = view["rules"]?.elements ?? []
    let grid = Grid(
      columns: desk.columns(["Rule", .init("State", .word), "Fires on", "Next"]),
      rows: rules.map { rule in
        let isEnabled = rule.word("state") == "ENABLED"
        let next = rule["next_fires"]?.elements?.first?.string.flatMap { Timestamp($0) }
        return [
          Cell(rule.word("name"), to: .trigger(name: rule.word("name")), note: rule.word("description").cut(to: 120)),
          Cell(t(isEnabled ? "enabled" : "disabled"), tone: isEnabled ? .good : .warn),
          Cell(
            rule["schedule_expression"] == nil
              ? rule.word("event_pattern").cut(to: 200) : rule.word("schedule_expression"),
            note: rule.word("plain_words")),
          next.map { desk.time($0) } ?? "–",
        ]
      }, empty: t("There is no rule. Make one:"),
      emptyCommand: desk.commands.putSchedule(environment: "dev", region: "us-east-1", account: "123456789012"))
    return Page(
      title: t("Triggers"),
      lead: t(
        "%1, %2 of them enabled", t.counted(rules.count, "rule"),
        "\(rules.filter { $0.word("state") == "ENABLED" }.count)"),
      sections: [Section(.table(grid))] + schedules, command: "bellcrank rules list", place: .triggers)
  }

  /// Schedules of EventBridge Scheduler, which have a command of their own.
  private var schedules: [Section] {
    let rows = view["schedules"]?.elements ?? []
    guard !rows.isEmpty else { return [] }
    let grid = Grid(
      columns: desk.columns(["Schedule", .init("State", .word), "Fires on", "Next"]),
      rows: rows.map { row in
        let isEnabled = row.word("state") == "ENABLED"
        let next = row["next_fires"]?.elements?.first?.string.flatMap { Timestamp($0) }
        return [
          Cell(row.word("name").cut(to: 120), note: row["pause"]?.word("why").cut(to: 120) ?? ""),
          Cell(t(isEnabled ? "enabled" : "disabled"), tone: isEnabled ? .good : .warn),
          Cell(row.word("schedule_expression"), note: row.word("plain_words")), next.map { desk.time($0) } ?? "–",
        ]
      }, empty: "")
    let note = view["has_more_schedules"] == nil ? nil : t("There are more: bellcrank schedule list")
    return [Section(t("Schedules"), note: note ?? "", .table(grid))]
  }
}

/// One rule: plain words, policies, fires, gates, and what can be done with it.
struct TriggerPage {
  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }
  private var name: String { view.word("name") }
  private var isEnabled: Bool { view.word("state") == "ENABLED" }
  private var hasSchedule: Bool { view["schedule_expression"] != nil }

  var page: Page {
    let words = view.word("plain_words")
    var sections = [Section(t("Policies"), .details(policies))]
    if hasSchedule { sections.append(Section(t("Next fires"), .table(fires))) }
    if let pattern = view["event_pattern"]?.string { sections.append(Section(t("Pattern"), .code(pattern))) }
    sections.append(Section(t("Gates as they stand"), .gates(gates)))
    sections += actions
    sections.append(
      Section(
        t("Last decisions"),
        .table(
          desk.decisions(
            view["decisions"]?.elements ?? [],
            next: ConsoleRequest.path(of: .ledger, ["rule": name]),
            empty: t("This rule has decided nothing yet.")))))
    return Page(
      title: name, tone: isEnabled ? nil : .warn,
      lead: isEnabled
        ? (words.isEmpty ? t("Enabled; it listens for events.") : t("Enabled; it fires %1 (UTC).", words))
        : t("Disabled: nothing of it fires until it is enabled again."),
      sections: sections, command: "bellcrank rules show \(Commands.quoted(name))", place: .triggers)
  }

  private var policies: [Detail] {
    let targets = (view["targets"]?.elements ?? []).map { target in
      Detail(
        t("Target"), target.word("Arn"),
        note: t(
          "%1 retries within %2 s; dead letters to %3",
          "\(target["RetryPolicy"]?.count("MaximumRetryAttempts") ?? 185)",
          "\(target["RetryPolicy"]?.count("MaximumEventAgeInSeconds") ?? 86_400)",
          target["DeadLetterConfig"]?.word("Arn") ?? t("no queue")))
    }
    return [
      Detail(t("State"), t(isEnabled ? "enabled" : "disabled")), Detail(t("Version"), "\(view.count("version"))"),
      desk.detail("In force since", view.moment("anchor")), Detail(t("Description"), view["description"]?.string),
      Detail(t("Schedule"), view["schedule_expression"]?.string, note: view.word("plain_words")),
      Detail(t("Misfire policy"), view["misfire_words"]?.string),
      Detail(t("Overlap"), hasSchedule ? t("a second cause of the same table waits its turn (D13)") : nil),
      Detail(t("Clock changes"), hasSchedule ? clockChanges : nil),
    ] + targets
  }

  /// The slots themselves stand still, for they are in UTC; the wall clock beside them may not.
  private var clockChanges: String {
    let zone = desk.clock.zone.name
    guard let change = desk.clock.nextChange(after: desk.now) else {
      return t("none: slots are in UTC, and %1 keeps its offset for a year", zone)
    }
    let length = WallTexts.length(.seconds(abs(change.by)), t)
    return t(
      change.by > 0
        ? "slots are in UTC; at %1 the clock of %2 goes forward by %3"
        : "slots are in UTC; at %1 the clock of %2 goes back by %3",
      desk.clock.utc(change.at), zone, length)
  }

  private var fires: Grid {
    Grid(
      columns: desk.columns([.init("When", .word), .init("UTC", .word)]),
      rows: (view["next_fires"]?.elements ?? []).compactMap { $0.string.flatMap { Timestamp($0) } }.map { fire in
        [desk.time(fire), Cell(desk.clock.utc(fire))]
      }, empty: isEnabled ? t("It has no instant left to fire at.") : t("It is disabled."))
  }

  private var gates: [GateLine] {
    (view["gates"]?.elements ?? []).map { gate in
      let state = gate.word("state")
      return GateLine(
        gate: t.spoken(gate.word("gate")), state: t.spoken(state),
        tone: state == "open" ? .good : state == "shut" ? .bad : .warn, detail: gate.word("detail"))
    }
  }

  // MARK: What can be done

  private var actions: [Section] {
    let rule = Form.Input("rule", "", .hidden, value: name)
    let reason = Form.Input("reason", t("Reason"), hint: t("kept in the ledger"))
    var sections: [Section] = []
    if isEnabled {
      let form = Form(action: .pause, fields: [rule, reason], submit: t("Pause"), isDangerous: true)
      sections.append(Section(t("Pause"), .form(form)))
    } else {
      sections.append(Section(t("Resume"), .form(Form(action: .resume, fields: [rule, reason], submit: t("Resume")))))
    }
    guard hasSchedule else { return sections }
    let run = Form(action: .runNow, fields: [rule, reason], submit: t("Run now"))
    let expression = Form.Input(
      "expression", t("Schedule"), value: view.word("schedule_expression"), isRequired: true)
    let change = Form(action: .change, fields: [rule, expression, reason], submit: t("Change the schedule"))
    let slot = Form.Input("slot", t("Slot"), .instant, hint: t("like 2025-09-09T22:00:00Z"), isRequired: true)
    let recover = Form(action: .recover, fields: [rule, slot, reason], submit: t("Recover the slot"))
    sections.append(
      Section(t("Run now"), note: t("What the next slot would run, within the limits of manual runs."), .form(run)))
    sections.append(
      Section(t("Change the schedule"), note: t("State, description and targets stay."), .form(change)))
    sections.append(
      Section(
        t("Recover a slot"), note: t("Runs a slot that was missed, skipped or failed, with its own ds."), .form(recover)
      ))
    sections.append(Section(t("Run with other parameters"), note: diff, .form(custom)))
    return sections
  }

  /// What a run takes where the form says nothing.
  private var diff: String {
    let defaults = (view["defaults"]?.members ?? []).map { "\($0.key) \($0.value.string ?? $0.value.text)" }
    return t("Left empty, a field takes the environment's: %1", defaults.joined(separator: ", "))
  }

  /// The "Test" tab of the Lambda console (§3), checked as the function checks it.
  private var custom: Form {
    let periods = [""] + (view["periods"]?.elements ?? []).compactMap(\.string)
    let intervals = [""] + (view["intervals"]?.elements ?? []).compactMap(\.string)
    return Form(
      action: .trigger,
      fields: [
        Form.Input(
          "symbols", t("Symbols"), hint: t("separated by blanks or commas"),
          fallback: view["defaults"]?.word("symbols") ?? ""),
        Form.Input("period", t("Period"), .choice(periods), fallback: view["defaults"]?.word("period") ?? ""),
        Form.Input("interval", t("Interval"), .choice(intervals), fallback: view["defaults"]?.word("interval") ?? ""),
        Form.Input("correlation_id", t("Correlation id"), hint: t("the same one a second time is a duplicate")),
        Form.Input("chunk_size", t("Chunk size"), hint: t("symbols of a chunk, 1 to 5")),
        Form.Input("force_symbols", t("Take the symbols as given"), .check),
        Form.Input("urgent", t("Urgent"), .check, hint: t("to the front of the queue; may probe an open breaker")),
        Form.Input("dry_run", t("Dry run"), .check, value: "true", hint: t("passes every gate, sends nothing")),
      ], submit: t("Run"))
  }
}
