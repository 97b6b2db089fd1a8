import Engine
import Events
import Extraction
import Ingestion
import Telemetry
import Testing

/// What `RunJournal` promises (D9, D11).
@Suite struct RunContract {
  @Test(arguments: Side.all)
  func `the last chunk ends the run, and only the last`(_ side: Side) async throws {
    try await side.run { stage in
      let (application, messages) = try await dispatched("one", stage)
      let now = Sample.start.after(10)
      #expect(try await finish(stage, application, messages, chunk: 0, [Sample.stored], at: now) == nil)
      #expect(try await stage.store.run(application.cause.runID)?.status == .running)
      try stage.reopen()
      #expect(try await finish(stage, application, messages, chunk: 1, [Sample.stored], at: now) == .succeeded)
      let run = try #require(try await stage.store.run(application.cause.runID))
      #expect(run.status == .succeeded)
      #expect(run.endedAt == now)
      #expect(run.chunks.map(\.results) == [[Sample.stored], [Sample.stored]])
      #expect(run.chunks.map(\.attempts) == [1, 1])
      #expect(run.chunks.map(\.finishedAt) == [now, now])
      #expect(try await stage.store.depth(Sample.workQueue, at: now.after(9_999)).visible == 0)
    }
  }

  @Test(arguments: Side.all)
  func `a run that stored nothing failed, one that stored a part failed partly`(_ side: Side) async throws {
    let rows: [(String, [SymbolResult], Run.Status)] = [
      ("all", [Sample.stored, Sample.stored], .succeeded), ("none", [Sample.failed, Sample.failed], .failed),
      ("some", [Sample.failed, Sample.stored], .partlyFailed),
    ]
    for (name, results, status) in rows {
      try await side.run { stage in
        let (application, messages) = try await dispatched(name, stage)
        _ = try await finish(stage, application, messages, chunk: 0, [results[0]], at: Sample.start)
        #expect(
          try await finish(stage, application, messages, chunk: 1, [results[1]], at: Sample.start) == status, "\(name)")
        let again = try await stage.store.admit(try Sample.application("\(name)-2", key: name), at: Sample.start)
        #expect(again.decision == (status == .failed ? .dispatched : .duplicate), "\(name)")
      }
    }
  }

  @Test(arguments: Side.all)
  func `a chunk is found with what its worker needs, and only if there is one`(_ side: Side) async throws {
    try await side.run { stage in
      let (application, _) = try await dispatched("one", stage)
      try stage.reopen()
      let known = try #require(try await stage.store.chunk(1, of: application.cause.runID))
      #expect(known.causeID == "one")
      #expect(known.request == application.request)
      #expect(known.chunk == (try await stage.store.run(application.cause.runID))?.chunks.last)
      #expect(try await stage.store.chunk(2, of: application.cause.runID) == nil)
      #expect(try await stage.store.chunk(0, of: "run-unknown") == nil)
    }
  }

  @Test(arguments: Adapter.all)
  func `chunks whose message is gone are ended as failed, and so is their run; others are left alone`(
    _ adapter: Adapter
  ) async throws {
    try await adapter.run { stage in
      let (application, messages) = try await dispatched("one", Post(stage))
      let now = Sample.start.after(10)
      func sweep() async throws -> [String: Run.Status] {
        try await stage.store.endLostChunks(queue: Sample.workQueue, reason: "purged", at: now)
      }
      #expect(try await sweep() == [:])
      _ = try await finish(Post(stage), application, messages, chunk: 0, [Sample.stored], at: now)
      try await stage.store.purge(Sample.workQueue)
      try stage.reopen()
      #expect(try await sweep() == [application.cause.runID: .partlyFailed])
      #expect(try await sweep() == [:])
      let run = try #require(try await stage.store.run(application.cause.runID))
      #expect(run.chunks.first?.results == [Sample.stored])
      #expect(run.chunks.last?.results.allSatisfy { !$0.isStored && !$0.symbol.isEmpty } == true)
      #expect(run.endedAt == now)
    }
  }

  @Test(arguments: Side.all)
  func `to finish twice is safe: the first results stay, one letter is sent, the run ends once`(
    _ side: Side
  ) async throws {
    try await side.run { stage in
      let (application, messages) = try await dispatched("one", stage)
      let letter = OutgoingMessage(queue: Sample.letters, id: "dead-1", body: "{}", visibleAt: Sample.start)
      let now = Sample.start.after(10)
      _ = try await finish(stage, application, messages, chunk: 0, [Sample.stored], at: now)
      #expect(
        try await finish(stage, application, messages, chunk: 1, [Sample.failed], at: now, letter) == .partlyFailed)
      let other = OutgoingMessage(queue: Sample.letters, id: "dead-2", body: "{}", visibleAt: Sample.start)
      for chunk in 0...1 {
        #expect(
          try await finish(stage, application, messages, chunk: chunk, [Sample.stored], at: now.after(5), other) == nil)
      }
      let run = try #require(try await stage.store.run(application.cause.runID))
      #expect(run.chunks.map(\.results) == [[Sample.stored], [Sample.failed]])
      #expect(run.endedAt == now)
      let letters = try await stage.store.receive(Sample.letters, limit: 10, visibility: .zero, at: now)
      #expect(letters.map(\.id) == ["dead-1"])
    }
  }

  @Test(arguments: Side.all)
  func `to finish a chunk again deletes the message that brought it`(_ side: Side) async throws {
    try await side.run { stage in
      let (application, messages) = try await dispatched("one", stage)
      _ = try await finish(stage, application, messages, chunk: 0, [Sample.stored], at: Sample.start)
      let copy = OutgoingMessage(queue: Sample.workQueue, id: "copy", body: "{}", visibleAt: Sample.start)
      try await stage.store.send([copy], at: Sample.start)
      let received = try await stage.store.receive(
        Sample.workQueue, limit: 10, visibility: .seconds(30), at: Sample.start)
      _ = try await finish(stage, application, received, chunk: 0, [Sample.stored], at: Sample.start)
      let later = Sample.start.after(3_600)
      let left = try await stage.store.receive(Sample.workQueue, limit: 10, visibility: .zero, at: later)
      #expect(left.map(\.id) == [messages[1].id])
    }
  }

  @Test(arguments: Side.all)
  func `what an attempt brought is kept, and its message shows again at its moment`(_ side: Side) async throws {
    try await side.run { stage in
      let (application, messages) = try await dispatched("one", stage)
      let until = Sample.start.after(400)
      try await stage.store.keep(
        [Sample.stored, Sample.failed], of: application.cause.runID, chunk: 0, attempt: 3, message: messages[0],
        until: until)
      try stage.reopen()
      let run = try #require(try await stage.store.run(application.cause.runID))
      #expect(run.chunks[0].results == [Sample.stored, Sample.failed])
      #expect(run.chunks[0].attempts == 3)
      #expect(run.chunks[0].finishedAt == nil)
      #expect(run.status == .running)
      let early = try await receive(stage, at: Sample.start.after(399))
      #expect(!early.contains(messages[0].id))
      #expect(try await receive(stage, at: until).contains(messages[0].id))
    }
  }

  @Test(arguments: Side.all)
  func `a finished chunk keeps its results whatever a late attempt brings`(_ side: Side) async throws {
    try await side.run { stage in
      let (application, messages) = try await dispatched("one", stage)
      _ = try await finish(stage, application, messages, chunk: 0, [Sample.stored], at: Sample.start)
      try await stage.store.keep(
        [Sample.failed], of: application.cause.runID, chunk: 0, attempt: 2, message: messages[0], until: Sample.start)
      let run = try #require(try await stage.store.run(application.cause.runID))
      #expect(run.chunks[0].results == [Sample.stored])
    }
  }

  @Test(arguments: Side.all)
  func `sixteen who finish the same chunks at once end the run once`(_ side: Side) async throws {
    try await side.run { stage in
      let (application, messages) = try await dispatched("one", stage)
      let store = stage.store
      let ends = try await withThrowingTaskGroup(of: Run.Status?.self) { group in
        for number in 0..<16 {
          group.addTask {
            try await store.finish(
              [Sample.stored], of: application.cause.runID, chunk: number % 2, attempt: 1,
              message: messages[number % 2], deadLetter: nil, at: Sample.start)
          }
        }
        var ends: [Run.Status] = []
        for try await status in group { if let status { ends.append(status) } }
        return ends
      }
      #expect(ends == [.succeeded])
    }
  }

  @Test(arguments: Side.all)
  func `a success between failures keeps the breaker closed`(_ side: Side) async throws {
    try await side.run { stage in
      try await stage.store.fail(runs: 4, from: Sample.start)
      let good = try Sample.application("good", .schedule)
      _ = try await stage.store.admit(good, at: Sample.start.after(5))
      #expect(try await stage.store.end(good, with: Sample.stored, at: Sample.start.after(5)) == .succeeded)
      try await stage.store.fail(runs: 4, from: Sample.start.after(10), named: "worse")
      let next = try await stage.store.admit(try Sample.application("next", .schedule), at: Sample.start.after(20))
      #expect(next.decision == .dispatched)
    }
  }

  @Test(arguments: Side.all)
  func `runs are found by id and listed, the latest first`(_ side: Side) async throws {
    try await side.run { stage in
      for name in ["a", "b", "c"] {
        _ = try await stage.store.admit(try Sample.application(name, .schedule), at: Sample.start)
      }
      #expect(try await stage.store.runs(limit: 2).map(\.causeID) == ["c", "b"])
      #expect(try await stage.store.run("run-unknown") == nil)
    }
  }

  /// A run under way, its messages in a worker's hands.
  private func dispatched(_ name: String, _ stage: Post) async throws -> (Application, [ReceivedMessage]) {
    let application = try Sample.application(name)
    try #require(try await stage.store.admit(application, at: Sample.start).decision == .dispatched)
    let now = Sample.start.after(60)
    let messages = try await stage.store.receive(Sample.workQueue, limit: 2, visibility: .seconds(300), at: now)
    try #require(messages.map(\.id) == application.messages.map(\.id))
    return (application, messages)
  }

  private func finish(
    _ stage: Post, _ application: Application, _ messages: [ReceivedMessage], chunk: Int, _ results: [SymbolResult],
    at now: Timestamp, _ letter: OutgoingMessage? = nil
  ) async throws -> Run.Status? {
    try await stage.store.finish(
      results, of: application.cause.runID, chunk: chunk, attempt: 1, message: messages[chunk], deadLetter: letter,
      at: now)
  }

  private func receive(_ stage: Post, at now: Timestamp) async throws -> [String] {
    try await stage.store.receive(Sample.workQueue, limit: 10, visibility: .zero, at: now).map(\.id)
  }
}
