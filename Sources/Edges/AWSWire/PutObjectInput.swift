import Events

/// An object to store, its body unwrapped and its checksum verified.
public struct PutObjectInput: Sendable, Hashable {
  public let bucket: String
  public let key: String
  /// Without the frames of aws-chunked.
  public let body: [UInt8]
  public let contentType: String?
  public let contentEncoding: String?
  public let cacheControl: String?
  public let contentDisposition: String?
  public let contentLanguage: String?
  /// Names without `x-amz-meta-`, in lower case.
  public let metadata: [String: String]
  /// An entity tag, as it was sent: store only over that object.
  public let ifMatch: String?
  /// Whether to store only if there is no such object (`If-None-Match: *`).
  public let ifNoneMatch: Bool
  /// The checksum that came along; those of `Checksum.Algorithm` are verified.
  public let checksum: Checksum?
  /// Sixteen bytes that the body's MD5 must be; verified where there is cryptography.
  public let contentMD5: [UInt8]?

  init(bucket: String, key: String, _ request: WireRequest) throws(WireError) {
    self.bucket = bucket
    self.key = key
    var headers = request.headers
    var encodings = (headers["content-encoding"] ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
    let isChunked =
      encodings.contains("aws-chunked") || headers["x-amz-content-sha256"]?.hasPrefix("STREAMING-") == true
    encodings.removeAll { $0 == "aws-chunked" }
    if isChunked {
      let content = try ChunkedBody(request.body, length: headers["x-amz-decoded-content-length"])
      body = content.bytes
      headers.merge(content.trailers) { _, trailer in trailer }
    } else {
      body = request.body
    }
    contentEncoding = encodings.isEmpty ? nil : encodings.joined(separator: ",")
    contentType = headers["content-type"]
    cacheControl = headers["cache-control"]
    contentDisposition = headers["content-disposition"]
    contentLanguage = headers["content-language"]
    let mark = "x-amz-meta-"
    let marked = headers.filter { $0.key.hasPrefix(mark) }
    metadata = Dictionary(marked.map { (String($0.key.dropFirst(mark.count)), $0.value) }) { _, last in last }
    ifMatch = headers["if-match"]
    if let tag = headers["if-none-match"], tag != "*" {
      throw WireError(.notImplemented, "PutObject with If-None-Match takes only *.")
    }
    ifNoneMatch = headers["if-none-match"] != nil
    checksum = try Checksum(headers: headers, verifying: body)
    contentMD5 = try PutObjectInput.md5(headers["content-md5"])
  }

  private static func md5(_ text: String?) throws(WireError) -> [UInt8]? {
    guard let text else { return nil }
    guard let bytes = [UInt8](base64: text), bytes.count == 16 else {
      throw WireError(.invalidDigest, "The Content-MD5 you specified was invalid.")
    }
    return bytes
  }
}

/// A body in the frames of aws-chunked: sizes in hex, data, and trailing headers.
///
/// Source: AWS, "Signature calculations for the Authorization header: transferring payload in multiple chunks".
/// Chunk signatures are not looked at.
struct ChunkedBody {
  let bytes: [UInt8]
  /// Names in lower case.
  let trailers: [String: String]

  init(_ raw: [UInt8], length: String?) throws(WireError) {
    var rest = raw[...]
    var bytes: [UInt8] = []
    while true {
      guard let line = ChunkedBody.line(&rest) else { throw ChunkedBody.cut }
      let digits = line.prefix { $0 != UInt8(ascii: ";") }
      guard digits.allSatisfy(isAlphanumeric), let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else {
        throw ChunkedBody.cut
      }
      if size == 0 { break }
      guard size <= rest.count else { throw ChunkedBody.cut }
      bytes += rest.prefix(size)
      rest = rest.dropFirst(size)
      guard let end = ChunkedBody.line(&rest), end.isEmpty else { throw ChunkedBody.cut }
    }
    var trailers: [String: String] = [:]
    while let line = ChunkedBody.line(&rest), !line.isEmpty {
      let sides = String(decoding: line, as: UTF8.self).split(separator: ":", maxSplits: 1).map(String.init)
      if sides.count == 2 { trailers[sides[0].lowercased()] = String(sides[1].drop { $0 == " " }) }
    }
    if let length, Int(length) != bytes.count { throw ChunkedBody.cut }
    self.bytes = bytes
    self.trailers = trailers
  }

  /// Takes one line and its CRLF; nil if there is none.
  private static func line(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    var line = rest[rest.startIndex..<end]
    if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    rest = rest[(end + 1)...]
    return line
  }

  private static let cut = WireError(
    .incompleteBody, "You did not provide the number of bytes specified by the Content-Length HTTP header")
}
