import Events
import Foundation
import Schedules
import Testing

@Suite struct MisfirePolicyTests {
  private let now = Timestamp(seconds: 1_000_000)

  private func fired(_ policy: MisfirePolicy, minutesAgo: [Int]) -> [Int] {
    let slots = minutesAgo.map { now - .minutes($0) }
    let decided = policy.decide(missed: slots, now: now)
    #expect(decided.map(\.slot) == slots)
    return zip(minutesAgo, decided).filter { $0.1.fires }.map { $0.0 }
  }

  @Test func `every missed slot gets its answer (D23)`() {
    let ago = [180, 120, 61, 60, 30, 5]
    #expect(fired(MisfirePolicy(kind: .skip, window: .hours(1)), minutesAgo: ago).isEmpty)
    #expect(fired(MisfirePolicy(kind: .latest, window: .hours(1)), minutesAgo: ago) == [5])
    #expect(fired(MisfirePolicy(kind: .all, window: .hours(1)), minutesAgo: ago) == [60, 30, 5])
    #expect(fired(MisfirePolicy(kind: .all, window: .zero), minutesAgo: ago).isEmpty)
  }

  @Test func `the default is the latest within an hour (D23)`() {
    #expect(MisfirePolicy() == .standard)
    #expect(fired(.standard, minutesAgo: [120, 61]).isEmpty)
    #expect(fired(.standard, minutesAgo: [120, 60]) == [60])
    #expect(fired(.standard, minutesAgo: [5, 50, 120]) == [5], "in any order")
  }

  @Test func `a slot that a clock step put into the future is left for later`() {
    let decided = MisfirePolicy(kind: .all, window: .hours(1)).decide(missed: [now, now + .minutes(1)], now: now)
    #expect(decided.map(\.slot) == [now])
    #expect(decided.map(\.fires) == [true])
  }

  @Test func `catching up is bounded by number, the newest first`() {
    let slots = (0..<(MisfirePolicy.firesMax + 5)).reversed().map { now - .seconds($0) }
    let decided = MisfirePolicy(kind: .all, window: .days(30)).decide(missed: slots, now: now)
    #expect(decided.count == slots.count)
    #expect(decided.prefix(5).allSatisfy { !$0.fires })
    #expect(decided.dropFirst(5).allSatisfy { $0.fires })
  }

  @Test func `a policy survives its JSON, and a negative window does not`() throws {
    let policy = MisfirePolicy(kind: .all, window: .minutes(90))
    let json = try JSONEncoder().encode(policy)
    #expect(try JSONDecoder().decode(MisfirePolicy.self, from: json) == policy)
    let text = #"{"kind": "all", "window": -1}"#
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(MisfirePolicy.self, from: Data(text.utf8))
    }
  }
}
