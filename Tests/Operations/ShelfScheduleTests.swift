import Engine
import Events
import Operations
import Rules
import SQLiteStore
import Schedules
import Telemetry
import Testing

@testable import HTTPServer

/// The way back of what a schedule's target did not take.
@Suite struct ShelfScheduleTests {
  private let note = ChangeNote(operation: "Redrive", who: "ana", why: "the bus is there now")

  /// A schedule that fires once, at 21:55, and whose letter lies on the shelf then.
  private func letter(
    _ room: Room, _ arn: ResourceName, _ input: String?, role: String = "scheduler",
    parameters: TargetParameters? = nil
  ) async throws -> Letter {
    let now = room.clock.now()
    let schedule = Schedule(
      name: ScheduleName("s"), expression: try ScheduleExpression("at(2025-09-09T21:55:00)", dialect: .scheduler),
      target: Target(
        id: "schedule", arn: arn, input: .scheduled(input),
        deadLetter: room.engine.settings.names.queue(room.names.triggerDeadLetters),
        role: "arn:aws:iam::123456789012:role/\(role)", parameters: parameters),
      createdAt: now, modifiedAt: now, since: now)
    _ = try await room.engine.schedules.change(ScheduleName("s"), note) { _ in schedule }
    try await room.live(minutes: 6)
    return try #require(try await room.room.shelf.letters(nil).first)
  }

  private func settle(_ room: Room) async throws {
    room.clock.advance(to: room.clock.now() + .seconds(1))
    _ = try await room.engine.settle()
  }

  private func make(bus: String, _ room: Room) async throws {
    try await room.room.documents.save([DocumentChange(.eventBus, bus, .object([]))], at: room.clock.now())
  }

  private func events(_ room: Room, of source: String) async throws -> [RecordedEvent] {
    var query = EventQuery()
    query.source = source
    return try await room.store.events(query).map(\.recorded)
  }

  @Test(arguments: [#"{"n":<aws.scheduler.attempt-number>}"#, nil])
  func `a letter of a bus becomes its event once the bus is there`(_ input: String?) async throws {
    let room = try await Room()
    let letter = try await letter(
      room, room.engine.settings.names.bus("late"), input, parameters: .event(detailType: "Due", source: "shop"))
    #expect(letter.code == "ResourceNotFoundException")
    let outcome = try await room.room.shelf.preview(letter)
    #expect(outcome == .invalid(code: "TARGET_MISSING", "there is no event bus late"))
    let group = try await ShelfService(room.room).list(nil, previews: true)["groups"]?.elements?.first
    #expect(group?["rule"] == "default/s" && group?["preview"] == ["still_invalid": 1])
    try await make(bus: "late", room)
    #expect(try await room.room.shelf.preview(letter).word == "would_pass")
    // The schedule may be gone by then: the letter says all that is needed.
    _ = try await room.engine.schedules.remove(ScheduleName("s"), note)
    #expect(try await room.room.shelf.redrive(letter) == nil)
    try await settle(room)
    let events = try await events(room, of: "shop")
    #expect(events.map(\.event.detailType) == ["Due"])
    #expect(events.map(\.event.detail) == [input == nil ? [:] : ["n": 1]])
    #expect(try await room.room.shelf.letters(nil).isEmpty)
    let row = try #require(try await room.store.entry(of: "redrive/\(letter.id)"))
    #expect(row.about.parentID == "default/s@2025-09-09T21:55:00Z" && row.about.rule == "default/s")
    try await settle(room)
    #expect(try await self.events(room, of: "shop").count == 1)
  }

  @Test func `a letter of an operation is carried out again, to where it was going`() async throws {
    let room = try await Room()
    let operation = try #require(ResourceName("arn:aws:scheduler:::aws-sdk:sqs:sendMessage"))
    let letter = try await letter(
      room, operation, #"{"QueueUrl":"http://x/123456789012/late","MessageBody":"<aws.scheduler.scheduled-time>"}"#)
    #expect(
      try await room.room.shelf.preview(letter) == .invalid(code: "TARGET_MISSING", "there is no queue late"))
    _ = try await room.store.create(QueueDefinition(name: "late"), at: room.clock.now())
    #expect(try await room.room.shelf.redrive(letter) == nil)
    try await settle(room)
    let messages = try await room.store.receive("late", limit: 10, visibility: .zero, at: room.clock.now())
    #expect(messages.map(\.body) == ["2025-09-09T21:55:00Z"])
  }

  @Test func `events of an operation are put again, and a text that is no JSON goes to its queue again`() async throws {
    let room = try await Room()
    let operation = try #require(ResourceName("arn:aws:scheduler:::aws-sdk:eventbridge:putEvents"))
    let entry = #"{"Source":"shop","DetailType":"Due","Detail":"{}","EventBusName":"late"}"#
    let first = try await letter(room, operation, #"{"Entries":[\#(entry),\#(entry)]}"#)
    try await make(bus: "late", room)
    #expect(try await room.room.shelf.redrive(first) == nil)
    try await settle(room)
    #expect(try await events(room, of: "shop").count == 2)
    let other = try await Room()
    let second = try await letter(other, other.engine.settings.names.queue("late"), "no json")
    _ = try await other.store.create(QueueDefinition(name: "late"), at: other.clock.now())
    #expect(try await other.room.shelf.redrive(second) == nil)
    try await settle(other)
    let messages = try await other.store.receive("late", limit: 10, visibility: .zero, at: other.clock.now())
    #expect(messages.map(\.body) == ["no json"])
  }

  @Test func `a letter whose role may not is kept until the role may`() async throws {
    let room = try await Room()
    let names = room.engine.settings.names
    let queue = names.queue(room.names.workQueue)
    let trust =
      #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"scheduler.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#
    func save(_ policies: [String: String]) async throws {
      try await room.room.permissions.save(
        Role(name: "r", id: "AROA", description: nil, trust: trust, policies: policies, createdAt: room.clock.now()))
    }
    try await save([:])
    let letter = try await letter(room, queue, "x", role: "r")
    guard case .invalid("NOT_PERMITTED", _) = try await room.room.shelf.preview(letter) else {
      Issue.record("the role may not")
      return
    }
    try await save([
      "p":
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"\#(queue)"}]}"#
    ])
    #expect(try await room.room.shelf.preview(letter).word == "would_pass")
  }

  @Test func `a letter from before, which says no more than Scheduler does, is completed by the schedule of now`()
    async throws
  {
    let room = try await Room()
    let letter = try await letter(
      room, room.engine.settings.names.bus("late"), "{}", parameters: .event(detailType: "Due", source: "shop"))
    try await make(bus: "late", room)
    var attributes = letter.attributes
    attributes[DeadLetter.invocationAttribute] = nil
    let old = Letter(
      sequence: letter.sequence, queue: letter.queue, id: letter.id, body: letter.body, attributes: attributes,
      sentAt: letter.sentAt, isInFlight: false)
    #expect(try await room.room.shelf.preview(old).word == "would_pass")
    _ = try await room.engine.schedules.remove(ScheduleName("s"), note)
    let outcome = try await room.room.shelf.preview(old)
    #expect(outcome.sentence.hasPrefix("INPUT_NOT_SHAPED: an event bus needs EventBridgeParameters"))
  }
}
