import Engine
import Events
import Extraction
import Ingestion
import Telemetry
import Testing

/// What `AdmissionDesk` promises about one request: its verdict, and what the verdict leaves behind (D9, D10, D18).
@Suite struct AdmissionContract {
  @Test(arguments: Side.all)
  func `a first request is dispatched with its run, its chunks, its messages and its row`(
    _ side: Side
  ) async throws {
    try await side.run { stage in
      let application = try Sample.application("one")
      let result = try await stage.store.admit(application, at: Sample.start)
      #expect(result.decision == .dispatched)
      #expect(result.verdict == .admit(breaker: CircuitBreaker()))
      try stage.reopen()
      #expect(try await stage.store.entry(of: "one") == result.entry)
      let run = try #require(try await stage.store.run(application.cause.runID))
      #expect(run.causeID == "one")
      #expect(run.request == application.request)
      #expect(run.symbols == ["AAPL", "MSFT", "GOOGL"])
      #expect(run.warnings == ["taken as given"])
      #expect(run.status == .running)
      #expect(run.startedAt == Sample.start)
      #expect(run.endedAt == nil)
      #expect(run.chunks.map(\.symbols) == [["AAPL", "MSFT"], ["GOOGL"]])
      #expect(run.chunks.allSatisfy { $0.results.isEmpty && $0.attempts == 0 && $0.finishedAt == nil })
      let later = Sample.start.after(60)
      let messages = try await stage.store.receive(Sample.workQueue, limit: 10, visibility: .zero, at: later)
      #expect(messages.map(\.id) == application.messages.map(\.id))
      #expect(messages.first?.attributes["run_id"] == .string(application.cause.runID))
    }
  }

  @Test(arguments: Side.all)
  func `a cause that is delivered again is told its decision, and nothing is written`(_ side: Side) async throws {
    try await side.run { stage in
      let first = try await stage.store.admit(try Sample.application("one"), at: Sample.start)
      try stage.reopen()
      let again = try await stage.store.admit(try Sample.application("one"), at: Sample.start.after(5))
      #expect(again == .already(first.entry))
      #expect(try await stage.store.runs(limit: 10).count == 1)
      #expect(try await stage.store.entries(LedgerQuery()).count == 1)
      #expect(try await stage.store.depth(Sample.workQueue, at: Sample.start.after(60)).visible == 2)
    }
  }

  @Test(arguments: Side.all)
  func `the same key and payload is a duplicate that names the first run`(_ side: Side) async throws {
    try await side.run { stage in
      let first = try Sample.application("one", key: "manual-001")
      _ = try await stage.store.admit(first, at: Sample.start)
      try stage.reopen()
      let second = try await stage.store.admit(try Sample.application("two", key: "manual-001"), at: Sample.start)
      #expect(second.verdict == .duplicate(of: first.cause.runID, status: .dispatched))
      #expect(second.decision == .duplicate)
      #expect(second.entry.about.runID == first.cause.runID)
      #expect(try await stage.store.runs(limit: 10).map(\.id) == [first.cause.runID])
    }
  }

  @Test(arguments: Side.all)
  func `the same key with another payload is a conflict`(_ side: Side) async throws {
    try await side.run { stage in
      let first = try Sample.application("one", key: "manual-001")
      _ = try await stage.store.admit(first, at: Sample.start)
      let other = try Sample.application("two", key: "manual-001", asks: ["symbols": ["AAPL"]])
      let second = try await stage.store.admit(other, at: Sample.start)
      #expect(second.verdict == .conflict(with: first.cause.runID))
      #expect(second.decision == .conflict)
      #expect(try await stage.store.runs(limit: 10).count == 1)
    }
  }

  @Test(arguments: Side.all)
  func `a key suppresses its repetition for its life and not a millisecond longer`(_ side: Side) async throws {
    try await side.run(try Sample.settings(.init(claimLife: .hours(2)))) { stage in
      _ = try await stage.store.admit(try Sample.application("one", key: "k"), at: Sample.start)
      let end = Sample.start + .hours(2)
      let early = Timestamp(milliseconds: end.milliseconds - 1)
      #expect(try await stage.store.admit(try Sample.application("two", key: "k"), at: early).decision == .duplicate)
      #expect(try await stage.store.admit(try Sample.application("three", key: "k"), at: end).decision == .dispatched)
      let again = try await stage.store.admit(try Sample.application("four", key: "k"), at: end)
      #expect(again.verdict == .duplicate(of: try Sample.application("three").cause.runID, status: .dispatched))
    }
  }

  @Test(arguments: Side.all)
  func `a failed run frees its key, any other keeps it`(_ side: Side) async throws {
    try await side.run { stage in
      let first = try Sample.application("one", key: "k")
      _ = try await stage.store.admit(first, at: Sample.start)
      #expect(try await stage.store.end(first, with: Sample.failed, at: Sample.start) == .failed)
      try stage.reopen()
      let second = try Sample.application("two", key: "k")
      #expect(try await stage.store.admit(second, at: Sample.start).decision == .dispatched)
      #expect(try await stage.store.end(second, with: Sample.stored, at: Sample.start) == .succeeded)
      let third = try await stage.store.admit(try Sample.application("three", key: "k"), at: Sample.start)
      #expect(third.verdict == .duplicate(of: second.cause.runID, status: .succeeded))
    }
  }

  @Test(arguments: Side.all)
  func `a dry run writes its row and nothing else`(_ side: Side) async throws {
    try await side.run { stage in
      let asked = try Sample.application("dry", key: "k", asks: ["dry_run": true])
      let dry = try await stage.store.admit(asked, at: Sample.start)
      #expect(dry.decision == .dryRun)
      #expect(dry.entry.about.runID == nil)
      try await expectNothing(in: stage.store)
      let real = try await stage.store.admit(try Sample.application("real", key: "k"), at: Sample.start)
      #expect(real.decision == .dispatched)
      let known = try await stage.store.admit(
        try Sample.application("dry-2", key: "k", asks: ["dry_run": true]), at: Sample.start)
      #expect(known.decision == .duplicate)
    }
  }

  @Test(arguments: Side.all)
  func `four causes above one are a loop: refused, with a dead letter`(_ side: Side) async throws {
    try await side.run { stage in
      let third = try await stage.store.admit(try Sample.application("third", .event, hops: 3), at: Sample.start)
      #expect(third.decision == .dispatched)
      let fourth = try await stage.store.admit(try Sample.application("fourth", .event, hops: 4), at: Sample.start)
      #expect(fourth.verdict == .loopStopped(hops: 4, reingestionsToday: 0))
      try stage.reopen()
      #expect(try await stage.store.runs(limit: 10).count == 1)
      let letters = try await stage.store.receive(Sample.letters, limit: 10, visibility: .zero, at: Sample.start)
      #expect(letters.map(\.attributes["ERROR_CODE"]) == [.string("LOOP_STOPPED")])
      #expect(letters.map(\.attributes["RULE_ARN"]) == [.string("the rule's ARN")])
      #expect(letters.map(\.attributes["TARGET_ARN"]) == [.string("the function's ARN")])
      #expect(letters.map(\.attributes["ERROR_MESSAGE"]) == [.string(fourth.entry.summary)])
      #expect(letters.map(\.body) == ["what it was given"])
    }
  }

  @Test(arguments: Adapter.all)
  func `the dead letter of a stopped chain is the original event (D21)`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let event = Sample.routed("event-1", to: [])
      try await stage.store.record([event])
      let stopped = try Sample.application("event-1/some-rule", .event, hops: 4, event: "event-1")
      #expect(try await stage.store.admit(stopped, at: Sample.start).decision == .loopStopped)
      let letters = try await stage.store.receive(Sample.letters, limit: 10, visibility: .zero, at: Sample.start)
      #expect(letters.map(\.body) == [event.event.json.text])
    }
  }

  @Test(arguments: Side.all)
  func `the fourth re-ingestion of a table, date and reason is a loop until the day is over`(
    _ side: Side
  ) async throws {
    try await side.run { stage in
      func ask(
        _ name: String, _ reason: String?, at now: Timestamp, kind: RequestReader.Kind = .reingestion
      ) async throws -> Decision {
        var body: JSON = ["ds": "2025-09-09"]
        if let reason { body.set("reason", .string(reason)) }
        return try await stage.store.admit(
          try Sample.application(name, .event, asks: body, kind: kind), at: now
        ).decision
      }
      for number in 1...3 {
        #expect(try await ask("event-\(number)", "data_quality_issue", at: Sample.start) == .dispatched)
      }
      try stage.reopen()
      #expect(try await ask("event-4", "data_quality_issue", at: Sample.start) == .loopStopped)
      #expect(try await ask("event-5", "late_data", at: Sample.start) == .dispatched)
      #expect(try await ask("own wish", "data_quality_issue", at: Sample.start, kind: .request) == .dispatched)
      for number in 1...3 { #expect(try await ask("bare-\(number)", nil, at: Sample.start) == .dispatched) }
      #expect(try await ask("bare-4", nil, at: Sample.start) == .loopStopped)
      #expect(try await ask("event-6", "data_quality_issue", at: Sample.start + .hours(2)) == .dispatched)
    }
  }

  @Test(arguments: Side.all)
  func `a request that cannot be written whole is not written at all, and takes no other with it`(
    _ side: Side
  ) async throws {
    try await side.run { stage in
      let twice = Chunk(index: 0, symbols: ["AAPL"], delay: .zero)
      let torn = try Sample.application("torn", key: "k", chunks: [twice, twice])
      let whole = try Sample.application("whole")
      async let bad = attempt(torn, stage.store)
      async let good = attempt(whole, stage.store)
      let (refused, taken) = await (bad, good)
      #expect(throws: StoreError.self) { try refused.get() }
      #expect(try taken.get().decision == .dispatched)
      try stage.reopen()
      #expect(try await stage.store.entry(of: "torn") == nil)
      #expect(try await stage.store.runs(limit: 10).map(\.causeID) == ["whole"])
      let next = try await stage.store.admit(try Sample.application("torn", key: "k"), at: Sample.start)
      #expect(next.decision == .dispatched)
    }
  }

  @Test(arguments: Side.all)
  func `a cause that never reached admission gets one row and one dead letter`(_ side: Side) async throws {
    try await side.run { stage in
      let letter = OutgoingMessage(queue: Sample.letters, id: "dead-x", body: "{}", visibleAt: Sample.start)
      #expect(try await stage.store.close(Sample.entry("x", .rejected), deadLetter: letter))
      try stage.reopen()
      #expect(try await !stage.store.close(Sample.entry("x", .invalid), deadLetter: letter))
      #expect(try await stage.store.entry(of: "x")?.decision == .rejected)
      #expect(try await stage.store.depth(Sample.letters, at: Sample.start).visible == 1)
    }
  }

  @Test(arguments: Side.all)
  func `sixteen at once with the same key come to one run`(_ side: Side) async throws {
    // A slot has no rate in whose window all of them meet: the key alone tells.
    for trigger in [TriggerType.event, .schedule] {
      try await side.run { stage in
        let applications = try (0..<16).map { try Sample.application("cause-\($0)", trigger, key: "same") }
        let decisions = try await admitAtOnce(applications, stage.store)
        #expect(decisions.filter { $0 == .dispatched }.count == 1)
        #expect(decisions.filter { $0 == .duplicate }.count == 15)
        #expect(try await stage.store.runs(limit: 100).count == 1)
      }
    }
  }

  private func attempt(_ application: Application, _ store: any IngestionStore) async -> Result<
    AdmissionResult, StoreError
  > {
    do { return .success(try await store.admit(application, at: Sample.start)) } catch { return .failure(error) }
  }

  private func expectNothing(in store: any IngestionStore) async throws {
    #expect(try await store.runs(limit: 10).isEmpty)
    #expect(try await store.depth(Sample.workQueue, at: Sample.start.after(900)).visible == 0)
    #expect(try await store.nextDeferred(.events) == nil)
  }
}

/// Stands them all at the door in the same moment, and says how each was decided.
func admitAtOnce(_ applications: [Application], _ store: any IngestionStore) async throws -> [Decision] {
  try await withThrowingTaskGroup(of: Decision.self) { group in
    for application in applications {
      group.addTask { try await store.admit(application, at: Sample.start).decision }
    }
    var decisions: [Decision] = []
    for try await decision in group { decisions.append(decision) }
    return decisions
  }
}
