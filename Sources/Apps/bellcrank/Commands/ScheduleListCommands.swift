import ArgumentParser
import Engine
import Events
import Rules
import Schedules

/// In which zones instants are shown beside UTC, and in whose words a schedule is said.
struct ScheduleShowOptions: ParsableArguments {
  /// Where the data of the specification comes from and its readers are.
  static let zoneStandard = "Asia/Seoul"
  static let zonesMax = 5

  @Option(
    name: .customLong("zone"),
    help: ArgumentHelp("Show instants in this time zone too; may be repeated (default: Asia/Seoul).", valueName: "zone")
  )
  var zones: [String] = []

  @Option(help: "Plain words in English or Korean.")
  var language = WordsLanguage.english

  func validate() throws {
    if zones.count > ScheduleShowOptions.zonesMax {
      throw ValidationError("--zone is given \(ScheduleShowOptions.zonesMax) times at most")
    }
  }

  /// As the server is asked for them.
  var names: String { (zones.isEmpty ? [ScheduleShowOptions.zoneStandard] : zones).joined(separator: ",") }

  func clocks(in surroundings: Surroundings) throws(CommandFailure) -> WallClocks {
    try WallClocks(zones.isEmpty ? [ScheduleShowOptions.zoneStandard] : zones, surroundings.zones)
  }
}

/// `bellcrank schedule list`.
struct ScheduleListCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List rules with a schedule, and schedules, with their next fire.",
    discussion: Help.text(
      """
      One page; where there is more, the last line on stderr says how to go on.
      With --group there are schedules of that group only.
      """,
      examples: [
        "bellcrank schedule list", "bellcrank schedule list --state disabled -o jsonl",
        "bellcrank schedule list --group reports --zone America/New_York",
      ], exits: Help.serverExits))

  @Option(help: ArgumentHelp("Only schedules of this group.", valueName: "name"))
  var group: String?

  @Option(help: ArgumentHelp("Only enabled or disabled ones.", valueName: "state"))
  var state: String?

  @Option(help: ArgumentHelp("Only those whose name begins so.", valueName: "text"))
  var prefix: String?

  @Option(help: ArgumentHelp("Only what stands behind that one: the next page.", valueName: "name"))
  var after: String?

  @Option(help: "How many, 1 to \(ScheduleListing.limitMax).")
  var limit = 100

  @OptionGroup var showing: ScheduleShowOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let clocks = try showing.clocks(in: surroundings)
    let document = try await server.server(surroundings).view(
      ["schedules"],
      query: [
        "group": group, "state": state, "prefix": prefix, "after": after, "limit": String(limit),
        "language": showing.language.rawValue, "zones": showing.names,
      ])
    let rows = document.list("schedules")
    try surroundings.printer.show(
      Report(ScheduleView.list(rows, clocks), document: document, rows: rows), as: output.format)
    if rows.isEmpty { try surroundings.printer.talk("there are no such schedules") }
    if let next = document.fact("next") { try surroundings.printer.talk("there may be more: --after \(next)") }
    return .done
  }
}

/// `bellcrank schedule show`.
struct ScheduleShowCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show everything of a schedule: policies, pause, next fires, decisions.",
    discussion: Help.text(
      examples: [
        "bellcrank schedule show nightly --count 5 --zone America/New_York",
        "bellcrank schedule show reports/weekly -o json",
      ], exits: Help.serverExits))

  @Argument(help: "A rule, or group/name of a schedule.")
  var name: String

  @Option(help: "How many next fires, 1 to \(ScheduleViews.firesMax).")
  var count = 10

  @OptionGroup var showing: ScheduleShowOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...ScheduleViews.firesMax).contains(count) else {
      throw ValidationError("--count is 1 to \(ScheduleViews.firesMax)")
    }
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let clocks = try showing.clocks(in: surroundings)
    let document = try await server.server(surroundings).view(
      ["schedules", name],
      query: ["count": String(count), "language": showing.language.rawValue, "zones": showing.names])
    try surroundings.printer.show(Report(ScheduleView.one(document, clocks), document: document), as: output.format)
    return .done
  }
}
