import Events
import Measures

/// One look at an alarm's datapoints: where it stands now, and in which words.
///
/// Source: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data" and "Evaluating an alarm".
public struct AlarmEvaluation: Sendable, Hashable {
  /// Periods that are looked at beyond `EvaluationPeriods`, for data may be late.
  public static let extraPeriods = 2

  /// One period of the evaluation range.
  public struct Datapoint: Sendable, Hashable {
    /// The first instant of the period.
    public let at: Timestamp
    /// nil if the period has no data.
    public let value: Double?

    public init(at: Timestamp, value: Double?) {
      self.at = at
      self.value = value
    }
  }

  public let state: AlarmState
  /// In CloudWatch's words.
  public let reason: String
  public let reasonData: JSON

  /// - Parameters:
  ///   - previous: where the alarm stood.
  ///   - datapoints: the last `EvaluationPeriods` and two more, the oldest first.
  public init(_ alarm: AlarmDefinition, previous: AlarmState, datapoints: [Datapoint], at now: Timestamp) {
    let real = datapoints.filter { $0.value != nil }
    let considered = Array(real.suffix(alarm.evaluationPeriods))
    let missing = alarm.evaluationPeriods - considered.count
    let breaching = considered.filter { point in
      point.value.map { alarm.comparison.isBreached($0, alarm.threshold) } ?? false
    }
    state = AlarmEvaluation.state(
      alarm, previous, considered: considered, breaching: breaching.count, missing: missing, datapoints)
    reason = AlarmEvaluation.words(
      alarm, previous, state, considered: considered, breaching: breaching.count, missing: missing)
    reasonData = AlarmEvaluation.data(alarm, considered, at: now)
  }

  private static func state(
    _ alarm: AlarmDefinition, _ previous: AlarmState, considered: [Datapoint], breaching: Int, missing: Int,
    _ datapoints: [Datapoint]
  ) -> AlarmState {
    let wanted = alarm.datapointsToAlarm
    if breaching >= wanted { return .alarm }
    if missing == 0 { return .ok }
    switch alarm.missingData {
    case .breaching: return breaching + missing >= wanted ? .alarm : .ok
    case .notBreaching: return .ok
    case .ignore: return considered.isEmpty || breaching == considered.count ? previous : .ok
    case .missing:
      guard let oldest = considered.first else { return .insufficientData }
      guard breaching == considered.count else { return .ok }
      // Not an alarm before its time: the oldest breach must be as old as the datapoints that an alarm takes.
      let age = datapoints.count - (datapoints.firstIndex(of: oldest) ?? datapoints.count)
      return age >= wanted ? .alarm : previous
    }
  }

  private static func words(
    _ alarm: AlarmDefinition, _ previous: AlarmState, _ state: AlarmState, considered: [Datapoint], breaching: Int,
    missing: Int
  ) -> String {
    func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
    guard !considered.isEmpty else {
      if state == .insufficientData || alarm.missingData == .ignore {
        return "Insufficient Data: \(counted(missing, "datapoint")) \(missing == 1 ? "was" : "were") unknown."
      }
      let periods = counted(alarm.evaluationPeriods, "period")
      let treatment = alarm.missingData == .breaching ? "Breaching" : "NonBreaching"
      return "Threshold Crossed: no datapoints were received for \(periods) and "
        + "\(counted(missing, "missing datapoint")) \(missing == 1 ? "was" : "were") treated as [\(treatment)]."
    }
    let isAlarm = state == .alarm
    let named = isAlarm ? breaching : considered.count - breaching
    let list = considered.suffix(5).reversed().map { "\($0.value ?? 0) (\(clock($0.at)))" }.joined(separator: ", ")
    let verb = named == 1 ? "was" : "were"
    let least = isAlarm ? alarm.datapointsToAlarm : max(1, alarm.evaluationPeriods - alarm.datapointsToAlarm + 1)
    return "Threshold Crossed: \(named) out of the last \(considered.count) datapoints [\(list)] \(verb) "
      + "\(isAlarm ? "" : "not ")\(alarm.comparison.words) the threshold (\(alarm.threshold)) (minimum "
      + "\(counted(least, "datapoint")) for \(previous.rawValue) -> \(state.rawValue) transition)."
  }

  /// `24/11/26 05:00:00`: day, month, year.
  private static func clock(_ moment: Timestamp) -> String {
    let text = moment.description  // 2026-11-24T05:00:00Z
    let date = text.prefix(10).split(separator: "-").reversed().map { $0.suffix(2) }.joined(separator: "/")
    return "\(date) \(text.dropFirst(11).prefix(8))"
  }

  private static func data(_ alarm: AlarmDefinition, _ considered: [Datapoint], at now: Timestamp) -> JSON {
    var statistic: String?
    if case .metric(_, let name, _) = alarm.subject { statistic = name }
    return JSON(present: [
      "version": "1.0", "queryDate": .string(long(now)), "startDate": considered.first.map { .string(long($0.at)) },
      "statistic": statistic.map { .string($0) }, "period": JSON(alarm.period),
      "recentDatapoints": .array(considered.map { JSON($0.value ?? 0) }), "threshold": JSON(alarm.threshold),
      "evaluatedDatapoints": .array(
        considered.reversed().map { ["timestamp": .string(long($0.at)), "value": JSON($0.value ?? 0)] }),
    ])
  }

  /// `2026-11-24T05:00:00.000+0000`, as CloudWatch writes times in its events.
  static func long(_ moment: Timestamp) -> String { moment.preciseText.dropLast() + "+0000" }
}
