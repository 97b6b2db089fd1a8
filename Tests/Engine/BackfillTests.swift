import Engine
import Events
import Extraction
import Ingestion
import Rules
import Schedules
import Simulation
import Telemetry
import Testing

/// Past slots that are run after their time.
@Suite struct BackfillTests {
  private let note = ChangeNote(operation: "backfill", who: "ann", why: "the source was wrong")

  private func hours(_ hours: Int) -> Timestamp { World.start.after(hours * 3_600) }

  /// An hourly rule that was made at the start of the world; now it is twelve hours later and three slots have run.
  private func world() async throws -> World {
    let world = try await World(try World.settings(schedule: "cron(0 * * * ? *)"))
    try await world.live(until: hours(3))
    _ = try await ScheduleControl(world.engine).pause(
      world.names.scheduleRule, until: nil, ChangeNote(operation: "pause", who: "ann", why: nil))
    try await world.live(until: hours(12))
    return world
  }

  @Test func `the plan counts, names what ran already, and does nothing`() async throws {
    let world = try await world()
    let plan = try await BackfillControl(world.engine).plan(
      world.names.scheduleRule, BackfillAsk(from: hours(1), to: hours(8)))
    #expect(plan.slots == (1...7).map { hours($0) })
    #expect(plan.ran.map(\.slot) == [hours(1), hours(2), hours(3)])
    #expect(plan.ran.first?.cause == Cause.slotID(rule: world.names.scheduleRule, at: hours(1)))
    #expect(plan.json["starts_count"] == 4)
    #expect(try await world.store.backfills(nil, limit: 10).isEmpty)
    #expect(try await world.store.runs(limit: 100).count == 3)
  }

  @Test func `each slot runs once with its own time, one after the other, and those that ran are duplicate`()
    async throws
  {
    let world = try await world()
    let rule = world.names.scheduleRule
    let backfill = try await BackfillControl(world.engine).start(
      rule, BackfillAsk(from: hours(1), to: hours(8)), note)
    _ = try await world.engine.settle()
    let done = try #require(try await world.store.backfill(backfill.id))
    #expect(done.state == .finished)
    #expect((done.done, done.fired, done.duplicates) == (7, 4, 3))
    let runs = try await world.store.runs(limit: 4)
    #expect(runs.map(\.request.triggerTime) == [7, 6, 5, 4].map { hours($0) })
    #expect(runs.allSatisfy { $0.request.triggerType == .backfill && $0.status == .succeeded })
    #expect(runs.first?.request.ds == hours(7).dateText)
    for (older, newer) in zip(runs.dropFirst(), runs) {
      #expect(older.endedAt.map { $0 <= newer.startedAt } == true, "one after the other")
    }
    let row = try await world.entry(Cause.recoveryID(rule: rule, at: hours(1), 1))
    #expect(row.decision == .duplicate)
    #expect(row.facts["first"]?.string == Cause.slotID(rule: rule, at: hours(1)))
    var query = LedgerQuery()
    query.rule = rule
    let words = try await world.store.entries(query).filter { $0.code == .backfillChanged }.map(\.summary)
    #expect(words.count == 2)
    #expect(words.last?.contains("started by ann: the source was wrong") == true)
    #expect(words.first?.contains("finished") == true)
    // The same again starts nothing.
    _ = try await BackfillControl(world.engine).start(rule, BackfillAsk(from: hours(1), to: hours(8)), note)
    _ = try await world.engine.settle()
    #expect(try await world.store.runs(limit: 100).count == 7)
    #expect(try await world.store.brokenLinks().isEmpty)
  }

  @Test func `a process that dies in the middle goes on where it was, and the same command finds it`() async throws {
    let world = try await world()
    let rule = world.names.scheduleRule
    let ask = BackfillAsk(from: hours(4), to: hours(9))
    let backfill = try await BackfillControl(world.engine).start(rule, ask, note)
    _ = try await world.engine.backfiller.work()
    _ = try await world.engine.deliverer.deliverDue()
    let engine = try await world.restarted()
    #expect(try await BackfillControl(engine).start(rule, ask, note).id == backfill.id)
    _ = try await engine.settle()
    #expect(try await world.store.backfill(backfill.id)?.state == .finished)
    let times = try await world.store.runs(limit: 5).map(\.request.triggerTime)
    #expect(times.sorted() == (4...8).map { hours($0) })
    #expect(try await world.store.runs(limit: 100).count == 8)
  }

  @Test func `a pace starts slots on time whether or not the run before has ended`() async throws {
    let world = try await world()
    let pace = try #require(BackfillPace("6/h"))
    _ = try await BackfillControl(world.engine).start(
      world.names.scheduleRule, BackfillAsk(from: hours(4), to: hours(7), pace: pace), note)
    _ = try await world.engine.settle()
    #expect(try await world.engine.backfiller.nextDue() == hours(12).after(600))
    try await world.live(until: hours(12).after(1_300))
    let runs = try await world.store.runs(limit: 3)
    #expect(runs.map(\.startedAt) == [hours(12).after(1_200), hours(12).after(600), hours(12)])
  }

  @Test func `it stops and goes on when it is told, and every so many-th slot is enough`() async throws {
    let world = try await world()
    let control = BackfillControl(world.engine)
    let backfill = try await control.start(
      world.names.scheduleRule, BackfillAsk(from: hours(4), to: hours(12), every: 3, limit: 2), note)
    #expect(backfill.slots == [hours(4), hours(7)])
    _ = try await world.engine.backfiller.work()
    #expect(try await control.set(backfill.id, .stopped, note).state == .stopped)
    _ = try await world.engine.settle()
    #expect(try await world.store.runs(limit: 100).count == 4)
    #expect(try await control.set(backfill.id, .running, note).done == 1)
    _ = try await world.engine.settle()
    #expect(try await world.store.runs(limit: 100).count == 5)
    await #expect(throws: ControlError.self) { try await control.set("nobody", .stopped, note) }
  }

  @Test func `what lies ahead, is empty, or is too much is refused`() async throws {
    let world = try await world()
    let rule = world.names.scheduleRule
    let control = BackfillControl(world.engine)
    for ask in [
      BackfillAsk(from: hours(1), to: hours(13)), BackfillAsk(from: hours(2), to: hours(2)),
      BackfillAsk(from: hours(1).after(60), to: hours(1).after(120)),
      BackfillAsk(from: World.start.after(-20_000 * 3_600), to: hours(1)),
      BackfillAsk(from: hours(1), to: hours(3), every: 0),
    ] {
      await #expect(throws: ControlError.self, "\(ask)") { try await control.plan(rule, ask) }
    }
    let before = try await control.plan(rule, BackfillAsk(from: hours(-48), to: hours(-24)))
    #expect(before.slots.count == 24, "slots before the rule was made are why one backfills")
  }

  @Test func `a slot that the breaker refuses stops it, and it goes on with that slot`() async throws {
    let world = try await world()
    world.source.outage = SourceError(.refused, reason: "closed")
    let backfill = try await BackfillControl(world.engine).start(
      world.names.scheduleRule, BackfillAsk(from: hours(4), to: hours(12)), note)
    try await world.live(until: hours(14))
    let stopped = try #require(try await world.store.backfill(backfill.id))
    #expect(stopped.state == .stopped)
    #expect(stopped.next == hours(9), "five runs failed, and the sixth was refused")
    #expect(stopped.remark?.isEmpty == false)
  }

  // MARK: Several slots in flight

  /// The breaker of the table is open, and a backfill at that pace has just begun.
  private func refusing(_ pace: String, through last: Int) async throws -> (World, Backfill) {
    let world = try await world()
    world.source.outage = SourceError(.refused, reason: "closed")
    for hour in 13..<18 {
      let control = ScheduleControl(world.engine)
      _ = try await control.run(world.names.scheduleRule, requestID: "run-\(hour)", note)
      _ = try await world.engine.settle()
    }
    world.source.outage = nil
    let backfill = try await BackfillControl(world.engine).start(
      world.names.scheduleRule,
      BackfillAsk(from: hours(4), to: hours(last), pace: BackfillPace(pace)), note)
    return (world, backfill)
  }

  /// So many starts, each a second after the one before, of which nobody hears.
  private func begin(_ count: Int, _ world: World) async throws {
    for _ in 0..<count {
      #expect(try await world.engine.backfiller.work() == 1)
      world.clock.advance(by: .seconds(1))
    }
  }

  /// Everything of hours 4 to 11 has run, each once.
  private func expectAll(_ world: World, _ id: String) async throws {
    let done = try #require(try await world.store.backfill(id))
    #expect(done.state == .finished)
    #expect((done.done, done.fired, done.duplicates) == (8, 8, 0))
    #expect(done.refused.isEmpty && done.inFlight.isEmpty)
    let runs = try await world.store.runs(limit: 100).filter { $0.request.triggerType == .backfill }
    #expect(runs.map(\.request.triggerTime).sorted() == (4..<12).map { hours($0) })
    #expect(runs.allSatisfy { $0.status == .succeeded })
  }

  @Test func `a paced one stops when the breaker refuses any of its slots, and none of them is lost`() async throws {
    let (world, backfill) = try await refusing("1/s", through: 12)
    try await begin(4, world)
    // A process that dies in between has them in its store.
    let engine = try await world.restarted()
    #expect(try await engine.deliverer.deliverDue() == 4)
    _ = try await engine.backfiller.work()
    let stopped = try #require(try await world.store.backfill(backfill.id))
    #expect(stopped.state == .stopped)
    #expect(stopped.refused == (4..<8).map { hours($0) })
    #expect((stopped.done, stopped.fired) == (0, 0))
    #expect(stopped.next == hours(4))
    #expect(stopped.remark?.contains("4 slots were refused") == true)
    #expect(try await engine.backfiller.work() == 0, "it is stopped")
    world.clock.advance(by: .days(1))
    _ = try await BackfillControl(engine).set(backfill.id, .running, note)
    _ = try await engine.settle()
    while let due = try await engine.backfiller.nextDue() {
      world.clock.advance(to: due)
      _ = try await engine.settle()
    }
    try await expectAll(world, backfill.id)
  }

  @Test func `a slow pace does not keep it from stopping at once`() async throws {
    let (world, backfill) = try await refusing("1/h", through: 12)
    _ = try await world.engine.settle()
    let stopped = try #require(try await world.store.backfill(backfill.id))
    #expect((stopped.state, stopped.done) == (.stopped, 0))
    #expect(stopped.next == hours(4))
  }

  @Test func `what is refused after somebody has stopped it is run again when it goes on`() async throws {
    let (world, backfill) = try await refusing("1/s", through: 12)
    try await begin(2, world)
    let control = BackfillControl(world.engine)
    #expect(try await control.set(backfill.id, .stopped, note).inFlight.count == 2)
    _ = try await world.engine.deliverer.deliverDue()
    world.clock.advance(by: .days(1))
    let resumed = try await control.set(backfill.id, .running, note)
    #expect(resumed.refused == [hours(4), hours(5)])
    #expect((resumed.state, resumed.done) == (.running, 0))
    try await world.live(until: world.clock.now().after(60))
    try await expectAll(world, backfill.id)
  }

  @Test func `whatever the pace, no more than a hundred slots wait to be decided`() async throws {
    let world = try await world()
    let backfill = try await BackfillControl(world.engine).start(
      world.names.scheduleRule,
      BackfillAsk(from: hours(-200), to: hours(0), pace: BackfillPace("1000/s")), note)
    try await begin(Backfiller.inFlightMax, world)
    #expect(try await world.engine.backfiller.work() == 0)
    #expect(try await world.store.backfill(backfill.id)?.inFlight.count == Backfiller.inFlightMax)
    #expect(try await world.engine.deliverer.deliverDue() > 0)
    #expect(try await world.engine.backfiller.work() == 1, "those that are decided make room")
  }

  @Test func `a pace is a count and a unit`() {
    #expect(BackfillPace("10/min")?.interval == .seconds(6))
    #expect(BackfillPace("2/s")?.interval == Span(milliseconds: 500))
    for text in ["", "10", "0/min", "10/day", "1001/s", "10/min/s", "-1/s"] {
      #expect(BackfillPace(text) == nil, "\(text)")
    }
  }
}
