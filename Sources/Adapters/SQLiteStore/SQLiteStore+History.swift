import Engine
import Events
import GRDB
import Rules

extension SQLiteStore: StateHistory {
  public func state(
    _ kind: StateRecord.Kind, _ name: String, at moment: Timestamp
  ) async throws(StoreError) -> StateRecord? {
    try await read { db in
      try db.row(
        """
        SELECT kind, name, at, json FROM state_history WHERE kind = ? AND name = ? AND at <= ?
        ORDER BY at DESC, seq DESC LIMIT 1
        """, [kind.rawValue, name, moment.milliseconds]
      ).map(SQLiteStore.stateRecord)
    }
  }

  public func states(
    _ kind: StateRecord.Kind, _ name: String?, in range: Range<Timestamp>, limit: Int
  ) async throws(StoreError) -> [StateRecord] {
    try await read { db in
      try db.rows(
        """
        SELECT kind, name, at, json FROM state_history WHERE kind = ? AND (? IS NULL OR name = ?) AND at >= ? AND at < ?
        ORDER BY at DESC, seq DESC LIMIT ?
        """,
        [kind.rawValue, name, name, range.lowerBound.milliseconds, range.upperBound.milliseconds, limit]
      ).map(SQLiteStore.stateRecord)
    }
  }

  public func note(_ record: StateRecord) async throws(StoreError) {
    try await write { db in try SQLiteStore.note(record, db) }
  }

  public func versions(of rule: String) async throws(StoreError) -> [RuleVersion] {
    try await read { db in
      try db.rows("SELECT name, version, at, json FROM rule_versions WHERE name = ? ORDER BY version", [rule])
        .map(SQLiteStore.ruleVersion)
    }
  }

  public func versions() async throws(StoreError) -> [RuleVersion] {
    try await read { db in
      try db.rows("SELECT name, version, at, json FROM rule_versions ORDER BY name, version")
        .map(SQLiteStore.ruleVersion)
    }
  }

  public func rules(at moment: Timestamp) async throws(StoreError) -> [Rule] {
    try await read { db in
      try db.rows(
        """
        SELECT name, version, at, json FROM rule_versions AS v WHERE version =
          (SELECT MAX(version) FROM rule_versions AS w WHERE w.name = v.name AND w.at <= ?) ORDER BY name
        """, [moment.milliseconds]
      ).compactMap { try SQLiteStore.ruleVersion($0).rule }
    }
  }

  public func heartbeat(of start: Timestamp, at now: Timestamp) async throws(StoreError) {
    try await write { db in
      try db.run(
        """
        INSERT INTO lifetimes (started_at, until) VALUES (?, ?)
        ON CONFLICT (started_at) DO UPDATE SET until = MAX(until, excluded.until)
        """, [start.milliseconds, now.milliseconds])
    }
  }

  public func lifetimes(around moment: Timestamp) async throws(StoreError) -> (before: Lifetime?, after: Lifetime?) {
    try await read { db in
      func one(_ condition: String) throws -> Lifetime? {
        try db.row(
          "SELECT started_at, until FROM lifetimes WHERE started_at \(condition) LIMIT 1", [moment.milliseconds]
        )
        .map { Lifetime(from: $0.moment("started_at"), until: $0.moment("until")) }
      }
      return (try one("<= ? ORDER BY started_at DESC"), try one("> ? ORDER BY started_at"))
    }
  }

  /// Appends the record unless it says what the last one of its name says.
  static func note(_ record: StateRecord, _ db: Database) throws {
    let json = record.json.text
    let last = try String.fetchOne(
      db.cachedStatement(
        sql: "SELECT json FROM state_history WHERE kind = ? AND name = ? ORDER BY at DESC, seq DESC LIMIT 1"),
      arguments: [record.kind.rawValue, record.name])
    guard last != json else { return }
    try db.run(
      "INSERT INTO state_history (kind, name, at, json) VALUES (?, ?, ?, ?)",
      [record.kind.rawValue, record.name, record.at.milliseconds, json])
  }

  private static func stateRecord(_ row: Row) throws -> StateRecord {
    let word: String = row["kind"]
    guard let kind = StateRecord.Kind(rawValue: word) else { throw StoreError(.corrupt, "\(word) has no history") }
    return StateRecord(kind, row["name"], at: row.moment("at"), try row.json("json"))
  }

  private static func ruleVersion(_ row: Row) throws -> RuleVersion {
    let isRemoval = (row["json"] as String?) == nil
    return RuleVersion(
      name: row["name"], version: row["version"], at: row.moment("at"),
      rule: isRemoval ? nil : try row.decoded("json") { try Rule(json: $0) })
  }
}
