import Engine
import Events
import Extraction
import Ingestion
import Operations
import Rules
import SQLiteStore
import Schedules
import Simulation
import Telemetry
import Testing

@Suite struct ShelfTests {
  private let note = ChangeNote(operation: "Redrive", who: "ana", why: "the table is registered now")

  private func publish(_ room: Room, _ id: String, _ detail: JSON) async throws {
    _ = try await room.engine.publisher.publish([
      Event(
        id: id, source: "ops.manual", detailType: "Adhoc Ingestion", account: "123456789012", region: "us-east-1",
        time: room.clock.now(), resources: [], detail: detail)
    ])
    _ = try await room.engine.settle()
  }

  private func settle(_ room: Room) async throws {
    for _ in 0..<20 {
      room.clock.advance(to: room.clock.now() + .seconds(1))
      _ = try await room.room.mover.step()
      _ = try await room.engine.settle()
    }
  }

  @Test func `a letter that is still invalid says so, stays, and can be thrown away with who and why`() async throws {
    let room = try await Room()
    try await publish(room, "e-1", ["domain": "unknown", "symbols": ["AAPL"]])
    let letter = try #require(try await room.room.shelf.letters(nil).first)
    #expect(letter.code == "UNKNOWN_TABLE")
    #expect(letter.rule == room.names.opsManualRule)
    let outcome = try await room.room.shelf.preview(letter)
    #expect(outcome.word == "still_invalid")
    #expect(outcome.sentence.hasPrefix("UNKNOWN_TABLE: "))
    let task = try #require(
      try await room.room.mover.start(
        source: letter.queue, destination: nil, perSecond: nil, code: nil, note))
    try await settle(room)
    let ended = try #require(try await room.room.mover.task(task.handle))
    #expect(ended.status == .completed)
    #expect(ended.moved == 0 && ended.kept == 1 && ended.total == 1)
    #expect(try await room.room.shelf.discard(letter, note))
    #expect(try await !room.room.shelf.discard(letter, note))
    let row = try #require(try await room.store.entry(of: "operator/discard/\(letter.id)"))
    #expect(row.facts["who"] == "ana")
    #expect(try await room.room.shelf.letters(nil).isEmpty)
  }

  @Test func `a letter of a schedule goes to the queue that was missing, as it was last sent`() async throws {
    let room = try await Room()
    let names = room.engine.settings.names
    let now = room.clock.now()
    let target = Target(
      id: "schedule", arn: names.queue("late"), input: .scheduled(#"{"n":<aws.scheduler.attempt-number>}"#),
      deadLetter: names.queue(room.names.triggerDeadLetters), role: "arn:aws:iam::123456789012:role/scheduler")
    let schedule = Schedule(
      name: ScheduleName("s"), expression: try ScheduleExpression("at(2025-09-09T21:55:00)", dialect: .scheduler),
      target: target, createdAt: now, modifiedAt: now, since: now)
    _ = try await room.engine.schedules.change(ScheduleName("s"), note) { _ in schedule }
    try await room.live(minutes: 6)
    let letter = try #require(try await room.room.shelf.letters(nil).first)
    #expect(letter.code == "AWS.SimpleQueueService.NonExistentQueue" && letter.rule == nil)
    #expect(try await room.room.shelf.preview(letter).word == "still_invalid")
    _ = try await room.store.create(QueueDefinition(name: "late"), at: room.clock.now())
    #expect(try await room.room.shelf.redrive(letter) == nil)
    try await settle(room)
    let messages = try await room.store.receive("late", limit: 10, visibility: .zero, at: room.clock.now())
    #expect(messages.map(\.body) == [#"{"n":1}"#])
    #expect(try await room.room.shelf.letters(nil).isEmpty)
  }

  @Test func `a letter whose target was missing runs once the rule is mended, and only once`() async throws {
    let room = try await Room()
    let rule = room.names.opsManualRule
    let good = try #require(room.engine.book.bus.rule(rule))
    _ = try await room.engine.book.change(rule, note) { _ in
      var broken = good
      let gone = ResourceName(
        service: "lambda", region: "us-east-1", account: "123456789012", resource: "function:gone")
      broken.targets = [Target(id: "gone", arn: gone, input: .whole, deadLetter: good.targets.first?.deadLetter)]
      return broken
    }
    for number in 1...3 { try await publish(room, "e-\(number)", ["symbols": ["AAPL"], "force_symbols": true]) }
    let letters = try await room.room.shelf.letters(nil)
    #expect(letters.map(\.code) == ["NO_RESOURCE", "NO_RESOURCE", "NO_RESOURCE"], "\(letters.map(\.code))")
    #expect(try await room.room.shelf.preview(letters[0]).word == "still_invalid")
    _ = try await room.engine.book.change(rule, note) { _ in good }
    #expect(try await room.room.shelf.preview(letters[0]).word == "would_pass")
    _ = try await room.room.mover.start(
      source: room.names.triggerDeadLetters, destination: nil, perSecond: 1, code: nil, note)
    #expect(
      try await room.room.mover.start(
        source: room.names.triggerDeadLetters, destination: nil, perSecond: 1, code: nil, note) == nil,
      "one task a queue at a time")
    _ = try await room.room.mover.step()
    #expect(try await room.room.shelf.letters(nil).count == 2, "it is paced")
    try await settle(room)
    #expect(try await room.room.shelf.letters(nil).isEmpty)
    let runs = try await room.store.runs(limit: 10)
    #expect(runs.count == 3)
    #expect(Set(runs.map(\.request.correlationID)) == ["e-1/\(rule)", "e-2/\(rule)", "e-3/\(rule)"])
    let entry = try #require(try await room.store.entry(of: "redrive/\(letters[0].id)"))
    #expect(entry.about.parentID == "e-1/\(rule)")
    #expect(try await room.store.brokenLinks().isEmpty)
  }

  @Test func `an event that ran meanwhile is a duplicate, not a second run`() async throws {
    let room = try await Room()
    try await publish(room, "e-1", ["symbols": ["AAPL"], "force_symbols": true])
    let rule = room.names.opsManualRule
    let event = try #require(try await room.store.event("e-1")?.event)
    let now = room.clock.now()
    try await room.store.send(
      [
        DeadLetter.message(
          to: room.names.triggerDeadLetters, id: "dead-x", body: event.json.text,
          rule: room.engine.settings.names.rule(rule).description,
          target: room.engine.settings.names.function(room.names.orchestrator).description, code: "X", reason: "x",
          exhausted: nil, retries: 0, at: now)
      ], at: now)
    let letter = try #require(try await room.room.shelf.letter("dead-x"))
    #expect(try await room.room.shelf.preview(letter).word == "duplicate")
    #expect(try await room.room.shelf.redrive(letter) == nil)
    _ = try await room.engine.settle()
    #expect(try await room.store.runs(limit: 10).count == 1)
    #expect(try await room.store.entry(of: "redrive/dead-x")?.decision == .duplicate)
  }

  @Test func `a task that is stopped leaves the rest where it is`() async throws {
    let room = try await Room()
    let now = room.clock.now()
    for number in 1...5 {
      try await room.store.send(
        [OutgoingMessage(queue: room.names.workDeadLetters, id: "m-\(number)", body: "x", visibleAt: now)], at: now)
    }
    let task = try #require(
      try await room.room.mover.start(
        source: room.names.workDeadLetters, destination: room.names.transformQueue, perSecond: 2, code: nil, note))
    _ = try await room.room.mover.step()
    #expect(try await room.room.mover.cancel(task.handle, note)?.status == .cancelled)
    try await settle(room)
    #expect(try await room.store.depth(room.names.workDeadLetters, at: room.clock.now()).visible == 3)
    #expect(try await room.store.depth(room.names.transformQueue, at: room.clock.now()).visible == 2)
    #expect(try await room.room.mover.cancel(task.handle, note) == nil)
    var query = LedgerQuery()
    query.decision = .changed
    let stops = try await room.store.entries(query).filter { $0.summary.hasPrefix("stop of the redrive") }
    #expect(stops.map { $0.facts["who"] } == ["ana"], "who stopped it is written down, once")
  }

  @Test func `a chunk that was given up is asked for again with the run's own date`() async throws {
    let room = try await Room()
    room.source.outage = SourceError(.throttled, reason: "429")
    room.clock.advance(to: Room.start)
    _ = try await room.engine.settle()
    let body = try #require(
      try await room.store.receive(
        room.names.workQueue, limit: 1, visibility: .seconds(1), at: room.clock.now() + .hours(1)
      ).first?.body)
    try await room.store.send(
      [
        DeadLetter.message(
          to: room.names.workDeadLetters, id: "dead-chunk", body: body, rule: nil, target: "t", code: "CHUNK_FAILED",
          reason: "given up", exhausted: nil, retries: 3, at: room.clock.now())
      ], at: room.clock.now())
    room.source.outage = nil
    room.clock.advance(to: room.clock.now() + .days(2))
    _ = try await room.engine.settle()
    let letter = try #require(try await room.room.shelf.letter("dead-chunk"))
    #expect(try await room.room.shelf.redrive(letter) == nil)
    _ = try await room.engine.settle()
    let entry = try #require(try await room.store.entry(of: "redrive/dead-chunk"))
    #expect(entry.decision == .dispatched, "\(entry.summary)")
    #expect(entry.about.ds == Room.start.dateText)
  }
}
