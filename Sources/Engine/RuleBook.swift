import Events
import Rules
import Schedules
import Synchronization

/// Who knows which instants are slots of a schedule. Adapters: `RuleBook`, `AWSPorts.FixedSchedule`.
public protocol ScheduleBook: Sendable {
  /// Whether the rule of that name has a slot at that instant.
  func isSlot(_ instant: Timestamp, of rule: String) -> Bool
}

/// The rules in force: stored first, then held compiled in one snapshot that is replaced whole.
public final class RuleBook: ScheduleBook {
  private let store: any RuleStore
  private let clock: any WallClock
  private let planner: RestPlanner
  private let turnstile = Turnstile()
  private let current: Mutex<EventBus>
  /// Rings when a rule has changed.
  public let changed = Bell()

  /// Reads the rules from the store.
  public init(
    _ store: any RuleStore, _ schedules: any ScheduleStore, _ clock: any WallClock
  ) async throws(StoreError) {
    self.store = store
    planner = RestPlanner(schedules)
    self.clock = clock
    current = Mutex(EventBus(rules: try await store.rules()))
  }

  public var bus: EventBus { current.withLock { $0 } }

  /// Changes one rule: the closure sees the rule as it is, nil if there is none, and returns what it shall be.
  ///
  /// Throws what the closure throws; then nothing has changed. Version, pause and, for a new schedule, anchor are set here. One that
  /// is enabled again brings its plan for the slots it rested through, and what that lets fire begins with the change.
  public func change<Failure: Error>(
    _ name: String, _ note: ChangeNote, _ edit: @escaping @Sendable (Rule?) throws(Failure) -> Rule
  ) async throws -> Rule {
    try await changeAndPlan(name, note, edit).rule
  }

  /// As `change`, and says what becomes of slots that passed while the rule rested.
  public func changeAndPlan<Failure: Error>(
    _ name: String, _ note: ChangeNote, _ edit: @escaping @Sendable (Rule?) throws(Failure) -> Rule
  ) async throws -> (rule: Rule, plan: RecoveryPlan?) {
    try await turnstile.pass {
      let old = bus.rule(name)
      var rule = try edit(old)
      // One that comes back goes on counting where it left off, so that its earlier versions stay readable.
      rule.version = try await store.lastVersion(of: name) + 1
      let now = clock.now()
      // A changed expression opens a new epoch: slots before the change are never visited again.
      rule.anchor = old?.schedule == rule.schedule ? old?.anchor ?? now : now
      rule.pause = Pause.after(
        isEnabled: rule.isEnabled, wasResting: old.map { !$0.isEnabled } ?? false, old?.pause, rule.pause,
        who: note.who, why: note.why, at: now)
      let plan = try await plan(from: old, to: rule, at: now)
      try await store.save(
        rule, row: RuleChange.entry(from: old, to: rule, note, at: now),
        recovery: plan.map { RestPlanner.recovery($0, note) }, at: now)
      replace(rule, named: name)
      return (rule, plan)
    }
  }

  /// What would become of the slots that a rule has rested through, if it were enabled now; nil if there are none.
  public func plan(ofResuming name: String) async throws(StoreError) -> RecoveryPlan? {
    guard let old = bus.rule(name) else { return nil }
    var rule = old
    rule.state = .enabled
    return try await plan(from: old, to: rule, at: clock.now())
  }

  private func plan(from old: Rule?, to rule: Rule, at now: Timestamp) async throws(StoreError) -> RecoveryPlan? {
    guard let old, !old.isEnabled, rule.isEnabled, let timetable = rule.timetable else { return nil }
    return try await planner.plan(
      rule.name, timetable, rule.misfire, since: max(old.pause?.since ?? rule.anchor, rule.anchor), at: now)
  }

  /// Removes a rule; false if there is none.
  public func remove(_ name: String, _ note: ChangeNote) async throws(StoreError) -> Bool {
    try await turnstile.pass { () throws(StoreError) in
      let now = clock.now()
      let row = RuleChange.entry(from: bus.rule(name), to: nil, note, at: now)
      guard try await store.remove(name, row: row, at: now) else { return false }
      replace(nil, named: name)
      return true
    }
  }

  public func isSlot(_ instant: Timestamp, of rule: String) -> Bool {
    guard let rule = bus.rule(rule), let schedule = rule.schedule else { return false }
    let before = Timestamp(milliseconds: instant.milliseconds - 1)
    return schedule.next(after: before, anchor: rule.anchor, zone: .utc) == instant
  }

  /// The next snapshot is made beside the one in force, so that nobody who routes waits for it; changes take turns.
  private func replace(_ rule: Rule?, named name: String) {
    var next = bus
    next.replace(rule, named: name)
    current.withLock { [next] in $0 = next }
    changed.ring()
  }
}
