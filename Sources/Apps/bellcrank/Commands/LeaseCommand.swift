import ArgumentParser
import Events

/// `bellcrank lease`.
struct LeaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lease", abstract: "Hold a table, so that causes wait for it, or let go of it.",
    discussion: Help.text(
      "While somebody holds a table its causes are deferred, in order; none is lost.",
      examples: [
        "bellcrank lease hold --domain market --table prices --for 30m",
        "bellcrank lease release --domain market --table prices",
      ]),
    subcommands: [LeaseHoldCommand.self, LeaseReleaseCommand.self])
}

/// Whose lease on what.
struct LeaseOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The table's domain.", valueName: "name"))
  var domain: String

  @Option(help: ArgumentHelp("The table.", valueName: "name"))
  var table: String

  @Option(help: ArgumentHelp("Who holds it; only the same owner can let go.", valueName: "name"))
  var owner = "operator"

  /// The body of the request.
  func request(_ action: String, seconds: Int? = nil) -> JSON {
    JSON(present: [
      "action": .string(action), "domain": .string(domain), "table_name": .string(table), "owner": .string(owner),
      "seconds": seconds.map { JSON($0) },
    ])
  }
}

/// `bellcrank lease hold`.
struct LeaseHoldCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold", abstract: "Hold a table for a while.",
    discussion: Help.text(
      examples: [
        "bellcrank lease hold --domain market --table prices --for 30m",
        "bellcrank lease hold --domain market --table prices --for 2h --owner me",
      ],
      exits: [
        .done: "held", .refused: "somebody else holds it", .unavailable: "no server answers, or it is in trouble",
        .invalidInput: "the server cannot read the request",
      ]))

  @OptionGroup var lease: LeaseOptions

  @Option(name: .customLong("for"), help: ArgumentHelp("How long: 90s, 30m, 2h, 1d.", valueName: "time"))
  var span: Span

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let server = try server.server(surroundings)
    let answer = try await server.post(["lease"], lease.request("hold", seconds: span.wholeSecondsUp))
    try surroundings.printer.show(Report(Table(members: answer).text, document: answer), as: output.format)
    try surroundings.printer.talk("\(lease.owner) holds \(lease.domain).\(lease.table)")
    return .done
  }
}

/// `bellcrank lease release`.
struct LeaseReleaseCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Let go of a table; the causes that wait for it go on.",
    discussion: Help.text(
      examples: [
        "bellcrank lease release --domain market --table prices",
        "bellcrank lease release --domain market --table prices --owner me",
      ],
      exits: [
        .done: "released", .refused: "that owner does not hold it",
        .unavailable: "no server answers, or it is in trouble", .invalidInput: "the server cannot read the request",
      ]))

  @OptionGroup var lease: LeaseOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let answer = try await server.server(surroundings).post(["lease"], lease.request("release"))
    try surroundings.printer.show(Report(Table(members: answer).text, document: answer), as: output.format)
    guard answer["released"] != false else {
      throw CommandFailure(.refused, "\(lease.owner) does not hold \(lease.domain).\(lease.table)")
    }
    try surroundings.printer.talk("\(lease.owner) let go of \(lease.domain).\(lease.table)")
    return .done
  }
}
