import ArgumentParser
import Testing

@testable import bellcrank

@Suite struct HelpTests {
  @Test func `every command has examples and exit codes that fit a terminal`() {
    for command in commands(of: Bellcrank.self) {
      let name = command.configuration.commandName ?? "\(command)"
      let discussion = command.configuration.discussion
      #expect(!command.configuration.abstract.isEmpty, "\(name)")
      #expect(discussion.contains("Examples:\n  bellcrank "), "\(name)")
      #expect(discussion.contains("Exit codes:"), "\(name)")
      for line in discussion.split(separator: "\n") {
        #expect(line.count <= Help.columnsMax, "\(name): \(line)")
      }
    }
  }

  @Test func `the names that scripts rely on are there`() throws {
    let names = Set(commands(of: Bellcrank.self).compactMap { $0.configuration.commandName })
    let promised = [
      "serve", "demo", "event", "put", "trigger", "run", "rules", "pattern", "test", "schedule", "next", "decisions",
      "runs", "why", "status", "lease", "source", "disable", "enable", "change", "recover", "import", "export", "diff",
      "clock", "show", "advance", "to", "speed", "stop",
    ]
    #expect(names.isSuperset(of: promised))
  }

  @Test func `exit codes are those of sysexits and the order is theirs`() {
    let text = Help.text(examples: ["bellcrank why x"], exits: [.invalidInput: "bad", .done: "good"])
    #expect(
      text == """
        Examples:
          bellcrank why x

        Exit codes:
          0   good
          64  the command line is wrong
          65  bad
        """)
  }

  private func commands(of root: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
    let configuration = root.configuration
    let grouped = configuration.groupedSubcommands.flatMap(\.subcommands)
    return [root] + (configuration.ungroupedSubcommands + grouped).flatMap { commands(of: $0) }
  }
}
