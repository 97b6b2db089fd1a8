import Deliveries
import Engine
import Events
import Rules
import Schedules
import Testing

/// Why a schedule of EventBridge Scheduler started nothing: what was decided then, or what the schedule of now says.
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
    #expect(try await code(world, after: -86_400) == "BEFORE_EPOCH")
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
}
