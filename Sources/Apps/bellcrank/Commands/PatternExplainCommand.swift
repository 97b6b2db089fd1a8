import ArgumentParser
import Events
import Patterns

/// `bellcrank pattern explain`: by which leaves an event misses a pattern, and what would mend each.
struct PatternExplainCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Say why an event does not match, and the smallest change that would.",
    discussion: Help.text(
      """
      Names each failing leaf of the closest alternative with what the pattern wanted,
      what the event had, and the smallest change of either that mends the leaf. Each
      change was tried before it is told. Usual misunderstandings are named: another
      type or letter case, blanks, an object where a value is asked for, another
      element of an array or another path, long numbers, JSON inside a string.

      --stored takes an event that a server recorded and holds it against the server's
      rules of today, disabled ones too, or against --rule or --pattern alone.
      """,
      examples: [
        "bellcrank pattern explain --pattern @pattern.json --event @event.json",
        "bellcrank pattern explain --pattern '{\"n\":[{\"numeric\":[\">\",5]}]}' \\",
        "  --event '{\"n\":\"7\"}' -o json",
        "bellcrank pattern explain --stored 87654321-4321-4321-4321-210987654321",
        "bellcrank pattern explain --stored ID --rule my-rule",
      ],
      exits: [
        .done: "it matches; of rules: one of them does", .refused: "it does not, or there is no such event or rule",
        .unavailable: "no server answers, or it is in trouble",
        .invalidInput: "the pattern or the event cannot be read, or the rule has no pattern",
      ]))

  @Option(help: ArgumentHelp("The pattern.", valueName: "JSON|@file|-"))
  var pattern: GivenText?

  @Option(help: ArgumentHelp("The event.", valueName: "JSON|@file|-"))
  var event: GivenText?

  @Option(help: ArgumentHelp("An event that the server recorded.", valueName: "event-id"))
  var stored: String?

  @Option(help: ArgumentHelp("Of a stored event: only this rule.", valueName: "name"))
  var rule: String?

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if stored == nil {
      guard let pattern, let event else { throw ValidationError("name --pattern and --event, or --stored") }
      guard pattern.argument != "-" || event.argument != "-" else {
        throw ValidationError("only one of --pattern and --event can be standard input")
      }
      guard rule == nil else { throw ValidationError("--rule goes with --stored") }
    } else {
      guard event == nil else { throw ValidationError("--stored and --event exclude each other") }
      guard rule == nil || pattern == nil else { throw ValidationError("--rule and --pattern exclude each other") }
    }
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    guard let stored else { return try explain(try given(), surroundings.printer) }
    let answer = try await server.server(surroundings).view(["explain", stored], query: ["rule": rule])
    if pattern != nil { return try explain(answer["event"] ?? .null, surroundings.printer) }
    let report = Report(AdviceView.rules(answer), document: answer, rows: answer.list("rules"))
    try surroundings.printer.show(report, as: output.format)
    return answer.list("rules").contains { $0["matched"] == true } ? .done : .refused
  }

  private func given() throws(CommandFailure) -> JSON {
    let text = try event?.text() ?? ""
    let json: JSON
    do {
      json = try JSON(parsing: text)
    } catch {
      throw CommandFailure(.invalidInput, "Event is not valid. Reason: \(error.message)")
    }
    guard json.members != nil else {
      throw CommandFailure(
        .invalidInput, "Event is not valid. Reason: an event is an object, and this is: \(json.kind)")
    }
    return json
  }

  private func explain(_ event: JSON, _ printer: any Printer) throws(CommandFailure) -> ExitStatus {
    let text = try pattern?.text() ?? ""
    let advice: JSON
    do throws(PatternError) {
      advice = try EventPattern(text).advise(event).json
    } catch {
      throw CommandFailure(.invalidInput, error.message)
    }
    try printer.show(Report(AdviceView.text(advice), document: advice), as: output.format)
    return advice["matched"] == true ? .done : .refused
  }
}
