import Alarms
import Console
import Engine
import Events
import Extraction
import Ingestion
import Measures
import Operations
import Policies
import Rules
import SQLiteStore
import Simulation
import Telemetry
import Testing

/// Twelve nights on call: the first line of `doctor` or `why` names the cause, the console leads to it in three clicks, and
/// the right alarm, and only that, rings.
@Suite struct IncidentTests {
  /// What rings, and what the first lines say.
  private func examine(_ room: Room) async throws -> (first: String, alarms: Set<String>) {
    let checks = try await Doctor(room.room).examine(asksSources: false)
    let ringing = try await room.room.alarms.alarms().filter { $0.state == .alarm }.map(\.definition.name)
    let first = try #require(checks.first)
    return ("\(first.health.rawValue) \(first.name): \(first.sentence)", Set(ringing.map { String($0.dropFirst(13)) }))
  }

  private func why(_ room: Room, _ id: String) async throws -> String {
    try #require(try await Explainer(room.engine).why(id)?["headline"]?.string)
  }

  private func publish(_ room: Room, _ id: String, _ detail: JSON) async throws {
    _ = try await room.engine.publisher.publish([
      Event(
        id: id, source: "ops.manual", detailType: "Adhoc Ingestion", account: "123456789012", region: "us-east-1",
        time: room.clock.now(), resources: [], detail: detail)
    ])
  }

  private let note = ChangeNote(operation: "PutRule", who: "AKIAMALLORY", why: nil)

  @Test func `1: a put-rule has disabled the schedule`() async throws {
    let room = try await Room()
    try await room.live(minutes: 1)
    _ = try await room.engine.book.change(room.names.scheduleRule, note) { old in
      var rule = try #require(old)
      rule.state = .disabled
      return rule
    }
    try await room.live(minutes: 12)
    let (first, alarms) = try await examine(room)
    #expect(
      first.hasPrefix("failing rules: the rule dev-customer-ingestion-schedule is disabled: PutRule by AKIAMALLORY"))
    #expect(alarms == ["schedule-disabled"])
    let slot = Cause.slotID(rule: room.names.scheduleRule, at: Room.start)
    #expect(try await why(room, slot).contains("RULE_DISABLED"))
    try await Clicks(room.room).follow(
      ["/console/triggers", "/console/triggers/\(room.names.scheduleRule)"], finds: "PutRule by AKIAMALLORY")
  }

  @Test func `2: a data source is misspelt`() async throws {
    let room = try await Room()
    try await publish(room, "e-2", ["data_source": "yahoo_finanse"])
    try await room.live(minutes: 3)
    #expect(try await why(room, "e-2").contains("UNKNOWN_DATA_SOURCE"))
    let (first, alarms) = try await examine(room)
    #expect(first.hasPrefix("warning decisions: 1 rejected") && first.contains("yahoo_finanse"), "\(first)")
    #expect(alarms == ["trigger-dead-letters"])
    try await Clicks(room.room).follow(
      [ConsoleRequest.path(of: .decision(id: "e-2/\(room.names.opsManualRule)"))], finds: "yahoo_finanse")
  }

  @Test func `3: the breaker of the table is open`() async throws {
    let room = try await Room()
    room.source.outage = SourceError(.unavailable, reason: "connection refused")
    for number in 0..<12 {
      try await publish(room, "e-3-\(number)", ["correlation_id": .string("c-\(number)"), "symbols": ["AAPL"]])
      try await room.live(minutes: 5)
    }
    let (first, alarms) = try await examine(room)
    #expect(first.hasPrefix("failing breakers: the breaker of market.prices is open"), "\(first)")
    #expect(alarms == ["breaker-open"], "\(alarms)")
    try await Clicks(room.room).follow(
      ["/console/system"], finds: "the breaker of market.prices is open")
  }

  @Test func `4: the budget of the source is spent`() async throws {
    let room = try await Room()
    for _ in 0..<14 {
      room.clock.advance(by: .minutes(1))
      while try await room.store.take(1, of: "yahoo_finance", perMinute: 100, at: room.clock.now()) == nil {}
      _ = try await room.engine.settle()
      _ = try await room.room.tick()
    }
    let (first, alarms) = try await examine(room)
    #expect(alarms == ["source-budget-spent-yahoo-finance"], "\(alarms)")
    #expect(first.hasPrefix("warning budgets: the budget of yahoo_finance is spent"), "\(first)")
    try await Clicks(room.room).follow(
      ["/console/system"], finds: "the budget of yahoo_finance is spent")
  }

  @Test func `5: the worker is dead`() async throws {
    let room = try await Room()
    try await room.live(minutes: 1)
    try await room.store.send(
      [OutgoingMessage(queue: room.names.workQueue, id: "m-1", body: "{}", visibleAt: room.clock.now())],
      at: room.clock.now())
    try await room.live(minutes: 40, engineWorks: false)
    let (first, alarms) = try await examine(room)
    #expect(first.hasPrefix("failing loops: no worker takes chunks: 1 wait"), "\(first)")
    #expect(alarms == ["work-stalled"], "\(alarms)")
    try await Clicks(room.room).follow(
      ["/console/system"], finds: "no worker takes chunks: 1 wait")
  }

  @Test func `6: a lease is held, and lets go when it expires`() async throws {
    let room = try await Room()
    try await room.live(minutes: 1)
    let now = room.clock.now()
    _ = try await room.store.hold(
      domain: "market", table: "prices", owner: "migration", until: now + .minutes(30), at: now)
    try await publish(room, "e-6", ["symbols": ["AAPL"]])
    try await room.live(minutes: 8)
    let (first, alarms) = try await examine(room)
    #expect(first.hasPrefix("warning backlog: 1 causes wait their turn"), "\(first)")
    #expect(alarms.isEmpty)
    #expect(try await why(room, "e-6").contains("LEASE_HELD"))
    try await Clicks(room.room).follow(
      [ConsoleRequest.path(of: .decision(id: "e-6/\(room.names.opsManualRule)"))], finds: "somebody holds market.prices"
    )
    try await room.live(minutes: 25)
    #expect(try await why(room, "e-6").hasPrefix("dispatched"))
  }

  @Test func `8: the permission to invoke the orchestrator is deleted`() async throws {
    let room = try await Room()
    let orchestrator = room.engine.settings.names.function(room.names.orchestrator)
    try await room.room.permissions.setPolicy(nil, of: orchestrator)
    try await room.live(minutes: 12)
    let (first, alarms) = try await examine(room)
    #expect(
      first.hasPrefix("failing permissions: events.amazonaws.com may not use dev-customer-data-orchestrator"),
      "\(first)")
    #expect(alarms == ["failed-invocations", "trigger-dead-letters"])
    let slot = Cause.slotID(rule: room.names.scheduleRule, at: Room.start)
    #expect(try await why(room, slot).contains("NOT_PERMITTED"))
    try await Clicks(room.room).follow(
      ["/console/system"], finds: "events.amazonaws.com may not use")
  }

  @Test func `7: a night in which clocks change`() async throws {
    // 2025-11-02: New York goes back at 06:00 UTC; the rules are in UTC, so no slot is twice or lost.
    let start = try #require(Timestamp("2025-11-02T04:30:00Z"))
    let room = try await Room(at: start, schedule: "cron(30 * * * ? *)")
    try await room.live(minutes: 240)
    let (first, alarms) = try await examine(room)
    #expect(first.hasPrefix("fine"), "\(first)")
    #expect(alarms.isEmpty)
    var query = LedgerQuery()
    query.rule = room.names.scheduleRule
    #expect(try await room.store.entries(query).compactMap(\.about.slot).count == 4)
    try await Clicks(room.room).follow(
      ["/console/timeline"], finds: "dispatched DISPATCHED")
  }

  @Test func `9: the shelf is full of letters`() async throws {
    let room = try await Room()
    for number in 0..<20 { try await publish(room, "e-9-\(number)", ["domain": "weather"]) }
    try await room.live(minutes: 3)
    let checks = try await Doctor(room.room).examine(asksSources: false)
    let shelf = try #require(checks.first { $0.name == "dead-letters" })
    #expect(shelf.sentence.hasPrefix("20 on the shelf, the last for UNKNOWN_TABLE"))
    #expect(shelf.fix == "bellcrank dlq list --preview")
    #expect(try await examine(room).alarms == ["trigger-dead-letters"])
    try await Clicks(room.room).follow(
      ["/console/shelf"], finds: "20 dead letters on the shelf")
  }

  @Test func `10: the clock was set back`() async throws {
    let room = try await Room()
    try await room.live(minutes: 12)
    room.clock.set(to: room.clock.now() - .minutes(30))
    try await room.live(minutes: 3)
    let (first, alarms) = try await examine(room)
    #expect(first.hasPrefix("failing clock: the clock went back"), "\(first)")
    #expect(alarms == ["clock-went-back"], "\(alarms)")
    try await Clicks(room.room).follow(
      ["/console/system"], finds: "the clock went back")
  }

  @Test func `11: a loop was stopped`() async throws {
    let room = try await Room()
    try await publish(room, "e-11", ["symbols": ["AAPL"], "hops": 99])
    try await room.live(minutes: 3)
    let (first, alarms) = try await examine(room)
    #expect(first.hasPrefix("warning decisions: 1 loop_stopped"), "\(first)")
    #expect(alarms == ["loop-stopped", "trigger-dead-letters"], "\(alarms)")
    #expect(try await why(room, "e-11").contains("LOOP_STOPPED"))
    try await Clicks(room.room).follow(
      [ConsoleRequest.path(of: .decision(id: "e-11/\(room.names.opsManualRule)"))], finds: "LOOP_STOPPED")
  }

  @Test func `12: a chunk that nobody can read`() async throws {
    let room = try await Room()
    try await room.store.send(
      [OutgoingMessage(queue: room.names.workQueue, id: "poison", body: "no chunk", visibleAt: room.clock.now())],
      at: room.clock.now())
    try await room.live(minutes: 5)
    let (first, alarms) = try await examine(room)
    #expect(first.hasPrefix("warning dead-letters: 1 on the shelf, the last for"), "\(first)")
    #expect(alarms == ["work-dead-letters"], "\(alarms)")
    try await Clicks(room.room).follow(
      ["/console/shelf"], finds: "1 dead letter on the shelf")
  }
}
