/// One HTTP request as it came off the socket, whole.
public struct WireRequest: Sendable, Hashable {
  /// Upper case: `POST`.
  public let method: String
  /// Before the `?`, still percent-encoded.
  public let path: String
  /// After the `?`, still percent-encoded; empty if there is none.
  public let query: String
  /// Names in lower case.
  public let headers: [String: String]
  /// The `Host` header: queue URLs echo it.
  public let host: String
  public let body: [UInt8]

  public init(
    method: String, path: String, query: String = "", headers: [String: String] = [:], host: String = "",
    body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.host = host
    self.body = body
  }
}

/// One HTTP answer, ready for the socket.
public struct WireResponse: Sendable, Hashable {
  /// One header, in the order to send.
  public struct Header: Sendable, Hashable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  public let status: Int
  /// `Content-Length` is here only where it is not the body's own length: in the answer to HEAD.
  public var headers: [Header]
  public let body: [UInt8]

  public init(status: Int, headers: [Header], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The first header of that name, in any case; nil if there is none.
  public subscript(name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}

/// Who signed a request, and for what: the scope of its credential.
///
/// Source: AWS, "Signature Version 4 request elements". The signature itself is not looked at here.
public struct CredentialScope: Sendable, Hashable {
  public let accessKeyID: String
  /// Empty in the old version 2 of the signature.
  public let region: String
  /// The signing name: `events`, `monitoring` for CloudWatch.
  public let service: String

  /// nil if the request is unsigned or its credential has not the five parts.
  init?(of request: WireRequest, query: Form) {
    let header = CredentialScope.credential(request.headers["authorization"])
    if header == nil, let key = query["AWSAccessKeyId"] {
      self.init(accessKeyID: key, region: "", service: "s3")
      return
    }
    // The header first, as the signature is read.
    guard let credential = header ?? query["X-Amz-Credential"] else { return nil }
    let parts = credential.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 5 else { return nil }
    let tail = parts.suffix(4).map { $0 }
    self.init(accessKeyID: parts.dropLast(4).joined(separator: "/"), region: tail[1], service: tail[2])
  }

  private init(accessKeyID: String, region: String, service: String) {
    self.accessKeyID = accessKeyID
    self.region = region
    self.service = service
  }

  private static func credential(_ authorization: String?) -> String? {
    guard let authorization else { return nil }
    let mark = "Credential="
    for part in authorization.split(whereSeparator: { $0 == " " || $0 == "," }) where part.hasPrefix(mark) {
      return String(part.dropFirst(mark.count))
    }
    return nil
  }
}
