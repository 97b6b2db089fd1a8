import Alarms
import Engine
import Events
import Extraction
import GRDB
import Ingestion
import Measures
import Operations
import Telemetry

extension SQLiteStore: MetricStore {
  /// Rollups that one round folds or deletes, so that no write waits long for it.
  private static let foldMax = 2_000

  public func add(
    _ minutes: [MetricMinute: Rollup], saving progress: [DocumentChange], at now: Timestamp
  ) async throws(StoreError) {
    try await write { db in
      try SQLiteStore.save(progress, at: now, db)
      for (minute, rollup) in minutes {
        let id = try SQLiteStore.metric(minute.metric, rollup, at: minute.at, db)
        try SQLiteStore.merge(rollup, id, .minute, at: minute.at, minute.unit.rawValue, db)
      }
    }
  }

  public func rollups(
    of metric: MetricID, unit: MetricUnit?, in range: Range<Timestamp>
  ) async throws(StoreError) -> [(minute: MetricMinute, rollup: Rollup)] {
    try await read { db in
      guard
        let id = try Int64.fetchOne(
          db.cachedStatement(sql: "SELECT id FROM metrics WHERE key = ?"), arguments: [metric.key])
      else { return [] }
      let rows = try db.rows(
        """
        SELECT at, unit, json FROM rollups WHERE metric = ?1 AND period IN (60, 300, 3600) AND at >= ?2 AND at < ?3
          AND (?4 IS NULL OR unit = ?4) ORDER BY at
        """, [id, range.lowerBound.milliseconds, range.upperBound.milliseconds, unit?.rawValue])
      return try rows.map { row in
        guard let unit = MetricUnit(rawValue: row["unit"]) else {
          throw StoreError(.corrupt, "a rollup of \(metric) has no known unit")
        }
        guard let rollup = Rollup(text: row["json"]) else {
          throw StoreError(.corrupt, "a rollup of \(metric) is not what was written")
        }
        return (MetricMinute(metric: metric, unit: unit, at: row.moment("at")), rollup)
      }
    }
  }

  public func metrics(
    namespace: String?, name: String?
  ) async throws(StoreError) -> [(metric: MetricID, lastAt: Timestamp)] {
    try await read { db in
      try db.rows(
        """
        SELECT key, last_at FROM metrics WHERE (?1 IS NULL OR namespace = ?1) AND (?2 IS NULL OR name = ?2)
        ORDER BY namespace, name, key
        """, [namespace, name]
      ).map { row in
        guard let metric = MetricID(key: row["key"]) else { throw StoreError(.corrupt, "a metric's key is no key") }
        return (metric, row.moment("last_at"))
      }
    }
  }

  public func totals() async throws(StoreError) -> [MetricTotal] {
    try await read { db in
      try db.rows("SELECT key, sum, samples, latest FROM metrics ORDER BY namespace, name, key").map { row in
        guard let metric = MetricID(key: row["key"]) else { throw StoreError(.corrupt, "a metric's key is no key") }
        return MetricTotal(metric: metric, sum: row["sum"], samples: row["samples"], latest: row["latest"])
      }
    }
  }

  public func foldMetrics(at now: Timestamp) async throws(StoreError) -> Int {
    try await write { db in
      var gone = 0
      for tier in RollupTier.allCases {
        let rows = try db.rows(
          """
          SELECT metric, at, unit, json FROM rollups WHERE period = ? AND at < ? ORDER BY at LIMIT ?
          """, [tier.seconds, (now - tier.kept).milliseconds, SQLiteStore.foldMax])
        for row in rows {
          let at = row.moment("at")
          if let next = tier.next {
            let rollup = try row.decoded("json") { Rollup(json: $0) }
            let start = MetricPeriods.start(of: at, period: next.seconds)
            try SQLiteStore.merge(rollup, row["metric"], next, at: start, row["unit"], db)
          }
          try db.run(
            "DELETE FROM rollups WHERE metric = ? AND period = ? AND at = ? AND unit = ?",
            [row["metric"] as Int64, tier.seconds, at.milliseconds, row["unit"] as String])
        }
        gone += rows.count
      }
      try db.run("DELETE FROM metrics WHERE last_at < ?", [(now - RollupTier.hour.kept).milliseconds])
      return gone
    }
  }

  public func ledgerRows(after sequence: Int64, limit: Int) async throws(StoreError) -> [LedgerRow] {
    try await read { db in
      try db.rows("SELECT seq, json FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?", [sequence, limit]).map { row in
        LedgerRow(sequence: row["seq"], entry: try row.decoded("json") { LedgerEntry(json: $0) })
      }
    }
  }

  public func latestDecision() async throws(StoreError) -> Timestamp? {
    try await read { db in
      try db.rows("SELECT MAX(at) AS at FROM ledger").first?.optionalMoment("at")
    }
  }

  public func traffic() async throws(StoreError) -> [QueueTraffic] {
    try await read { db in
      try db.rows(
        """
        SELECT q.name, IFNULL(t.sent, 0) AS sent, IFNULL(t.sent_bytes, 0) AS sent_bytes,
          IFNULL(t.received, 0) AS received, IFNULL(t.deleted, 0) AS deleted,
          (SELECT MIN(sent_at) FROM messages WHERE queue = q.name) AS oldest
        FROM queues AS q LEFT JOIN traffic AS t ON t.queue = q.name ORDER BY q.name
        """
      ).map { row in
        QueueTraffic(
          queue: row["name"], sent: row["sent"], sentBytes: row["sent_bytes"], received: row["received"],
          deleted: row["deleted"], oldestSentAt: row.optionalMoment("oldest"))
      }
    }
  }

  /// The id of a metric, which has something in it now.
  private static func metric(
    _ metric: MetricID, _ rollup: Rollup, at moment: Timestamp, _ db: Database
  ) throws -> Int64 {
    let latest = Statistic.average.value(of: rollup) ?? 0
    try db.run(
      """
      INSERT INTO metrics (key, namespace, name, last_at, sum, samples, latest) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET last_at = MAX(last_at, excluded.last_at), sum = sum + excluded.sum,
        samples = samples + excluded.samples, latest = excluded.latest
      """,
      [
        metric.key, metric.namespace, metric.name, moment.milliseconds, rollup.sum, rollup.sampleCount, latest,
      ])
    guard
      let id = try Int64.fetchOne(
        db.cachedStatement(sql: "SELECT id FROM metrics WHERE key = ?"), arguments: [metric.key])
    else { throw StoreError(.corrupt, "metric \(metric) cannot be made") }
    return id
  }

  private static func merge(
    _ rollup: Rollup, _ metric: Int64, _ tier: RollupTier, at moment: Timestamp, _ unit: String, _ db: Database
  ) throws {
    let before = try db.row(
      "SELECT json FROM rollups WHERE metric = ? AND period = ? AND at = ? AND unit = ?",
      [metric, tier.seconds, moment.milliseconds, unit])
    let whole = try before?.decoded("json") { Rollup(json: $0) }.merged(with: rollup) ?? rollup
    try db.run(
      "INSERT OR REPLACE INTO rollups (metric, period, at, unit, json) VALUES (?, ?, ?, ?, ?)",
      [metric, tier.seconds, moment.milliseconds, unit, whole.json.text])
  }
}

extension SQLiteStore: StateView {
  public func openBreakers() async throws(StoreError) -> [(
    domain: String, table: String, state: String, since: Timestamp?
  )] {
    try await read { db in
      try db.rows("SELECT domain, table_name, json FROM breakers ORDER BY domain, table_name").compactMap { row in
        let breaker: CircuitBreaker = try StoredValue.read(row["json"])
        switch breaker.state {
        case .closed: return nil
        case .open(let since), .probing(_, let since):
          return (row["domain"], row["table_name"], breaker.name, since)
        }
      }
    }
  }

  public func deferredCount() async throws(StoreError) -> Int {
    try await read { db in try db.count("SELECT COUNT(*) FROM deferred") }
  }

  public func waitingDeliveries() async throws(StoreError) -> Int {
    try await read { db in try db.count("SELECT COUNT(*) FROM deliveries WHERE state = 'waiting'") }
  }

  public func budgets(at now: Timestamp) async throws(StoreError) -> [(source: String, left: Int, perMinute: Int)] {
    try await read { db in
      try db.rows("SELECT source, json FROM source_budgets ORDER BY source").map { row in
        let bucket: TokenBucket = try StoredValue.read(row["json"])
        return (row["source"], bucket.available(at: now), bucket.requestsPerMinute)
      }
    }
  }
}

extension SQLiteStore: AlarmJournal {
  public func save(
    _ changes: [DocumentChange], _ history: [AlarmHistoryItem], at now: Timestamp
  ) async throws(StoreError) {
    try await write { db in
      try SQLiteStore.save(changes, at: now, db)
      for item in history {
        try db.run(
          "INSERT INTO alarm_history (alarm, at, type, json) VALUES (?, ?, ?, ?)",
          [
            item.alarm, item.at.milliseconds, item.kind.rawValue,
            (["summary": .string(item.summary), "data": item.data] as JSON).text,
          ])
      }
    }
  }

  public func history(
    of alarm: String?, kind: AlarmHistoryItem.Kind?, in range: Range<Timestamp>, _ page: AlarmHistoryPage
  ) async throws(StoreError) -> [(place: Int64, item: AlarmHistoryItem)] {
    guard SQLiteStore.isWhole(alarm ?? "") else { return [] }
    return try await read { db in
      try db.rows(
        """
        SELECT seq, alarm, at, type, json FROM alarm_history WHERE (?1 IS NULL OR alarm = ?1)
          AND (?2 IS NULL OR type = ?2) AND at >= ?3 AND at < ?4
          AND (?5 IS NULL OR seq \(page.isAscending ? ">" : "<") ?5) ORDER BY seq \(page.isAscending ? "ASC" : "DESC")
        LIMIT ?6
        """,
        [
          alarm, kind?.rawValue, range.lowerBound.milliseconds, range.upperBound.milliseconds, page.after, page.limit,
        ]
      ).map { row in
        guard let kind = AlarmHistoryItem.Kind(rawValue: row["type"]) else {
          throw StoreError(.corrupt, "a line of an alarm's history has no known type")
        }
        let json = try row.json("json")
        return (
          row["seq"],
          AlarmHistoryItem(
            alarm: row["alarm"], at: row.moment("at"), kind: kind, summary: json["summary"]?.string ?? "",
            data: json["data"] ?? .null)
        )
      }
    }
  }
}
