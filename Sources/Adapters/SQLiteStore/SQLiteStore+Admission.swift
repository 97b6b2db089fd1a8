import Engine
import Events
import Extraction
import GRDB
import Ingestion
import Telemetry

extension SQLiteStore: AdmissionDesk {
  public func admit(_ application: Application, at now: Timestamp) async throws(StoreError) -> AdmissionResult {
    let limits = settings.limits
    return try await write { db in
      let cause = application.cause
      // A slot that waited for an earlier one has an open row, and is admitted for the first time all the same.
      if let entry = try SQLiteStore.entry(of: cause.id, db),
        entry.decision.isTerminal || (!application.resumes && entry.code != .overlapBuffered)
      {
        if entry.decision.isTerminal { try SQLiteStore.forget(cause.id, db) }
        return .already(entry)
      }
      let verdict = try SQLiteStore.verdict(on: application, limits, at: now, db)
      let entry = AdmissionReport.entry(verdict, application, at: now)
      try SQLiteStore.apply(verdict, application, limits, at: now, db)
      if entry.decision.isTerminal || !application.resumes { try SQLiteStore.append(entry, db) }
      return .decided(entry, verdict)
    }
  }

  public func preview(_ application: Application, at now: Timestamp) async throws(StoreError) -> Admission.Verdict {
    let limits = settings.limits
    return try await read { db in try SQLiteStore.verdict(on: application, limits, at: now, db) }
  }

  private static func verdict(
    on application: Application, _ limits: Admission.Limits, at now: Timestamp, _ db: Database
  ) throws -> Admission.Verdict {
    let cause = application.cause
    let ask = Admission.Ask(
      trigger: cause.trigger, payloadHash: application.payloadHash, runID: cause.runID,
      urgent: application.request.urgent, hops: cause.hops, resumes: application.resumes)
    return Admission.decide(ask, try facts(for: application, limits, at: now, db), limits, at: now)
  }

  public func close(
    _ entry: LedgerEntry, deadLetter: OutgoingMessage?
  ) async throws(StoreError) -> Bool {
    try await write { db in
      if let earlier = try SQLiteStore.entry(of: entry.causeID, db), earlier.decision.isTerminal { return false }
      try SQLiteStore.append(entry, db)
      try SQLiteStore.forget(entry.causeID, db)
      if let deadLetter { try SQLiteStore.insert(deadLetter, at: entry.at, db) }
      return true
    }
  }

  public func deferred(
    _ which: DeferredKind, at now: Timestamp, limit: Int
  ) async throws(StoreError) -> [DeferredCause] {
    try await read { db in
      try db.rows(
        """
        SELECT place, cause, request, warnings, wait, until FROM deferred WHERE \(which.condition) AND until <= ?
        ORDER BY place LIMIT ?
        """, [now.milliseconds, limit]
      ).map { row in
        DeferredCause(
          place: row["place"], cause: try row.decoded("cause") { Cause(json: $0) },
          request: try row.decoded("request") { IngestionRequest($0) }, warnings: try row.strings("warnings"),
          wait: Admission.Wait(rawValue: row["wait"]) ?? .line, until: row.moment("until"))
      }
    }
  }

  public func nextDeferred(_ which: DeferredKind) async throws(StoreError) -> Timestamp? {
    try await read { db in try db.moment("SELECT MIN(until) FROM deferred WHERE \(which.condition)") }
  }

  public func postpone(
    domain: String, table: String, after place: Int64, until: Timestamp
  ) async throws(StoreError) {
    try await write { db in
      try db.run(
        "UPDATE deferred SET until = ? WHERE domain = ? AND table_name = ? AND place > ? AND until < ?",
        [until.milliseconds, domain, table, place, until.milliseconds])
    }
  }

  public func hold(
    domain: String, table: String, owner: String, until: Timestamp, at now: Timestamp
  ) async throws(StoreError) -> Admission.Lease? {
    try await write { db in
      if let held = try SQLiteStore.lease(domain, table, db), held.until > now, held.owner != owner { return nil }
      try db.run(
        "INSERT OR REPLACE INTO leases (domain, table_name, owner, until) VALUES (?, ?, ?, ?)",
        [domain, table, owner, until.milliseconds])
      let held: JSON = ["owner": .string(owner), "until": .string(until.description)]
      try SQLiteStore.note(StateRecord(.lease, "\(domain).\(table)", at: now, held), db)
      return Admission.Lease(owner: owner, until: until)
    }
  }

  public func letGo(
    domain: String, table: String, owner: String, at now: Timestamp
  ) async throws(StoreError) -> Bool {
    try await write { db in
      try db.run("DELETE FROM leases WHERE domain = ? AND table_name = ? AND owner = ?", [domain, table, owner])
      guard db.changesCount > 0 else { return false }
      try SQLiteStore.note(StateRecord(.lease, "\(domain).\(table)", at: now, .object([])), db)
      try SQLiteStore.wake(domain, table, at: .epoch, db)
      return true
    }
  }

  public func leases(
    at now: Timestamp
  ) async throws(StoreError) -> [(domain: String, table: String, owner: String, until: Timestamp)] {
    try await read { db in
      try db.rows(
        "SELECT domain, table_name, owner, until FROM leases WHERE until > ? ORDER BY domain, table_name",
        [now.milliseconds]
      ).map { ($0["domain"], $0["table_name"], $0["owner"], $0.moment("until")) }
    }
  }

  /// Lets everybody who waits for that table be asked again, whatever they were told to wait for.
  static func wake(_ domain: String, _ table: String, at moment: Timestamp, _ db: Database) throws {
    try db.run(
      "UPDATE deferred SET until = ? WHERE domain = ? AND table_name = ?", [moment.milliseconds, domain, table])
  }

  private static func forget(_ causeID: String, _ db: Database) throws {
    try db.run("DELETE FROM deferred WHERE cause_id = ?", [causeID])
  }

  private static func facts(
    for application: Application, _ limits: Admission.Limits, at now: Timestamp, _ db: Database
  ) throws -> Admission.Facts {
    let request = application.request
    var facts = Admission.Facts()
    facts.claim = try claim(request.idempotencyKey, db)
    facts.breaker = try breaker(request.domain, request.tableName, db)
    facts.lease = try lease(request.domain, request.tableName, db)
    if let rate = limits.rate(of: application.cause.trigger) {
      let since = (now - rate.window).milliseconds
      facts.admitted = try db.rows(
        "SELECT at FROM admissions WHERE trigger = ? AND at > ? AND cause_id <> ? ORDER BY at",
        [application.cause.trigger.rawValue, since, application.cause.id]
      ).map { $0.moment("at") }
    }
    facts.aheadUntil = try ahead(of: application, db)
    if request.isReingestion {
      facts.reingestionsToday = try db.count(
        "SELECT count FROM reingestions WHERE domain = ? AND table_name = ? AND ds = ? AND reason = ? AND day = ?",
        [request.domain, request.tableName, request.ds, request.reason ?? "", now.dateText])
    }
    return facts
  }

  /// Until when the first of those waits who came earlier and wait for the same thing: the common rate, or the same table.
  private static func ahead(of application: Application, _ db: Database) throws -> Timestamp? {
    let cause = application.cause.id
    let request = application.request
    let own = try db.row("SELECT place FROM deferred WHERE cause_id = ?", [cause]).map { $0["place"] as Int64 } ?? .max
    let heads = [
      try db.row(
        "SELECT until FROM deferred WHERE trigger = 'event' AND wait = 'rate' AND place < ? ORDER BY place LIMIT 1",
        [own]),
      try db.row(
        """
        SELECT until FROM deferred WHERE domain = ? AND table_name = ? AND place < ? AND trigger = 'event'
        ORDER BY place LIMIT 1
        """, [request.domain, request.tableName, own]),
    ]
    return heads.compactMap { $0?.moment("until") }.max()
  }

  private static func apply(
    _ verdict: Admission.Verdict, _ application: Application, _ limits: Admission.Limits, at now: Timestamp,
    _ db: Database
  ) throws {
    guard !application.request.dryRun else { return }
    switch verdict {
    case .admit(let breaker):
      try dispatch(application, breaker, limits, at: now, db)
    case .wait(let wait, let until):
      try postpone(application, wait, until, limits, at: now, db)
      return
    case .loopStopped:
      try insert(try letter(verdict, application, at: now, db), at: now, db)
    case .duplicate, .conflict, .breakerOpen, .rateLimited: break
    }
    try forget(application.cause.id, db)
  }

  private static func dispatch(
    _ application: Application, _ breaker: CircuitBreaker, _ limits: Admission.Limits, at now: Timestamp,
    _ db: Database
  ) throws {
    let request = application.request
    let run = application.cause.runID
    try db.run(
      """
      INSERT OR REPLACE INTO claims (key, run_id, payload_hash, status, lease_until, expires_at)
      VALUES (?, ?, ?, 'dispatched', ?, ?)
      """,
      [
        request.idempotencyKey, run, application.payloadHash, now.milliseconds, (now + limits.claimLife).milliseconds,
      ])
    try save(breaker, request.domain, request.tableName, at: now, db)
    try takePlace(application.cause, limits, at: now, db)
    if request.isReingestion {
      try db.run(
        """
        INSERT INTO reingestions (domain, table_name, ds, reason, day, count) VALUES (?, ?, ?, ?, ?, 1)
        ON CONFLICT DO UPDATE SET count = count + 1
        """, [request.domain, request.tableName, request.ds, request.reason ?? "", now.dateText])
    }
    try db.run(
      """
      INSERT INTO runs (id, cause_id, idempotency_key, domain, table_name, correlation_id, status, started_at, request,
        symbols, warnings) VALUES (?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?)
      """,
      [
        run, application.cause.id, request.idempotencyKey, request.domain, request.tableName, request.correlationID,
        now.milliseconds, request.json.text, JSON(application.symbols).text, JSON(application.warnings).text,
      ])
    for chunk in application.chunks {
      try db.run(
        "INSERT INTO chunks (run_id, chunk, symbols, results, attempts) VALUES (?, ?, ?, '[]', 0)",
        [run, chunk.index, JSON(chunk.symbols).text])
    }
    for message in application.messages { try insert(message, at: now, db) }
  }

  /// Takes the cause's place in the window of its kind; one that it reserved before moves to now (D12).
  private static func takePlace(
    _ cause: Cause, _ limits: Admission.Limits, at now: Timestamp, _ db: Database
  ) throws {
    guard limits.rate(of: cause.trigger) != nil else { return }
    try db.run(
      "INSERT OR REPLACE INTO admissions (cause_id, trigger, at) VALUES (?, ?, ?)",
      [cause.id, cause.trigger.rawValue, now.milliseconds])
  }

  private static func postpone(
    _ application: Application, _ wait: Admission.Wait, _ until: Timestamp, _ limits: Admission.Limits,
    at now: Timestamp, _ db: Database
  ) throws {
    let request = application.request
    // Whoever is told to wait holds a place already, so that no more are told so than the window has places.
    if application.cause.trigger == .manual, !application.resumes {
      try takePlace(application.cause, limits, at: now, db)
    }
    try db.run(
      """
      INSERT INTO deferred (cause_id, domain, table_name, trigger, cause, request, warnings, wait, until)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (cause_id) DO UPDATE SET wait = excluded.wait, until = excluded.until
      """,
      [
        application.cause.id, request.domain, request.tableName, application.cause.trigger.rawValue,
        application.cause.json.text, request.json.text, JSON(application.warnings).text, wait.rawValue,
        until.milliseconds,
      ])
  }

  /// The letter of a stopped chain: the original event as its body, what the function was given where there is none (D21).
  private static func letter(
    _ verdict: Admission.Verdict, _ application: Application, at now: Timestamp, _ db: Database
  ) throws -> OutgoingMessage {
    let draft = application.deadLetter
    let event = try application.cause.eventID.flatMap { id in
      try db.row("SELECT json FROM events WHERE id = ?", [id]).map { $0["json"] as String }
    }
    return DeadLetter.message(
      to: draft.queue, id: "dead-\(application.cause.id)", body: event ?? draft.payload, rule: draft.rule,
      target: draft.target, code: RefusalCode.loopStopped.rawValue,
      reason: AdmissionReport.entry(verdict, application, at: now).summary, exhausted: nil, retries: 0, at: now)
  }

  private static func claim(_ key: String, _ db: Database) throws -> Admission.Claim? {
    guard let row = try db.row("SELECT * FROM claims WHERE key = ?", [key]) else { return nil }
    guard let status = Admission.Claim.Status(rawValue: row["status"]) else {
      throw StoreError(.corrupt, "claim \(key) has no known status")
    }
    return Admission.Claim(
      runID: row["run_id"], payloadHash: row["payload_hash"], status: status, leaseUntil: row.moment("lease_until"),
      expiresAt: row.moment("expires_at"))
  }

  private static func lease(_ domain: String, _ table: String, _ db: Database) throws -> Admission.Lease? {
    try db.row("SELECT owner, until FROM leases WHERE domain = ? AND table_name = ?", [domain, table])
      .map { Admission.Lease(owner: $0["owner"], until: $0.moment("until")) }
  }

  static func breaker(_ domain: String, _ table: String, _ db: Database) throws -> CircuitBreaker {
    guard let row = try db.row("SELECT json FROM breakers WHERE domain = ? AND table_name = ?", [domain, table]) else {
      return CircuitBreaker()
    }
    return try StoredValue.read(row["json"])
  }

  static func save(
    _ breaker: CircuitBreaker, _ domain: String, _ table: String, at now: Timestamp, _ db: Database
  ) throws {
    let before = try SQLiteStore.breaker(domain, table, db)
    guard before != breaker else { return }
    try db.run(
      "INSERT OR REPLACE INTO breakers (domain, table_name, json) VALUES (?, ?, ?)",
      [domain, table, try StoredValue.text(breaker)])
    guard before.state != breaker.state, before.name != breaker.name || breaker.name != "closed" else { return }
    try note(StateRecord(.breaker, "\(domain).\(table)", at: now, breaker.json), db)
  }
}

extension DeferredKind {
  /// As the partial indexes of the table have it.
  fileprivate var condition: String {
    switch self {
    case .events: "trigger = 'event'"
    case .others: "trigger <> 'event'"
    }
  }
}
