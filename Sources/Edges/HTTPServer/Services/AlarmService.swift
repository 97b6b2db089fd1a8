import AWSWire
import Alarms
import Engine
import Events
import Measures
import Operations

/// The alarms of CloudWatch on the wire.
struct AlarmService: Sendable {
  /// Alarms, or lines of history, that one page lists.
  static let pageMax = 100
  /// Names of one request.
  static let namesMax = 100
  static let actionBytesMax = 1_024
  private static let alarmListing = Listing("DescribeAlarms", refusal: .invalidNextToken)

  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  private var keeper: AlarmKeeper { context.room.alarms }

  func answer(_ operation: CloudWatchOperation, _ input: WireInput) async throws -> WireTree? {
    switch operation {
    case .putMetricAlarm:
      try await keeper.put(try definition(input))
      return nil
    case .describeAlarms: return try await describe(input)
    case .describeAlarmsForMetric: return try await describeForMetric(input)
    case .describeAlarmHistory: return try await history(input)
    case .setAlarmState: return try await setState(input)
    case .deleteAlarms:
      let missing = try await keeper.delete(try names(input))
      guard missing.isEmpty else {
        throw WireError(.alarmNotFound, "Alarms do not exist: \(missing.joined(separator: ", "))")
      }
      return nil
    case .enableAlarmActions:
      try await keeper.setActions(try names(input), enabled: true)
      return nil
    case .disableAlarmActions:
      try await keeper.setActions(try names(input), enabled: false)
      return nil
    case .putMetricData, .getMetricData, .getMetricStatistics, .listMetrics, .putDashboard, .getDashboard,
      .listDashboards, .deleteDashboards, .tagResource, .untagResource, .listTagsForResource:
      throw WireError(.unknownOperation, "\(operation.rawValue) is no operation of alarms.")
    }
  }

  private func names(_ input: WireInput) throws -> [String] {
    let names = try input.texts("AlarmNames") ?? []
    guard (1...AlarmService.namesMax).contains(names.count) else {
      throw WireError(.validation, "AlarmNames must have 1 to \(AlarmService.namesMax) members")
    }
    return names
  }

  // MARK: Definitions

  private func definition(_ input: WireInput) throws -> AlarmDefinition {
    for name in ["ThresholdMetricId", "EvaluationCriteria", "EvaluationInterval"] where input.has(name) {
      throw WireError(.validation, "\(name): alarms on anomaly bands or queries are not served here")
    }
    let comparison = try input.requiredText("ComparisonOperator")
    guard let sign = AlarmComparison(rawValue: comparison) else {
      throw WireError(
        .validation,
        "ComparisonOperator \(comparison) is not served; known: "
          + AlarmComparison.allCases.map(\.rawValue).joined(separator: ", "))
    }
    let queries = try input.structures("Metrics")?.map(CloudWatchService.query)
    let subject: AlarmSubject
    if let queries {
      guard try input.text("MetricName") == nil else {
        throw WireError(.validation, "MetricName and Metrics are mutually exclusive")
      }
      subject = .queries(queries)
    } else {
      subject = try single(input)
    }
    guard let threshold = try input.double("Threshold") else { throw input.missing("Threshold") }
    let period = try input.integer("Period", 1...604_800) ?? queries.flatMap(AlarmService.period)
    guard let period else { throw input.missing("Period") }
    let missing = try input.text("TreatMissingData") ?? MissingData.missing.rawValue
    guard let treatment = MissingData(rawValue: missing) else {
      throw WireError(
        .validation, "TreatMissingData must be breaching, notBreaching, ignore or missing, not \(missing)")
    }
    return try AlarmDefinition(
      name: try input.requiredText("AlarmName", 1...AlarmDefinition.nameLengthMax),
      description: try input.text("AlarmDescription", 0...AlarmDefinition.descriptionLengthMax),
      actionsEnabled: try input.flag("ActionsEnabled") ?? true, okActions: try actions(input, "OKActions"),
      alarmActions: try actions(input, "AlarmActions"),
      insufficientDataActions: try actions(input, "InsufficientDataActions"), subject: subject, period: period,
      evaluationPeriods: try input.requiredInteger("EvaluationPeriods", 1...Int(Int32.max)),
      datapointsToAlarm: try input.integer("DatapointsToAlarm", 1...Int(Int32.max)), threshold: threshold,
      comparison: sign, missingData: treatment,
      lowSamples: try input.choice("EvaluateLowSampleCountPercentile", of: LowSamples.self),
      tags: try Tags(input, refusal: .validation).pairs)
  }

  /// What shall be done in a state: ARNs, whatever they name.
  private func actions(_ input: WireInput, _ name: String) throws(WireError) -> [String] {
    let actions = try input.texts(name) ?? []
    for action in actions {
      guard action.utf8.count <= AlarmService.actionBytesMax, ResourceName(action) != nil else {
        throw WireError(.validation, "\(name): \(action) is no ARN of at most \(AlarmService.actionBytesMax) bytes")
      }
    }
    return actions
  }

  private func single(_ input: WireInput) throws -> AlarmSubject {
    let metric = MetricID(
      try input.requiredText("Namespace", 1...255), try input.requiredText("MetricName", 1...255),
      try CloudWatchService.dimensions(input))
    let simple = try input.text("Statistic")
    let extended = try input.text("ExtendedStatistic")
    switch (simple, extended) {
    case (let name?, nil), (nil, let name?):
      return .metric(metric, statistic: name, unit: try CloudWatchService.unit(input))
    case (nil, nil): throw WireError(.validation, "Either Statistic or ExtendedStatistic must be specified")
    case (_?, _?): throw WireError(.validation, "Statistic and ExtendedStatistic are mutually exclusive")
    }
  }

  private static func period(of queries: [MetricQuery]) -> Int? {
    queries.compactMap { query in
      switch query.source {
      case .metric(_, _, let period, _): period
      case .expression(_, let period): period
      }
    }.max()
  }

  // MARK: Descriptions

  /// What DescribeAlarms chooses by; nil chooses nothing.
  private func chosen(_ input: WireInput) throws(WireError) -> ((Alarm) -> Bool)? {
    let wanted = try input.texts("AlarmNames")
    let prefix = try input.text("AlarmNamePrefix")
    let state = try input.choice("StateValue", of: AlarmState.self)
    let action = try input.text("ActionPrefix")
    let types = try types(input)
    guard wanted?.count ?? 0 <= AlarmService.namesMax else {
      throw WireError(.validation, "AlarmNames must have at most \(AlarmService.namesMax) members")
    }
    guard wanted == nil || prefix == nil else {
      throw WireError(.validation, "AlarmNames and AlarmNamePrefix are mutually exclusive")
    }
    let family = ["ParentsOfAlarmName", "ChildrenOfAlarmName"].filter { input.has($0) }
    let others = ["AlarmNames", "AlarmNamePrefix", "StateValue", "ActionPrefix", "AlarmTypes"].filter { input.has($0) }
    guard family.isEmpty || (family + others).count == 1 else {
      throw WireError(.validation, "\(family[0]) stands beside no parameter but MaxRecords and NextToken")
    }
    // Only composite alarms have children, and there are none.
    guard family.isEmpty, types?.contains(.metric) ?? true else { return nil }
    return { alarm in
      let name = alarm.definition.name
      return (wanted?.contains { $0.isSame(name) } ?? true) && (prefix.map { name.begins(with: $0) } ?? true)
        && (state.map { alarm.state == $0 } ?? true)
        && (action.map { prefix in AlarmService.allActions(alarm).contains { $0.begins(with: prefix) } } ?? true)
    }
  }

  private func types(_ input: WireInput) throws(WireError) -> Set<AlarmType>? {
    guard let names = try input.texts("AlarmTypes") else { return nil }
    var types: Set<AlarmType> = []
    for name in names {
      guard let type = AlarmType(rawValue: name) else {
        throw WireError(.validation, "AlarmTypes must be MetricAlarm or CompositeAlarm, not \(name)")
      }
      types.insert(type)
    }
    return types.isEmpty ? nil : types
  }

  private func describe(_ input: WireInput) async throws -> WireTree? {
    let choice = try chosen(input)
    let found = choice == nil ? [] : try await keeper.alarms().filter { choice?($0) ?? false }
    let page = try ListPage(
      found, AlarmService.alarmListing, limit: try input.integer("MaxRecords", 1...AlarmService.pageMax) ?? 50,
      after: try input.text("NextToken"), max: AlarmService.pageMax, name: \.definition.name)
    return .members([
      "CompositeAlarms": .list([]), "MetricAlarms": .list(page.elements.map(shape)),
      "NextToken": page.nextToken.map { .text($0) },
    ])
  }

  private static func allActions(_ alarm: Alarm) -> [String] {
    alarm.definition.alarmActions + alarm.definition.okActions + alarm.definition.insufficientDataActions
  }

  private func describeForMetric(_ input: WireInput) async throws -> WireTree? {
    let metric = MetricID(
      try input.requiredText("Namespace", 1...255), try input.requiredText("MetricName", 1...255),
      try CloudWatchService.dimensions(input))
    let statistic = try input.text("Statistic") ?? (try input.text("ExtendedStatistic"))
    let period = try input.integer("Period", 1...604_800)
    let unit = try CloudWatchService.unit(input)
    let found = try await keeper.alarms().filter { alarm in
      guard case .metric(let own, let name, let ownUnit) = alarm.definition.subject else { return false }
      return own == metric && (statistic == nil || statistic == name) && (unit == nil || unit == ownUnit)
        && (period == nil || period == alarm.definition.period)
    }
    return .members(["MetricAlarms": .list(found.map(shape))])
  }

  private func shape(_ alarm: Alarm) -> WireTree {
    let definition = alarm.definition
    var members: [WireTree.Member] = []
    func add(_ name: String, _ value: WireTree?) {
      if let value { members.append(.init(name, value)) }
    }
    add("AlarmName", .text(definition.name))
    add("AlarmArn", .text(keeper.arn(definition.name).description))
    add("AlarmDescription", definition.description.map { .text($0) })
    add("AlarmConfigurationUpdatedTimestamp", .time(alarm.configuredAt))
    add("ActionsEnabled", .flag(definition.actionsEnabled))
    add("OKActions", .texts(definition.okActions))
    add("AlarmActions", .texts(definition.alarmActions))
    add("InsufficientDataActions", .texts(definition.insufficientDataActions))
    add("StateValue", .text(alarm.state.rawValue))
    add("StateReason", .text(alarm.reason))
    add("StateReasonData", alarm.reasonData.map { .text($0.text) })
    add("StateUpdatedTimestamp", .time(alarm.stateChangedAt))
    switch definition.subject {
    case .metric(let metric, let statistic, let unit):
      add("MetricName", .text(metric.name))
      add("Namespace", .text(metric.namespace))
      let isSimple = Statistic.standard.contains { $0.name == statistic }
      add(isSimple ? "Statistic" : "ExtendedStatistic", .text(statistic))
      add(
        "Dimensions",
        .list(metric.dimensions.map { .members(["Name": .text($0.name), "Value": .text($0.value)]) }))
      add("Period", .integer(definition.period))
      add("Unit", unit.map { .text($0.rawValue) })
    case .queries(let queries): add("Metrics", .list(queries.map(AlarmService.shape)))
    }
    add("EvaluationPeriods", .integer(definition.evaluationPeriods))
    add("DatapointsToAlarm", .integer(definition.datapointsToAlarm))
    add("Threshold", .double(definition.threshold))
    add("ComparisonOperator", .text(definition.comparison.rawValue))
    add("TreatMissingData", .text(definition.missingData.rawValue))
    add("EvaluateLowSampleCountPercentile", definition.lowSamples.map { .text($0.rawValue) })
    add("StateTransitionedTimestamp", .time(alarm.stateChangedAt))
    return .structure(members)
  }

  private static func shape(_ query: MetricQuery) -> WireTree {
    var stat: WireTree?
    var expression: String?
    var period: Int?
    switch query.source {
    case .metric(let metric, let statistic, let seconds, let unit):
      stat = .members([
        "Metric": CloudWatchService.shape(metric), "Period": .integer(seconds), "Stat": .text(statistic),
        "Unit": unit.map { .text($0.rawValue) },
      ])
    case .expression(let text, let seconds): (expression, period) = (text, seconds)
    }
    return .members([
      "Id": .text(query.id), "MetricStat": stat, "Expression": expression.map { .text($0) },
      "Label": query.label.map { .text($0) }, "ReturnData": .flag(query.returnsData),
      "Period": period.map { .integer($0) },
    ])
  }

  // MARK: States and history

  private func setState(_ input: WireInput) async throws -> WireTree? {
    let name = try input.requiredText("AlarmName", 1...AlarmDefinition.nameLengthMax)
    let value = try input.requiredText("StateValue")
    guard let state = AlarmState(rawValue: value) else {
      throw WireError(.validation, "StateValue must be OK, ALARM or INSUFFICIENT_DATA, not \(value)")
    }
    let reason = try input.requiredText("StateReason", 0...1_023)
    var data: JSON?
    if let text = try input.text("StateReasonData", 0...4_000) {
      do {
        data = try JSON(parsing: text)
      } catch {
        throw WireError(.invalidFormat, "StateReasonData is not JSON: \(error.message)")
      }
    }
    guard try await keeper.setState(name, state, reason: reason, data: data) else {
      throw WireError(.alarmNotFound, "Alarm \(name) does not exist")
    }
    return nil
  }

  private func history(_ input: WireInput) async throws -> WireTree? {
    let start = try input.moment("StartDate") ?? .epoch
    let end = try input.moment("EndDate") ?? context.now + .days(1)
    guard start <= end else { throw WireError(.validation, "StartDate must be before EndDate") }
    let isAscending = try input.choice("ScanBy", of: ScanOrder.self) == .ascending
    let listing = Listing("DescribeAlarmHistory \(isAscending)", refusal: .invalidNextToken)
    let place = try listing.place(input.text("NextToken")).flatMap { Int64($0) }
    let limit = try input.integer("MaxRecords", 1...AlarmService.pageMax) ?? AlarmService.pageMax
    let wanted = try input.choice("HistoryItemType", of: HistoryItemType.self)
    let kind = wanted.flatMap { AlarmHistoryItem.Kind(rawValue: $0.rawValue) }
    var lines: [(place: Int64, item: AlarmHistoryItem)] = []
    // Composite alarms and contributors have no history here, for there are none.
    if wanted == nil || kind != nil, try types(input)?.contains(.metric) ?? true, !input.has("AlarmContributorId") {
      lines = try await keeper.history(
        of: try input.text("AlarmName"), kind: kind, in: start..<max(end, start + Span(milliseconds: 1)),
        AlarmHistoryPage(isAscending: isAscending, after: place, limit: limit + 1))
    }
    let page = lines.prefix(limit)
    return .members([
      "AlarmHistoryItems": .list(
        page.map { _, item in
          .members([
            "AlarmName": .text(item.alarm), "AlarmType": .text(AlarmType.metric.rawValue),
            "Timestamp": .time(item.at), "HistoryItemType": .text(item.kind.rawValue),
            "HistorySummary": .text(item.summary), "HistoryData": .text(item.data.text),
          ])
        }),
      "NextToken": lines.count > limit ? page.last.map { .text(listing.token(of: String($0.place))) } : nil,
    ])
  }
}

/// The two kinds of alarms. Raw values are AWS's own.
private enum AlarmType: String, Sendable, CaseIterable {
  case metric = "MetricAlarm"
  case composite = "CompositeAlarm"
}

/// What a line of a history is about. Raw values are AWS's own.
private enum HistoryItemType: String, Sendable, CaseIterable {
  case configurationUpdate = "ConfigurationUpdate"
  case stateUpdate = "StateUpdate"
  case action = "Action"
  case contributorStateUpdate = "AlarmContributorStateUpdate"
  case contributorAction = "AlarmContributorAction"
}
