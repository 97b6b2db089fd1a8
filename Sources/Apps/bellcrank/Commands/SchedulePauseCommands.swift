import ArgumentParser
import Events

/// `bellcrank schedule pause`.
struct SchedulePauseCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Let a schedule rest, with a reason and, if it shall end by itself, an end.",
    discussion: Help.text(
      """
      Its slots are recorded as disabled meanwhile, and slots that wait for an
      earlier run go on waiting. At the end of its pause the engine resumes it.
      """,
      examples: [
        "bellcrank schedule pause nightly --reason maintenance --for 2h",
        "bellcrank schedule pause reports/weekly --reason audit --until 2026-01-05",
      ],
      exits: Help.serverExits))

  @OptionGroup var act: ScheduleActOptions

  @Option(name: .customLong("for"), help: ArgumentHelp("How long: 90s, 30m, 2h, 1d.", valueName: "span"))
  var span: Span?

  @Option(help: ArgumentHelp("Until when; an instant or a date in UTC.", valueName: "instant"))
  var until: Timestamp?

  func validate() throws {
    if act.reason == nil { throw ValidationError("--reason says why; whoever finds it paused will want to know") }
    if span != nil, until != nil { throw ValidationError("--for and --until say the same; give one") }
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let more = JSON(present: [
      "until": until.map { .string($0.preciseText) }, "seconds": span.map { JSON($0.wholeSecondsUp) },
    ])
    try act.show(try await act.act("pause", more, in: surroundings), in: surroundings)
    return .done
  }
}

/// `bellcrank schedule resume`.
struct ScheduleResumeCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Let a schedule fire again, and say what becomes of the slots it rested through.",
    discussion: Help.text(
      """
      Its misfire policy decides which of those slots run after all; the plan is in
      the ledger before the first of them. --plan shows it and changes nothing.
      """,
      examples: ["bellcrank schedule resume nightly --plan", "bellcrank schedule resume nightly --reason done"],
      exits: Help.serverExits))

  @OptionGroup var act: ScheduleActOptions

  @Flag(help: "Show what would run after all; change nothing.")
  var plan = false

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    try act.show(
      try await act.act("resume", plan ? ["plan": true] : [:], in: surroundings), in: surroundings)
    return .done
  }
}

/// `bellcrank schedule disable`.
struct ScheduleDisableCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable", abstract: "Pause a schedule without an end; its slots are recorded as disabled.",
    discussion: Help.text(
      examples: ["bellcrank schedule disable nightly --reason maintenance"],
      exits: Help.serverExits))

  @OptionGroup var act: ScheduleActOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    try act.show(try await act.act("disable", in: surroundings), in: surroundings)
    return .done
  }
}

/// `bellcrank schedule enable`.
struct ScheduleEnableCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable", abstract: "Resume a schedule, and say what becomes of the slots it rested through.",
    discussion: Help.text(
      examples: [
        "bellcrank schedule enable nightly --plan", "bellcrank schedule enable nightly --reason 'maintenance is over'",
      ],
      exits: Help.serverExits))

  @OptionGroup var act: ScheduleActOptions

  @Flag(help: "Show what would run after all; change nothing.")
  var plan = false

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    try act.show(
      try await act.act("enable", plan ? ["plan": true] : [:], in: surroundings), in: surroundings)
    return .done
  }
}
