import Events
import Rules
import Schedules
import Telemetry

/// What of a schedule's policies is to be changed; absent members stay.
public struct PolicyChange: Sendable, Hashable {
  public var misfire: MisfirePolicy.Kind?
  public var window: Span?
  public var countMax: Int?
  public var overlap: OverlapPolicy?
  public var gap: ClockChangeRule.Gap?
  public var fold: ClockChangeRule.Fold?

  public init() {}

  var isEmpty: Bool { self == PolicyChange() }

  func misfire(from old: MisfirePolicy) -> MisfirePolicy {
    MisfirePolicy(kind: misfire ?? old.kind, window: window ?? old.window, countMax: countMax ?? old.countMax)
  }

  func changes(from old: ClockChangeRule) -> ClockChangeRule {
    ClockChangeRule(gap: gap ?? old.gap, fold: fold ?? old.fold)
  }
}

/// Acts that rules and schedules of EventBridge Scheduler have in common; a schedule is named `group/name`.
extension ScheduleControl {
  /// The longest that a pause may be asked to last.
  public static let pauseDaysMax = 366
  /// The longest window of a misfire policy: older slots are backfilled.
  public static let windowDaysMax = 366

  /// The rule or schedule of that name.
  public func owner(_ name: String) async throws -> SlotOwner {
    if let scheduleName = ScheduleName(name) {
      guard let schedule = try await engine.schedules.schedule(scheduleName) else {
        throw ControlError(.noSuchRule, "there is no schedule \(name)")
      }
      return .schedule(schedule)
    }
    return .rule(try ScheduleControl.scheduled(engine.book.bus.rule(name), name))
  }

  /// Lets it rest, until a moment or until somebody resumes it; its slots are recorded as disabled meanwhile.
  ///
  /// One that rests already is given the new reason and end, and goes on resting since when it did.
  public func pause(_ name: String, until: Timestamp?, _ note: ChangeNote) async throws -> SlotOwner {
    let now = engine.ports.clock.now()
    if let until, until <= now || until - now > .days(ScheduleControl.pauseDaysMax) {
      throw ControlError(
        .invalidPause,
        "a pause ends after now, \(now), and within \(ScheduleControl.pauseDaysMax) days; not at \(until)")
    }
    if let why = note.why, why.count > Pause.reasonLengthMax {
      throw ControlError(.invalidPause, "a reason has \(Pause.reasonLengthMax) characters at most")
    }
    @Sendable func pause(_ isEnabled: Bool, _ old: Pause?) -> Pause {
      Pause(who: note.who, why: note.why, since: isEnabled ? now : old?.since ?? now, until: until)
    }
    return try await edit(name, note) { rule in
      rule.pause = pause(rule.isEnabled, rule.pause)
      rule.state = .disabled
    } schedule: { schedule in
      schedule.pause = pause(schedule.isEnabled, schedule.pause)
      schedule.state = .disabled
    }.owner
  }

  /// Lets it fire again, and says what becomes of the slots that it rested through; nil if there were none.
  public func resume(_ name: String, _ note: ChangeNote) async throws -> (owner: SlotOwner, plan: RecoveryPlan?) {
    let resumed = try await edit(name, note) {
      $0.state = .enabled
    } schedule: {
      $0.state = .enabled
    }
    engine.backfiller.changed.ring()
    return resumed
  }

  /// What `resume` would make of the slots that it rested through; nil if there are none.
  public func planOfResuming(_ name: String) async throws -> RecoveryPlan? {
    switch try await owner(name) {
    case .rule(let rule): try await engine.book.plan(ofResuming: rule.name)
    case .schedule(let schedule): try await engine.schedules.plan(ofResuming: schedule.name)
    }
  }

  /// Changes what becomes of missed slots, of slots that overlap, and of wall times that a zone skips or repeats.
  public func set(_ name: String, _ change: PolicyChange, _ note: ChangeNote) async throws -> SlotOwner {
    guard !change.isEmpty else { throw ControlError(.invalidPolicy, "name a policy to set") }
    if let window = change.window, window < .zero || window > .days(ScheduleControl.windowDaysMax) {
      throw ControlError(.invalidPolicy, "a maximum age is 0 to \(ScheduleControl.windowDaysMax) days")
    }
    if let count = change.countMax, !(1...MisfirePolicy.firesMax).contains(count) {
      throw ControlError(.invalidPolicy, "a maximum count is 1 to \(MisfirePolicy.firesMax), not \(count)")
    }
    if case .rule = try await owner(name), change.gap != nil || change.fold != nil {
      throw ControlError(
        .invalidPolicy,
        "rule \(name) is in UTC, whose clock never changes; gap and fold are for schedules with a time zone")
    }
    return try await edit(name, note) { rule in
      rule.misfire = change.misfire(from: rule.misfire)
      rule.overlap = change.overlap ?? rule.overlap
    } schedule: { schedule in
      schedule.misfire = change.misfire(from: schedule.misfire)
      schedule.overlap = change.overlap ?? schedule.overlap
      schedule.changes = change.changes(from: schedule.changes)
    }.owner
  }

  private func edit(
    _ name: String, _ note: ChangeNote, rule editRule: @escaping @Sendable (inout Rule) -> Void,
    schedule editSchedule: @escaping @Sendable (inout Schedule) -> Void
  ) async throws -> (owner: SlotOwner, plan: RecoveryPlan?) {
    if let scheduleName = ScheduleName(name) {
      let (schedule, plan) = try await engine.schedules.changeAndPlan(scheduleName, note) { old throws(ControlError) in
        guard var schedule = old else { throw ControlError(.noSuchRule, "there is no schedule \(name)") }
        editSchedule(&schedule)
        return schedule
      }
      return (.schedule(schedule), plan)
    }
    let (rule, plan) = try await engine.book.changeAndPlan(name, note) { old throws(ControlError) in
      var rule = try ScheduleControl.scheduled(old, name)
      editRule(&rule)
      return rule
    }
    return (.rule(rule), plan)
  }
}
