import ArgumentParser

/// `bellcrank event`.
struct EventCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "event", abstract: "Events on the bus.",
    discussion: Help.text(
      examples: [
        "bellcrank event put --source ops.manual --detail-type 'Adhoc Ingestion'",
        "bellcrank event put --file events.jsonl -o jsonl", "bellcrank event list --limit 10",
      ]),
    subcommands: [EventPutCommand.self, EventListCommand.self])
}
