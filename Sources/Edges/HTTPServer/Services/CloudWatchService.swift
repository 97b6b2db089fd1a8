import AWSWire
import Alarms
import Engine
import Events
import Measures
import Operations

/// CloudWatch on the wire: metrics; alarms, dashboards and tags have services of their own.
struct CloudWatchService: Sendable {
  /// Metrics of one page.
  static let pageMax = 500
  /// Datapoints of one page of GetMetricData.
  static let dataPageMax = 100_800
  private static let metricsListing = Listing("ListMetrics", refusal: .invalidParameterValue)

  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  func answer(_ operation: CloudWatchOperation, _ input: WireInput) async throws -> WireTree? {
    do {
      switch operation {
      case .putMetricData: return try await putMetricData(input)
      case .getMetricData: return try await getMetricData(input)
      case .getMetricStatistics: return try await getMetricStatistics(input)
      case .listMetrics: return try await listMetrics(input)
      case .putDashboard, .getDashboard, .listDashboards, .deleteDashboards:
        return try await DashboardService(context).answer(operation, input)
      case .tagResource, .untagResource, .listTagsForResource:
        return try await TagService(context).answer(operation, input)
      case .putMetricAlarm, .describeAlarms, .describeAlarmsForMetric, .describeAlarmHistory, .setAlarmState,
        .deleteAlarms, .enableAlarmActions, .disableAlarmActions:
        return try await AlarmService(context).answer(operation, input)
      }
    } catch let error as MetricError {
      throw WireError(error)
    }
  }

  private var reader: MetricReader { context.room.reader }

  /// A text without which there is no metric to speak of.
  private static func required(_ input: WireInput, _ name: String, _ lengthMax: Int) throws(WireError) -> String {
    guard let text = try input.text(name, 1...lengthMax) else { throw missing(name) }
    return text
  }

  private static func missing(_ name: String) -> WireError {
    WireError(.missingParameter, "The parameter \(name) is required.")
  }

  private func putMetricData(_ input: WireInput) async throws -> WireTree? {
    let namespace = try CloudWatchService.required(input, "Namespace", MetricID.namespaceLengthMax)
    guard !MetricID.isReserved(namespace) else {
      throw WireError(
        .invalidParameterValue, "The value AWS/ for parameter Namespace is invalid: AWS's own are published here only.")
    }
    var entries = try input.structures("MetricData") ?? []
    for entity in try input.structures("EntityMetricData") ?? [] {
      entries += try entity.structures("MetricData") ?? []
    }
    guard !entries.isEmpty else { throw CloudWatchService.missing("MetricData") }
    guard entries.count <= Datum.requestMax else {
      throw WireError(
        .invalidParameterValue, "The collection MetricData must not have a size greater than \(Datum.requestMax).")
    }
    var data: [Datum] = []
    for (place, entry) in entries.enumerated() {
      data.append(try datum(entry, namespace, "MetricData.member.\(place + 1)"))
    }
    var minutes: [MetricMinute: Rollup] = [:]
    for datum in data {
      let start = MetricPeriods.start(of: datum.at, period: RollupTier.minute.seconds)
      let minute = MetricMinute(metric: datum.metric, unit: datum.unit, at: start)
      minutes[minute] = minutes[minute]?.merged(with: datum.rollup) ?? datum.rollup
    }
    try await context.room.metrics.add(minutes, saving: [], at: context.now)
    return nil
  }

  private func datum(_ entry: WireInput, _ namespace: String, _ place: String) throws -> Datum {
    let metric = MetricID(
      namespace, try CloudWatchService.required(entry, "MetricName", MetricID.nameLengthMax),
      try CloudWatchService.dimensions(entry))
    let content: Datum.Content
    let value = try entry.double("Value")
    let values = try entry.doubles("Values")
    let set = try entry.structure("StatisticValues")
    switch (value, values, set) {
    case (let value?, nil, nil): content = .value(value)
    case (nil, let values?, nil): content = .values(values, counts: try entry.doubles("Counts"))
    case (nil, nil, let set?):
      func number(_ name: String) throws -> Double {
        guard let number = try set.double(name) else {
          throw CloudWatchService.missing("\(place).StatisticValues.\(name)")
        }
        return number
      }
      content = .statistics(
        sampleCount: try number("SampleCount"), sum: try number("Sum"), minimum: try number("Minimum"),
        maximum: try number("Maximum"))
    case (nil, nil, nil):
      throw WireError(
        .missingParameter, "At least one of the parameters \(place).Value, .Values or .StatisticValues is required.")
    default:
      throw WireError(
        .invalidParameterCombination,
        "The parameters \(place).Value, .Values and .StatisticValues are mutually exclusive and you have specified more "
          + "than one.")
    }
    return try Datum(
      metric, try CloudWatchService.unit(entry) ?? .none, content, at: try entry.moment("Timestamp"), now: context.now,
      place: place)
  }

  static func dimensions(_ input: WireInput) throws -> [Dimension] {
    try (try input.structures("Dimensions") ?? []).map { side in
      Dimension(try side.requiredText("Name", 1...Dimension.lengthMax), try side.text("Value") ?? "")
    }
  }

  static func unit(_ input: WireInput) throws -> MetricUnit? {
    guard let text = try input.text("Unit") else { return nil }
    guard let unit = MetricUnit(rawValue: text) else {
      throw WireError(.invalidParameterValue, "The value \(text) for parameter Unit is invalid.")
    }
    return unit
  }

  /// The range from `StartTime` to `EndTime`, which the operations refuse by codes of their own.
  private func range(
    _ input: WireInput, lacking: (String) -> WireError, empty code: WireError.Code
  ) throws(WireError) -> Range<Timestamp> {
    guard let start = try input.moment("StartTime") else { throw lacking("StartTime") }
    guard let end = try input.moment("EndTime") else { throw lacking("EndTime") }
    guard start < end else {
      throw WireError(code, "The parameter StartTime must be less than the parameter EndTime.")
    }
    return start..<end
  }

  private func getMetricStatistics(_ input: WireInput) async throws -> WireTree? {
    let metric = MetricID(
      try CloudWatchService.required(input, "Namespace", MetricID.namespaceLengthMax),
      try CloudWatchService.required(input, "MetricName", MetricID.nameLengthMax),
      try CloudWatchService.dimensions(input))
    try metric.check()
    let range = try range(input, lacking: CloudWatchService.missing, empty: .invalidParameterValue)
    guard let period = try input.integer("Period", 1...604_800) else { throw CloudWatchService.missing("Period") }
    try MetricPeriods.check(period: period)
    let points = Int((range.upperBound - range.lowerBound).seconds) / max(60, period)
    guard points <= MetricPeriods.statisticsMax else {
      throw WireError(
        .invalidParameterCombination,
        "You have requested up to \(points) datapoints, which exceeds the limit of \(MetricPeriods.statisticsMax). You "
          + "may reduce the datapoints requested by increasing Period, or decreasing the time range.")
    }
    let (simple, extended) = try statistics(input)
    let wanted = try (simple + extended).map { ($0, try Statistic($0)) }
    let units = try await reader.periodsByUnit(
      of: metric, unit: try CloudWatchService.unit(input), period: period, in: range)
    var datapoints: [WireTree] = []
    for (unit, periods) in units.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      for (at, rollup) in periods.sorted(by: { $0.key < $1.key }) {
        var members: [WireTree.Member] = [.init("Timestamp", .time(at))]
        for (name, statistic) in wanted where simple.contains(name) {
          if let value = statistic.value(of: rollup) { members.append(.init(name, .double(value))) }
        }
        members.append(.init("Unit", .text(unit.rawValue)))
        let more = wanted.filter { extended.contains($0.0) }.compactMap { name, statistic in
          statistic.value(of: rollup).map { WireTree.Member(name, .double($0)) }
        }
        if !more.isEmpty { members.append(.init("ExtendedStatistics", .structure(more))) }
        datapoints.append(.structure(members))
      }
    }
    return .members(["Label": .text(metric.name), "Datapoints": .list(datapoints)])
  }

  /// The statistics that are asked for: either of the five, or others.
  private func statistics(_ input: WireInput) throws(WireError) -> (simple: [String], extended: [String]) {
    let simple = try input.texts("Statistics") ?? []
    let extended = try input.texts("ExtendedStatistics") ?? []
    guard !simple.isEmpty || !extended.isEmpty else {
      throw WireError(.missingParameter, "At least one of Statistics and ExtendedStatistics is required.")
    }
    guard simple.isEmpty || extended.isEmpty else {
      throw WireError(
        .invalidParameterCombination, "The parameters Statistics and ExtendedStatistics are mutually exclusive.")
    }
    for name in simple where !Statistic.standard.contains(where: { $0.name == name }) {
      throw WireError(.invalidParameterValue, "The value \(name) for parameter Statistics is invalid.")
    }
    return (simple, extended)
  }

  private func getMetricData(_ input: WireInput) async throws -> WireTree? {
    let range = try range(input, lacking: input.missing, empty: .validation)
    let queries = try (try input.structures("MetricDataQueries") ?? []).map(CloudWatchService.query)
    try MetricQuery.check(queries)
    let descending = try input.choice("ScanBy", of: ScanOrder.self) != .ascending
    let max = try input.integer("MaxDatapoints", 1...MetricPeriods.dataMax) ?? CloudWatchService.dataPageMax
    let listing = Listing(
      "GetMetricData \(range.lowerBound.milliseconds) \(range.upperBound.milliseconds)", refusal: .invalidNextToken)
    // The token is the number of datapoints that went before; a forged one counts no further than all of them.
    let skipped = Swift.max(0, min(try listing.place(input.text("NextToken")).flatMap { Int($0) } ?? 0, 1 << 40))
    let series = try await reader.data(queries, in: range)
    var place = 0
    var results: [WireTree] = []
    var isCut = false
    for query in queries where query.returnsData {
      let points = (series[query.id] ?? [:]).filter { range.contains($0.key) || $0.key >= range.lowerBound }
        .sorted { descending ? $0.key > $1.key : $0.key < $1.key }
      let fresh = points.dropFirst(Swift.max(0, skipped - place)).prefix(
        Swift.max(0, skipped + max - Swift.max(place, skipped)))
      place += points.count
      let isPartial = place > skipped + max
      if isPartial { isCut = true }
      results.append(
        .members([
          "Id": .text(query.id), "Label": .text(query.label ?? CloudWatchService.label(query)),
          "Timestamps": .list(fresh.map { .time($0.key) }), "Values": .list(fresh.map { .double($0.value) }),
          "StatusCode": .text(isPartial ? "PartialData" : "Complete"),
        ]))
    }
    let next = isCut ? listing.token(of: String(skipped + max)) : nil
    return .members([
      "MetricDataResults": .list(results), "NextToken": next.map { .text($0) }, "Messages": .list([]),
    ])
  }

  static func query(_ input: WireInput) throws -> MetricQuery {
    let id = try input.requiredText("Id", 1...255)
    let source: MetricQuery.Source
    let stat = try input.structure("MetricStat")
    let expression = try input.text("Expression")
    switch (stat, expression) {
    case (let stat?, nil):
      guard let metric = try stat.structure("Metric") else { throw stat.missing("Metric") }
      source = .metric(
        MetricID(
          try metric.requiredText("Namespace", 1...255), try metric.requiredText("MetricName", 1...255),
          try dimensions(metric)), statistic: try stat.requiredText("Stat"),
        period: try stat.requiredInteger("Period", 1...604_800), unit: try unit(stat))
    case (nil, let expression?):
      source = .expression(expression, period: try input.integer("Period", 1...604_800))
    case (nil, nil), (_?, _?):
      throw WireError(
        .validation, "The query \(id) must have either a MetricStat or an Expression, and not both.")
    }
    return MetricQuery(
      id: id, label: try input.text("Label"), returnsData: try input.flag("ReturnData") ?? true, source: source)
  }

  private static func label(_ query: MetricQuery) -> String {
    switch query.source {
    case .metric(let metric, _, _, _): metric.name
    case .expression: query.id
    }
  }

  private func listMetrics(_ input: WireInput) async throws -> WireTree? {
    let filters = try (try input.structures("Dimensions") ?? []).map { side in
      (try side.requiredText("Name", 1...Dimension.lengthMax), try side.text("Value"))
    }
    let namespace = try input.text("Namespace", 1...MetricID.namespaceLengthMax)
    guard namespace?.hasPrefix(":") != true else {
      throw WireError(.invalidParameterValue, "The value \(namespace ?? "") for parameter Namespace is invalid.")
    }
    let recently = try input.text("RecentlyActive")
    guard [nil, "PT3H"].contains(recently) else {
      throw WireError(.invalidParameterValue, "The only valid value for parameter RecentlyActive is PT3H.")
    }
    let isRecent = recently != nil
    let all = try await reader.list(
      namespace: namespace, name: try input.text("MetricName", 1...MetricID.nameLengthMax))
    let found = all.filter { metric, lastAt in
      (!isRecent || lastAt >= context.now - .hours(3))
        && filters.allSatisfy { name, value in
          metric.dimensions.contains { $0.name == name && (value == nil || $0.value == value) }
        }
    }.map(\.metric)
    let page = try ListPage(
      found, CloudWatchService.metricsListing, limit: nil, after: try input.text("NextToken"),
      max: CloudWatchService.pageMax
    ) {
      "\($0.namespace)\u{1}\($0.name)\u{1}\($0.key)"
    }
    return .members([
      "Metrics": .list(page.elements.map(CloudWatchService.shape)), "NextToken": page.nextToken.map { .text($0) },
      "OwningAccounts": nil,
    ])
  }

  static func shape(_ metric: MetricID) -> WireTree {
    .members([
      "Namespace": .text(metric.namespace), "MetricName": .text(metric.name),
      "Dimensions": .list(
        metric.dimensions.map { .members(["Name": .text($0.name), "Value": .text($0.value)]) }),
    ])
  }

}

/// In which order datapoints, or lines of a history, are listed. Raw values are AWS's own.
enum ScanOrder: String, Sendable, CaseIterable {
  case descending = "TimestampDescending"
  case ascending = "TimestampAscending"
}

extension WireError {
  /// The same refusal on the wire.
  init(_ error: MetricError) {
    let code: Code =
      switch error.code {
      case .invalidParameterValue: .invalidParameterValue
      case .invalidParameterCombination: .invalidParameterCombination
      case .missingRequiredParameter: .missingParameter
      case .validation: .validation
      }
    self.init(code, error.message)
  }
}
