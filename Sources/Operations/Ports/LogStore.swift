import Engine
import Events

/// What a log group is made with. Raw values are CloudWatch Logs' own.
public enum LogGroupClass: String, Sendable, Hashable, CaseIterable {
  case standard = "STANDARD"
  case infrequentAccess = "INFREQUENT_ACCESS"
  case delivery = "DELIVERY"
}

/// What a log group was made with; it is told again and has no other effect.
public struct LogGroupTraits: Sendable, Hashable {
  public let groupClass: LogGroupClass
  public let tags: [String: String]

  public static let plain = LogGroupTraits(groupClass: .standard, tags: [:])

  public init(groupClass: LogGroupClass, tags: [String: String]) {
    self.groupClass = groupClass
    self.tags = tags
  }

  public var json: JSON {
    [
      "class": .string(groupClass.rawValue),
      "tags": .object(tags.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
    ]
  }

  /// Reads what `json` wrote; nil if it is something else.
  public init?(json: JSON) {
    guard let groupClass = json["class"]?.string.flatMap({ LogGroupClass(rawValue: $0) }),
      let tags = json["tags"]?.members
    else { return nil }
    self.groupClass = groupClass
    self.tags = Dictionary(
      tags.compactMap { tag in tag.value.string.map { (tag.key, $0) } }, uniquingKeysWith: { _, last in last })
  }
}

/// A log group as CloudWatch Logs describes it.
public struct LogGroup: Sendable, Hashable {
  public let name: String
  public let traits: LogGroupTraits
  public let createdAt: Timestamp
  /// nil keeps events for ever.
  public let retentionDays: Int?
  public let storedBytes: Int

  public init(name: String, _ traits: LogGroupTraits, createdAt: Timestamp, retentionDays: Int?, storedBytes: Int) {
    self.name = name
    self.traits = traits
    self.createdAt = createdAt
    self.retentionDays = retentionDays
    self.storedBytes = storedBytes
  }
}

/// A log stream as CloudWatch Logs describes it.
public struct LogStream: Sendable, Hashable {
  public let name: String
  public let createdAt: Timestamp
  /// Of its events; nil while it has none.
  public let firstEventAt: Timestamp?
  public let lastEventAt: Timestamp?
  public let lastIngestedAt: Timestamp?

  public init(
    name: String, createdAt: Timestamp, firstEventAt: Timestamp?, lastEventAt: Timestamp?, lastIngestedAt: Timestamp?
  ) {
    self.name = name
    self.createdAt = createdAt
    self.firstEventAt = firstEventAt
    self.lastEventAt = lastEventAt
    self.lastIngestedAt = lastIngestedAt
  }
}

/// One line of a log stream.
public struct LogRecord: Sendable, Hashable {
  public let group: String
  public let stream: String
  public let at: Timestamp
  public let ingestedAt: Timestamp
  public let message: String

  public init(group: String, stream: String, at: Timestamp, ingestedAt: Timestamp, message: String) {
    self.group = group
    self.stream = stream
    self.at = at
    self.ingestedAt = ingestedAt
    self.message = message
  }
}

/// A line with its place among all lines.
public struct StoredLogRecord: Sendable, Hashable {
  public let sequence: Int64
  public let record: LogRecord

  public init(sequence: Int64, record: LogRecord) {
    self.sequence = sequence
    self.record = record
  }
}

/// Which lines to read, in the order of their time and then their place.
public struct LogQuery: Sendable, Hashable {
  /// Lines that one read looks at.
  public static let limitMax = 10_000

  public let group: String
  /// nil reads all streams.
  public var streams: [String]?
  public var streamPrefix: String?
  /// At or after; nil from the beginning.
  public var from: Timestamp?
  /// Before; nil to the end.
  public var until: Timestamp?
  /// Behind this place if forward, before it if backward.
  public var place: Place?
  public var isForward = true
  public var limit = LogQuery.limitMax

  /// Between two lines: a line's time and sequence.
  public struct Place: Sendable, Hashable {
    public let at: Timestamp
    public let sequence: Int64

    public init(at: Timestamp, sequence: Int64) {
      self.at = at
      self.sequence = sequence
    }
  }

  public init(group: String) {
    self.group = group
  }
}

/// Where log lines survive. Adapter: `SQLiteStore`; served as CloudWatch Logs.
public protocol LogStore: Sendable {
  func logGroups() async throws(StoreError) -> [LogGroup]
  /// False if it exists already.
  func createLogGroup(_ name: String, _ traits: LogGroupTraits, at now: Timestamp) async throws(StoreError) -> Bool
  /// Deletes the group with everything in it; false if there is none.
  func deleteLogGroup(_ name: String) async throws(StoreError) -> Bool
  /// False if there is no such group.
  func keepLogGroup(_ name: String, days: Int?) async throws(StoreError) -> Bool
  func logStreams(_ group: String) async throws(StoreError) -> [LogStream]
  /// False if it exists already; the group must exist.
  func createLogStream(_ group: String, _ name: String, at now: Timestamp) async throws(StoreError) -> Bool
  func deleteLogStream(_ group: String, _ name: String) async throws(StoreError) -> Bool
  /// Stores lines; groups and streams that are missing come into being.
  func append(_ records: [LogRecord]) async throws(StoreError)
  func records(_ query: LogQuery) async throws(StoreError) -> [StoredLogRecord]
  /// Deletes lines that have outlived their group's retention, a bounded number of them. Returns how many.
  func expireLogs(at now: Timestamp) async throws(StoreError) -> Int
}
