import ArgumentParser
import Engine
import Events
import Telemetry

/// `bellcrank decisions`.
struct DecisionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decisions", abstract: "The ledger: one decision per cause, also where nothing ran.",
    discussion: Help.text(
      examples: [
        "bellcrank decisions list --since 2025-09-09 --decision unmatched",
        "bellcrank decisions show nightly@2025-09-09T22:00:00Z",
      ]),
    subcommands: [DecisionsListCommand.self, DecisionsShowCommand.self])
}

/// `bellcrank decisions list`.
struct DecisionsListCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List decisions, the latest first.",
    discussion: Help.text(
      """
      One row for each cause; a cause that still waits its turn is deferred. The row
      of an event that no rule wanted (unmatched) names the rules that it missed by a
      single leaf; where many such events come in a second, the first few are looked
      at and the others refer to one of them.
      """,
      examples: [
        "bellcrank decisions list",
        "bellcrank decisions list --domain market --decision rate_limited --limit 10",
        "bellcrank decisions list --since 2025-09-09T22:00:00Z --until 2025-09-10",
        "bellcrank decisions list --id manual-001 -o jsonl",
      ],
      exits: Help.serverExits))

  @Option(help: ArgumentHelp("Only this decision.", valueName: "decision"))
  var decision: Decision?

  @Option(help: ArgumentHelp("Only causes of this rule.", valueName: "name"))
  var rule: String?

  @Option(help: ArgumentHelp("Only this domain.", valueName: "name"))
  var domain: String?

  @Option(help: ArgumentHelp("Decided at or after, ISO 8601 or a date (UTC).", valueName: "instant"))
  var since: Timestamp?

  @Option(help: ArgumentHelp("Decided before, ISO 8601 or a date (UTC).", valueName: "instant"))
  var until: Timestamp?

  @Option(help: ArgumentHelp("An event, correlation, run, parent or cause id.", valueName: "id"))
  var id: String?

  @Option(help: ArgumentHelp("Rows at most, 1 to \(LedgerQuery.limitMax).", valueName: "count"))
  var limit = 50

  @OptionGroup var watching: WatchOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...LedgerQuery.limitMax).contains(limit) else {
      throw ValidationError("--limit is 1 to \(LedgerQuery.limitMax)")
    }
  }

  func look(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let document = try await server.server(surroundings).view(
      ["decisions"],
      query: [
        "decision": decision?.rawValue, "rule": rule, "domain": domain, "since": since?.preciseText,
        "until": until?.preciseText, "id": id, "limit": String(limit),
      ])
    let rows = document.list("decisions")
    try surroundings.printer.show(Report(DecisionView.list(rows), document: document, rows: rows), as: output.format)
    if rows.isEmpty { try surroundings.printer.talk("no decision fits") }
    return .done
  }
}

/// `bellcrank decisions show`.
struct DecisionsShowCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the decision on one cause, with everything that decided.",
    discussion: Help.text(
      "For the story around it, ask: bellcrank why ID.",
      examples: [
        "bellcrank decisions show nightly@2025-09-09T22:00:00Z",
        "bellcrank decisions show 87654321-4321-4321-4321-210987654321 -o json",
      ],
      exits: Help.serverExits))

  @Argument(help: "The cause's id, as decisions list prints it.")
  var cause: String

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let entry = try await server.server(surroundings).view(["decisions", cause])
    try surroundings.printer.show(Report(Table(members: entry).text, document: entry), as: output.format)
    return .done
  }
}
