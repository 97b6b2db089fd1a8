import ClockPorts
import AWSClients
import AWSPorts
import Engine
import Events
import Simulation
import Testing

/// Messages in ministack's queues, in real time; nobody sleeps, for ministack waits (`WaitTimeSeconds`) where there is
/// something to wait for.
@Suite(.enabled(if: Ministack.isInstalled, Ministack.absence)) struct SQSContract {
  @Test func `the contracts that both runtimes keep are kept on ministack`() {
    #expect(Side.all.map(\.name).contains(Side.ministack.name))
  }

  @Test func `a batch of twelve is sent, received and deleted`() async throws {
    let desk = try await Desk()
    try await desk.store.send((0..<12).map { desk.message("m\($0)") }, at: desk.now)
    #expect(try await desk.depth() == [12, 0, 0])
    var received: [ReceivedMessage] = []
    while received.count < 12 { received += try await desk.receive() }
    #expect(received.count == 12)
    #expect(Set(received.map(\.id)) == Set((0..<12).map { "m\($0)" }))
    for message in received {
      #expect(message.body == "body of \(message.id)" && message.attributes == ["run_id": .string("값")])
      #expect(message.receiveCount == 1)
      #expect(abs((desk.now - message.sentAt).milliseconds) < 60_000 && message.firstReceivedAt >= message.sentAt)
    }
    #expect(try await desk.depth() == [0, 12, 0])
    for message in received { #expect(try await desk.store.delete(desk.queue, receipt: message.receipt)) }
    #expect(try await desk.depth() == [0, 0, 0])
  }

  @Test func `a message that SQS refuses is refused, and the good ones of its batch are there`() async throws {
    let desk = try await Desk()
    // Source: SQS API, SendMessage: "#x9 | #xA | #xD | #x20 to #xD7FF | …"; the entry fails by the sender's fault.
    let error = await #expect(throws: StoreError.self) {
      try await desk.store.send([desk.message("good"), desk.message("bad", body: "\u{1}")], at: desk.now)
    }
    #expect(error?.code == .refused)
    #expect(try await desk.receive().map(\.id) == ["good"])
  }

  @Test func `a queue that does not exist is refused`() async throws {
    let desk = try await Desk()
    let error = await #expect(throws: StoreError.self) {
      try await desk.store.send(
        [OutgoingMessage(queue: "unknown", id: "m", body: "{}", visibleAt: desk.now)], at: desk.now)
    }
    #expect(error?.code == .refused)
  }

  @Test func `a message that was put back shows again, counted or not`() async throws {
    let desk = try await Desk()
    try await desk.store.send([desk.message("m1")], at: desk.now)
    let first = try #require(try await desk.receive().first)
    #expect(try await desk.depth() == [0, 1, 0])
    #expect(try await desk.store.putBack(first, until: desk.now, uncounted: false, at: desk.now))
    let second = try #require(try await desk.receive().first)
    #expect(second.id == "m1" && second.receiveCount == 2)
    #expect(try await desk.store.putBack(second, until: desk.now, uncounted: true, at: desk.now))
    let third = try #require(try await desk.receive().first)
    #expect(third.id == "m1" && third.receiveCount == 1 && third.attributes == first.attributes)
    #expect(try await desk.store.delete(desk.queue, receipt: third.receipt))
    #expect(try await !desk.store.putBack(third, until: desk.now, uncounted: false, at: desk.now))
    #expect(try await desk.depth() == [0, 0, 0])
  }

  @Test func `what is not due yet is delayed`() async throws {
    let desk = try await Desk()
    let later = OutgoingMessage(queue: desk.queue, id: "m", body: "{}", visibleAt: desk.now + .minutes(10))
    try await desk.store.send([later], at: desk.now)
    #expect(try await desk.depth() == [0, 0, 1])
  }

  @Test func `sixteen who receive at once share the messages, none twice`() async throws {
    let desk = try await Desk()
    try await desk.store.send((0..<40).map { desk.message("m\($0)") }, at: desk.now)
    let received = try await withThrowingTaskGroup(of: [String].self) { group in
      for _ in 0..<16 { group.addTask { try await desk.receive(limit: 3).map(\.id) } }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(received.count == 40)
    #expect(Set(received).count == 40)
  }
}

/// A queue of its own on ministack.
private struct Desk {
  let queue: String
  let store: AWSStore
  private let ministack: Ministack

  init() async throws {
    ministack = try await Ministack.running()
    queue = ministack.unique("contract")
    let settings = try Sample.settings()
    _ = try await ministack.client.call(.sqs, "CreateQueue", ["QueueName": .string(queue)])
    store = AWSStore(
      settings, Waiting(inner: ministack.client), queues: "\(ministack.url)/\(settings.names.account)", SystemClock(),
      SystemEntropy(), MemoryLog(), metrics: nil, deletesFinished: false)
  }

  var now: Timestamp { SystemClock().now() }

  func message(_ id: String, body: String? = nil) -> OutgoingMessage {
    OutgoingMessage(
      queue: queue, id: id, body: body ?? "body of \(id)", attributes: ["run_id": .string("값")], visibleAt: now)
  }

  func receive(limit: Int = 10) async throws -> [ReceivedMessage] {
    try await store.receive(queue, limit: limit, visibility: .hours(1), at: now)
  }

  /// Visible, in flight, delayed.
  func depth() async throws -> [Int] {
    let depth = try await store.depth(queue, at: now)
    return [depth.visible, depth.inFlight, depth.delayed]
  }
}

/// Lets receives wait for what is on its way.
private struct Waiting: AWSAPI {
  let inner: any AWSAPI

  func call(_ service: AWSService, _ operation: String, _ input: JSON) async throws(AWSError) -> JSON {
    var input = input
    if operation == "ReceiveMessage" { input.set("WaitTimeSeconds", 2) }
    return try await inner.call(service, operation, input)
  }

  func put(_ object: ObjectDraft) async throws(AWSError) { try await inner.put(object) }

  func head(bucket: String, key: String) async throws(AWSError) -> ObjectHead? {
    try await inner.head(bucket: bucket, key: key)
  }
}
