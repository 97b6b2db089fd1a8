import Engine
import Events
import Extraction
import Simulation
import Telemetry
import Testing

@Suite struct WorkerTests {
  private static let unavailable = FetchOutcome.failed(SourceError(.unavailable, reason: "HTTP 503"))
  private static let unknown = FetchOutcome.failed(SourceError(.unknownSymbol, reason: "no data"))

  @Test func `a chunk becomes one object a symbol, under the keys of §4, and its run succeeds`() async throws {
    let world = try await World()
    let id = try await world.run(["AAPL", "MSFT"], ["period": "1d"])
    #expect(try await world.engine.worker.workOnce())
    let run = try #require(try await world.store.run(id))
    #expect(run.status == .succeeded)
    #expect(run.chunks.flatMap(\.results).map(\.symbol) == ["AAPL", "MSFT"])
    let folder = "market/prices/ingestion_date=2025-09-09/data_source=yahoo_finance"
    let rest = "interval=1d/period=1d/2025-09-09T22-00-00Z.json"
    #expect(
      try await world.keys() == ["\(folder)/symbol=AAPL/\(rest)", "\(folder)/symbol=MSFT/\(rest)"])
    #expect(world.source.calls.map(\.symbol).sorted() == ["AAPL", "MSFT"])
    #expect(world.source.calls.allSatisfy { $0.period == "1d" && $0.timeout == .seconds(10) })
    let key = try #require(try await world.keys().first)
    let entry = try #require(try await world.store.entry(bucket: world.names.rawBucket, key: key))
    let body = try JSON(parsing: try await world.engine.objects.body(of: entry))
    #expect(body["symbol"] == "AAPL")
    #expect(body["run_id"]?.string == id)
    #expect(body["row_count"] == 5)
    #expect(try await world.store.depth(world.names.workQueue, at: world.clock.now().after(9_999)).visible == 0)
    #expect(try await world.engine.worker.nextDue() == nil)
  }

  @Test func `Transform hears of each stored object once, in exactly the shape of §4`() async throws {
    let world = try await World()
    _ = try await world.run(["AAPL"])
    _ = try await world.engine.settle()
    let key = try #require(try await world.keys().first)
    let messages = try await world.store.receive(
      world.names.transformQueue, limit: 10, visibility: .seconds(30), at: world.clock.now())
    #expect(messages.count == 1)
    let entry = try #require(try await world.store.entry(bucket: world.names.rawBucket, key: key))
    let event = try #require(try await world.store.events(limit: 10).first)
    #expect(
      try JSON(parsing: try #require(messages.first?.body)) == [
        "version": "0", "id": .string(event.event.id), "detail-type": "Object Created", "source": "aws.s3",
        "account": "123456789012", "time": "2025-09-09T22:00:00Z", "region": "us-east-1",
        "detail": [
          "bucket": "data-pipeline-raw-dev-123456789012", "object": ["key": .string(key), "size": JSON(entry.size)],
        ],
      ])
    #expect(event.hops == 1)
    #expect(event.parentID == "request-1")
  }

  @Test func `what failed for now is asked again later, what is stored is not`() async throws {
    let world = try await World()
    let id = try await world.run(["AAPL", "MSFT", "NOPE"])
    world.source.will(answer: [WorkerTests.unavailable], for: "MSFT")
    world.source.will(answer: [WorkerTests.unknown], for: "NOPE")
    #expect(try await world.engine.worker.workOnce())
    #expect(try await world.store.run(id)?.status == .running)
    #expect(try await world.keys().count == 1)
    let next = try #require(try await world.engine.worker.nextDue())
    #expect(next <= world.clock.now().after(2))
    world.clock.advance(to: next)
    #expect(try await world.engine.worker.workOnce())
    #expect(try await world.store.run(id)?.status == .partlyFailed)
    #expect(world.source.calls.map(\.symbol).sorted() == ["AAPL", "MSFT", "MSFT", "NOPE"])
    let run = try #require(try await world.store.run(id))
    #expect(run.chunks[0].attempts == 2)
    #expect(run.chunks[0].results.map(\.isStored) == [true, true, false])
  }

  @Test func `a source that asks to be left alone is left alone for as long`() async throws {
    let world = try await World()
    _ = try await world.run(["AAPL"])
    let throttled = SourceError(.throttled, reason: "HTTP 429", retryAfter: .seconds(120))
    world.source.will(answer: [.failed(throttled)], for: "AAPL")
    _ = try await world.engine.worker.workOnce()
    let next = try #require(try await world.engine.worker.nextDue())
    #expect(next >= World.start.after(120))
    #expect(next <= World.start.after(122))
  }

  @Test func `after five attempts what still fails has failed, and the run with it`() async throws {
    let world = try await World()
    let id = try await world.run(["AAPL"], ["correlation_id": "k"])
    world.source.outage = SourceError(.unavailable, reason: "HTTP 503")
    var attempts = 0
    while let due = try await world.engine.worker.nextDue() {
      world.clock.advance(to: due)
      if try await world.engine.worker.workOnce() { attempts += 1 }
    }
    #expect(attempts == 5)
    #expect(world.source.calls.count == 5)
    let run = try #require(try await world.store.run(id))
    #expect(run.status == .failed)
    #expect(
      run.chunks[0].results == [
        SymbolResult(symbol: "AAPL", outcome: .failed(code: .unavailable, reason: "HTTP 503"))
      ])
    world.source.outage = nil
    let again = try await world.run(["AAPL"], ["correlation_id": "k"], request: "request-2")
    #expect(again != id)
  }

  @Test func `a chunk that kills its worker five times is laid aside, and its run ends`() async throws {
    let world = try await World()
    let id = try await world.run(["AAPL"])
    for number in 1...5 {
      let taken = try await world.store.receive(
        world.names.workQueue, limit: 1, visibility: .seconds(300), at: world.clock.now())
      #expect(taken.map(\.receiveCount) == [number])
      world.clock.advance(by: .seconds(300))
    }
    #expect(try await world.engine.worker.workOnce())
    #expect(world.source.calls.isEmpty)
    let run = try #require(try await world.store.run(id))
    #expect(run.status == .failed)
    #expect(try await world.engine.worker.nextDue() == nil)
    let letters = try await world.store.receive(
      world.names.workDeadLetters, limit: 10, visibility: .seconds(30), at: world.clock.now())
    #expect(letters.map(\.attributes["ERROR_CODE"]) == [.string("CHUNK_FAILED")])
    #expect(letters.map(\.attributes["RETRY_ATTEMPTS"]) == [.string("5")])
    #expect(try JSON(parsing: try #require(letters.first?.body))["run_id"]?.string == id)
  }

  @Test func `an object that this run has written already is not written again`() async throws {
    let world = try await World()
    let id = try await world.run(["AAPL"])
    let key = ObjectKey.raw(
      domain: "market", tableName: "prices", ds: "2025-09-09", dataSource: "yahoo_finance", symbol: "AAPL",
      interval: "1d", period: "1mo", runStarted: World.start, fileFormat: "json")
    // As a worker leaves it that dies between the object and the end of the chunk.
    _ = try await put(world, key, run: id)
    try await world.work()
    #expect(try await world.keys() == [key])
    #expect(try await world.store.events(limit: 10).count == 1)
    let run = try #require(try await world.store.run(id))
    #expect(run.status == .succeeded)
    #expect(
      run.chunks[0].results == [
        SymbolResult(symbol: "AAPL", outcome: .stored(key: key, bytes: 2, rows: 5))
      ])
  }

  @Test func `a run of the same second takes the next second's key, and keeps it when it is repeated`() async throws {
    let world = try await World()
    _ = try await world.run(["AAPL"], request: "request-1")
    let second = try await world.run(["AAPL"], request: "request-2")
    try await world.work()
    let keys = try await world.keys()
    #expect(keys.map { $0.suffix(25) } == ["2025-09-09T22-00-00Z.json", "2025-09-09T22-00-01Z.json"])
    #expect(try await world.store.run(second)?.status == .succeeded)
    let owner = try await world.store.entry(bucket: world.names.rawBucket, key: try #require(keys.last))?.runID
    #expect(owner == second)
  }

  @Test func `a finished chunk that comes again is only deleted`() async throws {
    let world = try await World()
    let id = try await world.run(["AAPL"])
    let body = try #require(
      try await world.store.receive(world.names.workQueue, limit: 1, visibility: .zero, at: World.start).first?.body)
    world.clock.advance(by: .seconds(1))
    try await world.work()
    let copy = OutgoingMessage(queue: world.names.workQueue, id: "copy", body: body, visibleAt: world.clock.now())
    try await world.store.send([copy], at: world.clock.now())
    try await world.work()
    #expect(world.source.calls.count == 1)
    #expect(try await world.store.run(id)?.status == .succeeded)
    #expect(try await world.engine.worker.nextDue() == nil)
  }

  @Test(arguments: ["not JSON", "{}", "of an unknown run"])
  func `a message that is no chunk of a known run is laid aside`(_ body: String) async throws {
    let world = try await World()
    var text = body
    if body == "of an unknown run" {
      _ = try await world.run(["AAPL"])
      let received = try await world.store.receive(
        world.names.workQueue, limit: 1, visibility: .seconds(900), at: World.start)
      var chunk = try JSON(parsing: try #require(received.first?.body))
      chunk.set("run_id", "run-unknown")
      text = chunk.text
    }
    let message = OutgoingMessage(queue: world.names.workQueue, id: "m", body: text, visibleAt: World.start)
    try await world.store.send([message], at: World.start)
    try await world.work()
    #expect(world.source.calls.isEmpty)
    #expect(try await world.visible(world.names.workDeadLetters) == 1)
  }

  @Test(
    arguments: [("symbols", ["NVDA"]), ("symbols", ["AAPL", "NVDA"]), ("ds", "2025-01-01"), ("period", "max")]
      as [(String, JSON)])
  func `a forged message of a known run is laid aside, and the run goes on`(
    _ member: String, _ value: JSON
  ) async throws {
    let world = try await World()
    let id = try await world.run(["AAPL"])
    let taken = try await world.store.receive(
      world.names.workQueue, limit: 1, visibility: .seconds(60), at: World.start)
    var forged = try JSON(parsing: try #require(taken.first?.body))
    forged.set(member, value)
    let message = OutgoingMessage(queue: world.names.workQueue, id: "m", body: forged.text, visibleAt: World.start)
    try await world.store.send([message], at: World.start)
    try await world.work()
    #expect(world.source.calls.isEmpty)
    #expect(try await world.visible(world.names.workDeadLetters) == 1)
    world.clock.advance(by: .seconds(60))
    try await world.work()
    #expect(try await world.store.run(id)?.status == .succeeded)
  }

  @Test func `a chunk of which every symbol is settled ends without asking the source or its budget`() async throws {
    let world = try await World(try World.settings(requestsPerMinute: 1))
    let id = try await world.run(["AAPL"])
    let taken = try #require(
      try await world.store.receive(world.names.workQueue, limit: 1, visibility: .seconds(60), at: World.start).first)
    let stored = SymbolResult(symbol: "AAPL", outcome: .stored(key: "k", bytes: 1, rows: 1))
    // As a worker leaves it that dies between its last symbol and the end of the chunk.
    try await world.store.keep([stored], of: id, chunk: 0, attempt: 1, message: taken, until: World.start)
    _ = try await world.store.take(1, of: "yahoo_finance", perMinute: 1, at: World.start)
    try await world.work()
    #expect(world.source.calls.isEmpty)
    #expect(try await world.store.run(id)?.status == .succeeded)
  }

  @Test func `a chunk in the hands of a process that died is worked on as soon as the next one starts`() async throws {
    let world = try await World()
    let id = try await world.run(["AAPL"])
    _ = try await world.store.receive(world.names.workQueue, limit: 1, visibility: .seconds(300), at: World.start)
    #expect(try await !world.engine.worker.workOnce())
    #expect(try await world.restarted().worker.workOnce())
    #expect(try await world.store.run(id)?.status == .succeeded)
  }

  @Test func `while the budget is used up, chunks that wait are not taken up again and again`() async throws {
    let world = try await World(try World.settings(requestsPerMinute: 1))
    for number in 1...5 { _ = try await world.run(["S\(number)"], request: "request-\(number)") }
    try await world.work()
    #expect(world.source.calls.count == 1)
    // One was taken up and put back; the others were left where they are.
    let hidden = try await world.store.depth(world.names.workQueue, at: World.start)
    #expect(hidden.visible == 3)
    #expect(try await world.engine.worker.nextDue() == World.start.after(60))
    try await world.live(until: World.start.after(300))
    #expect(world.source.calls.count == 5)
  }

  @Test func `a run whose messages somebody purged is ended by the housekeeper`() async throws {
    let world = try await World()
    let id = try await world.run(["AAPL"])
    #expect(try await world.engine.housekeeper.tidyDue() == 0)
    try await world.store.purge(world.names.workQueue)
    #expect(try await world.engine.housekeeper.tidyDue() == 0)
    world.clock.advance(to: world.engine.housekeeper.nextDue)
    #expect(try await world.engine.housekeeper.tidyDue() == 1)
    #expect(try await world.store.run(id)?.status == .failed)
  }

  @Test func `workers share the source's budget, and a chunk that waits for it has used up no attempt`() async throws {
    let world = try await World(try World.settings(requestsPerMinute: 5))
    let first = try await world.run(["A", "B", "C", "D"], request: "request-1")
    let second = try await world.run(["E", "F"], request: "request-2")
    try await world.work()
    #expect(try await world.store.run(first)?.status == .succeeded)
    #expect(try await world.store.run(second)?.status == .running)
    #expect(world.source.calls.count == 4)
    let due = try #require(try await world.engine.worker.nextDue())
    #expect(due == World.start.after(12))
    world.clock.advance(to: due)
    try await world.work()
    let run = try #require(try await world.store.run(second))
    #expect(run.status == .succeeded)
    #expect(run.chunks[0].attempts == 1)
  }

  @Test func `a chunk that is larger than a minute's budget is worked on with all of it`() async throws {
    let world = try await World(try World.settings(requestsPerMinute: 2))
    let id = try await world.run(["A", "B", "C", "D", "E"])
    try await world.live(until: World.start.after(3_600))
    #expect(try await world.store.run(id)?.status == .succeeded)
  }

  @Test func `a disk that fails loses nothing: the chunk is worked on when it is back`() async throws {
    let world = try await World()
    let id = try await world.run(["AAPL"])
    world.blobs.isBroken = true
    await #expect(throws: StoreError.self) { _ = try await world.engine.worker.workOnce() }
    #expect(try await world.keys().isEmpty)
    world.blobs.isBroken = false
    try await world.live(until: World.start.after(3_600))
    #expect(try await world.store.run(id)?.status == .succeeded)
    #expect(world.blobs.ids.count == 1)
  }

  private func put(_ world: World, _ key: String, run: String) async throws -> ObjectStore.Put {
    let draft = ObjectStore.Draft(
      bucket: world.names.rawBucket, key: key, body: Array("{}".utf8), contentType: "application/json", metadata: [:],
      runID: run, parentID: nil, hops: 1)
    return try await world.engine.objects.put(draft, onlyIfAbsent: true)
  }
}
