import Deliveries
import Engine
import Events
import Extraction
import Foundation
import GRDB
import Ingestion
import Rules
@testable import SQLiteStore
import Telemetry
import Testing

/// What only a look into the file can show: that nothing is half written, and that a changed row is noticed.
@Suite struct SQLiteStoreTests {
  private static let disk = Adapter.all.last { $0.close != nil }

  @Test(arguments: Write.all)
  func `a write that fails at any table leaves every table as it was`(_ write: Write) async throws {
    var tables: Set<String> = []
    try await onDisk { stage, file in
      try await write.prepare(stage.store)
      let before = try await file.dump()
      try #require(await write.isDone(stage.store))
      tables = Set(
        try await file.dump().symmetricDifference(before).compactMap { $0.split(separator: " ").first.map(String.init) }
      )
    }
    try #require(tables.count > 1)
    for table in tables.sorted() {
      try await onDisk { stage, file in
        try await write.prepare(stage.store)
        let before = try await file.dump()
        try await file.poison(table)
        #expect(await !write.isDone(stage.store), "it does not notice that \(table) fails")
        try await file.heal(table)
        #expect(try await file.dump() == before, "something is left behind when \(table) fails")
        #expect(await write.isDone(stage.store), "it works when nothing fails any more")
      }
    }
  }

  @Test func `a row that was changed, and one that is missing, break the chain`() async throws {
    try await onDisk { stage, file in
      for number in 0..<5 {
        #expect(try await stage.store.close(Sample.entry("cause-\(number)"), deadLetter: nil))
      }
      #expect(try await stage.store.brokenLinks().isEmpty)
      try await file.execute("UPDATE ledger SET json = replace(json, 'not JSON', 'good JSON') WHERE seq = 2")
      #expect(try await stage.store.brokenLinks() == [2])
      try await file.execute("DELETE FROM ledger WHERE seq = 4")
      #expect(try await stage.store.brokenLinks() == [2, 5])
    }
  }

  @Test func `a claimed key whose lease has lapsed is taken over, one whose owner is at work is not`() async throws {
    try await onDisk { stage, file in
      let application = try Sample.application("two", key: "k")
      let key = application.request.idempotencyKey
      let lapse = Sample.start.after(60).milliseconds
      try await file.execute(
        """
        INSERT INTO claims (key, run_id, payload_hash, status, lease_until, expires_at)
        VALUES ('\(key)', 'run-one', '\(application.payloadHash)', 'claimed', \(lapse), \(lapse * 2))
        """)
      let early = try await stage.store.admit(application, at: Sample.start.after(59))
      #expect(early.verdict == .duplicate(of: "run-one", status: .claimed))
      let later = try await stage.store.admit(try Sample.application("three", key: "k"), at: Sample.start.after(60))
      #expect(later.decision == .dispatched)
    }
  }

  @Test func `a store that is closed and opened again has every row it had`() async throws {
    try await onDisk { stage, file in
      for write in Write.all {
        try await write.prepare(stage.store)
        _ = await write.isDone(stage.store)
      }
      let before = try await file.dump()
      try #require(before.count > 40)
      try stage.reopen()
      #expect(try await file.dump() == before)
      #expect(try await stage.store.brokenLinks().isEmpty)
    }
  }

  @Test func `on a full disk a write is either answered and there, or refused and not there`() async throws {
    try await onDisk { stage, file in
      let store = try #require(stage.store as? SQLiteStore)
      let pages = try await store.write { db in try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0 }
      try await store.write { db in try db.execute(sql: "PRAGMA max_page_count = \(pages + 20)") }
      let answered = try await withThrowingTaskGroup(of: String?.self) { group in
        for number in 0..<200 {
          let application = try Sample.application("cause-\(number)", .schedule)
          group.addTask {
            do throws(StoreError) {
              return try await store.admit(application, at: Sample.start).entry.causeID
            } catch {
              #expect(error.code == .unavailable)
              return nil
            }
          }
        }
        var answered: Set<String> = []
        for try await cause in group { if let cause { answered.insert(cause) } }
        return answered
      }
      #expect(answered.count < 200)
      try stage.reopen()
      #expect(Set(try await stage.store.runs(limit: 1_000).map(\.causeID)) == answered)
      var query = LedgerQuery()
      query.limit = LedgerQuery.limitMax
      #expect(Set(try await stage.store.entries(query).map(\.causeID)) == answered)
      #expect(try await stage.store.brokenLinks().isEmpty)
      #expect(try await stage.store.admit(try Sample.application("next"), at: Sample.start).decision == .dispatched)
    }
  }

  @Test func `what cannot be read back is reported as corrupt, not guessed`() async throws {
    try await onDisk { stage, file in
      _ = try await stage.store.admit(try Sample.application("one"), at: Sample.start)
      try await file.execute("UPDATE runs SET request = '{}', status = 'resting'")
      try await file.execute("INSERT OR REPLACE INTO breakers VALUES ('market', 'prices', '{')")
      try await file.execute("UPDATE ledger SET json = '[]'")
      let run = await #expect(throws: StoreError.self) { try await stage.store.runs(limit: 1) }
      #expect(run?.code == .corrupt)
      let breaker = await #expect(throws: StoreError.self) {
        try await stage.store.admit(try Sample.application("two"), at: Sample.start)
      }
      #expect(breaker?.code == .corrupt)
      let row = await #expect(throws: StoreError.self) { try await stage.store.entry(of: "one") }
      #expect(row?.code == .corrupt)
    }
  }

  @Test func `a database of the release before is taken to this one, and answers`() async throws {
    try await onDisk { stage, file in
      _ = try await stage.store.admit(try Sample.application("one"), at: Sample.start)
      for statement in [
        "DROP TABLE state_history", "DROP TABLE lifetimes", "DROP TABLE ledger_checkpoints",
        "DROP INDEX events_received",
        "DROP INDEX events_parent", "DROP INDEX runs_cause", "DROP INDEX runs_started",
        "DELETE FROM grdb_migrations WHERE identifier = '4'",
      ] {
        try await file.execute(statement)
      }
      try stage.reopen()
      #expect(try await stage.store.audit(after: nil, limit: 10).faults == [])
      #expect(try await stage.store.rules(at: Sample.start).count == 6)
      try await stage.store.heartbeat(of: Sample.start, at: Sample.start)
      #expect(try await stage.store.lifetimes(around: Sample.start).before != nil)
      #expect(try await stage.store.retain(.standard, at: Sample.start) == nil)
    }
  }

  @Test func `a file that is no database is refused`() async throws {
    try await Scratch.folder { folder in
      let path = folder.appending(path: "bellcrank.db").path
      #expect(FileManager.default.createFile(atPath: path, contents: Data("not a database, far from it".utf8)))
      let error = #expect(throws: StoreError.self) { try SQLiteStore(path: path, try Sample.settings()) }
      #expect(error?.code == .corrupt)
    }
  }

  private func onDisk(_ body: (Stage, DatabaseFile) async throws -> Void) async throws {
    let adapter = try #require(SQLiteStoreTests.disk)
    try await adapter.run { stage in
      let file = try DatabaseFile(stage.folder.appending(path: "bellcrank.db").path)
      try await body(stage, file)
      try file.close()
    }
  }
}

/// The database as its file shows it to somebody else.
struct DatabaseFile: Sendable {
  private let database: DatabaseQueue

  init(_ path: String) throws {
    var configuration = Configuration()
    configuration.busyMode = .timeout(120)
    database = try DatabaseQueue(path: path, configuration: configuration)
  }

  func close() throws { try database.close() }

  func execute(_ sql: String) async throws {
    try await database.write { db in try db.execute(sql: sql) }
  }

  /// From now on nothing is written to that table.
  func poison(_ table: String) async throws {
    for event in ["INSERT", "UPDATE", "DELETE"] {
      try await execute(
        """
        CREATE TRIGGER poison_\(event) BEFORE \(event) ON \(table) BEGIN SELECT RAISE(ABORT, 'poisoned'); END
        """)
    }
  }

  func heal(_ table: String) async throws {
    for event in ["INSERT", "UPDATE", "DELETE"] { try await execute("DROP TRIGGER poison_\(event)") }
  }

  /// Every row of every table, the table's name first.
  func dump() async throws -> Set<String> {
    try await database.read { db in
      let tables = try String.fetchAll(
        db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      let rows = try tables.flatMap { table in
        try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { "\(table) \($0.description)" }
      }
      return Set(rows)
    }
  }
}

/// A write that touches several tables.
struct Write: Sendable, CustomTestStringConvertible {
  let name: String
  let prepare: @Sendable (any Store) async throws -> Void
  /// - Returns: false when the store threw.
  let isDone: @Sendable (any Store) async -> Bool

  var testDescription: String { name }

  init(
    _ name: String, prepare: @escaping @Sendable (any Store) async throws -> Void = { _ in },
    _ body: @escaping @Sendable (any Store) async throws -> Void
  ) {
    self.name = name
    self.prepare = prepare
    isDone = { store in
      do {
        try await body(store)
        return true
      } catch {
        return false
      }
    }
  }

  static let all = [
    Write("dispatch") { store in
      let body: JSON = ["reason": "late_data"]
      _ = try await store.admit(try Sample.application("one", .event, asks: body), at: Sample.start)
    },
    Write("loop stopped") { store in
      _ = try await store.admit(try Sample.application("one", .event, hops: 9), at: Sample.start)
    },
    Write(
      "wait",
      prepare: { store in
        _ = try await store.hold(
          domain: "market", table: "prices", owner: "ops", until: Sample.start.after(60), at: Sample.start)
      },
      { store in _ = try await store.admit(try Sample.application("one"), at: Sample.start) }),
    Write("close") { store in
      let letter = OutgoingMessage(queue: Sample.letters, id: "dead-1", body: "{}", visibleAt: Sample.start)
      _ = try await store.close(Sample.entry("one"), deadLetter: letter)
    },
    Write("events") { store in
      let rows = [Sample.entry("e2", .unmatched)]
      try await store.record([Sample.routed("e1", to: ["t1", "t2"]), Sample.routed("e2", to: [], rows: rows)])
    },
    Write("slots") { store in
      try await store.record([
        SlotRecord(rule: "r1", slot: Sample.start, outcome: .fires(Sample.routed("s1", to: ["t1"]))),
        SlotRecord(rule: "r2", slot: Sample.start, outcome: .passes(Sample.entry("r2@1", .skipped))),
      ])
    },
    Write(
      "delivery results", prepare: { store in try await store.record([Sample.routed("e1", to: ["t1"])]) },
      { store in
        let pending = try #require(try await store.due(at: Sample.start, limit: 1).first)
        var delivery = pending.delivery
        delivery.accepted()
        let message = OutgoingMessage(queue: Sample.workQueue, id: "m1", body: "{}", visibleAt: Sample.start)
        let result = DeliveryResult(
          rowID: pending.rowID, delivery: delivery, cause: pending.cause, message: message)
        try await store.commit([result], at: Sample.start)
      }),
    Write(
      "the end of a run",
      prepare: { store in
        let application = try Sample.application("one")
        _ = try await store.admit(application, at: Sample.start)
        try await finish(0, application, store)
      },
      { store in try await finish(1, try Sample.application("one"), store) }),
    Write("object") { store in
      let entry = ObjectEntry(
        bucket: "data-pipeline-raw-dev-123456789012", key: "k", size: 1, etag: "", contentType: "", sequencer: "1",
        blobID: "b", modifiedAt: Sample.start, metadata: [:], runID: nil)
      _ = try await store.commit(entry, Sample.routed("e1", to: ["t1"]), onlyIfAbsent: true)
    },
    Write("universe") { store in
      let change = UniverseChange(id: "c", added: ["NVDA"], removed: [], effectiveAt: Sample.start)
      try await store.note(change, base: ["AAPL"])
    },
    Write("rule") { store in
      var rule = try #require(try await store.rules().first)
      rule.version = 2
      try await store.save(rule, row: Sample.row, at: Sample.start)
    },
  ]
  /// Ends a chunk that stored nothing, with a dead letter.
  private static func finish(_ chunk: Int, _ application: Application, _ store: any Store) async throws {
    let letter = OutgoingMessage(queue: Sample.letters, id: "dead-\(chunk)", body: "{}", visibleAt: Sample.start)
    let message = ReceivedMessage(
      queue: Sample.workQueue, id: "\(application.cause.runID)-\(chunk)", receipt: "", body: "{}", attributes: [:],
      sentAt: Sample.start, firstReceivedAt: Sample.start, receiveCount: 1)
    _ = try await store.finish(
      [Sample.failed], of: application.cause.runID, chunk: chunk, attempt: 1, message: message, deadLetter: letter,
      at: Sample.start)
  }
}
