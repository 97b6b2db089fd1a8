import Events

/// Objects in buckets: the bytes first, then the entry together with the event that tells of it (D22).
public struct ObjectStore: Sendable {
  private let blobs: any Blobs
  private let index: any ObjectIndex
  private let book: RuleBook
  private let clock: any WallClock
  private let entropy: any Entropy
  private let digests: any Digests
  private let names: ResourceNames
  private let deliveriesDue: Bell

  public init(
    _ blobs: any Blobs, _ index: any ObjectIndex, _ book: RuleBook, _ clock: any WallClock, _ entropy: any Entropy,
    _ digests: any Digests, names: ResourceNames, deliveriesDue: Bell
  ) {
    self.blobs = blobs
    self.index = index
    self.book = book
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
    if onlyIfAbsent, let entry = try await index.entry(bucket: draft.bucket, key: draft.key) { return .exists(entry) }
    let now = clock.now()
    let blobID = entropy.uuid()
    try await blobs.write(draft.body, id: blobID)
    let entry = ObjectEntry(
      bucket: draft.bucket, key: draft.key, size: draft.body.count, etag: digests.md5(draft.body),
      contentType: draft.contentType, sequencer: sequencer(at: now), blobID: blobID, modifiedAt: now,
      metadata: draft.metadata, runID: draft.runID)
    let event = Publisher.route(
      created(entry), by: book.bus, hops: draft.hops, parentID: draft.parentID, at: now)
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

  /// Hex digits that sort as time does, as S3's sequencers: the millisecond, then dice.
  private func sequencer(at now: Timestamp) -> String {
    let time = String(now.milliseconds, radix: 16, uppercase: true)
    let dice = String(entropy.word() & 0xFFFF_FFFF, radix: 16, uppercase: true)
    return String(repeating: "0", count: 12 - time.count) + time + String(repeating: "0", count: 8 - dice.count) + dice
  }

  /// S3's event on the bus in AWS's true shape (D22).
  private func created(_ entry: ObjectEntry) -> Event {
    ObjectEvents.created(
      id: DerivedID.uuid(of: "\(entry.bucket)/\(entry.key)#\(entry.sequencer)"), bucket: entry.bucket,
      key: entry.key, size: entry.size, etag: entry.etag, sequencer: entry.sequencer, reason: "PutObject",
      at: entry.modifiedAt, names: names)
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
