import Engine
import Events
import Rules
import Schedules
import Simulation
import SystemPorts
import Testing

/// Lists of rules and schedules, page by page, and everything of one.
@Suite struct ScheduleViewsTests {
  private func world() async throws -> World {
    let world = try await World(at: World.start.after(-60))
    let now = world.clock.now()
    let schedules = try (0..<5).map { number in
      Schedule(
        name: ScheduleName(group: number < 3 ? "a" : "b", "s\(number)"), state: number == 4 ? .disabled : .enabled,
        expression: try ScheduleExpression("cron(0 9 * * ? *)", dialect: .scheduler), timezone: "Asia/Seoul",
        target: Target(
          id: "t", arn: ResourceName(service: "sqs", region: "us-east-1", account: "123456789012", resource: "q"),
          input: .whole, deadLetter: nil), createdAt: now, modifiedAt: now, since: now)
    }
    try await world.engine.schedules.create(schedules, .testing)
    return world
  }

  private func names(_ page: JSON) -> [String] { page["schedules"]?.elements?.compactMap { $0["name"]?.string } ?? [] }

  @Test(arguments: 1...7)
  func `pages hold each rule and schedule once, in order`(_ limit: Int) async throws {
    let world = try await world()
    let views = ScheduleViews(world.engine)
    var listing = ScheduleListing()
    listing.limit = limit
    var found: [String] = []
    repeat {
      let page = try await views.list(listing)
      found += names(page)
      listing.after = page["next"]?.string
    } while listing.after != nil
    #expect(found == [world.names.scheduleRule, "a/s0", "a/s1", "a/s2", "b/s3", "b/s4"])
  }

  @Test func `filters choose by group, state and name`() async throws {
    let world = try await world()
    let views = ScheduleViews(world.engine)
    var listing = ScheduleListing()
    listing.group = "b"
    #expect(names(try await views.list(listing)) == ["b/s3", "b/s4"])
    listing.state = .disabled
    #expect(names(try await views.list(listing)) == ["b/s4"])
    listing = ScheduleListing()
    listing.prefix = "s1"
    #expect(names(try await views.list(listing)) == ["a/s1"])
  }

  @Test func `a row has the next fire on its own wall clock, and one that rests has none`() async throws {
    let world = try await world()
    let rows = try await ScheduleViews(world.engine).list(ScheduleListing())["schedules"]?.elements ?? []
    // 09:00 in Seoul is midnight in UTC.
    #expect(rows[1]["next_fires"] == ["2025-09-10T00:00:00Z"])
    #expect(rows[1]["timezone"] == "Asia/Seoul")
    #expect(rows[5]["next_fires"] == [])
    #expect(rows[5]["state"] == "DISABLED")
    #expect(rows[0]["kind"] == "rule")
  }

  @Test func `one is shown with its policies, its fires and its decisions`() async throws {
    let world = try await world()
    try await world.live(until: World.start.after(60))
    let owner = try await ScheduleControl(world.engine).owner(world.names.scheduleRule)
    let shown = try await ScheduleViews(world.engine).show(
      owner, count: 3, .english, [try ZoneFiles().zone("America/New_York")])
    #expect(shown["next_fires"]?.elements?.count == 3)
    #expect(shown["plain_words"] == "every day at 22:00 UTC, 18:00 EDT / 17:00 EST")
    let change = try #require(shown["clock_changes"]?.elements?.first)
    #expect(change["zone"] == "America/New_York")
    #expect(change["effects"]?.elements?.isEmpty == false)
    #expect(shown["overlap"] == "allow_all")
    #expect(shown["decisions"]?.elements?.contains { $0["decision"] == "dispatched" } == true)
    #expect(shown["waiting_count"] == 0)
    let schedule = try await ScheduleControl(world.engine).owner("a/s0")
    let other = try await ScheduleViews(world.engine).show(schedule, count: 1, .korean, [])
    #expect((other["gap"], other["fold"]) == ("skip", "first"))
    #expect(other["plain_words"]?.string?.contains("매") == true)
  }
}
