import Engine
import Events
import GRDB
import Rules
import Schedules
import Telemetry

extension SQLiteStore: ScheduleStore {
  /// Clocks that are handed on at once.
  static let clocksPageMax = 8_192

  public func scheduleGroups() async throws(StoreError) -> [ScheduleGroup] {
    try await read { db in
      try db.rows("SELECT json FROM schedule_groups ORDER BY name").map {
        try $0.decoded("json") { ScheduleGroup(json: $0) }
      }
    }
  }

  public func save(_ group: ScheduleGroup, row: LedgerEntry) async throws(StoreError) {
    try await write { db in
      try db.run(
        "INSERT OR REPLACE INTO schedule_groups (name, json) VALUES (?, ?)", [group.name, group.json.text])
      try SQLiteStore.append(row, db)
    }
  }

  public func remove(group: String, row: LedgerEntry) async throws(StoreError) -> [Int64]? {
    try await write { db in
      try db.run("DELETE FROM schedule_groups WHERE name = ?", [group])
      guard db.changesCount > 0 else { return nil }
      let ids = try Int64.fetchAll(
        db.cachedStatement(sql: "SELECT id FROM schedules WHERE group_name = ?"), arguments: [group])
      try db.run("DELETE FROM schedules WHERE group_name = ?", [group])
      try SQLiteStore.append(row, db)
      return ids
    }
  }

  public func schedule(_ name: ScheduleName) async throws(StoreError) -> Schedule? {
    try await read { db in
      try db.row("\(ScheduleRow.select) WHERE group_name = ? AND name = ?", [name.group, name.name])
        .map(ScheduleRow.schedule)
    }
  }

  public func schedules(_ query: ScheduleQuery) async throws(StoreError) -> [Schedule] {
    try await read { db in
      var conditions = ["1"]
      var arguments: StatementArguments = []
      if let group = query.group {
        conditions.append("group_name = ?")
        arguments += [group]
      }
      if let prefix = query.namePrefix, !prefix.isEmpty {
        conditions.append("name >= ? AND name < ?")
        arguments += [prefix, prefix + "\u{10FFFF}"]
      }
      if let state = query.state {
        conditions.append("state = ?")
        arguments += [state.rawValue]
      }
      if let after = query.after {
        conditions.append("(group_name, name) > (?, ?)")
        arguments += [after.group, after.name]
      }
      let sql = """
        \(ScheduleRow.select) WHERE \(conditions.joined(separator: " AND "))
        ORDER BY group_name, name LIMIT \(max(1, query.limit))
        """
      return try db.rows(sql, arguments).map(ScheduleRow.schedule)
    }
  }

  public func save(
    _ schedules: [Schedule], row: LedgerEntry, recovery: Recovery?
  ) async throws(StoreError) -> [Int64] {
    let texts = await ScheduleTexts.texts(of: schedules)
    return try await write { db in
      try SQLiteStore.append(row, db)
      try SQLiteStore.insert(recovery, db)
      var ids: [Int64] = []
      ids.reserveCapacity(schedules.count)
      var began: Timestamp?
      let writer = try ScheduleWriter(db)
      for part in texts {
        try part.forEach(db) { index, clockwork, text in
          let schedule = schedules[index]
          let (id, keepsTime) = try writer.write(schedule, clockwork, text)
          ids.append(id)
          if !keepsTime { began = min(began ?? schedule.clock.epoch, schedule.clock.epoch) }
        }
      }
      if let began {
        try db.run(
          "UPDATE slots_decided SET through = MIN(through, :began), saved_from = MIN(COALESCE(saved_from, :began), :began)",
          ["began": began.milliseconds])
      }
      return ids
    }
  }

  public func remove(_ name: ScheduleName, row: LedgerEntry) async throws(StoreError) -> Int64? {
    try await write { db in
      let id = try Int64.fetchOne(
        db.cachedStatement(sql: "SELECT id FROM schedules WHERE group_name = ? AND name = ?"),
        arguments: [name.group, name.name])
      guard let id else { return nil }
      try db.run("DELETE FROM schedules WHERE id = ?", [id])
      try SQLiteStore.append(row, db)
      return id
    }
  }

  public func forEachClock(_ body: @escaping @Sendable ([StoredClock]) -> Void) async throws(StoreError) {
    try await read { db in
      let rows = try Row.fetchCursor(db, sql: "SELECT \(ClockReader.columns) FROM schedules ORDER BY id")
      var reader = ClockReader(db)
      var page: [StoredClock] = []
      while let row = try rows.next() {
        page.append(try reader.clock(row))
        if page.count == SQLiteStore.clocksPageMax {
          body(page)
          page.removeAll(keepingCapacity: true)
        }
      }
      body(page)
    }
  }

  public func clocks(after id: Int64, limit: Int) async throws(StoreError) -> [StoredClock] {
    try await read { db in
      var reader = ClockReader(db)
      return try db.rows("SELECT \(ClockReader.columns) FROM schedules WHERE id > ? ORDER BY id LIMIT ?", [id, limit])
        .map { try reader.clock($0) }
    }
  }

  public func scheduleNames(_ ids: [Int64]) async throws(StoreError) -> [Int64: ScheduleName] {
    try await read { db in
      var names: [Int64: ScheduleName] = [:]
      for id in ids {
        guard let row = try db.row("SELECT group_name, name FROM schedules WHERE id = ?", [id]) else { continue }
        names[id] = ScheduleName(group: row["group_name"], row["name"])
      }
      return names
    }
  }
}
