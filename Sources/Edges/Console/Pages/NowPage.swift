import Events

/// The first page: one sentence of health, what fires next, what was decided last, what waits, what rings.
struct NowPage {
  /// Fires that are listed at most.
  static let firesMax = 8
  /// Decisions that are listed at most.
  static let decisionsMax = 12

  let view: JSON
  let desk: Desk

  private var t: Words { desk.t }

  var page: Page {
    let checks = view["checks"]?.elements ?? []
    let troubled = checks.filter { $0.word("health") != "fine" }
    let first = troubled.first
    let isFailing = first?.word("health") == "failing"
    let title = first == nil ? t("All is well") : isFailing ? t("Something fails") : t("Something needs a look")
    return Page(
      title: title, tone: first == nil ? .good : isFailing ? .bad : .warn, lead: lead(first),
      sections: [troubles(troubled), fires, ringing, decisions, runs, backlog, budgets], command: "bellcrank status",
      place: .now)
  }

  private func lead(_ check: JSON?) -> String {
    guard let check else {
      return nextFire.map { t("Nothing fails, nothing waits too long; %1 fires %2.", $0.rule, $0.when) }
        ?? t("Nothing fails, nothing waits too long.")
    }
    return "\(t(check.word("check"))): \(check.word("sentence"))"
  }

  private func troubles(_ checks: [JSON]) -> Section {
    let grid = Grid(
      columns: desk.columns([.init("What", .word), .init("How", .word), "Sentence", .init("What mends it", .code)]),
      rows: checks.map { check in
        let isFailing = check.word("health") == "failing"
        return [
          Cell(t(check.word("check")), href: NowPage.place(of: check)),
          Cell(t(check.word("health")), tone: isFailing ? .bad : .warn), Cell(check.word("sentence")),
          Cell(check.word("fix")),
        ]
      }, empty: t("Nothing needs you: every check of the doctor is fine."))
    return Section(t("What needs you"), .table(grid))
  }

  /// Where a check's cause is looked at.
  static func place(of check: JSON) -> String {
    let fix = check.word("fix")
    if fix.hasPrefix("bellcrank why ") { return ConsoleRequest.path(of: .decision(id: String(fix.dropFirst(14)))) }
    let routes: [String: ConsoleRequest.Route] = [
      "rules": .triggers, "fires": .timeline, "decisions": .ledger, "backlog": .ledger, "dead-letters": .shelf,
      "alarms": .alarms,
    ]
    return ConsoleRequest.path(of: routes[check.word("check")] ?? .system)
  }

  // MARK: What comes

  private var upcoming: [(rule: String, at: Timestamp, words: String)] {
    let rules = view["rules"]?.elements ?? []
    let all = rules.flatMap { rule in
      (rule["next_fires"]?.elements ?? []).compactMap { $0.string.flatMap { Timestamp($0) } }
        .map { (rule: rule.word("name"), at: $0, words: rule.word("plain_words")) }
    }
    return Array(all.sorted { ($0.at, $0.rule) < ($1.at, $1.rule) }.prefix(Self.firesMax))
  }

  private var nextFire: (rule: String, when: String)? {
    upcoming.first.map { ($0.rule, desk.clock.relative($0.at, to: desk.now, t)) }
  }

  private var fires: Section {
    let environment = view.word("environment")
    let hasSchedule = (view["rules"]?.elements ?? []).contains { $0["schedule_expression"] != nil }
    let command = desk.commands.putSchedule(
      environment: environment, region: view.word("region"), account: view.word("account"))
    let grid = Grid(
      columns: desk.columns([.init("When", .word), .init("UTC", .word), "Rule"]),
      rows: upcoming.map { fire in
        var when = Cell(desk.clock.local(fire.at), iso: fire.at.description)
        when.note = desk.clock.relative(fire.at, to: desk.now, t)
        return [
          when, Cell(desk.clock.utc(fire.at)), Cell(fire.rule, to: .trigger(name: fire.rule), note: fire.words),
        ]
      },
      empty: hasSchedule
        ? t("No enabled schedule has an instant left to fire at.")
        : t("No rule has a schedule. Make the environment's own:"), emptyCommand: hasSchedule ? "" : command)
    return Section(t("Next fires"), .table(grid))
  }

  // MARK: What was, and what waits

  private var ringing: Section {
    let grid = Grid(
      columns: desk.columns(["Alarm", .init("Class", .word), .init("Since", .word), "Reason"]),
      rows: (view["alarms"]?.elements ?? []).map { alarm in
        [
          Cell(alarm.word("name"), href: ConsoleRequest.path(of: .alarms), tone: .bad), Cell(alarm.word("severity")),
          desk.time(alarm.moment("since")), Cell(alarm.word("reason")),
        ]
      }, empty: t("No alarm rings."))
    return Section(t("Firing alarms"), .table(grid))
  }

  private var decisions: Section {
    Section(
      t("Last decisions"),
      .table(
        desk.decisions(
          Array((view["decisions"]?.elements ?? []).prefix(Self.decisionsMax)), next: ConsoleRequest.path(of: .ledger),
          empty: t("Nothing was decided yet. Put an event on the bus, and its decision appears here:"),
          command: desk.commands.putEvent)))
  }

  private var runs: Section {
    Section(
      t("Last runs"),
      .table(
        desk.runs(
          view["runs"]?.elements ?? [], next: ConsoleRequest.path(of: .runs),
          empty: t("No run yet: the first cause that is accepted makes one."))))
  }

  private var backlog: Section {
    let queues = view["queues"]?.elements ?? []
    let grid = Grid(
      columns: desk.columns([
        "Queue", .init("Visible", .number), .init("In flight", .number), .init("Delayed", .number),
      ]),
      rows: queues.map { queue in
        let name = queue.word("queue")
        let isShelf = name.hasSuffix("-dlq")
        let tone: Tone? = isShelf && queue.count("visible") > 0 ? .bad : nil
        return [
          Cell(name, href: isShelf ? ConsoleRequest.path(of: .shelf) : "", note: isShelf ? t("dead letters") : ""),
          Cell("\(queue.count("visible"))", tone: tone), Cell("\(queue.count("in_flight"))"),
          Cell("\(queue.count("delayed"))"),
        ]
      }, empty: t("There is no queue. Create the work queue:"),
      emptyCommand: desk.commands.createQueue(environment: view.word("environment")))
    return Section(
      t("Backlog"),
      note: t(
        "%1 causes wait their turn, %2 deliveries wait for an attempt", "\(view.count("deferred"))",
        "\(view.count("waiting_deliveries"))"), .table(grid))
  }

  private var budgets: Section {
    let grid = Grid(
      columns: desk.columns(["Source", .init("Requests left", .number), .init("A minute", .number)]),
      rows: (view["budgets"]?.elements ?? []).map { budget in
        [
          Cell(budget.word("source")), Cell("\(budget.count("left"))", tone: budget.count("left") <= 0 ? .warn : nil),
          Cell("\(budget.count("per_minute"))"),
        ]
      }, empty: t("No source was asked yet, so every budget is whole."))
    return Section(t("Budgets of the sources"), .table(grid))
  }
}
