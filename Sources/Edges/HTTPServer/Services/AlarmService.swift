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
    case .tagResource, .untagResource, .listTagsForResource: return try await tags(operation, input)
    case .putMetricData, .getMetricData, .getMetricStatistics, .listMetrics, .putDashboard, .getDashboard,
      .listDashboards, .deleteDashboards:
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
    for name in ["ThresholdMetricId", "EvaluationCriteria"] where try input.text(name) != nil {
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
    let tags = try (try input.structures("Tags") ?? []).map { tag in
      (try tag.requiredText("Key", 1...128), try tag.text("Value", 0...256) ?? "")
    }
    return try AlarmDefinition(
      name: try input.requiredText("AlarmName", 1...AlarmDefinition.nameLengthMax),
      description: try input.text("AlarmDescription", 0...AlarmDefinition.descriptionLengthMax),
      actionsEnabled: try input.flag("ActionsEnabled") ?? true, okActions: try input.texts("OKActions") ?? [],
      alarmActions: try input.texts("AlarmActions") ?? [],
      insufficientDataActions: try input.texts("InsufficientDataActions") ?? [], subject: subject, period: period,
      evaluationPeriods: try input.requiredInteger("EvaluationPeriods", 1...Int(Int32.max)),
      datapointsToAlarm: try input.integer("DatapointsToAlarm", 1...Int(Int32.max)), threshold: threshold,
      comparison: sign, missingData: treatment, tags: Dictionary(tags, uniquingKeysWith: { _, last in last }))
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

  private func describe(_ input: WireInput) async throws -> WireTree? {
    let wanted = try input.texts("AlarmNames")
    let prefix = try input.text("AlarmNamePrefix")
    let state = try input.text("StateValue")
    let action = try input.text("ActionPrefix")
    guard wanted == nil || prefix == nil else {
      throw WireError(.validation, "AlarmNames and AlarmNamePrefix are mutually exclusive")
    }
    let types = try input.texts("AlarmTypes") ?? ["MetricAlarm"]
    let found = try await keeper.alarms().filter { alarm in
      types.contains("MetricAlarm") && (wanted?.contains(alarm.definition.name) ?? true)
        && (prefix.map { alarm.definition.name.hasPrefix($0) } ?? true)
        && (state.map { alarm.state.rawValue == $0 } ?? true)
        && (action.map { prefix in AlarmService.allActions(alarm).contains { $0.hasPrefix(prefix) } } ?? true)
    }
    let page = ListPage(
      found, limit: try input.integer("MaxRecords", 1...AlarmService.pageMax) ?? 50,
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
    let found = try await keeper.alarms().filter { alarm in
      guard case .metric(let own, let name, _) = alarm.definition.subject else { return false }
      return own == metric && (statistic == nil || statistic == name)
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
    var before: Int64?
    if let token = try input.text("NextToken") {
      guard let place = Int64(token) else { throw WireError(.invalidNextToken, "The token \(token) is invalid.") }
      before = place
    }
    let limit = try input.integer("MaxRecords", 1...AlarmService.pageMax) ?? AlarmService.pageMax
    let kind = try input.choice("HistoryItemType", of: AlarmHistoryItem.Kind.self)
    let lines = try await keeper.history(
      of: try input.text("AlarmName"), kind: kind, in: start..<max(end, start + Span(milliseconds: 1)), before: before,
      limit: limit + 1)
    let page = lines.prefix(limit)
    return .members([
      "AlarmHistoryItems": .list(
        page.map { _, item in
          .members([
            "AlarmName": .text(item.alarm), "AlarmType": .text("MetricAlarm"), "Timestamp": .time(item.at),
            "HistoryItemType": .text(item.kind.rawValue), "HistorySummary": .text(item.summary),
            "HistoryData": .text(item.data.text),
          ])
        }),
      "NextToken": lines.count > limit ? page.last.map { .text(String($0.place)) } : nil,
    ])
  }

  // MARK: Tags

  private func tags(_ operation: CloudWatchOperation, _ input: WireInput) async throws -> WireTree? {
    let arn = try input.requiredText("ResourceARN", 1...1_024)
    let prefix = keeper.arn("").description
    guard arn.hasPrefix(prefix), let alarm = try await keeper.alarm(String(arn.dropFirst(prefix.count))) else {
      throw WireError(.alarmNotFound, "There is no alarm \(arn)")
    }
    let name = alarm.definition.name
    if operation == .listTagsForResource {
      let pairs = alarm.definition.tags.sorted { $0.key < $1.key }
      return .members([
        "Tags": .list(pairs.map { .members(["Key": .text($0.key), "Value": .text($0.value)]) })
      ])
    }
    let added = try (try input.structures("Tags") ?? []).map { tag in
      (try tag.requiredText("Key", 1...128), try tag.text("Value", 0...256) ?? "")
    }
    let removed = try input.texts("TagKeys") ?? []
    _ = try await keeper.tag(name) { tags in
      for (key, value) in added { tags[key] = value }
      for key in removed { tags[key] = nil }
    }
    return nil
  }
}
