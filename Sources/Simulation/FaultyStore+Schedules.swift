import Engine
import Events
import Rules
import Telemetry

extension FaultyStore: ScheduleStore {
  public func scheduleGroups() async throws(StoreError) -> [ScheduleGroup] { try await real.scheduleGroups() }

  public func save(_ group: ScheduleGroup, row: LedgerEntry) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in try await real.save(group, row: row) }
  }

  public func remove(group: String, row: LedgerEntry) async throws(StoreError) -> [Int64]? {
    try await faults.write { () throws(StoreError) in try await real.remove(group: group, row: row) }
  }

  public func schedule(_ name: ScheduleName) async throws(StoreError) -> Schedule? { try await real.schedule(name) }

  public func schedules(_ query: ScheduleQuery) async throws(StoreError) -> [Schedule] {
    try await real.schedules(query)
  }

  public func save(
    _ schedules: [Schedule], row: LedgerEntry, recovery: Recovery?
  ) async throws(StoreError) -> [Int64] {
    try await faults.write { () throws(StoreError) in
      try await real.save(schedules, row: row, recovery: recovery)
    }
  }

  public func remove(_ name: ScheduleName, row: LedgerEntry) async throws(StoreError) -> Int64? {
    try await faults.write { () throws(StoreError) in try await real.remove(name, row: row) }
  }

  public func forEachClock(_ body: @escaping @Sendable ([StoredClock]) -> Void) async throws(StoreError) {
    try await real.forEachClock(body)
  }

  public func clocks(after id: Int64, limit: Int) async throws(StoreError) -> [StoredClock] {
    try await real.clocks(after: id, limit: limit)
  }

  public func undecided(_ slots: [SlotDecision]) async throws(StoreError) -> [SlotDecision] {
    try await real.undecided(slots)
  }

  public func declareMissed(_ missed: [MissedSlot]) async throws(StoreError) -> [MissedSlot] {
    try await faults.write { () throws(StoreError) in try await real.declareMissed(missed) }
  }

  public func scheduleNames(_ ids: [Int64]) async throws(StoreError) -> [Int64: ScheduleName] {
    try await real.scheduleNames(ids)
  }

  public func decidedThrough() async throws(StoreError) -> Timestamp? { try await real.decidedThrough() }

  public func decisions(after instant: Timestamp) async throws(StoreError) -> [SlotDecision] {
    try await real.decisions(after: instant)
  }

  public func decide(
    _ decisions: [SlotDecision], through: Timestamp?, plans: [LedgerEntry]
  ) async throws(StoreError) {
    let kept =
      planted == .slotForgotten
      ? decisions.filter { !faults.drops("\($0.schedule)@\($0.slot)") } : decisions
    try await faults.write { () throws(StoreError) in try await real.decide(kept, through: through, plans: plans) }
  }

  public func openSlots(limit: Int) async throws(StoreError) -> [OpenSlot] { try await real.openSlots(limit: limit) }

  public func expand(_ expansion: SlotExpansion) async throws(StoreError) -> [Int64] {
    try await faults.write { () throws(StoreError) in try await real.expand(expansion) }
  }

  public func disabledSlots(of owner: String, among slots: [Timestamp]) async throws(StoreError) -> Set<Timestamp> {
    try await real.disabledSlots(of: owner, among: slots)
  }

  public func zonePrints() async throws(StoreError) -> [String: String] { try await real.zonePrints() }

  public func note(zonePrints: [String: String], row: LedgerEntry?) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in try await real.note(zonePrints: zonePrints, row: row) }
  }

  public func nextPauseEnd() async throws(StoreError) -> Timestamp? { try await real.nextPauseEnd() }

  public func pausesEnded(by now: Timestamp, limit: Int) async throws(StoreError) -> [ScheduleName] {
    try await real.pausesEnded(by: now, limit: limit)
  }

  public func overlap(of owner: String) async throws(StoreError) -> OverlapStanding {
    try await real.overlap(of: owner)
  }

  public func isUnderWay(_ cause: String) async throws(StoreError) -> Bool { try await real.isUnderWay(cause) }

  public func waitingHeads() async throws(StoreError) -> [WaitingSlot] { try await real.waitingHeads() }

  public func waitingSlots(of owner: String, limit: Int) async throws(StoreError) -> [Timestamp] {
    try await real.waitingSlots(of: owner, limit: limit)
  }

  public func release(
    _ slot: WaitingSlot, as outcome: SlotRecord.Outcome, completed: CompletedSchedule?
  ) async throws(StoreError) -> Int64? {
    try await faults.write { () throws(StoreError) in
      try await real.release(slot, as: outcome, completed: completed)
    }
  }

  public func endings(by now: Timestamp, limit: Int) async throws(StoreError) -> [DueEnding] {
    try await real.endings(by: now, limit: limit)
  }

  public func nextEnding() async throws(StoreError) -> Timestamp? { try await real.nextEnding() }

  public func end(_ endings: [ScheduleEnding], completed: [Int64: Int]) async throws(StoreError) -> [Int64] {
    try await faults.write { () throws(StoreError) in try await real.end(endings, completed: completed) }
  }
}

extension FaultyStore: BackfillStore {
  public func backfills(_ state: Backfill.State?, limit: Int) async throws(StoreError) -> [Backfill] {
    try await real.backfills(state, limit: limit)
  }

  public func backfill(_ id: String) async throws(StoreError) -> Backfill? { try await real.backfill(id) }

  public func save(_ backfill: Backfill, row: LedgerEntry?) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in try await real.save(backfill, row: row) }
  }

  public func advance(
    _ backfill: Backfill, event: RoutedEvent?, deliveries: [NewDelivery], row: LedgerEntry?
  ) async throws(StoreError) -> Bool {
    try await faults.write { () throws(StoreError) in
      try await real.advance(backfill, event: event, deliveries: deliveries, row: row)
    }
  }
}
