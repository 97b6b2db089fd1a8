import Engine
import Events
import GRDB
import Rules

/// What goes on of earlier slots, and the slots that wait for it.
extension SQLiteStore {
  public func overlap(of owner: String) async throws(StoreError) -> OverlapStanding {
    try await read { db in
      // Every cause of an owner's slots begins with its name and the sign, and the next sign in ASCII ends them.
      let blocker = try SQLiteStore.underWay(from: "\(owner)@", before: "\(owner)A", db)
      let row = try db.row("SELECT COUNT(*) AS count, MIN(slot) AS first FROM waiting_slots WHERE owner = ?", [owner])
      return OverlapStanding(
        blocker: blocker, waiting: row?["count"] ?? 0, first: row?.optionalMoment("first"))
    }
  }

  public func isUnderWay(_ cause: String) async throws(StoreError) -> Bool {
    try await read { db in try SQLiteStore.underWay(from: cause, before: "\(cause)\u{1}", db) != nil }
  }

  public func waitingHeads() async throws(StoreError) -> [WaitingSlot] {
    try await read { db in
      try db.rows("SELECT owner, MIN(slot) AS slot FROM waiting_slots GROUP BY owner ORDER BY 2, 1").map {
        WaitingSlot(owner: $0["owner"], slot: $0.moment("slot"))
      }
    }
  }

  public func waitingSlots(of owner: String, limit: Int) async throws(StoreError) -> [Timestamp] {
    try await read { db in
      try db.rows("SELECT slot FROM waiting_slots WHERE owner = ? ORDER BY slot LIMIT ?", [owner, limit]).map {
        $0.moment("slot")
      }
    }
  }

  public func release(
    _ slot: WaitingSlot, as outcome: SlotRecord.Outcome, completed: CompletedSchedule?
  ) async throws(StoreError) -> Int64? {
    try await write { db in
      try db.run("DELETE FROM waiting_slots WHERE owner = ? AND slot = ?", [slot.owner, slot.slot.milliseconds])
      guard db.changesCount > 0 else { return nil }
      try SQLiteStore.insert(outcome, of: slot, db)
      guard let completed else { return nil }
      let name = completed.name
      guard let row = try db.row("\(ScheduleRow.select) WHERE group_name = ? AND name = ?", [name.group, name.name]),
        completed.isSame(as: try ScheduleRow.schedule(row))
      else { return nil }
      let id: Int64 = row["id"]
      if let due = completed.due {
        try SQLiteStore.insert(ScheduleEnding(schedule: id, slot: slot.slot, since: completed.since, due: due), db)
        return nil
      }
      try db.run("DELETE FROM schedules WHERE id = ?", [id])
      return id
    }
  }

  /// What a slot came to, in the transaction at hand.
  static func insert(_ outcome: SlotRecord.Outcome, of slot: WaitingSlot, _ db: Database) throws {
    switch outcome {
    case .fires(let event): try insert(event, db)
    case .invokes(let delivery): try insert(delivery, db)
    case .passes(let entry): try append(entry, db)
    case .waits(let entry):
      try insert(slot, db)
      try append(entry, db)
    }
  }

  /// The earliest of those causes that has a delivery or a run going on, or waits its turn.
  private static func underWay(from first: String, before end: String, _ db: Database) throws -> Blocker? {
    let bounds: StatementArguments = [first, end]
    // A run says more than the delivery that started it and is about to end.
    if let row = try db.row(
      """
      SELECT cause_id, id FROM runs WHERE cause_id >= ? AND cause_id < ? AND ended_at IS NULL ORDER BY cause_id LIMIT 1
      """, bounds)
    {
      return Blocker(causeID: row["cause_id"], runID: row["id"])
    }
    for sql in [
      """
      SELECT cause_id FROM deliveries WHERE cause_id >= ? AND cause_id < ? AND state = 'waiting' ORDER BY cause_id LIMIT 1
      """,
      "SELECT cause_id FROM deferred WHERE cause_id >= ? AND cause_id < ? ORDER BY cause_id LIMIT 1",
    ] {
      if let cause = try String.fetchOne(db.cachedStatement(sql: sql), arguments: bounds) {
        return Blocker(causeID: cause, runID: nil)
      }
    }
    return nil
  }
}
