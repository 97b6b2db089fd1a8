import ArgumentParser
import Engine
import Events

/// `bellcrank backfill`.
struct BackfillCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backfill", abstract: "Run past slots of a schedule, each with its own date, paced and resumable.",
    discussion: Help.text(
      """
      The server carries it out and goes on with it after a crash. Slots that ran
      already are recorded as duplicate and left alone.
      """,
      examples: [
        "bellcrank backfill nightly --from 2026-01-01 --to 2026-02-01 --plan",
        "bellcrank backfill nightly --from 2026-01-01 --to 2026-02-01 --pace 10/min",
        "bellcrank backfill list", "bellcrank backfill stop backfill-0f8c",
      ]),
    subcommands: [
      BackfillStartCommand.self, BackfillListCommand.self, BackfillShowCommand.self, BackfillStopCommand.self,
      BackfillResumeCommand.self,
    ], defaultSubcommand: BackfillStartCommand.self)
}

/// `bellcrank backfill NAME`.
struct BackfillStartCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Run the slots from an instant on and before another.",
    discussion: Help.text(
      """
      Without --pace each slot starts once the run before it has ended. The same
      command again finds the backfill it began, and lets it go on if it was stopped.
      --watch stays until it has ended; an interruption leaves it going.
      """,
      examples: [
        "bellcrank backfill nightly --from 2026-01-01 --to 2026-02-01 --plan",
        "bellcrank backfill nightly --from 2025-01-01 --to 2026-01-01 --every 4",
      ], exits: Help.serverExits))

  @OptionGroup var act: ScheduleActOptions

  @Option(help: ArgumentHelp("The first instant; a date is its midnight in UTC.", valueName: "instant"))
  var from: Timestamp

  @Option(help: ArgumentHelp("The first instant that is not meant any more; not after now.", valueName: "instant"))
  var to: Timestamp

  @Option(help: ArgumentHelp("Only every so many-th slot.", valueName: "number"))
  var every: Int?

  @Option(help: ArgumentHelp("The first so many slots at most.", valueName: "number"))
  var limit: Int?

  @Option(help: ArgumentHelp("How fast: 1/s, 10/min, 100/h.", valueName: "pace"))
  var pace: String?

  @Flag(help: "Say what it would do, and do nothing.")
  var plan = false

  @Flag(help: "Stay until it has ended, and show how far it has come.")
  var watch = false

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let body = JSON(present: [
      "from": .string(from.preciseText), "to": .string(to.preciseText), "every": every.map { JSON($0) },
      "limit": limit.map { JSON($0) }, "pace": pace.map { .string($0) }, "plan": plan ? true : nil,
    ])
    var answer = try await act.act("backfill", body, in: surroundings)
    if plan {
      try surroundings.printer.show(
        Report(BackfillView.plan(answer), document: answer), as: act.output.format)
      return .done
    }
    if watch, let id = answer["id"]?.string {
      let server = try act.server.server(surroundings)
      while answer["state"]?.string == "running" {
        try surroundings.printer.progress(BackfillView.progress(answer))
        do { try await surroundings.clock.sleep(for: .seconds(1)) } catch { break }
        answer = try await server.view(["backfills", id])
      }
      try surroundings.printer.progress(nil)
    }
    try surroundings.printer.show(Report(BackfillView.one(answer), document: answer), as: act.output.format)
    return answer["state"]?.string == "stopped" ? .refused : .done
  }
}

/// `bellcrank backfill list`.
struct BackfillListCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List backfills, the latest first; those that a resumed schedule began too.",
    discussion: Help.text(
      examples: ["bellcrank backfill list", "bellcrank backfill list --watch 2"], exits: Help.serverExits))

  @OptionGroup var watching: WatchOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func look(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let document = try await server.server(surroundings).view(["backfills"])
    let rows = document.list("backfills")
    try surroundings.printer.show(
      Report(BackfillView.list(rows), document: document, rows: rows), as: output.format)
    if rows.isEmpty { try surroundings.printer.talk("there are no backfills") }
    return .done
  }
}

/// `bellcrank backfill show`.
struct BackfillShowCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show how far a backfill has come.",
    discussion: Help.text(examples: ["bellcrank backfill show backfill-0f8c"], exits: Help.serverExits))

  @Argument(help: "The backfill's id, as backfill list prints it.")
  var id: String

  @OptionGroup var watching: WatchOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func look(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let document = try await server.server(surroundings).view(["backfills", id])
    try surroundings.printer.show(Report(BackfillView.one(document), document: document), as: output.format)
    return .done
  }
}

/// `bellcrank backfill stop`.
struct BackfillStopCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Stop a backfill; what has begun goes on.",
    discussion: Help.text(
      examples: ["bellcrank backfill stop backfill-0f8c --reason 'the source is slow'"], exits: Help.serverExits))

  @Argument(help: "The backfill's id, as backfill list prints it.")
  var id: String

  @OptionGroup var acting: OperatorOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let body = acting.body([:], in: surroundings)
    let answer = try await server.server(surroundings).post(["backfills", id, "stop"], body)
    try surroundings.printer.show(Report(BackfillView.one(answer), document: answer), as: output.format)
    return .done
  }
}

/// `bellcrank backfill resume`.
struct BackfillResumeCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Let a stopped backfill go on where it stopped.",
    discussion: Help.text(examples: ["bellcrank backfill resume backfill-0f8c"], exits: Help.serverExits))

  @Argument(help: "The backfill's id, as backfill list prints it.")
  var id: String

  @OptionGroup var acting: OperatorOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let body = acting.body([:], in: surroundings)
    let answer = try await server.server(surroundings).post(["backfills", id, "resume"], body)
    try surroundings.printer.show(Report(BackfillView.one(answer), document: answer), as: output.format)
    return .done
  }
}
