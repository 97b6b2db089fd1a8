import ArgumentParser

/// `bellcrank schedule`.
struct ScheduleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule", abstract: "Schedules: pause, resume, change, run now, recover a slot, try an expression.",
    discussion: Help.text(
      "Each act on a schedule is in the ledger with who, when and why.",
      examples: [
        "bellcrank schedule disable nightly --reason maintenance",
        "bellcrank schedule recover nightly 2025-09-09T22:00:00Z",
        "bellcrank schedule next 'cron(0 22 * * ? *)'",
      ]),
    subcommands: [
      ScheduleNextCommand.self, ScheduleDisableCommand.self, ScheduleEnableCommand.self, ScheduleChangeCommand.self,
      ScheduleRunCommand.self, ScheduleRecoverCommand.self,
    ])
}
