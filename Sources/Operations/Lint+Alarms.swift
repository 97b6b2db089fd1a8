import Alarms
import Events
import Measures
import Schedules

/// What is wrong with one alarm.
extension Lint {
  func look(_ alarm: AlarmDraft) -> [Finding] {
    if let known = metrics[alarm.namespace], !known.contains(alarm.metric) {
      let near = known.sorted().joined(separator: ", ")
      return [
        Finding(
          code: .phantomMetric, subject: alarm.name,
          sentence: "\(alarm.namespace) has no metric \(alarm.metric); it has \(near)")
      ]
    }
    return reach(alarm).map { [Finding(code: .alarmCannotFire, subject: alarm.name, sentence: $0)] } ?? []
  }

  private func reach(_ alarm: AlarmDraft) -> String? {
    let metric = "\(alarm.statistic) of \(alarm.metric)"
    switch alarm.comparison {
    case .less where alarm.threshold <= 0, .lessOrEqual where alarm.threshold < 0:
      return "\(metric) is never below 0, and the threshold is \(JSON(alarm.threshold).text)"
    case .less, .lessOrEqual:
      guard alarm.missingData == .notBreaching || alarm.missingData == .ignore,
        ["Sum", "SampleCount"].contains(alarm.statistic)
      else { return nil }
      return "\(metric) has no value while nothing happens, and missing data is \(alarm.missingData.rawValue)"
    case .greater, .greaterOrEqual:
      // Once a day, one failure is all there can be in a short period (D25).
      let slots = rules.compactMap(\.schedule).map { Lint.firesWithin(alarm.period, $0, now) }.max() ?? 0
      guard ["MissedFires", "FailedInvocations"].contains(alarm.metric), alarm.statistic == "Sum", slots == 1,
        alarm.threshold > 1 || (alarm.threshold == 1 && alarm.comparison == .greater)
      else { return nil }
      return
        "at most \(slots) fire falls into \(alarm.period) s, so \(metric) does not pass \(JSON(alarm.threshold).text)"
    }
  }

  /// The most fires of a schedule in any window of that length, over the next days.
  private static func firesWithin(_ seconds: Int, _ text: String, _ now: Timestamp) -> Int {
    let schedule: ScheduleExpression
    do { schedule = try ScheduleExpression(text, dialect: .rules) } catch { return 0 }
    let fires = schedule.instants(after: now, count: 100, anchor: now, zone: .utc)
    return fires.indices.map { start in
      fires[start...].prefix { $0 - fires[start] < .seconds(seconds) }.count
    }.max() ?? 0
  }
}
