import Engine
import Events
import GRDB
import Telemetry

extension SQLiteStore: LedgerChain {
  /// Whether the columns say what the row's text says; only the text is in the chain, but queries read the columns.
  private static let columnsFit = """
    (cause_id = json ->> 'cause_id' AND decision = json ->> 'decision' AND terminal = (decision <> 'deferred')
      AND rule IS (json ->> 'rule') AND domain IS (json ->> 'domain') AND event_id IS (json ->> 'event_id')
      AND run_id IS (json ->> 'run_id') AND correlation_id IS (json ->> 'correlation_id')
      AND parent_id IS (json ->> 'parent_id')
      AND at = CAST(strftime('%s', json ->> 'at') AS INTEGER) * 1000 + CAST(SUBSTR(json ->> 'at', 21, 3) AS INTEGER))
    """

  public func audit(after link: LedgerLink?, limit: Int) async throws(StoreError) -> LedgerStretch {
    try await read { db in
      var previous = LedgerLink(sequence: 0, hash: "")
      if let link { previous = link } else if let last = try SQLiteStore.checkpoints(db).last { previous = last.last }
      var faults: [LedgerFault] = []
      var broken: [Int64] = []
      var count = 0
      let rows = try Row.fetchCursor(
        db.cachedStatement(
          sql: """
            SELECT seq, json, hash, CASE WHEN json_valid(json) THEN \(SQLiteStore.columnsFit) ELSE 0 END AS fits FROM ledger
            WHERE seq > ? ORDER BY seq LIMIT ?
            """), arguments: [previous.sequence, limit])
      while let row = try rows.next() {
        let sequence: Int64 = row["seq"]
        let hash: String = row["hash"]
        if sequence != previous.sequence + 1 {
          let gap = "rows \(previous.sequence + 1) to \(sequence - 1) are gone, and no checkpoint stands in for them"
          faults.append(LedgerFault(.rowsMissing, gap))
        }
        if hash != SQLiteStore.link(previous.hash, row["json"]) {
          broken.append(sequence)
          faults.append(LedgerFault(.rowChanged, "row \(sequence) does not follow from the row before it"))
        } else if row["fits"] != true {
          faults.append(LedgerFault(.columnChanged, "row \(sequence) is filed under other words than it says"))
        }
        previous = LedgerLink(sequence: sequence, hash: hash)
        count += 1
      }
      guard count < limit else { return LedgerStretch(rows: count, next: previous, faults: faults, broken: broken) }
      // The counter of rows only grows, so a chain that was cut short at its end is noticed too.
      let written = try db.count("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'ledger'")
      if Int64(written) > previous.sequence {
        let gap = "rows \(previous.sequence + 1) to \(written) were written and are gone"
        faults.append(LedgerFault(.rowsMissing, gap))
      }
      return LedgerStretch(rows: count, next: nil, faults: faults, broken: broken)
    }
  }

  public func oldest() async throws(StoreError) -> Timestamp? {
    try await read { db in try db.moment("SELECT at FROM ledger ORDER BY seq LIMIT 1") }
  }

  public func head() async throws(StoreError) -> LedgerLink? {
    try await read { db in
      try db.row("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1").map {
        LedgerLink(sequence: $0["seq"], hash: $0["hash"])
      }
    }
  }

  public func link(at sequence: Int64) async throws(StoreError) -> LedgerLink? {
    try await read { db in
      try db.row(
        """
        SELECT seq, hash FROM ledger WHERE seq = ?1 UNION ALL
        SELECT last_seq AS seq, hash FROM ledger_checkpoints WHERE last_seq = ?1 LIMIT 1
        """, [sequence]
      ).map { LedgerLink(sequence: $0["seq"], hash: $0["hash"]) }
    }
  }

  public func checkpoints() async throws(StoreError) -> [LedgerCheckpoint] {
    try await read { db in try SQLiteStore.checkpoints(db) }
  }

  static func checkpoints(_ db: Database) throws -> [LedgerCheckpoint] {
    try db.rows("SELECT first_seq, last_seq, rows, hash, at FROM ledger_checkpoints ORDER BY last_seq").map { row in
      LedgerCheckpoint(
        first: row["first_seq"], last: LedgerLink(sequence: row["last_seq"], hash: row["hash"]), rows: row["rows"],
        at: row.moment("at"))
    }
  }

  public func linked(after sequence: Int64, limit: Int) async throws(StoreError) -> [LinkedEntry] {
    try await read { db in
      try db.rows("SELECT seq, hash, json FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?", [sequence, limit]).map {
        row in
        LinkedEntry(
          link: LedgerLink(sequence: row["seq"], hash: row["hash"]),
          entry: try row.decoded("json") { LedgerEntry(json: $0) })
      }
    }
  }
}
