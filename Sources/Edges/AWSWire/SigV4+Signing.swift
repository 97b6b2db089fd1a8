import Events

extension SigV4 {
  /// What a secret becomes for one day, region and service; deriving it costs four digests, so it is worth keeping.
  public struct Key: Sendable, Hashable {
    /// `20250909`
    public let date: String
    public let region: String
    /// The signing name: `dynamodb`.
    public let service: String
    let bytes: [UInt8]

    /// The key of the UTC day of that moment.
    public init(secret: String, at moment: Timestamp, region: String, service: String, _ digests: Digests) {
      self.init(secret, date: Key.day(of: moment), region: region, service: service, digests)
    }

    init(_ secret: String, date: String, region: String, service: String, _ digests: Digests) {
      self.date = date
      self.region = region
      self.service = service
      bytes = [date, region, service, "aws4_request"].reduce(Array("AWS4\(secret)".utf8)) { key, part in
        SigV4.bytes(digests.hmac(Array(part.utf8), key))
      }
    }

    /// `20250909`
    public static func day(of moment: Timestamp) -> String { String(SigV4.text(moment).prefix(8)) }
  }

  /// The headers that sign a request: `X-Amz-Date` and `Authorization`.
  ///
  /// - Parameters:
  ///   - names: of headers to bind, in lower case, besides `host` and `x-amz-date`; all others may change on their way.
  ///   - payloadHash: lower-case hex of the body's SHA-256, or what `x-amz-content-sha256` says instead.
  ///   - moment: in the day of the key.
  public static func headers(
    for request: WireRequest, binding names: [String], payloadHash: String, accessKeyID: String, key: Key,
    at moment: Timestamp, _ digests: Digests
  ) -> [(name: String, value: String)] {
    var headers = request.headers
    headers["x-amz-date"] = text(moment)
    let signed = Set(names).union(["host", "x-amz-date"]).sorted()
    let draft = SigV4(accessKeyID: accessKeyID, key: key, at: moment, headers: signed)
    let signature = draft.makeSignature(of: request.with(headers: headers), payloadHash, key.bytes, digests)
    let authorization =
      "\(algorithm) Credential=\(accessKeyID)/\(draft.scope), SignedHeaders=\(signed.joined(separator: ";")), "
      + "Signature=\(signature)"
    return [("X-Amz-Date", text(moment)), ("Authorization", authorization)]
  }

  /// The headers that sign a request and bind every `x-amz-*` header of it.
  public static func headers(
    for request: WireRequest, accessKeyID: String, secret: String, region: String, service: String,
    at moment: Timestamp, _ digests: Digests
  ) -> [(name: String, value: String)] {
    headers(
      for: request, binding: request.headers.keys.filter { $0.hasPrefix("x-amz-") },
      payloadHash: digests.sha256(request.body), accessKeyID: accessKeyID,
      key: Key(secret: secret, at: moment, region: region, service: service, digests), at: moment, digests)
  }
}

extension WireRequest {
  /// The same request with these headers instead of its own.
  public func with(headers: [String: String]) -> WireRequest {
    WireRequest(method: method, path: path, query: query, headers: headers, host: host, body: body)
  }
}
