/// One whole HTTP request, its body read to the end.
///
/// Source: RFC 9110 (semantics), RFC 9112 (HTTP/1.1).
public struct HTTPRequestMessage: Sendable, Hashable {
  /// One header field.
  public struct Header: Sendable, Hashable {
    /// Lower-cased.
    public let name: String
    public let value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Upper-case, as sent: `GET`, `PUT`.
  public let method: String
  /// Path and query as sent, still percent-encoded.
  public let target: String
  /// As sent, with `host` first; a cookie split over several fields is one again.
  public let headers: [Header]
  /// What the client meant: inflated when it was sent gzipped (see `Gzip`), else the same as `bodyAsSent`.
  public let body: [UInt8]
  /// What came over the wire; request signatures are computed over this.
  public let bodyAsSent: [UInt8]
  /// The client's IP address, without the port; nil if the system does not know it.
  public let remote: String?

  /// - Parameter bodyAsSent: nil when the body was not encoded.
  public init(
    method: String, target: String, headers: [Header], body: [UInt8], bodyAsSent: [UInt8]? = nil, remote: String?
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.bodyAsSent = bodyAsSent ?? body
    self.remote = remote
  }

  /// The part of the target before the first `?`.
  public var path: String { target.utf8.firstIndex(of: UInt8(ascii: "?")).map { String(target[..<$0]) } ?? target }

  /// The part of the target after the first `?`, without it; empty if there is none.
  public var query: String {
    target.utf8.firstIndex(of: UInt8(ascii: "?")).map { String(target[target.utf8.index(after: $0)...]) } ?? ""
  }

  /// The first field of this lower-cased name.
  public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// The answer to one request.
public enum HTTPReply: Sendable {
  /// An answer held in memory.
  ///
  /// `Content-Length` is the listener's to write, except in an answer to `HEAD` with an empty body, where the responder
  /// may state the length the body would have.
  case full(status: Int, headers: [(String, String)], body: [UInt8])
  /// An answer without a stated end: the closure writes piece by piece, each sent at once, until it returns, as it should
  /// when the server is told to stop. What it throws ends the connection.
  case stream(
    status: Int, headers: [(String, String)],
    body: @Sendable (_ write: ([UInt8]) async throws -> Void) async throws -> Void)
}

/// What answers the requests that the listener has read. The wire's router is one.
public protocol HTTPResponder: Sendable {
  /// Answers one request; what fails is an answer too, so nothing is thrown.
  ///
  /// A responder that waits (a long poll) should end early when its task is told to stop gracefully: the listener
  /// stops only after every request in flight is answered.
  func respond(to request: HTTPRequestMessage) async -> HTTPReply
}
