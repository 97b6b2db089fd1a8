import ArgumentParser

/// The one executable: the server, and everything one asks of it from a terminal.
@main
struct Bellcrank: AsyncParsableCommand {
  /// As `--version` prints it; the change log names what is in it.
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "bellcrank",
    abstract: "Starts data-extraction runs on schedule, on event, by hand and on new objects; once each, and says why.",
    discussion: Help.text(
      """
      Data goes to stdout, talk to stderr. No colour is ever used, so NO_COLOR
      changes nothing. Commands that print data take -o table, json or jsonl.
      """,
      examples: [
        "bellcrank demo",
        "bellcrank serve",
        "bellcrank trigger run --set 'symbols=[\"AAPL\"]' --dry-run",
        "bellcrank decisions list --decision unmatched -o jsonl",
        "bellcrank why manual-001",
        "bellcrank schedule next 'cron(0 22 * * ? *)' --count 3",
      ],
      exits: [
        .done: "done, or the answer is yes", .refused: "the answer is no: refused, not found, no match",
        .unavailable: "no server answers, or it is in trouble",
        .invalidInput: "a file, a JSON text or an expression cannot be read",
      ]),
    version: version,
    groupedSubcommands: [
      CommandGroup(
        name: "Engine", subcommands: [ServeCommand.self, ClockCommand.self, DemoCommand.self, CredentialsCommand.self]),
      CommandGroup(name: "Moving", subcommands: [ImportCommand.self, ExportCommand.self, DiffCommand.self]),
      CommandGroup(
        name: "Trigger",
        subcommands: [
          EventCommand.self, TriggerCommand.self, BackfillCommand.self, LeaseCommand.self, DeadLetterCommand.self,
        ]),
      CommandGroup(
        name: "Inspection",
        subcommands: [
          StatusCommand.self, DoctorCommand.self, AlarmCommand.self, RulesCommand.self, DecisionsCommand.self,
          RunsCommand.self,
          WhyCommand.self, WhyNotCommand.self, LedgerCommand.self, VerifyCommand.self,
        ]),
      CommandGroup(
        name: "Offline",
        subcommands: [
          PatternCommand.self, ScheduleCommand.self, LintCommand.self, ExplainCommand.self, SourceCommand.self,
        ]),
    ])
}
