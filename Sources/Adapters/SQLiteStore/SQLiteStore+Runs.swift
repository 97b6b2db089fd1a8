import Engine
import Events
import Extraction
import GRDB
import Ingestion

extension SQLiteStore: RunJournal {
  public func run(_ id: String) async throws(StoreError) -> Run? {
    try await read { db in try db.row("SELECT * FROM runs WHERE id = ?", [id]).map { try SQLiteStore.run($0, db) } }
  }

  public func chunk(_ index: Int, of run: String) async throws(StoreError) -> ChunkAssignment? {
    try await read { db in
      try db.row(
        """
        SELECT r.cause_id, r.request, c.* FROM chunks AS c JOIN runs AS r ON r.id = c.run_id
        WHERE c.run_id = ? AND c.chunk = ?
        """, [run, index]
      ).map { row in
        ChunkAssignment(
          causeID: row["cause_id"], request: try row.decoded("request") { IngestionRequest($0) },
          chunk: try SQLiteStore.chunk(row))
      }
    }
  }

  public func runs(_ query: RunQuery) async throws(StoreError) -> [Run] {
    try await read { db in
      var conditions = ["1"]
      var arguments: StatementArguments = []
      func match(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
        guard let value else { return }
        conditions.append(condition)
        arguments += [value]
      }
      match("status = ?", query.status?.rawValue)
      match("domain = ?", query.domain)
      match("started_at >= ?", query.since?.milliseconds)
      match("started_at < ?", query.until?.milliseconds)
      match("seq < (SELECT seq FROM runs WHERE id = ?)", query.before)
      let sql =
        "SELECT * FROM runs WHERE \(conditions.joined(separator: " AND ")) ORDER BY seq DESC LIMIT \(max(1, query.limit))"
      return try db.rows(sql, arguments).map { try SQLiteStore.run($0, db) }
    }
  }

  public func keep(
    _ results: [SymbolResult], of run: String, chunk: Int, attempt: Int, message: ReceivedMessage, until: Timestamp
  ) async throws(StoreError) {
    try await write { db in
      try db.run(
        "UPDATE chunks SET results = ?, attempts = ? WHERE run_id = ? AND chunk = ? AND finished_at IS NULL",
        [try StoredValue.text(results), attempt, run, chunk])
      // Nobody holds it any more, so its receipt goes.
      try db.run(
        "UPDATE messages SET visible_at = ?, receipt = NULL WHERE receipt = ? AND queue = ?",
        [until.milliseconds, message.receipt, message.queue])
    }
  }

  public func finish(
    _ results: [SymbolResult], of run: String, chunk: Int, attempt: Int, message: ReceivedMessage,
    deadLetter: OutgoingMessage?, at now: Timestamp
  ) async throws(StoreError) -> Run.Status? {
    let limits = settings.limits
    return try await write { db in
      try db.run("DELETE FROM messages WHERE id = ?", [message.id])
      guard try SQLiteStore.finish(results, of: run, chunk: chunk, attempt: attempt, at: now, db) else { return nil }
      if let deadLetter { try SQLiteStore.insert(deadLetter, at: now, db) }
      return try SQLiteStore.endIfDone(run, limits, at: now, db)
    }
  }

  public func endLostChunks(
    queue: String, reason: String, at now: Timestamp
  ) async throws(StoreError) -> [String: Run.Status] {
    let limits = settings.limits
    return try await write { db in
      let lost = try db.rows(
        """
        SELECT c.* FROM chunks AS c INDEXED BY chunks_open WHERE c.finished_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM messages AS m WHERE m.id = c.run_id || '-' || c.chunk AND m.queue = ?)
        """, [queue])
      var ended: [String: Run.Status] = [:]
      for row in lost {
        let run: String = row["run_id"]
        let chunk = try SQLiteStore.chunk(row)
        let results = chunk.symbols.map { symbol in
          chunk.results.first { $0.symbol == symbol && $0.isStored }
            ?? SymbolResult(symbol: symbol, outcome: .failed(code: .timeout, reason: reason))
        }
        _ = try SQLiteStore.finish(results, of: run, chunk: chunk.index, attempt: chunk.attempts, at: now, db)
        ended[run] = try SQLiteStore.endIfDone(run, limits, at: now, db)
      }
      return ended
    }
  }

  /// False if the chunk was finished before.
  private static func finish(
    _ results: [SymbolResult], of run: String, chunk: Int, attempt: Int, at now: Timestamp, _ db: Database
  ) throws -> Bool {
    try db.run(
      """
      UPDATE chunks SET results = ?, attempts = ?, finished_at = ? WHERE run_id = ? AND chunk = ?
        AND finished_at IS NULL
      """, [try StoredValue.text(results), attempt, now.milliseconds, run, chunk])
    return db.changesCount > 0
  }

  /// The run's status if its last chunk is finished, and so it ended just now.
  private static func endIfDone(
    _ run: String, _ limits: Admission.Limits, at now: Timestamp, _ db: Database
  ) throws -> Run.Status? {
    let isOpen = try db.row("SELECT 1 FROM chunks WHERE run_id = ? AND finished_at IS NULL LIMIT 1", [run]) != nil
    guard !isOpen, let row = try db.row("SELECT * FROM runs WHERE id = ? AND status = 'running'", [run]) else {
      return nil
    }
    return try end(try SQLiteStore.run(row, db), row["idempotency_key"], limits, at: now, db)
  }

  /// Ends a run whose chunks are all finished: its status, its key, its breaker, and whoever waited for that.
  private static func end(
    _ run: Run, _ key: String, _ limits: Admission.Limits, at now: Timestamp, _ db: Database
  ) throws -> Run.Status {
    let results = run.chunks.flatMap(\.results)
    let stored = results.filter(\.isStored).count
    let status: Run.Status = stored == results.count ? .succeeded : stored == 0 ? .failed : .partlyFailed
    try db.run(
      "UPDATE runs SET status = ?, ended_at = ? WHERE id = ?", [status.rawValue, now.milliseconds, run.id])
    try db.run(
      "UPDATE claims SET status = ? WHERE key = ? AND run_id = ?",
      [
        status == .failed ? Admission.Claim.Status.failed.rawValue : Admission.Claim.Status.succeeded.rawValue, key,
        run.id,
      ])
    let domain = run.request.domain
    let table = run.request.tableName
    var breaker = try breaker(domain, table, db)
    let before = breaker.name
    breaker.runEnded(run.id, failed: status == .failed, at: now, limits.breaker)
    try save(breaker, domain, table, at: now, db)
    if before != breaker.name, breaker.name == "closed" { try wake(domain, table, at: now, db) }
    return status
  }

  private static func chunk(_ row: Row) throws -> RunChunk {
    RunChunk(
      index: row["chunk"], symbols: try row.strings("symbols"), results: try StoredValue.read(row["results"]),
      attempts: row["attempts"], finishedAt: row.optionalMoment("finished_at"))
  }

  private static func run(_ row: Row, _ db: Database) throws -> Run {
    let id: String = row["id"]
    let chunks = try db.rows("SELECT * FROM chunks WHERE run_id = ? ORDER BY chunk", [id]).map(chunk)
    guard let status = Run.Status(rawValue: row["status"]) else {
      throw StoreError(.corrupt, "run \(id) has no known status")
    }
    return Run(
      id: id, causeID: row["cause_id"], request: try row.decoded("request") { IngestionRequest($0) },
      symbols: try row.strings("symbols"), warnings: try row.strings("warnings"), status: status,
      startedAt: row.moment("started_at"), endedAt: row.optionalMoment("ended_at"), chunks: chunks)
  }
}

extension SQLiteStore: SourceBudget {
  public func take(
    _ requests: Int, of source: String, perMinute: Int, at now: Timestamp
  ) async throws(StoreError) -> Span? {
    try await write { db in
      let text = try String.fetchOne(
        db.cachedStatement(sql: "SELECT json FROM source_budgets WHERE source = ?"), arguments: [source])
      var bucket: TokenBucket =
        try text.map { try StoredValue.read($0) } ?? TokenBucket(requestsPerMinute: perMinute, at: now)
      if bucket.requestsPerMinute != perMinute { bucket = TokenBucket(requestsPerMinute: perMinute, at: now) }
      let wait: Span?
      switch bucket.take(requests, at: now) {
      case .granted(let left): (bucket, wait) = (left, nil)
      case .wait(let span, let left): (bucket, wait) = (left, span)
      }
      try db.run(
        "INSERT OR REPLACE INTO source_budgets (source, json) VALUES (?, ?)", [source, try StoredValue.text(bucket)])
      return wait
    }
  }
}

extension SQLiteStore: UniverseStore {
  public func universe(at now: Timestamp) async throws(StoreError) -> [String]? {
    try await read { db in try SQLiteStore.universe(at: now, db)?.symbols }
  }

  public func note(_ change: UniverseChange, base: [String]) async throws(StoreError) {
    try await write { db in
      try db.run("INSERT OR IGNORE INTO universe (id, symbols) VALUES (1, ?)", [JSON(base).text])
      try db.run(
        "INSERT OR IGNORE INTO universe_changes (id, effective_at, added, removed) VALUES (?, ?, ?, ?)",
        [change.id, change.effectiveAt.milliseconds, JSON(change.added).text, JSON(change.removed).text])
    }
  }

  /// What is folded already, and the changes on top of it that have become effective.
  static func universe(at now: Timestamp, _ db: Database) throws -> Universe? {
    guard let row = try db.row("SELECT symbols FROM universe WHERE id = 1") else { return nil }
    let start = Universe(symbols: try row.strings("symbols"), source: .parameter)
    let changes = try db.rows(
      """
      SELECT id, added, removed, effective_at FROM universe_changes WHERE folded = 0 AND effective_at <= ?
      ORDER BY effective_at, seq
      """, [now.milliseconds])
    return try changes.reduce(start) { universe, change in
      universe.applying(
        UniverseChange(
          id: change["id"], added: try change.strings("added"), removed: try change.strings("removed"),
          effectiveAt: change.moment("effective_at")))
    }
  }
}
