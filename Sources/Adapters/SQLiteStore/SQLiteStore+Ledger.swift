import Crypto
import Engine
import Events
import GRDB
import Telemetry

extension SQLiteStore: Ledger {
  public func entries(_ query: LedgerQuery) async throws(StoreError) -> [LedgerEntry] {
    try await read { db in
      var conditions: [String] = []
      var arguments: StatementArguments = []
      func match(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
        guard let value else { return }
        conditions.append(condition)
        arguments += [value]
      }
      match("decision = ?", query.decision?.rawValue)
      match("rule = ?", query.rule)
      match("domain = ?", query.domain)
      match("parent_id = ?", query.parent)
      match("at >= ?", query.since?.milliseconds)
      match("at < ?", query.until?.milliseconds)
      if let after = query.after {
        conditions.append(
          "(at, seq) < (SELECT at, seq FROM ledger AS page WHERE page.cause_id = ? ORDER BY page.seq DESC LIMIT 1)")
        arguments += [after]
      }
      if let id = query.id {
        conditions.append(
          """
          seq IN (SELECT seq FROM ledger WHERE cause_id = ?1 UNION SELECT seq FROM ledger WHERE event_id = ?1
          UNION SELECT seq FROM ledger WHERE run_id = ?1 UNION SELECT seq FROM ledger WHERE correlation_id = ?1)
          """.replacing("?1", with: "?"))
        arguments += [id, id, id, id]
      }
      // An open row counts only until its cause is decided.
      conditions.append(
        """
        (terminal = 1 OR (seq = (SELECT MAX(seq) FROM ledger AS later WHERE later.cause_id = ledger.cause_id)))
        """)
      let limit = max(1, min(query.limit, LedgerQuery.limitMax))
      let sql =
        "SELECT json FROM ledger WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(query.oldestFirst ? "at, seq" : "at DESC, seq DESC") "
        + "LIMIT \(limit)"
      return try db.rows(sql, arguments).map { try $0.decoded("json") { LedgerEntry(json: $0) } }
    }
  }

  public func standing(of causes: [String]) async throws(StoreError) -> [String: CauseStanding] {
    try await read { db in
      var standings: [String: CauseStanding] = [:]
      for cause in causes {
        let decided = try db.count("SELECT COUNT(*) FROM ledger WHERE cause_id = ? AND terminal = 1", [cause])
        let isOpen =
          try db.row(
            """
            SELECT 1 FROM ledger WHERE cause_id = ?1 AND terminal = 0 UNION ALL
            SELECT 1 FROM deliveries WHERE cause_id = ?1 AND state = 'waiting' LIMIT 1
            """, [cause]) != nil
        if decided > 0 || isOpen { standings[cause] = CauseStanding(decided: decided, isOpen: isOpen) }
      }
      return standings
    }
  }

  public func entry(of causeID: String) async throws(StoreError) -> LedgerEntry? {
    try await read { db in try SQLiteStore.entry(of: causeID, db) }
  }

  static func entry(of causeID: String, _ db: Database) throws -> LedgerEntry? {
    try db.row("SELECT json FROM ledger WHERE cause_id = ? ORDER BY seq DESC LIMIT 1", [causeID])?
      .decoded("json") { LedgerEntry(json: $0) }
  }

  /// Appends a row unless its cause is decided already; then nothing changes.
  static func append(_ entry: LedgerEntry, _ db: Database) throws {
    let decided = try db.count("SELECT COUNT(*) FROM ledger WHERE cause_id = ? AND terminal = 1", [entry.causeID])
    guard decided == 0 else { return }
    let json = entry.json.text
    let previous = try String.fetchOne(
      db.cachedStatement(sql: "SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1"))
    try db.run(
      """
      INSERT INTO ledger (cause_id, terminal, at, decision, rule, domain, event_id, run_id, correlation_id, parent_id, json,
        hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        entry.causeID, entry.decision.isTerminal, entry.at.milliseconds, entry.decision.rawValue, entry.about.rule,
        entry.about.domain, entry.about.eventID, entry.about.runID, entry.about.correlationID, entry.about.parentID,
        json,
        link(previous ?? "", json),
      ])
  }

  /// The hash of a row over the hash before it and its own text.
  static func link(_ previous: String, _ json: String) -> String {
    SHA256.hash(data: Array((previous + json).utf8)).hex
  }
}

extension Sequence<UInt8> {
  /// Lower-case hex digits, two a byte.
  var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
