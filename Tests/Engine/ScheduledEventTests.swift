import Deliveries
import Engine
import Events
import Patterns
import Rules
import Schedules
import Simulation
import Synchronization
import Telemetry
import Testing

/// Schedules whose target is a bus or an operation of AWS, their windows, and their ends.
@Suite struct ScheduledEventTests {
  @Test func `an event is published once, though its attempt is made twice, and knows what caused it`() async throws {
    let world = try await World()
    try await world.queue("q")
    try await world.rule("nights", #"{"source":["clock"]}"#, to: world.settings.names.queue("q"))
    let bus = world.target(
      world.settings.names.bus("default"), #"{"at":"<aws.scheduler.scheduled-time>"}"#,
      parameters: .event(detailType: "Night", source: "clock"))
    try await world.make("once", "at(2025-09-09T22:30:00)", bus)
    // The event is stored, but that it was delivered is not: as if the process had been killed in between.
    let journal = Forgetful(world.store)
    try await world.deliver(Recording(failures: 0), journal, until: World.start.after(3_600))
    #expect(journal.attempts >= 2)
    let events = try await world.store.events(limit: 10).filter { $0.event.source == "clock" }
    #expect(events.count == 1)
    #expect(events.first?.event.detailType == "Night")
    #expect(events.first?.event.detail == ["at": "2025-09-09T22:30:00Z"])
    #expect(events.first?.parentID == "default/once@2025-09-09T22:30:00Z" && events.first?.hops == 1)
    #expect(try await world.taken("q").count == 1)
  }

  @Test func `operations of AWS are targets with their requests as input`() async throws {
    let world = try await World()
    try await world.queue("q")
    func universal(_ operation: String, _ input: String) throws -> Target {
      world.target(try #require(ResourceName(ScheduledErrand.universalPrefix + operation)), input)
    }
    try await world.make(
      "a", "at(2025-09-09T22:01:00)",
      try universal(
        "sqs:sendMessage",
        #"{"QueueUrl":"http://h/123456789012/q","MessageBody":"<aws.scheduler.scheduled-time>","DelaySeconds":600,"#
          + #""MessageAttributes":{"kind":{"DataType":"String","StringValue":"night"}}}"#))
    try await world.make(
      "b", "at(2025-09-09T22:02:00)",
      try universal(
        "eventbridge:putEvents",
        #"{"Entries":[{"Source":"clock","DetailType":"one","Detail":"{\"n\":1}"},"#
          + #"{"Source":"clock","DetailType":"two","Detail":"{}","Time":"2025-01-01T00:00:00Z"}]}"#))
    try await world.make(
      "c", "at(2025-09-09T22:03:00)",
      try universal("lambda:invoke", #"{"FunctionName":"f","Payload":"{\"n\":<aws.scheduler.attempt-number>}"}"#))
    try await world.make(
      "d", "at(2025-09-09T22:04:00)",
      try universal("lambda:invoke", #"{"FunctionName":"f","InvocationType":"DryRun"}"#))
    let function = Recording(failures: 0)
    try await world.deliver(function, until: World.start.after(300))
    #expect(try await world.visible("q") == 0)
    world.clock.advance(to: World.start.after(700))
    let message = try #require(try await world.taken("q").first)
    #expect(message.body == "2025-09-09T22:01:00Z" && message.attributes == ["kind": .string("night")])
    let events = try await world.store.events(limit: 10).map(\.event).filter { $0.source == "clock" }
    #expect(Set(events.map(\.detailType)) == ["one", "two"])
    #expect(events.first { $0.detailType == "two" }?.time == Timestamp("2025-01-01T00:00:00Z"))
    #expect(function.payloads == [#"{"n":1}"#])
    for name in ["a", "b", "c", "d"] {
      let slot = "2025-09-09T22:0\(["a": 1, "b": 2, "c": 3, "d": 4][name] ?? 0):00Z"
      #expect(try await world.entry("default/\(name)@\(slot)").code == .delivered)
    }
  }

  // MARK: Windows

  @Test func `a flexible window spreads schedules of one instant, none early and none late`() async throws {
    let world = try await World()
    let target = world.target(world.settings.names.function("f"), "{}")
    for number in 0..<40 { try await world.make("s-\(number)", "at(2025-09-09T22:30:00)", target, window: 15) }
    let function = Timed(world.clock)
    try await world.deliver(function, until: World.start.after(7_200))
    let slot = World.start.after(1_800)
    let delays = function.moments.map { ($0 - slot).milliseconds }
    #expect(delays.count == 40)
    #expect(delays.allSatisfy { (0..<900_000).contains($0) })
    #expect(Set(delays.map { $0 / 300_000 }) == [0, 1, 2], "every third of the window has some")
  }

  @Test func `an invocation ages from its moment in the window, not from the slot`() async throws {
    let world = try await World()
    let retry = try #require(RetryPolicy(retriesMax: 185, ageSecondsMax: 60))
    let target = world.target(world.settings.names.function("f"), "{}", retry: retry)
    try await world.make("s", "at(2025-09-09T22:30:00)", target, window: 60)
    let function = Recording(failures: 1)
    try await world.deliver(function, until: World.start.after(7_200))
    #expect(function.payloads.count == 2)
    #expect(try await world.entry("default/s@2025-09-09T22:30:00Z").code == .delivered)
  }

  // MARK: Completion

  @Test func `a schedule that shall go after its last invocation goes, and no other`() async throws {
    let world = try await World()
    try await world.queue("q")
    let target = world.target(world.settings.names.queue("q"), "x")
    try await world.make("once", "at(2025-09-09T22:30:00)", target, completion: .delete)
    try await world.make("kept", "at(2025-09-09T22:30:00)", target)
    try await world.make(
      "ends", "rate(10 minutes)", target, end: World.start.after(25 * 60), completion: .delete)
    try await world.make("goes-on", "rate(10 minutes)", target, completion: .delete)
    try await world.make("off", "at(2025-09-09T22:30:00)", target, completion: .delete, state: .disabled)
    try await world.live(until: World.start.after(19 * 60))
    #expect(try await world.names() == ["ends", "goes-on", "kept", "off", "once"])
    try await world.live(until: World.start.after(3_600))
    #expect(try await world.names() == ["goes-on", "kept", "off"])
    #expect(try await world.visible("q") == 2 + 3 + 7)
    #expect(try await world.restarted().scheduler.count == 3, "they do not come back")
  }

  @Test func `a last slot that waits for an earlier one still runs, and the schedule goes after it`() async throws {
    let world = try await World()
    let target = world.target(world.settings.names.function("f"), "{}")
    try await world.make(
      "s", "rate(1 minute)", target, end: World.start.after(60), completion: .delete, overlap: .bufferOne)
    // The first invocation fails for some minutes, so the last slot has to wait.
    let function = Recording(failures: 8)
    try await world.deliver(function, until: World.start.after(3_600))
    #expect(function.payloads.count == 10)
    #expect(try await world.entry("default/s@2025-09-09T22:01:00Z").code == .delivered)
    #expect(try await world.names() == [])
  }
}

/// A journal that loses the first results it is given.
private final class Forgetful: DeliveryJournal {
  private let journal: any DeliveryJournal
  private let count = Mutex(0)

  init(_ journal: any DeliveryJournal) { self.journal = journal }

  var attempts: Int { count.withLock { $0 } }

  func due(at now: Timestamp, limit: Int) async throws(StoreError) -> [PendingDelivery] {
    try await journal.due(at: now, limit: limit)
  }

  func commit(_ results: [DeliveryResult], at now: Timestamp) async throws(StoreError) {
    let number = count.withLock { count in
      count += 1
      return count
    }
    if number == 1 { throw StoreError(.unavailable, "the disk is full") }
    try await journal.commit(results, at: now)
  }

  func nextDue() async throws(StoreError) -> Timestamp? { try await journal.nextDue() }

  func deliveries(of cause: String) async throws(StoreError) -> [DeliveryView] {
    try await journal.deliveries(of: cause)
  }
}

/// A function that keeps when it was invoked.
private final class Timed: Function {
  private let clock: any WallClock
  private let held = Mutex<[Timestamp]>([])

  init(_ clock: any WallClock) { self.clock = clock }

  var moments: [Timestamp] { held.withLock { $0 } }

  func invoke(_ payload: [UInt8], _ context: InvocationContext) async -> FunctionOutcome {
    let now = clock.now()
    held.withLock { $0.append(now) }
    return .answered(["ok": true])
  }
}

extension World {
  fileprivate func rule(_ name: String, _ pattern: String, to queue: ResourceName) async throws {
    let arn = settings.names.rule(name)
    let compiled = try EventPattern(pattern)
    let now = clock.now()
    _ = try await engine.book.change(name, .testing) { _ in
      Rule(
        name: name, arn: arn, description: nil, state: .enabled, pattern: compiled, schedule: nil, misfire: .standard,
        targets: [Target(id: "1", arn: queue, input: .whole, deadLetter: nil)], version: 1, anchor: now)
    }
  }

  /// The schedules there are.
  fileprivate func names() async throws -> [String] {
    try await engine.schedules.schedules(ScheduleQuery()).map(\.name.name)
  }
}
