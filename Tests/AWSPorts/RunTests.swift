import AWSModel
import AWSPorts
import Engine
import Events
import Extraction
import Ingestion
import Telemetry
import Testing

/// Runs in the control table.
@Suite struct RunTests {
  @Test func `a run of ten thousand symbols is admitted in one transaction, and read back`() async throws {
    let cloud = try Cloud()
    let symbols = (0..<10_000).map { "SYM\($0).KS" }
    let application = try cloud.application("large", symbols: symbols)
    #expect(try await cloud.admit(application).decision == .dispatched)
    // The second one notes how far its messages are sent.
    #expect(cloud.model.callCounts["dynamodb:TransactWriteItems"] == 2)
    #expect(cloud.model.callCounts["dynamodb:PutItem"] == nil)
    #expect(cloud.model.bodies(in: cloud.names.workQueue).count == 5_000)
    let store = cloud.store()
    let run = try #require(try await store.run(application.cause.runID))
    #expect(run.symbols == symbols && run.chunks.count == 5_000)
    for index in [0, 78, 79, 4_999] {
      let chunk = try #require(try await store.chunk(index, of: run.id))
      #expect(chunk.chunk.index == index && chunk.chunk.symbols == application.chunks[index].symbols)
    }
    #expect(try await store.chunk(5_000, of: run.id) == nil)
  }

  @Test func `a run of many blocks ends with its last chunk, whichever that is`() async throws {
    let cloud = try Cloud()
    // 200 chunks, 64 a block: four blocks, the last with eight.
    let application = try cloud.application("many", symbols: (0..<400).map { "S\($0)" })
    _ = try await cloud.admit(application)
    let store = cloud.store(deletesFinished: true)
    let chunks = application.chunks.filter { $0.index % 7 == 3 } + application.chunks.filter { $0.index % 7 != 3 }
    var statuses: [Run.Status?] = []
    for chunk in chunks {
      statuses.append(
        try await store.finish(
          RunTests.stored(chunk), of: application.cause.runID, chunk: chunk.index, attempt: 1,
          message: cloud.message(application), deadLetter: nil, at: cloud.clock.now()))
    }
    #expect(statuses.dropLast().allSatisfy { $0 == nil } && statuses.last == .succeeded)
    #expect(try await store.run(application.cause.runID)?.status == .succeeded)
  }

  @Test(arguments: CallFault.allCases, ["PutItem", "UpdateItem", "TransactWriteItems"])
  func `a run ends once, whatever happens to one of the writes of its end`(
    _ fault: CallFault, _ operation: String
  ) async throws {
    let cloud = try Cloud()
    let application = try cloud.application("one")
    _ = try await cloud.admit(application)
    let store = cloud.store(deletesFinished: true)
    cloud.model.plan(fault, on: .dynamoDB, operation)
    var statuses: [Run.Status] = []
    for chunk in [0, 1, 0, 1] {
      let status = try await store.finish(
        RunTests.stored(application.chunks[chunk]), of: application.cause.runID, chunk: chunk, attempt: 1,
        message: cloud.message(application, chunk: chunk), deadLetter: nil, at: cloud.clock.now())
      if let status { statuses.append(status) }
    }
    #expect(statuses == [.succeeded])
    #expect(cloud.items("running").isEmpty && cloud.items("outbox").isEmpty)
  }

  @Test func `a worker that died after its chunk's last write is made up for by the next delivery`() async throws {
    let cloud = try Cloud()
    let application = try cloud.application("one", symbols: ["AAPL"])
    _ = try await cloud.admit(application)
    let finish = { (store: AWSStore) async throws(StoreError) in
      try await store.finish(
        [Cloud.failed], of: application.cause.runID, chunk: 0, attempt: 1, message: cloud.message(application),
        deadLetter: nil, at: cloud.clock.now())
    }
    // The chunk is written, and nothing after it.
    let dead = Answering(cloud.model) { _, operation, _, _ in
      operation == "UpdateItem" ? .failure(AWSError(code: "X", message: "killed", status: 400, isDoubtful: false)) : nil
    }
    await #expect(throws: StoreError.self) { try await finish(cloud.store(dead)) }
    #expect(try await cloud.store().run(application.cause.runID)?.status == .running)
    #expect(try await finish(cloud.store(deletesFinished: true)) == .failed)
  }

  @Test func `a finished chunk keeps its results whoever finishes or keeps it later`() async throws {
    let cloud = try Cloud()
    let application = try cloud.application("one")
    _ = try await cloud.admit(application)
    let store = cloud.store(deletesFinished: true)
    let run = application.cause.runID
    let results = RunTests.stored(application.chunks[0])
    _ = try await store.finish(
      results, of: run, chunk: 0, attempt: 1, message: cloud.message(application), deadLetter: nil,
      at: cloud.clock.now())
    _ = try await store.finish(
      [Cloud.failed], of: run, chunk: 0, attempt: 2, message: cloud.message(application), deadLetter: nil,
      at: cloud.clock.now())
    try await store.keep(
      [Cloud.failed], of: run, chunk: 0, attempt: 3, message: cloud.message(application), until: cloud.clock.now())
    let chunk = try #require(try await store.run(run)?.chunks.first)
    #expect(chunk.results == results && chunk.attempts == 1)
    #expect(try await store.run(run)?.status == .running)
  }

  @Test func `chunks of a run that has shown no sign of life are given up, and not a moment earlier`() async throws {
    let cloud = try Cloud()
    let application = try cloud.application("one", symbols: ["A", "B", "C", "D"], delays: { .minutes(20 * $0) })
    _ = try await cloud.admit(application)
    let store = cloud.store(deletesFinished: true)
    let lost = { () async throws(StoreError) in
      try await store.endLostChunks(queue: cloud.names.workQueue, reason: "lost", at: cloud.clock.now())
    }
    // It counts from when the last chunk was due.
    cloud.clock.pass(.minutes(20))
    cloud.clock.pass(Span(milliseconds: AWSStore.silenceMax.milliseconds - 1))
    #expect(try await lost().isEmpty)
    cloud.clock.pass(Span(milliseconds: 1))
    // And from the last sign of life.
    let early = Cloud.start + .minutes(30)
    _ = try await store.finish(
      RunTests.stored(application.chunks[0]), of: application.cause.runID, chunk: 0, attempt: 1,
      message: cloud.message(application), deadLetter: nil, at: early)
    #expect(try await lost().isEmpty)
    cloud.clock.pass(.minutes(10))
    #expect(try await lost() == [application.cause.runID: .partlyFailed])
    let run = try #require(try await store.run(application.cause.runID))
    #expect(run.status == .partlyFailed && run.endedAt == cloud.clock.now())
    #expect(!run.chunks[0].results.contains { !$0.isStored })
    #expect(run.chunks[1].results.map(\.symbol) == ["C", "D"] && !run.chunks[1].results.contains { $0.isStored })
    #expect(try await lost().isEmpty)
  }

  static func stored(_ chunk: Chunk) -> [SymbolResult] {
    chunk.symbols.map { SymbolResult(symbol: $0, outcome: .stored(key: "k/\($0).json", bytes: 10, rows: 2)) }
  }
}

/// The universe: SSM's parameter with what events told laid over it (D5, D7).
@Suite struct UniverseTests {
  private static let name = "/dev/customer-data/ingestion/symbols"

  @Test func `the parameter is read once in its life, and anew by every process`() async throws {
    let cloud = try Cloud(parameter: "AAPL, msft\nGOOGL,,")
    let store = cloud.store()
    #expect(try await store.universe(at: Cloud.start) == ["AAPL", "MSFT", "GOOGL"])
    cloud.model.setParameter(UniverseTests.name, "NVDA")
    let end = Cloud.start + AWSStore.universeLife
    #expect(
      try await store.universe(at: Timestamp(milliseconds: end.milliseconds - 1)) == ["AAPL", "MSFT", "GOOGL"])
    #expect(cloud.model.callCounts["ssm:GetParameter"] == 1)
    #expect(try await cloud.store().universe(at: Cloud.start) == ["NVDA"])
    #expect(try await store.universe(at: end) == ["NVDA"])
    #expect(cloud.model.callCounts["ssm:GetParameter"] == 3)
    // A clock that was set back is not believed.
    #expect(try await store.universe(at: Cloud.start) == ["NVDA"])
    #expect(cloud.model.callCounts["ssm:GetParameter"] == 4)
  }

  @Test func `that there is no parameter is remembered too`() async throws {
    let cloud = try Cloud()
    let store = cloud.store()
    #expect(try await store.universe(at: Cloud.start) == nil)
    #expect(try await store.universe(at: Cloud.start) == nil)
    #expect(cloud.model.callCounts["ssm:GetParameter"] == 1)
  }

  @Test func `changes lie over the parameter, from their moments on, until an operator writes it anew`() async throws {
    let cloud = try Cloud(parameter: "AAPL,MSFT")
    let store = cloud.store()
    cloud.clock.pass(.minutes(1))
    try await store.note(cloud.change("c1", added: ["NVDA"], removed: ["MSFT"], at: cloud.clock.now()), base: ["X"])
    try await store.note(cloud.change("c2", added: ["AMD"], at: cloud.clock.now() + .hours(10)), base: ["X"])
    #expect(try await store.universe(at: cloud.clock.now()) == ["AAPL", "NVDA"])
    #expect(try await store.universe(at: cloud.clock.now() + .hours(10)) == ["AAPL", "NVDA", "AMD"])
    cloud.clock.pass(.hours(1))
    cloud.model.setParameter(UniverseTests.name, "TSLA,MSFT")
    #expect(try await cloud.store().universe(at: cloud.clock.now()) == ["TSLA", "MSFT"])
    // What takes effect after that is a change of what the operator said.
    cloud.clock.pass(.hours(9))
    #expect(try await cloud.store().universe(at: cloud.clock.now()) == ["TSLA", "MSFT", "AMD"])
  }

  @Test func `an SSM that does not answer is told as unavailable, and not remembered`() async throws {
    let cloud = try Cloud(parameter: "AAPL")
    cloud.model.plan(.throttled, on: .ssm, "GetParameter")
    let store = cloud.store()
    let error = await #expect(throws: StoreError.self) { try await store.universe(at: Cloud.start) }
    #expect(error?.code == .unavailable)
    #expect(try await store.universe(at: Cloud.start) == ["AAPL"])
  }

  @Test(arguments: CallFault.allCases)
  func `a change is noted once, whatever happens to its transaction`(_ fault: CallFault) async throws {
    let cloud = try Cloud()
    cloud.model.plan(fault, on: .dynamoDB, "TransactWriteItems")
    cloud.model.plan(fault, on: .dynamoDB, "PutItem")
    try await cloud.store().note(cloud.change("c1", added: ["NVDA"], at: Cloud.start), base: ["AAPL"])
    #expect(cloud.items("universe").count == 2)
    #expect(try await cloud.store().universe(at: Cloud.start) == ["AAPL", "NVDA"])
  }
}

extension Cloud {
  func change(
    _ id: String, added: [String] = [], removed: [String] = [], at moment: Timestamp
  ) -> UniverseChange {
    UniverseChange(id: id, added: added, removed: removed, effectiveAt: moment)
  }
}
