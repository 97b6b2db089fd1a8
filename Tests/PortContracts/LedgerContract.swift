import Engine
import Events
import Ingestion
import Telemetry
import Testing

/// What `Ledger` promises (D32); rows come in through the ports that decide.
@Suite struct LedgerContract {
  @Test(arguments: Side.all)
  func `a row comes back as it went in`(_ side: Side) async throws {
    try await side.run { stage in
      let row = Sample.entry("cause", .rejected) { about in
        about.eventID = "event"
        about.parentID = "parent"
        about.rule = "rule"
        about.ruleVersion = 3
        about.runID = "run"
        about.correlationID = "correlation"
        about.idempotencyKey = "a:b:c:d"
        about.domain = "market"
        about.tableName = "prices"
        about.ds = "2025-09-09"
        about.slot = Sample.start
        about.hops = 2
      }
      #expect(try await stage.store.close(row, deadLetter: nil))
      try stage.reopen()
      #expect(try await stage.store.entry(of: "cause") == row)
      for id in ["cause", "event", "run", "correlation"] {
        var query = LedgerQuery()
        query.id = id
        #expect(try await stage.store.entries(query) == [row], "\(id)")
      }
      // Children are asked for as such, or they would stand before what caused them.
      var children = LedgerQuery()
      children.parent = "parent"
      #expect(try await stage.store.entries(children) == [row])
      var parent = LedgerQuery()
      parent.id = "parent"
      #expect(try await stage.store.entries(parent).isEmpty)
      #expect(try await stage.store.entry(of: "event") == nil)
    }
  }

  @Test(arguments: Side.all)
  func `a cause has one terminal row, and an open one only until then`(_ side: Side) async throws {
    try await side.run { stage in
      #expect(try await stage.store.close(Sample.entry("cause", .deferred), deadLetter: nil))
      #expect(try await decisions(stage) == [.deferred])
      #expect(try await stage.store.close(Sample.entry("cause", .rejected), deadLetter: nil))
      #expect(try await !stage.store.close(Sample.entry("cause", .invalid), deadLetter: nil))
      #expect(try await !stage.store.close(Sample.entry("cause", .deferred), deadLetter: nil))
      try stage.reopen()
      #expect(try await decisions(stage) == [.rejected])
      #expect(try await decisions(stage) { $0.decision = .deferred } == [])
      #expect(try await stage.store.entry(of: "cause")?.decision == .rejected)
      #expect(try await stage.isWhole())
    }
  }

  @Test(arguments: Side.all)
  func `sixteen who decide the same cause at once: one decides`(_ side: Side) async throws {
    try await side.run { stage in
      let store = stage.store
      let won = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<16 {
          group.addTask { try await store.close(Sample.entry("cause", .rejected), deadLetter: nil) }
        }
        var won = 0
        for try await isFirst in group where isFirst { won += 1 }
        return won
      }
      #expect(won == 1)
      #expect(try await decisions(stage).count == 1)
    }
  }

  @Test(arguments: Side.all)
  func `rows are found by each field and by all at once, the latest first`(_ side: Side) async throws {
    try await side.run { stage async throws in
      for (number, name) in ["a", "b", "c", "d"].enumerated() {
        let row = Sample.entry(name, number % 2 == 0 ? .invalid : .rejected, at: Sample.start.after(number)) { about in
          about.rule = number < 2 ? "r1" : "r2"
          about.domain = number == 3 ? "macro" : "market"
        }
        #expect(try await stage.store.close(row, deadLetter: nil))
      }
      #expect(try await causes(stage) { _ in } == ["d", "c", "b", "a"])
      #expect(try await causes(stage) { $0.decision = .rejected } == ["d", "b"])
      #expect(try await causes(stage) { $0.rule = "r2" } == ["d", "c"])
      #expect(try await causes(stage) { $0.domain = "market" } == ["c", "b", "a"])
      #expect(try await causes(stage) { $0.since = Sample.start.after(2) } == ["d", "c"])
      #expect(try await causes(stage) { $0.until = Sample.start.after(2) } == ["b", "a"])
      #expect(try await causes(stage) { $0.id = "c" } == ["c"])
      #expect(try await causes(stage) { $0.id = "unknown" } == [])
      #expect(try await causes(stage) { $0.limit = 2 } == ["d", "c"])
      #expect(
        try await causes(stage) {
          $0.decision = .invalid
          $0.rule = "r2"
          $0.domain = "market"
          $0.since = Sample.start
          $0.until = Sample.start.after(3)
          $0.id = "c"
        } == ["c"])
    }
  }

  @Test(arguments: Adapter.all)
  func `every row follows from the row before, whoever writes`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let store = stage.store
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<50 {
          group.addTask { _ = try await store.close(Sample.entry("cause-\(number)"), deadLetter: nil) }
        }
        try await group.waitForAll()
      }
      try stage.reopen()
      _ = try await stage.store.admit(try Sample.application("one"), at: Sample.start)
      try await stage.store.record([Sample.routed("e1", to: [], rows: [Sample.entry("e1", .unmatched)])])
      #expect(try await causes(Post(stage)) { $0.limit = 100 }.count == 52)
      #expect(try await stage.store.brokenLinks().isEmpty)
    }
  }

  private func causes(_ stage: Post, _ narrow: (inout LedgerQuery) -> Void) async throws -> [String] {
    var query = LedgerQuery()
    narrow(&query)
    return try await stage.store.entries(query).map(\.causeID)
  }

  private func decisions(
    _ stage: Post, _ narrow: (inout LedgerQuery) -> Void = { _ in }
  ) async throws -> [Decision] {
    var query = LedgerQuery()
    narrow(&query)
    return try await stage.store.entries(query).map(\.decision)
  }
}
