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
      // A trailer says a checksum and nothing else: what is not signed must not stand for what is.
      headers.merge(content.trailers.filter { $0.key.hasPrefix("x-amz-checksum-") }) { _, trailer in trailer }
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
