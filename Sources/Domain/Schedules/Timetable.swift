import Events

/// Everything that says when a schedule fires: its expression, where its wall clock hangs, and from when until when it counts.
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
  /// No instant after it is one of the schedule's.
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
    let found = expression.next(after: max(after, epoch), anchor: anchor, zone: zone)
    return found.flatMap { instant in (end.map { instant <= $0 } ?? true) ? instant : nil }
  }

  /// The last instant strictly before `before`; nil if there is none.
  public func previous(before: Timestamp) -> Timestamp? {
    let bound = end.map { min(before, $0 + Span(milliseconds: 1)) } ?? before
    let found = expression.previous(before: bound, anchor: anchor, zone: zone)
    return found.flatMap { $0 > epoch ? $0 : nil }
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
