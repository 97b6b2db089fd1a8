import Events

/// The signature of a request: what it claims, and how to find out whether it is true.
///
/// Source: AWS, "Create a signed AWS API request" (Signature Version 4), header and query form.
public struct SigV4: Sendable, Hashable {
  /// What the two digests are made by; both give lower-case hex.
  public struct Digests: Sendable {
    public let sha256: @Sendable ([UInt8]) -> String
    public let hmac: @Sendable (_ bytes: [UInt8], _ key: [UInt8]) -> String

    public init(
      sha256: @escaping @Sendable ([UInt8]) -> String,
      hmac: @escaping @Sendable (_ bytes: [UInt8], _ key: [UInt8]) -> String
    ) {
      self.sha256 = sha256
      self.hmac = hmac
    }
  }

  public static let algorithm = "AWS4-HMAC-SHA256"

  public let accessKeyID: String
  /// `20250909`
  public let date: String
  public let region: String
  public let service: String
  /// In lower case, as they are listed.
  public let signedHeaders: [String]
  /// Hexadecimal.
  public let signature: String
  public let signedAt: Timestamp
  /// Of a presigned URL, and 0 if it says no number; nil for headers.
  public let expiresAfterSeconds: Int?

  /// nil if the request carries no signature that can be read.
  public init?(of request: WireRequest) {
    if let header = request.headers["authorization"] {
      self.init(header: header, request)
    } else {
      self.init(query: request)
    }
  }

  private init?(header: String, _ request: WireRequest) {
    guard header.hasPrefix(SigV4.algorithm + " ") else { return nil }
    var fields: [String: String] = [:]
    for part in header.dropFirst(SigV4.algorithm.count).split(separator: ",") {
      let sides = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
      guard sides.count == 2 else { return nil }
      fields[String(sides[0])] = String(sides[1])
    }
    guard let date = request.headers["x-amz-date"] ?? request.headers["date"] else { return nil }
    self.init(fields["Credential"], fields["SignedHeaders"], fields["Signature"], date, nil)
  }

  private init?(query request: WireRequest) {
    guard let form = Form(parsing: request.query), form["X-Amz-Algorithm"] == SigV4.algorithm else { return nil }
    self.init(
      form["X-Amz-Credential"], form["X-Amz-SignedHeaders"], form["X-Amz-Signature"], form["X-Amz-Date"],
      form["X-Amz-Expires"].flatMap { Int($0) } ?? 0)
  }

  private init?(_ credential: String?, _ headers: String?, _ signature: String?, _ date: String?, _ expires: Int?) {
    guard let parts = credential?.split(separator: "/").map(String.init), parts.count >= 5, let headers, let signature,
      parts.last == "aws4_request", let signedAt = date.flatMap(SigV4.moment)
    else { return nil }
    accessKeyID = parts.dropLast(4).joined(separator: "/")
    self.date = parts[parts.count - 4]
    region = parts[parts.count - 3]
    service = parts[parts.count - 2]
    signedHeaders = headers.split(separator: ";").map { $0.lowercased() }
    self.signature = signature
    self.signedAt = signedAt
    expiresAfterSeconds = expires
  }

  /// A signature to be made with that key.
  init(accessKeyID: String, key: Key, at moment: Timestamp, headers: [String]) {
    self.accessKeyID = accessKeyID
    date = key.date
    region = key.region
    service = key.service
    signedHeaders = headers
    signature = ""
    signedAt = moment
    expiresAfterSeconds = nil
  }

  /// Whether the secret made it.
  ///
  /// - Parameter payloadHash: of the body as it was sent, or what the client declared instead.
  public func isTrue(for request: WireRequest, payloadHash: String, secret: String, _ digests: Digests) -> Bool {
    SigV4.isSame(makeSignature(of: request, payloadHash, signingKey(secret, digests), digests), signature)
  }

  /// All bytes are looked at: the time tells nothing about the first that differs.
  static func isSame(_ expected: String, _ given: String) -> Bool {
    let (expected, given) = (Array(expected.utf8), Array(given.utf8))
    guard expected.count == given.count else { return false }
    return zip(expected, given).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// Whether the scope names the day on which the request was signed.
  public var isOfItsDay: Bool { date == SigV4.text(signedAt).prefix(8) }

  /// Headers of AWS's that came with the request and that the signature does not bind, by name.
  public func unsignedHeaders(of request: WireRequest) -> [String] {
    request.headers.keys.filter { $0.hasPrefix("x-amz-") && !signedHeaders.contains($0) }.sorted()
  }

  // MARK: The steps

  /// `20250909/us-east-1/events/aws4_request`
  public var scope: String { "\(date)/\(region)/\(service)/aws4_request" }

  func makeSignature(
    of request: WireRequest, _ payloadHash: String, _ key: [UInt8], _ digests: Digests
  ) -> String {
    let canonical = canonicalRequest(request, payloadHash)
    let text = [SigV4.algorithm, SigV4.text(signedAt), scope, digests.sha256(Array(canonical.utf8))]
      .joined(separator: "\n")
    return digests.hmac(Array(text.utf8), key)
  }

  func signingKey(_ secret: String, _ digests: Digests) -> [UInt8] {
    Key(secret, date: date, region: region, service: service, digests).bytes
  }

  func canonicalRequest(_ request: WireRequest, _ payloadHash: String) -> String {
    let headers = signedHeaders.map { name in
      let value = name == "host" ? request.host : request.headers[name] ?? ""
      return "\(name):\(SigV4.trimmed(value))\n"
    }
    // Only S3 takes the path as it stands; every other service tidies it and encodes what is encoded already.
    let path = service == "s3" ? request.path : SigV4.tidied(request.path).percentEncoded(keeping: "/")
    return [
      request.method, path.isEmpty ? "/" : path, SigV4.sorted(request.query), headers.joined(),
      signedHeaders.joined(separator: ";"), payloadHash,
    ].joined(separator: "\n")
  }

  /// The path without empty segments and dots, as RFC 3986 §5.2.4 takes them away.
  private static func tidied(_ path: String) -> String {
    guard path.contains("//") || path.contains("/.") else { return path }
    var kept: [Substring] = []
    for segment in path.split(separator: "/") {
      switch segment {
      case ".": continue
      case "..": _ = kept.popLast()
      default: kept.append(segment)
      }
    }
    let ends = path.hasSuffix("/") || path.hasSuffix("/.") || path.hasSuffix("/..")
    return "/" + kept.joined(separator: "/") + (ends && !kept.isEmpty ? "/" : "")
  }

  private static func sorted(_ query: String) -> String {
    let pairs = query.split(separator: "&").map { pair -> (String, String) in
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      func encoded(_ side: Substring) -> String {
        (side.percentDecoded(plusIsBlank: false) ?? String(side)).percentEncoded()
      }
      return (encoded(sides[0]), sides.count > 1 ? encoded(sides[1]) : "")
    }
    return pairs.filter { $0.0 != "X-Amz-Signature" }.sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }
      .joined(separator: "&")
  }

  private static func trimmed(_ value: String) -> String { value.split(separator: " ").joined(separator: " ") }

  /// `20250909T220000Z`
  static func text(_ moment: Timestamp) -> String {
    moment.wholeSecond.description.filter { $0 != "-" && $0 != ":" }
  }

  private static func moment(_ text: String) -> Timestamp? {
    let digits = Array(text)
    guard digits.count == 16 else { return nil }
    func part(_ range: Range<Int>) -> String { String(digits[range]) }
    return Timestamp("\(part(0..<4))-\(part(4..<6))-\(part(6..<11)):\(part(11..<13)):\(part(13..<16))")
  }

  static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}
