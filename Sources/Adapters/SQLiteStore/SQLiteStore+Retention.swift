import Crypto
import Engine
import Events
import GRDB
import Telemetry

extension SQLiteStore {
  /// Rows that one round lets go of, so that no write waits long for it.
  static let retainMax = 10_000
  /// Rows whose length is looked at, spread over the whole ledger.
  private static let sampleMax = 200
  /// What a row's indexes take besides its text, about, in bytes.
  private static let rowOverhead = 420

  public func retain(_ retention: Retention, at now: Timestamp) async throws(StoreError) -> LedgerCheckpoint? {
    try await write { db in
      // By whole days, so that a day makes one checkpoint and not each round its own.
      let before = Timestamp(seconds: (now - .days(retention.days)).seconds.flooredQuotient(by: 86_400) * 86_400)
      try SQLiteStore.retainEvents(before, db)
      try SQLiteStore.retainRuns(before, db)
      guard let cut = try SQLiteStore.cut(retention, before, db) else { return nil }
      let earlier = try SQLiteStore.checkpoints(db)
      let checkpoint = LedgerCheckpoint(
        first: cut.first, last: cut.last, rows: Int(cut.last.sequence - cut.first + 1), at: now)
      try db.run(
        "INSERT INTO ledger_checkpoints (last_seq, first_seq, rows, hash, at) VALUES (?, ?, ?, ?, ?)",
        [cut.last.sequence, cut.first, checkpoint.rows, cut.last.hash, now.milliseconds])
      try db.run("DELETE FROM ledger WHERE seq <= ?", [cut.last.sequence])
      let sealed = LedgerCheckpoint.seal(earlier) { SHA256.hash(data: $0).hex }
      try SQLiteStore.append(RetentionReport.entry(checkpoint, retention, sealed: sealed, at: now), db)
      return checkpoint
    }
  }

  /// The last row that may go: old or over the size, decided, and counted by the monitor.
  private static func cut(
    _ retention: Retention, _ before: Timestamp, _ db: Database
  ) throws -> (first: Int64, last: LedgerLink)? {
    // Each alone is the end of an index; both in one would walk over the whole ledger.
    let sql = "SELECT (SELECT MIN(seq) FROM ledger) AS first, (SELECT MAX(seq) FROM ledger) AS last"
    guard let ends = try db.row(sql),
      let first = ends["first"] as Int64?, let last = ends["last"] as Int64?
    else { return nil }
    let excess = try excess(retention, first, last, db)
    let counted = try db.row(
      "SELECT json ->> 'sequence' AS seq FROM documents WHERE kind = 'progress' AND name = 'ledger'")
    // Where nobody counts, nobody waits for a row either.
    let limit = min(last - 1, counted.map { $0["seq"] as Int64? ?? 0 } ?? last)
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: "SELECT seq, at, hash, terminal, cause_id FROM ledger WHERE seq <= ? ORDER BY seq LIMIT ?"),
      arguments: [limit, retainMax])
    var cut: LedgerLink?
    while let row = try rows.next() {
      let sequence: Int64 = row["seq"]
      guard row.moment("at") < before || sequence < first + excess else { break }
      let isDecided =
        try row["terminal"] == true
        || db.row(
          "SELECT 1 FROM ledger WHERE cause_id = ? AND terminal = 1", [row["cause_id"] as String]) != nil
      guard isDecided else { break }
      cut = LedgerLink(sequence: sequence, hash: row["hash"])
    }
    return cut.map { (first, $0) }
  }

  /// Rows beyond what the ledger may take; once there are any, a twentieth of it goes besides, so that the next are long off.
  private static func excess(_ retention: Retention, _ first: Int64, _ last: Int64, _ db: Database) throws -> Int64 {
    let places = (0..<sampleMax).map { first + (last - first) * Int64($0) / Int64(sampleMax) }
    let lengths = try places.compactMap { place in
      try Int.fetchOne(db.cachedStatement(sql: "SELECT LENGTH(json) FROM ledger WHERE seq = ?"), arguments: [place])
    }
    let mean = Double(lengths.reduce(0, +)) / Double(max(1, lengths.count)) + Double(rowOverhead)
    let rowsMax = Int64(Double(retention.ledgerMiB) * 1_048_576 / mean)
    let count = last - first + 1
    return count <= rowsMax ? 0 : count - rowsMax * 19 / 20
  }

  private static func retainEvents(_ before: Timestamp, _ db: Database) throws {
    try db.run(
      """
      DELETE FROM events WHERE seq IN (SELECT seq FROM events AS e WHERE received_at < ? AND NOT EXISTS
        (SELECT 1 FROM deliveries AS d WHERE d.event_id = e.id AND d.state = 'waiting') ORDER BY received_at LIMIT ?)
      """, [before.milliseconds, retainMax])
  }

  private static func retainRuns(_ before: Timestamp, _ db: Database) throws {
    let old = try String.fetchAll(
      db.cachedStatement(
        sql: "SELECT id FROM runs WHERE started_at < ? AND ended_at IS NOT NULL ORDER BY started_at LIMIT ?"),
      arguments: [before.milliseconds, retainMax])
    for run in old {
      try db.run("DELETE FROM chunks WHERE run_id = ?", [run])
      try db.run("DELETE FROM runs WHERE id = ?", [run])
    }
  }
}
