import Events

/// How a source client reaches the network: one question, one whole answer. Adapters: `AsyncHTTPTransport`, and tables in tests.
public protocol HTTPTransport: Sendable {
  /// Gets that URL, body and all, within the timeout; any status is an answer, not an error.
  ///
  /// - Parameters:
  ///   - url: absolute, percent-encoded.
  ///   - headers: names and values as they are to be sent.
  ///   - timeout: for all of it: connection, head and body.
  func get(
    _ url: String, headers: [(name: String, value: String)], timeout: Span
  ) async throws(TransportError) -> HTTPAnswer
}

/// The limits of what a source client takes in.
public enum HTTPAnswerLimits {
  /// A chart answer is some tens of kilobytes, a decade of minutes a few megabytes.
  public static let bodyBytesMax = 8 * 1_024 * 1_024
}

/// What a server said.
public struct HTTPAnswer: Sendable {
  /// 100 to 999.
  public let status: Int
  /// In the order received.
  public let headers: [(name: String, value: String)]
  /// All of it.
  public let body: [UInt8]

  /// Makes an answer.
  public init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The first header of that name, upper and lower case being alike.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}

/// Why there was no whole answer.
public struct TransportError: Error, Sendable, Hashable {
  /// The kinds of failure.
  public enum Code: Sendable, Hashable, CaseIterable {
    /// The time ran out.
    case timeout
    /// No connection, a broken one, or the caller was cancelled.
    case unreachable
    /// The body is larger than `HTTPAnswerLimits.bodyBytesMax`.
    case bodyTooLarge
    /// The URL cannot be asked for: a configuration error.
    case badURL
  }

  /// What programs read.
  public let code: Code
  /// What people read.
  public let reason: String

  /// Makes an error.
  public init(_ code: Code, reason: String) {
    self.code = code
    self.reason = reason
  }
}
