import Deliveries
import Engine
import Events
import GRDB
import Rules
import Telemetry

extension SQLiteStore: EventJournal, SlotJournal {
  public func record(_ events: [RoutedEvent]) async throws(StoreError) {
    try await write { db in
      for event in events { try SQLiteStore.insert(event, db) }
    }
  }

  public func record(_ delivery: NewDelivery) async throws(StoreError) {
    try await write { db in try SQLiteStore.insert(delivery, db) }
  }

  public func event(_ id: String) async throws(StoreError) -> RecordedEvent? {
    try await read { db in
      try db.row("SELECT json AS event_json, received_at, hops, parent_id FROM events WHERE id = ?", [id])
        .map(SQLiteStore.recordedEvent)
    }
  }

  public func events(_ query: EventQuery) async throws(StoreError) -> [StoredEvent] {
    try await read { db in
      var conditions = ["1"]
      var arguments: StatementArguments = []
      func match(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
        guard let value else { return }
        conditions.append(condition)
        arguments += [value]
      }
      match("received_at >= ?", query.since?.milliseconds)
      match("received_at < ?", query.until?.milliseconds)
      match("json ->> 'source' = ?", query.source)
      match("json ->> 'detail-type' = ?", query.detailType)
      match("parent_id = ?", query.parent)
      match("seq > ?", query.after)
      match("seq < (SELECT seq FROM events WHERE id = ?)", query.before)
      let order = query.after == nil && !query.oldestFirst ? "seq DESC" : "seq"
      let sql = """
        SELECT seq, json AS event_json, received_at, hops, parent_id FROM events
        WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(order) LIMIT \(max(1, query.limit))
        """
      return try db.rows(sql, arguments).map {
        StoredEvent(sequence: $0["seq"], recorded: try SQLiteStore.recordedEvent($0))
      }
    }
  }

  public func cursors() async throws(StoreError) -> [String: Timestamp] {
    try await read { db in
      let rows = try db.rows("SELECT rule, slot FROM schedule_cursors")
      return Dictionary(rows.map { ($0["rule"], $0.moment("slot")) }, uniquingKeysWith: { _, last in last })
    }
  }

  public func record(_ slots: [SlotRecord], plan: LedgerEntry?) async throws(StoreError) {
    try await write { db in
      if let plan { try SQLiteStore.append(plan, db) }
      for slot in slots {
        let isCurrent = try SQLiteStore.isCurrent(slot, db)
        let cursor = try db.moment("SELECT slot FROM schedule_cursors WHERE rule = ?", [slot.rule])
        if let cursor, isCurrent, slot.slot <= cursor { continue }
        try SQLiteStore.insert(slot.outcome, of: WaitingSlot(owner: slot.rule, slot: slot.slot), db)
        guard isCurrent else { continue }
        try db.run(
          "INSERT OR REPLACE INTO schedule_cursors (rule, slot) VALUES (?, ?)", [slot.rule, slot.slot.milliseconds])
      }
    }
  }

  /// Whether the rule still counts from where it did when the slot was looked at.
  private static func isCurrent(_ slot: SlotRecord, _ db: Database) throws -> Bool {
    guard let anchor = slot.anchor else { return true }
    let stored = try String.fetchOne(
      db.cachedStatement(sql: "SELECT json ->> 'anchor' FROM rules WHERE name = ?"), arguments: [slot.rule])
    return stored == anchor.preciseText
  }

  static func insert(_ routed: RoutedEvent, _ db: Database) throws {
    try db.run(
      "INSERT OR IGNORE INTO events (id, received_at, hops, parent_id, json) VALUES (?, ?, ?, ?, ?)",
      [
        routed.event.id, routed.receivedAt.milliseconds, routed.hops, routed.parentID, routed.text,
      ])
    guard db.changesCount > 0 else { return }
    for delivery in routed.deliveries { try insert(delivery, db) }
    for row in routed.rows { try append(row, db) }
  }

  static func insert(_ delivery: NewDelivery, _ db: Database) throws {
    let cause = delivery.cause
    try db.run(
      """
      INSERT OR IGNORE INTO deliveries (delivery_id, cause_id, cause, event_id, target, body, state, attempts, due_at,
        created_at) VALUES (?, ?, ?, ?, ?, ?, 'waiting', 0, ?, ?)
      """,
      [
        DerivedID.uuid(of: "\(cause.id)->\(delivery.target.id)"), cause.id, cause.json.text, cause.eventID,
        delivery.target.json.text, delivery.body, delivery.due.milliseconds,
        // Within a flexible window it is no older than its first attempt.
        max(cause.arrivedAt, delivery.due).milliseconds,
      ])
  }

  static func recordedEvent(_ row: Row) throws -> RecordedEvent {
    RecordedEvent(
      event: try row.decoded("event_json") { Event($0) }, hops: row["hops"], parentID: row["parent_id"],
      receivedAt: row.moment("received_at"))
  }
}

extension SQLiteStore: DeliveryJournal {
  /// Results between which something urgent may come.
  private static let resultsMax = 16

  public func due(at now: Timestamp, limit: Int) async throws(StoreError) -> [PendingDelivery] {
    try await read { db in
      try db.rows(
        """
        SELECT d.id, d.delivery_id, d.cause, d.target, d.body, d.attempts, d.due_at, d.created_at,
          e.json AS event_json, e.received_at, e.hops, e.parent_id
        FROM deliveries AS d LEFT JOIN events AS e ON e.id = d.event_id
        WHERE d.state = 'waiting' AND d.due_at <= ? ORDER BY d.due_at, d.id LIMIT ?
        """, [now.milliseconds, limit]
      ).map(SQLiteStore.pendingDelivery)
    }
  }

  public func nextDue() async throws(StoreError) -> Timestamp? {
    try await read { db in try db.moment("SELECT MIN(due_at) FROM deliveries WHERE state = 'waiting'") }
  }

  public func commit(_ results: [DeliveryResult], at now: Timestamp) async throws(StoreError) {
    try await write(
      each: stride(from: 0, to: results.count, by: SQLiteStore.resultsMax).map { start in
        let part = results[start..<min(start + SQLiteStore.resultsMax, results.count)]
        return { db in for result in part { try SQLiteStore.commit(result, at: now, db) } }
      })
  }

  public func deliveries(of cause: String) async throws(StoreError) -> [DeliveryView] {
    try await read { db in
      try db.rows(
        """
        SELECT delivery_id, target, state, attempts, due_at, done_at, error FROM deliveries WHERE cause_id = ? ORDER BY id
        """, [cause]
      ).map { row in
        let word: String = row["state"]
        guard let state = DeliveryView.State(rawValue: word) else {
          throw StoreError(.corrupt, "a delivery of \(cause) has no known state")
        }
        let target = try row.decoded("target") { try Target(json: $0) }
        return DeliveryView(
          target: target.arn, state: state, attempts: row["attempts"], dueAt: row.moment("due_at"),
          doneAt: row.optionalMoment("done_at"), error: row["error"], messageID: row["delivery_id"])
      }
    }
  }

  private static func pendingDelivery(_ row: Row) throws -> PendingDelivery {
    let target = try row.decoded("target") { try Target(json: $0) }
    let delivery = Delivery(
      id: row["delivery_id"], policy: target.retry, createdAt: row.moment("created_at"), attempts: row["attempts"],
      due: row.moment("due_at"))
    return PendingDelivery(
      rowID: row["id"], delivery: delivery, cause: try row.decoded("cause") { Cause(json: $0) }, target: target,
      body: row["body"], event: (row["event_json"] as String?) == nil ? nil : try recordedEvent(row))
  }

  private static func commit(_ result: DeliveryResult, at now: Timestamp, _ db: Database) throws {
    let delivery = result.delivery
    switch delivery.state {
    case .waiting(let until):
      try db.run(
        "UPDATE deliveries SET attempts = ?, due_at = ? WHERE id = ? AND state = 'waiting'",
        [delivery.attempts, until.milliseconds, result.rowID])
    case .delivered:
      try db.run(
        "UPDATE deliveries SET attempts = ?, state = 'delivered', done_at = ? WHERE id = ? AND state = 'waiting'",
        [delivery.attempts, now.milliseconds, result.rowID])
    case .buried(let why):
      try db.run(
        """
        UPDATE deliveries SET attempts = ?, state = 'buried', error = ?, exhausted = ?, done_at = ?
        WHERE id = ? AND state = 'waiting'
        """,
        [
          delivery.attempts, "\(why.error.code.rawValue): \(why.error.reason)", why.exhausted, now.milliseconds,
          result.rowID,
        ])
    }
    guard db.changesCount > 0 else { return }
    if let message = result.message { try insert(message, at: now, db) }
    try closeIfDone(result.cause, at: now, db)
  }

  /// The row of a cause whose targets wrote none themselves, once the last of them is through.
  private static func closeIfDone(_ cause: Cause, at now: Timestamp, _ db: Database) throws {
    let row = try db.row(
      """
      SELECT SUM(state = 'waiting') AS waiting, SUM(state = 'buried') AS buried, SUM(state = 'delivered') AS delivered,
        MAX(error) AS error, MAX(exhausted) AS exhausted, MAX(attempts) AS attempts FROM deliveries WHERE cause_id = ?
      """, [cause.id])
    guard let row, row["waiting"] == 0 else { return }
    if let known = try entry(of: cause.id, db), known.code != .overlapBuffered { return }
    let buried: Int = row["buried"]
    let error: String? = row["error"]
    try append(
      DeliveryReport.entry(
        cause, delivered: row["delivered"], buried: buried, error: error, exhausted: row["exhausted"],
        attempts: row["attempts"], at: now), db)
  }
}
