import Events
import Measures

extension AlarmDefinition {
  /// The alarm as it is stored; the members are PutMetricAlarm's.
  public var json: JSON {
    var json = JSON(present: [
      "AlarmName": .string(name), "AlarmDescription": description.map { .string($0) },
      "ActionsEnabled": .bool(actionsEnabled), "OKActions": JSON(okActions), "AlarmActions": JSON(alarmActions),
      "InsufficientDataActions": JSON(insufficientDataActions), "Period": JSON(period),
      "EvaluationPeriods": JSON(evaluationPeriods), "DatapointsToAlarm": JSON(datapointsToAlarm),
      "Threshold": JSON(threshold), "ComparisonOperator": .string(comparison.rawValue),
      "TreatMissingData": .string(missingData.rawValue),
      "EvaluateLowSampleCountPercentile": lowSamples.map { .string($0.rawValue) },
      "Tags": .object(tags.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
    ])
    switch subject {
    case .metric(let metric, let statistic, let unit):
      json.set("Metric", .string(metric.key))
      json.set("Statistic", .string(statistic))
      if let unit { json.set("Unit", .string(unit.rawValue)) }
    case .queries(let queries): json.set("Metrics", .array(queries.map(\.json)))
    }
    return json
  }

  /// Reads what `json` wrote.
  public init(json: JSON) throws(MetricError) {
    guard let name = json["AlarmName"]?.string, let period = json["Period"]?.int,
      let evaluations = json["EvaluationPeriods"]?.int, let datapoints = json["DatapointsToAlarm"]?.int,
      let threshold = json["Threshold"]?.double,
      let comparison = json["ComparisonOperator"]?.string.flatMap({ AlarmComparison(rawValue: $0) }),
      let missing = json["TreatMissingData"]?.string.flatMap({ MissingData(rawValue: $0) }),
      let subject = AlarmDefinition.subject(json)
    else { throw MetricError(.validation, "a stored alarm lacks a member") }
    func texts(_ name: String) -> [String] { (json[name]?.elements ?? []).compactMap(\.string) }
    try self.init(
      name: name, description: json["AlarmDescription"]?.string, actionsEnabled: json["ActionsEnabled"]?.bool ?? true,
      okActions: texts("OKActions"), alarmActions: texts("AlarmActions"),
      insufficientDataActions: texts("InsufficientDataActions"), subject: subject, period: period,
      evaluationPeriods: evaluations, datapointsToAlarm: datapoints, threshold: threshold, comparison: comparison,
      missingData: missing,
      lowSamples: json["EvaluateLowSampleCountPercentile"]?.string.flatMap { LowSamples(rawValue: $0) },
      tags: Dictionary(
        (json["Tags"]?.members ?? []).compactMap { member in member.value.string.map { (member.key, $0) } },
        uniquingKeysWith: { _, last in last }))
  }

  private static func subject(_ json: JSON) -> AlarmSubject? {
    if let queries = json["Metrics"]?.elements {
      let read = queries.compactMap { MetricQuery(json: $0) }
      return read.count == queries.count ? .queries(read) : nil
    }
    guard let metric = json["Metric"]?.string.flatMap({ MetricID(key: $0) }), let statistic = json["Statistic"]?.string
    else { return nil }
    return .metric(metric, statistic: statistic, unit: json["Unit"]?.string.flatMap { MetricUnit(rawValue: $0) })
  }
}

extension MetricQuery {
  var json: JSON {
    var json = JSON(present: [
      "Id": .string(id), "Label": label.map { .string($0) }, "ReturnData": .bool(returnsData),
    ])
    switch source {
    case .expression(let text, let period):
      json.set("Expression", .string(text))
      if let period { json.set("Period", JSON(period)) }
    case .metric(let metric, let statistic, let period, let unit):
      json.set("Metric", .string(metric.key))
      json.set("Stat", .string(statistic))
      json.set("Period", JSON(period))
      if let unit { json.set("Unit", .string(unit.rawValue)) }
    }
    return json
  }

  init?(json: JSON) {
    guard let id = json["Id"]?.string else { return nil }
    let source: Source
    if let text = json["Expression"]?.string {
      source = .expression(text, period: json["Period"]?.int)
    } else if let metric = json["Metric"]?.string.flatMap({ MetricID(key: $0) }), let statistic = json["Stat"]?.string,
      let period = json["Period"]?.int
    {
      source = .metric(
        metric, statistic: statistic, period: period, unit: json["Unit"]?.string.flatMap { MetricUnit(rawValue: $0) })
    } else {
      return nil
    }
    self.init(
      id: id, label: json["Label"]?.string, returnsData: json["ReturnData"]?.bool ?? true, source: source)
  }
}
