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
      try db.row("SELECT json FROM schedules WHERE group_name = ? AND name = ?", [name.group, name.name])?
        .decoded("json") { try Schedule(json: $0) }
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
        SELECT json FROM schedules WHERE \(conditions.joined(separator: " AND "))
        ORDER BY group_name, name LIMIT \(max(1, query.limit))
        """
      return try db.rows(sql, arguments).map { try $0.decoded("json") { try Schedule(json: $0) } }
    }
  }

  public func save(
    _ schedules: [Schedule], row: LedgerEntry, recovery: Recovery?
  ) async throws(StoreError) -> [Int64] {
    let rows = await ScheduleRow.rows(of: schedules)
    return try await write { db in
      try SQLiteStore.append(row, db)
      try SQLiteStore.insert(recovery, db)
      var ids: [Int64] = []
      ids.reserveCapacity(rows.count)
      var began: Timestamp?
      let find = try db.cachedStatement(
        sql: "SELECT id, clockwork, since, start_at, end_at FROM schedules WHERE group_name = ? AND name = ?")
      let insert = try db.cachedStatement(
        sql: """
          INSERT INTO schedules (group_name, name, state, clockwork, since, start_at, end_at, pause_until, json)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (group_name, name) DO NOTHING
          """)
      let update = try db.cachedStatement(
        sql: """
          UPDATE schedules SET state = ?, clockwork = ?, since = ?, start_at = ?, end_at = ?, pause_until = ?, json = ?
          WHERE id = ?
          """)
      for row in rows {
        let schedule = row.schedule
        let (group, name) = (schedule.name.group, schedule.name.name)
        if schedule.version == 1 {
          try insert.execute(arguments: [
            group, name, schedule.state.rawValue, row.clockwork, schedule.since.milliseconds,
            schedule.start?.milliseconds, schedule.end?.milliseconds, schedule.pause?.until?.milliseconds, row.json,
          ])
        }
        if schedule.version == 1, db.changesCount > 0 {
          ids.append(db.lastInsertedRowID)
        } else {
          guard let old = try Row.fetchOne(find, arguments: [group, name]) else {
            throw StoreError(.refused, "schedule \(schedule.name) is not there any more")
          }
          let id: Int64 = old["id"]
          try update.execute(arguments: [
            schedule.state.rawValue, row.clockwork, schedule.since.milliseconds, schedule.start?.milliseconds,
            schedule.end?.milliseconds, schedule.pause?.until?.milliseconds, row.json, id,
          ])
          ids.append(id)
          if Clockwork(schedule).keepsTime(schedule, old) { continue }
        }
        began = min(began ?? schedule.clock.epoch, schedule.clock.epoch)
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
      let rows = try Row.fetchCursor(
        db, sql: "SELECT id, state, clockwork, since, start_at, end_at FROM schedules ORDER BY id")
      var reader = ClockReader()
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
      var reader = ClockReader()
      return try db.rows(
        """
        SELECT id, state, clockwork, since, start_at, end_at FROM schedules WHERE id > ? ORDER BY id LIMIT ?
        """, [id, limit]
      ).map { try reader.clock($0) }
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

  // MARK: Slots

  public func undecided(_ slots: [SlotDecision]) async throws(StoreError) -> [SlotDecision] {
    try await read { db in
      try slots.filter { slot in
        try db.count(
          "SELECT COUNT(*) FROM slots WHERE slot = ? AND schedule = ?", [slot.slot.milliseconds, slot.schedule]) == 0
      }
    }
  }

  public func declareMissed(_ missed: [MissedSlot]) async throws(StoreError) -> [MissedSlot] {
    try await write { db in
      try missed.filter { one in
        try SQLiteStore.insert(one.decision, db)
        guard db.changesCount > 0 else { return false }
        try SQLiteStore.append(one.row, db)
        return true
      }
    }
  }

  public func decidedThrough() async throws(StoreError) -> Timestamp? {
    try await read { db in try db.moment("SELECT through FROM slots_decided WHERE through IS NOT NULL") }
  }

  public func decisions(after instant: Timestamp) async throws(StoreError) -> [SlotDecision] {
    try await read { db in
      try db.rows(
        "SELECT slot, schedule, outcome, decided_at FROM slots WHERE slot > ? ORDER BY slot, schedule",
        [instant.milliseconds]
      ).map(SQLiteStore.decision)
    }
  }

  public func decide(
    _ decisions: [SlotDecision], through: Timestamp?, plans: [LedgerEntry]
  ) async throws(StoreError) {
    try await write { db in
      for plan in plans { try SQLiteStore.append(plan, db) }
      for one in decisions { try SQLiteStore.insert(one, db) }
      if let through {
        try db.run(
          "UPDATE slots_decided SET through = MIN(:through, COALESCE(saved_from, :through)), saved_from = NULL",
          ["through": through.milliseconds])
      }
    }
  }

  public func openSlots(limit: Int) async throws(StoreError) -> [OpenSlot] {
    try await read { db in
      try db.rows(
        """
        SELECT f.seq, f.slot, f.schedule, f.outcome, f.decided_at, s.json FROM slots AS f
        LEFT JOIN schedules AS s ON s.id = f.schedule
        WHERE f.seq > (SELECT expanded FROM slots_decided) ORDER BY f.seq LIMIT ?
        """, [limit]
      ).map { row in
        let json: String? = row["json"]
        return OpenSlot(
          sequence: row["seq"], decision: try SQLiteStore.decision(row),
          schedule: json == nil ? nil : try row.decoded("json") { try Schedule(json: $0) })
      }
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
        try db.run("DELETE FROM schedules WHERE id = ? AND json ->> 'version' = ?", [id, version])
        if db.changesCount > 0 { ended.append(id) }
      }
      try db.run("UPDATE slots_decided SET expanded = ?", [expansion.through])
      return ended
    }
  }

  static func insert(_ waiting: WaitingSlot, _ db: Database) throws {
    try db.run(
      "INSERT OR IGNORE INTO waiting_slots (owner, slot) VALUES (?, ?)", [waiting.owner, waiting.slot.milliseconds])
  }

  private static func insert(_ one: SlotDecision, _ db: Database) throws {
    try db.run(
      "INSERT OR IGNORE INTO slots (slot, schedule, outcome, decided_at) VALUES (?, ?, ?, ?)",
      [one.slot.milliseconds, one.schedule, one.outcome.rawValue, one.decidedAt.milliseconds])
  }

  private static func decision(_ row: Row) throws -> SlotDecision {
    let number: Int = row["outcome"]
    guard let outcome = SlotDecision.Outcome(rawValue: number) else {
      throw StoreError(.corrupt, "a slot has the outcome \(number)")
    }
    return SlotDecision(
      schedule: row["schedule"], slot: row.moment("slot"), outcome: outcome, decidedAt: row.moment("decided_at"))
  }
}

/// Reads clocks out of rows: id, state, clockwork, since, start and end, in this order.
private struct ClockReader {
  /// Clockworks that were read already: a million schedules seldom have more than some hundreds.
  private var known: [String: Clockwork] = [:]

  mutating func clock(_ row: Row) throws -> StoredClock {
    let text: String = row[2]
    let work = try clockwork(text, of: row[0])
    let start: Int64? = row[4]
    let end: Int64? = row[5]
    return StoredClock(
      id: row[0],
      clock: ScheduleClock(
        expression: work.expression, timezone: work.timezone, changes: work.changes,
        since: Timestamp(milliseconds: row[3]), start: start.map { Timestamp(milliseconds: $0) },
        end: end.map { Timestamp(milliseconds: $0) }),
      isEnabled: row[1] as String == Rule.State.enabled.rawValue, misfire: work.misfire)
  }

  private mutating func clockwork(_ text: String, of id: Int64) throws -> Clockwork {
    if let read = known[text] { return read }
    guard let read = Clockwork(text) else {
      throw StoreError(.corrupt, "clockwork \(text) of schedule \(id) is not what was written")
    }
    known[text] = read
    return read
  }
}

/// What of a schedule's clock many schedules may share, as one text that is read once.
struct Clockwork {
  let expression: ScheduleExpression
  let timezone: String
  let changes: ClockChangeRule
  let misfire: MisfirePolicy

  init(_ schedule: Schedule) {
    expression = schedule.expression
    timezone = schedule.timezone
    changes = schedule.changes
    misfire = schedule.misfire
  }

  /// Whether the schedule fires when that row's did.
  func keepsTime(_ schedule: Schedule, _ row: Row) -> Bool {
    guard let old = Clockwork(row["clockwork"]) else { return false }
    return (expression, timezone, changes) == (old.expression, old.timezone, old.changes)
      && row.moment("since") == schedule.since
      && (row.optionalMoment("start_at"), row.optionalMoment("end_at")) == (schedule.start, schedule.end)
  }

  /// The expression comes last, for it may hold line ends.
  var text: String {
    [
      timezone, changes.gap.rawValue, changes.fold.rawValue, misfire.kind.rawValue,
      String(misfire.window.milliseconds), String(misfire.countMax), expression.text,
    ].joined(separator: "\n")
  }

  init?(_ text: String) {
    let parts = text.split(separator: "\n", maxSplits: 6, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 7, let gap = ClockChangeRule.Gap(rawValue: parts[1]),
      let fold = ClockChangeRule.Fold(rawValue: parts[2]), let kind = MisfirePolicy.Kind(rawValue: parts[3]),
      let window = Int64(parts[4]), window >= 0, let count = Int(parts[5]),
      (1...MisfirePolicy.firesMax).contains(count)
    else { return nil }
    do {
      expression = try ScheduleExpression(parts[6], dialect: .scheduler)
    } catch {
      return nil
    }
    timezone = parts[0]
    changes = ClockChangeRule(gap: gap, fold: fold)
    misfire = MisfirePolicy(kind: kind, window: Span(milliseconds: window), countMax: count)
  }
}
