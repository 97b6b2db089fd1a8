import Events
import Ingestion
import Telemetry

/// An object's entry in the index of its bucket.
public struct ObjectEntry: Sendable, Hashable {
  public let bucket: String
  public let key: String
  public let size: Int
  /// MD5 in lower-case hex, without quotes.
  public let etag: String
  public let contentType: String
  /// Hexadecimal, grows with every write of a key: orders them.
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

/// Where workers store what they fetched. Adapters: `ObjectStore`, `AWSPorts.AWSStore` on S3.
public protocol RawObjects: Sendable {
  /// Stores an object under a key that is free; durable when it returns.
  func putIfAbsent(_ draft: ObjectStore.Draft) async throws(StoreError) -> RawObjectPut
}

/// What came of writing a raw object.
public enum RawObjectPut: Sendable, Hashable {
  case stored
  /// - Parameter runID: the run that holds the key; nil if somebody else does.
  case exists(runID: String?, size: Int)
  case noBucket
}

/// Turns raw notifications of S3 into events on the bus. Adapters: `BusNotifier`, `AWSPorts.AWSStore` by `PutEvents`.
public protocol ObjectNotifier: Sendable {
  /// Publishes what is news, each object's once and never an older after a newer (D22), and writes the cause's row.
  ///
  /// Returns the row; that of the first time if the cause is decided already.
  func notify(_ objects: [ObjectCreated], of cause: Cause) async throws(StoreError) -> LedgerEntry
}

/// Somebody else's word that an object came into being, and the event that it causes if it is news.
public struct ObjectNotice: Sendable {
  public let bucket: String
  public let key: String
  public let sequencer: String
  public let event: RoutedEvent

  public init(bucket: String, key: String, sequencer: String, event: RoutedEvent) {
    self.bucket = bucket
    self.key = key
    self.sequencer = sequencer
    self.event = event
  }
}

/// Which keys a bucket holds. Adapter: `SQLiteStore`.
public protocol ObjectIndex: Sendable {
  /// Stores the entry and the event that it causes, all or nothing. An entry that the key has a later sequencer than
  /// counts as replaced already: its event is stored, and its own blob is the one to remove.
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
  /// Takes note of a cause's notifications, stores the events of those that are news, and its row, all or nothing. A key
  /// that has had a notice's sequencer or a later one knows it already (D22).
  ///
  /// Returns the row; that of the first time if the cause is decided already.
  func record(_ notices: [ObjectNotice], of cause: Cause, at now: Timestamp) async throws(StoreError) -> LedgerEntry
}
