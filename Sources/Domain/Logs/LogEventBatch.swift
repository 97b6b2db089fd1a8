import Events

/// One record of what somebody did: when, and in what words.
public struct LogEvent: Sendable, Hashable {
  public let timestamp: Timestamp
  public let message: String

  public init(timestamp: Timestamp, message: String) {
    self.timestamp = timestamp
    self.message = message
  }

  /// What the event counts for in a batch: its message in UTF-8 and an overhead.
  public var sizeBytes: Int { message.utf8.count + LogEventBatch.overheadBytes }
}

/// Which events of a batch are left out; the others are taken nevertheless.
///
/// Source: the `RejectedLogEventsInfo` shape of the CloudWatch Logs service model.
public struct RejectedLogEvents: Sendable, Hashable {
  /// The first event that is too far in the future, and so are those after it.
  public let tooNewLogEventStartIndex: Int?
  /// The first event that is not older than 14 days; those before it are.
  public let tooOldLogEventEndIndex: Int?
  /// The first event that the group's retention keeps; nil if nothing but `tooOldLogEventEndIndex` leaves events out.
  public let expiredLogEventEndIndex: Int?
}

/// The events of one PutLogEvents, as far as they may be stored.
///
/// Source: CloudWatch Logs API reference, PutLogEvents.
public struct LogEventBatch: Sendable, Hashable {
  public static let eventsMax = 10_000
  public static let bytesMax = 1_048_576
  /// Bytes that each event counts for beside its message.
  public static let overheadBytes = 26
  /// Bytes of one event at most, overhead included; the older 256 KiB no longer hold.
  public static let eventBytesMax = 1_048_576
  /// How far the events that are taken may lie apart.
  public static let spanMax = Span.hours(24)
  /// How far an event may lie in the future.
  public static let futureMax = Span.hours(2)
  /// How old an event may be.
  public static let ageMax = Span.days(14)

  /// The events to store, in chronological order; empty if all are rejected.
  public let accepted: ArraySlice<LogEvent>
  /// Nil if none are.
  public let rejected: RejectedLogEvents?

  /// Throws `InvalidParameterException` for what makes the whole batch fail: number, size, order or span.
  ///
  /// - Parameter retention: of the group; nil keeps events forever.
  public init(_ events: [LogEvent], retention: LogRetention?, at now: Timestamp) throws(LogsError) {
    try LogEventBatch.check(events)
    let tooNew = events.firstIndex { $0.timestamp > now + LogEventBatch.futureMax } ?? events.count
    let tooOld = LogEventBatch.count(events, before: now - LogEventBatch.ageMax)
    let expired = retention.map { LogEventBatch.count(events, before: $0.limit(at: now)) } ?? 0
    let first = max(tooOld, expired)
    accepted = events[min(first, tooNew)..<tooNew]
    if let start = accepted.first, let end = accepted.last,
      end.timestamp - start.timestamp > LogEventBatch.spanMax
    {
      throw LogsError(
        .invalidParameter,
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
    }
    guard first > 0 || tooNew < events.count else {
      rejected = nil
      return
    }
    rejected = RejectedLogEvents(
      tooNewLogEventStartIndex: tooNew < events.count ? tooNew : nil,
      tooOldLogEventEndIndex: tooOld > 0 ? tooOld : nil,
      expiredLogEventEndIndex: expired > tooOld ? expired : nil)
  }

  private static func check(_ events: [LogEvent]) throws(LogsError) {
    guard !events.isEmpty else {
      throw .constraint("Member must have length greater than or equal to 1", on: "logEvents", value: "[]")
    }
    guard events.count <= eventsMax else {
      throw .constraint(
        "Member must have length less than or equal to \(eventsMax)", on: "logEvents", value: "\(events.count) events")
    }
    var bytes = 0
    for (index, event) in events.enumerated() {
      try check(event, number: index + 1)
      bytes += event.sizeBytes
    }
    guard bytes <= bytesMax else {
      throw LogsError(.invalidParameter, "Upload too large: \(bytes) bytes exceeds limit of \(bytesMax)")
    }
    guard zip(events, events.dropFirst()).allSatisfy({ $0.timestamp <= $1.timestamp }) else {
      throw LogsError(
        .invalidParameter, "Log events in a single PutLogEvents request must be in chronological order.")
    }
  }

  private static func check(_ event: LogEvent, number: Int) throws(LogsError) {
    guard event.timestamp >= .epoch else {
      throw .constraint(
        "Member must have value greater than or equal to 0", on: "logEvents.\(number).member.timestamp",
        value: String(event.timestamp.milliseconds))
    }
    guard !event.message.isEmpty else {
      throw .constraint(
        "Member must have length greater than or equal to 1", on: "logEvents.\(number).member.message", value: "")
    }
    guard event.sizeBytes <= eventBytesMax else {
      throw LogsError(
        .invalidParameter, "Log event too large: \(event.sizeBytes) bytes exceeds limit of \(eventBytesMax)")
    }
  }

  private static func count(_ events: [LogEvent], before limit: Timestamp) -> Int {
    events.firstIndex { $0.timestamp >= limit } ?? events.count
  }
}
