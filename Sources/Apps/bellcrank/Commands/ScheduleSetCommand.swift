import ArgumentParser
import Events
import Schedules

extension MisfirePolicy.Kind: ExpressibleByArgument {}

extension ClockChangeRule.Gap: ExpressibleByArgument {}

extension ClockChangeRule.Fold: ExpressibleByArgument {}

extension OverlapPolicy: ExpressibleByArgument {
  /// As it is stored, or with hyphens: `buffer-one`.
  public init?(argument: String) {
    self.init(rawValue: argument.replacing("-", with: "_"))
  }

  public static var allValueStrings: [String] { allCases.map { $0.rawValue.replacing("_", with: "-") } }
}

/// `bellcrank schedule set`.
struct ScheduleSetCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Set what becomes of missed slots, overlapping slots and clock changes.",
    discussion: Help.text(
      """
      Misfire: which slots that passed while the engine was down or the schedule
      rested still run. Overlap: what becomes of a slot while the run of an earlier
      one goes on. Gap and fold: wall times that a time zone skips or shows twice;
      only of schedules, for rules are in UTC. What is not named stays as it is.
      """,
      examples: [
        "bellcrank schedule set nightly --misfire all --max-age 1d --max-count 10",
        "bellcrank schedule set nightly --overlap buffer-one",
        "bellcrank schedule set reports/weekly --gap shift --fold second",
      ],
      exits: Help.serverExits))

  @OptionGroup var act: ScheduleActOptions

  @Option(help: "Which missed slots run: none, the latest, or all.")
  var misfire: MisfirePolicy.Kind?

  @Option(help: ArgumentHelp("How old a missed slot may be and still run: 90s, 30m, 2h, 1d.", valueName: "span"))
  var maxAge: Span?

  @Option(
    help: ArgumentHelp("How many missed slots run at most, 1 to \(MisfirePolicy.firesMax).", valueName: "number"))
  var maxCount: Int?

  @Option(help: "What becomes of a slot while an earlier one's run goes on.")
  var overlap: OverlapPolicy?

  @Option(help: "A wall time that the clock jumps over.")
  var gap: ClockChangeRule.Gap?

  @Option(help: "A wall time that the clock shows twice.")
  var fold: ClockChangeRule.Fold?

  func validate() throws {
    let isNothing =
      misfire == nil && maxAge == nil && maxCount == nil && overlap == nil && gap == nil && fold == nil
    if isNothing { throw ValidationError("name a policy to set") }
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let more = JSON(present: [
      "misfire": misfire.map { .string($0.rawValue) }, "max_age_seconds": maxAge.map { JSON($0.wholeSecondsUp) },
      "max_count": maxCount.map { JSON($0) }, "overlap": overlap.map { .string($0.rawValue) },
      "gap": gap.map { .string($0.rawValue) }, "fold": fold.map { .string($0.rawValue) },
    ])
    try act.show(try await act.act("set", more, in: surroundings), in: surroundings)
    return .done
  }
}
