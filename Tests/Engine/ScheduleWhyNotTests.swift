import Deliveries
import Engine
import Events
import Rules
import Schedules
import Testing

/// Why a schedule of EventBridge Scheduler started nothing: what was decided then, or what the schedule of then says.
@Suite struct ScheduleWhyNotTests {
  private func world(_ state: Rule.State = .enabled, zone: String = "Asia/Seoul") async throws -> World {
    let world = try await World(at: World.start.after(-3_600))
    let schedule = Schedule(
      name: ScheduleName("daily"), state: state,
      expression: try ScheduleExpression("cron(0 7 * * ? *)", dialect: .scheduler), timezone: zone,
      target: Target(
        id: "t", arn: world.settings.names.queue(world.names.transformQueue), input: .scheduled("{}"), deadLetter: nil),
      createdAt: world.clock.now(), modifiedAt: world.clock.now(), since: world.clock.now())
    try await world.engine.schedules.create([schedule], .testing)
    return world
  }

  private func code(_ world: World, after seconds: Int) async throws -> JSON? {
    try await Explainer(world.engine).whyNot("default/daily", at: World.start.after(seconds))?["code"]
  }

  @Test func `a slot says whether it is to come, under way, missed, decided, or no slot at all`() async throws {
    let world = try await world()
    #expect(try await code(world, after: 0) == "NOT_YET_DUE")
    #expect(try await code(world, after: 3_600) == "NO_SLOT")
    #expect(try await code(world, after: -86_400) == "NO_SUCH_SCHEDULE")
    world.clock.advance(to: World.start.after(30))
    #expect(try await code(world, after: 0) == "BEING_DECIDED")
    world.clock.advance(to: World.start.after(600))
    #expect(try await code(world, after: 0) == "SLOT_MISSED")
    let live = try await self.world()
    live.clock.advance(to: World.start)
    _ = try await live.engine.settle()
    #expect(try await code(live, after: 0) == "DELIVERED")
  }

  @Test
  func `one that is disabled, gone, or hangs in no known zone says so, and of one that never was there is no answer`()
    async throws
  {
    let resting = try await world(.disabled)
    #expect(try await code(resting, after: 0) == "RULE_DISABLED")
    _ = try await resting.engine.schedules.remove(ScheduleName("daily"), .testing)
    #expect(try await code(resting, after: 0) == "NO_SUCH_SCHEDULE")
    #expect(try await code(try await world(zone: "Nowhere/Land"), after: 0) == "NO_ZONE")
    #expect(try await Explainer(resting.engine).whyNot("default/other", at: World.start) == nil)
  }

  private let daily = ScheduleName(group: "default", "daily")

  private func answer(_ world: World, after seconds: Int) async throws -> JSON {
    try #require(try await Explainer(world.engine).whyNot("default/daily", at: World.start.after(seconds)))
  }

  private func change(_ world: World, _ edit: @escaping @Sendable (inout Schedule) -> Void) async throws {
    _ = try await world.engine.schedules.change(daily, .testing) { old in
      var schedule = try #require(old)
      edit(&schedule)
      return schedule
    }
  }

  @Test func `one that was changed since is explained by what it was then, and what has changed is said`() async throws
  {
    let world = try await world(.disabled)
    let later = try ScheduleExpression("cron(0 9 * * ? *)", dialect: .scheduler)
    world.clock.advance(to: World.start.after(7_200))
    try await change(world) { schedule in
      schedule.state = .enabled
      schedule.expression = later
    }
    world.clock.advance(to: World.start.after(86_400 * 2))
    // 07:00 in Seoul, the time of then, and it was disabled.
    let then = try await answer(world, after: 0)
    #expect(then["code"] == "RULE_DISABLED")
    #expect(
      then["rule_then"] == ["version": 1, "state": "DISABLED", "schedule": "cron(0 7 * * ? *) in Asia/Seoul"])
    #expect(
      then["rule_changed_since"]?.elements?.prefix(2) == [
        "state DISABLED → ENABLED", "schedule_expression cron(0 7 * * ? *) → cron(0 9 * * ? *)",
      ])
    // A day later that was no time of it any more, and 09:00 was.
    #expect(try await code(world, after: 86_400) == "NO_SLOT")
    let missed = try await answer(world, after: 86_400 + 7_200)
    #expect(missed["code"] == "SLOT_MISSED" && missed["rule_changed_since"] == nil)
    #expect(missed["rule_then"]?["version"] == 2)
  }

  @Test func `one that is gone is explained by what it was while it was there, and then by its removal`() async throws {
    let world = try await world(.disabled)
    world.clock.advance(to: World.start.after(7_200))
    _ = try await world.engine.schedules.remove(daily, .testing)
    world.clock.advance(to: World.start.after(86_400 * 2))
    let then = try await answer(world, after: 0)
    #expect(then["code"] == "RULE_DISABLED" && then["command"] == nil)
    #expect(then["rule_changed_since"] == ["schedule removed"])
    let gone = try await answer(world, after: 86_400)
    #expect(gone["code"] == "NO_SUCH_SCHEDULE")
    #expect(gone["headline"]?.string?.contains("default/daily had been removed") == true)
    // What comes anew under the name is another: before it there was none.
    let fresh = try await self.world().engine.schedules.schedule(daily)
    let again = try #require(fresh)
    let moment = world.clock.now()
    _ = try await world.engine.schedules.change(daily, .testing) { _ in
      var schedule = again
      schedule.description = "anew"
      return schedule
    }
    #expect(try await code(world, after: 0) == "RULE_DISABLED")
    #expect(try await code(world, after: 86_400) == "NO_SUCH_SCHEDULE")
    #expect(moment == world.clock.now())
  }

  @Test func `one that went with its group says so, and what was made long after does not speak for then`() async throws
  {
    let world = try await World(at: World.start.after(-3_600))
    let name = ScheduleName(group: "g", "s")
    func make() async throws {
      let now = world.clock.now()
      let schedule = Schedule(
        name: name, state: .disabled, expression: try ScheduleExpression("cron(0 22 * * ? *)", dialect: .scheduler),
        target: Target(
          id: "t", arn: world.settings.names.queue("q"), input: .scheduled("{}"), deadLetter: nil),
        createdAt: now, modifiedAt: now, since: now)
      _ = try await world.engine.schedules.change(name, .testing) { _ in schedule }
    }
    func code(_ seconds: Int) async throws -> JSON? {
      try await Explainer(world.engine).whyNot("g/s", at: World.start.after(seconds))?["code"]
    }
    try await world.engine.schedules.save(
      ScheduleGroup(name: "g", tags: [:], createdAt: world.clock.now(), modifiedAt: world.clock.now()), .testing)
    try await make()
    world.clock.advance(to: World.start.after(3_600))
    #expect(try await world.engine.schedules.remove(group: "g", .testing))
    world.clock.advance(to: World.start.after(86_400 + 3_600))
    #expect(try await code(0) == "RULE_DISABLED")
    #expect(try await code(86_400) == "NO_SUCH_SCHEDULE")
    try await make()
    world.clock.advance(to: World.start.after(86_400 * 3))
    #expect(try await code(0) == "RULE_DISABLED")
    #expect(try await code(86_400) == "NO_SUCH_SCHEDULE")
    #expect(try await code(86_400 * 2) == "RULE_DISABLED")
    #expect(try await code(-86_400) == "NO_SUCH_SCHEDULE")
  }

  @Test func `before its start nothing is its slot yet`() async throws {
    let world = try await world()
    try await change(world) { $0.start = World.start.after(86_400) }
    #expect(try await code(world, after: 0) == "BEFORE_EPOCH")
    #expect(try await code(world, after: 86_400) == "NOT_YET_DUE")
  }
}
