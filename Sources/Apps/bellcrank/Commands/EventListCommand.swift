import ArgumentParser
import Events

/// `bellcrank event list`: what came in, the latest first.
struct EventListCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the events that came in, the latest first.",
    discussion: Help.text(
      "What an event came to says: bellcrank why ID.",
      examples: [
        "bellcrank event list --source ops.manual --limit 10",
        "bellcrank event list --since 2025-09-09T22:00:00Z -o jsonl",
      ], exits: Help.serverExits))

  @Option(help: "Only events of this source.")
  var source: String?

  @Option(help: "Only events of this detail type.")
  var detailType: String?

  @Option(help: ArgumentHelp("Taken in at or after, ISO 8601 or a date (UTC).", valueName: "instant"))
  var since: Timestamp?

  @Option(help: ArgumentHelp("Taken in before, ISO 8601 or a date (UTC).", valueName: "instant"))
  var until: Timestamp?

  @Option(help: ArgumentHelp("Events at most, 1 to 1000.", valueName: "count"))
  var limit = 50

  @OptionGroup var watching: WatchOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...1_000).contains(limit) else { throw ValidationError("--limit is 1 to 1000") }
  }

  func look(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let document = try await server.server(surroundings).view(
      ["events"],
      query: [
        "source": source, "detail_type": detailType, "since": since?.preciseText, "until": until?.preciseText,
        "limit": "\(limit)",
      ])
    let events = document.list("events")
    let rows = events.map { recorded -> [String] in
      let event = recorded["event"] ?? .null
      return [recorded.cell("received_at"), event.cell("source"), event.cell("detail-type"), event.cell("id")]
    }
    let table = Table(["RECEIVED", "SOURCE", "DETAIL TYPE", "EVENT"], rows)
    try surroundings.printer.show(Report(table.text, document: document, rows: events), as: output.format)
    if events.isEmpty { try surroundings.printer.talk("no event came") }
    return .done
  }
}
