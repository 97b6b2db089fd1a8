import Engine
import Events
import Extraction
import Foundation
import Ingestion
import Simulation
import Telemetry
import Testing

/// One row of `Tests/Vectors/orchestrator.json`: what is handed to the function, and what comes of it.
struct PayloadVector: Sendable, CustomTestStringConvertible {
  let row: JSON

  var testDescription: String { row["name"]?.string ?? row.text }

  var payload: String { row["text"]?.string ?? row["payload"]?.text ?? "" }

  static func load() throws -> [PayloadVector] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/orchestrator.json")
    let rows = try #require(try JSON(parsing: Data(contentsOf: file)).elements)
    for row in rows { try #require(row["source"]?.string != nil, "a row without a source: \(row.text)") }
    return rows.map { PayloadVector(row: $0) }
  }
}

@Suite struct OrchestratorTests {
  @Test(arguments: try PayloadVector.load())
  func `a payload is answered, recorded and buried as the table says`(_ vector: PayloadVector) async throws {
    let world = try await World()
    let answer = try await world.invoke(vector.payload)
    for member in try #require(vector.row["answer"]?.members) {
      let had: JSON? =
        switch member.key {
        case "error.code": answer["error"]?["code"]
        case "violations":
          JSON(answer["error"]?["violations"]?.elements?.compactMap { $0["code"]?.string } ?? [])
        default: answer[member.key]
        }
      #expect(had == member.value, "\(member.key): \(answer.text)")
    }
    let entry = try await world.entry(vector.row["cause"]?.string ?? "request-1")
    #expect(entry.decision.rawValue == vector.row["row"]?.string)
    #expect(try await world.visible(world.names.triggerDeadLetters) == vector.row["letters"]?.int)
    if let universe = vector.row["universe"]?.elements {
      let later = World.start + .days(1)
      #expect(try await world.store.universe(at: later) == universe.compactMap(\.string))
    }
    // The same payload under the same cause decides nothing anew, and starts nothing anew.
    let messages = try await world.store.depth(world.names.workQueue, at: World.start + .hours(1)).visible
    _ = try await world.invoke(vector.payload)
    #expect(try await world.entry(entry.causeID) == entry)
    #expect(try await world.store.depth(world.names.workQueue, at: World.start + .hours(1)).visible == messages)
    #expect(try await world.visible(world.names.triggerDeadLetters) == vector.row["letters"]?.int)
  }

  @Test func `the same request under the same correlation id is a duplicate, another one a conflict`() async throws {
    let world = try await World()
    let body = #"{"symbols":["AAPL"],"correlation_id":"manual-001"}"#
    let first = try await world.invoke(body)
    let second = try await world.invoke(body, request: "request-2")
    #expect(second["statusCode"] == 200)
    #expect(second["decision"] == "duplicate")
    #expect(second["run_id"] == first["run_id"])
    let third = try await world.invoke(
      #"{"symbols":["MSFT"],"correlation_id":"manual-001"}"#, request: "request-3")
    #expect(third["statusCode"] == 409)
    #expect(third["error"]?["code"] == "IDEMPOTENCY_CONFLICT")
    #expect(try await world.store.runs(limit: 10).count == 1)
  }

  @Test func `without a correlation id each manual run is a run of its own, up to ten an hour`() async throws {
    let world = try await World()
    var ids: Set<String> = []
    for number in 0..<10 {
      let answer = try await world.invoke("{}", request: "request-\(number)")
      ids.insert(try #require(answer["correlation_id"]?.string))
    }
    #expect(ids.count == 10)
    world.clock.advance(by: .minutes(20))
    let refused = try await world.invoke("{}", request: "request-10")
    #expect(refused["statusCode"] == 429)
    #expect(refused["error"]?["code"] == "RATE_LIMITED")
    #expect(refused["retry_after"] == 2_400)
  }

  @Test func `an open breaker answers 503 with the time until its probe`() async throws {
    let world = try await World(try World.settings(.init(breaker: .init(failuresMax: 1))))
    world.source.outage = .init(.refused, reason: "HTTP 403")
    _ = try await world.run(["AAPL"])
    try await world.work()
    world.clock.advance(by: .minutes(10))
    let refused = try await world.invoke("{}", request: "request-2")
    #expect(refused["statusCode"] == 503)
    #expect(refused["error"]?["code"] == "BREAKER_OPEN")
    #expect(refused["retry_after"] == 3_000)
    world.source.outage = nil
    let urgent = try await world.invoke(#"{"urgent":true}"#, request: "request-3")
    #expect(urgent["decision"] == "dispatched")
    try await world.work()
    #expect(try await world.invoke("{}", request: "request-4")["decision"] == "dispatched")
  }

  @Test func `a run that has to wait is answered 202 and goes on when it may`() async throws {
    let world = try await World()
    let until = World.start + .hours(2)
    let held = try await world.store.hold(
      domain: "market", table: "prices", owner: "ops", until: until, at: World.start)
    try #require(held != nil)
    let answer = try await world.invoke("{}")
    #expect(answer["statusCode"] == 202)
    #expect(answer["decision"] == "deferred")
    #expect(answer["run_id"] == .null)
    #expect(try await world.engine.releaser.nextDue() == until)
    #expect(try await world.engine.releaser.releaseDue() == 0)
    #expect(try await world.store.letGo(domain: "market", table: "prices", owner: "ops", at: world.clock.now()))
    #expect(try await world.engine.releaser.releaseDue() == 1)
    let entry = try await world.entry("request-1")
    #expect(entry.decision == .dispatched)
    let again = try await world.invoke("{}")
    #expect(again["run_id"]?.string == entry.about.runID)
    #expect(try await world.store.runs(limit: 10).count == 1)
  }

  @Test func `an urgent run's chunks overtake those of others`() async throws {
    let world = try await World()
    let first = try await world.run(["AAPL"], request: "request-1")
    let urgent = try await world.run(["MSFT"], ["urgent": true], request: "request-2")
    let order = try await world.store.receive(
      world.names.workQueue, limit: 10, visibility: .seconds(1), at: World.start)
    #expect(order.map { $0.attributes["run_id"] } == [.string(urgent), .string(first)])
  }

  @Test func `chunks are spread so that the source's limit holds`() async throws {
    let world = try await World()
    let symbols = (0..<12).map { "S\($0)" }
    _ = try await world.run(symbols)
    #expect(try await world.visible(world.names.workQueue) == 1)
    world.clock.advance(by: .seconds(3))
    #expect(try await world.visible(world.names.workQueue) == 2)
    world.clock.advance(by: .seconds(3))
    #expect(try await world.visible(world.names.workQueue) == 3)
  }

  @Test func `an object's notifications are taken once and never an older after a newer`() async throws {
    let world = try await World()
    func record(_ sequencer: String) -> String {
      """
      {"Records":[{"eventTime":"2025-09-09T14:45:30.000Z","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":
      "data-pipeline-raw-dev-123456789012"},"object":{"key":"market/prices/a%2Bb+c.json","size":1,"sequencer":
      "\(sequencer)"}}}]}
      """
    }
    let first = try await world.invoke(record("0A"), request: "r1")
    #expect(first["events"]?.elements?.count == 1)
    for (request, sequencer) in [("r2", "0A"), ("r3", "09")] {
      let stale = try await world.invoke(record(sequencer), request: request)
      #expect(stale["decision"] == "duplicate")
      #expect(stale["stale"] == 1)
    }
    #expect(try await world.invoke(record("0B"), request: "r4")["decision"] == "dispatched")
    #expect(
      try await world.store.events(limit: 10).map { $0.event.detail["object"]?["key"] } == [
        "market/prices/a+b c.json", "market/prices/a+b c.json",
      ])
  }

  @Test func `a chain of causes is counted one hop a cause, whichever id of its parent an event names`() async throws {
    let world = try await World()
    func publish(_ id: String, because causation: String?) async throws -> Int? {
      var detail: JSON = ["symbols": ["AAPL"], "correlation_id": .string("key of \(id)")]
      if let causation { detail.set("causation_id", .string(causation)) }
      let event = Event(
        id: id, source: "ops.manual", detailType: "Adhoc Ingestion", account: "123456789012", region: "us-east-1",
        time: World.start, resources: [], detail: detail)
      _ = try await world.engine.publisher.publish([event])
      _ = try await world.engine.deliverer.deliverDue()
      return try await world.entry(Cause.matchID(event: id, rule: world.names.opsManualRule)).about.hops
    }
    #expect(try await publish("a", because: nil) == 0)
    let first = Cause.matchID(event: "a", rule: world.names.opsManualRule)
    let run = try #require(try await world.entry(first).about.runID)
    for (name, parent) in [("b", "a"), ("c", first), ("d", run), ("e", "key of a")] {
      #expect(try await publish(name, because: parent) == 1, "\(parent)")
    }
    // Its children say nothing of its own depth.
    #expect(try await publish("f", because: first) == 1)
    #expect(try await publish("g", because: "f") == 2)
    #expect(try await publish("h", because: "unknown") == 0)
  }

  @Test(arguments: ["1970-01-01T00:00:01Z", "2025-09-09T21:59:59Z", "2025-09-10T22:00:00Z"])
  func `a scheduled event by hand whose time is no slot that has come is a run of its own`(
    _ time: String
  ) async throws {
    let world = try await World()
    let answer = try await world.invoke(scheduled(world, time))
    #expect(answer["trigger_type"] == "manual")
    #expect(answer["ds"]?.string == String(time.prefix(10)))
    #expect(try await world.entry("request-1").decision == .dispatched)
    #expect(try await world.store.entry(of: Cause.slotID(rule: world.names.scheduleRule, at: World.start)) == nil)
  }

  @Test func `a scheduled event by hand of a slot that has come is that slot, and the slot runs once`() async throws {
    let world = try await World(at: World.start.after(-60))
    world.clock.advance(to: World.start)
    let answer = try await world.invoke(scheduled(world, "2025-09-09T22:00:00Z"))
    #expect(answer["trigger_type"] == "schedule")
    _ = try await world.engine.settle()
    #expect(try await world.store.runs(limit: 10).count == 1)
  }

  @Test func `an event that is invoked asynchronously twice is one cause`() async throws {
    let world = try await World()
    let event = Event(
      id: "e-1", source: "ops.manual", detailType: "Adhoc Ingestion", account: "123456789012", region: "us-east-1",
      time: World.start, resources: [], detail: ["symbols": ["AAPL"]])
    for request in ["request-1", "request-2"] {
      let cause = Cause(id: request, trigger: .manual, arrivedAt: World.start)
      let context = InvocationContext(requestID: request, invokedAt: World.start, cause: cause)
      _ = await world.engine.orchestrator.invoke(event.json.bytes, context)
    }
    #expect(try await world.store.runs(limit: 10).map(\.causeID) == ["e-1/\(world.names.opsManualRule)"])
  }

  @Test func `a redelivered refusal is told again as it was`() async throws {
    let world = try await World()
    let event = Event(
      id: "e-1", source: "transform.pipeline", detailType: "Processing Complete", account: "123456789012",
      region: "us-east-1", time: World.start, resources: [], detail: ["trigger_reingestion": true, "hops": 9])
    for request in ["request-1", "request-2"] {
      let answer = try await world.invoke(event.json.text, request: request)
      #expect(answer["statusCode"] == 422)
      #expect(answer["decision"] == "loop_stopped")
      #expect(answer["error"]?["code"] == "LOOP_STOPPED")
    }
  }

  @Test func `a universe update may add more symbols than a request may list, and ingests them all`() async throws {
    let world = try await World()
    let symbols = (0..<250).map { "S\($0)" }
    let event = Event(
      id: "e-1", source: "symbol.universe", detailType: "Universe Updated", account: "123456789012",
      region: "us-east-1", time: World.start, resources: [],
      detail: ["added_symbols": JSON(symbols), "immediate_ingestion": true])
    let answer = try await world.invoke(event.json.text)
    #expect(answer["decision"] == "dispatched")
    #expect(answer["symbols"] == JSON(symbols))
  }

  @Test(arguments: [
    #"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2025-09-09T22:00:00.000Z","Bucket":"b"}"#,
    #"{"Records":[{"eventName":"ObjectRemoved:Delete","s3":{}}]}"#, #"{"Records":[]}"#,
  ])
  func `a notification of no created object starts nothing`(_ payload: String) async throws {
    let world = try await World()
    #expect(try await world.invoke(payload)["decision"] == "skipped")
    #expect(try await world.entry("request-1").code == .noObjectCreated)
    #expect(try await world.store.runs(limit: 10).isEmpty)
  }

  @Test func `while the events' rate is used up only the first in line is asked, and all run in their order`()
    async throws
  {
    let world = try await World(try World.settings(.init(eventMax: 2)))
    for number in 0..<7 {
      let event = Event(
        id: "e-\(number)", source: "ops.manual", detailType: "Adhoc Ingestion", account: "123456789012",
        region: "us-east-1", time: World.start, resources: [], detail: ["symbols": ["AAPL"]])
      _ = try await world.invoke(event.json.text, request: "r-\(number)")
    }
    #expect(try await world.store.runs(limit: 10).count == 2)
    for minute in 1...3 {
      let now = World.start.after(minute * 60)
      world.clock.set(to: now)
      _ = try await world.engine.releaser.releaseDue()
      #expect(try await world.store.runs(limit: 10).count == min(7, 2 + 2 * minute))
      // Those behind the first still wait for the same moment as before: nobody rewrote them.
      let line = try await world.store.deferred(.events, at: now, limit: 10)
      #expect(line.count == max(0, 7 - 2 - 2 * minute - 1), "minute \(minute)")
      if minute < 3 { #expect(try await world.engine.releaser.nextDue() == now.after(60)) }
    }
    #expect(
      try await world.store.runs(limit: 10).map { String($0.causeID.prefix(3)) }.reversed()
        == (0..<7).map { "e-\($0)" })
  }

  private func scheduled(_ world: World, _ time: String) -> String {
    """
    {"version":"0","id":"t","source":"aws.events","detail-type":"Scheduled Event","account":"123456789012",
    "region":"us-east-1","time":"\(time)","resources":["\(world.settings.names.rule(world.names.scheduleRule))"],
    "detail":{}}
    """
  }

  @Test func `every refusal has the same word in the ledger and in the answer`() {
    for code in RefusalCode.allCases { #expect(ReasonCode(code).rawValue == code.rawValue) }
  }
}
