import Events

/// Which recorded events are looked through, in the order in which they came.
public struct ArchiveRange: Sendable, Hashable {
  /// Taken in at or after.
  public var since: Timestamp?
  /// Taken in before.
  public var until: Timestamp?

  public init(since: Timestamp? = nil, until: Timestamp? = nil) {
    self.since = since
    self.until = until
  }
}

/// How much is recorded.
public struct ArchiveExtent: Sendable, Hashable {
  /// When the oldest event that is still kept was taken in, in the range or before it.
  public let recordedSince: Timestamp
  /// Events in the range.
  public let count: Int
  /// Places of the first and the last event in the range; nil if there is none.
  public let places: ClosedRange<Int64>?

  public init(recordedSince: Timestamp, count: Int, places: ClosedRange<Int64>?) {
    self.recordedSince = recordedSince
    self.count = count
    self.places = places
  }
}

/// An event as its text lies in the store.
public struct ArchivedEvent: Sendable, Hashable {
  /// Its place among all events.
  public let sequence: Int64
  public let id: String
  public let receivedAt: Timestamp
  /// The envelope as JSON, in UTF-8.
  public let bytes: [UInt8]

  public init(sequence: Int64, id: String, receivedAt: Timestamp, bytes: [UInt8]) {
    self.sequence = sequence
    self.id = id
    self.receivedAt = receivedAt
    self.bytes = bytes
  }
}

/// The recorded events as texts, for who looks through all of them. Adapter: `SQLiteStore`.
///
/// A page is a read of its own, so whoever reads on for long holds up neither writers nor the tidying of what they wrote.
public protocol EventArchive: Sendable {
  /// What is recorded, and how much of it is in the range; nil if no event is recorded.
  func extent(of range: ArchiveRange) async throws(StoreError) -> ArchiveExtent?
  /// The events of the range with places in `places`, by place: the first ones, and at least one if there is any.
  ///
  /// - Parameters:
  ///   - rowsMax: how many at most.
  ///   - bytesMax: a page ends with the event that reaches this many bytes of text.
  func page(
    of range: ArchiveRange, places: ClosedRange<Int64>, rowsMax: Int, bytesMax: Int
  ) async throws(StoreError) -> [ArchivedEvent]
}
