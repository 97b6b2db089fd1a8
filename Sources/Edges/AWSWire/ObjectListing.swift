import Events

/// Which keys of a bucket to list.
public struct ListObjectsInput: Sendable, Hashable {
  /// Where a listing goes on.
  public enum Position: Sendable, Hashable {
    /// After that key.
    case after(String)
    /// After every key with that prefix.
    case past(String)
  }

  public let bucket: String
  /// Empty for all.
  public let prefix: String
  public let delimiter: String?
  /// 0 to 1,000; more is cut down, as S3 does.
  public let maxKeys: Int
  public let startAfter: String?
  /// As it was sent; the answer repeats it.
  public let continuationToken: String?
  /// Where to begin; nil for the first key.
  public let position: Position?
  /// Whether keys come back percent-encoded (`encoding-type=url`).
  public let encodesKeys: Bool

  init(bucket: String, _ query: Form) throws(WireError) {
    self.bucket = bucket
    prefix = query["prefix"] ?? ""
    delimiter = query["delimiter"].flatMap { $0.isEmpty ? nil : $0 }
    startAfter = query["start-after"]
    continuationToken = query["continuation-token"]
    encodesKeys = query["encoding-type"]?.lowercased() == "url"
    let count = query["max-keys"].map { Int($0) } ?? WireLimits.listKeysMax
    guard let count, count >= 0 else {
      throw WireError(
        .invalidArgument, "Provided max-keys not an integer or within integer range",
        details: [.init("ArgumentName", "max-keys"), .init("ArgumentValue", printable(query["max-keys"] ?? ""))])
    }
    maxKeys = min(count, WireLimits.listKeysMax)
    guard let token = continuationToken else {
      position = startAfter.map { .after($0) }
      return
    }
    guard let position = Position(token: token) else {
      throw WireError(
        .invalidArgument, "The continuation token provided is incorrect",
        details: [.init("ArgumentName", "continuation-token")])
    }
    self.position = position
  }
}

extension ListObjectsInput.Position {
  /// Reads what `token` wrote; nil for anything else.
  init?(token: String) {
    guard let bytes = [UInt8](base64: token), let mark = bytes.first,
      let text = String(validating: bytes.dropFirst(), as: UTF8.self)
    else { return nil }
    switch mark {
    case UInt8(ascii: "k"): self = .after(text)
    case UInt8(ascii: "p"): self = .past(text)
    default: return nil
    }
  }

  /// Opaque to clients.
  var token: String {
    switch self {
    case .after(let key): ([UInt8(ascii: "k")] + key.utf8).base64
    case .past(let prefix): ([UInt8(ascii: "p")] + prefix.utf8).base64
    }
  }

  /// Whether that key was listed before.
  func covers(_ key: String) -> Bool {
    switch self {
    case .after(let last): !last.utf8.lexicographicallyPrecedes(key.utf8)
    case .past(let prefix): key.utf8.starts(with: prefix.utf8) || key.utf8.lexicographicallyPrecedes(prefix.utf8)
    }
  }
}

/// An object as a listing shows it.
public struct ObjectSummary: Sendable, Hashable {
  public let key: String
  public let sizeBytes: Int
  /// With its quotes.
  public let etag: String
  public let lastModified: Timestamp

  public init(key: String, sizeBytes: Int, etag: String, lastModified: Timestamp) {
    self.key = key
    self.sizeBytes = sizeBytes
    self.etag = etag
    self.lastModified = lastModified
  }
}

/// One page of a bucket's keys.
///
/// Pure: it takes the bucket's objects in the order of their keys' UTF-8 bytes and reads no further than the page.
/// Source: AWS, "ListObjectsV2": common prefixes count as keys; a page goes on after its last key or prefix.
public struct ObjectListing: Sendable, Hashable {
  public let contents: [ObjectSummary]
  public let commonPrefixes: [String]
  /// nil if this is the last page.
  public let nextContinuationToken: String?

  /// - Parameter objects: in the order of their keys' UTF-8 bytes; those before the position are skipped.
  public init(of objects: some Sequence<ObjectSummary>, for input: ListObjectsInput) {
    var contents: [ObjectSummary] = []
    var prefixes: [String] = []
    var last: ListObjectsInput.Position?
    var next: String?
    for object in objects where object.key.utf8.starts(with: input.prefix.utf8) {
      guard input.maxKeys > 0 else { break }
      if input.position?.covers(object.key) == true || last?.covers(object.key) == true { continue }
      guard contents.count + prefixes.count < input.maxKeys else {
        next = last?.token
        break
      }
      if let prefix = ObjectListing.commonPrefix(of: object.key, input) {
        prefixes.append(prefix)
        last = .past(prefix)
      } else {
        contents.append(object)
        last = .after(object.key)
      }
    }
    self.contents = contents
    commonPrefixes = prefixes
    nextContinuationToken = next
  }

  /// The key up to the first delimiter after the prefix; nil if there is none.
  private static func commonPrefix(of key: String, _ input: ListObjectsInput) -> String? {
    guard let delimiter = input.delimiter.map({ Array($0.utf8) }) else { return nil }
    let bytes = Array(key.utf8)
    var start = input.prefix.utf8.count
    while start + delimiter.count <= bytes.count {
      let end = start + delimiter.count
      if bytes[start..<end].elementsEqual(delimiter) { return String(decoding: bytes[..<end], as: UTF8.self) }
      start += 1
    }
    return nil
  }
}
