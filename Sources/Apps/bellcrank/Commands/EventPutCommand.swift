import ArgumentParser
import Events

/// `bellcrank event put`: puts one event, or a file of them, on the default bus.
struct EventPutCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "put", abstract: "Put events on the bus, and see which rules matched.",
    discussion: Help.text(
      """
      A file holds one JSON object a line: an entry in AWS's spelling (Source,
      DetailType, Detail as text or object, Resources, Time) or an event (source,
      detail-type, detail, resources, time). It is read and sent in batches, and
      stops at a line that cannot be read; what was sent before stays sent.
      Of an event that no rule wanted, the rules that it missed by a single leaf
      are told, with the leaf.
      """,
      examples: [
        "bellcrank event put --source symbol.universe \\",
        "  --detail-type 'Universe Updated' \\",
        "  --detail '{\"added_symbols\":[\"NVDA\"],\"immediate_ingestion\":true}'",
        "bellcrank event put --source ops.manual --detail-type 'Adhoc Ingestion' \\",
        "  --detail @request.json -o json",
        "bellcrank event put --file events.jsonl",
        "generate | bellcrank event put --file - -o jsonl",
      ],
      exits: [
        .done: "every event was taken", .refused: "an event was refused; the output says which",
        .unavailable: "no server answers, or it is in trouble", .invalidInput: "the detail or a line cannot be read",
      ]))

  @Option(help: "The event's source, such as ops.manual.")
  var source: String?

  @Option(help: "The event's detail-type, such as 'Adhoc Ingestion'.")
  var detailType: String?

  @Option(help: ArgumentHelp("The detail, a JSON object (default: {}).", valueName: "JSON|@file|-"))
  var detail: GivenText?

  @Option(name: .customLong("resource"), help: ArgumentHelp("An ARN; may be repeated.", valueName: "arn"))
  var resources: [String] = []

  @Option(help: ArgumentHelp("When it happened, ISO 8601 (default: the server's now).", valueName: "instant"))
  var time: Timestamp?

  @Option(help: ArgumentHelp("Events to put, one JSON object a line; - is stdin.", valueName: "entries.jsonl"))
  var file: String?

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    let hasParts = source != nil || detailType != nil || detail != nil || !resources.isEmpty || time != nil
    if file != nil, hasParts { throw ValidationError("--file brings whole events; leave the other options out") }
    if file == nil, source == nil || detailType == nil {
      throw ValidationError("name --source and --detail-type, or a --file")
    }
  }

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let server = try server.server(surroundings)
    var session = EventPutSession(server)
    var failure: CommandFailure?
    do throws(CommandFailure) {
      try await putAll(in: &session)
    } catch {
      failure = error
    }
    if let failure {
      if !session.outcomes.isEmpty { _ = try finish(session, surroundings.printer) }
      throw failure
    }
    return try finish(session, surroundings.printer)
  }

  private func putAll(in session: inout EventPutSession) async throws(CommandFailure) {
    if let file {
      var lines = try InputLines(file)
      var number = 0
      while let batch = try lines.next() {
        for line in batch {
          number += 1
          try await put(line, number, in: &session)
        }
      }
    } else {
      let detail = try detail?.text() ?? "{}"
      let entry = try EventEntry(
        source: source ?? "", detailType: detailType ?? "", detail: detail, resources: resources, time: time)
      try await session.add(entry, line: 1)
    }
    try await session.flush()
  }

  /// Sends those that wait before it complains of a line, so that what was sent does not depend on batches.
  private func put(
    _ line: InputLines.Line, _ number: Int, in session: inout EventPutSession
  ) async throws(CommandFailure) {
    let entry: EventEntry
    do throws(CommandFailure) {
      entry = try EventEntry(line)
    } catch {
      try await session.flush()
      throw CommandFailure(error.status, "line \(number): \(error.message)")
    }
    try await session.add(entry, line: number)
  }

  private func finish(_ session: EventPutSession, _ printer: any Printer) throws(CommandFailure) -> ExitStatus {
    try printer.show(session.report, as: output.format)
    let failed = session.outcomes.filter(\.isRefused)
    for outcome in failed.prefix(EventPutSession.failuresNamedMax) {
      try printer.talk(
        "event \(outcome.line) was refused: \(outcome.json.cell("error_code")): "
          + outcome.json.cell("error_message"))
    }
    try printer.talk("\(session.outcomes.count - failed.count) of \(session.outcomes.count) events taken")
    return failed.isEmpty ? .done : .refused
  }
}
