import ArgumentParser

/// `bellcrank schedule`.
struct ScheduleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule", abstract: "Schedules: list, pause, resume, change, set policies, run, recover, preview.",
    discussion: Help.text(
      "Each act on a schedule is in the ledger with who, when and why.",
      examples: [
        "bellcrank schedule list --group reports --zone America/New_York",
        "bellcrank schedule pause nightly --reason maintenance --for 2h",
        "bellcrank schedule recover nightly 2025-09-09T22:00:00Z",
        "bellcrank schedule next 'cron(0 22 * * ? *)'",
      ]),
    subcommands: [
      ScheduleListCommand.self, ScheduleShowCommand.self, ScheduleNextCommand.self, SchedulePauseCommand.self,
      ScheduleResumeCommand.self, ScheduleSetCommand.self, ScheduleDisableCommand.self, ScheduleEnableCommand.self,
      ScheduleChangeCommand.self, ScheduleRunCommand.self, ScheduleRecoverCommand.self,
    ])
}
