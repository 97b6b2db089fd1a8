import Events

/// One question to a server, its path already percent-encoded.
struct ServerRequest: Sendable, Hashable {
  enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  /// One header line.
  struct Header: Sendable, Hashable {
    let name: String
    let value: String
  }

  let method: Method
  /// From the slash on, with its query.
  let path: String
  var headers: [Header] = []
  var body: [UInt8] = []
  /// How long the whole answer may take.
  let timeout: Span
}

/// What a server said.
struct ServerAnswer: Sendable, Hashable {
  /// 100 to 999.
  let status: Int
  let headers: [ServerRequest.Header]
  let body: [UInt8]

  /// The first header of that name, upper and lower case being alike.
  func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}

/// Why a server gave no whole answer.
enum ServerSilence: Error, Sendable, Hashable {
  /// Nobody listens there.
  case nobodyThere
  /// The time ran out.
  case late
  /// The connection broke, or what came is no HTTP.
  case broken(reason: String)
}

/// The way to a server. Adapters: `HTTPServerClient`, and recorded answers in tests.
protocol ServerClient: Sendable {
  /// Asks once and reads the whole answer; any status is an answer.
  ///
  /// - Parameter endpoint: scheme, host and port, without a slash at the end.
  func send(_ request: ServerRequest, to endpoint: String) async throws(ServerSilence) -> ServerAnswer
}
