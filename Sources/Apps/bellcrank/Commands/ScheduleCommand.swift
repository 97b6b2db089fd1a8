import ArgumentParser

/// `bellcrank schedule`.
struct ScheduleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule", abstract: "Schedule expressions, without a server.",
    discussion: Help.text(
      examples: [
        "bellcrank schedule next 'cron(0 22 * * ? *)'",
        "bellcrank schedule next 'cron(0 9 ? * MON-FRI *)' --timezone Asia/Seoul",
      ]),
    subcommands: [ScheduleNextCommand.self])
}
