import AWSWire
import Engine
import Events
import Logs
import Operations

/// CloudWatch Logs on the wire: groups, streams and lines of the store.
struct LogsService: Sendable {
  static let pageMax = 50
  /// Lines of one answer.
  static let linesMax = 10_000
  /// Lines that one answer looks at; where more are left, the answer has a token and perhaps no line, as with AWS.
  static let scanMax = 50_000

  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  private var store: any LogStore { context.room.logs }

  func answer(_ operation: LogsOperation, _ input: WireInput) async throws -> WireTree? {
    do {
      switch operation {
      case .describeLogGroups: return try await describeGroups(input)
      case .createLogGroup: return try await createGroup(input)
      case .deleteLogGroup:
        guard try await store.deleteLogGroup(try groupName(input)) else { throw LogsService.noGroup }
        return nil
      case .putRetentionPolicy:
        let days = try LogRetention(days: try input.requiredInteger("retentionInDays", 0...100_000)).days
        guard try await store.keepLogGroup(try groupName(input), days: days) else { throw LogsService.noGroup }
        return nil
      case .deleteRetentionPolicy:
        guard try await store.keepLogGroup(try groupName(input), days: nil) else { throw LogsService.noGroup }
        return nil
      case .describeLogStreams: return try await describeStreams(input)
      case .createLogStream: return try await createStream(input)
      case .deleteLogStream:
        let group = try await existingGroup(input)
        guard try await store.deleteLogStream(group.name, try streamName(input)) else { throw LogsService.noStream }
        return nil
      case .putLogEvents: return try await put(input)
      case .getLogEvents: return try await get(input)
      case .filterLogEvents: return try await filter(input)
      case .testMetricFilter: return try test(input)
      case .listTagsForResource, .listTagsLogGroup: return .members(["tags": .structure([])])
      }
    } catch let error as LogsError {
      throw WireError(.invalidParameter, error.message)
    } catch let error as FilterPatternError {
      throw WireError(.invalidParameter, error.message)
    }
  }

  private static let noGroup = WireError(.resourceNotFound, "The specified log group does not exist.")
  private static let noStream = WireError(.resourceNotFound, "The specified log stream does not exist.")

  // MARK: Groups

  private func arn(_ group: String) -> String {
    "arn:aws:logs:\(context.names.region):\(context.names.account):log-group:\(group)"
  }

  /// The group that a request names, by its name or its ARN.
  private func groupName(_ input: WireInput) throws -> String {
    let name = try input.text("logGroupName", 1...512)
    let identifier = try input.text("logGroupIdentifier", 1...2_048)
    switch (name, identifier) {
    case (let name?, nil): return try LogGroupName(name).text
    case (nil, let identifier?):
      guard identifier.hasPrefix("arn:") else { return try LogGroupName(identifier).text }
      let prefix = arn("")
      guard identifier.hasPrefix(prefix) else { throw LogsService.noGroup }
      let rest = identifier.dropFirst(prefix.count)
      return try LogGroupName(String(rest.hasSuffix(":*") ? rest.dropLast(2) : rest)).text
    case (_?, _?):
      throw WireError(.invalidParameter, "Only one of logGroupName and logGroupIdentifier may be given.")
    case (nil, nil): throw input.missing("logGroupName")
    }
  }

  private func existingGroup(_ input: WireInput) async throws -> LogGroup {
    let name = try groupName(input)
    try await context.room.monitor.flush()
    guard let group = try await store.logGroups().first(where: { $0.name == name }) else { throw LogsService.noGroup }
    return group
  }

  private func describeGroups(_ input: WireInput) async throws -> WireTree? {
    try await context.room.monitor.flush()
    let prefix = try input.text("logGroupNamePrefix", 1...512)
    let pattern = try input.text("logGroupNamePattern", 0...512)
    guard prefix == nil || pattern == nil else {
      throw WireError(.invalidParameter, "logGroupNamePrefix and logGroupNamePattern are mutually exclusive.")
    }
    let found = try await store.logGroups().filter { group in
      group.name.hasPrefix(prefix ?? "") && (pattern.map { group.name.lowercased().contains($0.lowercased()) } ?? true)
    }
    let page = ListPage(
      found, limit: try input.integer("limit", 1...LogsService.pageMax), after: try input.text("nextToken"),
      max: LogsService.pageMax, name: \.name)
    let groups = page.elements.map { group -> WireTree in
      .members([
        "logGroupName": .text(group.name), "creationTime": .integer(Int(group.createdAt.milliseconds)),
        "retentionInDays": group.retentionDays.map { .integer($0) }, "metricFilterCount": .integer(0),
        "arn": .text(arn(group.name) + ":*"), "storedBytes": .integer(group.storedBytes),
        "logGroupClass": .text("STANDARD"), "logGroupArn": .text(arn(group.name)),
      ])
    }
    return .members(["logGroups": .list(groups), "nextToken": page.nextToken.map { .text($0) }])
  }

  private func createGroup(_ input: WireInput) async throws -> WireTree? {
    let name = try groupName(input)
    guard !name.hasPrefix(LogNameLimits.reservedGroupPrefix) else {
      throw WireError(.invalidParameter, "Log groups starting with AWS/ are reserved for AWS.")
    }
    guard try await store.createLogGroup(name, at: context.now) else {
      throw WireError(.resourceAlreadyExists, "The specified log group already exists")
    }
    return nil
  }

  // MARK: Streams

  private func streamName(_ input: WireInput) throws -> String {
    try LogStreamName(try input.requiredText("logStreamName", 1...512)).text
  }

  private func createStream(_ input: WireInput) async throws -> WireTree? {
    let group = try await existingGroup(input)
    guard try await store.createLogStream(group.name, try streamName(input), at: context.now) else {
      throw WireError(.resourceAlreadyExists, "The specified log stream already exists")
    }
    return nil
  }

  private func describeStreams(_ input: WireInput) async throws -> WireTree? {
    let group = try await existingGroup(input)
    let prefix = try input.text("logStreamNamePrefix", 1...512)
    let order = try input.text("orderBy") ?? "LogStreamName"
    guard ["LogStreamName", "LastEventTime"].contains(order) else {
      throw WireError(.invalidParameter, "orderBy must be LogStreamName or LastEventTime, not \(order)")
    }
    guard order == "LogStreamName" || prefix == nil else {
      throw WireError(.invalidParameter, "Cannot order by LastEventTime with a logStreamNamePrefix.")
    }
    let descending = try input.flag("descending") ?? false
    var streams = try await store.logStreams(group.name).filter { $0.name.hasPrefix(prefix ?? "") }
    if order == "LastEventTime" {
      streams.sort { ($0.lastEventAt ?? .epoch, $0.name) < ($1.lastEventAt ?? .epoch, $1.name) }
    }
    if descending { streams.reverse() }
    // The order may be any, so the token is the number of streams that went before.
    let skipped: Int
    if let token = try input.text("nextToken") {
      guard let number = Int(token), number >= 0 else { throw LogsService.badToken }
      skipped = number
    } else {
      skipped = 0
    }
    let limit = try input.integer("limit", 1...LogsService.pageMax) ?? LogsService.pageMax
    let page = streams.dropFirst(skipped).prefix(limit)
    let shapes = page.map { stream -> WireTree in
      .members([
        "logStreamName": .text(stream.name), "creationTime": .integer(Int(stream.createdAt.milliseconds)),
        "firstEventTimestamp": stream.firstEventAt.map { .integer(Int($0.milliseconds)) },
        "lastEventTimestamp": stream.lastEventAt.map { .integer(Int($0.milliseconds)) },
        "lastIngestionTime": stream.lastIngestedAt.map { .integer(Int($0.milliseconds)) },
        "uploadSequenceToken": .text("0"), "arn": .text("\(arn(group.name)):log-stream:\(stream.name)"),
        "storedBytes": .integer(0),
      ])
    }
    let next = skipped + page.count < streams.count ? String(skipped + page.count) : nil
    return .members(["logStreams": .list(shapes), "nextToken": next.map { .text($0) }])
  }

  private static let badToken = WireError(.invalidParameter, "The specified nextToken is invalid.")

  // MARK: Lines

  private func put(_ input: WireInput) async throws -> WireTree? {
    let group = try await existingGroup(input)
    let stream = try streamName(input)
    guard try await store.logStreams(group.name).contains(where: { $0.name == stream }) else {
      throw LogsService.noStream
    }
    guard let given = try input.structures("logEvents") else { throw input.missing("logEvents") }
    let events = try given.map { event in
      LogEvent(
        timestamp: Timestamp(milliseconds: Int64(try event.requiredInteger("timestamp", 0...Int(Int64.max >> 12)))),
        message: try event.requiredText("message"))
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
      try input.integer(name, 0...Int(Int64.max >> 12)).map { Timestamp(milliseconds: Int64($0)) }
    }
    return (try moment("startTime"), try moment("endTime"))
  }

  private func get(_ input: WireInput) async throws -> WireTree? {
    let group = try await existingGroup(input)
    let stream = try streamName(input)
    guard try await store.logStreams(group.name).contains(where: { $0.name == stream }) else {
      throw LogsService.noStream
    }
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
    func token(_ direction: LogCursor.Direction, _ line: StoredLogRecord?) -> WireTree {
      let at = line?.record.at ?? cursor?.timestamp ?? .epoch
      let sequence = line?.sequence ?? cursor?.sequence ?? 0
      return .text(LogCursor(direction, timestamp: max(.epoch, at), sequence: sequence).token(for: list))
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

  private func filter(_ input: WireInput) async throws -> WireTree? {
    let group = try await existingGroup(input)
    let pattern = try FilterPattern(parsing: try input.text("filterPattern", 0...1_024) ?? "")
    var query = LogQuery(group: group.name)
    query.streams = try input.texts("logStreamNames")
    query.streamPrefix = try input.text("logStreamNamePrefix", 1...512)
    guard query.streams == nil || query.streamPrefix == nil else {
      throw WireError(.invalidParameter, "logStreamNames and logStreamNamePrefix are mutually exclusive.")
    }
    guard query.streams?.count ?? 1 <= 100, query.streams?.isEmpty != true else {
      throw WireError(.invalidParameter, "logStreamNames must have 1 to 100 members.")
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

  private func test(_ input: WireInput) throws -> WireTree? {
    let pattern = try FilterPattern(parsing: try input.requiredText("filterPattern", 0...1_024))
    guard let messages = try input.texts("logEventMessages"), (1...50).contains(messages.count) else {
      throw WireError(.invalidParameter, "logEventMessages must have 1 to 50 members.")
    }
    let matches = messages.enumerated().filter { pattern.matches($0.element) }.map { place, message -> WireTree in
      .members([
        "eventNumber": .integer(place + 1), "eventMessage": .text(message), "extractedValues": .structure([]),
      ])
    }
    return .members(["matches": .list(matches)])
  }
}
