import ArgumentParser
import Events

/// `bellcrank trigger run`: invokes the orchestrator with a payload and prints its answer.
struct TriggerRunCommand: SurroundedCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Ask for a run, and print the decision.",
    discussion: Help.text(
      """
      Fields that the payload leaves out take the environment's defaults. --set takes
      dotted keys; its value is JSON if it reads as JSON, else a string.
      """,
      examples: [
        "bellcrank trigger run",
        "bellcrank trigger run --set 'symbols=[\"AAPL\",\"MSFT\"]' --dry-run",
        "bellcrank trigger run --payload request.json --set period=1d",
        "bellcrank trigger run --set correlation_id=manual-001 --urgent -o json",
        "bellcrank trigger run --set override_config.chunk_size=3 --set ds=2025-09-09",
      ],
      exits: [
        .done: "accepted, deferred, or answered by an earlier run",
        .refused: "refused; the answer has the code and the reason",
        .unavailable: "no server answers, or the function failed",
        .invalidInput: "the payload is no JSON object",
      ]))

  @Option(help: ArgumentHelp("The request, a JSON object; - is stdin (default: {}).", valueName: "file|-"))
  var payload: String?

  @Option(
    name: .customLong("set"), help: ArgumentHelp("Set a field of the request; may be repeated.", valueName: "k=v"))
  var assignments: [Assignment] = []

  @Flag(help: "Pass every gate and show the plan; consume and send nothing.")
  var dryRun = false

  @Flag(help: "Go to the front of the work queue.")
  var urgent = false

  @Option(
    help: ArgumentHelp("The function (default: {environment}-customer-data-orchestrator).", valueName: "name"))
  var function: String?

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func perform(in surroundings: Surroundings) async throws(CommandFailure) -> ExitStatus {
    let server = try server.server(surroundings)
    let request = try request()
    let name = try await functionName(server)
    let answer = try await server.invoke(name, request)
    try surroundings.printer.show(Report(TriggerView.text(answer), document: answer), as: output.format)
    guard let status = answer["statusCode"]?.int, status < 400 else {
      let words = answer["error"]?.fact("message") ?? "the answer names no reason"
      let code = answer["error"]?.cell("code") ?? "-"
      let retry = answer.fact("retry_after").map { "; may be tried again after \($0) s" } ?? ""
      try surroundings.printer.talk("refused (\(code)): \(words)\(retry)")
      return .refused
    }
    return .done
  }

  /// The payload with everything that the options set.
  func request() throws(CommandFailure) -> JSON {
    var request = JSON.object([])
    if let payload {
      let text = try GivenText.content(of: payload)
      do {
        request = try JSON(parsing: text)
      } catch {
        throw CommandFailure(.invalidInput, "\(payload): no JSON: \(error.message)")
      }
      guard request.members != nil else {
        throw CommandFailure(.invalidInput, "\(payload): a request is an object, and this is: \(request.kind)")
      }
    }
    for assignment in assignments { request = try assignment.applied(to: request) }
    if dryRun { request.set("dry_run", true) }
    if urgent { request.set("urgent", true) }
    return request
  }

  private func functionName(_ server: Server) async throws(CommandFailure) -> String {
    if let function { return function }
    guard let environment = try await server.view(["status"])["environment"]?.string else {
      throw CommandFailure(
        .unavailable, "the server at \(server.endpoint) does not say its environment; use --function")
    }
    return "\(environment)-customer-data-orchestrator"
  }
}
