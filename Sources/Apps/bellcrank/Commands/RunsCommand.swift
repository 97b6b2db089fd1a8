import ArgumentParser
import Engine
import Events

/// `bellcrank runs`.
struct RunsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "The runs: accepted causes, their chunks and their objects.",
    discussion: Help.text(examples: ["bellcrank runs list --limit 5", "bellcrank runs show RUN-ID"]),
    subcommands: [RunsListCommand.self, RunsShowCommand.self])
}

/// `bellcrank runs list`.
struct RunsListCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List runs, the latest first.",
    discussion: Help.text(
      examples: ["bellcrank runs list", "bellcrank runs list --limit 5 -o jsonl"], exits: Help.serverExits))

  @Option(help: ArgumentHelp("Runs at most, 1 to \(LedgerQuery.limitMax).", valueName: "count"))
  var limit = 20

  @Option(help: ArgumentHelp("Only runs that are so: running, succeeded, partly_failed, failed.", valueName: "status"))
  var status: String?

  @OptionGroup var watching: WatchOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let status, Run.Status(rawValue: status) == nil {
      throw ValidationError("--status is running, succeeded, partly_failed or failed")
    }
    guard (1...LedgerQuery.limitMax).contains(limit) else {
      throw ValidationError("--limit is 1 to \(LedgerQuery.limitMax)")
    }
  }

  func look(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let document = try await server.server(surroundings).view(
      ["runs"], query: ["limit": String(limit), "status": status])
    let runs = document.list("runs")
    try surroundings.printer.show(Report(RunView.list(runs), document: document, rows: runs), as: output.format)
    if runs.isEmpty { try surroundings.printer.talk("there are no runs yet") }
    return .done
  }
}

/// `bellcrank runs show`.
struct RunsShowCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one run with its chunks, objects and timings.",
    discussion: Help.text(
      examples: [
        "bellcrank runs show RUN-ID", "bellcrank runs show RUN-ID --tree", "bellcrank runs show RUN-ID -o json",
      ], exits: Help.serverExits))

  @Argument(help: "The run's id.")
  var id: String

  @Flag(help: "Show what led to it and what came of it: event, run, chunks, objects, Transform.")
  var tree = false

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    if tree {
      let root = try await server.server(surroundings).view(["tree", id])
      try surroundings.printer.show(Report(TreeView.text(root), document: root), as: output.format)
      return .done
    }
    let run = try await server.server(surroundings).view(["runs", id])
    try surroundings.printer.show(Report(RunView.one(run), document: run), as: output.format)
    return .done
  }
}
