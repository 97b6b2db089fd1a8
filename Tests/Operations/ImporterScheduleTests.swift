import Deliveries
import Engine
import Events
import Operations
import Rules
import SQLiteStore
import Schedules
import Telemetry
import Templates
import Testing

/// Schedules of EventBridge Scheduler, handed out as a template and taken over.
@Suite struct ImporterScheduleTests {
  private static let note = ChangeNote(operation: "Import", who: "ana", why: "trial")

  private func place(_ inventory: JSON) throws -> StackPlace {
    StackPlace(
      names: ResourceNames(
        account: try #require(inventory["account"]?.string), region: try #require(inventory["region"]?.string)),
      stackName: "stack", functions: Set((inventory["functions"]?.elements ?? []).compactMap(\.string)),
      queues: Set((inventory["queues"]?.elements ?? []).compactMap { $0["name"]?.string }),
      universeParameter: try #require(inventory["universe_parameter"]?.string))
  }

  private func export(_ room: Room) async throws -> String {
    let inventory = try await Importer(room.room).inventory()
    let definitions = try StackDefinitions(json: inventory)
    return TemplateWriter.template(definitions, at: try place(inventory), description: "dev").prettyText
  }

  private func read(_ template: String, for room: Room) async throws -> TemplateReader.Reading {
    let inventory = try await Importer(room.room).inventory()
    return TemplateReader.read(try JSON(parsing: template), at: try place(inventory))
  }

  private func stack(_ room: Room, _ name: ScheduleName, _ arn: ResourceName) throws -> StackSchedule {
    try StackSchedule(
      name: name, expression: "rate(1 day)",
      target: Target(
        id: "schedule", arn: arn, input: .scheduled("{}"), deadLetter: nil,
        role: "arn:aws:iam::123456789012:role/scheduler"))
  }

  /// A room with a group and schedules of every kind.
  private func furnished() async throws -> Room {
    let room = try await Room()
    let names = room.engine.settings.names
    let now = room.clock.now()
    try await room.engine.schedules.save(
      ScheduleGroup(name: "reports", tags: ["team": "data"], createdAt: now, modifiedAt: now), Self.note)
    let role = "arn:aws:iam::123456789012:role/scheduler"
    let letters = names.queue(room.names.triggerDeadLetters)
    let targets: [(String, ResourceName, String?, TargetParameters?)] = [
      ("function", names.function(room.names.orchestrator), nil, nil),
      ("queue", names.queue(room.names.workQueue), "<aws.scheduler.scheduled-time> ${x}", .message(groupID: "g")),
      ("bus", names.bus("default"), "{}", .event(detailType: "Due", source: "shop")),
      (
        "operation", try #require(ResourceName("arn:aws:scheduler:::aws-sdk:lambda:invoke")),
        #"{"FunctionName":"f"}"#, nil
      ),
    ]
    for (index, (name, arn, input, parameters)) in targets.enumerated() {
      let schedule = Schedule(
        name: ScheduleName(group: index == 0 ? "default" : "reports", name), description: index == 0 ? nil : "d",
        state: index == 1 ? .disabled : .enabled,
        expression: try ScheduleExpression(
          index == 2 ? "at(2030-01-31T09:00:00)" : "cron(0 22 * * ? *)", dialect: .scheduler),
        timezone: index == 0 ? "UTC" : "Asia/Seoul", start: index == 1 ? now : nil,
        end: index == 1 ? now.after(86_400) : nil, window: index == 3 ? 15 : nil,
        target: Target(
          id: "schedule", arn: arn, input: .scheduled(input),
          retry: try #require(.init(retriesMax: 185 - index, ageSecondsMax: 86_400)),
          deadLetter: index == 1 ? letters : nil, role: role, parameters: parameters),
        completion: index == 2 ? .delete : .keep, kmsKey: index == 3 ? "arn:aws:kms:us-east-1:123456789012:key/k" : nil,
        createdAt: now, modifiedAt: now, since: now, misfire: room.engine.settings.misfire)
      _ = try await room.engine.schedules.change(schedule.name, Self.note) { _ in schedule }
    }
    return room
  }

  @Test func `an export with schedules and groups, taken over by another engine, is exported as the same text`()
    async throws
  {
    let first = try await furnished()
    let template = try await export(first)
    let second = try await Room()
    let reading = try await read(template, for: second)
    #expect(reading.notes == [])
    let plan = try await Importer(second.room).take(reading.definitions, Self.note)
    #expect(
      plan.steps.filter { $0.action == .create }.map { "\($0.kind) \($0.name)" } == [
        "group reports", "schedule default/function", "schedule reports/bus", "schedule reports/operation",
        "schedule reports/queue",
      ])
    #expect(try await export(second) == template)
    for name in ["default/function", "reports/bus", "reports/operation", "reports/queue"] {
      let name = try #require(ScheduleName(name))
      let old = try #require(try await first.engine.schedules.schedule(name))
      var expected = try #require(try await second.engine.schedules.schedule(name))
      #expect(expected.target == old.target)
      // CloudFormation has no property for what becomes of it in the end.
      expected.completion = old.completion
      #expect(expected == old)
    }
    #expect(try await second.engine.schedules.groups().first { $0.name == "reports" }?.tags == ["team": "data"])
    let again = try await Importer(second.room).take(reading.definitions, Self.note)
    #expect(!again.changesAnything)
  }

  @Test func `what CloudFormation has no property for is told when it is exported`() async throws {
    let definitions = try await Importer(try await furnished().room).definitions()
    #expect(
      TemplateWriter.losses(definitions).map(\.line) == [
        "PROPERTY_NOT_KEPT  reports/bus.ActionAfterCompletion: CloudFormation has no property for DELETE, so deployed it "
          + "stays after its last slot"
      ])
  }

  @Test func `a schedule that is there is replaced, and keeps what a template does not speak of`() async throws {
    let room = try await furnished()
    let name = ScheduleName(group: "reports", "bus")
    _ = try await room.engine.schedules.change(name, Self.note) { old in
      var schedule = try #require(old)
      schedule.overlap = .skip
      return schedule
    }
    let wanted = try stack(room, name, room.engine.settings.names.queue(room.names.workQueue))
    let plan = try await Importer(room.room).take(StackDefinitions(schedules: [wanted]), Self.note)
    let step = try #require(plan.steps.first { $0.name == "reports/bus" })
    #expect(step.action == .change && step.what.contains("target"))
    #expect(step.what.contains(#"schedule_expression "at(2030-01-31T09:00:00)" → "rate(1 day)""#))
    #expect(plan.steps.first { $0.name == "reports/queue" }?.action == .left)
    let now = try #require(try await room.engine.schedules.schedule(name))
    #expect(now.version == 3 && now.overlap == .skip && now.completion == .delete)
    #expect(now.expression.text == "rate(1 day)" && now.description == nil)
    let row = try #require(try await room.store.entry(of: "reports/bus#3@\(room.clock.now().preciseText)"))
    #expect(row.facts["who"] == "ana")
  }

  @Test func `what Scheduler would not take is refused before anything has changed`() async throws {
    let room = try await Room()
    let names = room.engine.settings.names
    let queue = names.queue(room.names.workQueue)
    let nowhere = try StackSchedule(
      name: ScheduleName("a"), expression: "rate(1 day)", timezone: "Nowhere/Land",
      target: try stack(room, ScheduleName("a"), queue).target)
    let silent = try StackSchedule(
      name: ScheduleName("a"), expression: "at(2026-03-08T02:30:00)", timezone: "America/New_York",
      target: nowhere.target)
    let wrong: [(String, [StackSchedule])] = [
      ("in the group lost", [try stack(room, ScheduleName(group: "lost", "a"), queue)]),
      ("Invalid Schedule Expression Timezone Nowhere/Land.", [nowhere]), ("02:30", [silent]),
      ("is not valid: ", [try stack(room, ScheduleName("a"), names.bus("default"))]),
      (
        "2000 is the most",
        try (0...Importer.schedulesMax).map { try stack(room, ScheduleName("s\($0)"), queue) }
      ),
    ]
    for (words, schedules) in wrong {
      let definitions = StackDefinitions(queues: [try StackQueue(name: "new")], schedules: schedules)
      let error = await #expect(throws: StoreError.self, "\(words)") {
        _ = try await Importer(room.room).take(definitions, Self.note)
      }
      #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
    }
    #expect(try await room.store.queue("new") == nil)
    #expect(try await room.engine.schedules.schedules(ScheduleQuery()).isEmpty)
  }

  @Test func `of more schedules than a template takes the first are handed out, and that there are more is said`()
    async throws
  {
    let room = try await Room()
    let now = room.clock.now()
    let target = try stack(room, ScheduleName("a"), room.engine.settings.names.queue(room.names.workQueue)).target
    let expression = try ScheduleExpression("rate(1 day)", dialect: .scheduler)
    let many = (0...Importer.schedulesMax).map { index in
      Schedule(
        name: ScheduleName("s\(10_000 + index)"), expression: expression, target: target, createdAt: now,
        modifiedAt: now, since: now)
    }
    try await room.engine.schedules.create(many, Self.note)
    let inventory = try await Importer(room.room).inventory()
    #expect(inventory["schedules_left_out"] == true)
    #expect(inventory["schedules"]?.elements?.count == Importer.schedulesMax)
    // One behind the first is known all the same where it is wanted.
    let last = try #require(many.last)
    let plan = try await Importer(room.room).plan(StackDefinitions(schedules: [StackSchedule(last)]))
    #expect(plan.steps.first { $0.name == last.name.description }?.action == .unchanged)
  }
}
