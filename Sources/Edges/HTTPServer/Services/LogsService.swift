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

  private static let groupListing = Listing("DescribeLogGroups", refusal: .invalidParameter)

  let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  var store: any LogStore { context.room.logs }

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
      case .listTagsForResource:
        let arn = try input.requiredText("resourceArn", 1...1_011)
        guard ResourceName(arn)?.service == "logs" else {
          throw WireError(.invalidParameter, "\(arn) is no ARN of CloudWatch Logs.")
        }
        return try await tags(of: try groupName(identifier: arn))
      case .listTagsLogGroup: return try await tags(of: try groupName(input))
      }
    } catch let error as WireError where error.code == .validation {
      // The other services have a code of its own for a broken constraint; this one's model has not.
      throw WireError(.invalidParameter, error.message)
    } catch let error as LogsError {
      throw WireError(.invalidParameter, error.message)
    } catch let error as FilterPatternError {
      throw WireError(.invalidParameter, error.message)
    }
  }

  static let noGroup = WireError(.resourceNotFound, "The specified log group does not exist.")
  static let noStream = WireError(.resourceNotFound, "The specified log stream does not exist.")

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
    case (nil, let identifier?): return try groupName(identifier: identifier)
    case (_?, _?):
      throw WireError(.invalidParameter, "Only one of logGroupName and logGroupIdentifier may be given.")
    case (nil, nil): throw input.missing("logGroupName")
    }
  }

  private func groupName(identifier: String) throws -> String {
    guard identifier.hasPrefix("arn:") else { return try LogGroupName(identifier).text }
    let prefix = arn("")
    guard identifier.begins(with: prefix) else { throw LogsService.noGroup }
    let rest = identifier.after(prefix)
    return try LogGroupName(rest.hasSuffix(":*") ? String(rest.dropLast(2)) : rest).text
  }

  func existingGroup(_ input: WireInput) async throws -> LogGroup {
    let name = try groupName(input)
    try await context.room.monitor.flush()
    guard let group = try await store.logGroups().first(where: { $0.name == name }) else { throw LogsService.noGroup }
    return group
  }

  private func describeGroups(_ input: WireInput) async throws -> WireTree? {
    try await context.room.monitor.flush()
    let choice = try chosen(input)
    let page = try ListPage(
      try await store.logGroups().filter(choice), LogsService.groupListing,
      limit: try input.integer("limit", 1...LogsService.pageMax), after: try input.text("nextToken"),
      max: LogsService.pageMax, name: \.name)
    let groups = page.elements.map { group -> WireTree in
      .members([
        "logGroupName": .text(group.name), "creationTime": .integer(Int(group.createdAt.milliseconds)),
        "retentionInDays": group.retentionDays.map { .integer($0) }, "metricFilterCount": .integer(0),
        "arn": .text(arn(group.name) + ":*"), "storedBytes": .integer(group.storedBytes),
        "logGroupClass": .text(group.traits.groupClass.rawValue), "logGroupArn": .text(arn(group.name)),
      ])
    }
    return .members(["logGroups": .list(groups), "nextToken": page.nextToken.map { .text($0) }])
  }

  /// What DescribeLogGroups chooses by.
  private func chosen(_ input: WireInput) throws -> (LogGroup) -> Bool {
    let prefix = try input.text("logGroupNamePrefix", 1...512)
    let pattern = try input.text("logGroupNamePattern", 0...512)
    let groupClass = try input.choice("logGroupClass", of: LogGroupClass.self)
    let names = try input.texts("logGroupIdentifiers")?.map { identifier in
      do { return try groupName(identifier: identifier) } catch let error as WireError {
        throw WireError(.invalidParameter, error.message)
      }
    }
    guard prefix == nil || pattern == nil else {
      throw WireError(.invalidParameter, "logGroupNamePrefix and logGroupNamePattern are mutually exclusive.")
    }
    if let names {
      guard (1...LogsService.pageMax).contains(names.count), prefix == nil, pattern == nil, groupClass == nil else {
        throw WireError(
          .invalidParameter,
          "logGroupIdentifiers must have 1 to \(LogsService.pageMax) members and stands beside no other filter.")
      }
    }
    return { group in
      (prefix.map { group.name.begins(with: $0) } ?? true) && (pattern.map { group.name.contains($0) } ?? true)
        && (groupClass.map { group.traits.groupClass == $0 } ?? true)
        && (names.map { $0.contains(group.name) } ?? true)
    }
  }

  private func createGroup(_ input: WireInput) async throws -> WireTree? {
    let name = try groupName(input)
    if let key = try input.text("kmsKeyId", 0...256) {
      throw WireError(.invalidParameter, "The specified KMS Key Id could not be found: there are no keys here: \(key)")
    }
    guard try input.flag("deletionProtectionEnabled") != true else {
      throw WireError(.invalidParameter, "deletionProtectionEnabled: log groups are not protected from deletion here.")
    }
    let traits = LogGroupTraits(
      groupClass: try input.choice("logGroupClass", of: LogGroupClass.self) ?? .standard,
      tags: try Tags(checked: try input.textMap("tags") ?? [:], refusal: .invalidParameter).pairs)
    guard try await store.createLogGroup(name, traits, at: context.now) else {
      throw WireError(.resourceAlreadyExists, "The specified log group already exists")
    }
    return nil
  }

  /// The tags that a group was made with.
  private func tags(of name: String) async throws -> WireTree? {
    guard let group = try await store.logGroups().first(where: { $0.name == name }) else { throw LogsService.noGroup }
    return .members(["tags": Tags(pairs: group.traits.tags).map])
  }

  // MARK: Streams

  func streamName(_ input: WireInput) throws -> String {
    try LogStreamName(try input.requiredText("logStreamName", 1...512)).text
  }

  func streamPrefix(_ input: WireInput) throws -> String? {
    try input.text("logStreamNamePrefix", 1...512).map { try LogStreamName($0).text }
  }

  func check(_ stream: String, in group: LogGroup) async throws {
    guard try await store.logStreams(group.name).contains(where: { $0.name.isSame(stream) }) else {
      throw LogsService.noStream
    }
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
    let prefix = try streamPrefix(input)
    let order = try input.text("orderBy") ?? "LogStreamName"
    guard ["LogStreamName", "LastEventTime"].contains(order) else {
      throw WireError(.invalidParameter, "orderBy must be LogStreamName or LastEventTime, not \(order)")
    }
    guard order == "LogStreamName" || prefix == nil else {
      throw WireError(.invalidParameter, "Cannot order by LastEventTime with a logStreamNamePrefix.")
    }
    let descending = try input.flag("descending") ?? false
    let listing = Listing(
      "DescribeLogStreams \(group.name) \(order) \(descending) \(prefix ?? "")", refusal: .invalidParameter)
    /// Where a stream stands: its name, behind the time of its last line if that comes first.
    func place(_ stream: LogStream) -> String {
      guard order == "LastEventTime" else { return stream.name }
      let digits = String((stream.lastEventAt ?? .epoch).milliseconds)
      return String(repeating: "0", count: 20 - digits.utf8.count) + digits + stream.name
    }
    func comes(_ one: String, _ other: String) -> Bool { descending ? other.precedes(one) : one.precedes(other) }
    var rest = try await store.logStreams(group.name).filter { $0.name.begins(with: prefix ?? "") }
      .map { (place: place($0), stream: $0) }
    if let token = try listing.place(input.text("nextToken")) { rest = rest.filter { comes(token, $0.place) } }
    rest.sort { comes($0.place, $1.place) }
    let limit = try input.integer("limit", 1...LogsService.pageMax) ?? LogsService.pageMax
    let page = rest.prefix(limit)
    let shapes = page.map { _, stream -> WireTree in
      .members([
        "logStreamName": .text(stream.name), "creationTime": .integer(Int(stream.createdAt.milliseconds)),
        "firstEventTimestamp": stream.firstEventAt.map { .integer(Int($0.milliseconds)) },
        "lastEventTimestamp": stream.lastEventAt.map { .integer(Int($0.milliseconds)) },
        "lastIngestionTime": stream.lastIngestedAt.map { .integer(Int($0.milliseconds)) },
        "uploadSequenceToken": .text("0"), "arn": .text("\(arn(group.name)):log-stream:\(stream.name)"),
        "storedBytes": .integer(0),
      ])
    }
    let next = page.count < rest.count ? page.last.map { listing.token(of: $0.place) } : nil
    return .members(["logStreams": .list(shapes), "nextToken": next.map { .text($0) }])
  }
}
