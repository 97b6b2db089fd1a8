import ArgumentParser
import Events
import Operations

/// `bellcrank clock`.
struct ClockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clock", abstract: "What time it is on a server, and how a virtual clock is moved.",
    discussion: Help.text(
      """
      A server started with --clock virtual lets time stand until it is told otherwise.
      While it is advanced, every instant at which something is due is visited in order,
      and all of it is done before the answer. A real clock is shown and never moved:
      CLOCK_IS_REAL.
      """,
      examples: [
        "bellcrank serve --clock virtual --at 2026-11-01 --data month",
        "bellcrank clock advance 30d", "bellcrank clock to 2026-12-01T00:00:00Z", "bellcrank clock speed 1000x",
        "bellcrank clock stop",
      ],
      exits: Help.serverExits),
    subcommands: [
      ClockShowCommand.self, ClockAdvanceCommand.self, ClockToCommand.self, ClockSpeedCommand.self,
      ClockStopCommand.self,
    ])
}

/// What a server's clock is told, and by whom.
struct ClockOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Why; the ledger keeps it.", valueName: "words"))
  var reason: String?

  @Option(help: ArgumentHelp("Who acts (default: $USER); a signed request is its signer's.", valueName: "name"))
  var who: String?

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  /// Tells the server; an advance answers when it is at its end, however long that takes.
  func act(_ action: String, _ more: JSON = [:], in surroundings: Surroundings) async throws(CommandFailure)
    -> ExitStatus
  {
    var body = JSON(present: [
      "who": (who ?? surroundings.variables["USER"]).map { .string($0) }, "why": reason.map { .string($0) },
    ])
    for member in more.members ?? [] { body.set(member.key, member.value) }
    let answer = try await server.server(surroundings).post(["clock", action], body, timeout: Server.clockTimeout)
    try surroundings.printer.show(Report(ClockView.text(answer), document: answer), as: output.format)
    guard answer["reached"] != false else {
      try surroundings.printer.talk("stopped before its end, at \(answer.cell("to"))")
      return .refused
    }
    return .done
  }
}

/// A clock for people.
enum ClockView {
  static func text(_ clock: JSON) -> String {
    let shown = [
      ("clock", "mode"), ("now", "now"), ("speed", "speed"), ("advancing to", "advancing_to"), ("next due", "next_due"),
      ("from", "from"), ("instants visited", "instants"), ("things done", "done"), ("took, ms", "took_ms"),
    ]
    return Table(["", ""], shown.compactMap { name, key in value(clock, key).map { [name, $0] } }).text
  }

  /// `virtual, stands`: what a status says of a clock that is not the machine's; nil of one that is.
  static func words(_ clock: JSON) -> String? {
    guard clock["mode"] == "virtual", let pace = value(clock, "speed") else { return nil }
    return "virtual, \(pace)"
  }

  private static func value(_ clock: JSON, _ key: String) -> String? {
    guard key == "speed", let speed = clock["speed"] else { return clock.fact(key) }
    return speed == 0 ? "stands" : "\(speed.cell)x"
  }
}

/// A speed, as `1000x` or `1000`.
struct ClockSpeed: ExpressibleByArgument {
  let times: Int

  init?(argument: String) {
    let digits = argument.hasSuffix("x") ? String(argument.dropLast()) : argument
    guard let times = Int(digits), times > 0, ClockMark.speeds.contains(times) else { return nil }
    self.times = times
  }
}

/// `bellcrank clock show`.
struct ClockShowCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Which clock a server lives by, what it shows, how fast it runs, what is due next.",
    discussion: Help.text(
      examples: ["bellcrank clock show", "bellcrank clock show -o json"], exits: Help.serverExits))

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let clock = try await server.server(surroundings).view(["clock"])
    try surroundings.printer.show(Report(ClockView.text(clock), document: clock), as: output.format)
    return .done
  }
}

/// `bellcrank clock advance`.
struct ClockAdvanceCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "advance", abstract: "Let virtual time pass, and wait until everything due in it is done.",
    discussion: Help.text(
      """
      Also as clock advance to TIME and clock advance speed 1000x, which are clock to and
      clock speed. Killed in the middle, the server goes on from the last instant that it
      reached; what was done is not done again.
      """,
      examples: ["bellcrank clock advance 30d", "bellcrank clock advance 90s -o json"],
      exits: [
        .done: "all of it has passed", .refused: "refused, or stopped before its end",
        .unavailable: "no server answers, or it is in trouble",
      ]))

  @Argument(help: ArgumentHelp("How long: 90s, 30m, 2h, 30d.", valueName: "span"))
  var words: [String] = []

  @Option(name: .customLong("to"), help: ArgumentHelp("Until when, instead.", valueName: "time"))
  var moment: Timestamp?

  @OptionGroup var act: ClockOptions

  /// What the words ask for.
  private enum Wish {
    case by(Span)
    case to(Timestamp)
    case speed(ClockSpeed)
  }

  private var wish: Wish? {
    switch (words.count, words.first, moment) {
    case (0, nil, let moment?): .to(moment)
    case (1, let word?, nil): Span(argument: word).map { .by($0) }
    case (2, "to", nil): Timestamp(argument: words[1]).map { .to($0) }
    case (2, "speed", nil): ClockSpeed(argument: words[1]).map { .speed($0) }
    case (_, _, _): nil
    }
  }

  func validate() throws {
    guard wish != nil else {
      throw ValidationError("give a span such as 30d, or --to with an instant such as 2026-12-01T00:00:00Z")
    }
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    switch wish {
    case .by(let span): try await act.act("advance", ["seconds": JSON(span.wholeSecondsUp)], in: surroundings)
    case .to(let moment): try await act.act("advance", ["to": .string(moment.preciseText)], in: surroundings)
    case .speed(let speed): try await act.act("speed", ["speed": JSON(speed.times)], in: surroundings)
    case nil: throw CommandFailure(.usage, "give a span such as 30d")
    }
  }
}

/// `bellcrank clock to`.
struct ClockToCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "to", abstract: "Let virtual time pass until a moment, and wait until everything due is done.",
    discussion: Help.text(
      examples: ["bellcrank clock to 2026-12-01T00:00:00Z", "bellcrank clock to 2026-12-01"],
      exits: [
        .done: "the moment has come", .refused: "refused, or stopped before its end",
        .unavailable: "no server answers, or it is in trouble", .invalidInput: "the server cannot read the request",
      ]))

  @Argument(help: "ISO 8601 with a zone, or a date, which is its midnight in UTC.")
  var moment: Timestamp

  @OptionGroup var act: ClockOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    try await act.act("advance", ["to": .string(moment.preciseText)], in: surroundings)
  }
}

/// `bellcrank clock speed`.
struct ClockSpeedCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "speed", abstract: "Let virtual time run by itself, so many times as fast as real time.",
    discussion: Help.text(
      """
      In the background, also after a restart, until another speed or clock stop. Where
      there is more to do than the speed leaves time for, time runs slower.
      """,
      examples: ["bellcrank clock speed 1000x", "bellcrank clock speed 60x"], exits: Help.serverExits))

  @Argument(help: ArgumentHelp("1x to 100000x.", valueName: "factor"))
  var speed: ClockSpeed

  @OptionGroup var act: ClockOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    try await act.act("speed", ["speed": JSON(speed.times)], in: surroundings)
  }
}

/// `bellcrank clock stop`.
struct ClockStopCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Let virtual time stand; ends an advance that is under way, too.",
    discussion: Help.text(examples: ["bellcrank clock stop"], exits: Help.serverExits))

  @OptionGroup var act: ClockOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    try await act.act("stop", in: surroundings)
  }
}
