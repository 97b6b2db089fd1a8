import Engine
import Events
import Ingestion
import Telemetry
import Testing

/// What `AdmissionDesk` promises about limits and the breaker (D11, D12).
@Suite struct LimitContract {
  @Test(arguments: Side.all)
  func `the eleventh manual run of an hour is told when the next may come`(_ side: Side) async throws {
    try await side.run { stage in
      for number in 0..<10 {
        let now = Sample.start.after(number * 60)
        #expect(try await stage.store.admit(try Sample.application("run-\(number)"), at: now).decision == .dispatched)
      }
      try stage.reopen()
      let now = Sample.start.after(1_800)
      let eleventh = try await stage.store.admit(try Sample.application("run-10"), at: now)
      #expect(eleventh.verdict == .rateLimited(retryAfter: .seconds(1_800), count: 10, limit: 10))
      let early = Sample.start.after(3_599)
      #expect(try await stage.store.admit(try Sample.application("run-11"), at: early).decision == .rateLimited)
      let free = Sample.start.after(3_600)
      #expect(try await stage.store.admit(try Sample.application("run-12"), at: free).decision == .dispatched)
      let next = try await stage.store.admit(try Sample.application("run-13"), at: free)
      #expect(next.verdict == .rateLimited(retryAfter: .seconds(60), count: 10, limit: 10))
    }
  }

  @Test(arguments: Side.all)
  func `dry runs, duplicates and refused runs use nothing of the limit, other triggers neither`(
    _ side: Side
  ) async throws {
    try await side.run { stage in
      for number in 0..<9 {
        _ = try await stage.store.admit(try Sample.application("run-\(number)"), at: Sample.start)
      }
      for number in 0..<5 {
        let dry = try Sample.application("dry-\(number)", asks: ["dry_run": true])
        #expect(try await stage.store.admit(dry, at: Sample.start).decision == .dryRun)
        let known = try Sample.application("known-\(number)", key: "run-0")
        #expect(try await stage.store.admit(known, at: Sample.start).decision == .duplicate)
        let slot = try Sample.application("slot-\(number)", .schedule)
        #expect(try await stage.store.admit(slot, at: Sample.start).decision == .dispatched)
        let event = try Sample.application("event-\(number)", .event)
        #expect(try await stage.store.admit(event, at: Sample.start).decision == .dispatched)
      }
      #expect(try await stage.store.admit(try Sample.application("tenth"), at: Sample.start).decision == .dispatched)
      for name in ["eleventh", "twelfth"] {
        #expect(try await stage.store.admit(try Sample.application(name), at: Sample.start).decision == .rateLimited)
      }
      // A dry run passes every gate for real (D18), so it hears of the limit too.
      let dry = try Sample.application("dry", asks: ["dry_run": true])
      #expect(try await stage.store.admit(dry, at: Sample.start).decision == .rateLimited)
    }
  }

  @Test(arguments: Side.all)
  func `sixteen manual runs at once come to exactly ten`(_ side: Side) async throws {
    try await side.run { stage in
      let decisions = try await admitAtOnce(try (0..<16).map { try Sample.application("run-\($0)") }, stage.store)
      #expect(decisions.filter { $0 == .dispatched }.count == 10)
      #expect(decisions.filter { $0 == .rateLimited }.count == 6)
      #expect(try await stage.store.runs(limit: 100).count == 10)
    }
  }

  @Test(arguments: Side.all)
  func `events beyond the limit wait in line and go on in the order in which they came`(
    _ side: Side
  ) async throws {
    try await side.run(try Sample.settings(.init(eventMax: 2))) { stage in
      var decisions: [Decision] = []
      for name in ["a", "b", "c", "d", "e"] {
        decisions.append(try await stage.store.admit(try Sample.application(name, .event), at: Sample.start).decision)
      }
      #expect(decisions == [.dispatched, .dispatched, .deferred, .deferred, .deferred])
      try stage.reopen()
      #expect(try await stage.store.deferred(.events, at: Sample.start.after(59), limit: 10).isEmpty)
      let free = try #require(try await stage.store.nextDeferred(.events))
      #expect(free == Sample.start.after(60))
      #expect(try await release(stage.store, at: free) == ["c": .dispatched, "d": .dispatched, "e": .deferred])
      let later = try #require(try await stage.store.nextDeferred(.events))
      #expect(later == Sample.start.after(120))
      #expect(try await release(stage.store, at: later) == ["e": .dispatched])
      #expect(try await stage.store.nextDeferred(.events) == nil)
      #expect(try await stage.store.runs(limit: 10).map(\.causeID) == ["e", "d", "c", "b", "a"])
    }
  }

  @Test(arguments: Side.all)
  func `a newcomer does not overtake those in line`(_ side: Side) async throws {
    try await side.run(try Sample.settings(.init(eventMax: 1))) { stage in
      for name in ["a", "b"] { _ = try await stage.store.admit(try Sample.application(name, .event), at: Sample.start) }
      let free = Sample.start.after(60)
      let newcomer = try await stage.store.admit(try Sample.application("c", .event), at: free)
      #expect(newcomer.verdict == .wait(.line, until: free + Admission.linePause))
      let line = try await stage.store.deferred(.events, at: free.after(60), limit: 10)
      #expect(line.map(\.cause.id) == ["b", "c"])
      #expect(line.map(\.wait) == [.rate, .line])
    }
  }

  @Test(arguments: Side.all)
  func `a cause that waits has one open row, keeps its place, and is handed back as it came`(
    _ side: Side
  ) async throws {
    try await side.run(try Sample.settings(.init(eventMax: 1))) { stage in
      for name in ["a", "b", "c"] {
        _ = try await stage.store.admit(try Sample.application(name, .event, hops: 2), at: Sample.start)
      }
      // A redelivery does not ask again, and does not move it back.
      let again = try await stage.store.admit(try Sample.application("b", .event), at: Sample.start.after(10))
      #expect(again.verdict == nil)
      #expect(again.decision == .deferred)
      try stage.reopen()
      let line = try await stage.store.deferred(.events, at: Sample.start.after(600), limit: 10)
      #expect(line.map(\.cause.id) == ["b", "c"])
      let sent = try Sample.application("b", .event, hops: 2)
      #expect(line.first?.cause == sent.cause)
      #expect(line.first?.request == sent.request)
      #expect(try await stage.store.deferred(.events, at: Sample.start.after(600), limit: 1).map(\.cause.id) == ["b"])
      _ = try await release(stage.store, at: Sample.start.after(60))
      #expect(try await stage.store.entry(of: "b")?.decision == .dispatched)
      #expect(try await stage.store.entry(of: "c")?.decision == .deferred)
      #expect(try await stage.store.entries(LedgerQuery()).count == 3)
      #expect(try await stage.store.deferred(.events, at: Sample.start.after(600), limit: 10).map(\.cause.id) == ["c"])
    }
  }

  @Test(arguments: Side.all)
  func `a waiting cause that is closed leaves the line`(_ side: Side) async throws {
    try await side.run(try Sample.settings(.init(eventMax: 1))) { stage in
      for name in ["a", "b"] { _ = try await stage.store.admit(try Sample.application(name, .event), at: Sample.start) }
      #expect(try await stage.store.close(Sample.entry("b", .rejected), deadLetter: nil))
      #expect(try await stage.store.nextDeferred(.events) == nil)
      #expect(try await stage.store.entry(of: "b")?.decision == .rejected)
    }
  }

  @Test(arguments: Side.all)
  func `five failed runs in a row open the breaker: slots and manual runs are refused, events wait`(
    _ side: Side
  ) async throws {
    try await side.run { stage in
      try await stage.store.fail(runs: 4, from: Sample.start)
      let fifth = try Sample.application("fifth", .schedule)
      #expect(try await stage.store.admit(fifth, at: Sample.start.after(4)).decision == .dispatched)
      #expect(try await stage.store.end(fifth, with: Sample.failed, at: Sample.start.after(4)) == .failed)
      try stage.reopen()
      let now = Sample.start.after(604)
      let rest = Span.seconds(3_000)
      for (name, trigger) in [("slot", TriggerType.schedule), ("manual", .manual)] {
        let result = try await stage.store.admit(try Sample.application(name, trigger), at: now)
        #expect(result.verdict == .breakerOpen(retryAfter: rest))
        #expect(result.decision == .breakerOpen)
      }
      let event = try await stage.store.admit(try Sample.application("event", .event), at: now)
      #expect(event.verdict == .wait(.breaker, until: now + rest))
      let other = try Sample.application("other", .schedule, asks: ["table_name": "dividends"])
      #expect(try await stage.store.admit(other, at: now).decision == .dispatched)
    }
  }

  @Test(arguments: Side.all)
  func `after its rest an open breaker lets one probe through; its success wakes who waited`(
    _ side: Side
  ) async throws {
    try await side.run { stage in
      try await stage.store.fail(runs: 5, from: Sample.start)
      for name in ["e1", "e2"] {
        _ = try await stage.store.admit(try Sample.application(name, .event), at: Sample.start.after(10))
      }
      let rested = Sample.start.after(3_604)
      let probe = try Sample.application("probe", .schedule)
      #expect(try await stage.store.admit(probe, at: rested).decision == .dispatched)
      let second = try await stage.store.admit(try Sample.application("second", .schedule), at: rested)
      #expect(second.decision == .breakerOpen)
      try stage.reopen()
      let now = rested.after(30)
      #expect(try await stage.store.end(probe, with: Sample.stored, at: now) == .succeeded)
      #expect(try await stage.store.nextDeferred(.events) == now)
      let released = try await release(stage.store, at: now)
      #expect(released == ["e1": .dispatched, "e2": .dispatched])
    }
  }

  @Test(arguments: Side.all)
  func `an urgent run may be the probe at once, and its failure opens the breaker for another rest`(
    _ side: Side
  ) async throws {
    try await side.run { stage in
      try await stage.store.fail(runs: 5, from: Sample.start)
      let now = Sample.start.after(60)
      let urgent = try Sample.application("urgent", asks: ["urgent": true])
      #expect(try await stage.store.admit(urgent, at: now).decision == .dispatched)
      let other = try await stage.store.admit(try Sample.application("other", asks: ["urgent": true]), at: now)
      #expect(other.decision == .breakerOpen)
      #expect(try await stage.store.end(urgent, with: Sample.failed, at: now.after(10)) == .failed)
      let refused = try await stage.store.admit(try Sample.application("slot", .schedule), at: now.after(10))
      #expect(refused.verdict == .breakerOpen(retryAfter: .seconds(3_600)))
    }
  }

  @Test(arguments: Side.all)
  func `a refused or dry urgent run is no probe`(_ side: Side) async throws {
    try await side.run(try Sample.settings(.init(manualMax: 1))) { stage in
      try await stage.store.fail(runs: 5, from: Sample.start)
      let now = Sample.start.after(60)
      let dry = try Sample.application("dry", asks: ["urgent": true, "dry_run": true])
      #expect(try await stage.store.admit(dry, at: now).decision == .dryRun)
      let elsewhere = try Sample.application("only", asks: ["table_name": "dividends"])
      #expect(try await stage.store.admit(elsewhere, at: now).decision == .dispatched)
      let limited = try Sample.application("limited", asks: ["urgent": true])
      #expect(try await stage.store.admit(limited, at: now).decision == .rateLimited)
      // Had one of them been the probe, the rest would have begun anew at `now`.
      let probe = try Sample.application("probe", .schedule)
      #expect(try await stage.store.admit(probe, at: Sample.start.after(3_604)).decision == .dispatched)
    }
  }

  @Test(arguments: Side.all)
  func `a manual run that is told to wait holds a place in the window, and is never refused`(
    _ side: Side
  ) async throws {
    try await side.run(try Sample.settings(.init(manualMax: 1))) { stage in
      _ = try await stage.store.hold(
        domain: "market", table: "prices", owner: "ops", until: Sample.start.after(60), at: Sample.start)
      #expect(try await stage.store.admit(try Sample.application("a"), at: Sample.start).decision == .deferred)
      #expect(try await stage.store.admit(try Sample.application("b"), at: Sample.start).decision == .rateLimited)
      try stage.reopen()
      #expect(try await release(stage.store, at: Sample.start.after(60)) == ["a": .dispatched])
      // Its place has moved to the moment at which it ran.
      let next = try await stage.store.admit(try Sample.application("c"), at: Sample.start.after(3_630))
      #expect(next.verdict == .rateLimited(retryAfter: .seconds(30), count: 1, limit: 1))
      // When the window is full by the time its turn comes, it waits on.
      let later = Sample.start.after(3_660)
      _ = try await stage.store.hold(
        domain: "market", table: "prices", owner: "ops", until: later.after(4_000), at: later)
      #expect(try await stage.store.admit(try Sample.application("d"), at: later).decision == .deferred)
      let elsewhere = try Sample.application("e", asks: ["table_name": "dividends"])
      #expect(try await stage.store.admit(elsewhere, at: later.after(3_600)).decision == .dispatched)
      #expect(try await release(stage.store, at: later.after(4_000)) == ["d": .deferred])
      #expect(try await stage.store.nextDeferred(.others) == later.after(7_200))
    }
  }

  @Test(arguments: Side.all)
  func `those behind a cause that waits for its table are moved in one go, those before it and elsewhere are not`(
    _ side: Side
  ) async throws {
    try await side.run { stage in
      for table in ["prices", "dividends"] {
        _ = try await stage.store.hold(
          domain: "market", table: table, owner: "ops", until: Sample.start.after(10), at: Sample.start)
      }
      for (name, table) in [("a", "prices"), ("b", "prices"), ("x", "dividends"), ("c", "prices")] {
        let application = try Sample.application(name, .event, asks: ["table_name": .string(table)])
        #expect(try await stage.store.admit(application, at: Sample.start).decision == .deferred)
      }
      let now = Sample.start.after(20)
      let line = try await stage.store.deferred(.events, at: now, limit: 10)
      #expect(line.map(\.cause.id) == ["a", "b", "x", "c"])
      #expect(line.map(\.warnings) == Array(repeating: ["taken as given"], count: 4))
      let second = try #require(line.dropFirst().first)
      try await stage.store.postpone(
        domain: "market", table: "prices", after: second.place, until: Sample.start.after(500))
      try stage.reopen()
      #expect(try await stage.store.deferred(.events, at: now, limit: 10).map(\.cause.id) == ["a", "b", "x"])
      #expect(try await stage.store.deferred(.events, at: Sample.start.after(500), limit: 10).count == 4)
    }
  }
}

/// Asks again for every cause whose moment has come, as the releaser does.
func release(_ store: any IngestionStore, at now: Timestamp) async throws -> [String: Decision] {
  var decisions: [String: Decision] = [:]
  let waiting = [
    try await store.deferred(.events, at: now, limit: 100), try await store.deferred(.others, at: now, limit: 100),
  ]
  for waiting in waiting.flatMap({ $0 }) {
    let application = try Sample.application(
      waiting.cause.id, waiting.cause.trigger, key: waiting.request.correlationID, resumes: true)
    decisions[waiting.cause.id] = try await store.admit(application, at: now).decision
  }
  return decisions
}
