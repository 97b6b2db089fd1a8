import Events
import Patterns
import Rules
import Simulation
import Telemetry
import Testing

@testable import Engine

@Suite struct NearMissTests {
  /// The rule of the specification §2, which names one producer where its table names another (D3).
  private static let pattern =
    #"{"source":["transform.pipeline"],"detail-type":["Processing Complete"],"detail":{"trigger_reingestion":[true]}}"#

  /// An environment in which the specification's rule stands as it is written.
  private func world() async throws -> World {
    let world = try await World()
    let pattern = try EventPattern(NearMissTests.pattern)
    _ = try await world.engine.book.change(world.names.transformPipelineRule, .testing) { old in
      var rule = try #require(old)
      rule.pattern = pattern
      return rule
    }
    return world
  }

  private func event(_ id: String, _ source: String = "extract.pipeline") -> Event {
    Event(
      id: id, source: source, detailType: "Processing Complete", account: "123456789012", region: "us-east-1",
      time: World.start, resources: [], detail: ["trigger_reingestion": true])
  }

  @Test func `extract_pipeline for transform_pipeline is told in the receipt and in the row`() async throws {
    let world = try await world()
    let receipt = try #require(try await world.engine.publisher.publish([event("e")]).first)
    let leaf = LeafFailure(path: "source", wanted: #"["transform.pipeline"]"#, had: #""extract.pipeline""#)
    let miss = EventBus.NearMiss(rule: world.names.transformPipelineRule, failures: [leaf])
    #expect(receipt.matchedRules == [])
    #expect(receipt.nearMisses == .looked([miss]))
    let row = try await world.entry("e")
    #expect(row.decision == .unmatched)
    #expect(row.facts == ["near_misses": [miss.json]])
    #expect(
      row.summary
        == #"missed \#(miss.rule) by source, which wanted ["transform.pipeline"] and had "extract.pipeline""#)
  }

  @Test func `an event that a rule wants has nothing to tell of the others`() async throws {
    let world = try await world()
    #expect(try await world.engine.publisher.publish([event("e", "transform.pipeline")]).map(\.nearMisses) == [nil])
  }

  @Test func `of a flood of one kind the first few are looked at, and the rows of the others refer to the first`()
    async throws
  {
    let world = try await world()
    let max = NearMissSampler.looksPerKindMax
    let looks = try await world.engine.publisher.publish((0...max).map { event("e-\($0)") }).map(\.nearMisses)
    #expect(looks.prefix(max).allSatisfy { $0?.misses.count == 1 })
    #expect(looks.last == .skipped(like: "e-0"))
    let row = try await world.entry("e-\(max)")
    #expect(row.facts == ["near_misses": [], "near_misses_skipped": true, "near_misses_like": "e-0"])
    #expect(row.summary.hasSuffix("; too many came to look for near misses, see e-0"))
    // Another kind, the next second and another set of rules are looked at again.
    #expect(try await world.engine.publisher.publish([event("f", "else")]).first?.nearMisses?.misses.count == 1)
    world.clock.advance(to: World.start + .seconds(1))
    #expect(try await world.engine.publisher.publish([event("g")]).first?.nearMisses?.misses.count == 1)
    for number in 0..<max { _ = try await world.engine.publisher.publish([event("h-\(number)")]) }
    #expect(try await world.engine.publisher.publish([event("i")]).first?.nearMisses == .skipped(like: "g"))
    #expect(try await world.engine.book.remove(world.names.marketEventsRule, .testing))
    #expect(try await world.engine.publisher.publish([event("j")]).first?.nearMisses?.misses.count == 1)
  }

  @Test func `events of more kinds than are told apart are looked at a few times, and refer to none`() {
    var sampler = NearMissSampler()
    let now = World.start
    for kind in 0..<NearMissSampler.kindsMax {
      #expect(sampler.verdict(on: event("a-\(kind)", "s-\(kind)"), edition: 0, at: now) == .look)
    }
    for further in 0..<NearMissSampler.looksPerKindMax {
      #expect(sampler.verdict(on: event("b-\(further)", "t-\(further)"), edition: 0, at: now) == .look)
    }
    #expect(sampler.verdict(on: event("c", "u"), edition: 0, at: now) == .skip(like: nil))
    #expect(sampler.verdict(on: event("d", "s-0"), edition: 0, at: now) == .look)
    // A clock that was set back is another second, too.
    #expect(sampler.verdict(on: event("e", "u"), edition: 0, at: now + .seconds(-1)) == .look)
  }

  @Test func `a workspace is lent to one caller at a time, and taken back`() {
    let pool = WorkspacePool()
    let first = pool.lend { outer in pool.lend { inner in outer === inner } }
    #expect(!first)
    // It is held on to, so that no other can take its address.
    let one = pool.lend { $0 }
    #expect(pool.lend { $0 === one })
  }
}
