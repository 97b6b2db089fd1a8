import ArgumentParser
import Engine
import Events
import Schedules

/// `bellcrank schedule next`: when an expression fires next.
struct ScheduleNextCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "next", abstract: "Say when a cron, rate or at expression fires next.",
    discussion: Help.text(
      """
      Rules speak the dialect `rules`, always in UTC; EventBridge Scheduler's has
      time zones and at(…). Unless --dialect chooses, a time zone other than UTC or
      an at(…) means `scheduler`, everything else `rules`. With --dialect rules a
      time zone only shows the same instants on its wall clock. A rate counts from
      --after.

      The answer is shown in UTC, on the clock of --timezone and on those of --zone,
      with the next two clock changes of each and what they do to the schedule. A
      wall time that a zone skips does not fire, one that it shows twice fires the
      first time, as on AWS; --gap shift and --fold choose otherwise, for cases too.

      A file of cases has a line {"expr","timezone","after","count"} each (UTC, now
      and 1 where absent), and is answered line by line, in order:
      {"expr","valid","next":[instants in UTC],"message"}.
      """,
      examples: [
        "bellcrank schedule next 'cron(0 22 * * ? *)'",
        "bellcrank schedule next 'cron(0 9 ? * MON-FRI *)' --timezone Asia/Seoul",
        "bellcrank schedule next 'cron(0 22 * * ? *)' --dialect rules \\",
        "  --timezone Asia/Seoul",
        "bellcrank schedule next 'cron(0 22 * * ? *)' --zone America/New_York \\",
        "  --zone Asia/Seoul --language ko",
        "bellcrank schedule next 'cron(30 2 * * ? *)' --gap shift \\",
        "  --timezone America/New_York",
        "bellcrank schedule next 'rate(5 minutes)' --after 2026-01-01T00:00:00Z",
        "bellcrank schedule next 'at(2026-12-31T23:00:00)' -o json",
        "bellcrank schedule next --cases cases.jsonl > fires.jsonl",
      ],
      exits: [
        .done: "the expression is valid; of cases: all were answered",
        .invalidInput: "the expression, the time zone or the file is invalid",
      ]))

  @Argument(help: ArgumentHelp("The expression.", valueName: "expr"))
  var expression: String?

  @Option(help: "How many instants, 1 to \(ScheduleQuestion.countMax).")
  var count = 5

  @Option(help: ArgumentHelp("An IANA time zone (default: UTC).", valueName: "zone"))
  var timezone: String?

  @Option(help: ArgumentHelp("Instants after this one, ISO 8601 (default: now).", valueName: "instant"))
  var after: Timestamp?

  @Option(help: "Whose language the expression is in.")
  var dialect: ScheduleDialect?

  @Option(help: ArgumentHelp("A time zone to show as well; may be repeated.", valueName: "zone"))
  var zone: [String] = []

  @Option(help: "What becomes of a wall time that the zone skips.")
  var gap = ClockChangeRule.Gap.skip

  @Option(help: "Which of the two fires, if the zone shows a wall time twice.")
  var fold = ClockChangeRule.Fold.first

  @Option(help: "In which language the schedule is said.")
  var language = WordsLanguage.english

  @Option(help: ArgumentHelp("Cases to answer, one a line; - is stdin.", valueName: "file.jsonl"))
  var cases: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard ScheduleQuestion.counts.contains(count) else {
      throw ValidationError("--count is 1 to \(ScheduleQuestion.countMax)")
    }
    guard cases != nil else {
      if expression == nil { throw ValidationError("name an expression, or --cases") }
      return
    }
    guard expression == nil, timezone == nil, after == nil, zone.isEmpty else {
      throw ValidationError("--cases bring their own expressions, time zones and instants")
    }
    try output.mustBeLines("--cases")
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let now = surroundings.clock.now()
    let changes = ClockChangeRule(gap: gap, fold: fold)
    var cases = ScheduleCases(now: now, dialect: dialect, changes: changes, zones: surroundings.zones)
    if let path = self.cases { return try answer(path, &cases, surroundings.printer) }
    let question = ScheduleQuestion(
      expression: expression ?? "", timezone: timezone ?? "UTC", after: after ?? now, count: count,
      changes: changes, shown: zone)
    switch cases.fires(question) {
    case .fires(let fires):
      try surroundings.printer.show(fires.report(question, in: language), as: output.format)
      for remark in fires.table.expression.remarks { try surroundings.printer.talk("remark: \(remark)") }
      return .done
    case .invalid(let message):
      let document = ScheduleCases.answer(.string(question.expression), .invalid(message: message))
      try surroundings.printer.show(Report("", document: document), as: output.format)
      throw CommandFailure(.invalidInput, message)
    }
  }

  private func answer(
    _ path: String, _ cases: inout ScheduleCases, _ printer: any Printer
  ) throws(CommandFailure) -> ExitStatus {
    var lines = try InputLines(path)
    while let batch = try lines.next() {
      var answers: [UInt8] = []
      for line in batch {
        cases.answer(line).write(into: &answers)
        answers.append(UInt8(ascii: "\n"))
      }
      try printer.data(answers)
    }
    return .done
  }
}
