import Engine
import Events
import Ingestion
import Rules
import Schedules
import Simulation
import Telemetry
import Testing

/// Slots that come while the run of an earlier one goes on.
@Suite struct OverlapTests {
  /// A rule whose slots come each minute; nobody works on chunks until it is said.
  private static func world(_ policy: OverlapPolicy) async throws -> World {
    let world = try await World(try World.settings(schedule: "rate(1 minute)"))
    _ = try await world.engine.book.change(world.names.scheduleRule, .testing) { old in
      var rule = try #require(old)
      rule.overlap = policy
      return rule
    }
    return world
  }

  private func slot(_ world: World, _ minute: Int) -> String {
    Cause.slotID(rule: world.names.scheduleRule, at: World.start.after(60 * minute))
  }

  /// Everything but the workers.
  private func pass(_ engine: Runtime) async throws {
    while try await engine.scheduler.tick() + engine.expander.work() + engine.deliverer.deliverDue()
      + engine.releaser.releaseDue() > 0
    {}
  }

  private func come(_ world: World, minute: Int, _ engine: Runtime? = nil) async throws {
    world.clock.advance(to: World.start.after(60 * minute))
    try await pass(engine ?? world.engine)
  }

  private func code(_ world: World, _ minute: Int) async throws -> ReasonCode? {
    try await world.store.entry(of: slot(world, minute))?.code
  }

  @Test func `skip: a slot does not run while the run before it goes on, and its row names that run`() async throws {
    let world = try await OverlapTests.world(.skip)
    try await come(world, minute: 1)
    try await come(world, minute: 2)
    let run = try #require(try await world.store.runs(limit: 1).first)
    let row = try await world.entry(slot(world, 2))
    #expect(row.decision == .skipped)
    #expect(row.code == .overlapSkipped)
    #expect(row.facts["blocking_run"]?.string == run.id)
    #expect(row.facts["blocking_cause"]?.string == slot(world, 1))
    #expect(row.summary.contains(run.id))
    try await world.work()
    try await come(world, minute: 3)
    #expect(try await code(world, 3) == .dispatched)
    #expect(try await world.store.runs(limit: 10).count == 2)
  }

  @Test func `buffer one: one slot waits and runs after the run has ended, also across a restart`() async throws {
    let world = try await OverlapTests.world(.bufferOne)
    try await come(world, minute: 1)
    try await come(world, minute: 2)
    try await come(world, minute: 3)
    let run = try #require(try await world.store.runs(limit: 1).first)
    let waiting = try await world.entry(slot(world, 2))
    #expect(waiting.decision == .deferred)
    #expect(waiting.code == .overlapBuffered)
    #expect(waiting.facts["blocking_run"]?.string == run.id)
    #expect(try await code(world, 3) == .overlapSkipped)
    let engine = try await world.restarted()
    try await pass(engine)
    #expect(try await code(world, 2) == .overlapBuffered, "the run goes on, whoever watches it")
    while try await engine.worker.workOnce() {}
    try await pass(engine)
    let row = try await world.entry(slot(world, 2))
    #expect(row.code == .dispatched)
    let second = try #require(try await world.store.runs(limit: 1).first)
    #expect(second.causeID == slot(world, 2))
    #expect(second.request.triggerTime == World.start.after(120))
    #expect(try await world.store.waitingHeads().isEmpty)
    #expect(try await world.store.brokenLinks().isEmpty)
  }

  @Test func `buffer all: slots run one after the other in their order, and none beside another`() async throws {
    let world = try await OverlapTests.world(.bufferAll)
    for minute in 1...4 { try await come(world, minute: minute) }
    #expect(
      try await world.store.waitingSlots(of: world.names.scheduleRule, limit: 10)
        == (2...4).map {
          World.start.after(60 * $0)
        })
    for minute in 1...4 {
      let runs = try await world.store.runs(limit: 10)
      #expect(runs.count == minute)
      #expect(runs.first?.causeID == slot(world, minute))
      #expect(runs.filter { $0.endedAt == nil }.count == 1)
      try await world.work()
      try await pass(world.engine)
    }
    #expect(try await world.store.waitingHeads().isEmpty)
  }

  @Test func `allow all: every slot runs, beside the others if need be`() async throws {
    let world = try await OverlapTests.world(.allowAll)
    try await come(world, minute: 1)
    try await come(world, minute: 2)
    #expect(try await code(world, 1) == .dispatched)
    #expect(try await code(world, 2) == .dispatched)
    #expect(try await world.store.runs(limit: 10).filter { $0.endedAt == nil }.count == 2)
    #expect(try await world.store.waitingHeads().isEmpty)
  }

  @Test func `slots of a paused schedule that wait go on waiting until it is resumed`() async throws {
    let world = try await OverlapTests.world(.bufferAll)
    try await come(world, minute: 1)
    try await come(world, minute: 2)
    let control = ScheduleControl(world.engine)
    _ = try await control.set(world.names.scheduleRule, .disabled, .testing)
    try await world.work()
    try await pass(world.engine)
    #expect(try await code(world, 2) == .overlapBuffered)
    _ = try await control.set(world.names.scheduleRule, .enabled, .testing)
    try await pass(world.engine)
    #expect(try await code(world, 2) == .dispatched)
  }

  @Test func `a slot that waited for a rule that was removed says so`() async throws {
    let world = try await OverlapTests.world(.bufferAll)
    try await come(world, minute: 1)
    try await come(world, minute: 2)
    #expect(try await world.engine.book.remove(world.names.scheduleRule, .testing))
    try await pass(world.engine)
    #expect(try await code(world, 2) == .scheduleRemoved)
  }

  @Test func `the run that a schedule started holds its next slot back, and is named`() async throws {
    let world = try await World(World.settings(schedule: "cron(0 3 * * ? *)"))
    let now = world.clock.now()
    let schedule = Schedule(
      name: ScheduleName("each-minute"), expression: try ScheduleExpression("cron(* * * * ? *)", dialect: .scheduler),
      target: Target(
        id: "t", arn: world.settings.names.function(world.names.orchestrator), input: .scheduled("{}"), deadLetter: nil),
      createdAt: now, modifiedAt: now, since: now, overlap: .bufferOne)
    try await world.engine.schedules.create([schedule], .testing)
    let first = Cause.slotID(rule: "default/each-minute", at: World.start)
    let second = Cause.slotID(rule: "default/each-minute", at: World.start.after(60))
    try await come(world, minute: 0)
    let run = try #require(try await world.store.runs(limit: 10).first { $0.causeID == first })
    try await come(world, minute: 1)
    let row = try await world.entry(second)
    #expect(row.code == .overlapBuffered && row.decision == .deferred)
    #expect(row.facts["blocking_run"]?.string == run.id && row.facts["blocking_cause"]?.string == first)
    try await world.work()
    try await pass(world.engine)
    #expect(try await world.entry(second).code == .dispatched)
  }

  @Test func `a queue is through with a slot when it has taken the message`() async throws {
    let world = try await OverlapTests.world(.bufferOne)
    let queue = try await queue(world)
    _ = try await world.engine.book.change(world.names.scheduleRule, .testing) { old in
      var rule = try #require(old)
      rule.targets = [queue]
      return rule
    }
    world.clock.advance(to: World.start.after(60))
    _ = try await world.engine.scheduler.tick()
    world.clock.advance(to: World.start.after(120))
    _ = try await world.engine.scheduler.tick()
    let row = try await world.entry(slot(world, 2))
    #expect(row.code == .overlapBuffered)
    #expect(row.facts["blocking_cause"]?.string == slot(world, 1))
    #expect(row.facts["blocking_run"] == nil)
    try await pass(world.engine)
    #expect(try await code(world, 1) == .delivered)
    #expect(try await code(world, 2) == .delivered)
    #expect(try await world.visible("notes") == 2)
  }

  private func queue(_ world: World) async throws -> Target {
    _ = try await world.store.create(QueueDefinition(name: "notes"), at: world.clock.now())
    return Target(
      id: "queue",
      arn: ResourceName(service: "sqs", region: "us-east-1", account: "123456789012", resource: "notes"),
      input: .whole, deadLetter: nil)
  }

  // MARK: Schedules

  private func schedule(
    _ world: World, _ overlap: OverlapPolicy, _ expression: String = "rate(1 minute)",
    _ edit: (inout Schedule) -> Void = { _ in }
  ) async throws -> ScheduleName {
    let now = world.clock.now()
    var schedule = Schedule(
      name: ScheduleName("minutely"), expression: try ScheduleExpression(expression, dialect: .scheduler),
      target: try await queue(world), createdAt: now, modifiedAt: now, since: now, overlap: overlap)
    edit(&schedule)
    try await world.engine.schedules.create([schedule], .testing)
    return schedule.name
  }

  private func decided(_ world: World, _ minute: Int) async throws {
    world.clock.advance(to: World.start.after(60 * minute))
    _ = try await world.engine.scheduler.tick()
    while try await world.engine.expander.work() > 0 {}
  }

  @Test(arguments: OverlapPolicy.allCases)
  func `a schedule's slots keep its policy as a rule's do`(_ policy: OverlapPolicy) async throws {
    let world = try await World(try World.settings(schedule: "cron(0 0 1 1 ? 2100)"))
    let name = try await schedule(world, policy)
    // Nothing is delivered, so what came first goes on.
    for minute in 0...3 { try await decided(world, minute) }
    let standing = try await world.store.overlap(of: name.description)
    #expect(standing.blocker?.causeID == "\(name)@\(World.start)")
    let waiting = try await world.store.waitingSlots(of: name.description, limit: 10)
    let due = try await world.store.due(at: World.start.after(600), limit: 10).count
    switch policy {
    case .skip: #expect((due, waiting.count) == (1, 0))
    case .bufferOne: #expect((due, waiting) == (1, [World.start.after(60)]))
    case .bufferAll: #expect((due, waiting.count) == (1, 3))
    case .allowAll: #expect((due, waiting.count) == (4, 0))
    }
    let second = try await world.store.entry(of: "\(name)@\(World.start.after(60))")
    switch policy {
    case .skip: #expect(second?.code == .overlapSkipped)
    case .bufferOne, .bufferAll: #expect(second?.code == .overlapBuffered)
    case .allowAll: #expect(second == nil)
    }
    try await pass(world.engine)
    #expect(try await world.store.waitingHeads().isEmpty)
    #expect(try await world.store.overlap(of: name.description).blocker == nil)
    #expect(try await world.store.entry(of: "\(name)@\(World.start.after(60))")?.decision.isTerminal == true)
  }

  @Test func `a schedule that ends with its last slot stays until that one has run`() async throws {
    let world = try await World(try World.settings(schedule: "cron(0 0 1 1 ? 2100)"))
    let name = try await schedule(world, .bufferAll) {
      $0.end = World.start.after(90)
      $0.completion = .delete
    }
    try await decided(world, 0)
    try await decided(world, 1)
    #expect(try await world.store.schedule(name) != nil, "its last slot waits")
    try await pass(world.engine)
    #expect(try await world.store.schedule(name) == nil)
    #expect(try await world.store.entry(of: "\(name)@\(World.start.after(60))")?.code != .scheduleRemoved)
  }

  @Test func `a schedule that is changed tells no plan of slots that were decided long ago`() async throws {
    let world = try await World(try World.settings(schedule: "cron(0 0 1 1 ? 2100)"))
    let name = try await schedule(world, .allowAll)
    for minute in 0...5 { try await decided(world, minute) }
    let before = try await world.store.entries(LedgerQuery()).filter { $0.code == .misfirePlanned }.count
    _ = try await world.engine.schedules.change(name, .testing) { old in
      var schedule = try #require(old)
      schedule.description = "another"
      return schedule
    }
    try await decided(world, 6)
    #expect(try await world.store.entries(LedgerQuery()).filter { $0.code == .misfirePlanned }.count == before)
    #expect(try await world.store.due(at: World.start.after(600), limit: 20).count == 7)
  }
}
