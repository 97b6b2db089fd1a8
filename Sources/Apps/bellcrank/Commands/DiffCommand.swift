import ArgumentParser
import Events
import Operations

/// One of the two runtimes.
enum RuntimeName: String, ExpressibleByArgument, CaseIterable {
  case embedded, aws
}

/// `bellcrank diff`.
struct DiffCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Each behaviour of the embedded engine that AWS cannot keep, and what stands in for it.",
    discussion: Help.text(
      """
      What is not listed is the same on both: one suite of contracts holds the embedded
      store and the ports on AWS.
      """,
      examples: ["bellcrank diff embedded aws", "bellcrank diff embedded aws -o jsonl"],
      exits: [.done: "the list was printed"]))

  @Argument(help: "The runtime to come from: embedded or aws.")
  var from: RuntimeName

  @Argument(help: "The runtime to go to.")
  var to: RuntimeName

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard from != to else { throw ValidationError("a runtime does not differ from itself: embedded aws") }
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let rows = RuntimeDifference.allCases.map(\.json)
    let text = RuntimeDifference.allCases.map { difference in
      let sides = [("embedded", difference.embedded), ("aws", difference.aws)]
      let told = (from == .embedded ? sides : sides.reversed()).map { "  \($0): \($1)" }
      return ([difference.rawValue] + told + ["  → \(difference.standIn)"]).joined(separator: "\n")
    }.joined(separator: "\n\n")
    let document = JSON.object([.init("differences", .array(rows))])
    try surroundings.printer.show(Report(text, document: document, rows: rows), as: output.format)
    return .done
  }
}
