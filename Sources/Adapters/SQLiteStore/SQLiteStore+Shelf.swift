import Engine
import Events
import GRDB
import Operations
import Telemetry

extension SQLiteStore: ShelfStore {
  public func letters(_ queue: String, after sequence: Int64, limit: Int) async throws(StoreError) -> [Letter] {
    try await read { db in
      try db.rows(
        """
        SELECT seq, queue, id, body, attributes, sent_at, receipt, visible_at FROM messages
        WHERE queue = ? AND seq > ? ORDER BY seq LIMIT ?
        """, [queue, sequence, limit]
      ).map(SQLiteStore.letter)
    }
  }

  public func letter(_ id: String) async throws(StoreError) -> Letter? {
    try await read { db in
      try db.row(
        "SELECT seq, queue, id, body, attributes, sent_at, receipt, visible_at FROM messages WHERE id = ?", [id]
      ).map(SQLiteStore.letter)
    }
  }

  public func redrive(_ letter: Letter, as delivery: NewDelivery) async throws(StoreError) -> Bool {
    try await write { db in
      guard try SQLiteStore.remove(letter, db) else { return false }
      try SQLiteStore.insert(delivery, db)
      return true
    }
  }

  public func move(_ letter: Letter, to queue: String, at now: Timestamp) async throws(StoreError) -> Bool {
    try await write { db in
      guard try SQLiteStore.queue(queue, db) != nil else { throw StoreError(.refused, "there is no queue \(queue)") }
      // As SQS does, the message counts as new: it has a new enqueue time and no receives.
      try db.run(
        """
        UPDATE messages SET queue = ?, visible_at = ?, sent_at = ?, receive_count = 0, first_received_at = NULL,
          receipt = NULL WHERE seq = ? AND queue = ?
        """, [queue, now.milliseconds, now.milliseconds, letter.sequence, letter.queue])
      return db.changesCount > 0
    }
  }

  public func discard(_ letter: Letter, row: LedgerEntry) async throws(StoreError) -> Bool {
    try await write { db in
      guard try SQLiteStore.remove(letter, db) else { return false }
      try SQLiteStore.append(row, db)
      return true
    }
  }

  private static func remove(_ letter: Letter, _ db: Database) throws -> Bool {
    try db.run("DELETE FROM messages WHERE seq = ? AND queue = ?", [letter.sequence, letter.queue])
    return db.changesCount > 0
  }

  private static func letter(_ row: Row) throws -> Letter {
    let attributes = MessageAttribute.attributes(try row.json("attributes"))
    return Letter(
      sequence: row["seq"], queue: row["queue"], id: row["id"], body: row["body"],
      attributes: attributes.compactMapValues { attribute in
        switch attribute.value {
        case .text(let text): text
        case .binary: nil
        }
      }, sentAt: row.moment("sent_at"), isInFlight: (row["receipt"] as String?) != nil)
  }
}
