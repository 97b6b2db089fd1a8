import Engine
import Events
import GRDB
import Rules

/// Schedules whose last invocation is still to come.
extension SQLiteStore {
  public func endings(by now: Timestamp, limit: Int) async throws(StoreError) -> [DueEnding] {
    try await read { db in
      try db.rows(
        """
        SELECT e.schedule, e.slot, e.since, e.due, s.json FROM schedule_endings AS e
        LEFT JOIN schedules AS s ON s.id = e.schedule WHERE e.due <= ? ORDER BY e.due, e.schedule, e.slot LIMIT ?
        """, [now.milliseconds, limit]
      ).map { row in
        let json: String? = row["json"]
        return DueEnding(
          ending: ScheduleEnding(
            schedule: row["schedule"], slot: row.moment("slot"), since: row.moment("since"), due: row.moment("due")),
          schedule: json == nil ? nil : try row.decoded("json") { try Schedule(json: $0) })
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
          try db.run("DELETE FROM schedules WHERE id = ? AND json ->> 'version' = ?", [ending.schedule, version])
          guard db.changesCount > 0 else { continue }
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
