import Engine
import Events
import GRDB
import Rules
import Schedules
import Telemetry

extension SQLiteStore: RuleStore {
  public func rules() async throws(StoreError) -> [Rule] {
    try await read { db in
      try db.rows("SELECT json FROM rules ORDER BY name").map { try $0.decoded("json") { try Rule(json: $0) } }
    }
  }

  public func save(
    _ rule: Rule, row: LedgerEntry, recovery: Recovery?, at now: Timestamp
  ) async throws(StoreError) {
    try await write { db in
      try SQLiteStore.save(rule, at: now, db)
      try SQLiteStore.append(row, db)
      try SQLiteStore.insert(recovery, db)
    }
  }

  public func remove(_ name: String, row: LedgerEntry, at now: Timestamp) async throws(StoreError) -> Bool {
    try await write { db in
      try db.run("DELETE FROM rules WHERE name = ?", [name])
      guard db.changesCount > 0 else { return false }
      try db.run("DELETE FROM schedule_cursors WHERE rule = ?", [name])
      try db.run(
        """
        INSERT INTO rule_versions (name, version, at, json)
        SELECT name, MAX(version) + 1, ?, NULL FROM rule_versions WHERE name = ? GROUP BY name
        """, [now.milliseconds, name])
      try SQLiteStore.append(row, db)
      return true
    }
  }

  public func lastVersion(of name: String) async throws(StoreError) -> Int {
    try await read { db in
      try db.count("SELECT COALESCE(MAX(version), 0) FROM rule_versions WHERE name = ?", [name])
    }
  }

  public func rule(_ name: String, version: Int) async throws(StoreError) -> Rule? {
    try await read { db in
      try db.row(
        "SELECT json FROM rule_versions WHERE name = ? AND version = ? AND json IS NOT NULL", [name, version])?
        .decoded("json") { try Rule(json: $0) }
    }
  }

  public func seed(_ seed: EnvironmentSeed, at now: Timestamp) async throws(StoreError) -> Bool {
    try await write { db in
      try db.run(
        "INSERT OR IGNORE INTO environments (name, seeded_at) VALUES (?, ?)", [seed.environment, now.milliseconds])
      guard db.changesCount > 0 else { return false }
      for rule in seed.rules { try SQLiteStore.save(rule, at: now, db) }
      for queue in seed.queues { _ = try SQLiteStore.create(queue, at: now, db) }
      for bucket in seed.buckets { _ = try SQLiteStore.createBucket(bucket, at: now, db) }
      return true
    }
  }

  private static func save(_ rule: Rule, at now: Timestamp, _ db: Database) throws {
    let json = rule.json.text
    // A schedule that counts anew has decided nothing yet; the ids of what it fires keep it from firing a slot twice.
    try db.run(
      """
      DELETE FROM schedule_cursors WHERE rule = ? AND
        (SELECT json ->> 'anchor' <> ? OR json ->> 'schedule_expression' IS NOT ? FROM rules WHERE name = ?)
      """, [rule.name, rule.anchor.preciseText, rule.schedule?.text, rule.name])
    try db.run("INSERT OR REPLACE INTO rules (name, json) VALUES (?, ?)", [rule.name, json])
    try db.run(
      "INSERT OR REPLACE INTO rule_versions (name, version, at, json) VALUES (?, ?, ?, ?)",
      [rule.name, rule.version, now.milliseconds, json])
  }
}
