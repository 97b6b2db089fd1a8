import Engine
import Events
import GRDB
import Rules
import Telemetry

/// Decided slots of schedules, and what they come to.
extension SQLiteStore {
  public func undecided(_ slots: [SlotDecision]) async throws(StoreError) -> [SlotDecision] {
    try await read { db in try SlotRun.undecided(slots, db) }
  }

  public func declareMissed(_ missed: [MissedSlot]) async throws(StoreError) -> [MissedSlot] {
    try await write { db in
      let stored = Set(try SlotRun.append(missed.map(\.decision), db))
      let declared = missed.filter { stored.contains($0.decision) }
      for one in declared { try SQLiteStore.append(one.row, db) }
      return declared
    }
  }

  public func decidedThrough() async throws(StoreError) -> Timestamp? {
    try await read { db in try db.moment("SELECT through FROM slots_decided WHERE through IS NOT NULL") }
  }

  public func decisions(after instant: Timestamp) async throws(StoreError) -> [SlotDecision] {
    try await read { db in
      try db.rows("SELECT \(SlotRun.columns) FROM slots WHERE slot > ?", [instant.milliseconds])
        .flatMap { try SlotRun($0).decisions() }
        .sorted { ($0.slot, $0.schedule) < ($1.slot, $1.schedule) }
    }
  }

  public func decide(
    _ decisions: [SlotDecision], through: Timestamp?, plans: [LedgerEntry]
  ) async throws(StoreError) {
    // Somebody waits for the second to begin: everything else can wait for this.
    try await write(isUrgent: true) { db in
      for plan in plans { try SQLiteStore.append(plan, db) }
      try SlotRun.append(decisions, db)
      if let through {
        try db.run(
          "UPDATE slots_decided SET through = MIN(:through, COALESCE(saved_from, :through)), saved_from = NULL",
          ["through": through.milliseconds])
      }
    }
  }

  public func openSlots(limit: Int) async throws(StoreError) -> [OpenSlot] {
    try await read { db in
      let expanded = try Int64.fetchOne(db.cachedStatement(sql: "SELECT expanded FROM slots_decided")) ?? 0
      // The row that has the first of them may have begun before it.
      let runs = try Row.fetchCursor(
        db.cachedStatement(
          sql: """
            SELECT \(SlotRun.columns) FROM slots
            WHERE seq >= COALESCE((SELECT MAX(seq) FROM slots WHERE seq <= :next), :next) ORDER BY seq
            """), arguments: ["next": expanded + 1])
      var open: [OpenSlot] = []
      while open.count < limit, let row = try runs.next() {
        let run = try SlotRun(row)
        let done = Int(max(0, expanded + 1 - run.first))
        for (index, decision) in run.decisions(from: done, limit: limit - open.count).enumerated() {
          let schedule = try db.row("\(ScheduleRow.select) WHERE s.id = ?", [decision.schedule])
            .map(ScheduleRow.schedule)
          open.append(
            OpenSlot(sequence: run.first + Int64(done + index), decision: decision, schedule: schedule))
        }
      }
      return open
    }
  }

  public func expand(_ expansion: SlotExpansion) async throws(StoreError) -> [Int64] {
    try await write { db in
      let expanded = try Int64.fetchOne(db.cachedStatement(sql: "SELECT expanded FROM slots_decided")) ?? 0
      guard expansion.through > expanded else { return [] }
      for delivery in expansion.deliveries { try SQLiteStore.insert(delivery, db) }
      for row in expansion.rows { try SQLiteStore.append(row, db) }
      for slot in expansion.waiting { try SQLiteStore.insert(slot, db) }
      for ending in expansion.endings { try SQLiteStore.insert(ending, db) }
      var ended: [Int64] = []
      for (id, version) in expansion.completed.sorted(by: { $0.key < $1.key }) {
        if try ScheduleRow.remove(id, version: version, db) { ended.append(id) }
      }
      try db.run("UPDATE slots_decided SET expanded = ?", [expansion.through])
      return ended
    }
  }

  static func insert(_ waiting: WaitingSlot, _ db: Database) throws {
    try db.run(
      "INSERT OR IGNORE INTO waiting_slots (owner, slot) VALUES (?, ?)", [waiting.owner, waiting.slot.milliseconds])
  }
}
