import Events

/// An answer of S3.
public enum S3Answer: Sendable, Hashable {
  case putObject(etag: String, checksum: Checksum?)
  case getObject(StoredObject)
  case headObject(StoredObject)
  /// Also if there was no such object: 204.
  case deleteObject
  case listObjectsV2(ListObjectsInput, ObjectListing)
  case createBucket(String)
  case headBucket(region: String)
  case listBuckets([BucketSummary], owner: String)

  /// An object and its headers.
  public struct StoredObject: Sendable, Hashable {
    /// The part that is sent; empty in the answer to HEAD.
    public let body: [UInt8]
    /// Bytes of the whole object.
    public let sizeBytes: Int
    /// Which bytes `body` is; nil for all of them.
    public let part: Range<Int>?
    /// With its quotes.
    public let etag: String
    public let lastModified: Timestamp
    public let contentType: String
    /// `Content-Encoding`, `Cache-Control` and the like, as they were stored.
    public let headers: [WireResponse.Header]
    /// Names without `x-amz-meta-`.
    public let metadata: [String: String]
    /// Sent only if the client asked for it and gets the whole object.
    public let checksum: Checksum?

    public init(
      body: [UInt8], sizeBytes: Int, part: Range<Int>? = nil, etag: String, lastModified: Timestamp,
      contentType: String = "binary/octet-stream", headers: [WireResponse.Header] = [],
      metadata: [String: String] = [:], checksum: Checksum? = nil
    ) {
      self.body = body
      self.sizeBytes = sizeBytes
      self.part = part
      self.etag = etag
      self.lastModified = lastModified
      self.contentType = contentType
      self.headers = headers
      self.metadata = metadata
      self.checksum = checksum
    }
  }

  /// A bucket as a list shows it.
  public struct BucketSummary: Sendable, Hashable {
    public let name: String
    public let creationDate: Timestamp

    public init(name: String, creationDate: Timestamp) {
      self.name = name
      self.creationDate = creationDate
    }
  }

  static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

  var response: WireResponse {
    switch self {
    case .putObject(let etag, let checksum):
      return WireResponse(status: 200, headers: [.init("ETag", etag)] + S3Answer.headers(of: checksum))
    case .getObject(let object), .headObject(let object): return S3Answer.response(of: object, isHead: isHead)
    case .deleteObject: return WireResponse(status: 204, headers: [])
    case .createBucket(let name): return WireResponse(status: 200, headers: [.init("Location", "/\(name)")])
    case .headBucket(let region): return WireResponse(status: 200, headers: [.init("x-amz-bucket-region", region)])
    case .listObjectsV2(let input, let listing): return S3Answer.document(S3Answer.xml(of: listing, input))
    case .listBuckets(let buckets, let owner): return S3Answer.document(S3Answer.xml(of: buckets, owner: owner))
    }
  }

  private var isHead: Bool {
    if case .headObject = self { return true }
    return false
  }

  private static func document(_ root: XML) -> WireResponse {
    WireResponse(
      status: 200, headers: [.init("Content-Type", "application/xml")], body: root.document(namespace: namespace))
  }

  private static func headers(of checksum: Checksum?) -> [WireResponse.Header] {
    guard let checksum else { return [] }
    return [.init(checksum.algorithm.header, checksum.base64), .init("x-amz-checksum-type", "FULL_OBJECT")]
  }

  private static func response(of object: StoredObject, isHead: Bool) -> WireResponse {
    var headers: [WireResponse.Header] = [
      .init("Content-Type", object.contentType), .init("ETag", object.etag),
      .init("Last-Modified", object.lastModified.httpDate), .init("Accept-Ranges", "bytes"),
    ]
    if isHead { headers.append(.init("Content-Length", String(object.part?.count ?? object.sizeBytes))) }
    if let part = object.part {
      let range = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(object.sizeBytes)"
      headers.append(.init("Content-Range", range))
    } else {
      headers += S3Answer.headers(of: object.checksum)
    }
    headers += object.headers
    headers += object.metadata.sorted { $0.key < $1.key }.map { .init("x-amz-meta-\($0.key)", $0.value) }
    return WireResponse(status: object.part == nil ? 200 : 206, headers: headers, body: isHead ? [] : object.body)
  }

  private static func xml(of listing: ObjectListing, _ input: ListObjectsInput) -> XML {
    func key(_ text: String) -> String { input.encodesKeys ? text.percentEncoded(keeping: "/") : text }
    var nodes: [XML] = [XML("Name", input.bucket), XML("Prefix", key(input.prefix))]
    if let delimiter = input.delimiter { nodes.append(XML("Delimiter", key(delimiter))) }
    nodes.append(XML("MaxKeys", String(input.maxKeys)))
    if input.encodesKeys { nodes.append(XML("EncodingType", "url")) }
    nodes.append(XML("KeyCount", String(listing.contents.count + listing.commonPrefixes.count)))
    nodes.append(XML("IsTruncated", listing.nextContinuationToken == nil ? "false" : "true"))
    if let token = input.continuationToken { nodes.append(XML("ContinuationToken", token)) }
    if let token = listing.nextContinuationToken { nodes.append(XML("NextContinuationToken", token)) }
    if let start = input.startAfter { nodes.append(XML("StartAfter", key(start))) }
    nodes += listing.contents.map { object in
      XML(
        "Contents",
        [
          XML("Key", key(object.key)), XML("LastModified", object.lastModified.preciseText), XML("ETag", object.etag),
          XML("Size", String(object.sizeBytes)), XML("StorageClass", "STANDARD"),
        ])
    }
    nodes += listing.commonPrefixes.map { XML("CommonPrefixes", [XML("Prefix", key($0))]) }
    return XML("ListBucketResult", nodes)
  }

  private static func xml(of buckets: [BucketSummary], owner: String) -> XML {
    XML(
      "ListAllMyBucketsResult",
      [
        XML("Owner", [XML("ID", owner)]),
        XML(
          "Buckets",
          buckets.map {
            XML("Bucket", [XML("Name", $0.name), XML("CreationDate", $0.creationDate.preciseText)])
          }),
      ])
  }
}

extension Timestamp {
  /// The moment as HTTP writes it: `Tue, 09 Sep 2025 22:00:00 GMT` (RFC 9110 §5.6.7).
  var httpDate: String {
    let civil = CivilTime(self)
    let days = Int((seconds - CivilTime(self).secondsOfDay) / 86_400)
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][(days % 7 + 7) % 7]
    let month =
      ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][civil.month - 1]
    let parts = civil.text.split(separator: "T")
    let day = parts[0].suffix(2)
    let year = parts[0].dropLast(6)
    return "\(weekday), \(day) \(month) \(year) \(parts[1]) GMT"
  }
}

extension CivilTime {
  fileprivate var secondsOfDay: Int64 { Int64(hour * 3_600 + minute * 60 + second) }
}
