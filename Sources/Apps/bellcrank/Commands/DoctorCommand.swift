import ArgumentParser
import Events

/// `bellcrank doctor`.
struct DoctorCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Is everything well that a run needs? A line each, with the command that mends it.",
    discussion: Help.text(
      """
      Looks at clock, disk, limits, loops, rules, functions, permissions, sources,
      breakers, budgets, fires, decisions, backlog, dead letters, logs and alarms.
      What fails comes first, and among it causes before what follows from them.
      Asking the sources costs a request each of their budgets.
      """,
      examples: ["bellcrank doctor", "bellcrank doctor --no-sources -o json"],
      exits: [
        .done: "nothing fails; there may be warnings", .refused: "a check fails",
        .unavailable: "no server answers, or it is in trouble",
      ]))

  @Flag(inversion: .prefixedNo, help: "Ask each source for one price.")
  var sources = true

  @OptionGroup var watching: WatchOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func look(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let document = try await server.server(surroundings).view(["doctor"], query: ["sources": sources ? "true" : nil])
    let checks = document.list("checks")
    let lines = checks.flatMap { check -> [String] in
      let line = "\(DoctorCommand.mark(check.cell("health")))  \(check.cell("check")): \(check.cell("sentence"))"
      return check["fix"]?.string.map { [line, "      \($0)"] } ?? [line]
    }
    let report = Report(lines.joined(separator: "\n"), document: document, rows: checks)
    try surroundings.printer.show(report, as: output.format)
    return checks.contains { $0.cell("health") == "failing" } ? .refused : .done
  }

  private static func mark(_ health: String) -> String {
    switch health {
    case "failing": "FAIL"
    case "warning": "WARN"
    default: "ok  "
    }
  }
}
