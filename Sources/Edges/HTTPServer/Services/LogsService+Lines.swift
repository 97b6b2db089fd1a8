import AWSWire
import Engine
import Events
import Logs
import Operations

extension LogsService {
  /// Milliseconds; what lies beyond cannot be told from it.
  private static let momentMax = Int64.max >> 12

  func put(_ input: WireInput) async throws -> WireTree? {
    let group = try await existingGroup(input)
    let stream = try streamName(input)
    try await check(stream, in: group)
    guard let given = try input.structures("logEvents") else { throw input.missing("logEvents") }
    let events = try given.map { event in
      LogEvent(
        timestamp: Timestamp(milliseconds: Int64(try event.requiredInteger("timestamp", 0...Int.max))),
        message: try event.requiredText("message", 1...Int.max))
    }
    let now = context.now
    let batch = try LogEventBatch(
      events, retention: try group.retentionDays.map { try LogRetention(days: $0) }, at: now)
    try await store.append(
      batch.accepted.map {
        LogRecord(group: group.name, stream: stream, at: $0.timestamp, ingestedAt: now, message: $0.message)
      })
    let rejected = batch.rejected.map { rejected -> WireTree in
      .members([
        "tooNewLogEventStartIndex": rejected.tooNewLogEventStartIndex.map { .integer($0) },
        "tooOldLogEventEndIndex": rejected.tooOldLogEventEndIndex.map { .integer($0) },
        "expiredLogEventEndIndex": rejected.expiredLogEventEndIndex.map { .integer($0) },
      ])
    }
    return .members(["nextSequenceToken": .text("0"), "rejectedLogEventsInfo": rejected])
  }

  private func bounds(_ input: WireInput) throws -> (from: Timestamp?, until: Timestamp?) {
    func moment(_ name: String) throws -> Timestamp? {
      // A time beyond all times means the end of them: some clients count in nanoseconds.
      try input.integer(name, 0...Int.max).map { Timestamp(milliseconds: min(Int64($0), LogsService.momentMax)) }
    }
    return (try moment("startTime"), try moment("endTime"))
  }

  func get(_ input: WireInput) async throws -> WireTree? {
    let group = try await existingGroup(input)
    let stream = try streamName(input)
    try await check(stream, in: group)
    let list = "\(group.name)\n\(stream)"
    let cursor = try input.text("nextToken").map { try LogCursor(token: $0, for: list) }
    var query = LogQuery(group: group.name)
    query.streams = [stream]
    (query.from, query.until) = try bounds(input)
    query.limit = try input.integer("limit", 1...LogsService.linesMax) ?? LogsService.linesMax
    let fromHead = try input.flag("startFromHead") ?? false
    query.isForward = cursor.map { $0.direction == .forward } ?? fromHead
    query.place = cursor.map { .init(at: $0.timestamp, sequence: $0.sequence) }
    var lines = try await store.records(query)
    if !query.isForward { lines.reverse() }
    /// Beside the line at that end of the page; an empty page has the place where it was looked for.
    func token(_ direction: LogCursor.Direction, _ line: StoredLogRecord?) -> WireTree {
      let here = line.map { line in
        LogCursor(direction, timestamp: max(.epoch, line.record.at), sequence: line.sequence)
      }
      let there = here ?? cursor?.turned(direction) ?? LogCursor(direction, timestamp: .epoch, sequence: 0)
      return .text(there.token(for: list))
    }
    return .members([
      "events": .list(
        lines.map { line in
          .members([
            "timestamp": .integer(Int(line.record.at.milliseconds)), "message": .text(line.record.message),
            "ingestionTime": .integer(Int(line.record.ingestedAt.milliseconds)),
          ])
        }), "nextForwardToken": token(.forward, lines.last), "nextBackwardToken": token(.backward, lines.first),
    ])
  }

  func filter(_ input: WireInput) async throws -> WireTree? {
    let group = try await existingGroup(input)
    let pattern = try FilterPattern(parsing: try input.text("filterPattern", 0...1_024) ?? "")
    var query = LogQuery(group: group.name)
    query.streams = try input.texts("logStreamNames")
    query.streamPrefix = try streamPrefix(input)
    guard query.streams == nil || query.streamPrefix == nil else {
      throw WireError(.invalidParameter, "logStreamNames and logStreamNamePrefix are mutually exclusive.")
    }
    guard query.streams?.count ?? 1 <= 100, query.streams?.isEmpty != true else {
      throw WireError(.invalidParameter, "logStreamNames must have 1 to 100 members.")
    }
    if let wanted = query.streams {
      let known = Set(try await store.logStreams(group.name).map { Array($0.name.utf8) })
      guard wanted.allSatisfy({ known.contains(Array($0.utf8)) }) else { throw LogsService.noStream }
    }
    let (from, until) = try bounds(input)
    if let from, let until, from > until {
      throw WireError(.invalidParameter, "End time should not be before start time.")
    }
    // The end is within the range here, unlike with get-log-events.
    (query.from, query.until) = (from, until.map { $0 + Span(milliseconds: 1) })
    let limit = try input.integer("limit", 1...LogsService.linesMax) ?? LogsService.linesMax
    let list = "filter \(group.name)\n\(pattern.text)"
    if let cursor = try input.text("nextToken").map({ try LogCursor(token: $0, for: list) }) {
      query.place = .init(at: cursor.timestamp, sequence: cursor.sequence)
    }
    var found: [StoredLogRecord] = []
    var scanned = 0
    var isWhole = false
    while found.count < limit, scanned < LogsService.scanMax, !isWhole {
      let lines = try await store.records(query)
      isWhole = lines.count < query.limit
      scanned += lines.count
      for line in lines {
        query.place = .init(at: line.record.at, sequence: line.sequence)
        guard pattern.matches(line.record.message) else { continue }
        found.append(line)
        if found.count == limit {
          isWhole = isWhole && line == lines.last
          break
        }
      }
    }
    var next: String?
    if !isWhole, let place = query.place {
      next = LogCursor(.forward, timestamp: max(.epoch, place.at), sequence: place.sequence).token(for: list)
    }
    return .members([
      "events": .list(found.map(LogsService.filtered)), "searchedLogStreams": .list([]),
      "nextToken": next.map { .text($0) },
    ])
  }

  private static func filtered(_ line: StoredLogRecord) -> WireTree {
    .members([
      "logStreamName": .text(line.record.stream), "timestamp": .integer(Int(line.record.at.milliseconds)),
      "message": .text(line.record.message), "ingestionTime": .integer(Int(line.record.ingestedAt.milliseconds)),
      "eventId": .text(LogsService.eventID(line.sequence)),
    ])
  }

  /// 56 digits, as AWS's ids have.
  private static func eventID(_ sequence: Int64) -> String {
    let digits = String(sequence)
    return String(repeating: "0", count: 56 - digits.count) + digits
  }

  func test(_ input: WireInput) throws -> WireTree? {
    let pattern = try FilterPattern(parsing: try input.requiredText("filterPattern", 0...1_024))
    guard let messages = try input.texts("logEventMessages"), (1...50).contains(messages.count) else {
      throw WireError(.invalidParameter, "logEventMessages must have 1 to 50 members.")
    }
    let matches = messages.enumerated().filter { pattern.matches($0.element) }.map { place, message -> WireTree in
      let values = pattern.values(in: message).map { WireTree.Member($0.name, .text($0.value)) }
      return .members([
        "eventNumber": .integer(place + 1), "eventMessage": .text(message), "extractedValues": .structure(values),
      ])
    }
    return .members(["matches": .list(matches)])
  }
}
