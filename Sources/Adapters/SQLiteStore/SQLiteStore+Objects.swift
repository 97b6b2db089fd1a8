import Engine
import Events
import GRDB
import Telemetry

extension SQLiteStore: ObjectIndex {
  public func commit(
    _ entry: ObjectEntry, _ event: RoutedEvent, onlyIfAbsent: Bool
  ) async throws(StoreError) -> ObjectCommit {
    try await write { db in
      guard try db.count("SELECT COUNT(*) FROM buckets WHERE name = ?", [entry.bucket]) > 0 else { return .noBucket }
      let earlier = try SQLiteStore.entry(entry.bucket, entry.key, db)
      if onlyIfAbsent, let earlier { return .exists(earlier) }
      if let earlier, ObjectEvents.isLater(earlier.sequencer, than: entry.sequencer) {
        try SQLiteStore.insert(event, db)
        return .stored(replaced: entry.blobID)
      }
      let metadata = JSON.object(entry.metadata.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
      try db.run(
        """
        INSERT OR REPLACE INTO objects (bucket, key, size, etag, content_type, sequencer, blob_id, modified_at, metadata,
          run_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          entry.bucket, entry.key, entry.size, entry.etag, entry.contentType, entry.sequencer, entry.blobID,
          entry.modifiedAt.milliseconds, metadata.text, entry.runID,
        ])
      try SQLiteStore.insert(event, db)
      return .stored(replaced: earlier?.blobID)
    }
  }

  public func entry(bucket: String, key: String) async throws(StoreError) -> ObjectEntry? {
    try await read { db in try SQLiteStore.entry(bucket, key, db) }
  }

  public func entries(
    bucket: String, prefix: String, after marker: String, limit: Int
  ) async throws(StoreError) -> [ObjectEntry] {
    try await read { db in
      // Every key with the prefix lies below the prefix followed by the largest code point.
      try db.rows(
        """
        SELECT * FROM objects WHERE bucket = ? AND key > ? AND key >= ? AND key <= ? AND substr(key, 1, length(?)) = ?
        ORDER BY key LIMIT ?
        """, [bucket, marker, prefix, prefix + "\u{10FFFF}", prefix, prefix, limit]
      ).map(SQLiteStore.objectEntry)
    }
  }

  public func remove(bucket: String, key: String) async throws(StoreError) -> String? {
    try await write { db in
      guard let entry = try SQLiteStore.entry(bucket, key, db) else { return nil }
      try db.run("DELETE FROM objects WHERE bucket = ? AND key = ?", [bucket, key])
      return entry.blobID
    }
  }

  public func buckets() async throws(StoreError) -> [(name: String, createdAt: Timestamp)] {
    try await read { db in
      try db.rows("SELECT name, created_at FROM buckets ORDER BY name").map { ($0["name"], $0.moment("created_at")) }
    }
  }

  public func createBucket(_ name: String, at now: Timestamp) async throws(StoreError) -> Bool {
    try await write { db in try SQLiteStore.createBucket(name, at: now, db) }
  }

  public func record(
    _ notices: [ObjectNotice], of cause: Cause, at now: Timestamp
  ) async throws(StoreError) -> LedgerEntry {
    try await write { db in
      if let entry = try SQLiteStore.entry(of: cause.id, db) { return entry }
      let fresh = try notices.filter { notice in
        try SQLiteStore.advance(notice.bucket, notice.key, to: notice.sequencer, db)
      }
      for notice in fresh { try SQLiteStore.insert(notice.event, db) }
      let entry = NoticeReport.entry(cause, notices, fresh: fresh, at: now)
      try SQLiteStore.append(entry, db)
      return entry
    }
  }

  private static func advance(_ bucket: String, _ key: String, to sequencer: String, _ db: Database) throws -> Bool {
    let last = try db.row("SELECT sequencer FROM sequencers WHERE bucket = ? AND key = ?", [bucket, key])
    if let last, !ObjectEvents.isLater(sequencer, than: last["sequencer"]) { return false }
    try db.run(
      "INSERT OR REPLACE INTO sequencers (bucket, key, sequencer) VALUES (?, ?, ?)", [bucket, key, sequencer])
    return true
  }

  static func createBucket(_ name: String, at now: Timestamp, _ db: Database) throws -> Bool {
    try db.run("INSERT OR IGNORE INTO buckets (name, created_at) VALUES (?, ?)", [name, now.milliseconds])
    return db.changesCount > 0
  }

  private static func entry(_ bucket: String, _ key: String, _ db: Database) throws -> ObjectEntry? {
    try db.row("SELECT * FROM objects WHERE bucket = ? AND key = ?", [bucket, key]).map(objectEntry)
  }

  private static func objectEntry(_ row: Row) throws -> ObjectEntry {
    let metadata = try row.json("metadata").members ?? []
    return ObjectEntry(
      bucket: row["bucket"], key: row["key"], size: row["size"], etag: row["etag"], contentType: row["content_type"],
      sequencer: row["sequencer"], blobID: row["blob_id"], modifiedAt: row.moment("modified_at"),
      metadata: Dictionary(metadata.map { ($0.key, $0.value.string ?? "") }, uniquingKeysWith: { _, last in last }),
      runID: row["run_id"])
  }
}
