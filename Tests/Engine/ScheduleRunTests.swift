import Deliveries
import Engine
import Events
import Ingestion
import Rules
import Schedules
import Simulation
import Telemetry
import Testing

/// What operators do with one schedule of EventBridge Scheduler: another timetable, and an invocation outside of it.
@Suite struct ScheduleRunTests {
  private let note = ChangeNote(operation: "run", who: "ana", why: "the report is late")

  private func code(_ act: () async throws -> Void) async throws -> ControlError.Code? {
    do {
      try await act()
      return nil
    } catch let error as ControlError {
      return error.code
    }
  }

  @Test func `run now of a schedule with a function is a manual run, answered at once, and no slot is taken away`()
    async throws
  {
    let world = try await World()
    let orchestrator = world.settings.names.function(world.names.orchestrator)
    try await world.make("hourly", "rate(1 hour)", world.target(orchestrator, nil))
    let answer = try await ScheduleControl(world.engine).run("default/hourly", requestID: "r-1", note)
    #expect(answer["decision"] == "dispatched")
    let run = try #require(try await world.store.runs(limit: 1).first)
    #expect(run.request.triggerType == .manual && run.request.triggerTime == world.clock.now())
    let row = try await world.entry("operator/r-1")
    #expect(row.code == .operatorAction && row.about.rule == "default/hourly" && row.about.parentID == "r-1")
    #expect(row.summary == "run now by ana: the report is late" && row.facts["who"] == "ana")
    #expect(try await world.entry("r-1").about.slot == nil)
    try await world.live(until: World.start.after(3_600))
    #expect(try await world.entry("default/hourly@2025-09-09T23:00:00Z").about.triggerType == "schedule")
  }

  @Test func `run now of a schedule with a queue stores one delivery, which is made as a slot's is`() async throws {
    let world = try await World()
    try await world.queue("q")
    let target = world.target(world.settings.names.queue("q"), "at <aws.scheduler.scheduled-time>")
    try await world.make("daily", "cron(0 7 * * ? *)", target)
    let now = world.clock.now()
    let answer = try await ScheduleControl(world.engine).run("default/daily", requestID: "r-1", note)
    #expect(
      answer == [
        "schedule": "default/daily", "enqueued": "a message to the queue q", "cause_id": "r-1",
        "target": "arn:aws:sqs:us-east-1:123456789012:q", "at": .string(now.description),
      ])
    #expect(try await world.visible("q") == 0, "it is stored first, and delivered by the loop that delivers slots")
    _ = try await world.engine.settle()
    #expect(try await world.taken("q").map(\.body) == ["at \(now)"])
    let row = try await world.entry("r-1")
    #expect(row.code == .delivered && row.about.triggerType == "manual" && row.about.rule == "default/daily")
    #expect(row.about.slot == nil)
    _ = try await world.engine.settle()
    #expect(try await world.visible("q") == 0, "once")
  }

  @Test func `run now of a bus and of an operation says what was enqueued`() async throws {
    let world = try await World()
    try await world.queue("q")
    let names = world.settings.names
    try await world.make(
      "bus", "cron(0 7 * * ? *)",
      world.target(names.bus("default"), "{}", parameters: .event(detailType: "d", source: "s")))
    let operation = try #require(ResourceName("arn:aws:scheduler:::aws-sdk:sqs:sendMessage"))
    try await world.make(
      "sent", "cron(0 7 * * ? *)", world.target(operation, #"{"QueueUrl":"http://x/123456789012/q","MessageBody":"b"}"#)
    )
    let control = ScheduleControl(world.engine)
    #expect(try await control.run("default/bus", requestID: "r-1", note)["enqueued"] == "an event to the bus default")
    #expect(try await control.run("default/sent", requestID: "r-2", note)["enqueued"] == "a message to the queue q")
    _ = try await world.engine.settle()
    #expect(try await world.taken("q").map(\.body) == ["b"])
    var query = EventQuery()
    query.source = "s"
    let events = try await world.store.events(query)
    #expect(events.map(\.recorded.event.detailType) == ["d"] && events.first?.recorded.parentID == "r-1")
  }

  @Test func `what is not there, has no function or may not be used is refused as a rule's is`() async throws {
    let world = try await World(authority: RoleForbids())
    let names = world.settings.names
    try await world.make("gone", "rate(1 day)", world.target(names.function("gone"), nil))
    try await world.make("barred", "rate(1 day)", world.target(names.function(world.names.orchestrator), nil))
    let control = ScheduleControl(world.engine)
    #expect(try await code { _ = try await control.run("default/nobody", requestID: "r", note) } == .noSuchRule)
    #expect(try await code { _ = try await control.run("default/gone", requestID: "r", note) } == .noFunctionTarget)
    #expect(try await code { _ = try await control.run("default/barred", requestID: "r", note) } == .failed)
    #expect(try await world.store.entry(of: "operator/r") == nil, "nothing was done, so nothing is written of it")
  }

  @Test func `a change of a schedule's time keeps everything else of it, and counts from now`() async throws {
    let world = try await World()
    let target = world.target(world.settings.names.queue("q"), "x")
    let moment = world.clock.now()
    let made = Schedule(
      name: ScheduleName(group: "default", "late"), description: "words", state: .disabled,
      expression: try ScheduleExpression("rate(1 hour)", dialect: .scheduler), timezone: "America/New_York",
      end: moment.after(86_400 * 30), window: 5, target: target, completion: .delete, createdAt: moment,
      modifiedAt: moment, since: moment, misfire: MisfirePolicy(kind: .all, window: .hours(2), countMax: 3),
      overlap: .skip)
    let old = try await world.engine.schedules.change(made.name, note) { _ in made }
    world.clock.advance(to: moment.after(600))
    let owner = try await ScheduleControl(world.engine).change("default/late", to: "cron(0 9 * * ? *)", note)
    guard case .schedule(let changed) = owner else {
      Issue.record("it is a schedule")
      return
    }
    #expect(changed.expression.text == "cron(0 9 * * ? *)" && changed.since == world.clock.now())
    var expected = old
    expected.expression = changed.expression
    expected.version = 2
    expected.modifiedAt = world.clock.now()
    expected.since = world.clock.now()
    #expect(changed == expected)
    let row = try await world.entry("default/late#2@\(world.clock.now().preciseText)")
    #expect(row.facts["why"] == "the report is late")
    #expect(row.facts["changes"] == ["schedule_expression rate(1 hour) → cron(0 9 * * ? *)"])
  }

  @Test func `a change to what Scheduler would not take, or of what is not there, is refused`() async throws {
    let world = try await World()
    let moment = world.clock.now()
    try await world.make("a", "rate(1 hour)", world.target(world.settings.names.queue("q"), "x"))
    let control = ScheduleControl(world.engine)
    #expect(try await code { _ = try await control.change("default/a", to: "every day", note) } == .invalidSchedule)
    #expect(try await code { _ = try await control.change("default/b", to: "rate(1 day)", note) } == .noSuchRule)
    _ = try await world.engine.schedules.change(ScheduleName("a"), note) { old in
      var schedule = try #require(old)
      schedule.timezone = "America/New_York"
      return schedule
    }
    // That night's clock skips the time.
    let silent = "at(2026-03-08T02:30:00)"
    #expect(try await code { _ = try await control.change("default/a", to: silent, note) } == .invalidSchedule)
    #expect(try await world.engine.schedules.schedule(ScheduleName("a"))?.expression.text == "rate(1 hour)")
    #expect(moment == world.clock.now())
  }
}

/// Every role is refused.
private struct RoleForbids: Authority {
  func refusal(of rule: ResourceName, to target: ResourceName) -> String? { nil }
  func refusal(_ use: RoleUse) -> String? { "the role may not \(use.action)" }
  func hasBus(_ name: String) -> Bool { name == "default" }
}
