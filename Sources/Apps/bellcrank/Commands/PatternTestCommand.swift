import ArgumentParser
import Events

/// `bellcrank pattern test`: whether an event matches a pattern, and by which leaves it does not.
struct PatternTestCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Test an event against a pattern, or a file of cases.",
    discussion: Help.text(
      """
      The event is matched as given; no field is demanded of it. A file of cases has
      a line {"id","pattern":"<JSON text>","event":"<JSON text>"} each, and is
      answered line by line, in order:
      {"id","verdict":"match"|"nomatch"|"invalid","message"}.
      """,
      examples: [
        "bellcrank pattern test --pattern '{\"source\":[\"ops.manual\"]}' \\", "  --event @event.json",
        "bellcrank pattern test --pattern @pattern.json --event - < event.json",
        "bellcrank pattern test --cases cases.jsonl > verdicts.jsonl",
      ],
      exits: [
        .done: "it matches; of cases: all were answered", .refused: "it does not match",
        .invalidInput: "the pattern, the event or the file cannot be read",
      ]))

  @Option(help: ArgumentHelp("The pattern.", valueName: "JSON|@file|-"))
  var pattern: GivenText?

  @Option(help: ArgumentHelp("The event.", valueName: "JSON|@file|-"))
  var event: GivenText?

  @Option(help: ArgumentHelp("Cases to answer, one a line; - is stdin.", valueName: "file.jsonl"))
  var cases: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if cases == nil {
      guard let pattern, let event else { throw ValidationError("name --pattern and --event, or --cases") }
      guard pattern.argument != "-" || event.argument != "-" else {
        throw ValidationError("only one of --pattern and --event can be standard input")
      }
    } else {
      guard pattern == nil, event == nil else { throw ValidationError("--cases bring their own patterns and events") }
      try output.mustBeLines("--cases")
    }
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    if let cases { return try answer(cases, surroundings.printer) }
    let text = try pattern?.text() ?? ""
    let trial = PatternTrial(pattern: text, event: try event?.text() ?? "")
    try surroundings.printer.show(trial.report, as: output.format)
    switch trial {
    case .match: return .done
    case .nomatch: return .refused
    case .invalid(let message): throw CommandFailure(.invalidInput, message)
    }
  }

  private func answer(_ path: String, _ printer: any Printer) throws(CommandFailure) -> ExitStatus {
    var lines = try InputLines(path)
    var cases = PatternCases()
    while let batch = try lines.next() {
      var answers: [UInt8] = []
      for line in batch {
        cases.answer(line).write(into: &answers)
        answers.append(UInt8(ascii: "\n"))
      }
      try printer.data(answers)
    }
    return .done
  }
}

extension OutputOptions {
  /// Refuses a form other than lines for an option whose answers are lines.
  func mustBeLines(_ option: String) throws {
    switch chosen {
    case nil, .jsonl: return
    case .table, .json: throw ValidationError("\(option) are answered in JSON lines; leave -o out")
    }
  }
}
