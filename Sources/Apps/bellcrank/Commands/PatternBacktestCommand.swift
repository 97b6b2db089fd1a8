import ArgumentParser
import Engine
import Events

/// `bellcrank pattern backtest`: what a pattern would have matched of the events that came.
struct PatternBacktestCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "backtest", abstract: "Hold a pattern against the recorded events, and against a rule of today.",
    discussion: Help.text(
      """
      Says how many of the events that a server recorded the pattern would have
      matched, by day and source, and names the first. With --rule as well it says what
      the rule would gain and lose by that pattern, and by which leaf; with --rule alone
      it tests the rule as it is, also while it is disabled. Nothing is started, and
      the server goes on meanwhile. How long events are kept is retention.days.
      """,
      examples: [
        "bellcrank pattern backtest --pattern @pattern.json --against 7d",
        "bellcrank pattern backtest --rule my-rule --pattern @new.json --against 30d",
        "bellcrank pattern backtest --rule R --since 2025-09-01 --until 2025-09-08",
      ],
      exits: [
        .done: "all events of the time were looked at", .refused: "there is no such rule",
        .unavailable: "no server answers, or it is in trouble",
        .invalidInput: "the pattern cannot be read, or the rule has none",
      ]))

  @Option(help: ArgumentHelp("The pattern.", valueName: "JSON|@file|-"))
  var pattern: GivenText?

  @Option(help: ArgumentHelp("The rule to compare with, or to test.", valueName: "name"))
  var rule: String?

  @Option(help: ArgumentHelp("The events of the last so many days, hours or minutes (default: all).", valueName: "7d"))
  var against: Span?

  @Option(help: ArgumentHelp("Taken in at or after, ISO 8601 or a date (UTC).", valueName: "instant"))
  var since: Timestamp?

  @Option(help: ArgumentHelp("Taken in before, ISO 8601 or a date (UTC).", valueName: "instant"))
  var until: Timestamp?

  @Option(help: ArgumentHelp("Events that are named of each kind, 0 to 100.", valueName: "count"))
  var limit = 5

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard pattern != nil || rule != nil else { throw ValidationError("name a --pattern, a --rule, or both") }
    guard against == nil || since == nil else { throw ValidationError("--against and --since exclude each other") }
    guard (0...100).contains(limit) else { throw ValidationError("--limit is 0 to 100") }
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let clock = surroundings.clock
    let begun = clock.now()
    let since = against.map { begun - $0 } ?? since
    let question = JSON(present: [
      "pattern": try pattern.map { given throws(CommandFailure) in .string(try given.text()) },
      "rule": rule.map { .string($0) }, "since": since.map { .string($0.preciseText) },
      "until": until.map { .string($0.preciseText) }, "limit": JSON(limit),
    ])
    let server = try server.server(surroundings)
    let first = try await server.post(["backtest"], question)
    var tally = BacktestTally(json: first, samplesMax: limit)
    let recorded = first["recorded"]?.int ?? 0
    var next = first["next"]
    while let place = next {
      try surroundings.printer.progress(
        Progress(done: tally.lookedAt, of: recorded, took: clock.now() - begun).text(unit: "events"))
      var question = question
      question.set("place", place)
      let step = try await server.post(["backtest"], question)
      tally.add(BacktestTally(json: step, samplesMax: limit))
      next = step["next"]
    }
    if first["next"] != nil { try surroundings.printer.progress(nil) }
    let found = document(tally, first, since)
    try surroundings.printer.show(Report(BacktestView.text(found), document: found), as: output.format)
    return .done
  }

  private func document(_ tally: BacktestTally, _ first: JSON, _ since: Timestamp?) -> JSON {
    var json = JSON(present: [
      "rule": first["rule"], "rule_version": first["rule_version"], "compared": .bool(pattern != nil && rule != nil),
      "since": since.map { .string($0.preciseText) }, "until": until.map { .string($0.preciseText) },
      "recorded_since": first["recorded_since"], "retention_days": first["retention_days"],
    ])
    for member in tally.json.members ?? [] { json.set(member.key, member.value) }
    return json
  }
}

/// How far something long has come.
struct Progress {
  /// Marks of the whole bar.
  private static let marks = 24

  let done: Int
  let of: Int
  let took: Span

  /// `[######------] 50 %, 500000 of 1000000 events, 250000/s`
  func text(unit: String) -> String {
    let part = of > 0 ? min(1, Double(done) / Double(of)) : 1
    let filled = Int(part * Double(Progress.marks))
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: Progress.marks - filled)
    let milliseconds = took.milliseconds
    let rate = milliseconds > 0 ? ", \(Int64(done) * 1_000 / milliseconds)/s" : ""
    return "[\(bar)] \(Int(part * 100)) %, \(done) of \(of) \(unit)\(rate)"
  }
}
