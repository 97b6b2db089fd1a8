import Events
import Schedules

/// Which schedule: its name within its group.
public struct ScheduleName: Sendable, Hashable, Comparable, CustomStringConvertible {
  public static let defaultGroup = "default"

  public let group: String
  public let name: String

  public init(group: String = ScheduleName.defaultGroup, _ name: String) {
    self.group = group
    self.name = name
  }

  /// Reads `group/name`; nil without exactly one slash: a rule's name has none.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    self.init(group: parts[0], parts[1])
  }

  /// `group/name`: how ledger rows, causes and commands name a schedule beside rules.
  public var description: String { "\(group)/\(name)" }

  public static func < (left: ScheduleName, right: ScheduleName) -> Bool {
    (left.group, left.name) < (right.group, right.name)
  }
}

/// A group of schedules. Source: EventBridge Scheduler API, `ScheduleGroupSummary`.
public struct ScheduleGroup: Sendable, Hashable {
  public let name: String
  public var tags: [String: String]
  public let createdAt: Timestamp
  public var modifiedAt: Timestamp

  public init(name: String, tags: [String: String], createdAt: Timestamp, modifiedAt: Timestamp) {
    self.name = name
    self.tags = tags
    self.createdAt = createdAt
    self.modifiedAt = modifiedAt
  }
}

/// A schedule of EventBridge Scheduler: one target, invoked at the instants of a timetable, never through a bus.
///
/// Source: EventBridge Scheduler API, `CreateSchedule`.
public struct Schedule: Sendable, Hashable {
  /// What becomes of a schedule that will not fire again.
  public enum Completion: String, Sendable, Hashable, CaseIterable {
    case keep = "NONE"
    case delete = "DELETE"
  }

  public static let windowMinutes = 1...1_440

  public let name: ScheduleName
  public var description: String?
  public var state: Rule.State
  public var expression: ScheduleExpression
  /// As IANA names it.
  public var timezone: String
  /// No instant before it; where a `rate` counts from. Nothing to `at`.
  public var start: Timestamp?
  /// No instant after it. Nothing to `at`.
  public var end: Timestamp?
  /// Minutes after a slot within which its target is invoked; nil invokes at once.
  public var window: Int?
  public var target: Target
  public var completion: Completion
  /// Kept for `GetSchedule`.
  public var kmsKey: String?
  public let createdAt: Timestamp
  public var modifiedAt: Timestamp
  /// Grows by one with every change.
  public var version: Int
  /// Since when its timetable counts: its creation, or the last change of it.
  public var since: Timestamp
  public var changes: ClockChangeRule
  public var misfire: MisfirePolicy
  public var overlap: OverlapPolicy
  public var pause: Pause?

  public init(
    name: ScheduleName, description: String? = nil, state: Rule.State = .enabled, expression: ScheduleExpression,
    timezone: String = "UTC", start: Timestamp? = nil, end: Timestamp? = nil, window: Int? = nil, target: Target,
    completion: Completion = .keep, kmsKey: String? = nil, createdAt: Timestamp, modifiedAt: Timestamp,
    version: Int = 1, since: Timestamp, changes: ClockChangeRule = .standard, misfire: MisfirePolicy = .standard,
    overlap: OverlapPolicy = .allowAll, pause: Pause? = nil
  ) {
    self.name = name
    self.description = description
    self.state = state
    self.expression = expression
    self.timezone = timezone
    self.start = start
    self.end = end
    self.window = window
    self.target = target
    self.completion = completion
    self.kmsKey = kmsKey
    self.createdAt = createdAt
    self.modifiedAt = modifiedAt
    self.version = version
    self.since = since
    self.changes = changes
    self.misfire = misfire
    self.overlap = overlap
    self.pause = pause
  }

  public var isEnabled: Bool { state == .enabled }

  /// Its clock without the rest of it.
  public var clock: ScheduleClock {
    ScheduleClock(
      expression: expression, timezone: timezone, changes: changes, since: since, start: start, end: end)
  }

  /// Whether the other fires at other instants.
  public func keepsTime(of other: Schedule) -> Bool {
    (expression, timezone, changes) == (other.expression, other.timezone, other.changes)
      && (start, end) == (other.start, other.end)
  }

  public func arn(_ names: ResourceNames) -> ResourceName { names.schedule(name) }

  /// How long after its slot the target is invoked: a function of who it is and which slot, so that it is the same each time it
  /// is asked, and schedules of one instant are spread evenly over their windows.
  public func delay(of slot: Timestamp) -> Span {
    guard let window else { return .zero }
    let spread = DerivedID.hash("\(name)@\(slot.milliseconds)") % (UInt64(window) * 60_000)
    return Span(milliseconds: Int64(spread))
  }
}

/// What of a schedule says when it fires.
public struct ScheduleClock: Sendable, Hashable {
  public let expression: ScheduleExpression
  public let timezone: String
  public let changes: ClockChangeRule
  public let since: Timestamp
  public let start: Timestamp?
  public let end: Timestamp?

  public init(
    expression: ScheduleExpression, timezone: String, changes: ClockChangeRule, since: Timestamp, start: Timestamp?,
    end: Timestamp?
  ) {
    self.expression = expression
    self.timezone = timezone
    self.changes = changes
    self.since = since
    self.start = start
    self.end = end
  }

  /// Where a rate counts from: its start, or when it was made; it fires there for the first time. A whole second, as all slots
  /// are that a cause can be named for.
  public var anchor: Timestamp { ScheduleClock.wholeSecondUp(start ?? since) }

  /// The last instant that is not the schedule's. Its own first instant, at its making, still is.
  public var epoch: Timestamp {
    ScheduleClock.wholeSecondUp(max(since, expression.isOnce ? since : start ?? since)) - Span(milliseconds: 1)
  }

  private static func wholeSecondUp(_ moment: Timestamp) -> Timestamp {
    moment == moment.wholeSecond ? moment : moment.wholeSecond + .seconds(1)
  }

  public func timetable(in zone: ZoneRules) -> Timetable {
    Timetable(
      expression, zone: zone, changes: changes, anchor: anchor, epoch: epoch, end: expression.isOnce ? nil : end)
  }
}

extension Rule {
  /// When it fires; nil without a schedule. Rules are in UTC.
  public var timetable: Timetable? {
    schedule.map { Timetable($0, zone: .utc, anchor: anchor, epoch: anchor) }
  }
}

extension ResourceNames {
  public func schedule(_ name: ScheduleName) -> ResourceName {
    ResourceName(service: "scheduler", region: region, account: account, resource: "schedule/\(name)")
  }

  public func scheduleGroup(_ name: String) -> ResourceName {
    ResourceName(service: "scheduler", region: region, account: account, resource: "schedule-group/\(name)")
  }
}
