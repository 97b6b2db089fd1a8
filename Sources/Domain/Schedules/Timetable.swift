import Events

/// Everything that says when a schedule fires: its expression, where its wall clock hangs, and from when until when it
/// counts.
///
/// Pure. Source: SCHEDULES §1.
public struct Timetable: Sendable, Hashable {
  /// What of it many schedules may have in common; held once for all of them.
  public final class Dial: Sendable, Hashable {
    public let expression: ScheduleExpression
    public let zone: ZoneRules
    public let changes: ClockChangeRule

    public init(_ expression: ScheduleExpression, zone: ZoneRules, changes: ClockChangeRule = .standard) {
      self.expression = expression
      self.zone = zone
      self.changes = changes
    }

    public static func == (left: Dial, right: Dial) -> Bool {
      left === right
        || (left.expression, left.zone, left.changes) == (right.expression, right.zone, right.changes)
    }

    public func hash(into hasher: inout Hasher) {
      hasher.combine(expression)
      hasher.combine(zone)
      hasher.combine(changes)
    }
  }

  public let dial: Dial
  /// Where a `rate` counts from; nothing to `cron` and `at`.
  public let anchor: Timestamp
  /// No instant at or before it is one of the schedule's: its creation, or its last change.
  public let epoch: Timestamp
  /// No instant after it is one of the schedule's; nothing to `at`. Source: the API's model, `EndDate`.
  public let end: Timestamp?

  public init(_ dial: Dial, anchor: Timestamp, epoch: Timestamp, end: Timestamp? = nil) {
    self.dial = dial
    self.anchor = anchor
    self.epoch = epoch
    self.end = end
  }

  public init(
    _ expression: ScheduleExpression, zone: ZoneRules, changes: ClockChangeRule = .standard, anchor: Timestamp,
    epoch: Timestamp, end: Timestamp? = nil
  ) {
    self.init(Dial(expression, zone: zone, changes: changes), anchor: anchor, epoch: epoch, end: end)
  }

  public var expression: ScheduleExpression { dial.expression }
  public var zone: ZoneRules { dial.zone }
  public var changes: ClockChangeRule { dial.changes }

  /// The first instant strictly after `after`; nil if none comes by the end of 2199.
  public func next(after: Timestamp) -> Timestamp? {
    guard
      let found = dial.expression.next(
        after: max(after, epoch), anchor: anchor, zone: dial.zone, changes: dial.changes)
    else { return nil }
    guard let end, found > end, !dial.expression.isOnce else { return found }
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
