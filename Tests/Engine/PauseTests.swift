import Engine
import Events
import Ingestion
import Rules
import Schedules
import Simulation
import Telemetry
import Testing

/// Rules and schedules that rest, and what becomes of the slots they rested through.
@Suite struct PauseTests {
  private let note = ChangeNote(operation: "pause", who: "ann", why: "maintenance")
  private let back = ChangeNote(operation: "resume", who: "bob", why: "done")

  private static func world(_ misfire: MisfirePolicy = .standard) async throws -> World {
    try await World(try World.settings(schedule: "rate(10 minutes)", misfire: misfire))
  }

  private static func schedule(_ world: World, _ misfire: MisfirePolicy = .standard) async throws -> ScheduleName {
    _ = try await world.store.create(QueueDefinition(name: "notes"), at: world.clock.now())
    let now = world.clock.now()
    let schedule = Schedule(
      name: ScheduleName("often"), expression: try ScheduleExpression("rate(10 minutes)", dialect: .scheduler),
      start: World.start.after(600),
      target: Target(
        id: "queue",
        arn: ResourceName(service: "sqs", region: "us-east-1", account: "123456789012", resource: "notes"),
        input: .whole, deadLetter: nil), createdAt: now, modifiedAt: now, since: now, misfire: misfire)
    try await world.engine.schedules.create([schedule], .testing)
    return schedule.name
  }

  private func plans(_ world: World, of owner: String) async throws -> [LedgerEntry] {
    var query = LedgerQuery()
    query.rule = owner
    return try await world.store.entries(query).filter { $0.code == .misfirePlanned }
  }

  @Test func `a pause says who, why and until when in the ledger, and its slots name it`() async throws {
    let world = try await PauseTests.world()
    let name = world.names.scheduleRule
    let until = World.start.after(3_600)
    let owner = try await ScheduleControl(world.engine).pause(name, until: until, note)
    #expect(owner.pause == Pause(who: "ann", why: "maintenance", since: World.start, until: until))
    guard case .rule(let rule) = owner else { return #expect(Bool(false)) }
    let row = try await world.entry("\(name)#\(rule.version)")
    #expect(row.summary.contains("by ann since 2025-09-09T22:00:00Z until 2025-09-09T23:00:00Z: maintenance"))
    try await world.live(until: World.start.after(700))
    let slot = try await world.entry(Cause.slotID(rule: name, at: World.start.after(600)))
    #expect(slot.decision == .disabled)
    #expect(slot.summary.contains("ann"))
    #expect(slot.facts["pause"]?["why"] == "maintenance")
  }

  @Test func `whatever disables a rule, the pause has who and why, and enabling ends it`() async throws {
    let world = try await PauseTests.world()
    let name = world.names.scheduleRule
    let wire = ChangeNote(operation: "DisableRule", who: "arn:aws:iam::123456789012:user/ann", why: nil)
    let off = try await world.engine.book.change(name, wire) { old in
      var rule = try #require(old)
      rule.state = .disabled
      return rule
    }
    #expect(off.pause == Pause(who: wire.who, why: nil, since: World.start, until: nil))
    let read = try #require(try await world.store.rules().first { $0.name == name })
    #expect(read.pause == off.pause)
    let on = try await ScheduleControl(world.engine).resume(name, back)
    #expect(on.owner.pause == nil)
    #expect(on.plan == nil, "no slot passed")
  }

  @Test func `a pause ends by itself at its moment, and the slot of that moment fires`() async throws {
    let world = try await PauseTests.world(MisfirePolicy(kind: .skip))
    let name = world.names.scheduleRule
    _ = try await ScheduleControl(world.engine).pause(name, until: World.start.after(1_200), note)
    #expect(try await world.engine.nextDue() == World.start.after(600))
    try await world.live(until: World.start.after(1_300))
    let rule = try #require(world.engine.book.bus.rule(name))
    #expect(rule.isEnabled)
    let row = try await world.entry("\(name)#\(rule.version)")
    #expect(row.summary.hasPrefix("EndOfPause by bellcrank"))
    #expect(row.facts["why"]?.string?.contains("has reached its end") == true)
    #expect(try await world.entry(Cause.slotID(rule: name, at: World.start.after(600))).code == .ruleDisabled)
    #expect(try await world.entry(Cause.slotID(rule: name, at: World.start.after(1_200))).code == .dispatched)
  }

  @Test func `a schedule's pause ends by itself, also if the engine was down at its moment`() async throws {
    let world = try await PauseTests.world()
    let name = try await PauseTests.schedule(world)
    _ = try await ScheduleControl(world.engine).pause(name.description, until: World.start.after(900), note)
    try await world.live(until: World.start.after(700))
    world.clock.advance(to: World.start.after(1_000))
    let engine = try await world.restarted()
    #expect(try await engine.nextDue() == World.start.after(900))
    _ = try await engine.settle()
    #expect(try await world.store.schedule(name)?.isEnabled == true)
    #expect(try await world.store.nextPauseEnd() == nil)
  }

  @Test(arguments: [
    (MisfirePolicy(kind: .skip), []), (MisfirePolicy(kind: .latest), [50]),
    (MisfirePolicy(kind: .all), [10, 20, 30, 40, 50]), (MisfirePolicy(kind: .all, countMax: 2), [40, 50]),
    (MisfirePolicy(kind: .all, window: .minutes(25)), [30, 40, 50]),
  ])
  func `resuming plans the slots of the rest by the misfire policy, and the plan stands before the first of them`(
    _ policy: MisfirePolicy, _ minutes: [Int]
  ) async throws {
    let world = try await PauseTests.world(policy)
    let rule = world.names.scheduleRule
    let schedule = try await PauseTests.schedule(world, policy).description
    let control = ScheduleControl(world.engine)
    for name in [rule, schedule] { _ = try await control.pause(name, until: nil, note) }
    try await world.live(until: World.start.after(55 * 60))
    for name in [rule, schedule] {
      let shown = try #require(try await control.planOfResuming(name))
      #expect(try await plans(world, of: name).isEmpty, "to look changes nothing")
      let plan = try #require(try await control.resume(name, back).plan)
      #expect(plan == shown)
      #expect(plan.occasion == .resume)
      #expect(plan.slots.map(\.slot) == [10, 20, 30, 40, 50].map { World.start.after($0 * 60) })
      #expect(plan.firing == minutes.map { World.start.after($0 * 60) })
      #expect(try await plans(world, of: name).count == 1)
      _ = try await world.engine.settle()
      for minute in [10, 20, 30, 40, 50] {
        let id = Cause.recoveryID(rule: name, at: World.start.after(minute * 60), 1)
        let row = try await world.store.entry(of: id)
        #expect((row != nil) == minutes.contains(minute), "\(id)")
        if let row { #expect(row.about.triggerType == "backfill") }
      }
    }
    let rows = try await world.store.linked(after: 0, limit: 1_000)
    let planned = try #require(rows.first { $0.entry.code == .misfirePlanned && $0.entry.about.rule == rule })
    let first = rows.first { $0.entry.causeID.hasSuffix("/recovery-1") && $0.entry.about.rule == rule }
    if let first { #expect(planned.link.sequence < first.link.sequence) }
    #expect(try await world.store.brokenLinks().isEmpty)
  }

  @Test func `recovered slots have their own date, share the slot's key, and go on after a crash`() async throws {
    let world = try await PauseTests.world(MisfirePolicy(kind: .all))
    let name = world.names.scheduleRule
    let control = ScheduleControl(world.engine)
    _ = try await control.pause(name, until: nil, note)
    try await world.live(until: World.start.after(35 * 60))
    _ = try await control.resume(name, back)
    // The process dies before anything of it ran.
    let engine = try await world.restarted()
    _ = try await engine.settle()
    let runs = try await world.store.runs(limit: 10)
    #expect(runs.map(\.request.triggerTime).sorted() == [10, 20, 30].map { World.start.after($0 * 60) })
    #expect(
      Set(runs.map(\.request.correlationID))
        == Set(
          [10, 20, 30].map {
            Cause.slotID(rule: name, at: World.start.after($0 * 60))
          }))
    let backfill = try #require(try await world.store.backfills(nil, limit: 1).first)
    #expect(backfill.occasion == .resume)
    #expect(backfill.state == .finished)
    // To rest and resume again runs none of them again.
    _ = try await ScheduleControl(engine).pause(name, until: nil, note)
    #expect(try await ScheduleControl(engine).resume(name, back).plan == nil)
  }

  @Test func `latest after a rest is the slot that has just come, if nobody has decided it yet`() async throws {
    let world = try await PauseTests.world()
    let name = world.names.scheduleRule
    let control = ScheduleControl(world.engine)
    _ = try await control.pause(name, until: nil, note)
    try await world.live(until: World.start.after(25 * 60))
    world.clock.advance(to: World.start.after(30 * 60))
    let plan = try #require(try await control.resume(name, back).plan)
    #expect(plan.firing.isEmpty)
    _ = try await world.engine.settle()
    #expect(try await world.entry(Cause.slotID(rule: name, at: World.start.after(1_800))).code == .dispatched)
    #expect(try await world.store.runs(limit: 10).count == 1)
  }

  @Test func `a pause that ends before now or says too much is refused, and one that goes on keeps its beginning`()
    async throws
  {
    let world = try await PauseTests.world()
    let control = ScheduleControl(world.engine)
    let name = world.names.scheduleRule
    await #expect(throws: ControlError.self) { try await control.pause(name, until: World.start, note) }
    await #expect(throws: ControlError.self) {
      try await control.pause(
        name, until: nil, ChangeNote(operation: "p", who: "a", why: String(repeating: "x", count: 1_001)))
    }
    await #expect(throws: ControlError.self) { try await control.pause("default/none", until: nil, note) }
    _ = try await control.pause(name, until: nil, note)
    world.clock.advance(by: .minutes(1))
    let longer = try await control.pause(name, until: World.start.after(7_200), note)
    #expect(longer.pause?.since == World.start)
    #expect(longer.pause?.until == World.start.after(7_200))
  }

  @Test func `policies are set, what is not named stays, and a rule has no clock changes`() async throws {
    let world = try await PauseTests.world()
    let control = ScheduleControl(world.engine)
    var change = PolicyChange()
    change.overlap = .bufferOne
    change.window = .days(1)
    let rule = try await control.set(world.names.scheduleRule, change, note)
    #expect(rule.overlap == .bufferOne)
    #expect(rule.misfire == MisfirePolicy(kind: .latest, window: .days(1)))
    change.fold = .second
    await #expect(throws: ControlError.self) { try await control.set(world.names.scheduleRule, change, note) }
    let name = try await PauseTests.schedule(world)
    _ = try await control.set(name.description, change, note)
    let schedule = try #require(try await world.store.schedule(name))
    #expect(schedule.changes == ClockChangeRule(gap: .skip, fold: .second))
    #expect(schedule.overlap == .bufferOne)
    await #expect(throws: ControlError.self) { try await control.set(name.description, PolicyChange(), note) }
  }
}
