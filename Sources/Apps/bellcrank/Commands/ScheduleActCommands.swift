import ArgumentParser
import Events

/// Which schedule, and what the ledger will say of whoever acts on it.
struct ScheduleActOptions: ParsableArguments {
  @Argument(help: "A rule, or group/name of a schedule, as schedule list prints them.")
  var rule: String

  @Option(help: ArgumentHelp("Why; the ledger keeps it.", valueName: "words"))
  var reason: String?

  @Option(help: ArgumentHelp("Who acts (default: $USER); a signed request is its signer's.", valueName: "name"))
  var who: String?

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  /// Asks the server to act.
  func act(_ action: String, _ more: JSON = [:], in surroundings: Surroundings) async throws(CommandFailure) -> JSON {
    var body = JSON(present: [
      "who": (who ?? surroundings.variables["USER"]).map { .string($0) }, "why": reason.map { .string($0) },
    ])
    for member in more.members ?? [] { body.set(member.key, member.value) }
    return try await server.server(surroundings).post(["schedules", rule, action], body)
  }

  /// Shows the rule as it is now.
  func show(_ rule: JSON, in surroundings: Surroundings) throws(CommandFailure) {
    var text = Table(pairs: [
      "schedule": rule.fact("name"), "state": rule.fact("state"), "paused": ScheduleView.pause(rule),
      "fires on": rule.fact("schedule_expression"), "next": rule.fact("next_fires"),
      "misfire": ScheduleView.misfire(rule), "overlap": rule.fact("overlap"), "gap": rule.fact("gap"),
      "fold": rule.fact("fold"), "version": rule.fact("version"),
    ]).text
    if let plan = rule["plan"] { text += "\n\n" + ScheduleView.plan(plan) }
    try surroundings.printer.show(Report(text, document: rule), as: output.format)
  }

  /// Shows the decision on a run; a refusal is said and is the answer no.
  func decide(_ answer: JSON, in surroundings: Surroundings) throws(CommandFailure) -> ExitStatus {
    guard answer["slots"] == nil else {
      try surroundings.printer.show(Report(BackfillView.one(answer), document: answer), as: output.format)
      return .done
    }
    if answer["enqueued"] != nil {
      let text = Table(pairs: [
        "schedule": answer.fact("schedule"), "enqueued": answer.fact("enqueued"), "target": answer.fact("target"),
        "at": answer.fact("at"), "cause": answer.fact("cause_id"),
        "what came of it": answer.fact("cause_id").map { "bellcrank why \($0)" },
      ]).text
      try surroundings.printer.show(Report(text, document: answer), as: output.format)
      return .done
    }
    try surroundings.printer.show(Report(TriggerView.text(answer), document: answer), as: output.format)
    guard let status = answer["statusCode"]?.int, status < 400 else {
      try surroundings.printer.talk("refused: \(answer["error"]?.fact("message") ?? "the answer names no reason")")
      return .refused
    }
    return .done
  }
}

/// `bellcrank schedule change`.
struct ScheduleChangeCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "change", abstract: "Change when a schedule fires, and nothing else of it.",
    discussion: Help.text(
      """
      Unlike aws events put-rule and aws scheduler update-schedule, which replace the
      whole, it leaves state, zone, description, targets and all else as they are.
      """,
      examples: [
        "bellcrank schedule change nightly 'cron(0 23 * * ? *)'",
        "bellcrank schedule change reports/weekly 'rate(7 days)'",
      ],
      exits: Help.serverExits))

  @OptionGroup var act: ScheduleActOptions

  @Argument(help: "cron(…) or rate(…), in UTC; of a schedule also at(…), in its time zone.")
  var expression: String

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let rule = try await act.act("change", ["expression": .string(expression)], in: surroundings)
    try act.show(rule, in: surroundings)
    return .done
  }
}

/// `bellcrank schedule run`.
struct ScheduleRunCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run now what the schedule would run at its next slot.",
    discussion: Help.text(
      """
      A manual run, within the manual limits, outside of the timetable: no slot is taken
      away. The answer of a function is shown. What a schedule's target gets otherwise, a
      queue, a bus or an operation, is stored and delivered like a slot's, in the name of
      its role, and what was enqueued is shown.
      """,
      examples: [
        "bellcrank schedule run nightly --reason 'the report is late'",
        "bellcrank schedule run reports/weekly",
      ],
      exits: Help.serverExits))

  @OptionGroup var act: ScheduleActOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    try act.decide(try await act.act("run", in: surroundings), in: surroundings)
  }
}

/// `bellcrank schedule recover`.
struct ScheduleRecoverCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover", abstract: "Run a slot by hand that failed, was missed or was skipped.",
    discussion: Help.text(
      """
      The run has the slot's own ds. A slot whose run succeeded is left alone: the
      answer is duplicate and names that run.
      """,
      examples: [
        "bellcrank schedule recover nightly 2025-09-09T22:00:00Z",
        "bellcrank decisions list --decision missed",
      ],
      exits: Help.serverExits))

  @OptionGroup var act: ScheduleActOptions

  @Argument(help: "The slot's instant, as decisions list prints it.")
  var slot: Timestamp

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let answer = try await act.act("recover", ["slot": .string(slot.description)], in: surroundings)
    return try act.decide(answer, in: surroundings)
  }
}
