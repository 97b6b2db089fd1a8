import ArgumentParser
import Engine
import Events

/// `bellcrank dlq`: the dead letters and the way back.
struct DeadLetterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dlq", abstract: "Dead letters: list, look into, send again, throw away.",
    discussion: Help.text(
      "A letter that is sent again is judged by today's rules and keys.",
      examples: [
        "bellcrank dlq list --preview", "bellcrank dlq redrive --code UNKNOWN_TABLE --rate 5 --watch",
        "bellcrank dlq discard --id dead-1 --reason 'a test'",
      ]),
    subcommands: [
      DeadLetterListCommand.self, DeadLetterShowCommand.self, DeadLetterRedriveCommand.self,
      DeadLetterCancelCommand.self, DeadLetterDiscardCommand.self,
    ])
}

/// Who acts on letters, and why.
struct OperatorOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Why; the ledger keeps it.", valueName: "words"))
  var reason: String?

  @Option(help: ArgumentHelp("Who acts (default: $USER); a signed request is its signer's.", valueName: "name"))
  var who: String?

  /// The body of a request with what the options say.
  func body(_ more: KeyValuePairs<String, JSON?>, in surroundings: Surroundings) -> JSON {
    var body = JSON(present: more)
    if let who = who ?? surroundings.variables["USER"] { body.set("who", .string(who)) }
    if let reason { body.set("why", .string(reason)) }
    return body
  }
}

/// `bellcrank dlq list`.
struct DeadLetterListCommand: WatchedCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List dead letters by what they died of.",
    discussion: Help.text(
      "--preview says what would become of each group by today's rules and keys.",
      examples: ["bellcrank dlq list", "bellcrank dlq list --preview -o json"], exits: Help.serverExits))

  @Option(help: ArgumentHelp("Only this queue.", valueName: "name"))
  var queue: String?

  @Flag(help: "Say what would become of them if they were sent again.")
  var preview = false

  @OptionGroup var watching: WatchOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func look(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let document = try await server.server(surroundings).view(
      ["dlq"], query: ["queue": queue, "preview": preview ? "true" : nil])
    let groups = document.list("groups")
    var columns: [Table.Column] = ["QUEUE", "CODE", "RULE", .init("COUNT", .right), "NEWEST", "EXAMPLE"]
    if preview { columns.append("PREVIEW") }
    let rows = groups.map { group in
      var cells = ["queue", "code", "rule", "count", "newest", "example"].map { group.cell($0) }
      if preview { cells.append(DeadLetterListCommand.words(group["preview"])) }
      return cells
    }
    try surroundings.printer.show(
      Report(Table(columns, rows).text, document: document, rows: groups), as: output.format)
    if groups.isEmpty { try surroundings.printer.talk("no dead letters") }
    return .done
  }

  /// `37 would pass, 4 duplicate, 2 still invalid`
  static func words(_ preview: JSON?) -> String {
    (preview?.members ?? []).map { "\($0.value.text) \($0.key.replacing("_", with: " "))" }.joined(separator: ", ")
  }
}

/// `bellcrank dlq show`.
struct DeadLetterShowCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a dead letter and what would become of it now.",
    discussion: Help.text(examples: ["bellcrank dlq show dead-1"], exits: Help.serverExits))

  @Argument(help: "The letter's id, as dlq list prints one of each group.")
  var id: String

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let letter = try await server.server(surroundings).view(["dlq", id])
    try surroundings.printer.show(Report(Table(members: letter).text, document: letter), as: output.format)
    return .done
  }
}

/// `bellcrank dlq redrive`.
struct DeadLetterRedriveCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "redrive", abstract: "Send dead letters again, paced; what is still wrong stays.",
    discussion: Help.text(
      """
      A letter that today's rules would refuse again stays where it is, and one
      that ran meanwhile is a duplicate. The task goes on in the server; it may be
      watched, stopped, and begun again.
      """,
      examples: [
        "bellcrank dlq redrive --dry-run", "bellcrank dlq redrive --code UNKNOWN_TABLE --rate 5 --watch",
        "bellcrank dlq redrive --id dead-1",
      ], exits: Help.serverExits))

  @Option(help: ArgumentHelp("Only this letter.", valueName: "id"))
  var id: String?

  @Option(help: ArgumentHelp("Only letters that died of this.", valueName: "code"))
  var code: String?

  @Option(help: ArgumentHelp("Which queue (default: that of triggers).", valueName: "name"))
  var queue: String?

  @Option(help: ArgumentHelp("Letters a second, 1 to 500.", valueName: "count"))
  var rate: Int?

  @Flag(help: "Only say what would become of them.")
  var dryRun = false

  @Flag(help: "Show the progress until the task has ended.")
  var watch = false

  @OptionGroup var who: OperatorOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let server = try server.server(surroundings)
    if dryRun { return try await preview(server, surroundings) }
    let body = who.body(
      [
        "id": id.map { .string($0) }, "code": code.map { .string($0) }, "queue": queue.map { .string($0) },
        "per_second": rate.map { JSON($0) },
      ], in: surroundings)
    var answer = try await server.post(["dlq", "redrive"], body)
    while watch, let handle = answer["handle"]?.string, answer["status"] == "RUNNING" {
      let words = ["moved", "kept", "left"].map { "\(answer.cell($0)) \($0)" }.joined(separator: ", ")
      try surroundings.printer.talk(words)
      do { try await surroundings.clock.sleep(for: .seconds(1)) } catch { break }
      let tasks = try await server.view(["dlq", "tasks"]).list("tasks")
      guard let task = tasks.first(where: { $0["handle"]?.string == handle }) else { break }
      answer = task
    }
    try surroundings.printer.show(Report(Table(members: answer).text, document: answer), as: output.format)
    return answer["redriven"] == false ? .refused : .done
  }

  private func preview(_ server: Server, _ surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let document = try await server.view(["dlq"], query: ["queue": queue, "preview": "true"])
    let groups = document.list("groups").filter { code == nil || $0["code"]?.string == code }
    let rows = groups.map { [$0.cell("code"), $0.cell("rule"), DeadLetterListCommand.words($0["preview"])] }
    try surroundings.printer.show(
      Report(Table(["CODE", "RULE", "PREVIEW"], rows).text, document: document, rows: groups), as: output.format)
    return .done
  }
}

/// `bellcrank dlq cancel`.
struct DeadLetterCancelCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Stop a redrive; what is moved stays moved.",
    discussion: Help.text(examples: ["bellcrank dlq cancel 0f8c…"], exits: Help.serverExits))

  @Argument(help: "The task's handle.")
  var task: String

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let answer = try await server.server(surroundings).post(["dlq", "cancel"], ["task": .string(task)])
    try surroundings.printer.show(Report(Table(members: answer).text, document: answer), as: output.format)
    return .done
  }
}

/// `bellcrank dlq discard`.
struct DeadLetterDiscardCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "discard", abstract: "Throw dead letters away; the ledger keeps who did it and why.",
    discussion: Help.text(
      examples: [
        "bellcrank dlq discard --id dead-1 --reason 'a test'", "bellcrank dlq discard --code NO_SYMBOLS",
      ], exits: Help.serverExits))

  @Option(help: ArgumentHelp("Only this letter.", valueName: "id"))
  var id: String?

  @Option(help: ArgumentHelp("All letters that died of this.", valueName: "code"))
  var code: String?

  @OptionGroup var who: OperatorOptions
  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (id == nil) != (code == nil) else { throw ValidationError("one of --id and --code says which letters") }
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let body = who.body(["id": id.map { .string($0) }, "code": code.map { .string($0) }], in: surroundings)
    let answer = try await server.server(surroundings).post(["dlq", "discard"], body)
    try surroundings.printer.show(Report(Table(members: answer).text, document: answer), as: output.format)
    return .done
  }
}
