import ArgumentParser

/// The option that every command with a server to talk to has.
struct ServerOptions: ParsableArguments {
  /// Where `bellcrank serve` listens unless told otherwise.
  static let endpointDefault = "http://127.0.0.1:4566"
  /// The variable that stands in for the option.
  static let endpointVariable = "BELLCRANK_ENDPOINT"

  @Option(
    help: ArgumentHelp(
      "Where the server listens (default: $\(endpointVariable), or \(endpointDefault)).", valueName: "url"))
  var endpoint: String?

  /// Refuses an endpoint that is none.
  func validate() throws {
    if let endpoint, !ServerOptions.isEndpoint(endpoint) { throw ValidationError(ServerOptions.refusal(of: endpoint)) }
  }

  /// The server: the option's, else the variable's, else the default one.
  func server(_ surroundings: Surroundings) throws(CommandFailure) -> Server {
    let chosen = endpoint ?? surroundings.variables[ServerOptions.endpointVariable] ?? ServerOptions.endpointDefault
    guard ServerOptions.isEndpoint(chosen) else { throw CommandFailure(.usage, ServerOptions.refusal(of: chosen)) }
    return Server(endpoint: chosen.last == "/" ? String(chosen.dropLast()) : chosen, client: surroundings.client)
  }

  private static func isEndpoint(_ text: String) -> Bool {
    ["http://", "https://"].contains { text.hasPrefix($0) && text.count > $0.count }
  }

  private static func refusal(of endpoint: String) -> String {
    "an endpoint is such as \(endpointDefault), not '\(endpoint)'"
  }
}
