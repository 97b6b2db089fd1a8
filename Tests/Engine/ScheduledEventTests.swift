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

  /// A schedule whose one slot is decided and whose invocation is still to come, and when it comes.
  private func lingering() async throws -> (World, due: Timestamp) {
    let world = try await World(try World.settings(schedule: "cron(0 0 1 1 ? 2100)"))
    try await world.queue("q")
    let target = world.target(world.settings.names.queue("q"), "x")
    try await world.make("once", "at(2025-09-09T22:30:00)", target, window: 60, completion: .delete)
    try await world.live(until: World.start.after(1_800))
    let due = try #require(try await world.store.nextEnding())
    #expect(due > World.start.after(1_800) && due < World.start.after(1_800 + 3_600))
    #expect(try await world.names() == ["once"])
    return (world, due)
  }

  private func change(_ world: World, _ edit: @escaping @Sendable (inout Schedule) -> Void) async throws {
    _ = try await world.engine.schedules.change(ScheduleName("once"), .testing) { old in
      var schedule = try #require(old)
      edit(&schedule)
      return schedule
    }
  }

  @Test func `within a window a schedule goes when its last invocation comes, also after a restart`() async throws {
    let (world, due) = try await lingering()
    let engine = try await world.restarted()
    world.clock.advance(to: due - Span(milliseconds: 1))
    _ = try await engine.settle()
    #expect(engine.scheduler.count == 2, "it and the rule")
    #expect(try await world.names() == ["once"])
    #expect(try await world.visible("q") == 0)
    #expect(try await engine.nextDue() == due)
    world.clock.advance(to: due)
    _ = try await engine.settle()
    #expect(try await world.names() == [])
    #expect(try await world.visible("q") == 1)
    #expect(try await world.entry("default/once@2025-09-09T22:30:00Z").code == .delivered)
    #expect(engine.scheduler.count == 1)
    #expect(try await world.store.nextEnding() == nil)
  }

  @Test func `where windows overlap a schedule stays for the latest of its invocations`() async throws {
    for number in 0..<6 {
      let world = try await World(try World.settings(schedule: "cron(0 0 1 1 ? 2100)"))
      try await world.queue("q")
      let target = world.target(world.settings.names.queue("q"), "x")
      let name = "often-\(number)"
      try await world.make(name, "rate(10 minutes)", target, window: 60, completion: .delete)
      _ = try await world.engine.schedules.change(ScheduleName(name), .testing) { old in
        var schedule = try #require(old)
        schedule.end = World.start.after(2_400)
        return schedule
      }
      try await world.live(until: World.start.after(2_400))
      let schedule = try #require(try await world.store.schedule(ScheduleName(name)))
      let dues = (0...4).map { World.start.after(600 * $0) + schedule.delay(of: World.start.after(600 * $0)) }
      let last = try #require(dues.max())
      try await world.live(until: last - Span(milliseconds: 1))
      #expect(try await world.names() == [name])
      try await world.live(until: last)
      #expect(try await world.names() == [])
      #expect(try await world.visible("q") == 5)
    }
  }

  @Test func `a schedule that was changed within its window goes all the same, unless it shall not or has more to do`()
    async throws
  {
    let (described, first) = try await lingering()
    try await change(described) { $0.description = "another" }
    try await described.live(until: first)
    #expect(try await described.names() == [])
    let (kept, second) = try await lingering()
    try await change(kept) { $0.completion = .keep }
    try await kept.live(until: second)
    #expect(try await kept.names() == ["once"])
    #expect(try await kept.store.nextEnding() == nil)
    let (moved, third) = try await lingering()
    let later = try ScheduleExpression("at(2025-09-10T22:30:00)", dialect: .scheduler)
    try await change(moved) { $0.expression = later }
    try await moved.live(until: third)
    #expect(try await moved.names() == ["once"])
    try await moved.live(until: World.start.after(86_400 + 1_800 + 3_600))
    #expect(try await moved.names() == [])
    #expect(try await moved.visible("q") == 2)
  }

  @Test func `a schedule that was given an earlier slot by a clock that was set back stays for the invocation of that`()
    async throws
  {
    let (world, due) = try await lingering()
    world.clock.set(to: World.start.after(60))
    let earlier = try ScheduleExpression("at(2025-09-09T22:10:00)", dialect: .scheduler)
    try await change(world) {
      $0.expression = earlier
      $0.window = 1_440
    }
    try await world.live(until: World.start.after(1_200))
    let slot = try #require(Timestamp("2025-09-09T22:10:00Z"))
    let schedule = try #require(try await world.store.schedule(ScheduleName("once")))
    let last = slot + schedule.delay(of: slot)
    try #require(last > due)
    try await world.live(until: due)
    #expect(try await world.names() == ["once"])
    try await world.live(until: last)
    #expect(try await world.names() == [])
    #expect(try await world.visible("q") == 2)
  }

  @Test func `a schedule that is made anew within the window of the one before it stays`() async throws {
    let (world, due) = try await lingering()
    #expect(try await world.engine.schedules.remove(ScheduleName("once"), .testing))
    let target = world.target(world.settings.names.queue("q"), "x")
    try await world.make("once", "rate(1 day)", target, completion: .delete)
    try await world.live(until: due)
    #expect(try await world.names() == ["once"])
    #expect(try await world.store.nextEnding() == nil)
  }

  @Test func `a last slot that waited has its window too, and the schedule stays for it`() async throws {
    let world = try await World(try World.settings(schedule: "cron(0 0 1 1 ? 2100)"))
    try await world.queue("q")
    let target = world.target(world.settings.names.queue("q"), "x")
    let slots = [World.start, World.start.after(60)]
    let minutely = try ScheduleExpression("rate(1 minute)", dialect: .scheduler)
    // One whose second invocation comes well after its first, which it waits for.
    let name = try #require(
      (0..<50).map { "s-\($0)" }.first { name in
        let schedule = Schedule(
          name: ScheduleName(name), expression: minutely, window: 60, target: target, createdAt: slots[0],
          modifiedAt: slots[0], since: slots[0])
        let moments = slots.map { $0 + schedule.delay(of: $0) }
        return moments[0] > slots[1] && moments[1] - moments[0] > .minutes(5)
      })
    try await world.make(
      name, "rate(1 minute)", target, window: 60, end: slots[1], completion: .delete, overlap: .bufferOne)
    try await world.live(until: slots[1])
    #expect(try await world.store.waitingHeads().map(\.slot) == [slots[1]])
    let first = try #require(try await world.engine.deliverer.nextDue())
    try await world.live(until: first)
    let due = try #require(try await world.store.nextEnding())
    #expect(due > first)
    #expect(try await world.names() == [name])
    try await world.live(until: due)
    #expect(try await world.names() == [])
    #expect(try await world.visible("q") == 2)
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
