import Engine
import Events
import Rules
import Schedules
import Telemetry

/// A defect of a scheduler or its store that is planted on purpose, so that a test can see whether `TimeWorld` notices it.
public enum PlantedTimeFault: String, Sendable, CaseIterable {
  /// Some slots count as decided and are not.
  case slotForgotten
  /// More counts as decided than is.
  case throughAhead
  /// A schedule is stored without a word that its slots are undecided.
  case beginningUnheard
  /// What the misfire policy skips fires.
  case policyIgnored
  /// The scheduler's clock goes before the world's.
  case clockFast
  /// What a decided slot came to is not stored.
  case expansionLost
  /// The watchdog takes time that the clock jumped over for time in which the loop stood still.
  case jumpUnseen
}

/// The memory of a process that may die at every write, with a witness of what really was written; between the writes of one
/// act another may happen.
final class TimeStore: Sendable {
  /// What is really written to.
  typealias Real = ScheduleStore & SlotJournal & RuleStore

  /// Whose write it is.
  enum Act: Sendable {
    case deciding, expanding, changing
  }

  let real: any Real
  let faults: FaultPlan
  let witness: TimeWitness
  let planted: PlantedTimeFault?
  private let meanwhile: @Sendable (Act) async -> Void

  init(
    _ real: any Real, _ faults: FaultPlan, _ witness: TimeWitness, planted: PlantedTimeFault?,
    meanwhile: @escaping @Sendable (Act) async -> Void
  ) {
    self.real = real
    self.faults = faults
    self.witness = witness
    self.planted = planted
    self.meanwhile = meanwhile
  }

  private func write<Value: Sendable>(
    _ act: Act, _ body: @Sendable () async throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    await meanwhile(act)
    let value = try await faults.write(body)
    await meanwhile(act)
    return value
  }
}

extension TimeStore: ScheduleStore {
  func scheduleGroups() async throws(StoreError) -> [ScheduleGroup] { try await real.scheduleGroups() }

  func save(_ group: ScheduleGroup, row: LedgerEntry) async throws(StoreError) {
    try await write(.changing) { () throws(StoreError) in try await real.save(group, row: row) }
  }

  func remove(group: String, row: LedgerEntry) async throws(StoreError) -> [Int64]? {
    try await write(.changing) { () throws(StoreError) in
      let ids = try await real.remove(group: group, row: row)
      for id in ids ?? [] { witness.removed(.schedule(id)) }
      return ids
    }
  }

  func schedule(_ name: ScheduleName) async throws(StoreError) -> Schedule? { try await real.schedule(name) }

  func schedules(_ query: ScheduleQuery) async throws(StoreError) -> [Schedule] { try await real.schedules(query) }

  func save(_ schedules: [Schedule], row: LedgerEntry, recovery: Recovery?) async throws(StoreError) -> [Int64] {
    try await write(.changing) { () throws(StoreError) in
      let before = try await real.decidedThrough()
      let ids = try await real.save(schedules, row: row, recovery: recovery)
      if planted == .beginningUnheard {
        (real as? MemorySchedules)?.forgetBeginnings()
        try await real.decide([], through: before, plans: [])
      }
      for (id, schedule) in zip(ids, schedules) { witness.saved(id, schedule) }
      witness.check(through: try await real.decidedThrough())
      return ids
    }
  }

  func remove(_ name: ScheduleName, row: LedgerEntry) async throws(StoreError) -> Int64? {
    try await write(.changing) { () throws(StoreError) in
      let id = try await real.remove(name, row: row)
      if let id { witness.removed(.schedule(id)) }
      return id
    }
  }

  func forEachClock(_ body: @escaping @Sendable ([StoredClock]) -> Void) async throws(StoreError) {
    try await real.forEachClock(body)
  }

  func decidedThrough() async throws(StoreError) -> Timestamp? { try await real.decidedThrough() }

  func decisions(after instant: Timestamp) async throws(StoreError) -> [SlotDecision] {
    try await real.decisions(after: instant)
  }

  func decide(
    _ decisions: [SlotDecision], through: Timestamp?, plans: [LedgerEntry]
  ) async throws(StoreError) {
    let kept: [SlotDecision]
    switch planted {
    case .slotForgotten: kept = decisions.filter { !faults.drops("\($0.schedule)@\($0.slot)") }
    case .policyIgnored:
      kept = decisions.map { one in
        SlotDecision(
          schedule: one.schedule, slot: one.slot, outcome: one.outcome == .skipped ? .recovers : one.outcome,
          decidedAt: one.decidedAt)
      }
    case .throughAhead, .beginningUnheard, .clockFast, .expansionLost, .jumpUnseen, nil:
      kept = decisions
    }
    let far = planted == .throughAhead ? through.map { $0 + .hours(2) } : through
    try await write(.deciding) { () throws(StoreError) in
      try await real.decide(kept, through: far, plans: plans)
      witness.decided(kept, isWhole: through != nil, plans: plans)
      witness.check(through: try await real.decidedThrough())
    }
  }

  func scheduleNames(_ ids: [Int64]) async throws(StoreError) -> [Int64: ScheduleName] {
    try await real.scheduleNames(ids)
  }

  func openSlots(limit: Int) async throws(StoreError) -> [OpenSlot] { try await real.openSlots(limit: limit) }

  func expand(_ expansion: SlotExpansion) async throws(StoreError) -> [Int64] {
    let kept =
      planted == .expansionLost
      ? SlotExpansion(
        deliveries: expansion.deliveries.filter { !faults.drops($0.cause.id) }, rows: expansion.rows,
        waiting: expansion.waiting, completed: expansion.completed, endings: expansion.endings,
        through: expansion.through) : expansion
    return try await write(.expanding) { () throws(StoreError) in
      let open = try await real.openSlots(limit: SlotExpander.batchMax).count { $0.sequence <= kept.through }
      let ended = try await real.expand(kept)
      witness.expanded(kept, slots: open, ended: ended)
      return ended
    }
  }

  func overlap(of owner: String) async throws(StoreError) -> OverlapStanding { try await real.overlap(of: owner) }

  func isUnderWay(_ cause: String) async throws(StoreError) -> Bool { try await real.isUnderWay(cause) }

  func waitingHeads() async throws(StoreError) -> [WaitingSlot] { try await real.waitingHeads() }

  func waitingSlots(of owner: String, limit: Int) async throws(StoreError) -> [Timestamp] {
    try await real.waitingSlots(of: owner, limit: limit)
  }

  func release(
    _ slot: WaitingSlot, as outcome: SlotRecord.Outcome, completed: CompletedSchedule?
  ) async throws(StoreError) -> Int64? {
    try await write(.expanding) { () throws(StoreError) in
      try await real.release(slot, as: outcome, completed: completed)
    }
  }

  func endings(by now: Timestamp, limit: Int) async throws(StoreError) -> [DueEnding] {
    try await real.endings(by: now, limit: limit)
  }

  func nextEnding() async throws(StoreError) -> Timestamp? { try await real.nextEnding() }

  func end(_ endings: [ScheduleEnding], completed: [Int64: Int]) async throws(StoreError) -> [Int64] {
    try await write(.expanding) { () throws(StoreError) in
      let ended = try await real.end(endings, completed: completed)
      witness.ended(ended)
      return ended
    }
  }

  func clocks(after id: Int64, limit: Int) async throws(StoreError) -> [StoredClock] {
    try await real.clocks(after: id, limit: limit)
  }

  func undecided(_ slots: [SlotDecision]) async throws(StoreError) -> [SlotDecision] {
    try await real.undecided(slots)
  }

  func declareMissed(_ missed: [MissedSlot]) async throws(StoreError) -> [MissedSlot] {
    try await write(.deciding) { () throws(StoreError) in try await real.declareMissed(missed) }
  }

  func disabledSlots(of owner: String, among slots: [Timestamp]) async throws(StoreError) -> Set<Timestamp> {
    try await real.disabledSlots(of: owner, among: slots)
  }

  func zonePrints() async throws(StoreError) -> [String: String] { try await real.zonePrints() }

  func note(zonePrints: [String: String], row: LedgerEntry?) async throws(StoreError) {
    try await write(.changing) { () throws(StoreError) in try await real.note(zonePrints: zonePrints, row: row) }
  }

  func nextPauseEnd() async throws(StoreError) -> Timestamp? { try await real.nextPauseEnd() }

  func pausesEnded(by now: Timestamp, limit: Int) async throws(StoreError) -> [ScheduleName] {
    try await real.pausesEnded(by: now, limit: limit)
  }
}

extension TimeStore: SlotJournal, RuleStore {
  func cursors() async throws(StoreError) -> [String: Timestamp] { try await real.cursors() }

  func record(_ slots: [SlotRecord], plan: LedgerEntry?) async throws(StoreError) {
    let kept = planted == .slotForgotten ? slots.filter { !faults.drops("\($0.rule)@\($0.slot)") } : slots
    try await write(.deciding) { () throws(StoreError) in
      let before = try await real.cursors()
      try await real.record(kept, plan: plan)
      witness.recorded(kept) { slot in before[slot.rule].map { $0 < slot.slot } ?? true }
    }
  }

  func rules() async throws(StoreError) -> [Rule] { try await real.rules() }

  func save(_ rule: Rule, row: LedgerEntry, recovery: Recovery?, at now: Timestamp) async throws(StoreError) {
    try await write(.changing) { () throws(StoreError) in
      try await real.save(rule, row: row, recovery: recovery, at: now)
      witness.saved(rule)
    }
  }

  func remove(_ name: String, row: LedgerEntry, at now: Timestamp) async throws(StoreError) -> Bool {
    try await write(.changing) { () throws(StoreError) in
      let was = try await real.remove(name, row: row, at: now)
      if was { witness.removed(.rule(name)) }
      return was
    }
  }

  func lastVersion(of name: String) async throws(StoreError) -> Int { try await real.lastVersion(of: name) }

  func rule(_ name: String, version: Int) async throws(StoreError) -> Rule? {
    try await real.rule(name, version: version)
  }

  func seed(_ seed: EnvironmentSeed, at now: Timestamp) async throws(StoreError) -> Bool {
    try await real.seed(seed, at: now)
  }
}
