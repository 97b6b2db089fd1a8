import Deliveries
import Engine
import Events
import Foundation
import Ingestion
import Rules
import Schedules
import Simulation
import SystemPorts
import Telemetry
import Testing

/// The slots of EventBridge Scheduler's schedules, on a clock that is told what to show.
@Suite struct ScheduleSlotTests {
  private static let name = ScheduleName(group: ScheduleName.defaultGroup, "s")

  private static func make(
    _ world: World, _ expression: String, named name: ScheduleName = name, in engine: Runtime? = nil,
    _ edit: @escaping @Sendable (inout Schedule) -> Void = { _ in }
  ) async throws {
    let now = world.clock.now()
    let expression = try ScheduleExpression(expression, dialect: .scheduler)
    let queue = world.settings.names.queue(world.names.workQueue)
    _ = try await (engine ?? world.engine).schedules.change(name, .testing) { old in
      var schedule =
        old
        ?? Schedule(
          name: name, expression: expression,
          target: Target(id: "t", arn: queue, input: .constant("{}"), deadLetter: nil), createdAt: now,
          modifiedAt: now, since: now, misfire: MisfirePolicy(kind: .all, window: .days(30)))
      schedule.expression = expression
      edit(&schedule)
      return schedule
    }
  }

  /// Looks, and what became of the slots of that schedule that were decided just now.
  private static func slots(_ world: World, _ engine: Runtime? = nil) async throws -> [String] {
    let before = try await world.store.decisions(after: .epoch)
    _ = try await (engine ?? world.engine).scheduler.tick()
    let known = Set(before.map { "\($0.schedule) \($0.slot)" })
    return try await world.store.decisions(after: .epoch).filter { !known.contains("\($0.schedule) \($0.slot)") }
      .map { "\($0.slot) \($0.outcome)" }
  }

  private static func at(_ seconds: Int, _ outcome: String = "fires") -> String {
    "\(World.start.after(seconds)) \(outcome)"
  }

  @Test func `nothing is decided before its time, and then at once`() async throws {
    let world = try await World(at: World.start)
    try await Self.make(world, "cron(30 22 * * ? *)")
    world.clock.set(to: Timestamp(milliseconds: World.start.after(1_800).milliseconds - 1))
    #expect(try await Self.slots(world) == [])
    world.clock.set(to: World.start.after(1_800))
    #expect(try await Self.slots(world) == [Self.at(1_800)])
    #expect(try await Self.slots(world) == [])
  }

  @Test func `slots of several schedules that were missed are decided instant by instant`() async throws {
    let world = try await World(at: World.start)
    for name in ["a", "b", "c"] { try await Self.make(world, "rate(1 minute)", named: ScheduleName(name)) }
    _ = try await Self.slots(world)
    world.clock.set(to: World.start.after(3_600))
    _ = try await world.restarted().scheduler.tick()
    let open = try await world.store.openSlots(limit: 1_000).map(\.decision.slot)
    #expect(open.count == 3 * 61)
    #expect(open == open.sorted())
  }

  @Test func `a rate fires at once and each period after, one with a start at its start`() async throws {
    let world = try await World(at: Timestamp(milliseconds: World.start.milliseconds + 1))
    try await Self.make(world, "rate(5 minutes)")
    try await Self.make(world, "rate(5 minutes)", named: ScheduleName("later")) { $0.start = World.start.after(420) }
    // Its slots are whole seconds, for causes are named by them.
    #expect(try await Self.slots(world) == [])
    world.clock.set(to: World.start.after(1))
    #expect(try await Self.slots(world) == [Self.at(1)])
    world.clock.set(to: World.start.after(301))
    #expect(try await Self.slots(world) == [Self.at(301)])
    world.clock.set(to: World.start.after(420))
    #expect(try await Self.slots(world) == [Self.at(420)])
    world.clock.set(to: World.start.after(721))
    #expect(try await Self.slots(world).sorted() == [Self.at(601, "recovers"), Self.at(720)])
  }

  @Test func `nothing comes before a start or after an end, and at heeds neither`() async throws {
    let world = try await World(at: World.start)
    try await Self.make(world, "cron(0/10 * * * ? *)") { schedule in
      schedule.start = World.start.after(900)
      schedule.end = World.start.after(2_400)
    }
    try await Self.make(world, "at(2025-09-09T22:05:00)", named: ScheduleName("once")) { schedule in
      schedule.start = World.start.after(900)
      schedule.end = World.start.after(1_000)
    }
    var found: [String] = []
    for minute in 0...90 {
      world.clock.set(to: World.start.after(minute * 60))
      found += try await Self.slots(world)
    }
    #expect(found == [300, 1_200, 1_800, 2_400].map { Self.at($0) })
    #expect(world.engine.scheduler.nextInstant(ofSchedule: 1) == nil)
  }

  @Test func `a slot is decided once through restarts, clock steps and edits that change no time`() async throws {
    let world = try await World(at: World.start)
    try await Self.make(world, "cron(0/10 * * * ? *)")
    world.clock.set(to: World.start.after(600))
    #expect(try await Self.slots(world) == [Self.at(0, "recovers"), Self.at(600)])
    world.clock.set(to: World.start.after(-3_000))
    #expect(try await Self.slots(world) == [])
    let engine = try await world.restarted()
    #expect(try await Self.slots(world, engine) == [])
    try await Self.make(world, "cron(0/10 * * * ? *)", in: engine) { $0.description = "the same" }
    #expect(try await Self.slots(world, engine) == [])
    world.clock.set(to: World.start.after(1_199))
    #expect(try await Self.slots(world, engine) == [])
    world.clock.set(to: World.start.after(1_200))
    #expect(try await Self.slots(world, engine) == [Self.at(1_200)])
    // An hour that the clock jumps over is missed, and comes back by the policy.
    world.clock.set(to: World.start.after(1_200 + 3_600))
    let jumped = try await Self.slots(world, engine)
    #expect(jumped.count == 6 && jumped.first == Self.at(1_800, "recovers") && jumped.last == Self.at(4_800))
    world.clock.set(to: World.start.after(1_260))
    #expect(try await Self.slots(world, try await world.restarted()) == [])
  }

  @Test func `an edit that changes no time makes no plan of what was decided`() async throws {
    let world = try await World(at: World.start)
    try await Self.make(world, "rate(10 minutes)")
    for minute in stride(from: 0, through: 120, by: 10) {
      world.clock.set(to: World.start.after(minute * 60))
      #expect(try await Self.slots(world) == [Self.at(minute * 60)])
    }
    try await Self.make(world, "rate(10 minutes)") { $0.description = "another" }
    #expect(try await world.engine.scheduler.tick() == 0)
    var query = LedgerQuery()
    query.limit = LedgerQuery.limitMax
    #expect(try await world.store.entries(query).allSatisfy { $0.code != .misfirePlanned })
    #expect(try await world.store.decidedThrough() == World.start.after(7_200))
  }

  @Test func `an edit that changes a time opens an epoch, and never visits what was before`() async throws {
    let world = try await World(at: World.start)
    try await Self.make(world, "cron(0 * * * ? *)")
    world.clock.set(to: World.start.after(3_600))
    #expect(try await Self.slots(world).count == 2)
    try await Self.make(world, "cron(0/30 * * * ? *)")
    #expect(try await Self.slots(world) == [], "its slot of this instant was decided before")
    world.clock.set(to: World.start.after(5_400))
    #expect(try await Self.slots(world) == [Self.at(5_400)])
    // The clock goes back, and the slots that the new times have there are new, but for those that were decided.
    world.clock.set(to: World.start.after(60))
    try await Self.make(world, "cron(0/20 * * * ? *)")
    world.clock.set(to: World.start.after(5_400))
    let found = try await Self.slots(world)
    #expect(found == [1_200, 2_400, 4_800].map { Self.at($0, "recovers") })
    var query = LedgerQuery()
    query.limit = 1
    let plan = try #require(try await world.store.entries(query).first)
    #expect(plan.code == .misfirePlanned && plan.facts["missed"] == 3)
  }

  @Test func `a schedule that rests gets rows, and goes on when it is enabled, without what was`() async throws {
    let world = try await World(at: World.start.after(1))
    try await Self.make(world, "cron(0/10 * * * ? *)") { $0.state = .disabled }
    world.clock.set(to: World.start.after(1_800))
    #expect(try await Self.slots(world) == [600, 1_200, 1_800].map { Self.at($0, "disabled") })
    _ = try await world.engine.expander.work()
    #expect(try await world.entry("default/s@\(World.start.after(600))").decision == .disabled)
    try await Self.make(world, "cron(0/10 * * * ? *)") { $0.state = .enabled }
    #expect(try await Self.slots(world) == [])
    world.clock.set(to: World.start.after(2_400))
    #expect(try await Self.slots(world) == [Self.at(2_400)])
  }

  @Test func `one that is made again fires nothing of its former life, and loses nothing of its own`() async throws {
    let world = try await World(at: World.start.after(1))
    try await Self.make(world, "cron(0/10 * * * ? *)")
    world.clock.set(to: World.start.after(600))
    #expect(try await Self.slots(world) == [Self.at(600)])
    #expect(try await world.engine.schedules.remove(Self.name, .testing))
    world.clock.set(to: World.start.after(1_300))
    try await Self.make(world, "cron(0/10 * * * ? *)")
    #expect(try await Self.slots(world) == [])
    let engine = try await world.restarted()
    #expect(try await Self.slots(world, engine) == [])
    world.clock.set(to: World.start.after(1_800))
    #expect(try await Self.slots(world, engine) == [Self.at(1_800)])
  }

  @Test func `a schedule that is removed while its slot is in hand gets a row and no delivery`() async throws {
    let world = try await World(at: World.start.after(1))
    try await Self.make(world, "cron(0/10 * * * ? *)")
    world.clock.set(to: World.start.after(600))
    #expect(try await Self.slots(world) == [Self.at(600)])
    #expect(try await world.engine.schedules.remove(Self.name, .testing))
    while try await world.engine.expander.work() > 0 {}
    #expect(try await world.entry("schedule-1@\(World.start.after(600))").code == .scheduleRemoved)
    #expect(try await world.store.due(at: World.start.after(1 << 20), limit: 10).isEmpty)
  }

  @Test func `one that ends with its last slot stays if it was given another time meanwhile`() async throws {
    let world = try await World(at: World.start.after(-60))
    try await Self.make(world, "at(2025-09-09T22:00:00)") { $0.completion = .delete }
    world.clock.set(to: World.start)
    #expect(try await Self.slots(world) == [Self.at(0)])
    try await Self.make(world, "at(2025-09-09T23:00:00)")
    while try await world.engine.expander.work() > 0 {}
    #expect(try await world.store.schedule(Self.name) != nil)
    world.clock.set(to: World.start.after(3_600))
    #expect(try await Self.slots(world) == [Self.at(3_600)])
    while try await world.engine.expander.work() > 0 {}
    #expect(try await world.store.schedule(Self.name) == nil)
    let due = try await world.store.due(at: World.start.after(3_600), limit: 10)
    #expect(due.count { $0.cause.rule == Self.name.description } == 2)
  }

  /// By the standard rule: what the clock skips does not fire, what it shows twice fires the first time.
  @Test(arguments: [
    ("America/New_York", "cron(30 2 * * ? *)", "2025-03-08T12:00:00Z", ["2025-03-10T06:30:00Z"]),
    (
      "America/New_York", "cron(30 1 * * ? *)", "2025-11-01T12:00:00Z",
      ["2025-11-02T05:30:00Z", "2025-11-03T06:30:00Z"]
    ),
    ("Asia/Seoul", "cron(30 2 * * ? *)", "2025-03-08T12:00:00Z", ["2025-03-08T17:30:00Z", "2025-03-09T17:30:00Z"]),
    ("Australia/Lord_Howe", "cron(15 2 * * ? *)", "2025-10-04T12:00:00Z", ["2025-10-05T15:15:00Z"]),
    (
      "Australia/Lord_Howe", "cron(45 1 * * ? *)", "2025-04-04T16:00:00Z",
      ["2025-04-05T14:45:00Z", "2025-04-06T15:15:00Z"]
    ),
    (
      "America/New_York", "rate(1 day)", "2025-03-08T12:00:00Z",
      [
        "2025-03-08T12:00:00Z", "2025-03-09T12:00:00Z", "2025-03-10T12:00:00Z",
      ]
    ),
  ])
  func `a clock change skips what is not there and fires once what is there twice`(
    _ zone: String, _ expression: String, _ from: String, _ expected: [String]
  ) async throws {
    let start = try #require(Timestamp(from))
    let world = try await World(at: start)
    try await Self.make(world, expression) { $0.timezone = zone }
    var found: [String] = []
    for quarter in 0...(48 * 4) {
      world.clock.set(to: start.after(quarter * 900))
      found += try await Self.slots(world)
    }
    #expect(found == expected.map { "\($0) fires" })
  }

  // MARK: On a store that fails

  /// A scheduler on a store that can be told to fail, with a schedule for each of these names.
  private static func scheduler(
    _ store: MemorySchedules, _ world: World, _ expression: String = "", _ names: [String] = [],
    _ misfire: MisfirePolicy = .standard, timezone: String = "UTC", zones: any Zones = ZoneFiles()
  ) async throws -> Scheduler {
    let now = world.clock.now()
    let queue = world.settings.names.queue(world.names.workQueue)
    let schedules = try names.map { name in
      Schedule(
        name: ScheduleName(name), expression: try ScheduleExpression(expression, dialect: .scheduler),
        timezone: timezone,
        target: Target(id: "t", arn: queue, input: .constant("{}"), deadLetter: nil), createdAt: now, modifiedAt: now,
        since: now, misfire: misfire)
    }
    if !names.isEmpty {
      _ = try await store.save(schedules, row: ScheduleChange.batch(schedules, .testing, at: now))
      try await store.decide([], through: now - .seconds(1), plans: [])
    }
    return try await Scheduler(
      try await RuleBook(store, store, world.clock), store, store, zones, world.clock, world.log, NoObserver(),
      deliveriesDue: Bell(),
      slotsOpen: Bell())
  }

  @Test func `a store that fails loses nothing`() async throws {
    let world = try await World(at: World.start.after(1))
    let store = MemorySchedules()
    let scheduler = try await Self.scheduler(store, world, "cron(0/10 * * * ? *)", ["s"])
    world.clock.set(to: World.start.after(600))
    store.takeDecisions(atMost: 0)
    await #expect(throws: StoreError.self) { try await scheduler.tick() }
    await #expect(throws: StoreError.self) { try await scheduler.tick() }
    #expect(scheduler.nextDue() == World.start.after(600))
    store.takeDecisions(atMost: nil)
    #expect(try await scheduler.tick() == 1)
    #expect(store.decisions.map(\.slot) == [World.start.after(600)])
    #expect(try await scheduler.tick() == 0)
  }

  @Test func `of more slots than one go takes the newest fires, and none is lost if the process dies between`()
    async throws
  {
    let world = try await World(at: World.start)
    let store = MemorySchedules()
    let policy = MisfirePolicy(kind: .latest, window: .days(1_000))
    let scheduler = try await Self.scheduler(store, world, "rate(5 minutes)", ["s"], policy)
    let count = Scheduler.backlogMax + 50
    let last = World.start.after(count * 300)
    world.clock.set(to: last.after(150))
    store.takeDecisions(atMost: Scheduler.backlogMax / Scheduler.timersMax)
    await #expect(throws: StoreError.self) { try await scheduler.tick() }
    #expect(store.decisions.count == Scheduler.backlogMax)
    #expect(
      try await store.decidedThrough() == World.start.after(Scheduler.backlogMax * 300) - Span(milliseconds: 1))
    store.takeDecisions(atMost: nil)
    #expect(try await Self.scheduler(store, world).tick() == count + 1 - Scheduler.backlogMax)
    #expect(store.decisions.count == count + 1)
    #expect(store.decisions.filter { $0.outcome != .skipped }.map(\.slot) == [last])
  }

  @Test func `when a zone changes what is due stays due, and what is to come moves`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bellcrank-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
    func become(_ zone: String) throws {
      try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(zone)")).write(to: folder.appending(path: "Zone"))
    }
    try become("America/New_York")
    let world = try await World(at: World.start)
    let store = MemorySchedules()
    let scheduler = try await Self.scheduler(
      store, world, "cron(0 9 * * ? *)", ["s"], timezone: "Zone", zones: ZoneFiles(directory: folder.path))
    let morning = World.start.after(15 * 3_600)
    #expect(scheduler.nextDue() == morning)
    try become("Asia/Seoul")
    #expect(try scheduler.replan() == (["Zone"], 1))
    #expect(scheduler.nextDue() == World.start.after(2 * 3_600))
    #expect(try scheduler.replan() == ([], 0))
    world.clock.set(to: World.start.after(2 * 3_600))
    try become("America/New_York")
    #expect(try scheduler.replan() == (["Zone"], 0))
    #expect(try await scheduler.tick() == 1)
    #expect(store.decisions.map(\.slot) == [World.start.after(2 * 3_600)])
    #expect(scheduler.nextDue() == morning)
  }

  @Test(arguments: [(40, 60), (Scheduler.timersMax * 5 / 2, 5)])
  func `among those of one instant nobody is always the last`(_ count: Int, _ rounds: Int) async throws {
    let world = try await World(at: World.start.after(1))
    let store = MemorySchedules()
    let scheduler = try await Self.scheduler(store, world, "cron(* * * * ? *)", (0..<count).map { "s\($0)" })
    var places: [Int64: [Int]] = [:]
    for minute in 1...rounds {
      world.clock.set(to: World.start.after(minute * 60))
      let before = store.decisions.count
      #expect(try await scheduler.tick() == count)
      for (place, one) in store.decisions[before...].enumerated() { places[one.schedule, default: []].append(place) }
    }
    // In so many rounds the place of each is drawn anew; by chance alone one in three thousand is always late.
    let alwaysLate = places.values.count { $0.allSatisfy { $0 >= count * 4 / 5 } }
    #expect(alwaysLate <= count / 500, "\(alwaysLate) schedules are always among the last fifth")
    let alwaysEarly = places.values.count { $0.allSatisfy { $0 < count / 5 } }
    #expect(alwaysEarly <= count / 500, "\(alwaysEarly) schedules are always among the first fifth")
  }
}
