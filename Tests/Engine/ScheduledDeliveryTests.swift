import Deliveries
import Engine
import Events
import Foundation
import Ingestion
import Rules
import Schedules
import Simulation
import Synchronization
import Telemetry
import Testing

/// What a schedule's target is given, when, how often, and what becomes of it when it is not taken.
@Suite struct ScheduledDeliveryTests {
  @Test(arguments: try Array(0..<TargetVector.load().count))
  func `a target is taken or refused before it is ever invoked`(_ index: Int) throws {
    let row = try TargetVector.load()[index]
    let target = try Target(json: row.target)
    #expect(try Target(json: target.json) == target)
    let names = ResourceNames(account: "123456789012", region: "us-east-1")
    guard let refusal = row.refusal else {
      try ScheduledErrand.check(target, of: ScheduleName("s"), names)
      return
    }
    let error = #expect(throws: DeliveryError.self) {
      try ScheduledErrand.check(target, of: ScheduleName("s"), names)
    }
    #expect(error?.reason.contains(refusal) == true, "\(row.target.text): \(error?.reason ?? "")")
  }

  @Test func `a queue gets the input with its context attributes, once`() async throws {
    let world = try await World()
    try await world.queue("q")
    let text = "<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time> <aws.scheduler.attempt-number> <aws.other>"
    try await world.make("once", "at(2025-09-09T22:30:00)", world.target(world.settings.names.queue("q"), text))
    try await world.live(until: World.start.after(3_600))
    let bodies = try await world.taken("q").map(\.body)
    #expect(
      bodies == ["arn:aws:scheduler:us-east-1:123456789012:schedule/default/once 2025-09-09T22:30:00Z 1 <aws.other>"])
    let entry = try await world.entry("default/once@2025-09-09T22:30:00Z")
    #expect(entry.decision == .dispatched && entry.code == .delivered)
  }

  @Test func `without an input the target gets Scheduler's own event`() async throws {
    let world = try await World()
    try await world.queue("q")
    try await world.make("once", "at(2025-09-09T22:30:00)", world.target(world.settings.names.queue("q"), nil))
    try await world.live(until: World.start.after(3_600))
    let event = try JSON(parsing: try #require(try await world.taken("q").first).body)
    #expect(event["source"] == "aws.scheduler" && event["detail-type"] == "Scheduled Event" && event["detail"] == "{}")
    #expect(event["time"] == "2025-09-09T22:30:00Z")
    #expect(event["resources"] == ["arn:aws:scheduler:us-east-1:123456789012:schedule/default/once"])
  }

  @Test(arguments: [nil, #"{"trigger_time":"<aws.scheduler.scheduled-time>"}"#])
  func `the orchestrator runs for the slot, whenever it is invoked`(_ input: String?) async throws {
    let world = try await World()
    let orchestrator = world.settings.names.function(world.names.orchestrator)
    try await world.make("late", "at(2025-09-09T23:55:00)", world.target(orchestrator, input), window: 60)
    let slot = World.start.after(115 * 60)
    try await world.live(until: slot.after(7_200))
    let entry = try await world.entry("default/late@2025-09-09T23:55:00Z")
    #expect(entry.decision == .dispatched && entry.about.triggerType == "schedule" && entry.about.slot == slot)
    let run = try #require(try await world.store.runs(limit: 10).first { $0.causeID == entry.causeID })
    #expect(run.request.triggerTime == slot && run.request.ds == "2025-09-09")
  }

  @Test func `a refused invocation is tried again, and each attempt has its number and the same execution`()
    async throws
  {
    let world = try await World()
    let target = world.target(
      world.settings.names.function("f"), #"{"id":"<aws.scheduler.execution-id>","n":<aws.scheduler.attempt-number>}"#)
    try await world.make("once", "at(2025-09-09T22:30:00)", target)
    let function = Recording(failures: 2)
    try await world.deliver(function, until: World.start.after(3_600))
    let payloads = try function.payloads.map { try JSON(parsing: $0) }
    #expect(payloads.compactMap { $0["n"]?.int } == [1, 2, 3])
    #expect(Set(payloads.compactMap { $0["id"]?.string }).count == 1)
    #expect(payloads.first?["id"]?.string?.utf8.count == 16)
    #expect(try await world.entry("default/once@2025-09-09T22:30:00Z").facts["attempts"] == 3)
  }

  @Test func `one that goes on being refused ends in its dead-letter queue, in Scheduler's words`() async throws {
    let world = try await World()
    try await world.queue("letters")
    let target = world.target(
      world.settings.names.function("f"), #"{"n":<aws.scheduler.attempt-number>}"#,
      retry: try #require(RetryPolicy(retriesMax: 1, ageSecondsMax: 3_600)))
    try await world.make("once", "at(2025-09-09T22:30:00)", target)
    try await world.deliver(Recording(failures: 9), until: World.start.after(3_600))
    let letter = try #require(try await world.taken("letters").first)
    #expect(letter.body == #"{"n":2}"#)
    var attributes = letter.attributes
    let id = attributes.removeValue(forKey: "EXECUTION_ID")
    // Beside Scheduler's own: what it takes to send it again.
    #expect(
      attributes.removeValue(forKey: DeadLetter.invocationAttribute)
        == .string(
          #"{"cause":"default/once@2025-09-09T22:30:00Z","version":1,"RoleArn":"arn:aws:iam::123456789012:role/scheduler"}"#
        ))
    #expect(id?.dataType == "String")
    #expect(
      attributes == [
        "SCHEDULE_ARN": .string("arn:aws:scheduler:us-east-1:123456789012:schedule/default/once"),
        "TARGET_ARN": .string("arn:aws:lambda:us-east-1:123456789012:function:f"),
        "SCHEDULED_TIME": .string("2025-09-09T22:30:00Z"), "ERROR_CODE": .string("FUNCTION_ERROR"),
        "ERROR_MESSAGE": .string("Unhandled: no"), "RETRY_ATTEMPTS": .string("1"),
        "IS_PAYLOAD_TRUNCATED": .string("false"), "EXHAUSTED_RETRY_CONDITION": .string("MaximumRetryAttempts"),
      ])
    #expect(try await world.entry("default/once@2025-09-09T22:30:00Z").code == .retriesExhausted)
  }

  @Test func `what is missing or not permitted is a dead letter at once`() async throws {
    let world = try await World(authority: Forbidding())
    try await world.queue("letters")
    try await world.queue("q")
    let names = world.settings.names
    try await world.make("a", "at(2025-09-09T22:30:00)", world.target(names.queue("q"), "x"))
    try await world.make("b", "at(2025-09-09T22:31:00)", world.target(names.queue("none"), "x"))
    let elsewhere = ResourceName(service: "sqs", region: "eu-west-1", account: "123456789012", resource: "q")
    try await world.make("c", "at(2025-09-09T22:32:00)", world.target(elsewhere, "x"))
    let bus = world.target(
      names.bus("none"), "{}", parameters: .event(detailType: "d", source: "s"))
    try await world.make("d", "at(2025-09-09T22:33:00)", bus)
    try await world.live(until: World.start.after(3_600))
    let letters = try await world.taken("letters")
    #expect(
      letters.map { $0.attributes["ERROR_CODE"] } == [
        .string("AccessDeniedException"), .string("AWS.SimpleQueueService.NonExistentQueue"),
        .string("AWS.SimpleQueueService.NonExistentQueue"), .string("ResourceNotFoundException"),
      ])
    #expect(letters.first?.attributes["ERROR_MESSAGE"] == .string("role/scheduler may not sqs:SendMessage"))
    #expect(letters.allSatisfy { $0.attributes["RETRY_ATTEMPTS"] == .string("0") })
    #expect(letters.allSatisfy { $0.attributes["EXHAUSTED_RETRY_CONDITION"] == nil })
    #expect(try await world.visible("q") == 0)
  }
}

/// A row of `schedule-targets.json`.
private struct TargetVector {
  let target: JSON
  let refusal: String?

  static func load() throws -> [TargetVector] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appending(path: "Vectors/schedule-targets.json"))
    return try #require(try JSON(parsing: Array(data)).elements).map { row in
      var target = try #require(row["target"])
      if let input = target["ScheduledInput"]?.string, input.hasPrefix("{{x*") {
        let count = try #require(Int(input.dropFirst(4).dropLast(2)))
        target.set("ScheduledInput", .string(String(repeating: "x", count: count)))
      }
      return TargetVector(target: target, refusal: row["refusal"]?.string)
    }
  }
}

/// A role may do nothing.
private struct Forbidding: Authority {
  func refusal(of rule: ResourceName, to target: ResourceName) -> String? { nil }
  func refusal(_ use: RoleUse) -> String? { "\(use.role.split(separator: ":").last ?? "") may not \(use.action)" }
  func hasBus(_ name: String) -> Bool { name == "default" }
}

/// A function that keeps what it was given, and fails as often as it was told to.
final class Recording: Function {
  private let state: Mutex<(failures: Int, payloads: [String])>

  init(failures: Int) { state = Mutex((failures, [])) }

  var payloads: [String] { state.withLock { $0.payloads } }

  func invoke(_ payload: [UInt8], _ context: InvocationContext) async -> FunctionOutcome {
    let fails = state.withLock { state in
      state.payloads.append(String(decoding: payload, as: UTF8.self))
      state.failures -= 1
      return state.failures >= 0
    }
    return fails ? .failed(type: "Unhandled", message: "no") : .answered(["ok": true])
  }
}

extension World {
  func target(
    _ arn: ResourceName, _ input: String?, retry: RetryPolicy = .standard, parameters: TargetParameters? = nil
  ) -> Target {
    Target(
      id: "schedule", arn: arn, input: .scheduled(input), retry: retry, deadLetter: settings.names.queue("letters"),
      role: "arn:aws:iam::123456789012:role/scheduler", parameters: parameters)
  }

  func queue(_ name: String) async throws {
    _ = try await store.create(QueueDefinition(name: name), at: clock.now())
  }

  /// Makes a schedule of the default group.
  func make(
    _ name: String, _ expression: String, _ target: Target, window: Int? = nil, end: Timestamp? = nil,
    completion: Schedule.Completion = .keep, state: Rule.State = .enabled, overlap: OverlapPolicy = .allowAll
  ) async throws {
    let now = clock.now()
    let schedule = Schedule(
      name: ScheduleName(name), state: state, expression: try ScheduleExpression(expression, dialect: .scheduler),
      end: end, window: window, target: target, completion: completion, createdAt: now, modifiedAt: now, since: now,
      overlap: overlap)
    _ = try await engine.schedules.change(ScheduleName(name), .testing) { _ in schedule }
  }

  /// Every message of the queue, without taking it away.
  func taken(_ queue: String) async throws -> [ReceivedMessage] {
    try await store.receive(queue, limit: 10, visibility: .zero, at: clock.now())
  }

  /// A deliverer of the world whose one function is that one.
  func deliverer(_ function: any Function, _ journal: (any DeliveryJournal)? = nil) -> Deliverer {
    Deliverer(
      journal ?? store, store, Functions(["f": function], clock, NoObserver()), engine.publisher, authority, clock, log,
      names: settings.names, queueBells: Bells(), width: 1)
  }

  /// One round until nothing is due; false if the store failed, for then it has to be tried again.
  private func isDelivered(by deliverer: Deliverer) async throws -> Bool {
    do {
      while try await deliverer.deliverDue() > 0 {}
      return true
    } catch {
      guard error.code == .unavailable else { throw error }
      return false
    }
  }

  /// Lets time pass with that function in place of the environment's own.
  func deliver(
    _ function: any Function, _ journal: (any DeliveryJournal)? = nil, until end: Timestamp
  ) async throws {
    let deliverer = deliverer(function, journal)
    while true {
      _ = try await engine.scheduler.tick()
      while try await engine.expander.work() > 0 {}
      guard try await isDelivered(by: deliverer) else { continue }
      if try await engine.expander.work() > 0 { continue }
      let next = [engine.scheduler.nextDue(), try await deliverer.nextDue()].compactMap { $0 }.min()
      guard let next, next <= end else { break }
      clock.advance(to: max(next, clock.now()))
    }
    clock.advance(to: end)
  }
}
