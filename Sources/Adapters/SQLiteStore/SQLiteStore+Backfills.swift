import Engine
import Events
import GRDB
import Telemetry

extension SQLiteStore: BackfillStore {
  public func backfills(_ state: Backfill.State?, limit: Int) async throws(StoreError) -> [Backfill] {
    try await read { db in
      let condition = state == nil ? "1" : "state = ?"
      let arguments: StatementArguments = state.map { [$0.rawValue, limit] } ?? [limit]
      return try db.rows(
        "SELECT slots, progress FROM backfills WHERE \(condition) ORDER BY seq DESC LIMIT ?", arguments
      ).map(SQLiteStore.backfill)
    }
  }

  public func backfill(_ id: String) async throws(StoreError) -> Backfill? {
    try await read { db in
      try db.row("SELECT slots, progress FROM backfills WHERE id = ?", [id]).map(SQLiteStore.backfill)
    }
  }

  public func save(_ backfill: Backfill, row: LedgerEntry?) async throws(StoreError) {
    try await write { db in
      if let row { try SQLiteStore.append(row, db) }
      try SQLiteStore.insert(backfill, db)
    }
  }

  public func advance(
    _ backfill: Backfill, event: RoutedEvent?, deliveries: [NewDelivery], row: LedgerEntry?
  ) async throws(StoreError) -> Bool {
    try await write { db in
      try db.run(
        """
        UPDATE backfills SET state = ?, done = ?, progress = ? WHERE id = ? AND done = ? AND state = 'running'
        """,
        [
          backfill.state.rawValue, backfill.done, backfill.progress.text, backfill.id, backfill.done - 1,
        ])
      guard db.changesCount > 0 else { return false }
      if let event { try SQLiteStore.insert(event, db) }
      for delivery in deliveries { try SQLiteStore.insert(delivery, db) }
      if let row { try SQLiteStore.append(row, db) }
      return true
    }
  }

  /// The plan first, then what carries it out.
  static func insert(_ recovery: Recovery?, _ db: Database) throws {
    guard let recovery else { return }
    try append(recovery.plan, db)
    if let backfill = recovery.backfill { try insert(backfill, db) }
  }

  private static func insert(_ backfill: Backfill, _ db: Database) throws {
    try db.run(
      """
      INSERT INTO backfills (id, state, done, slots, progress) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET state = excluded.state, done = excluded.done, progress = excluded.progress
      """,
      [
        backfill.id, backfill.state.rawValue, backfill.done,
        JSON.array(backfill.slots.map { JSON(Int($0.milliseconds)) }).text, backfill.progress.text,
      ])
  }

  private static func backfill(_ row: Row) throws -> Backfill {
    let slots = try row.decoded("slots") { json in
      json.elements?.compactMap { $0.int.map { Timestamp(milliseconds: Int64($0)) } }
    }
    return try row.decoded("progress") { Backfill(progress: $0, slots: slots) }
  }
}
