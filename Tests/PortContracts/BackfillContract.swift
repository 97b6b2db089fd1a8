import Engine
import Events
import Ingestion
import Rules
import Schedules
import Telemetry
import Testing

/// What `BackfillStore` promises, and `ScheduleStore` of pauses, slots that wait, and time zones.
@Suite struct BackfillContract {
  private static let slots = (0..<3).map { Sample.start.after(60 * $0) }

  private func backfill() -> Backfill {
    Backfill(
      id: "backfill-1", owner: "nightly", occasion: .asked, slots: BackfillContract.slots, pace: BackfillPace("10/min"),
      who: "ann", why: "a test", createdAt: Sample.start)
  }

  @Test(arguments: Adapter.all)
  func `a backfill comes back as it went in, with each state it is saved in`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      var backfill = backfill()
      try await stage.store.save(backfill, row: Sample.row)
      try stage.reopen()
      #expect(try await stage.store.backfill("backfill-1") == backfill)
      backfill.state = .stopped
      backfill.remark = "enough"
      backfill.done = 1
      backfill.inFlight = ["nightly@\(BackfillContract.slots[0])/recovery-1"]
      backfill.refused = [BackfillContract.slots[1]]
      try await stage.store.save(backfill, row: nil)
      #expect(try await stage.store.backfills(.stopped, limit: 10) == [backfill])
      #expect(try await stage.store.backfills(.running, limit: 10).isEmpty)
      #expect(try await stage.store.backfills(nil, limit: 10) == [backfill])
      #expect(try await stage.store.backfill("nobody") == nil)
    }
  }

  @Test(arguments: Adapter.all)
  func `a slot is started once, however often it is said, and not once it is stopped`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      var backfill = backfill()
      try await stage.store.save(backfill, row: nil)
      backfill.done = 1
      let delivery = delivery("nightly@1/recovery-1")
      #expect(try await stage.store.advance(backfill, event: nil, deliveries: [delivery], row: nil))
      #expect(try await !stage.store.advance(backfill, event: nil, deliveries: [delivery], row: Sample.row))
      #expect(try await stage.store.due(at: Sample.start, limit: 10).count == 1)
      #expect(try await stage.store.isUnderWay("nightly@1/recovery-1"))
      #expect(try await !stage.store.isUnderWay("nightly@1"))
      var stopped = backfill
      stopped.state = .stopped
      try await stage.store.save(stopped, row: nil)
      backfill.done = 2
      #expect(try await !stage.store.advance(backfill, event: nil, deliveries: [], row: nil))
      #expect(try await stage.store.backfill("backfill-1") == stopped)
    }
  }

  private func delivery(_ cause: String) -> NewDelivery {
    NewDelivery(
      cause: Cause(id: cause, trigger: .schedule, arrivedAt: Sample.start), target: target, body: "{}",
      due: Sample.start)
  }

  private var target: Target {
    Target(
      id: "t", arn: ResourceName(service: "sqs", region: "us-east-1", account: "123456789012", resource: "q"),
      input: .whole, deadLetter: nil)
  }

  private func schedule(_ name: String, until: Timestamp?) throws -> Schedule {
    Schedule(
      name: ScheduleName(name), state: until == nil ? .enabled : .disabled,
      expression: try ScheduleExpression("rate(1 minute)", dialect: .scheduler), target: target,
      createdAt: Sample.start, modifiedAt: Sample.start, since: Sample.start, overlap: .bufferAll,
      pause: until.map { Pause(who: "ann", why: "w", since: Sample.start, until: $0) })
  }

  @Test(arguments: Adapter.all)
  func `pauses that end by themselves are found in the order of their ends`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      #expect(try await stage.store.nextPauseEnd() == nil)
      let late = try schedule("late", until: Sample.start.after(60))
      let early = try schedule("early", until: Sample.start.after(30))
      _ = try await stage.store.save([late, early, try schedule("awake", until: nil)], row: Sample.row)
      #expect(try await stage.store.schedule(late.name) == late)
      #expect(try await stage.store.nextPauseEnd() == Sample.start.after(30))
      #expect(try await stage.store.pausesEnded(by: Sample.start.after(59), limit: 10) == [early.name])
      #expect(try await stage.store.pausesEnded(by: Sample.start.after(60), limit: 10) == [early.name, late.name])
      var awake = early
      awake.state = .enabled
      awake.pause = nil
      _ = try await stage.store.save([awake], row: Sample.row)
      #expect(try await stage.store.nextPauseEnd() == Sample.start.after(60))
    }
  }

  @Test(arguments: Adapter.all)
  func `slots that were decided while a schedule rested are told apart`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let ids = try await stage.store.save([try schedule("a", until: nil)], row: Sample.row)
      let id = try #require(ids.first)
      let outcomes: [SlotDecision.Outcome] = [.disabled, .fires, .disabled]
      try await stage.store.decide(
        zip(BackfillContract.slots, outcomes).map {
          SlotDecision(schedule: id, slot: $0, outcome: $1, decidedAt: Sample.start)
        }, through: nil, plans: [])
      let found = try await stage.store.disabledSlots(
        of: "default/a", among: BackfillContract.slots + [Sample.start.after(999)])
      #expect(found == [BackfillContract.slots[0], BackfillContract.slots[2]])
      #expect(try await stage.store.disabledSlots(of: "default/b", among: BackfillContract.slots).isEmpty)
    }
  }

  @Test(arguments: Adapter.all)
  func `a slot that waits is released once, behind what goes on of its owner`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let store = stage.store
      _ = try await store.save([try schedule("a", until: nil)], row: Sample.row)
      try await store.record(delivery("default/a@0"))
      try await store.record(delivery("default/ab@0"))
      try await store.record(
        BackfillContract.slots.dropFirst().map {
          SlotRecord(rule: "default/a", slot: $0, outcome: .waits(Sample.row))
        })
      let standing = try await store.overlap(of: "default/a")
      #expect(
        standing
          == OverlapStanding(
            blocker: Blocker(causeID: "default/a@0", runID: nil), waiting: 2, first: BackfillContract.slots[1]))
      let head = try #require(try await store.waitingHeads().first)
      #expect(head == WaitingSlot(owner: "default/a", slot: BackfillContract.slots[1]))
      let outcome = SlotRecord.Outcome.invokes(delivery("default/a@1"))
      #expect(try await store.release(head, as: outcome, completed: nil) == nil)
      #expect(try await store.waitingSlots(of: "default/a", limit: 10) == [BackfillContract.slots[2]])
      let last = WaitingSlot(owner: "default/a", slot: BackfillContract.slots[2])
      #expect(
        try await store.release(
          last, as: .invokes(delivery("default/a@2")),
          completed: CompletedSchedule(try schedule("a", until: nil), due: nil)) != nil)
      #expect(try await store.schedule(ScheduleName("a")) == nil)
      #expect(try await store.release(last, as: .invokes(delivery("default/a@3")), completed: nil) == nil)
      #expect(try await store.due(at: Sample.start, limit: 10).count == 4, "one that waits no more is left alone")
    }
  }

  @Test(arguments: Adapter.all)
  func `what zones look like is kept, zone by zone`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      try await stage.store.note(zonePrints: ["": "2025a", "Asia/Seoul": "1"], row: nil)
      try await stage.store.note(zonePrints: ["": "2025b"], row: Sample.row)
      try stage.reopen()
      #expect(try await stage.store.zonePrints() == ["": "2025b", "Asia/Seoul": "1"])
    }
  }
}
