import Events

/// An object's entry in the index of its bucket.
public struct ObjectEntry: Sendable, Hashable {
  public let bucket: String
  public let key: String
  public let size: Int
  /// MD5 in lower-case hex, without quotes.
  public let etag: String
  public let contentType: String
  /// Grows with every object: orders writes to a key.
  public let sequencer: String
  public let blobID: String
  public let modifiedAt: Timestamp
  /// `x-amz-meta-*`, without the prefix.
  public let metadata: [String: String]
  /// The run that wrote it; nil if a user did.
  public let runID: String?

  public init(
    bucket: String, key: String, size: Int, etag: String, contentType: String, sequencer: String, blobID: String,
    modifiedAt: Timestamp, metadata: [String: String], runID: String?
  ) {
    self.bucket = bucket
    self.key = key
    self.size = size
    self.etag = etag
    self.contentType = contentType
    self.sequencer = sequencer
    self.blobID = blobID
    self.modifiedAt = modifiedAt
    self.metadata = metadata
    self.runID = runID
  }
}

/// What came of writing an object.
public enum ObjectCommit: Sendable, Hashable {
  /// - Parameter replaced: the blob that the key had before.
  case stored(replaced: String?)
  /// The key is taken and `onlyIfAbsent` was asked.
  case exists(ObjectEntry)
  case noBucket
}

/// Which keys a bucket holds. Adapter: `SQLiteStore`.
public protocol ObjectIndex: Sendable {
  /// Stores the entry and the event that it causes, all or nothing.
  func commit(_ entry: ObjectEntry, _ event: RoutedEvent, onlyIfAbsent: Bool) async throws(StoreError) -> ObjectCommit
  func entry(bucket: String, key: String) async throws(StoreError) -> ObjectEntry?
  /// Keys from after `marker` in byte order, `limit` at most.
  func entries(bucket: String, prefix: String, after marker: String, limit: Int) async throws(StoreError)
    -> [ObjectEntry]
  /// The blob that the key had; nil if there was no such key.
  func remove(bucket: String, key: String) async throws(StoreError) -> String?
  func buckets() async throws(StoreError) -> [(name: String, createdAt: Timestamp)]
  /// False if it exists already.
  func createBucket(_ name: String, at now: Timestamp) async throws(StoreError) -> Bool
  /// Takes note of a notification; false if that key has had this sequencer or a later one (D22).
  func advance(bucket: String, key: String, sequencer: String) async throws(StoreError) -> Bool
}
