import Engine
import Events
import Rules
import Telemetry
import Testing

@Suite struct RuleBookTests {
  private struct Refused: Error {}

  @Test func `a change is stored, counted, in force at once and told`() async throws {
    let world = try await World()
    let mark = world.engine.book.changed.mark
    let changed = try await world.engine.book.change(world.names.opsManualRule, .testing) { old in
      var rule = try #require(old)
      rule.state = .disabled
      rule.version = 99
      return rule
    }
    #expect(changed.version == 2)
    #expect(world.engine.book.bus.rule(changed.name) == changed)
    #expect(world.engine.book.changed.mark != mark)
    #expect(try await world.store.rules().contains(changed))
    #expect(try await world.restarted().book.bus.rules == world.engine.book.bus.rules)
  }

  @Test func `a refused change changes nothing`() async throws {
    let world = try await World()
    let before = world.engine.book.bus.rules
    await #expect(throws: Refused.self) {
      _ = try await world.engine.book.change("new", .testing) { old in
        #expect(old == nil)
        throw Refused()
      }
    }
    #expect(world.engine.book.bus.rules == before)
    #expect(try await world.store.rules() == before)
  }

  @Test func `a rule that comes back goes on counting, so that its old versions stay readable`() async throws {
    let world = try await World()
    let name = world.names.opsManualRule
    let first = try #require(world.engine.book.bus.rule(name))
    #expect(try await world.engine.book.remove(name, .testing))
    #expect(try await !world.engine.book.remove(name, .testing))
    #expect(world.engine.book.bus.rule(name) == nil)
    let back = try await world.engine.book.change(name, .testing) { _ in
      var rule = first
      rule.description = "another rule of that name"
      return rule
    }
    // The removal was one, too.
    #expect(back.version == 3)
    #expect(try await world.store.rule(name, version: 1) == first)
  }

  @Test func `sixteen changes at once are sixteen versions`() async throws {
    let world = try await World()
    let book = world.engine.book
    let name = world.names.opsManualRule
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<16 { group.addTask { _ = try await book.change(name, .testing) { old in try #require(old) } } }
      try await group.waitForAll()
    }
    #expect(book.bus.rule(name)?.version == 17)
  }
}
