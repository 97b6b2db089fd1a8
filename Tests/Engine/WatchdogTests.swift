import Deliveries
import Engine
import Events
import Rules
import Schedules
import Simulation
import Telemetry
import Testing

extension World {
  /// Lets time pass with a look each minute, as the monitor has; the causes of what was declared missed.
  func watched(until end: Timestamp, _ engine: Runtime? = nil) async throws -> [String] {
    var missed: [String] = []
    while clock.now() < end {
      clock.advance(to: min(end, clock.now() + .minutes(1)))
      missed += try await (engine ?? self.engine).watchdog.look().missed.map(\.causeID)
    }
    return missed
  }
}

@Suite struct WatchdogTests {
  private func slot(_ world: World, _ moment: Timestamp = World.start) -> String {
    Cause.slotID(rule: world.names.scheduleRule, at: moment)
  }

  @Test func `a slot that a stopped scheduler never decided is missed, and stays missed`() async throws {
    let world = try await World(at: World.start.after(-600))
    #expect(try await world.watched(until: World.start.after(120)).isEmpty, "its grace is not over")
    world.clock.advance(to: World.start.after(121))
    let finding = try await world.engine.watchdog.look()
    #expect(finding.missed.map(\.causeID) == [slot(world)])
    let entry = try await world.entry(slot(world))
    #expect(entry.decision == .missed)
    #expect(entry.code == .slotMissed)
    #expect(entry.about.slot == World.start)
    #expect(try await world.engine.watchdog.look().missed.isEmpty)
    // The scheduler comes back: what was declared missed does not fire behind anybody's back.
    _ = try await world.engine.scheduler.tick()
    _ = try await world.engine.settle()
    #expect(try await world.store.runs(limit: 10).isEmpty)
    #expect(try await world.entry(slot(world)).decision == .missed)
  }

  @Test func `a scheduler that works leaves nothing to the watchdog`() async throws {
    let world = try await World(at: World.start.after(-600))
    #expect(try await world.watched(until: World.start).isEmpty)
    _ = try await world.engine.settle()
    #expect(try await world.watched(until: World.start.after(3_600)).isEmpty)
    #expect(try await world.engine.watchdog.look() == .init(missed: [], undecided: [:]))
  }

  @Test func `after a start the misfire policy decides first`() async throws {
    let world = try await World(at: World.start.after(-600))
    world.clock.advance(to: World.start.after(1_800))
    let engine = try await world.restarted()
    #expect(try await world.watched(until: World.start.after(1_800 + 120), engine).isEmpty)
    #expect(try await world.watched(until: World.start.after(1_800 + 121), engine) == [slot(world)])
  }

  @Test func `what a clock jumped over is the misfire policy's, though the watchdog looks first`() async throws {
    let world = try await World(at: World.start.after(-600))
    #expect(try await world.watched(until: World.start.after(-60)).isEmpty)
    _ = try await world.engine.settle()
    world.clock.set(to: World.start.after(1_800))
    for _ in 0..<3 { #expect(try await world.engine.watchdog.look() == .init(missed: [], undecided: [:])) }
    _ = try await world.engine.settle()
    #expect(try await world.watched(until: World.start.after(7_200)).isEmpty)
    let row = try await world.entry(slot(world))
    #expect(row.decision == .dispatched)
    let plans = try await world.store.entries(LedgerQuery()).filter { $0.code == .misfirePlanned }
    #expect(plans.count == 1)
  }

  @Test func `a jump right after a start takes no grace away either`() async throws {
    let world = try await World(at: World.start.after(-600))
    world.clock.set(to: World.start.after(600))
    for _ in 0..<3 { #expect(try await world.engine.watchdog.look().missed.isEmpty) }
    _ = try await world.engine.settle()
    #expect(try await world.entry(slot(world)).decision == .dispatched)
  }

  @Test func `a loop that stands still is found after a jump, once its grace has gone by`() async throws {
    let world = try await World(at: World.start.after(-600))
    #expect(try await world.watched(until: World.start.after(-60)).isEmpty)
    world.clock.set(to: World.start.after(1_800))
    #expect(try await world.engine.watchdog.look().missed.isEmpty)
    #expect(try await world.watched(until: World.start.after(1_800 + 119)).isEmpty, "its grace is not over")
    #expect(try await world.watched(until: World.start.after(1_800 + 121)) == [slot(world)])
    #expect(try await world.entry(slot(world)).decision == .missed)
  }

  @Test func `a clock that is set back hides nothing of a loop that stands still, and invents nothing`() async throws {
    let world = try await World(at: World.start.after(-600))
    #expect(try await world.watched(until: World.start.after(60)).isEmpty)
    world.clock.set(to: World.start.after(-300))
    #expect(try await world.watched(until: World.start.after(120)).isEmpty, "the slot lay ahead again")
    #expect(try await world.watched(until: World.start.after(121)) == [slot(world)])
  }

  @Test func `a fire whose delivery is stuck is told of, and not declared missed`() async throws {
    let world = try await World(at: World.start.after(-600))
    #expect(try await world.watched(until: World.start).isEmpty)
    #expect(try await world.engine.scheduler.tick() == 1)
    #expect(try await world.watched(until: World.start.after(200)).isEmpty)
    let finding = try await world.engine.watchdog.look()
    #expect(finding == .init(missed: [], undecided: [world.names.scheduleRule: [World.start]]))
    _ = try await world.engine.settle()
    #expect(try await world.engine.watchdog.look().undecided.isEmpty)
  }

  @Test func `the slots of a disabled rule are not expected`() async throws {
    let world = try await World(at: World.start.after(-600))
    _ = try await ScheduleControl(world.engine).set(world.names.scheduleRule, .disabled, .testing)
    #expect(try await world.watched(until: World.start.after(600)).isEmpty)
    #expect(try await world.engine.watchdog.look() == .init(missed: [], undecided: [:]))
  }
}

/// The same of schedules, whose loop is stopped by nobody turning it.
@Suite struct ScheduleWatchdogTests {
  private func world(_ count: Int = 1) async throws -> World {
    let world = try await World(at: World.start.after(-600))
    let now = world.clock.now()
    let schedules = try (0..<count).map { number in
      Schedule(
        name: ScheduleName("s\(number)"), expression: try ScheduleExpression("cron(0 * * * ? *)", dialect: .scheduler),
        target: Target(
          id: "t", arn: world.settings.names.queue(world.names.transformQueue), input: .scheduled("{}"),
          deadLetter: nil), createdAt: now, modifiedAt: now, since: now)
    }
    try await world.engine.schedules.create(schedules, ChangeNote(operation: "test", who: "test", why: nil))
    return world
  }

  @Test func `slots of a loop that stands still are missed, each of them, and do not fire later`() async throws {
    let world = try await world(Watchdog.sampleMax + 500)
    #expect(try await world.watched(until: World.start.after(120)).isEmpty, "its grace is not over")
    world.clock.advance(to: World.start.after(121))
    let missed = try await world.engine.watchdog.look().missed
    let more = try await world.engine.watchdog.look().missed
    let names = Set((missed + more).compactMap(\.about.rule)).filter { $0.hasPrefix("default/") }
    #expect(names.count == Watchdog.sampleMax + 500)
    _ = try await world.engine.scheduler.tick()
    _ = try await world.engine.settle()
    #expect(try await world.entry("default/s7@\(World.start)").decision == .missed)
    #expect(try await world.engine.watchdog.look().missed.isEmpty)
  }

  @Test func `a slot that the loop forgot is found though it says that all is decided`() async throws {
    let world = try await world()
    #expect(try await world.watched(until: World.start.after(60)).isEmpty)
    try await world.store.decide([], through: World.start.after(600), plans: [])
    #expect(try await world.watched(until: World.start.after(121)).contains("default/s0@\(World.start)"))
  }

  @Test func `a loop that works leaves nothing to the watchdog, and decided slots that stay open are told`()
    async throws
  {
    let world = try await world()
    #expect(try await world.watched(until: World.start).isEmpty)
    _ = try await world.engine.scheduler.tick()
    #expect(try await world.watched(until: World.start.after(200)).isEmpty)
    let stuck = try await world.engine.watchdog.look()
    #expect(stuck.missed.isEmpty && stuck.undecided["default/s0"] == [World.start])
    _ = try await world.engine.settle()
    #expect(try await world.watched(until: World.start.after(3_000)).isEmpty)
    #expect(try await world.engine.watchdog.look() == .init(missed: [], undecided: [:]))
  }

  @Test func `schedules over which a clock jumped are recovered or skipped, and none of their slots is missed`()
    async throws
  {
    let world = try await world()
    #expect(try await world.watched(until: World.start.after(-60)).isEmpty)
    _ = try await world.engine.settle()
    world.clock.set(to: World.start.after(2 * 3_600 + 1_800))
    for _ in 0..<3 { #expect(try await world.engine.watchdog.look() == .init(missed: [], undecided: [:])) }
    _ = try await world.engine.settle()
    let outcomes = try await world.store.decisions(after: World.start.after(-60)).map(\.outcome)
    #expect(outcomes == [.skipped, .skipped, .recovers], "the latest, as the standard policy has it")
    #expect(try await world.watched(until: World.start.after(3 * 3_600)).isEmpty)
  }

  @Test func `a jump is no reason to tell of decided slots as if they stayed open`() async throws {
    let world = try await world()
    #expect(try await world.watched(until: World.start).isEmpty)
    _ = try await world.engine.scheduler.tick()
    world.clock.set(to: World.start.after(1_800))
    #expect(try await world.engine.watchdog.look() == .init(missed: [], undecided: [:]))
    #expect(try await world.watched(until: World.start.after(1_800 + 121)).isEmpty)
    #expect(try await world.engine.watchdog.look().undecided["default/s0"] == [World.start])
  }

  @Test func `schedules whose loop stands still are found after a jump, once their grace has gone by`() async throws {
    let world = try await world()
    #expect(try await world.watched(until: World.start.after(-60)).isEmpty)
    _ = try await world.engine.settle()
    world.clock.set(to: World.start.after(1_800))
    #expect(try await world.engine.watchdog.look().missed.isEmpty)
    #expect(try await world.watched(until: World.start.after(1_800 + 119)).isEmpty, "its grace is not over")
    #expect(try await world.watched(until: World.start.after(1_800 + 121)).contains("default/s0@\(World.start)"))
  }

  @Test func `a slot that the loop forgot is found also where the clock was set back before the start`() async throws {
    let world = try await World(at: World.start.after(7_200))
    world.clock.set(to: World.start.after(-600))
    let now = world.clock.now()
    let schedule = Schedule(
      name: ScheduleName("s0"), expression: try ScheduleExpression("cron(0 * * * ? *)", dialect: .scheduler),
      target: Target(
        id: "t", arn: world.settings.names.queue(world.names.transformQueue), input: .scheduled("{}"), deadLetter: nil),
      createdAt: now, modifiedAt: now, since: now)
    _ = try await world.engine.watchdog.look()
    try await world.engine.schedules.create([schedule], ChangeNote(operation: "test", who: "test", why: nil))
    for _ in 0..<2 { try await world.store.decide([], through: World.start.after(600), plans: []) }
    #expect(try await world.watched(until: World.start.after(121)).contains("default/s0@\(World.start)"))
  }
}
