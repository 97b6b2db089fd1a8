import Engine
import Events
import GRDB
import Rules
import Telemetry

/// Pauses of schedules and what slots came to during them, and the time zones that schedules hang in.
extension SQLiteStore {
  public func disabledSlots(of owner: String, among slots: [Timestamp]) async throws(StoreError) -> Set<Timestamp> {
    try await read { db in
      guard let name = ScheduleName(owner) else {
        let find = try db.cachedStatement(sql: "SELECT 1 FROM ledger WHERE cause_id = ? AND decision = ?")
        return Set(
          try slots.filter { slot in
            try Row.fetchOne(
              find, arguments: [Cause.slotID(rule: owner, at: slot), Decision.disabled.rawValue]) != nil
          })
      }
      let id = try Int64.fetchOne(
        db.cachedStatement(sql: "SELECT id FROM schedules WHERE group_name = ? AND name = ?"),
        arguments: [name.group, name.name])
      guard let id else { return [] }
      return Set(try slots.filter { try SlotRun.has(id, at: $0, as: .disabled, db) })
    }
  }

  public func zonePrints() async throws(StoreError) -> [String: String] {
    try await read { db in
      let rows = try db.rows("SELECT zone, print FROM zone_prints")
      return Dictionary(rows.map { ($0["zone"], $0["print"]) }, uniquingKeysWith: { _, last in last })
    }
  }

  public func note(zonePrints: [String: String], row: LedgerEntry?) async throws(StoreError) {
    try await write { db in
      for (zone, print) in zonePrints.sorted(by: { $0.key < $1.key }) {
        try db.run("INSERT OR REPLACE INTO zone_prints (zone, print) VALUES (?, ?)", [zone, print])
      }
      if let row { try SQLiteStore.append(row, db) }
    }
  }

  public func nextPauseEnd() async throws(StoreError) -> Timestamp? {
    try await read { db in
      try db.moment("SELECT MIN(pause_until) FROM schedules WHERE pause_until IS NOT NULL")
    }
  }

  public func pausesEnded(by now: Timestamp, limit: Int) async throws(StoreError) -> [ScheduleName] {
    try await read { db in
      try db.rows(
        """
        SELECT group_name, name FROM schedules WHERE pause_until IS NOT NULL AND pause_until <= ?
        ORDER BY pause_until, group_name, name LIMIT ?
        """, [now.milliseconds, limit]
      ).map { ScheduleName(group: $0["group_name"], $0["name"]) }
    }
  }
}
