import ArgumentParser
import Events

/// `bellcrank alarm`.
struct AlarmCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alarm", abstract: "Alarms with their class and owner; a drill of each.",
    discussion: Help.text(
      "Define and change them with aws cloudwatch put-metric-alarm.",
      examples: ["bellcrank alarm list", "bellcrank alarm test --all"]),
    subcommands: [AlarmListCommand.self, AlarmTestCommand.self])
}

/// `bellcrank alarm list`.
struct AlarmListCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List alarms with state, class, response time and owner.",
    discussion: Help.text(examples: ["bellcrank alarm list", "bellcrank alarm list -o json"], exits: Help.serverExits))

  @OptionGroup var watching: WatchOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func look(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let document = try await server.server(surroundings).view(["alarms"])
    let alarms = document.list("alarms")
    let table = Table(
      ["ALARM", "STATE", "CLASS", "WITHIN", "OWNER", "SINCE"], of: alarms,
      keys: ["name", "state", "severity", "response_time", "owner", "since"])
    try surroundings.printer.show(Report(table.text, document: document, rows: alarms), as: output.format)
    return .done
  }
}

/// `bellcrank alarm test`.
struct AlarmTestCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Drive an alarm from OK to ALARM and back, on a shadow of it.",
    discussion: Help.text(
      """
      The shadow has a metric of its own; its changes are real events on the bus
      and real messages to the webhooks. The alarm itself is not touched.
      """,
      examples: ["bellcrank alarm test dev-customer-breaker-open", "bellcrank alarm test --all"],
      exits: [
        .done: "each went to ALARM and back", .refused: "one did not, or there is no such alarm",
        .unavailable: "no server answers, or it is in trouble",
      ]))

  @Argument(help: "The alarm, as alarm list prints it.")
  var name: String?

  @Flag(help: "Every alarm there is.")
  var all = false

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (name == nil) == all else { throw ValidationError("name an alarm, or say --all") }
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let server = try server.server(surroundings)
    var names: [String] = []
    if let name {
      names = [name]
    } else {
      names = try await server.view(["alarms"]).list("alarms").map { $0.cell("name") }
    }
    var drills: [JSON] = []
    for (place, name) in names.enumerated() {
      if names.count > 1 { try surroundings.printer.talk("\(place + 1) of \(names.count): \(name)") }
      drills.append(try await server.post(["alarms", name], .object([])))
    }
    let rows = drills.map { drill in
      let states = drill.list("steps").map { $0.cell("found") }.joined(separator: " → ")
      return [drill.cell("alarm"), states, drill["passed"] == true ? "passed" : "FAILED"]
    }
    let document: JSON = ["drills": .array(drills)]
    try surroundings.printer.show(
      Report(Table(["ALARM", "STATES", "DRILL"], rows).text, document: document, rows: drills), as: output.format)
    return drills.allSatisfy { $0["passed"] == true } ? .done : .refused
  }
}
