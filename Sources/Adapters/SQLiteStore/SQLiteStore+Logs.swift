import Engine
import Events
import Foundation
import GRDB
import Operations

extension SQLiteStore: LogStore {
  /// Lines that one round deletes, so that no write waits long for it.
  private static let expiryMax = 10_000

  public func logGroups() async throws(StoreError) -> [LogGroup] {
    try await read { db in
      try db.rows(
        """
        SELECT g.name, g.created_at, g.retention_days, d.json,
          (SELECT TOTAL(bytes) FROM log_streams WHERE group_id = g.id) AS bytes
        FROM log_groups AS g LEFT JOIN documents AS d ON d.kind = ? AND d.name = g.name ORDER BY g.name
        """, [Document.Kind.logGroup.rawValue]
      ).map { row in
        let isPlain = (row["json"] as String?) == nil
        return LogGroup(
          name: row["name"], isPlain ? .plain : try row.decoded("json") { LogGroupTraits(json: $0) },
          createdAt: row.moment("created_at"), retentionDays: row["retention_days"],
          storedBytes: Int(row["bytes"] as Double))
      }
    }
  }

  public func createLogGroup(
    _ name: String, _ traits: LogGroupTraits, at now: Timestamp
  ) async throws(StoreError) -> Bool {
    try await write { db in
      try db.run("INSERT OR IGNORE INTO log_groups (name, created_at) VALUES (?, ?)", [name, now.milliseconds])
      guard db.changesCount > 0 else { return false }
      if traits != .plain { try SQLiteStore.save([DocumentChange(.logGroup, name, traits.json)], at: now, db) }
      return true
    }
  }

  public func deleteLogGroup(_ name: String) async throws(StoreError) -> Bool {
    try await write { db in
      guard let id = try SQLiteStore.group(name, db) else { return false }
      try db.run("DELETE FROM log_events WHERE group_id = ?", [id])
      try db.run("DELETE FROM log_streams WHERE group_id = ?", [id])
      try db.run("DELETE FROM log_groups WHERE id = ?", [id])
      try db.run("DELETE FROM documents WHERE kind = ? AND name = ?", [Document.Kind.logGroup.rawValue, name])
      return true
    }
  }

  public func keepLogGroup(_ name: String, days: Int?) async throws(StoreError) -> Bool {
    try await write { db in
      try db.run("UPDATE log_groups SET retention_days = ? WHERE name = ?", [days, name])
      return db.changesCount > 0
    }
  }

  public func logStreams(_ group: String) async throws(StoreError) -> [LogStream] {
    try await read { db in
      guard let id = try SQLiteStore.group(group, db) else { return [] }
      return try db.rows(
        """
        SELECT name, created_at, first_at, last_at, last_ingested_at FROM log_streams WHERE group_id = ? ORDER BY name
        """, [id]
      ).map { row in
        LogStream(
          name: row["name"], createdAt: row.moment("created_at"), firstEventAt: row.optionalMoment("first_at"),
          lastEventAt: row.optionalMoment("last_at"), lastIngestedAt: row.optionalMoment("last_ingested_at"))
      }
    }
  }

  public func createLogStream(_ group: String, _ name: String, at now: Timestamp) async throws(StoreError) -> Bool {
    try await write { db in
      guard let id = try SQLiteStore.group(group, db) else {
        throw StoreError(.refused, "there is no log group \(group)")
      }
      try db.run(
        "INSERT OR IGNORE INTO log_streams (group_id, name, created_at) VALUES (?, ?, ?)", [id, name, now.milliseconds])
      return db.changesCount > 0
    }
  }

  public func deleteLogStream(_ group: String, _ name: String) async throws(StoreError) -> Bool {
    try await write { db in
      guard let groupID = try SQLiteStore.group(group, db),
        let id = try Int64.fetchOne(
          db.cachedStatement(sql: "SELECT id FROM log_streams WHERE group_id = ? AND name = ?"),
          arguments: [groupID, name])
      else { return false }
      try db.run("DELETE FROM log_events WHERE stream_id = ?", [id])
      try db.run("DELETE FROM log_streams WHERE id = ?", [id])
      return true
    }
  }

  public func append(_ records: [LogRecord]) async throws(StoreError) {
    guard !records.isEmpty else { return }
    try await write { db in
      var streams: [String: (group: Int64, stream: Int64)] = [:]
      for record in records {
        let key = "\(record.group)\n\(record.stream)"
        let ids = try streams[key] ?? SQLiteStore.stream(of: record, db)
        streams[key] = ids
        try db.run(
          // As bytes, here and where it is read: a text of SQLite's driver ends at U+0000.
          "INSERT INTO log_events (group_id, stream_id, at, ingested_at, message) VALUES (?, ?, ?, ?, CAST(? AS TEXT))",
          [ids.group, ids.stream, record.at.milliseconds, record.ingestedAt.milliseconds, Data(record.message.utf8)])
        try db.run(
          """
          UPDATE log_streams SET first_at = MIN(IFNULL(first_at, ?1), ?1), last_at = MAX(IFNULL(last_at, ?1), ?1),
            last_ingested_at = ?2, bytes = bytes + ?3 WHERE id = ?4
          """,
          [
            record.at.milliseconds, record.ingestedAt.milliseconds, record.message.utf8.count, ids.stream,
          ])
      }
    }
  }

  public func records(_ query: LogQuery) async throws(StoreError) -> [StoredLogRecord] {
    try await read { db in
      guard let group = try SQLiteStore.group(query.group, db) else { return [] }
      var conditions = ["e.group_id = ?"]
      var arguments: StatementArguments = [group]
      if let streams = query.streams {
        conditions.append("s.name IN (\(databaseQuestionMarks(count: streams.count)))")
        arguments += StatementArguments(streams)
      }
      if let prefix = query.streamPrefix {
        conditions.append("substr(s.name, 1, ?) = ?")
        arguments += [prefix.unicodeScalars.count, prefix]
      }
      if let from = query.from {
        conditions.append("e.at >= ?")
        arguments += [from.milliseconds]
      }
      if let until = query.until {
        conditions.append("e.at < ?")
        arguments += [until.milliseconds]
      }
      if let place = query.place {
        conditions.append("(e.at, e.seq) \(query.isForward ? ">" : "<") (?, ?)")
        arguments += [place.at.milliseconds, place.sequence]
      }
      let order = query.isForward ? "e.at, e.seq" : "e.at DESC, e.seq DESC"
      let rows = try db.rows(
        """
        SELECT e.seq, e.at, e.ingested_at, CAST(e.message AS BLOB) AS message, s.name
        FROM log_events AS e JOIN log_streams AS s ON s.id = e.stream_id
        WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(order) LIMIT \(max(1, min(query.limit, LogQuery.limitMax)))
        """, arguments)
      return rows.map { row in
        StoredLogRecord(
          sequence: row["seq"],
          record: LogRecord(
            group: query.group, stream: row["name"], at: row.moment("at"), ingestedAt: row.moment("ingested_at"),
            message: String(decoding: row["message"] as Data, as: UTF8.self)))
      }
    }
  }

  public func expireLogs(at now: Timestamp) async throws(StoreError) -> Int {
    try await write { db in
      var deleted = 0
      for row in try db.rows("SELECT id, retention_days FROM log_groups WHERE retention_days IS NOT NULL") {
        let oldest = now - .days(row["retention_days"])
        try db.run(
          """
          DELETE FROM log_events WHERE seq IN (SELECT seq FROM log_events WHERE group_id = ? AND at < ? LIMIT ?)
          """, [row["id"] as Int64, oldest.milliseconds, SQLiteStore.expiryMax])
        deleted += db.changesCount
      }
      return deleted
    }
  }

  private static func group(_ name: String, _ db: Database) throws -> Int64? {
    try Int64.fetchOne(db.cachedStatement(sql: "SELECT id FROM log_groups WHERE name = ?"), arguments: [name])
  }

  /// The ids of a line's group and stream, made if they are missing.
  private static func stream(of record: LogRecord, _ db: Database) throws -> (group: Int64, stream: Int64) {
    let now = record.ingestedAt.milliseconds
    try db.run("INSERT OR IGNORE INTO log_groups (name, created_at) VALUES (?, ?)", [record.group, now])
    guard let group = try group(record.group, db) else {
      throw StoreError(.corrupt, "log group \(record.group) cannot be made")
    }
    try db.run(
      "INSERT OR IGNORE INTO log_streams (group_id, name, created_at) VALUES (?, ?, ?)", [group, record.stream, now])
    guard
      let stream = try Int64.fetchOne(
        db.cachedStatement(sql: "SELECT id FROM log_streams WHERE group_id = ? AND name = ?"),
        arguments: [group, record.stream])
    else { throw StoreError(.corrupt, "log stream \(record.stream) cannot be made") }
    return (group, stream)
  }
}
