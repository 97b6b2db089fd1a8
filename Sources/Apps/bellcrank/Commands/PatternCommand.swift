import ArgumentParser

/// `bellcrank pattern`.
struct PatternCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pattern", abstract: "The event-pattern language, without a server.",
    discussion: Help.text(
      examples: [
        "bellcrank pattern test --pattern '{\"source\":[\"ops\"]}' --event @event.json",
        "bellcrank pattern test --cases cases.jsonl",
      ]),
    subcommands: [PatternTestCommand.self])
}
