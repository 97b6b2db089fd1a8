import Events
import Ingestion
import Rules
import Schedules

/// A rule with a schedule, or a schedule: whose slots they are.
public enum SlotOwner: Sendable {
  case rule(Rule)
  case schedule(Schedule)

  /// As commands and ledger rows name it.
  public var name: String {
    switch self {
    case .rule(let rule): rule.name
    case .schedule(let schedule): schedule.name.description
    }
  }

  public var isEnabled: Bool {
    switch self {
    case .rule(let rule): rule.isEnabled
    case .schedule(let schedule): schedule.isEnabled
    }
  }

  public var pause: Pause? {
    switch self {
    case .rule(let rule): rule.pause
    case .schedule(let schedule): schedule.pause
    }
  }

  /// nil for a rule that has none.
  public var expression: ScheduleExpression? {
    switch self {
    case .rule(let rule): rule.schedule
    case .schedule(let schedule): schedule.expression
    }
  }

  /// Where its wall clock hangs: a rule's always in UTC.
  public var timezone: String {
    switch self {
    case .rule: "UTC"
    case .schedule(let schedule): schedule.timezone
    }
  }

  public var json: JSON {
    switch self {
    case .rule(let rule): rule.json
    case .schedule(let schedule): schedule.json
    }
  }

  public var misfire: MisfirePolicy {
    switch self {
    case .rule(let rule): rule.misfire
    case .schedule(let schedule): schedule.misfire
    }
  }

  public var overlap: OverlapPolicy {
    switch self {
    case .rule(let rule): rule.overlap
    case .schedule(let schedule): schedule.overlap
    }
  }

  /// The cause that runs a slot after its time; it shares the key of the slot's own cause (D8).
  func recovery(of slot: Timestamp, _ id: String, at now: Timestamp) -> Cause {
    var cause = Cause(id: id, trigger: .backfill, arrivedAt: now)
    switch self {
    case .rule(let rule):
      cause.eventID = Scheduler.eventID(rule.arn, slot)
      cause.rule = rule.name
      cause.ruleVersion = rule.version
    case .schedule(let schedule):
      cause.rule = schedule.name.description
      cause.ruleVersion = schedule.version
    }
    cause.slot = slot
    cause.parentID = cause.rule.map { Cause.slotID(rule: $0, at: slot) }
    return cause
  }

  /// The slot's event as it would have been; schedules have none.
  func event(_ slot: Timestamp, at now: Timestamp) -> RoutedEvent? {
    switch self {
    case .rule(let rule):
      RoutedEvent(
        event: Scheduler.event(rule.arn, slot), hops: 0, parentID: nil, receivedAt: now, deliveries: [], rows: [])
    case .schedule: nil
    }
  }

  func deliveries(_ cause: Cause, at now: Timestamp) -> [NewDelivery] {
    switch self {
    case .rule(let rule): rule.targets.map { NewDelivery(cause: cause, target: $0, body: nil, due: now) }
    case .schedule(let schedule): [NewDelivery(cause: cause, target: schedule.target, body: nil, due: now)]
    }
  }
}
