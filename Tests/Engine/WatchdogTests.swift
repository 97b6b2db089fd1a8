import Deliveries
import Engine
import Events
import Rules
import Schedules
import Simulation
import Telemetry
import Testing

@Suite struct WatchdogTests {
  private func slot(_ world: World, _ moment: Timestamp = World.start) -> String {
    Cause.slotID(rule: world.names.scheduleRule, at: moment)
  }

  @Test func `a slot that a stopped scheduler never decided is missed, and stays missed`() async throws {
    let world = try await World(at: World.start.after(-600))
    world.clock.advance(to: World.start.after(120))
    #expect(try await world.engine.watchdog.look().missed.isEmpty, "its grace is not over")
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
    world.clock.advance(to: World.start)
    _ = try await world.engine.settle()
    world.clock.advance(to: World.start.after(3_600))
    #expect(try await world.engine.watchdog.look() == .init(missed: [], undecided: [:]))
  }

  @Test func `after a start the misfire policy decides first`() async throws {
    let world = try await World(at: World.start.after(-600))
    world.clock.advance(to: World.start.after(1_800))
    let engine = try await world.restarted()
    #expect(try await engine.watchdog.look().missed.isEmpty)
    world.clock.advance(to: World.start.after(1_800 + 121))
    #expect(try await engine.watchdog.look().missed.count == 1)
  }

  @Test func `a fire whose delivery is stuck is told of, and not declared missed`() async throws {
    let world = try await World(at: World.start.after(-600))
    world.clock.advance(to: World.start)
    #expect(try await world.engine.scheduler.tick() == 1)
    world.clock.advance(to: World.start.after(200))
    let finding = try await world.engine.watchdog.look()
    #expect(finding == .init(missed: [], undecided: [world.names.scheduleRule: [World.start]]))
    _ = try await world.engine.settle()
    #expect(try await world.engine.watchdog.look().undecided.isEmpty)
  }

  @Test func `the slots of a disabled rule are not expected`() async throws {
    let world = try await World(at: World.start.after(-600))
    _ = try await ScheduleControl(world.engine).set(world.names.scheduleRule, .disabled, .testing)
    world.clock.advance(to: World.start.after(600))
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
    world.clock.advance(to: World.start.after(120))
    #expect(try await world.engine.watchdog.look().missed.isEmpty, "its grace is not over")
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
    world.clock.advance(to: World.start.after(60))
    try await world.store.decide([], through: World.start.after(600), plans: [])
    world.clock.advance(to: World.start.after(121))
    #expect(
      try await world.engine.watchdog.look().missed.map(\.causeID).contains("default/s0@\(World.start)"))
  }

  @Test func `a loop that works leaves nothing to the watchdog, and decided slots that stay open are told`()
    async throws
  {
    let world = try await world()
    world.clock.advance(to: World.start)
    _ = try await world.engine.scheduler.tick()
    world.clock.advance(to: World.start.after(200))
    let stuck = try await world.engine.watchdog.look()
    #expect(stuck.missed.isEmpty && stuck.undecided["default/s0"] == [World.start])
    _ = try await world.engine.settle()
    world.clock.advance(to: World.start.after(3_000))
    #expect(try await world.engine.watchdog.look() == .init(missed: [], undecided: [:]))
  }
}
