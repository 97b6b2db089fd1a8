import AWSWire
import Events

/// How AWS's endpoints are reached: one request, one whole answer. Adapters: `AsyncHTTPTransport`, and tables in tests.
public protocol AWSTransport: Sendable {
  /// Any status is an answer, not an error.
  ///
  /// - Parameters:
  ///   - request: its `host` may hold a port; `content-length` is the transport's business.
  ///   - isSecure: HTTPS.
  ///   - timeout: for all of it: connection, head and body.
  func send(_ request: WireRequest, isSecure: Bool, timeout: Span) async throws(TransportError) -> AWSAnswer
}

/// What an endpoint said.
public struct AWSAnswer: Sendable, Hashable {
  /// 100 to 999.
  public let status: Int
  /// Names in lower case.
  public let headers: [String: String]
  public let body: [UInt8]

  public init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// Why there was no whole answer.
public struct TransportError: Error, Sendable, Hashable {
  /// The kinds of failure.
  public enum Code: Sendable, Hashable, CaseIterable {
    /// No connection came about: nothing was sent.
    case notConnected
    /// It broke, before or after the service had all of the request.
    case broken
    /// The time ran out.
    case timeout
    /// The caller was cancelled.
    case cancelled
    /// The answer is larger than `AsyncHTTPTransport.bodyBytesMax`.
    case bodyTooLarge
    /// There is no such URL: a configuration error.
    case badURL
  }

  /// What programs read.
  public let code: Code
  /// What people read.
  public let reason: String

  public init(_ code: Code, reason: String) {
    self.code = code
    self.reason = reason
  }
}
