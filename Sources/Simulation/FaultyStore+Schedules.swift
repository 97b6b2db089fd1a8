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

  public func save(_ schedules: [Schedule], row: LedgerEntry) async throws(StoreError) -> [Int64] {
    try await faults.write { () throws(StoreError) in try await real.save(schedules, row: row) }
  }

  public func remove(_ name: ScheduleName, row: LedgerEntry) async throws(StoreError) -> Int64? {
    try await faults.write { () throws(StoreError) in try await real.remove(name, row: row) }
  }

  public func forEachClock(_ body: @escaping @Sendable ([StoredClock]) -> Void) async throws(StoreError) {
    try await real.forEachClock(body)
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

  public func blocker(of owner: String) async throws(StoreError) -> Blocker? { try await real.blocker(of: owner) }

  public func waitingSlots() async throws(StoreError) -> [WaitingSlot] { try await real.waitingSlots() }

  public func release(_ slot: WaitingSlot, as outcome: SlotRecord.Outcome) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in try await real.release(slot, as: outcome) }
  }
}
