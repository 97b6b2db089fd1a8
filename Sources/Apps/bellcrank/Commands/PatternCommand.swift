import ArgumentParser

/// `bellcrank pattern`.
struct PatternCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pattern", abstract: "The event-pattern language: try patterns, and hold them against what came.",
    discussion: Help.text(
      examples: [
        "bellcrank pattern test --pattern '{\"source\":[\"ops\"]}' --event @event.json",
        "bellcrank pattern test --cases cases.jsonl",
        "bellcrank pattern explain --pattern @pattern.json --event @event.json",
        "bellcrank pattern explain --stored 87654321-4321-4321-4321-210987654321",
        "bellcrank pattern backtest --pattern @pattern.json --against 7d",
      ]),
    subcommands: [PatternTestCommand.self, PatternExplainCommand.self, PatternBacktestCommand.self])
}
