import ArgumentParser

/// `bellcrank source`.
struct SourceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "source", abstract: "Market-data sources to try the engine with.",
    discussion: Help.text(examples: ["bellcrank source replay --port 4567"]),
    subcommands: [SourceReplayCommand.self])
}
