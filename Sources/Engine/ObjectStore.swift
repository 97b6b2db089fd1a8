import Events
import Synchronization

/// Objects in buckets: the bytes first, then the entry together with the event that tells of it (D22).
public final class ObjectStore: Sendable {
  private let blobs: any Blobs
  private let index: any ObjectIndex
  private let router: EventRouter
  private let clock: any WallClock
  private let entropy: any Entropy
  private let digests: any Digests
  private let names: ResourceNames
  private let deliveriesDue: Bell
  /// The last sequencer: its millisecond, and how many before it share that.
  private let last = Mutex((millisecond: Int64(0), count: UInt32(0)))

  public init(
    _ blobs: any Blobs, _ index: any ObjectIndex, _ router: EventRouter, _ clock: any WallClock, _ entropy: any Entropy,
    _ digests: any Digests, names: ResourceNames, deliveriesDue: Bell
  ) {
    self.blobs = blobs
    self.index = index
    self.router = router
    self.clock = clock
    self.entropy = entropy
    self.digests = digests
    self.names = names
    self.deliveriesDue = deliveriesDue
  }

  /// What is to be stored under a key.
  public struct Draft: Sendable {
    public let bucket: String
    public let key: String
    public let body: [UInt8]
    public let contentType: String
    public let metadata: [String: String]
    /// The run that writes it; nil for a user.
    public let runID: String?
    /// The cause of that run and how far down its chain it is.
    public let parentID: String?
    public let hops: Int

    public init(
      bucket: String, key: String, body: [UInt8], contentType: String, metadata: [String: String], runID: String?,
      parentID: String?, hops: Int
    ) {
      self.bucket = bucket
      self.key = key
      self.body = body
      self.contentType = contentType
      self.metadata = metadata
      self.runID = runID
      self.parentID = parentID
      self.hops = hops
    }
  }

  public enum Put: Sendable, Hashable {
    case stored(ObjectEntry)
    case exists(ObjectEntry)
    case noBucket
  }

  /// Stores an object; durable, and its event routed, when it returns.
  public func put(_ draft: Draft, onlyIfAbsent: Bool) async throws(StoreError) -> Put {
    let earlier = try await index.entry(bucket: draft.bucket, key: draft.key)
    if onlyIfAbsent, let earlier { return .exists(earlier) }
    let now = clock.now()
    let blobID = entropy.uuid()
    try await blobs.write(draft.body, id: blobID)
    let entry = ObjectEntry(
      bucket: draft.bucket, key: draft.key, size: draft.body.count, etag: digests.md5(draft.body),
      contentType: draft.contentType, sequencer: sequencer(at: now, after: earlier), blobID: blobID, modifiedAt: now,
      metadata: draft.metadata, runID: draft.runID)
    let event = router.route(
      created(entry), by: router.bus, hops: draft.hops, parentID: draft.parentID, at: now)
    switch try await index.commit(entry, event, onlyIfAbsent: onlyIfAbsent) {
    case .stored(let replaced):
      if let replaced { try await blobs.remove(replaced) }
      deliveriesDue.ring()
      return .stored(entry)
    case .exists(let other):
      try await blobs.remove(blobID)
      return .exists(other)
    case .noBucket:
      try await blobs.remove(blobID)
      return .noBucket
    }
  }

  public func entry(bucket: String, key: String) async throws(StoreError) -> ObjectEntry? {
    try await index.entry(bucket: bucket, key: key)
  }

  public func body(of entry: ObjectEntry) async throws(StoreError) -> [UInt8] {
    try await blobs.read(entry.blobID)
  }

  /// False if there was no such key.
  public func remove(bucket: String, key: String) async throws(StoreError) -> Bool {
    guard let blob = try await index.remove(bucket: bucket, key: key) else { return false }
    try await blobs.remove(blob)
    return true
  }

  /// Twenty hex digits that grow with every write, as S3's sequencers: the millisecond, then a count. A clock that was set
  /// back does not take them back, also not across a restart: they go on from the entry that is replaced.
  private func sequencer(at now: Timestamp, after earlier: ObjectEntry?) -> String {
    let floor = earlier.flatMap { Int64($0.sequencer.prefix(12), radix: 16) } ?? 0
    let (millisecond, count) = last.withLock { last in
      let millisecond = max(now.milliseconds, floor + 1)
      last = millisecond > last.millisecond ? (millisecond, 0) : (last.millisecond, last.count + 1)
      return last
    }
    return ObjectStore.hex(UInt64(max(0, millisecond)), digits: 12) + ObjectStore.hex(UInt64(count), digits: 8)
  }

  private static func hex(_ number: UInt64, digits: Int) -> String {
    let text = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// S3's event on the bus in AWS's true shape (D22).
  private func created(_ entry: ObjectEntry) -> Event {
    ObjectEvents.created(
      id: DerivedID.uuid(of: "\(entry.bucket)/\(entry.key)#\(entry.sequencer)"), bucket: entry.bucket,
      key: entry.key, size: entry.size, etag: entry.etag, sequencer: entry.sequencer, reason: "PutObject",
      at: entry.modifiedAt, names: names)
  }
}

extension ObjectStore: RawObjects {
  public func putIfAbsent(_ draft: Draft) async throws(StoreError) -> RawObjectPut {
    switch try await put(draft, onlyIfAbsent: true) {
    case .stored: .stored
    case .exists(let entry): .exists(runID: entry.runID, size: entry.size)
    case .noBucket: .noBucket
    }
  }
}

/// The events of objects on the bus.
///
/// Source: AWS, "Amazon S3 Event Notifications: EventBridge event message structure".
public enum ObjectEvents {
  public static func created(
    id: String, bucket: String, key: String, size: Int, etag: String, sequencer: String, reason: String,
    at time: Timestamp, names: ResourceNames
  ) -> Event {
    Event(
      id: id, source: "aws.s3", detailType: "Object Created", account: names.account, region: names.region,
      time: time.wholeSecond, resources: [names.bucket(bucket).description],
      detail: [
        "version": "0", "bucket": ["name": .string(bucket)],
        "object": [
          "key": .string(key), "size": JSON(size), "etag": .string(etag), "sequencer": .string(sequencer),
        ],
        "request-id": .string(id), "requester": .string(names.account), "source-ip-address": "127.0.0.1",
        "reason": .string(reason),
      ])
  }
}
