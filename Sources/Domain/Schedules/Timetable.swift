import Events

/// Everything that says when a schedule fires: its expression, where its wall clock hangs, and from when until when it
/// counts.
///
/// Pure. Source: SCHEDULES §1.
public struct Timetable: Sendable, Hashable {
  public let expression: ScheduleExpression
  public let zone: ZoneRules
  public let changes: ClockChangeRule
  /// Where a `rate` counts from; nothing to `cron` and `at`.
  public let anchor: Timestamp
  /// No instant at or before it is one of the schedule's: its creation, or its last change.
  public let epoch: Timestamp
  /// No instant after it is one of the schedule's; nothing to `at`. Source: the API's model, `EndDate`.
  public let end: Timestamp?

  public init(
    _ expression: ScheduleExpression, zone: ZoneRules, changes: ClockChangeRule = .standard, anchor: Timestamp,
    epoch: Timestamp, end: Timestamp? = nil
  ) {
    self.expression = expression
    self.zone = zone
    self.changes = changes
    self.anchor = anchor
    self.epoch = epoch
    self.end = end
  }

  /// The first instant strictly after `after`; nil if none comes by the end of 2199.
  public func next(after: Timestamp) -> Timestamp? {
    guard let found = expression.next(after: max(after, epoch), anchor: anchor, zone: zone, changes: changes) else {
      return nil
    }
    guard let end, found > end, !expression.isOnce else { return found }
    return nil
  }

  /// The last instant strictly before `before`; nil if there is none.
  public func previous(before: Timestamp) -> Timestamp? {
    var bound = before
    if let end, end < before, !expression.isOnce { bound = Timestamp(milliseconds: end.milliseconds + 1) }
    guard let found = expression.previous(before: bound, anchor: anchor, zone: zone, changes: changes) else {
      return nil
    }
    return found > epoch ? found : nil
  }

  /// The first `count` instants strictly after `after`, in order.
  public func instants(after: Timestamp, count: Int) -> [Timestamp] {
    var found: [Timestamp] = []
    var last = after
    while found.count < count, let instant = next(after: last) {
      found.append(instant)
      last = instant
    }
    return found
  }
}
