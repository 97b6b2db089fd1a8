import ArgumentParser

/// `bellcrank trigger`.
struct TriggerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trigger", abstract: "Runs by hand.",
    discussion: Help.text(
      examples: [
        "bellcrank trigger run --set 'symbols=[\"AAPL\"]'", "bellcrank trigger run --payload request.json --dry-run",
      ]),
    subcommands: [TriggerRunCommand.self])
}
