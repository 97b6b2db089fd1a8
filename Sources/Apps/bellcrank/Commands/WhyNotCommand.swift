import ArgumentParser
import Events

/// `bellcrank why-not`: why a rule or a schedule started nothing at a moment, also where nothing happened at all.
struct WhyNotCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "why-not", abstract: "Say why a rule or a schedule started nothing at a moment.",
    discussion: Help.text(
      """
      Names the gates in their order, the first that stopped it, the smallest change
      that lets it through, and the command for it. Rule, settings, breaker, rate and
      lease are those of then, also where they have changed since. Of a schedule of
      EventBridge Scheduler, group/name, the ledger tells what was decided then, and
      the schedule of now the rest.
      """,
      examples: [
        "bellcrank why-not dev-customer-ingestion-schedule --at 2025-09-09T22:00:00Z",
        "bellcrank why-not my-rule --at 2025-09-09T14:30:00Z -o json",
        "bellcrank why-not default/nightly --at 2025-09-09T22:00:00Z",
      ],
      exits: [
        .done: "nothing ran then, and this is why; or it did run", .refused: "there never was such a rule or schedule",
        .unavailable: "no server answers, or it is in trouble",
      ]))

  @Argument(help: "A rule, or group/name of a schedule.")
  var rule: String

  @Option(help: ArgumentHelp("The moment, ISO 8601 or a date (UTC).", valueName: "instant"))
  var at: Timestamp

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let answer = try await server.server(surroundings).view(["why-not", rule], query: ["at": at.preciseText])
    try surroundings.printer.show(Report(WhyView.whyNot(answer), document: answer), as: output.format)
    return .done
  }
}
