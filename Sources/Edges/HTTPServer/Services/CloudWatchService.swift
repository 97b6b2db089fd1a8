import AWSWire
import Alarms
import Engine
import Events
import Measures
import Operations

/// CloudWatch on the wire: metrics and dashboards; alarms are answered by `AlarmService`.
struct CloudWatchService: Sendable {
  /// Metrics of one page, boards of one page.
  static let pageMax = 500
  /// Datapoints of one page of GetMetricData.
  static let dataPageMax = 100_800

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
      case .putDashboard: return try await putDashboard(input)
      case .getDashboard: return try await getDashboard(input)
      case .listDashboards: return try await listDashboards(input)
      case .deleteDashboards: return try await deleteDashboards(input)
      case .putMetricAlarm, .describeAlarms, .describeAlarmsForMetric, .describeAlarmHistory, .setAlarmState,
        .deleteAlarms, .enableAlarmActions, .disableAlarmActions, .tagResource, .untagResource, .listTagsForResource:
        return try await AlarmService(context).answer(operation, input)
      }
    } catch let error as MetricError {
      throw WireError(error)
    }
  }

  private var reader: MetricReader { context.room.reader }

  // MARK: Metrics

  private func putMetricData(_ input: WireInput) async throws -> WireTree? {
    let namespace = try input.requiredText("Namespace", 1...MetricID.namespaceLengthMax)
    guard !MetricID.isReserved(namespace) else {
      throw WireError(
        .invalidParameterValue, "The value AWS/ for parameter Namespace is invalid: AWS's own are published here only.")
    }
    var entries = (try input.structures("MetricData") ?? []).map { ($0, Optional<[String: String]>.none) }
    for entity in try input.structures("EntityMetricData") ?? [] {
      entries += (try entity.structures("MetricData") ?? []).map { ($0, nil) }
    }
    guard !entries.isEmpty else {
      throw WireError(.missingParameter, "The parameter MetricData is required.")
    }
    guard entries.count <= Datum.requestMax else {
      throw WireError(
        .invalidParameterValue, "The collection MetricData must not have a size greater than \(Datum.requestMax).")
    }
    var data: [Datum] = []
    for (place, (entry, _)) in entries.enumerated() {
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
      namespace, try entry.requiredText("MetricName", 1...MetricID.nameLengthMax),
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
        guard let number = try set.double(name) else { throw set.missing(name) }
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

  private func range(_ input: WireInput) throws -> Range<Timestamp> {
    let start = try input.requiredMoment("StartTime")
    let end = try input.requiredMoment("EndTime")
    guard start < end else {
      throw WireError(
        .invalidParameterValue, "The parameter StartTime must be less than the parameter EndTime.")
    }
    return start..<end
  }

  private func getMetricStatistics(_ input: WireInput) async throws -> WireTree? {
    let metric = MetricID(
      try input.requiredText("Namespace", 1...MetricID.namespaceLengthMax),
      try input.requiredText("MetricName", 1...MetricID.nameLengthMax), try CloudWatchService.dimensions(input))
    try metric.check()
    let range = try range(input)
    let period = try input.requiredInteger("Period", 1...604_800)
    try MetricPeriods.check(period: period)
    let points = Int((range.upperBound - range.lowerBound).seconds) / max(60, period)
    guard points <= MetricPeriods.statisticsMax else {
      throw WireError(
        .invalidParameterCombination,
        "You have requested up to \(points) datapoints, which exceeds the limit of \(MetricPeriods.statisticsMax). You "
          + "may reduce the datapoints requested by increasing Period, or decreasing the time range.")
    }
    let simple = try input.texts("Statistics") ?? []
    let extended = try input.texts("ExtendedStatistics") ?? []
    guard !simple.isEmpty || !extended.isEmpty else {
      throw WireError(.missingParameter, "At least one of Statistics and ExtendedStatistics is required.")
    }
    for name in simple where !Statistic.standard.contains(where: { $0.name == name }) {
      throw WireError(.invalidParameterValue, "The value \(name) for parameter Statistics is invalid.")
    }
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

  private func getMetricData(_ input: WireInput) async throws -> WireTree? {
    let range = try range(input)
    let queries = try (try input.structures("MetricDataQueries") ?? []).map(CloudWatchService.query)
    try MetricQuery.check(queries)
    let descending = try input.text("ScanBy") != "TimestampAscending"
    let max = try input.integer("MaxDatapoints", 1...MetricPeriods.dataMax) ?? CloudWatchService.dataPageMax
    let series = try await reader.data(queries, in: range)
    let skipped = try input.text("NextToken").map { token throws(WireError) in
      guard let number = Int(token), number >= 0 else {
        throw WireError(.invalidNextToken, "The service token \(token) is invalid.")
      }
      return number
    }
    var place = 0
    var results: [WireTree] = []
    var isCut = false
    for query in queries where query.returnsData {
      let points = (series[query.id] ?? [:]).filter { range.contains($0.key) || $0.key >= range.lowerBound }
        .sorted { descending ? $0.key > $1.key : $0.key < $1.key }
      let fresh = points.dropFirst(Swift.max(0, (skipped ?? 0) - place)).prefix(
        Swift.max(0, (skipped ?? 0) + max - Swift.max(place, skipped ?? 0)))
      place += points.count
      let isPartial = place > (skipped ?? 0) + max
      if isPartial { isCut = true }
      results.append(
        .members([
          "Id": .text(query.id), "Label": .text(query.label ?? CloudWatchService.label(query)),
          "Timestamps": .list(fresh.map { .time($0.key) }), "Values": .list(fresh.map { .double($0.value) }),
          "StatusCode": .text(isPartial ? "PartialData" : "Complete"),
        ]))
    }
    let next = isCut ? String((skipped ?? 0) + max) : nil
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
    let all = try await reader.list(namespace: try input.text("Namespace"), name: try input.text("MetricName"))
    let isRecent = try input.text("RecentlyActive") == "PT3H"
    let found = all.filter { metric, lastAt in
      (!isRecent || lastAt >= context.now - .hours(3))
        && filters.allSatisfy { name, value in
          metric.dimensions.contains { $0.name == name && (value == nil || $0.value == value) }
        }
    }.map(\.metric)
    let page = ListPage(found, limit: nil, after: try input.text("NextToken"), max: CloudWatchService.pageMax) {
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

  // MARK: Dashboards

  private func arn(_ dashboard: String) -> String {
    "arn:aws:cloudwatch::\(context.names.account):dashboard/\(dashboard)"
  }

  private func putDashboard(_ input: WireInput) async throws -> WireTree? {
    let name = try input.requiredText("DashboardName")
    let body = try input.requiredText("DashboardBody", 1...4_194_304)
    guard Dashboard.isName(name) else {
      throw WireError(
        .invalidParameterValue,
        "The value \(name) for field DashboardName contains invalid characters. It can only contain alphanumerics, dash "
          + "(-) and underscore (_).")
    }
    let complaints = Dashboard.complaints(about: body)
    guard complaints.isEmpty else {
      let list = complaints.prefix(10).map { "\($0.dataPath): \($0.message)" }.joined(separator: "; ")
      throw WireError(
        .dashboardInvalidInput,
        "The dashboard body is invalid, there are \(complaints.count) validation errors: \(list)")
    }
    try await context.room.documents.save(
      [DocumentChange(.dashboard, name, ["body": .string(body)])], at: context.now)
    return .members(["DashboardValidationMessages": .list([])])
  }

  private func getDashboard(_ input: WireInput) async throws -> WireTree? {
    let name = try input.requiredText("DashboardName")
    guard let board = try await context.room.documents.document(.dashboard, name) else {
      throw WireError(.dashboardNotFound, "Dashboard \(name) does not exist")
    }
    return .members([
      "DashboardArn": .text(arn(name)), "DashboardBody": .text(board.json["body"]?.string ?? ""),
      "DashboardName": .text(name),
    ])
  }

  private func listDashboards(_ input: WireInput) async throws -> WireTree? {
    let prefix = try input.text("DashboardNamePrefix") ?? ""
    let boards = try await context.room.documents.documents(.dashboard).filter { $0.name.hasPrefix(prefix) }
    let page = ListPage(
      boards, limit: nil, after: try input.text("NextToken"), max: CloudWatchService.pageMax, name: \.name)
    return .members([
      "DashboardEntries": .list(
        page.elements.map { board in
          .members([
            "DashboardName": .text(board.name), "DashboardArn": .text(arn(board.name)),
            "LastModified": .time(board.changedAt), "Size": .integer(board.json["body"]?.string?.utf8.count ?? 0),
          ])
        }), "NextToken": page.nextToken.map { .text($0) },
    ])
  }

  private func deleteDashboards(_ input: WireInput) async throws -> WireTree? {
    let names = try input.texts("DashboardNames") ?? []
    guard !names.isEmpty else { throw WireError(.missingParameter, "The parameter DashboardNames is required.") }
    for name in names where try await context.room.documents.document(.dashboard, name) == nil {
      throw WireError(.dashboardNotFound, "Dashboard \(name) does not exist")
    }
    for name in names { _ = try await context.room.documents.remove(.dashboard, name) }
    return nil
  }
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
