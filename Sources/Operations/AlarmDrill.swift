import Alarms
import Engine
import Events
import Measures

/// Drives an alarm from OK to ALARM and back through the real path, on a shadow: a copy of it on a metric of its own.
///
/// The copy is evaluated by the same code, its changes are real events on the bus, and real webhooks hear of them; the
/// alarm itself and its metric are not touched.
public struct AlarmDrill: Sendable {
  public static let namespace = "Bellcrank/AlarmTest"

  private let room: ControlRoom

  public init(_ room: ControlRoom) {
    self.room = room
  }

  /// One step of a drill and what was seen.
  public struct Step: Sendable, Hashable {
    public let expected: AlarmState
    public let found: AlarmState
    public let reason: String
    /// The event that told of it; nil if there was none.
    public let eventID: String?

    public var isRight: Bool { expected == found && eventID != nil }
  }

  /// nil if there is no such alarm.
  public func run(_ name: String) async throws -> [Step]? {
    guard let alarm = try await room.alarms.alarm(name) else { return nil }
    var steps: [Step] = []
    let (calm, loud) = AlarmDrill.values(of: alarm.definition)
    for (value, expected) in [(calm, AlarmState.ok), (loud, .alarm), (calm, .ok)] {
      steps.append(try await step(alarm.definition, steps.count + 1, value, expected))
    }
    _ = try await room.alarms.delete([AlarmDrill.name(of: alarm.definition)])
    return steps
  }

  private static func name(of alarm: AlarmDefinition) -> String {
    String("\(alarm.name)--test".suffix(AlarmDefinition.nameLengthMax))
  }

  /// A copy whose window is the last whole minute of a metric of its own, a fresh one for each step.
  private static func shadow(of alarm: AlarmDefinition, on metric: MetricID) throws(MetricError) -> AlarmDefinition {
    try AlarmDefinition(
      name: name(of: alarm),
      description: "A drill of \(alarm.name): nothing is wrong.".prefix(AlarmDefinition.descriptionLengthMax)
        .description,
      actionsEnabled: alarm.actionsEnabled, okActions: alarm.okActions, alarmActions: alarm.alarmActions,
      insufficientDataActions: alarm.insufficientDataActions,
      subject: .metric(metric, statistic: "Maximum", unit: nil),
      period: 60, evaluationPeriods: 1, threshold: alarm.threshold, comparison: alarm.comparison,
      missingData: .ignore, tags: alarm.tags)
  }

  /// A value on either side of the threshold.
  private static func values(of alarm: AlarmDefinition) -> (calm: Double, loud: Double) {
    switch alarm.comparison {
    case .greater, .greaterOrEqual: (alarm.threshold - 1, alarm.threshold + 1)
    case .less, .lessOrEqual: (alarm.threshold + 1, alarm.threshold - 1)
    }
  }

  /// Puts a value into the last whole minute, evaluates as every minute does, and looks for the event.
  private func step(
    _ alarm: AlarmDefinition, _ number: Int, _ value: Double, _ expected: AlarmState
  ) async throws -> Step {
    let now = room.runtime.ports.clock.now()
    let drill = "\(now.preciseText)-\(number)"
    let metric = MetricID(AlarmDrill.namespace, "Shadow", ["AlarmName": alarm.name, "Drill": drill])
    let shadow = try AlarmDrill.shadow(of: alarm, on: metric)
    let minute = MetricPeriods.start(of: now - .minutes(1), period: RollupTier.minute.seconds)
    try await room.metrics.add(
      [MetricMinute(metric: metric, unit: .none, at: minute): Rollup(value)], saving: [], at: now)
    try await room.alarms.put(shadow)
    _ = try await room.alarms.evaluate(shadow.name)
    let found = try await room.alarms.alarm(shadow.name)
    let event = try await room.runtime.ports.events.events(limit: 50).map(\.event).first { event in
      event.detailType == "CloudWatch Alarm State Change" && event.detail["alarmName"]?.string == shadow.name
        && event.detail["state"]?["value"]?.string == expected.rawValue && event.time >= now.wholeSecond
    }
    return Step(
      expected: expected, found: found?.state ?? .insufficientData, reason: found?.reason ?? "the shadow is gone",
      eventID: event?.id)
  }
}
