import AWSModel
import AWSPorts
import Engine
import Events
import Ingestion
import Telemetry
import Testing

/// What is committed is sent, sooner or later, and once where nothing goes wrong.
@Suite struct OutboxTests {
  @Test func `a dispatch whose sending fails stays in the outbox, and a tick sends it once`() async throws {
    let cloud = try Cloud()
    let deaf = Answering(cloud.model) { service, _, _, _ in service == .sqs ? .failure(Cloud.silence) : nil }
    #expect(try await cloud.admit(try cloud.application("one"), deaf).decision == .dispatched)
    #expect(try cloud.sentChunks().isEmpty)
    // While the first may still be at it, nobody else is.
    #expect(try await cloud.store().sendDue(at: cloud.clock.now()) == 0)
    cloud.clock.pass(AWSStore.dispatchLease)
    #expect(try await cloud.store().sendDue(at: cloud.clock.now()) == 1)
    #expect(try cloud.sentChunks() == [0, 1])
    #expect(cloud.items("outbox").isEmpty)
    #expect(cloud.items("idem#market:prices:2025-09-09:one").first?["status"]?["S"] == "dispatched")
    cloud.clock.pass(.hours(1))
    #expect(try await cloud.store().sendDue(at: cloud.clock.now()) == 0)
    #expect(try cloud.sentChunks() == [0, 1])
  }

  @Test func `a tick sends what the dispatch itself would have sent`() async throws {
    let (one, two) = (try Cloud(), try Cloud())
    let application = try one.application("one", symbols: (0..<25).map { "S\($0)" })
    _ = try await one.admit(application)
    let deaf = Answering(two.model) { service, _, _, _ in service == .sqs ? .failure(Cloud.silence) : nil }
    _ = try await two.admit(application, deaf)
    two.clock.pass(.minutes(2))
    _ = try await two.store().sendDue(at: two.clock.now())
    #expect(one.model.bodies(in: one.names.workQueue).count == 13)
    #expect(one.model.bodies(in: one.names.workQueue) == two.model.bodies(in: two.names.workQueue))
  }

  @Test func `chunks that are due after a quarter of an hour wait in the outbox until they are`() async throws {
    let cloud = try Cloud()
    // Two a minute: the last of 40 chunks is due after 19.5 minutes.
    let application = try cloud.application(
      "one", symbols: (0..<80).map { "S\($0)" }, delays: { .seconds(30 * $0) })
    _ = try await cloud.admit(application)
    #expect(try cloud.sentChunks() == Array(0...30))
    #expect(cloud.items("outbox").count == 1)
    #expect(try await cloud.store().sendDue(at: cloud.clock.now()) == 0)
    var sent: [Int] = []
    for _ in 0..<12 {
      cloud.clock.pass(.minutes(1))
      _ = try await cloud.store().sendDue(at: cloud.clock.now())
      sent.append(try cloud.sentChunks().count)
    }
    #expect(try cloud.sentChunks() == Array(0..<40))
    #expect(sent == sent.sorted() && sent.first == 33 && sent.last == 40)
    #expect(cloud.items("outbox").isEmpty)
  }

  @Test func `no chunk is received before it is due`() async throws {
    let cloud = try Cloud()
    let application = try cloud.application("one", symbols: ["A", "B", "C", "D"], delays: { .seconds(600 * $0) })
    _ = try await cloud.admit(application)
    let store = cloud.store()
    func received() async throws -> [String] {
      try await store.receive(cloud.names.workQueue, limit: 10, visibility: .hours(1), at: cloud.clock.now()).map(\.id)
    }
    #expect(try await received() == [application.messages[0].id])
    cloud.clock.pass(Span(milliseconds: 599_999))
    #expect(try await received().isEmpty)
    cloud.clock.pass(Span(milliseconds: 1))
    #expect(try await received() == [application.messages[1].id])
  }

  @Test func `what belongs to a run that has ended is not sent any more`() async throws {
    let cloud = try Cloud()
    let application = try cloud.application("one", symbols: ["AAPL"])
    let deaf = Answering(cloud.model) { service, _, _, _ in service == .sqs ? .failure(Cloud.silence) : nil }
    _ = try await cloud.admit(application, deaf)
    let status = try await cloud.store(deletesFinished: true).finish(
      [Cloud.failed], of: application.cause.runID, chunk: 0, attempt: 1, message: cloud.message(application),
      deadLetter: nil, at: cloud.clock.now())
    #expect(status == .failed)
    cloud.clock.pass(.hours(1))
    _ = try await cloud.store().sendDue(at: cloud.clock.now())
    #expect(try cloud.sentChunks().isEmpty)
    #expect(cloud.items("outbox").isEmpty)
  }

  @Test func `a letter whose sending fails stays in the outbox, and a tick sends it as it was`() async throws {
    let (one, two) = (try Cloud(), try Cloud())
    let letter = OutgoingMessage(
      queue: one.names.triggerDeadLetters, id: "dead-one", body: "가 \"나\"",
      attributes: ["ERROR_CODE": .string("LOOP_STOPPED"), "RULE_ARN": .string("arn")], visibleAt: one.clock.now())
    #expect(try await one.store().close(DecisionTests.row("one"), deadLetter: letter))
    let deaf = Answering(two.model) { service, _, _, _ in service == .sqs ? .failure(Cloud.silence) : nil }
    #expect(try await two.store(deaf).close(DecisionTests.row("one"), deadLetter: letter))
    #expect(two.model.bodies(in: two.names.triggerDeadLetters).isEmpty)
    two.clock.pass(AWSStore.dispatchLease)
    #expect(try await two.store().sendDue(at: two.clock.now()) == 1)
    for cloud in [one, two] {
      let received = try await cloud.store().receive(
        cloud.names.triggerDeadLetters, limit: 10, visibility: .seconds(30), at: cloud.clock.now())
      #expect(received.map(\.body) == [letter.body])
      #expect(received.map(\.attributes) == [letter.attributes])
      #expect(received.map(\.id) == ["dead-one"])
      #expect(cloud.items("outbox").isEmpty)
    }
  }

  @Test func `one tick looks at as much as it may, the next at the rest`() async throws {
    let cloud = try Cloud()
    let deaf = Answering(cloud.model) { service, _, _, _ in service == .sqs ? .failure(Cloud.silence) : nil }
    let store = cloud.store(deaf)
    for number in 0..<(AWSStore.outboxMax + 4) {
      let letter = OutgoingMessage(
        queue: cloud.names.triggerDeadLetters, id: "dead-\(number)", body: "{}", visibleAt: cloud.clock.now())
      _ = try await store.close(DecisionTests.row("cause-\(number)"), deadLetter: letter)
    }
    cloud.clock.pass(.minutes(5))
    #expect(try await cloud.store().sendDue(at: cloud.clock.now()) == AWSStore.outboxMax)
    #expect(try await cloud.store().sendDue(at: cloud.clock.now()) == 4)
    #expect(cloud.model.bodies(in: cloud.names.triggerDeadLetters).count == AWSStore.outboxMax + 4)
  }
}

/// Batches of SQS: their limits, and what of them fails.
@Suite struct SendingTests {
  @Test func `what a batch did not take is sent again, and only that`() async throws {
    let cloud = try Cloud()
    let seen = Batches()
    let api = Answering(cloud.model) { _, operation, input, before in
      guard operation == "SendMessageBatch" else { return nil }
      seen.add(input)
      guard before == 0 else { return nil }
      return .success([
        "Successful": [["Id": "m0"], ["Id": "m2"]],
        "Failed": [["Id": "m1", "Code": "InternalError", "Message": "try again", "SenderFault": false]],
      ])
    }
    try await cloud.store(api).send(["a", "b", "c"].map { cloud.message($0) }, at: cloud.clock.now())
    #expect(seen.bodies == [["a", "b", "c"], ["b"]])
    #expect(cloud.model.bodies(in: cloud.names.workQueue) == ["b"])
  }

  @Test func `a message that the sender is at fault for is refused at once, and named`() async throws {
    let cloud = try Cloud()
    let seen = Batches()
    let api = Answering(cloud.model) { _, operation, input, _ in
      guard operation == "SendMessageBatch" else { return nil }
      seen.add(input)
      return .success([
        "Failed": [["Id": "m1", "Code": "InvalidMessageContents", "Message": "no", "SenderFault": true]]
      ])
    }
    let error = await #expect(throws: StoreError.self) {
      try await cloud.store(api).send(["a", "b"].map { cloud.message($0) }, at: cloud.clock.now())
    }
    #expect(error?.code == .refused && error?.reason.contains("id of b") == true)
    #expect(seen.bodies.count == 1)
  }

  @Test func `entries that never go through end as unavailable`() async throws {
    let cloud = try Cloud()
    let seen = Batches()
    let api = Answering(cloud.model) { _, operation, input, _ in
      guard operation == "SendMessageBatch" else { return nil }
      seen.add(input)
      return .success(["Failed": [["Id": "m0", "Code": "InternalError", "SenderFault": false]]])
    }
    let error = await #expect(throws: StoreError.self) {
      try await cloud.store(api).send([cloud.message("a")], at: cloud.clock.now())
    }
    #expect(error?.code == .unavailable)
    #expect(seen.bodies.count == 6)
  }

  @Test func `a throttled queue is unavailable, one that does not exist refused`() async throws {
    let cloud = try Cloud()
    cloud.model.plan(.throttled, on: .sqs, "SendMessageBatch")
    let throttled = await #expect(throws: StoreError.self) {
      try await cloud.store().send([cloud.message("a")], at: cloud.clock.now())
    }
    #expect(throttled?.code == .unavailable)
    let lost = OutgoingMessage(queue: "unknown", id: "a", body: "{}", visibleAt: cloud.clock.now())
    let refused = await #expect(throws: StoreError.self) { try await cloud.store().send([lost], at: cloud.clock.now()) }
    #expect(refused?.code == .refused)
  }

  @Test func `no batch is larger than SQS takes, by entries or by bytes`() async throws {
    let cloud = try Cloud()
    let seen = Batches()
    let api = Answering(cloud.model) { _, operation, input, _ in
      if operation == "SendMessageBatch" { seen.add(input) }
      return nil
    }
    let long = String(repeating: "x", count: 400_000)
    let bodies = (0..<12).map { "small \($0)" } + [long, long, long]
    try await cloud.store(api).send(bodies.map { cloud.message($0) }, at: cloud.clock.now())
    #expect(cloud.model.bodies(in: cloud.names.workQueue) == bodies)
    #expect(seen.bodies.map(\.count) == [10, 4, 1])
  }
}

extension Cloud {
  func message(_ body: String) -> OutgoingMessage {
    OutgoingMessage(queue: names.workQueue, id: "id of \(body.prefix(9))", body: body, visibleAt: clock.now())
  }

  /// The message of the application's first chunk, in somebody's hands.
  func message(_ application: Application, chunk: Int = 0) -> ReceivedMessage {
    ReceivedMessage(
      queue: names.workQueue, id: "\(application.cause.runID)-\(chunk)", receipt: "0#0#0", body: "{}", attributes: [:],
      sentAt: clock.now(), firstReceivedAt: clock.now(), receiveCount: 1)
  }
}
