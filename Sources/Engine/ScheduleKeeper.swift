import Events
import Rules
import Schedules
import Telemetry

/// Makes, changes and removes schedules: stored first, then on the agenda; each change is in the ledger with who and why.
public final class ScheduleKeeper: Sendable {
  /// Schedules that one batch stores.
  public static let batchMax = 10_000
  /// Groups of one environment. Source: EventBridge Scheduler user guide, "Quotas".
  public static let groupsMax = 500
  /// How often a change is begun anew because its schedule went away meanwhile.
  static let triesMax = 3

  private let store: any ScheduleStore
  private let scheduler: Scheduler
  private let zones: any Zones
  private let clock: any WallClock
  private let names: ResourceNames
  private let planner: RestPlanner
  /// Changes of one schedule take turns; those of others seldom have to wait for them.
  private let turnstiles = (0..<64).map { _ in Turnstile() }

  public init(
    _ store: any ScheduleStore, _ scheduler: Scheduler, _ zones: any Zones, _ clock: any WallClock,
    _ names: ResourceNames
  ) {
    self.store = store
    self.scheduler = scheduler
    self.zones = zones
    self.clock = clock
    self.names = names
    planner = RestPlanner(store)
  }

  public func schedule(_ name: ScheduleName) async throws(StoreError) -> Schedule? {
    try await store.schedule(name)
  }

  public func schedules(_ query: ScheduleQuery) async throws(StoreError) -> [Schedule] {
    try await store.schedules(query)
  }

  /// The groups there are; the one that always is comes with them.
  public func groups() async throws(StoreError) -> [ScheduleGroup] {
    let stored = try await store.scheduleGroups()
    if stored.contains(where: { $0.name == ScheduleName.defaultGroup }) { return stored }
    let always = ScheduleGroup(name: ScheduleName.defaultGroup, tags: [:], createdAt: .epoch, modifiedAt: .epoch)
    return (stored + [always]).sorted { $0.name < $1.name }
  }

  /// The zone of that name, for whoever has to show or check times in it.
  public func zone(_ name: String) throws(ZoneError) -> ZoneRules { try zones.zone(name) }

  /// Changes one schedule: the closure sees it as it is, nil if there is none, and returns what it shall be.
  ///
  /// Throws what the closure throws; then nothing has changed. Version, moments, pause and, for a new timetable, epoch are set here.
  public func change<Failure: Error>(
    _ name: ScheduleName, _ note: ChangeNote, _ edit: @escaping @Sendable (Schedule?) throws(Failure) -> Schedule
  ) async throws -> Schedule {
    try await changeAndPlan(name, note, edit).schedule
  }

  /// As `change`, and says what becomes of slots that passed while the schedule rested.
  public func changeAndPlan<Failure: Error>(
    _ name: ScheduleName, _ note: ChangeNote, _ edit: @escaping @Sendable (Schedule?) throws(Failure) -> Schedule
  ) async throws -> (schedule: Schedule, plan: RecoveryPlan?) {
    try await turnstile(of: name).pass {
      var tries = 1
      while true {
        let old = try await store.schedule(name)
        do {
          return try await change(old, note, edit)
        } catch let error as StoreError where error.code == .refused && old != nil && tries < ScheduleKeeper.triesMax {
          // It is gone, with its group or with its last slot: what is changed now is something that is not there.
          tries += 1
        }
      }
    }
  }

  private func change<Failure: Error>(
    _ old: Schedule?, _ note: ChangeNote, _ edit: @Sendable (Schedule?) throws(Failure) -> Schedule
  ) async throws -> (schedule: Schedule, plan: RecoveryPlan?) {
    let now = clock.now()
    var schedule = try edit(old)
    schedule.version = (old?.version ?? 0) + 1
    schedule.modifiedAt = now
    // A changed timetable opens a new epoch: slots before the change are never visited again.
    let kept = old.flatMap { $0.keepsTime(of: schedule) ? $0.since : nil }
    schedule.since = kept ?? now
    schedule.pause = Pause.after(
      isEnabled: schedule.isEnabled, wasResting: old.map { !$0.isEnabled } ?? false, old?.pause, schedule.pause,
      who: note.who, why: note.why, at: now)
    let plan = try await plan(from: old, to: schedule, at: now)
    let row = ScheduleChange.entry(from: old, to: schedule, note, at: now)
    try await store(
      [schedule], from: kept == nil ? schedule.clock.epoch : nil, row, plan.map { RestPlanner.recovery($0, note) })
    return (schedule, plan)
  }

  /// What would become of the slots that a schedule has rested through, if it were enabled now; nil if there are none.
  public func plan(ofResuming name: ScheduleName) async throws(StoreError) -> RecoveryPlan? {
    guard let old = try await store.schedule(name) else { return nil }
    var schedule = old
    schedule.state = .enabled
    return try await plan(from: old, to: schedule, at: clock.now())
  }

  /// When that schedule fires; nil if the machine does not know its zone.
  public func timetable(of schedule: Schedule) -> Timetable? {
    do throws(ZoneError) {
      return schedule.clock.timetable(in: try zones.zone(schedule.timezone))
    } catch {
      return nil
    }
  }

  private func plan(
    from old: Schedule?, to schedule: Schedule, at now: Timestamp
  ) async throws(StoreError) -> RecoveryPlan? {
    guard let old, !old.isEnabled, schedule.isEnabled, let timetable = timetable(of: schedule) else { return nil }
    return try await planner.plan(
      schedule.name.description, timetable, schedule.misfire,
      since: max(old.pause?.since ?? schedule.since, timetable.epoch), at: now)
  }

  /// Makes many schedules at once, all or nothing, with one row for all of them; each is new.
  public func create(_ schedules: [Schedule], _ note: ChangeNote) async throws(StoreError) {
    let row = ScheduleChange.batch(schedules, note, at: clock.now())
    try await passAll { () async throws(StoreError) in
      try await store(schedules, from: schedules.map(\.clock.epoch).min(), row, nil)
    }
  }

  /// Passes while no schedule is being changed.
  private func passAll<Value: Sendable>(
    from index: Int = 0, _ body: @Sendable () async throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    guard index < turnstiles.count else { return try await body() }
    return try await turnstiles[index].pass { () async throws(StoreError) in
      try await passAll(from: index + 1, body)
    }
  }

  /// - Parameter epoch: before the first instant that is theirs now and was not before.
  private func store(
    _ schedules: [Schedule], from epoch: Timestamp?, _ row: LedgerEntry, _ recovery: Recovery?
  ) async throws(StoreError) {
    try await scheduler.storing(from: epoch) { () async throws(StoreError) in
      let ids = try await store.save(schedules, row: row, recovery: recovery)
      return zip(ids, schedules).map { StoredClock(id: $0, $1) }
    }
  }

  /// Removes a schedule; false if there is none.
  public func remove(_ name: ScheduleName, _ note: ChangeNote) async throws(StoreError) -> Bool {
    try await turnstile(of: name).pass { () throws(StoreError) in
      let old = try await store.schedule(name)
      let row = ScheduleChange.entry(from: old, to: nil, note, at: clock.now())
      guard let id = try await store.remove(name, row: row) else { return false }
      scheduler.remove([id])
      return true
    }
  }

  /// Makes or changes a group.
  public func save(_ group: ScheduleGroup, _ note: ChangeNote) async throws(StoreError) {
    try await store.save(group, row: ScheduleChange.entry(of: group.name, "group saved", note, at: clock.now()))
  }

  /// Removes a group with its schedules; false if there is none.
  public func remove(group: String, _ note: ChangeNote) async throws(StoreError) -> Bool {
    let row = ScheduleChange.entry(of: group, "group removed with its schedules", note, at: clock.now())
    // One that is being stored must not come on the agenda after it was removed.
    return try await passAll { () async throws(StoreError) in
      guard let ids = try await store.remove(group: group, row: row) else { return false }
      scheduler.remove(ids)
      return true
    }
  }

  private func turnstile(of name: ScheduleName) -> Turnstile {
    turnstiles[Int(DerivedID.hash(name.description) % UInt64(turnstiles.count))]
  }
}

extension StoredClock {
  public init(id: Int64, _ schedule: Schedule) {
    self.init(id: id, clock: schedule.clock, isEnabled: schedule.isEnabled, misfire: schedule.misfire)
  }
}

/// The ledger row of a schedule that was changed: pure, so that every store writes the same.
public enum ScheduleChange {
  /// - Parameters:
  ///   - old: the schedule before; nil if it is new.
  ///   - new: the schedule from now on; nil if it was removed.
  public static func entry(from old: Schedule?, to new: Schedule?, _ note: ChangeNote, at now: Timestamp) -> LedgerEntry
  {
    let name = (new ?? old)?.name.description ?? ""
    let version = new?.version ?? (old?.version ?? 0) + 1
    let what = differences(old, new)
    var subject = LedgerEntry.Subject(triggerType: "operator")
    subject.rule = name
    subject.ruleVersion = version
    return LedgerEntry(
      // One that comes back counts from one again, so the moment keeps its rows apart.
      causeID: "\(name)#\(version)@\(now.preciseText)", decision: .changed, gate: .operator, code: .scheduleChanged,
      summary: "\(note.operation) by \(note.who): "
        + (what.isEmpty ? "nothing changed" : what.joined(separator: ", ")),
      facts: JSON(present: [
        "operation": .string(note.operation), "who": .string(note.who), "why": note.why.map { .string($0) },
        "changes": JSON(what), "before": old?.json, "after": new?.json,
      ]), at: now, took: .zero, about: subject)
  }

  /// The one row of many schedules that were made together.
  public static func batch(_ schedules: [Schedule], _ note: ChangeNote, at now: Timestamp) -> LedgerEntry {
    let first = schedules.first?.name.description ?? ""
    let last = schedules.last?.name.description ?? ""
    return LedgerEntry(
      causeID: "\(first)…\(last)@\(now.preciseText)", decision: .changed, gate: .operator, code: .scheduleChanged,
      summary: "\(note.operation) by \(note.who): \(schedules.count) schedules created, from \(first) to \(last)",
      facts: JSON(present: [
        "operation": .string(note.operation), "who": .string(note.who), "why": note.why.map { .string($0) },
        "count": JSON(schedules.count), "first": .string(first), "last": .string(last),
      ]), at: now, took: .zero, about: LedgerEntry.Subject(triggerType: "operator"))
  }

  /// The row of what was done to a group.
  public static func entry(of group: String, _ what: String, _ note: ChangeNote, at now: Timestamp) -> LedgerEntry {
    var subject = LedgerEntry.Subject(triggerType: "operator")
    subject.rule = "\(group)/"
    return LedgerEntry(
      causeID: "\(group)/@\(now.preciseText)", decision: .changed, gate: .operator, code: .scheduleChanged,
      summary: "\(note.operation) by \(note.who): \(what)",
      facts: JSON(present: [
        "operation": .string(note.operation), "who": .string(note.who), "why": note.why.map { .string($0) },
      ]), at: now, took: .zero, about: subject)
  }

  /// What changed, a phrase each.
  static func differences(_ old: Schedule?, _ new: Schedule?) -> [String] {
    guard let new else { return ["schedule removed"] }
    guard let old else { return ["schedule created"] }
    let before = old.json.members ?? []
    let after = new.json
    let ignored: Set<String> = ["version", "modified_at", "since", "target"]
    var what: [String] = []
    let keys = before.map(\.key) + (after.members ?? []).map(\.key).filter { old.json[$0] == nil }
    for key in keys where !ignored.contains(key) && old.json[key] != after[key] {
      what.append("\(key) \(old.json[key]?.brief ?? "none") → \(after[key]?.brief ?? "none")")
    }
    if old.target != new.target { what.append("its target changed") }
    return what
  }
}

extension JSON {
  /// A text as it is, everything else as JSON.
  fileprivate var brief: String { string ?? text }
}
