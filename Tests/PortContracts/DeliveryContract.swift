import Deliveries
import Engine
import Events
import Ingestion
import Rules
import Telemetry
import Testing

/// What `DeliveryJournal` promises (D20, D21).
@Suite struct DeliveryContract {
  @Test(arguments: Adapter.all)
  func `deliveries whose moment has come are handed out, the oldest first`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      #expect(try await stage.store.nextDue() == nil)
      for (id, seconds) in [("late", 30), ("early", 10), ("middle", 20)] {
        try await stage.store.record(invocation(id, due: Sample.start.after(seconds)))
      }
      try stage.reopen()
      #expect(try await stage.store.nextDue() == Sample.start.after(10))
      #expect(try await stage.store.due(at: Sample.start.after(9), limit: 10).isEmpty)
      #expect(try await causes(due: Sample.start.after(20), stage.store) == ["early", "middle"])
      #expect(try await causes(due: Sample.start.after(99), stage.store) == ["early", "middle", "late"])
      #expect(try await stage.store.due(at: Sample.start.after(99), limit: 1).map(\.cause.id) == ["early"])
    }
  }

  @Test(arguments: Adapter.all)
  func `an invocation keeps its body, its target and its cause, and the same one is stored once`(
    _ adapter: Adapter
  ) async throws {
    try await adapter.run { stage in
      let delivery = invocation("one", due: Sample.start)
      try await stage.store.record(delivery)
      try await stage.store.record(delivery)
      try stage.reopen()
      let due = try await stage.store.due(at: Sample.start, limit: 10)
      #expect(due.count == 1)
      let pending = try #require(due.first)
      #expect(pending.cause == delivery.cause)
      #expect(pending.target == delivery.target)
      #expect(pending.body == #"{"symbols":["AAPL"]}"#)
      #expect(pending.event == nil)
      #expect(pending.delivery.attempts == 0)
      #expect(pending.delivery.state == .waiting(until: Sample.start))
      #expect(pending.delivery.createdAt == Sample.start)
    }
  }

  @Test(arguments: Adapter.all)
  func `a refused delivery waits for its next attempt and remembers how often it was tried`(
    _ adapter: Adapter
  ) async throws {
    try await adapter.run { stage in
      try await stage.store.record([Sample.routed("e1", to: ["t1"])])
      let refused = try await result(of: "t1", stage.store) { $0.refused(functionFailed, at: Sample.start) }
      try await stage.store.commit([refused], at: Sample.start)
      try stage.reopen()
      let next = try #require(try await stage.store.nextDue())
      #expect(next > Sample.start)
      #expect(refused.delivery.state == .waiting(until: next))
      #expect(try await stage.store.due(at: next, limit: 10).map(\.delivery) == [refused.delivery])
      #expect(try await stage.store.entry(of: "e1/some-rule") == nil)
    }
  }

  @Test(arguments: Adapter.all)
  func `a cause gets its row when its last delivery has ended`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      try await stage.store.record([Sample.routed("e1", to: ["t1", "t2"])])
      let first = try await result(of: "t1", stage.store) { $0.accepted() }
      let message = OutgoingMessage(queue: Sample.workQueue, id: "m1", body: "{}", visibleAt: Sample.start)
      try await stage.store.commit(
        [DeliveryResult(rowID: first.rowID, delivery: first.delivery, cause: first.cause, message: message)],
        at: Sample.start)
      #expect(try await stage.store.entry(of: "e1/some-rule") == nil)
      let second = try await result(of: "t2", stage.store) { $0.accepted() }
      try await stage.store.commit([second], at: Sample.start.after(3))
      try stage.reopen()
      let row = try #require(try await stage.store.entry(of: "e1/some-rule"))
      #expect(row.decision == .dispatched)
      #expect(row.code == .delivered)
      #expect(row.facts["delivered"] == 2)
      #expect(row.about.rule == "some-rule")
      #expect(row.at == Sample.start.after(3))
      #expect(try await stage.store.nextDue() == nil)
      #expect(try await stage.store.depth(Sample.workQueue, at: Sample.start).visible == 1)
    }
  }

  @Test(arguments: Adapter.all)
  func `a hundred results at once are all there, their messages in their order`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      try await stage.store.record((0..<100).map { Sample.routed("e\($0)", to: ["t"]) })
      let results = try await stage.store.due(at: Sample.start, limit: 1_000).enumerated().map { number, pending in
        var delivery = pending.delivery
        delivery.accepted()
        let message = OutgoingMessage(
          queue: Sample.workQueue, id: "m\(number)", body: "{}", visibleAt: Sample.start)
        return DeliveryResult(rowID: pending.rowID, delivery: delivery, cause: pending.cause, message: message)
      }
      try #require(results.count == 100)
      try await stage.store.commit(results, at: Sample.start)
      try await stage.store.commit([], at: Sample.start)
      try stage.reopen()
      #expect(try await stage.store.nextDue() == nil)
      var received: [String] = []
      while received.count < 100 {
        let some = try await stage.store.receive(
          Sample.workQueue, limit: 10, visibility: .seconds(60), at: Sample.start)
        try #require(!some.isEmpty)
        received += some.map(\.id)
      }
      #expect(received == (0..<100).map { "m\($0)" })
    }
  }

  @Test(arguments: Adapter.all)
  func `a buried delivery makes its cause undeliverable, and its letter is sent with it`(
    _ adapter: Adapter
  ) async throws {
    try await adapter.run { stage in
      try await stage.store.record([Sample.routed("e1", to: ["t1", "t2"])])
      let lost = try await result(of: "t1", stage.store) {
        $0.refused(DeliveryError(.targetMissing, "there is no queue q"), at: Sample.start)
      }
      let letter = OutgoingMessage(queue: Sample.letters, id: "dead-1", body: "{}", visibleAt: Sample.start)
      let taken = try await result(of: "t2", stage.store) { $0.accepted() }
      try await stage.store.commit(
        [DeliveryResult(rowID: lost.rowID, delivery: lost.delivery, cause: lost.cause, message: letter), taken],
        at: Sample.start)
      try stage.reopen()
      let row = try #require(try await stage.store.entry(of: "e1/some-rule"))
      #expect(row.decision == .undeliverable)
      #expect(row.code == .targetMissing)
      #expect(row.facts["buried"] == 1)
      #expect(row.facts["delivered"] == 1)
      #expect(row.facts["error"] == "NO_RESOURCE: there is no queue q")
      #expect(try await stage.store.depth(Sample.letters, at: Sample.start).visible == 1)
    }
  }

  @Test(arguments: Adapter.all)
  func `a cause whose target wrote a row, even an open one, gets no other`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      for (id, decision) in [("e1", Decision.duplicate), ("e2", .deferred)] {
        try await stage.store.record([Sample.routed(id, to: ["t1"])])
        #expect(try await stage.store.close(Sample.entry("\(id)/some-rule", decision), deadLetter: nil))
        let taken = try await result(of: "t1", stage.store) { $0.accepted() }
        try await stage.store.commit([taken], at: Sample.start)
        #expect(try await stage.store.entry(of: "\(id)/some-rule")?.decision == decision)
      }
      #expect(try await stage.store.entries(LedgerQuery()).count == 2)
    }
  }

  @Test(arguments: Adapter.all)
  func `what has ended stays ended: the same result again, or a late other one, changes nothing`(
    _ adapter: Adapter
  ) async throws {
    try await adapter.run { stage in
      try await stage.store.record([Sample.routed("e1", to: ["t1"])])
      let taken = try await result(of: "t1", stage.store) { $0.accepted() }
      let late = try await result(of: "t1", stage.store) { $0.refused(functionFailed, at: Sample.start) }
      let message = OutgoingMessage(queue: Sample.letters, id: "dead-1", body: "{}", visibleAt: Sample.start)
      try await stage.store.commit([taken], at: Sample.start)
      let row = try await stage.store.entry(of: "e1/some-rule")
      for result in [taken, late] {
        let again = DeliveryResult(
          rowID: result.rowID, delivery: result.delivery, cause: result.cause, message: message)
        try await stage.store.commit([again], at: Sample.start.after(5))
      }
      #expect(try await stage.store.nextDue() == nil)
      #expect(try await stage.store.entry(of: "e1/some-rule") == row)
      #expect(try await stage.store.depth(Sample.letters, at: Sample.start.after(5)).visible == 0)
    }
  }

  private let functionFailed = DeliveryError(.functionFailed, "STORE_UNAVAILABLE: the disk is full")

  private func invocation(_ id: String, due: Timestamp) -> NewDelivery {
    NewDelivery(
      cause: Cause(id: id, trigger: .manual, arrivedAt: Sample.start),
      target: Target(
        id: "async", arn: Sample.names.function("dev-customer-data-orchestrator"), input: .constant("{}"),
        retry: .none, deadLetter: nil, role: "arn:aws:iam::123456789012:role/r"),
      body: #"{"symbols":["AAPL"]}"#, due: due)
  }

  private func causes(due now: Timestamp, _ store: any Store) async throws -> [String] {
    try await store.due(at: now, limit: 10).map(\.cause.id)
  }

  /// The delivery to that target after that has happened to it.
  private func result(
    of target: String, _ store: any Store, _ happens: (inout Delivery) -> Void
  ) async throws -> DeliveryResult {
    let due = try await store.due(at: Sample.start, limit: 10)
    let pending = try #require(due.first { $0.target.id == target })
    var delivery = pending.delivery
    happens(&delivery)
    return DeliveryResult(rowID: pending.rowID, delivery: delivery, cause: pending.cause, message: nil)
  }
}
