import Engine
import Events
import Rules
import Schedules
import Simulation
import Telemetry
import Testing

/// The proof: each thing that could be wrong with the ledger is noticed, and nothing is found where nothing is wrong.
@Suite struct AuditorTests {
  private func audit(_ engine: Runtime) async throws -> (faults: [LedgerFault], slots: Int, matches: Int) {
    var place: Auditor.Place? = .chain(after: nil)
    var faults: [LedgerFault] = []
    var (slots, matches) = (0, 0)
    while let here = place {
      let step = try await Auditor(engine).step(here)
      faults += step.faults
      slots += step.slots
      matches += step.matches
      place = step.next
    }
    return (faults, slots, matches)
  }

  private func event(_ id: String, _ source: String, at moment: Timestamp) -> Event {
    Event(
      id: id, source: source, detailType: "Adhoc Ingestion", account: "123456789012", region: "us-east-1", time: moment,
      resources: [], detail: ["symbols": ["AAPL"]])
  }

  @Test func `a day of slots, events, changes and removals has nothing wrong with it`() async throws {
    let world = try await World(try World.settings(schedule: "cron(*/10 * * * ? *)"))
    for hour in 0..<6 {
      world.clock.advance(to: World.start.after(hour * 3_600 + 120))
      _ = try await world.engine.publisher.publish([
        event("e-\(hour)", hour % 2 == 0 ? "ops.manual" : "nobody", at: world.clock.now())
      ])
      try await world.live(until: World.start.after((hour + 1) * 3_600 + 60))
      if hour == 2 {
        _ = try await ScheduleControl(world.engine).change(world.names.scheduleRule, to: "rate(7 minutes)", .testing)
      }
      if hour == 4 { _ = try await world.engine.book.remove(world.names.marketEventsRule, .testing) }
    }
    let found = try await audit(world.engine)
    #expect(found.faults == [])
    #expect(found.slots > 40 && found.matches > 6)
  }

  @Test func `a slot without a row is found`() async throws {
    let world = try await World(at: World.start.after(-600))
    // The cursor moved on, and the row did not come: as a faulty store would do.
    try await world.store.record([
      SlotRecord(
        rule: world.names.scheduleRule, slot: World.start,
        outcome: .fires(
          RoutedEvent(
            event: event("lost", "aws.events", at: World.start), hops: 0, parentID: nil, receivedAt: World.start,
            deliveries: [], rows: [])))
    ])
    world.clock.advance(to: World.start.after(600))
    let found = try await audit(world.engine)
    #expect(found.faults.contains { $0.code == .slotUndecided && $0.reason.contains("@2025-09-09T22:00:00Z") })
  }

  @Test func `a match without a row is found`() async throws {
    let world = try await World(at: World.start.after(60))
    world.clock.advance(by: .minutes(1))
    let now = world.clock.now()
    let lost = RoutedEvent(
      event: event("lost", "ops.manual", at: now), hops: 0, parentID: nil, receivedAt: now, deliveries: [], rows: [])
    try await world.store.record([lost])
    let found = try await audit(world.engine)
    #expect(found.faults.map(\.code) == [.matchUndecided])
    #expect(found.faults.first?.reason.contains("lost/\(world.names.opsManualRule)") == true)
  }

  @Test func `retention cuts the oldest rows, keeps the proof, and a kept head is known until it is cut`() async throws
  {
    let world = try await World(try World.settings(schedule: "cron(0 * * * ? *)"))
    try await world.live(until: World.start.after(5 * 86_400))
    let old = try #require(try await world.store.linked(after: 3, limit: 1).first?.link)
    let head = try #require(try await world.store.head())
    let before = try await world.store.linked(after: 0, limit: 10_000).count
    let checkpoint = try #require(
      try await world.store.retain(Retention(days: 2, ledgerMiB: 100), at: world.clock.now()))
    let after = try await world.store.linked(after: 0, limit: 10_000)
    #expect(after.count == before - checkpoint.rows + 1)
    #expect(after.first.map { world.clock.now() - $0.entry.at <= .days(3) } == true)
    #expect(try await world.store.retain(Retention(days: 2, ledgerMiB: 100), at: world.clock.now()) == nil)
    #expect(try await audit(world.engine).faults == [])
    #expect(try await Auditor(world.engine).knows(head) == nil)
    #expect(try await Auditor(world.engine).knows(old)?.code == .headUnknown)
    #expect(try await Auditor(world.engine).knows(checkpoint.last) == nil)
    #expect(
      try await Auditor(world.engine).knows(LedgerLink(sequence: head.sequence, hash: old.hash))?.code == .headUnknown)
    // Whole days go, so that a day makes one checkpoint; events and runs as old go with the rows.
    #expect(try await world.store.events(limit: 1_000).allSatisfy { world.clock.now() - $0.receivedAt <= .days(3) })
    #expect(try await world.store.runs(limit: 1_000).allSatisfy { world.clock.now() - $0.startedAt <= .days(3) })
  }

  @Test func `a size that is passed cuts once, with room to spare, and checkpoints are sealed by the next`()
    async throws
  {
    let world = try await World(try World.settings(schedule: "cron(* * * * ? *)"))
    let tight = Retention(days: 400, ledgerMiB: 1)
    for day in 1...3 {
      try await world.live(until: World.start.after(day * 43_200))
      var cuts = 0
      while try await world.store.retain(tight, at: world.clock.now()) != nil { cuts += 1 }
      #expect(cuts <= 1, "round \(day)")
    }
    let checkpoints = try await world.store.checkpoints()
    try #require(checkpoints.count >= 2)
    #expect(try await audit(world.engine).faults == [])
    let seal = LedgerCheckpoint.seal(Array(checkpoints.dropLast())) { world.engine.ports.digests.sha256($0) }
    let row = try await world.entry(RetentionReport.causeID(try #require(checkpoints.last)))
    #expect(row.facts["checkpoints_before"]?.string == seal)
    let other = LedgerCheckpoint(
      first: 1, last: LedgerLink(sequence: 2, hash: "x"), rows: 2, at: world.clock.now())
    #expect(LedgerCheckpoint.seal([other]) { world.engine.ports.digests.sha256($0) } != seal)
  }

  @Test func `a row that still waits is never cut`() async throws {
    let world = try await World()
    let held = try await world.store.hold(
      domain: "market", table: "prices", owner: "ops", until: World.start + .days(30), at: World.start)
    try #require(held != nil)
    _ = try await world.invoke("{}")
    world.clock.advance(by: .days(10))
    #expect(try await world.entry("request-1").decision == .deferred)
    _ = try await world.store.retain(Retention(days: 2, ledgerMiB: 100), at: world.clock.now())
    #expect(try await world.entry("request-1").decision == .deferred)
  }
}
