import Deliveries
import Engine
import Events
import Ingestion
import Patterns
import Rules
import Simulation
import Synchronization
import Telemetry
import Testing

/// A function that fails as often as it was told to.
private final class Moody: Function {
  private let failures: Mutex<Int>

  init(failures: Int) { self.failures = Mutex(failures) }

  func invoke(_ payload: [UInt8], _ context: InvocationContext) async -> FunctionOutcome {
    let fails = failures.withLock { left in
      left -= 1
      return left >= 0
    }
    return fails ? .failed(type: "Unhandled", message: "out of memory") : .answered(["ok": true])
  }
}

@Suite struct DelivererTests {
  @Test func `a function that fails is tried again until it answers`() async throws {
    let world = try await World()
    try await publish(
      world, to: Target(id: "t", arn: world.settings.names.function("f"), input: .whole, deadLetter: nil))
    let deliverer = deliverer(world, failures: 3)
    #expect(try await run(deliverer, world) == 4)
    let entry = try await world.entry("e-1/moody")
    #expect(entry.decision == .dispatched)
    #expect(entry.code == .delivered)
    #expect(entry.facts["attempts"] == 4)
  }

  @Test func `a function that goes on failing is given up with a dead letter in EventBridge's words`() async throws {
    let world = try await World()
    let retry = try #require(RetryPolicy(retriesMax: 2, ageSecondsMax: 3_600))
    let letters = world.settings.names.queue(world.names.triggerDeadLetters)
    try await publish(
      world,
      to: Target(
        id: "t", arn: world.settings.names.function("f"), input: .constant("{}"), retry: retry, deadLetter: letters))
    #expect(try await run(deliverer(world, failures: 99), world) == 3)
    let letter = try #require(
      try await world.store.receive(
        world.names.triggerDeadLetters, limit: 10, visibility: .zero, at: world.clock.now()
      ).first)
    #expect(
      letter.attributes == [
        "RULE_ARN": .string("arn:aws:events:us-east-1:123456789012:rule/moody"),
        "TARGET_ARN": .string("arn:aws:lambda:us-east-1:123456789012:function:f"),
        "ERROR_CODE": .string("FUNCTION_ERROR"),
        "ERROR_MESSAGE": .string("Unhandled: out of memory"),
        "EXHAUSTED_RETRY_CONDITION": .string("MaximumRetryAttempts"), "RETRY_ATTEMPTS": .string("2"),
      ])
    #expect(Event(try JSON(parsing: letter.body)) == event)
    let entry = try await world.entry("e-1/moody")
    #expect(entry.decision == .undeliverable)
    #expect(entry.code == .retriesExhausted)
  }

  @Test func `a target that does not exist, or an input that cannot be made, is buried at once`() async throws {
    let world = try await World()
    let names = world.settings.names
    let letters = names.queue(world.names.triggerDeadLetters)
    let rows: [(Target, String, ReasonCode)] = [
      (Target(id: "1", arn: names.queue("no-such"), input: .whole, deadLetter: letters), "NO_RESOURCE", .targetMissing),
      (Target(id: "2", arn: names.function("no"), input: .whole, deadLetter: letters), "NO_RESOURCE", .targetMissing),
      (
        Target(
          id: "3", arn: names.queue(world.names.workQueue), input: .path(try EventPath("$.detail.no")),
          deadLetter: letters), "INVALID_JSON", .inputNotShaped
      ),
    ]
    for (number, (target, code, reason)) in rows.enumerated() {
      try await publish(world, to: target, id: "e-\(number)")
      #expect(try await world.engine.deliverer.deliverDue() == 1)
      #expect(try await world.engine.deliverer.nextDue() == nil)
      #expect(try await world.entry("e-\(number)/moody").code == reason)
      let received = try await world.store.receive(
        world.names.triggerDeadLetters, limit: 10, visibility: .hours(1), at: world.clock.now())
      #expect(received.map(\.attributes["ERROR_CODE"]) == [.string(code)])
      #expect(received.map(\.attributes["RETRY_ATTEMPTS"]) == [.string("0")])
    }
  }

  @Test func `an event goes to each rule that wants it, and through the orchestrator to a run`() async throws {
    let world = try await World()
    let receipts = try await world.engine.publisher.publish([event])
    #expect(receipts.map(\.matchedRules) == [[world.names.opsManualRule]])
    _ = try await world.engine.settle()
    let entry = try await world.entry("e-1/\(world.names.opsManualRule)")
    #expect(entry.decision == .dispatched)
    #expect(entry.about.ruleVersion == 1)
    #expect(try await world.store.run(try #require(entry.about.runID))?.status == .succeeded)
    // The same event again is known: nothing is delivered, nothing runs.
    _ = try await world.engine.publisher.publish([event])
    #expect(try await world.engine.settle() == 0)
  }

  @Test func `an event that no rule wants says which rule it missed, and by what`() async throws {
    let world = try await World()
    let vetoed = Event(
      id: "e-2", source: "transform.pipeline", detailType: "Processing Complete", account: "123456789012",
      region: "us-east-1", time: World.start, resources: [], detail: ["trigger_reingestion": false])
    #expect(try await world.engine.publisher.publish([vetoed]).map(\.matchedRules) == [[]])
    let entry = try await world.entry("e-2")
    #expect(entry.decision == .unmatched)
    #expect(entry.code == .noRuleMatched)
    let miss = entry.facts["near_misses"]?.elements?.first
    #expect(miss?["rule"]?.string == world.names.transformPipelineRule)
    #expect(miss?["failures"]?.elements?.first?["path"] == "detail.trigger_reingestion")
  }

  @Test func `an event for a disabled rule has its row and no delivery`() async throws {
    let world = try await World()
    _ = try await world.engine.book.change(world.names.opsManualRule, .testing) { old in
      var rule = try #require(old)
      rule.state = .disabled
      return rule
    }
    #expect(try await world.engine.publisher.publish([event]).map(\.matchedRules) == [[]])
    #expect(try await world.entry("e-1/\(world.names.opsManualRule)").decision == .disabled)
    #expect(try await world.engine.deliverer.nextDue() == nil)
  }

  @Test func `an event that names its cause is one hop below it, whatever it says itself`() async throws {
    let world = try await World()
    func follow(_ id: String, _ cause: String, hops: Int? = nil) -> Event {
      var detail: JSON = ["causation_id": .string(cause)]
      if let hops { detail.set("hops", JSON(hops)) }
      return Event(
        id: id, source: "elsewhere", detailType: "Nothing", account: "123456789012", region: "us-east-1",
        time: World.start, resources: [], detail: detail)
    }
    for (id, cause) in [("a", "unknown"), ("b", "a"), ("c", "b")] {
      _ = try await world.engine.publisher.publish([follow(id, cause, hops: 0)])
    }
    _ = try await world.engine.publisher.publish([follow("d", "c", hops: 9)])
    let hops = try await world.store.events(limit: 10).map(\.hops)
    #expect(hops == [9, 2, 1, 0])
    #expect(try await world.store.event("c")?.parentID == "b")
  }

  private let event = Event(
    id: "e-1", source: "ops.manual", detailType: "Adhoc Ingestion", account: "123456789012", region: "us-east-1",
    time: World.start, resources: [], detail: ["symbols": ["AAPL"]])

  private func deliverer(_ world: World, failures: Int) -> Deliverer {
    Deliverer(
      world.store, world.store, Functions(["f": Moody(failures: failures)], world.clock, NoObserver()),
      world.engine.publisher, OpenAuthority(), world.clock, world.log, names: world.settings.names, queueBells: Bells(),
      width: 2)
  }

  /// Stores an event with one delivery, as if a rule of that name had matched.
  private func publish(_ world: World, to target: Target, id: String = "e-1") async throws {
    var cause = Cause(id: "\(id)/moody", trigger: .event, arrivedAt: World.start)
    cause.eventID = id
    cause.rule = "moody"
    let sent = Event(
      id: id, source: event.source, detailType: event.detailType, account: event.account, region: event.region,
      time: event.time, resources: [], detail: event.detail)
    try await world.store.record([
      RoutedEvent(
        event: sent, hops: 0, parentID: nil, receivedAt: World.start,
        deliveries: [NewDelivery(cause: cause, target: target, body: nil, due: World.start)], rows: [])
    ])
  }

  /// Delivers whatever becomes due until nothing is; the number of attempts.
  private func run(_ deliverer: Deliverer, _ world: World) async throws -> Int {
    var attempts = 0
    while let due = try await deliverer.nextDue() {
      world.clock.advance(to: due)
      attempts += try await deliverer.deliverDue()
    }
    return attempts
  }
}
