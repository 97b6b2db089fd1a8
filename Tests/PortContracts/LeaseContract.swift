import Engine
import Events
import Ingestion
import Telemetry
import Testing

/// What `AdmissionDesk` promises to whoever holds a table (D13).
@Suite struct LeaseContract {
  @Test(arguments: Side.all)
  func `a held table lets every cause wait, of any trigger, and no other table`(_ side: Side) async throws {
    try await side.run { stage in
      let until = Sample.start.after(600)
      #expect(try await hold(stage, "ops", until) == Admission.Lease(owner: "ops", until: until))
      try stage.reopen()
      for trigger in [TriggerType.manual, .schedule] {
        let result = try await stage.store.admit(try Sample.application("\(trigger)", trigger), at: Sample.start)
        #expect(result.verdict == .wait(.lease, until: until))
        #expect(result.decision == .deferred)
      }
      let event = try await stage.store.admit(try Sample.application("event", .event), at: Sample.start)
      #expect(event.verdict == .wait(.lease, until: until))
      let other = try Sample.application("other", asks: ["table_name": "dividends"])
      #expect(try await stage.store.admit(other, at: Sample.start).decision == .dispatched)
    }
  }

  @Test(arguments: Side.all)
  func `a table has one holder, who may extend, until it lets go or its time is up`(_ side: Side) async throws {
    try await side.run { stage async throws in
      #expect(try await hold(stage, "a", Sample.start.after(60)) != nil)
      #expect(try await hold(stage, "b", Sample.start.after(60)) == nil)
      #expect(try await hold(stage, "a", Sample.start.after(120))?.until == Sample.start.after(120))
      #expect(try await hold(stage, "b", Sample.start.after(300), at: Sample.start.after(60)) == nil)
      #expect(try await hold(stage, "b", Sample.start.after(300), at: Sample.start.after(120)) != nil)
      #expect(try await !letGo(stage, "a"))
      #expect(try await letGo(stage, "b"))
      #expect(try await !letGo(stage, "b"))
      #expect(try await hold(stage, "a", Sample.start.after(400), at: Sample.start.after(130)) != nil)
    }
  }

  @Test(arguments: Side.all)
  func `sixteen who want a table at once: one has it`(_ side: Side) async throws {
    try await side.run { stage in
      let store = stage.store
      let won = try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<16 {
          group.addTask {
            try await store.hold(
              domain: "market", table: "prices", owner: "owner-\(number)", until: Sample.start.after(60),
              at: Sample.start) != nil
          }
        }
        var won = 0
        for try await isHeld in group where isHeld { won += 1 }
        return won
      }
      #expect(won == 1)
    }
  }

  @Test(arguments: Side.all)
  func `when the holder lets go, those who waited are asked at once and in order, also those behind them`(
    _ side: Side
  ) async throws {
    try await side.run { stage in
      _ = try await hold(stage, "ops", Sample.start.after(3_600))
      for name in ["a", "b", "c"] {
        _ = try await stage.store.admit(try Sample.application(name, .event), at: Sample.start)
      }
      #expect(try await stage.store.deferred(.events, at: Sample.start.after(10), limit: 10).isEmpty)
      #expect(try await letGo(stage, "ops"))
      try stage.reopen()
      let now = Sample.start.after(10)
      #expect(try await stage.store.deferred(.events, at: now, limit: 10).map(\.cause.id) == ["a", "b", "c"])
      let released = try await release(stage.store, at: now)
      #expect(released == ["a": .dispatched, "b": .dispatched, "c": .dispatched])
    }
  }

  @Test(arguments: Side.all)
  func `when the lease runs out, those who waited go on without anybody letting go`(_ side: Side) async throws {
    try await side.run { stage in
      _ = try await hold(stage, "ops", Sample.start.after(60))
      _ = try await stage.store.admit(try Sample.application("slot", .schedule), at: Sample.start)
      #expect(try await stage.store.nextDeferred(.others) == Sample.start.after(60))
      #expect(try await release(stage.store, at: Sample.start.after(60)) == ["slot": .dispatched])
    }
  }

  private func hold(
    _ stage: Post, _ owner: String, _ until: Timestamp, at now: Timestamp = Sample.start
  ) async throws -> Admission.Lease? {
    try await stage.store.hold(domain: "market", table: "prices", owner: owner, until: until, at: now)
  }

  private func letGo(_ stage: Post, _ owner: String) async throws -> Bool {
    try await stage.store.letGo(domain: "market", table: "prices", owner: owner, at: Sample.start)
  }
}
