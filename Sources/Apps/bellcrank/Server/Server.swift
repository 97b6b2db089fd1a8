import Events

/// A running `bellcrank serve`: its own views, and the AWS operations that the commands use.
struct Server: Sendable {
  /// Views and small operations.
  static let viewTimeout = Span.seconds(30)
  /// An invocation answers when admission has decided.
  static let invokeTimeout = Span.seconds(120)
  /// An advance answers when everything that is due in it is done.
  static let clockTimeout = Span.days(7)

  let endpoint: String
  let client: any ServerClient

  /// Reads a view of the server.
  ///
  /// - Parameters:
  ///   - path: the parts behind `/_bellcrank`, not yet encoded.
  ///   - query: those without a value are left out.
  func view(
    _ path: [String], query: KeyValuePairs<String, String?> = [:]
  ) async throws(CommandFailure) -> JSON {
    var target = Server.ownPath(path)
    let asked = query.compactMap { name, value in value.map { "\(name)=\($0.percentEncoded())" } }
    if !asked.isEmpty { target += "?" + asked.joined(separator: "&") }
    return try await json(ServerRequest(method: .get, path: target, timeout: Server.viewTimeout)).json
  }

  /// Holds or releases a lease, or whatever else the server takes in JSON.
  func post(
    _ path: [String], _ body: JSON, timeout: Span = Server.viewTimeout
  ) async throws(CommandFailure) -> JSON {
    try await json(
      ServerRequest(
        method: .post, path: Server.ownPath(path), headers: [.init(name: "Content-Type", value: "application/json")],
        body: body.bytes, timeout: timeout)
    ).json
  }

  /// Performs an operation of EventBridge; an empty answer reads as an empty object.
  func events(
    _ operation: String, _ input: JSON
  ) async throws(CommandFailure) -> (json: JSON, answer: ServerAnswer) {
    try await json(
      ServerRequest(
        method: .post, path: "/",
        headers: [
          .init(name: "Content-Type", value: "application/x-amz-json-1.1"),
          .init(name: "X-Amz-Target", value: "AWSEvents.\(operation)"),
        ],
        body: input.bytes, timeout: Server.viewTimeout))
  }

  /// Invokes a function and waits for what it returns.
  ///
  /// - Throws: `unavailable` if the function itself failed; its refusals are answers.
  func invoke(_ function: String, _ payload: JSON) async throws(CommandFailure) -> JSON {
    let (json, answer) = try await json(
      ServerRequest(
        method: .post, path: "/2015-03-31/functions/\(function.percentEncoded())/invocations",
        headers: [.init(name: "Content-Type", value: "application/json")], body: payload.bytes,
        timeout: Server.invokeTimeout))
    guard answer.header("X-Amz-Function-Error") == nil else {
      throw CommandFailure(
        .unavailable, "function \(function) failed: \(json.cell("errorType")): \(json.cell("errorMessage"))")
    }
    return json
  }

  private static func ownPath(_ parts: [String]) -> String {
    "/_bellcrank/" + parts.map { $0.percentEncoded() }.joined(separator: "/")
  }

  private func json(_ request: ServerRequest) async throws(CommandFailure) -> (json: JSON, answer: ServerAnswer) {
    let answer: ServerAnswer
    do {
      answer = try await client.send(request, to: endpoint)
    } catch {
      throw CommandFailure(.unavailable, words(of: error, request))
    }
    let json: JSON
    do {
      json = answer.body.isEmpty ? .object([]) : try JSON(parsing: answer.body)
    } catch {
      throw CommandFailure(
        .unavailable, "what answers at \(endpoint) is no bellcrank server: \(answer.status) and no JSON")
    }
    guard (200..<300).contains(answer.status) else { throw Server.failure(answer.status, json) }
    return (json, answer)
  }

  private func words(of silence: ServerSilence, _ request: ServerRequest) -> String {
    switch silence {
    case .nobodyThere: "no bellcrank server answers at \(endpoint); start one with: bellcrank serve"
    case .late: "the server at \(endpoint) did not answer within \(request.timeout.wholeSecondsUp) s"
    case .broken(let reason): "the server at \(endpoint) gave no whole answer: \(reason)"
    }
  }

  /// Reads `{"error":{"code","message"}}` and what AWS's protocols send instead.
  private static func failure(_ status: Int, _ json: JSON) -> CommandFailure {
    let type = json["__type"]?.string.map { String($0.split(separator: "#").last ?? "") }
    let code = json["error"]?["code"]?.string ?? type ?? json["Type"]?.string ?? "HTTP \(status)"
    let message = json["error"]?["message"]?.string ?? json["message"]?.string ?? json["Message"]?.string
    let words = message.map { "\(code): \($0)" } ?? code
    switch status {
    case 500...: return CommandFailure(.unavailable, words)
    case 400 where type == nil || Server.unreadable.contains(code): return CommandFailure(.invalidInput, words)
    default: return CommandFailure(.refused, words)
    }
  }

  /// What EventBridge says of requests that are wrong in themselves; its other refusals have the status 400 as well.
  private static let unreadable = ["ValidationException", "SerializationException", "InvalidEventPatternException"]
}
