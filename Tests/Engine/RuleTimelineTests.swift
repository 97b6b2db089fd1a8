import Engine
import Events
import Rules
import Testing

@Suite struct RuleTimelineTests {
  @Test func `the bus of any moment has the rules of that moment, whatever was asked for before`() async throws {
    let world = try await World()
    let rule = try #require(world.engine.book.bus.rule(world.names.opsManualRule))
    var timeline = RuleTimeline([
      RuleVersion(name: rule.name, version: 1, at: World.start + .seconds(10), rule: rule),
      RuleVersion(name: rule.name, version: 2, at: World.start + .seconds(20), rule: nil),
    ])
    for (second, count) in [(15, 1), (25, 0), (5, 0), (10, 1), (19, 1), (20, 0)] {
      let moment = World.start + .seconds(second)
      #expect(timeline.bus(at: moment).rules.count == count, "after \(second) s")
      #expect(timeline.bus(at: moment).rules == timeline.rules(at: moment))
    }
  }
}
