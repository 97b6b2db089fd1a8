import ArgumentParser
import Events

/// `bellcrank status`: one look at everything.
struct StatusCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "One look at a running server: rules, queues, latest decisions and runs.",
    discussion: Help.text(
      examples: [
        "bellcrank status", "bellcrank status -o json", "bellcrank status --endpoint http://127.0.0.1:4566",
      ],
      exits: [.done: "a server answers", .unavailable: "no server answers, or it is in trouble"]))

  @OptionGroup var watching: WatchOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func look(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let status = try await server.server(surroundings).view(["status"])
    try surroundings.printer.show(Report(StatusView.text(status), document: status), as: output.format)
    return .done
  }
}
