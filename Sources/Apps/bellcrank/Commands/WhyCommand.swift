import ArgumentParser
import Events

/// `bellcrank why`: what an id came to, which gate stopped it, and what would have let it through.
struct WhyCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "why", abstract: "Say why something ran, or why nothing did.",
    discussion: Help.text(
      """
      Takes the id of an event, a correlation, a run or a cause. Names the gates in
      their order, the one that stopped it, what would have let it through, the
      rules that missed it by a leaf, and the objects of its run.
      """,
      examples: [
        "bellcrank why 87654321-4321-4321-4321-210987654321",
        "bellcrank why manual-001 -o json",
        "bellcrank why nightly@2025-09-09T22:00:00Z",
        "bellcrank why manual-001 --tree",
      ],
      exits: [
        .done: "something is known of the id", .refused: "nothing is known of it",
        .unavailable: "no server answers, or it is in trouble",
      ]))

  @Argument(help: "The id of an event, a correlation, a run or a cause; rule@instant is a slot.")
  var id: String

  @Flag(help: "Show what led to it and what came of it, each with its time.")
  var tree = false

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let server = try server.server(surroundings)
    if tree {
      let root = try await server.view(["tree", id])
      try surroundings.printer.show(Report(TreeView.text(root), document: root), as: output.format)
      return .done
    }
    let answer = try await server.view(["why", id])
    try surroundings.printer.show(
      Report(WhyView.text(answer), document: answer, rows: answer.list("causes")), as: output.format)
    return .done
  }
}
