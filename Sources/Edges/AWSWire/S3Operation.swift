import Events

/// An operation of S3, path style.
///
/// Source: botocore, `s3/2006-03-01/service-2.json`; the error codes from S3's "Error responses".
public enum S3Operation: Sendable, Hashable {
  case putObject(PutObjectInput)
  case getObject(ReadObjectInput)
  case headObject(ReadObjectInput)
  case deleteObject(bucket: String, key: String)
  case listObjectsV2(ListObjectsInput)
  /// `locationConstraint` is nil for us-east-1.
  case createBucket(bucket: String, locationConstraint: String?)
  case headBucket(bucket: String)
  case listBuckets(prefix: String?)

  /// An object to read, or only its headers.
  public struct ReadObjectInput: Sendable, Hashable {
    public let bucket: String
    public let key: String
    /// An entity tag or `*`, as it was sent; another object is `PreconditionFailed`.
    public let ifMatch: String?
    /// An entity tag or `*`, as it was sent; the same object is `NotModified`.
    public let ifNoneMatch: String?
    /// What part of it; nil for all.
    public let range: ByteRange?
    /// Whether the client wants the stored checksum back (`x-amz-checksum-mode: ENABLED`).
    public let wantsChecksum: Bool
  }

  /// AWS's name of the operation.
  public var name: String {
    switch self {
    case .putObject: "PutObject"
    case .getObject: "GetObject"
    case .headObject: "HeadObject"
    case .deleteObject: "DeleteObject"
    case .listObjectsV2: "ListObjectsV2"
    case .createBucket: "CreateBucket"
    case .headBucket: "HeadBucket"
    case .listBuckets: "ListBuckets"
    }
  }

  init(_ request: WireRequest) throws(WireError) {
    guard let query = Form(parsing: request.query) else { throw S3Operation.badURI }
    try S3Operation.refuseSubresources(query, request)
    let (bucket, key) = try S3Operation.place(request.path)
    switch (request.method, bucket, key) {
    case ("GET", nil, _): self = .listBuckets(prefix: query["prefix"])
    case ("HEAD", let bucket?, nil): self = .headBucket(bucket: bucket)
    case ("PUT", let bucket?, nil):
      self = .createBucket(bucket: bucket, locationConstraint: try S3Operation.location(request.body))
    case ("GET", let bucket?, nil) where query["list-type"] == "2":
      self = .listObjectsV2(try ListObjectsInput(bucket: bucket, query))
    case ("PUT", let bucket?, let key?):
      self = .putObject(try PutObjectInput(bucket: bucket, key: key, request))
    case ("GET", let bucket?, let key?): self = .getObject(ReadObjectInput(bucket, key, request.headers))
    case ("HEAD", let bucket?, let key?): self = .headObject(ReadObjectInput(bucket, key, request.headers))
    case ("DELETE", let bucket?, let key?): self = .deleteObject(bucket: bucket, key: key)
    default: throw S3Operation.notImplemented(request, nil)
    }
  }

  /// Bucket and key of a path; the key is decoded once, and a plus in it is a plus.
  private static func place(_ path: String) throws(WireError) -> (String?, String?) {
    guard path.hasPrefix("/") else { throw badURI }
    let parts = path.dropFirst().split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let bucket = parts.first?.percentDecoded(plusIsBlank: false) else { throw badURI }
    guard !bucket.isEmpty else {
      guard parts.count == 1 else { throw badURI }
      return (nil, nil)
    }
    guard isBucketName(bucket) else {
      throw WireError(
        .invalidBucketName, "The specified bucket is not valid.", details: [.init("BucketName", printable(bucket))])
    }
    guard parts.count > 1, !parts[1].isEmpty else { return (bucket, nil) }
    guard let key = parts[1].percentDecoded(plusIsBlank: false), !key.utf8.contains(0) else { throw badURI }
    let max = WireLimits.objectKeyBytesMax
    guard key.utf8.count <= max else {
      throw WireError(
        .keyTooLong, "Your key is too long",
        details: [.init("Size", String(key.utf8.count)), .init("MaxSizeAllowed", String(max))])
    }
    return (bucket, key)
  }

  /// Source: AWS, "General purpose bucket naming rules".
  private static func isBucketName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard (3...63).contains(bytes.count), let first = bytes.first, let last = bytes.last, isAlphanumeric(first),
      isAlphanumeric(last)
    else { return false }
    return bytes.allSatisfy { byte in
      byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        || isAlphanumeric(byte) && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    } && !name.contains("..")
  }

  private static func location(_ body: [UInt8]) throws(WireError) -> String? {
    guard !body.isEmpty else { return nil }
    guard let text = String(validating: body, as: UTF8.self), text.contains("<CreateBucketConfiguration") else {
      throw WireError(
        .malformedXML, "The XML you provided was not well-formed or did not validate against our published schema")
    }
    guard let start = text.split(separator: "<LocationConstraint>", maxSplits: 1).dropFirst().first else { return nil }
    return start.split(separator: "<", maxSplits: 1).first.map(String.init)
  }

  /// Refuses what S3 would read as another operation.
  private static func refuseSubresources(_ query: Form, _ request: WireRequest) throws(WireError) {
    for field in query.fields where subresources.contains(field.name) { throw notImplemented(request, field.name) }
    if let version = query["versionId"], version != "null" { throw notImplemented(request, "versionId") }
    if request.headers["x-amz-copy-source"] != nil { throw notImplemented(request, "x-amz-copy-source") }
  }

  private static func notImplemented(_ request: WireRequest, _ part: String?) -> WireError {
    let what = printable("\(request.method) \(request.path)") + (part.map { " with \($0)" } ?? "")
    return WireError(.notImplemented, "The operation \(what) is not implemented.")
  }

  private static let badURI = WireError(.invalidURI, "Couldn't parse the specified URI.")

  /// Query names of the model's request URIs that name an operation, and those of multipart uploads.
  private static let subresources: Set<String> = [
    "abac", "accelerate", "acl", "analytics", "attributes", "cors", "delete", "encryption", "intelligent-tiering",
    "inventory", "legal-hold", "lifecycle", "location", "logging", "metadataConfiguration", "metadataInventoryTable",
    "metadataJournalTable", "metadataTable", "metrics", "notification", "object-lock", "ownershipControls",
    "partNumber", "policy", "policyStatus", "publicAccessBlock", "renameObject", "replication", "requestPayment",
    "restore", "retention", "select", "session", "tagging", "torrent", "uploadId", "uploads", "versioning",
    "versions", "website",
  ]
}

extension S3Operation.ReadObjectInput {
  fileprivate init(_ bucket: String, _ key: String, _ headers: [String: String]) {
    self.bucket = bucket
    self.key = key
    ifMatch = headers["if-match"]
    ifNoneMatch = headers["if-none-match"]
    range = headers["range"].flatMap { ByteRange($0) }
    wantsChecksum = headers["x-amz-checksum-mode"]?.uppercased() == "ENABLED"
  }
}

/// A part of an object, as `Range` asks for it.
///
/// Source: RFC 9110 §14.1.2; one range, as S3 serves. What is no such range is ignored, as the RFC demands.
public enum ByteRange: Sendable, Hashable {
  case from(Int, through: Int?)
  case last(Int)

  /// Reads `bytes=0-99`, `bytes=100-` or `bytes=-5`; nil for anything else.
  init?(_ header: String) {
    let mark = "bytes="
    guard header.hasPrefix(mark) else { return nil }
    let ends = header.dropFirst(mark.count).split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, ends.allSatisfy({ $0.isEmpty || $0.utf8.allSatisfy { isAlphanumeric($0) } }) else {
      return nil
    }
    switch (Int(ends[0]), Int(ends[1])) {
    case (let first?, let last?) where first <= last: self = .from(first, through: last)
    case (let first?, nil) where ends[1].isEmpty: self = .from(first, through: nil)
    case (nil, let count?) where ends[0].isEmpty: self = .last(count)
    default: return nil
    }
  }

  /// The bytes of an object of that size; nil if there are none, which is `InvalidRange`.
  public func bounds(size: Int) -> Range<Int>? {
    switch self {
    case .from(let first, let last):
      guard first < size else { return nil }
      return first..<(min(last ?? size - 1, size - 1) + 1)
    case .last(let count): return count > 0 && size > 0 ? max(0, size - count)..<size : nil
    }
  }
}
