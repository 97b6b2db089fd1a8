import Engine
import Events
import Testing

/// What `MessageQueues` promises on both runtimes; what SQS cannot keep is `QueueContract`'s alone.
@Suite struct MessageContract {
  private static let seen = Span.seconds(30)

  @Test(arguments: Side.all)
  func `a message comes out as it went in`(_ side: Side) async throws {
    try await side.run { stage in
      let sent = OutgoingMessage(
        queue: Sample.workQueue, id: "m1", body: "가나다 \t\"\n", attributes: ["run_id": .string("값"), "n": .string("2")],
        visibleAt: Sample.start)
      try await stage.store.send([sent], at: Sample.start)
      try stage.reopen()
      let now = Sample.start.after(5)
      let message = try #require(try await receive(stage, at: now).first)
      #expect(message.id == "m1")
      #expect(message.queue == Sample.workQueue)
      #expect(message.body == sent.body)
      #expect(message.attributes == sent.attributes)
      #expect(message.sentAt == Sample.start)
      #expect(message.firstReceivedAt == now)
      #expect(message.receiveCount == 1)
    }
  }

  @Test(arguments: Side.all)
  func `what is sent to a queue that does not exist is refused`(_ side: Side) async throws {
    try await side.run { stage in
      let error = await #expect(throws: StoreError.self) {
        try await stage.store.send([message("m1", to: "unknown")], at: Sample.start)
      }
      #expect(error?.code == .refused)
    }
  }

  @Test(arguments: Side.all)
  func `more messages than one request carries arrive, each in its queue`(_ side: Side) async throws {
    try await side.run { stage in
      let messages = (0..<23).map { message("m\($0)", to: $0 % 5 == 4 ? Sample.letters : Sample.workQueue) }
      try await stage.store.send(messages, at: Sample.start)
      var received: [ReceivedMessage] = []
      for _ in 0..<3 { received += try await receive(stage, at: Sample.start) }
      received += try await stage.store.receive(
        Sample.letters, limit: 10, visibility: MessageContract.seen, at: Sample.start)
      #expect(Set(received.map(\.id)).count == 23 && received.count == 23)
      for message in received { #expect(message.body == "body of \(message.id)") }
      #expect(received.filter { $0.queue == Sample.letters }.count == 4)
    }
  }

  @Test(arguments: Side.all)
  func `a message waits for its moment`(_ side: Side) async throws {
    try await side.run { stage in
      try await stage.store.send([message("m1", at: 20), message("m2")], at: Sample.start)
      #expect(try await receive(stage, at: Sample.start.after(19)).map(\.id) == ["m2"])
      #expect(try await receive(stage, at: Sample.start.after(20)).map(\.id) == ["m1"])
    }
  }

  @Test(arguments: Side.all)
  func `a received message is hidden until its time is up, then received again under a new receipt`(
    _ side: Side
  ) async throws {
    try await side.run { stage in
      try await stage.store.send([message("m1")], at: Sample.start)
      let first = try #require(try await receive(stage, at: Sample.start).first)
      #expect(try await receive(stage, at: Sample.start.after(29)).isEmpty)
      try stage.reopen()
      let second = try #require(try await receive(stage, at: Sample.start.after(30)).first)
      #expect(second.id == "m1")
      #expect(second.receiveCount == 2)
      #expect(second.firstReceivedAt == Sample.start)
      #expect(second.receipt != first.receipt)
      #expect(try await stage.store.delete(Sample.workQueue, receipt: second.receipt))
      #expect(try await receive(stage, at: Sample.start.after(3_600)).isEmpty)
    }
  }

  @Test(arguments: Side.all)
  func `an old receipt takes nothing from whoever holds the message now`(_ side: Side) async throws {
    try await side.run { stage in
      try await stage.store.send([message("m1")], at: Sample.start)
      let first = try #require(try await receive(stage, at: Sample.start).first)
      let second = try #require(try await receive(stage, at: Sample.start.after(30)).first)
      let now = Sample.start.after(31)
      // Whether it says so differs: SQS takes any receipt that it once gave.
      _ = try await stage.store.delete(Sample.workQueue, receipt: first.receipt)
      for uncounted in [false, true] {
        #expect(try await !stage.store.putBack(first, until: now, uncounted: uncounted, at: now))
      }
      #expect(try await receive(stage, at: now.after(1)).isEmpty)
      #expect(try await receive(stage, at: Sample.start.after(60)).map(\.receiveCount) == [3])
      #expect(second.receiveCount == 2)
    }
  }

  @Test(arguments: Side.all)
  func `a message that was put back shows again at its moment`(_ side: Side) async throws {
    try await side.run { stage in
      try await stage.store.send([message("m1")], at: Sample.start)
      let first = try #require(try await receive(stage, at: Sample.start).first)
      let now = Sample.start.after(1)
      #expect(try await stage.store.putBack(first, until: now.after(5), uncounted: false, at: now))
      #expect(try await receive(stage, at: now.after(4)).isEmpty)
      let second = try #require(try await receive(stage, at: now.after(5)).first)
      #expect(second.receiveCount == 2)
      // Longer than it was hidden, too.
      #expect(try await stage.store.putBack(second, until: now.after(105), uncounted: false, at: now.after(5)))
      #expect(try await receive(stage, at: now.after(104)).isEmpty)
      #expect(try await receive(stage, at: now.after(105)).map(\.receiveCount) == [3])
    }
  }

  @Test(arguments: Side.all)
  func `a receive that is taken back was never counted`(_ side: Side) async throws {
    try await side.run { stage in
      var sent = message("m1")
      sent = OutgoingMessage(
        queue: sent.queue, id: sent.id, body: sent.body, attributes: ["run_id": .string("r")],
        visibleAt: sent.visibleAt)
      try await stage.store.send([sent], at: Sample.start)
      let first = try #require(try await receive(stage, at: Sample.start).first)
      let now = Sample.start.after(1)
      #expect(try await stage.store.putBack(first, until: now.after(5), uncounted: true, at: now))
      #expect(try await receive(stage, at: now.after(4)).isEmpty)
      let second = try #require(try await receive(stage, at: now.after(5)).first)
      #expect(second.id == "m1" && second.body == first.body && second.attributes == first.attributes)
      #expect(second.receiveCount == 1)
      #expect(try await stage.store.delete(Sample.workQueue, receipt: second.receipt))
      #expect(try await receive(stage, at: now.after(3_600)).isEmpty)
    }
  }

  @Test(arguments: Side.all)
  func `the depth tells visible, hidden and delayed apart`(_ side: Side) async throws {
    try await side.run { stage in
      try await stage.store.send([message("a"), message("b"), message("c"), message("d", at: 100)], at: Sample.start)
      _ = try await stage.store.receive(
        Sample.workQueue, limit: 2, visibility: MessageContract.seen, at: Sample.start)
      let now = Sample.start.after(1)
      #expect(try await counts(stage, at: now) == [1, 2, 1])
      #expect(try await counts(stage, at: now.after(40)) == [3, 0, 1])
      #expect(try await counts(stage, at: now.after(100)) == [4, 0, 0])
    }
  }

  @Test(arguments: Side.all)
  func `sixteen who receive at once share the messages, none twice`(_ side: Side) async throws {
    try await side.run { stage in
      try await stage.store.send((0..<40).map { message("m\($0)") }, at: Sample.start)
      let store = stage.store
      let received = try await withThrowingTaskGroup(of: [String].self) { group in
        for _ in 0..<16 {
          group.addTask {
            try await store.receive(
              Sample.workQueue, limit: 3, visibility: MessageContract.seen, at: Sample.start
            ).map(\.id)
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(received.count == 40)
      #expect(Set(received).count == 40)
    }
  }

  private func message(
    _ id: String, to queue: String = Sample.workQueue, at seconds: Int = 0
  ) -> OutgoingMessage {
    OutgoingMessage(queue: queue, id: id, body: "body of \(id)", visibleAt: Sample.start.after(seconds))
  }

  private func receive(_ stage: Post, at now: Timestamp) async throws -> [ReceivedMessage] {
    try await stage.store.receive(Sample.workQueue, limit: 10, visibility: MessageContract.seen, at: now)
  }

  /// Visible, in flight, delayed.
  private func counts(_ stage: Post, at now: Timestamp) async throws -> [Int] {
    let depth = try await stage.store.depth(Sample.workQueue, at: now)
    return [depth.visible, depth.inFlight, depth.delayed]
  }
}
