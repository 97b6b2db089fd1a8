import Engine
import Events
import GRDB
import Rules

/// Schedules whose last invocation is still to come.
extension SQLiteStore {
  public func endings(by now: Timestamp, limit: Int) async throws(StoreError) -> [DueEnding] {
    try await read { db in
      try db.rows(
        "SELECT schedule, slot, since, due FROM schedule_endings WHERE due <= ? ORDER BY due, schedule, slot LIMIT ?",
        [now.milliseconds, limit]
      ).map { row in
        let ending = ScheduleEnding(
          schedule: row["schedule"], slot: row.moment("slot"), since: row.moment("since"), due: row.moment("due"))
        return DueEnding(
          ending: ending,
          schedule: try db.row("\(ScheduleRow.select) WHERE s.id = ?", [ending.schedule]).map(ScheduleRow.schedule))
      }
    }
  }

  public func nextEnding() async throws(StoreError) -> Timestamp? {
    try await read { db in
      try db.moment("SELECT due FROM schedule_endings ORDER BY due LIMIT 1")
    }
  }

  public func end(_ endings: [ScheduleEnding], completed: [Int64: Int]) async throws(StoreError) -> [Int64] {
    try await write { db in
      var ended: [Int64] = []
      for ending in endings {
        if let version = completed[ending.schedule], !ended.contains(ending.schedule) {
          guard try ScheduleRow.remove(ending.schedule, version: version, db) else { continue }
          ended.append(ending.schedule)
        }
        try db.run(
          "DELETE FROM schedule_endings WHERE schedule = ? AND slot = ?",
          [ending.schedule, ending.slot.milliseconds])
      }
      return ended
    }
  }

  static func insert(_ ending: ScheduleEnding, _ db: Database) throws {
    try db.run(
      "INSERT OR REPLACE INTO schedule_endings (schedule, slot, since, due) VALUES (?, ?, ?, ?)",
      [
        ending.schedule, ending.slot.milliseconds, ending.since.milliseconds, ending.due.milliseconds,
      ])
  }
}
