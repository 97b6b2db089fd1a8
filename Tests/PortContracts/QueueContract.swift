import Engine
import Events
import Testing

/// What `WorkQueues` promises.
@Suite struct QueueContract {
  private static let seen = Span.seconds(30)

  @Test(arguments: Adapter.all)
  func `a queue is made once, found by name, and replaced only if it exists`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      var queue = QueueDefinition(
        name: "q", visibilityTimeout: 1, delaySeconds: 2, messageRetentionPeriod: 60, receiveWait: 3,
        redrive: .init(deadLetterQueue: "d", maxReceiveCount: 4))
      #expect(try await stage.store.create(queue, at: Sample.start))
      #expect(try await !stage.store.create(QueueDefinition(name: "q"), at: Sample.start))
      try stage.reopen()
      #expect(try await stage.store.queue("q") == queue)
      queue.visibilityTimeout = 9
      queue.redrive = nil
      try await stage.store.update(queue)
      #expect(try await stage.store.queue("q") == queue)
      #expect(try await stage.store.queues().count == 5)
      #expect(try await stage.store.queue("unknown") == nil)
      let error = await #expect(throws: StoreError.self) {
        try await stage.store.update(QueueDefinition(name: "unknown"))
      }
      #expect(error?.code == .refused)
    }
  }

  @Test(arguments: Adapter.all)
  func `a queue that is removed is gone with its messages, and one made anew is empty`(_ adapter: Adapter) async throws
  {
    try await run(adapter) { stage in
      _ = try await stage.store.create(QueueDefinition(name: "other"), at: Sample.start)
      try await stage.store.send([message("m1"), message("m2", to: "other")], at: Sample.start)
      #expect(try await stage.store.remove(queue: "q"))
      #expect(try await !stage.store.remove(queue: "q"))
      try stage.reopen()
      #expect(try await stage.store.queue("q") == nil)
      #expect(try await stage.store.message("m1") == nil)
      #expect(try await stage.store.message("m2") != nil)
      let error = await #expect(throws: StoreError.self) {
        try await stage.store.send([message("m3")], at: Sample.start)
      }
      #expect(error?.code == .refused)
      #expect(try await stage.store.create(QueueDefinition(name: "q"), at: Sample.start))
      #expect(try await receive(stage, at: Sample.start).isEmpty)
    }
  }

  @Test(arguments: Adapter.all)
  func `a message comes out as it went in`(_ adapter: Adapter) async throws {
    try await run(adapter) { stage in
      let sent = OutgoingMessage(
        queue: "q", id: "m1", body: "가나다 \t\"\n",
        attributes: ["text": .string("값"), "bytes": MessageAttribute(dataType: "Binary.x", value: .binary([0, 255]))],
        visibleAt: Sample.start)
      try await stage.store.send([sent], at: Sample.start)
      try stage.reopen()
      let now = Sample.start.after(5)
      let message = try #require(try await receive(stage, at: now).first)
      #expect(message.id == "m1")
      #expect(message.queue == "q")
      #expect(message.body == sent.body)
      #expect(message.attributes == sent.attributes)
      #expect(message.sentAt == Sample.start)
      #expect(message.firstReceivedAt == now)
      #expect(message.receiveCount == 1)
    }
  }

  @Test(arguments: Adapter.all)
  func `what a dead process had in hand is shown again; what was put back or not yet due waits on`(
    _ adapter: Adapter
  ) async throws {
    try await run(adapter) { stage in
      #expect(try await stage.store.nextVisible("q") == nil)
      try await stage.store.send(["held", "put back", "done"].map { message($0) }, at: Sample.start)
      let later = OutgoingMessage(queue: "q", id: "later", body: "{}", visibleAt: Sample.start.after(500))
      try await stage.store.send([later], at: Sample.start)
      #expect(try await stage.store.nextVisible("q") == Sample.start)
      let received = try await stage.store.receive("q", limit: 3, visibility: .seconds(300), at: Sample.start)
      try #require(received.count == 3)
      _ = try await stage.store.release(
        "q", receipt: received[1].receipt, until: Sample.start.after(400), uncounted: true)
      _ = try await stage.store.delete("q", receipt: received[2].receipt)
      #expect(try await stage.store.nextVisible("q") == Sample.start.after(300))
      try stage.reopen()
      let now = Sample.start.after(5)
      try await stage.store.reclaim("q", at: now)
      #expect(try await stage.store.nextVisible("q") == now)
      let again = try await stage.store.receive("q", limit: 10, visibility: .seconds(300), at: now)
      #expect(again.map(\.id) == ["held"])
      #expect(again.map(\.receiveCount) == [2])
    }
  }

  @Test(arguments: Adapter.all)
  func `nothing is sent if one queue does not exist, and a known id is left as it is`(_ adapter: Adapter) async throws {
    try await run(adapter) { stage in
      let error = await #expect(throws: StoreError.self) {
        try await stage.store.send([message("m1"), message("m2", to: "unknown")], at: Sample.start)
      }
      #expect(error?.code == .refused)
      #expect(try await stage.store.depth("q", at: Sample.start).visible == 0)
      try await stage.store.send([message("m1"), message("m1", body: "other"), message("m2")], at: Sample.start)
      try await stage.store.send([message("m2", body: "other")], at: Sample.start)
      #expect(try await receive(stage, at: Sample.start).map(\.body) == ["body of m1", "body of m2"])
    }
  }

  @Test(arguments: Adapter.all)
  func `urgent messages go first, then the oldest`(_ adapter: Adapter) async throws {
    try await run(adapter) { stage in
      try await stage.store.send([message("a"), message("b", priority: 1), message("c")], at: Sample.start)
      try await stage.store.send([message("d", priority: 1)], at: Sample.start.after(-10))
      #expect(try await receive(stage, limit: 3, at: Sample.start).map(\.id) == ["b", "d", "a"])
      #expect(try await receive(stage, limit: 3, at: Sample.start).map(\.id) == ["c"])
    }
  }

  @Test(arguments: Adapter.all)
  func `a received message is hidden until its time is up, then received again under a new receipt`(
    _ adapter: Adapter
  ) async throws {
    try await run(adapter) { stage in
      try await stage.store.send([message("m1")], at: Sample.start)
      let first = try #require(try await receive(stage, at: Sample.start).first)
      #expect(try await receive(stage, at: Sample.start.after(29)).isEmpty)
      try stage.reopen()
      let second = try #require(try await receive(stage, at: Sample.start.after(30)).first)
      #expect(second.receiveCount == 2)
      #expect(second.firstReceivedAt == Sample.start)
      #expect(second.receipt != first.receipt)
      #expect(try await !stage.store.delete("q", receipt: first.receipt))
      #expect(try await !stage.store.delete("other", receipt: second.receipt))
      #expect(try await stage.store.delete("q", receipt: second.receipt))
      #expect(try await !stage.store.delete("q", receipt: second.receipt))
      #expect(try await receive(stage, at: Sample.start.after(3_600)).isEmpty)
    }
  }

  @Test(arguments: Adapter.all)
  func `no visibility at all still hides a message from the same moment`(_ adapter: Adapter) async throws {
    try await run(adapter) { stage in
      try await stage.store.send([message("m1")], at: Sample.start)
      let received = try await stage.store.receive("q", limit: 10, visibility: .zero, at: Sample.start)
      #expect(received.count == 1)
      #expect(try await receive(stage, at: Sample.start + Span(milliseconds: 1)).count == 1)
    }
  }

  @Test(arguments: Adapter.all)
  func `a released message shows again at its moment; a receive that is taken back was never counted`(
    _ adapter: Adapter
  ) async throws {
    try await run(adapter) { stage in
      try await stage.store.send([message("m1")], at: Sample.start)
      let first = try #require(try await receive(stage, at: Sample.start).first)
      #expect(try await release(stage, first, until: Sample.start.after(5), uncounted: false))
      #expect(try await receive(stage, at: Sample.start.after(4)).isEmpty)
      let second = try #require(try await receive(stage, at: Sample.start.after(5)).first)
      #expect(second.receiveCount == 2)
      #expect(try await !release(stage, first, until: Sample.start, uncounted: true))
      #expect(try await release(stage, second, until: Sample.start.after(5), uncounted: true))
      #expect(try await !release(stage, second, until: Sample.start.after(5), uncounted: true))
      let third = try #require(try await receive(stage, at: Sample.start.after(5)).first)
      #expect(third.receiveCount == 2)
      #expect(third.receipt != second.receipt)
      #expect(try await !stage.store.delete("q", receipt: second.receipt))
      #expect(try await stage.store.delete("q", receipt: third.receipt))
    }
  }

  @Test(arguments: Adapter.all)
  func `a message that was received too often goes to the dead letters instead`(_ adapter: Adapter) async throws {
    try await run(adapter, redrive: .init(deadLetterQueue: "d", maxReceiveCount: 2)) { stage in
      _ = try await stage.store.create(QueueDefinition(name: "d"), at: Sample.start)
      try await stage.store.send([message("m1"), message("m2")], at: Sample.start)
      #expect(try await receive(stage, limit: 1, at: Sample.start).map(\.id) == ["m1"])
      #expect(try await receive(stage, at: Sample.start.after(30)).map(\.receiveCount) == [2, 1])
      #expect(try await receive(stage, at: Sample.start.after(60)).map(\.id) == ["m2"])
      try stage.reopen()
      let now = Sample.start.after(60)
      let dead = try await stage.store.receive("d", limit: 10, visibility: QueueContract.seen, at: now)
      #expect(dead.map(\.id) == ["m1"])
      #expect(dead.map(\.receiveCount) == [1])
      #expect(dead.map(\.body) == ["body of m1"])
    }
  }

  @Test(arguments: Adapter.all)
  func `a message waits for its moment, and none outlives the queue's retention`(_ adapter: Adapter) async throws {
    try await run(adapter, retention: 60) { stage in
      try await stage.store.send([message("m1", at: 20), message("m2", at: 70)], at: Sample.start)
      #expect(try await receive(stage, at: Sample.start.after(19)).isEmpty)
      #expect(try await receive(stage, at: Sample.start.after(20)).map(\.id) == ["m1"])
      #expect(try await stage.store.depth("q", at: Sample.start.after(60)).visible == 1)
      let gone = QueueDepth(visible: 0, inFlight: 0, delayed: 0, nextVisible: nil)
      #expect(try await stage.store.depth("q", at: Sample.start.after(61)) == gone)
      #expect(try await receive(stage, at: Sample.start.after(75)).isEmpty)
    }
  }

  @Test(arguments: Adapter.all)
  func `the depth tells visible, hidden and delayed apart and says when the next one shows`(
    _ adapter: Adapter
  ) async throws {
    try await run(adapter) { stage in
      try await stage.store.send([message("a"), message("b"), message("c"), message("d", at: 100)], at: Sample.start)
      _ = try await receive(stage, limit: 2, at: Sample.start)
      let now = Sample.start.after(1)
      #expect(
        try await stage.store.depth("q", at: now)
          == QueueDepth(visible: 1, inFlight: 2, delayed: 1, nextVisible: Sample.start.after(30)))
      #expect(
        try await stage.store.depth("q", at: now.after(40))
          == QueueDepth(visible: 3, inFlight: 0, delayed: 1, nextVisible: Sample.start.after(100)))
      try await stage.store.purge("q")
      let empty = QueueDepth(visible: 0, inFlight: 0, delayed: 0, nextVisible: nil)
      #expect(try await stage.store.depth("q", at: now) == empty)
      #expect(try await stage.store.depth("unknown", at: now) == empty)
    }
  }

  @Test(arguments: Adapter.all)
  func `sixteen who receive at once share the messages, none twice`(_ adapter: Adapter) async throws {
    try await run(adapter) { stage in
      try await stage.store.send((0..<40).map { message("m\($0)") }, at: Sample.start)
      let store = stage.store
      let received = try await withThrowingTaskGroup(of: [String].self) { group in
        for _ in 0..<16 {
          group.addTask {
            try await store.receive("q", limit: 3, visibility: QueueContract.seen, at: Sample.start).map(\.id)
          }
        }
        var ids: [String] = []
        for try await part in group { ids += part }
        return ids
      }
      #expect(received.count == 40)
      #expect(Set(received).count == 40)
    }
  }

  private func run(
    _ adapter: Adapter, retention: Int = 345_600, redrive: QueueDefinition.Redrive? = nil,
    _ body: (Stage) async throws -> Void
  ) async throws {
    try await adapter.run { stage in
      let queue = QueueDefinition(name: "q", messageRetentionPeriod: retention, redrive: redrive)
      _ = try await stage.store.create(queue, at: Sample.start)
      try await body(stage)
    }
  }

  private func message(
    _ id: String, to queue: String = "q", body: String? = nil, at seconds: Int = 0, priority: Int = 0
  ) -> OutgoingMessage {
    OutgoingMessage(
      queue: queue, id: id, body: body ?? "body of \(id)", visibleAt: Sample.start.after(seconds), priority: priority)
  }

  private func receive(_ stage: Stage, limit: Int = 10, at now: Timestamp) async throws -> [ReceivedMessage] {
    try await stage.store.receive("q", limit: limit, visibility: QueueContract.seen, at: now)
  }

  private func release(
    _ stage: Stage, _ message: ReceivedMessage, until: Timestamp, uncounted: Bool
  ) async throws -> Bool {
    try await stage.store.release("q", receipt: message.receipt, until: until, uncounted: uncounted)
  }
}
