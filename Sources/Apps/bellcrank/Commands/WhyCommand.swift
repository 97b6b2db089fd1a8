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
      ],
      exits: [
        .done: "something is known of the id", .refused: "nothing is known of it",
        .unavailable: "no server answers, or it is in trouble",
      ]))

  @Argument(help: "The id of an event, a correlation, a run or a cause.")
  var id: String

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let answer = try await server.server(surroundings).view(["why", id])
    try surroundings.printer.show(
      Report(WhyView.text(answer), document: answer, rows: answer.list("causes")), as: output.format)
    return .done
  }
}
