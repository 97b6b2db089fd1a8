import Engine
import Events
import GRDB
import Operations

extension SQLiteStore: Documents {
  public func documents(_ kind: Document.Kind) async throws(StoreError) -> [Document] {
    try await read { db in
      try db.rows(
        "SELECT name, json, created_at, changed_at FROM documents WHERE kind = ? ORDER BY name", [kind.rawValue]
      ).map(SQLiteStore.document)
    }
  }

  public func document(_ kind: Document.Kind, _ name: String) async throws(StoreError) -> Document? {
    guard SQLiteStore.isWhole(name) else { return nil }
    return try await read { db in
      try db.row(
        "SELECT name, json, created_at, changed_at FROM documents WHERE kind = ? AND name = ?", [kind.rawValue, name]
      ).map(SQLiteStore.document)
    }
  }

  public func save(_ changes: [DocumentChange], at now: Timestamp) async throws(StoreError) {
    guard !changes.isEmpty else { return }
    try await write { db in try SQLiteStore.save(changes, at: now, db) }
  }

  public func remove(_ kind: Document.Kind, _ name: String, at now: Timestamp) async throws(StoreError) -> Bool {
    guard SQLiteStore.isWhole(name) else { return false }
    return try await write { db in
      try db.run("DELETE FROM documents WHERE kind = ? AND name = ?", [kind.rawValue, name])
      guard db.changesCount > 0 else { return false }
      if kind == .resourcePolicy {
        try SQLiteStore.note(StateRecord(.policy, name, at: now, .object([])), db)
      }
      return true
    }
  }

  static func save(_ changes: [DocumentChange], at now: Timestamp, _ db: Database) throws {
    for change in changes {
      let conflict =
        change.onlyIfAbsent ? "DO NOTHING" : "DO UPDATE SET json = excluded.json, changed_at = excluded.changed_at"
      try db.run(
        """
        INSERT INTO documents (kind, name, json, created_at, changed_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (kind, name) \(conflict)
        """,
        [change.kind.rawValue, change.name, change.json.text, now.milliseconds, now.milliseconds])
      guard change.kind == .resourcePolicy, db.changesCount > 0 else { continue }
      try note(StateRecord(.policy, change.name, at: now, change.json), db)
    }
  }

  /// Whether the driver takes the whole name: it ends a text at U+0000, where another name may end.
  static func isWhole(_ name: String) -> Bool { !name.utf8.contains(0) }

  private static func document(_ row: Row) throws -> Document {
    Document(
      name: row["name"], json: try row.json("json"), createdAt: row.moment("created_at"),
      changedAt: row.moment("changed_at"))
  }
}
