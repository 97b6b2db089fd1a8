import Events
import Measures

/// Where an alarm stands. Raw values are CloudWatch's own.
public enum AlarmState: String, Sendable, Hashable, Codable, CaseIterable {
  case ok = "OK"
  case alarm = "ALARM"
  case insufficientData = "INSUFFICIENT_DATA"
}

/// How a value is compared with the threshold.
public enum AlarmComparison: String, Sendable, Hashable, Codable, CaseIterable {
  case greaterOrEqual = "GreaterThanOrEqualToThreshold"
  case greater = "GreaterThanThreshold"
  case less = "LessThanThreshold"
  case lessOrEqual = "LessThanOrEqualToThreshold"

  public func isBreached(_ value: Double, _ threshold: Double) -> Bool {
    switch self {
    case .greaterOrEqual: value >= threshold
    case .greater: value > threshold
    case .less: value < threshold
    case .lessOrEqual: value <= threshold
    }
  }

  /// `greater than or equal to`
  public var words: String {
    switch self {
    case .greaterOrEqual: "greater than or equal to"
    case .greater: "greater than"
    case .less: "less than"
    case .lessOrEqual: "less than or equal to"
    }
  }
}

/// What a period without data counts as.
public enum MissingData: String, Sendable, Hashable, Codable, CaseIterable {
  case missing, ignore, breaching, notBreaching
}

/// What an alarm on a percentile does in a period that has too few samples to tell it.
public enum LowSamples: String, Sendable, Hashable, Codable, CaseIterable {
  case evaluate, ignore
}

/// What an alarm watches.
public enum AlarmSubject: Sendable, Hashable {
  /// One metric by one statistic; a period without a unit reads all units.
  case metric(MetricID, statistic: String, unit: MetricUnit?)
  /// Several metrics and one expression that returns data.
  case queries([MetricQuery])
}

/// One of an alarm's, or of GetMetricData's, queries.
public struct MetricQuery: Sendable, Hashable {
  public let id: String
  public let label: String?
  public let returnsData: Bool
  public let source: Source

  public enum Source: Sendable, Hashable {
    case metric(MetricID, statistic: String, period: Int, unit: MetricUnit?)
    case expression(String, period: Int?)
  }

  public init(id: String, label: String?, returnsData: Bool, source: Source) {
    self.id = id
    self.label = label
    self.returnsData = returnsData
    self.source = source
  }
}

/// An alarm as PutMetricAlarm defines it; one that exists is valid.
///
/// Source: CloudWatch API, `PutMetricAlarm`.
public struct AlarmDefinition: Sendable, Hashable {
  public static let nameLengthMax = 255
  public static let descriptionLengthMax = 1_024
  public static let actionsMax = 5
  /// The whole window: a day, or a week if the period is an hour or longer.
  public static let windowMaxSeconds = 86_400
  public static let longWindowMaxSeconds = 604_800

  public var name: String
  public var description: String?
  public var actionsEnabled: Bool
  public var okActions: [String]
  public var alarmActions: [String]
  public var insufficientDataActions: [String]
  public var subject: AlarmSubject
  /// Seconds.
  public var period: Int
  public var evaluationPeriods: Int
  public var datapointsToAlarm: Int
  public var threshold: Double
  public var comparison: AlarmComparison
  public var missingData: MissingData
  /// nil evaluates, and is not told.
  public var lowSamples: LowSamples?
  public var tags: [String: String]

  public init(
    name: String, description: String?, actionsEnabled: Bool = true, okActions: [String] = [],
    alarmActions: [String] = [], insufficientDataActions: [String] = [], subject: AlarmSubject, period: Int,
    evaluationPeriods: Int, datapointsToAlarm: Int? = nil, threshold: Double, comparison: AlarmComparison,
    missingData: MissingData = .missing, lowSamples: LowSamples? = nil, tags: [String: String] = [:]
  ) throws(MetricError) {
    self.name = name
    self.description = description
    self.actionsEnabled = actionsEnabled
    self.okActions = okActions
    self.alarmActions = alarmActions
    self.insufficientDataActions = insufficientDataActions
    self.subject = subject
    self.period = period
    self.evaluationPeriods = evaluationPeriods
    self.datapointsToAlarm = datapointsToAlarm ?? evaluationPeriods
    self.threshold = threshold
    self.comparison = comparison
    self.missingData = missingData
    self.lowSamples = lowSamples
    self.tags = tags
    try check()
  }

  private func check() throws(MetricError) {
    func demand(_ isMet: Bool, _ message: String) throws(MetricError) {
      if !isMet { throw MetricError(.validation, message) }
    }
    try demand(
      (1...AlarmDefinition.nameLengthMax).contains(name.unicodeScalars.count)
        && name.unicodeScalars.allSatisfy { $0.value >= 0x20 },
      "AlarmName must be 1 to \(AlarmDefinition.nameLengthMax) characters without control characters")
    try demand(
      (description?.unicodeScalars.count ?? 0) <= AlarmDefinition.descriptionLengthMax,
      "AlarmDescription must not be longer than \(AlarmDefinition.descriptionLengthMax) characters")
    for actions in [okActions, alarmActions, insufficientDataActions] {
      try demand(
        actions.count <= AlarmDefinition.actionsMax, "At most \(AlarmDefinition.actionsMax) actions for each state")
    }
    try demand(
      [10, 20, 30].contains(period) || (period > 0 && period.isMultiple(of: 60)),
      "Period must be 10, 20, 30 or a multiple of 60")
    try demand(evaluationPeriods >= 1, "EvaluationPeriods must be at least 1")
    try demand(
      (1...evaluationPeriods).contains(datapointsToAlarm),
      "DatapointsToAlarm must be at least 1 and at most EvaluationPeriods (\(evaluationPeriods))")
    let window = period.multipliedReportingOverflow(by: evaluationPeriods)
    let most = period >= 3_600 ? AlarmDefinition.longWindowMaxSeconds : AlarmDefinition.windowMaxSeconds
    try demand(
      !window.overflow && window.partialValue <= most,
      "Metrics cannot be checked across more than \(most == AlarmDefinition.windowMaxSeconds ? "a day" : "a week") "
        + "(EvaluationPeriods * Period must be <= \(most)).")
    try demand(threshold.isFinite, "Threshold must be a finite number")
    try checkSubject()
  }

  private func checkSubject() throws(MetricError) {
    switch subject {
    case .metric(let metric, let statistic, _):
      try metric.check()
      _ = try Statistic(statistic)
    case .queries(let queries):
      guard queries.filter(\.returnsData).count == 1 else {
        throw MetricError(.validation, "Exactly one element of the metrics list should return data.")
      }
      try MetricQuery.check(queries)
    }
  }

  /// The class of §9 that the alarm carries; nil for one that has none.
  public var severity: AlarmSeverity? { tags[AlarmSeverity.tag].flatMap { AlarmSeverity(rawValue: $0) } }
}

extension MetricQuery {
  /// Queries of one request, at most.
  public static let queriesMax = 500

  /// Refuses ids that are none or come twice, and expressions that name what is not there.
  public static func check(_ queries: [MetricQuery]) throws(MetricError) {
    guard !queries.isEmpty, queries.count <= queriesMax else {
      throw MetricError(.validation, "The collection MetricDataQueries must have 1 to \(queriesMax) members")
    }
    var ids: Set<String> = []
    for query in queries {
      guard let first = query.id.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
        query.id.utf8.count <= 255, query.id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
      else {
        throw MetricError(
          .validation,
          "The value \(query.id) for parameter Id is invalid: a lowercase letter, then letters, digits and underscores")
      }
      guard ids.insert(query.id).inserted else {
        throw MetricError(.validation, "The id \(query.id) comes more than once")
      }
    }
    for query in queries {
      switch query.source {
      case .metric(let metric, let statistic, let period, _):
        try metric.check()
        _ = try Statistic(statistic)
        try MetricPeriods.check(period: period)
      case .expression(let text, _):
        let unknown = try MetricMath(text).names.subtracting(ids).subtracting(["REPEAT", "LINEAR"]).sorted()
        guard unknown.isEmpty else {
          throw MetricError(
            .validation, "Error in expression '\(query.id)': no query has the id \(unknown.joined(separator: ", "))")
        }
      }
    }
  }
}
