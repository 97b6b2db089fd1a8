@testable import AWSClients
import AWSPorts
import Events
import Testing

@Suite struct RetryPlanTests {
  @Test(arguments: try Vectors.load("retry-plans"))
  func `a plan pauses and stops as its table says`(row: JSON) throws {
    func span(_ name: String, _ json: JSON) -> Span? { json[name]?.int.map { Span(milliseconds: Int64($0)) } }
    let base = try #require(span("base", row))
    var plan = RetryPlan(
      RetryPolicy(
        attemptsMax: row["attempts"]?.int ?? 0, transientBase: base, throttleBase: span("throttleBase", row) ?? base,
        attemptTimeout: .seconds(3)))
    var health = RetryHealth(quota: row["quotaBefore"]?.int ?? RetryHealth.quotaMax)
    let start = Timestamp(seconds: 1_757_455_200)
    var now = start
    var pauses: [JSON] = []
    for failure in row["failures"]?.elements ?? [] {
      let kind = try #require(RetryClass(rawValue: failure["kind"]?.string ?? ""))
      let decision = plan.fail(
        RetryPlan.Failure(
          kind, pause: span("pause", failure), serverTime: span("serverAhead", failure).map { now + $0 }),
        at: now, until: span("deadline", row).map { start + $0 }, &health, roll: .max)
      switch decision {
      case .giveUp: pauses.append(.null)
      case .again(let pause):
        // Full jitter of the highest roll is just below its ceiling.
        let milliseconds = Int(pause.milliseconds)
        pauses.append(JSON(milliseconds % 10 == 9 ? milliseconds + 1 : milliseconds))
        now = now + pause
      }
    }
    #expect(JSON.array(pauses).text == row["decisions"]?.text, "\(row.label)")
    #expect(health.quota == row["quota"]?.int, "\(row.label)")
    if let offset = span("offset", row) { #expect(health.clockOffset == offset, "\(row.label)") }
  }

  @Test func `jitter covers everything below the ceiling`() {
    let policy = RetryPolicy(
      attemptsMax: 2, transientBase: .seconds(1), throttleBase: .seconds(1), attemptTimeout: .seconds(1))
    var seen: [Int64] = []
    var dice = SplitMix64(seed: 1)
    for _ in 0..<1_000 {
      var plan = RetryPlan(policy)
      var health = RetryHealth()
      let decision = plan.fail(.init(.transient), at: .epoch, until: nil, &health, roll: dice.next())
      if case .again(let pause) = decision { seen.append(pause.milliseconds) }
    }
    #expect(seen.count == 1_000 && seen.allSatisfy { (0..<1_000).contains($0) })
    #expect(seen.contains { $0 < 20 } && seen.contains { $0 > 980 })
  }

  @Test func `success gives back what the attempt took, and one if it took nothing`() {
    var health = RetryHealth(quota: 100)
    let first = RetryPlan(.standard(.sqs))
    first.succeed(&health)
    #expect(health.quota == 101)
    var second = RetryPlan(.standard(.sqs))
    _ = second.fail(.init(.throttled), at: .epoch, until: nil, &health, roll: 0)
    _ = second.fail(.init(.silent), at: .epoch, until: nil, &health, roll: 0)
    #expect(health.quota == 86)
    second.succeed(&health)
    #expect(health.quota == 96)
    health = RetryHealth()
    first.succeed(&health)
    #expect(health.quota == RetryHealth.quotaMax)
  }

  @Test func `DynamoDB is asked more often and sooner than the others`() {
    #expect(RetryPolicy.standard(.dynamoDB).attemptsMax == 9)
    for service in AWSService.allCases where service != .dynamoDB {
      #expect(RetryPolicy.standard(service).attemptsMax == 3)
      #expect(RetryPolicy.standard(service).throttleBase > RetryPolicy.standard(.dynamoDB).throttleBase)
    }
  }
}
