import Engine
import Events

/// Messages in SQS's standard queues.
extension AWSStore: MessageQueues {
  /// Entries of one batch at most, and their bytes together.
  public static let batchEntriesMax = 10
  public static let batchBytesMax = 1_048_576
  /// Attempts to send the entries that a batch refused for the moment.
  static let sendAttemptsMax = 6
  /// The attribute under which a message carries its own id, for SQS gives each copy another.
  public static let idAttribute = "bellcrank_id"
  static let visibilityMax = 43_200
  /// How long a message stays hidden at least while its copy is sent.
  static let copyTime = Span.seconds(30)

  func url(of queue: String) -> JSON { .string("\(queues)/\(queue)") }

  public func send(_ messages: [OutgoingMessage], at now: Timestamp) async throws(StoreError) {
    for batch in AWSStore.batches(messages) {
      var left = batch
      for attempt in 0..<AWSStore.sendAttemptsMax where !left.isEmpty {
        left = try await sendOnce(left, attempt: attempt, at: now)
      }
      guard left.isEmpty else {
        throw StoreError(.unavailable, "SQS did not take \(left.count) messages of \(left[0].queue)")
      }
    }
  }

  /// Those that the batch did not take and that are worth another attempt.
  private func sendOnce(
    _ batch: [OutgoingMessage], attempt: Int, at now: Timestamp
  ) async throws(StoreError) -> [OutgoingMessage] {
    // Ids are the place in the batch, the same each time it is sent.
    let entries = batch.enumerated().map { place, message in
      var entry: JSON = [
        "Id": .string("m\(place)"), "MessageBody": .string(message.body),
        "DelaySeconds": JSON(AWSStore.delay(until: message.visibleAt, at: now)),
      ]
      entry.set("MessageAttributes", AWSStore.attributes(message))
      return entry
    }
    let answer = try await sqs(
      "SendMessageBatch", ["QueueUrl": url(of: batch[0].queue), "Entries": .array(entries)])
    var left: [OutgoingMessage] = []
    for failure in answer["Failed"]?.elements ?? [] {
      guard let place = failure["Id"]?.string.flatMap({ Int($0.dropFirst()) }), batch.indices.contains(place) else {
        throw StoreError(.unavailable, "SQS refused an entry that was not sent")
      }
      let reason = "\(failure["Code"]?.string ?? "?"): \(failure["Message"]?.string ?? "no reason given")"
      if failure["SenderFault"]?.bool == true {
        throw StoreError(.refused, "SQS refused message \(batch[place].id): \(reason)")
      }
      left.append(batch[place])
    }
    if !left.isEmpty { try await pause(attempt) }
    return left
  }

  func pause(_ attempt: Int) async throws(StoreError) {
    let bound = UInt64(AWSStore.pauseBase.milliseconds << Int64(min(attempt + 2, 8)))
    do {
      try await clock.sleep(for: Span(milliseconds: Int64(entropy.word() % bound)))
    } catch {
      throw StoreError(.unavailable, "the sending was cancelled")
    }
  }

  /// Batches within SQS's limits, each for one queue, in the order given.
  static func batches(_ messages: [OutgoingMessage]) -> [[OutgoingMessage]] {
    var batches: [[OutgoingMessage]] = []
    var bytes = 0
    for message in messages {
      let size = message.body.utf8.count + 1_024
      if let last = batches.last, last[0].queue == message.queue, last.count < batchEntriesMax,
        bytes + size <= batchBytesMax
      {
        batches[batches.count - 1].append(message)
        bytes += size
      } else {
        batches.append([message])
        bytes = size
      }
    }
    return batches
  }

  private static func delay(until moment: Timestamp, at now: Timestamp) -> Int {
    min(max(0, (moment - now).wholeSecondsUp), Int(delayMax.seconds))
  }

  private static func attributes(_ message: OutgoingMessage) -> JSON {
    var members = [JSON.Member(idAttribute, ["DataType": "String", "StringValue": .string(message.id)])]
    for (name, attribute) in message.attributes.sorted(by: { $0.key < $1.key }) {
      switch attribute.value {
      case .text(let text):
        members.append(.init(name, ["DataType": .string(attribute.dataType), "StringValue": .string(text)]))
      case .binary: continue  // Nothing that the engine sends is binary.
      }
    }
    return .object(members)
  }

  public func receive(
    _ queue: String, limit: Int, visibility: Span, at now: Timestamp
  ) async throws(StoreError) -> [ReceivedMessage] {
    let answer = try await sqs(
      "ReceiveMessage",
      [
        "QueueUrl": url(of: queue), "MaxNumberOfMessages": JSON(min(max(1, limit), AWSStore.batchEntriesMax)),
        "VisibilityTimeout": JSON(visibility.wholeSecondsUp), "MessageAttributeNames": ["All"],
        "MessageSystemAttributeNames": ["All"],
      ])
    return (answer["Messages"]?.elements ?? []).compactMap { AWSStore.message($0, queue: queue) }
  }

  /// A message as SQS hands it out; nil if it lacks what every message has.
  static func message(_ json: JSON, queue: String) -> ReceivedMessage? {
    guard let receipt = json["ReceiptHandle"]?.string, let body = json["Body"]?.string,
      let id = json["MessageId"]?.string
    else { return nil }
    return message(
      id: id, receipt: receipt, body: body, queue: queue, attributes: json["MessageAttributes"],
      system: json["Attributes"], keys: ("StringValue", "DataType"))
  }

  /// - Parameter keys: what an attribute's value and type are called; Lambda's records write them small.
  static func message(
    id: String, receipt: String, body: String, queue: String, attributes json: JSON?, system: JSON?,
    keys: (value: String, type: String)
  ) -> ReceivedMessage {
    var attributes: [String: MessageAttribute] = [:]
    for member in json?.members ?? [] {
      guard let text = member.value[keys.value]?.string else { continue }
      attributes[member.key] = MessageAttribute(
        dataType: member.value[keys.type]?.string ?? "String", value: .text(text))
    }
    var own = id
    if case .text(let text)? = attributes.removeValue(forKey: idAttribute)?.value { own = text }
    func moment(_ name: String) -> Timestamp {
      Timestamp(milliseconds: (system?[name]?.string).flatMap { Int64($0) } ?? 0)
    }
    return ReceivedMessage(
      queue: queue, id: own, receipt: receipt, body: body, attributes: attributes, sentAt: moment("SentTimestamp"),
      firstReceivedAt: moment("ApproximateFirstReceiveTimestamp"),
      receiveCount: (system?["ApproximateReceiveCount"]?.string).flatMap { Int($0) } ?? 1)
  }

  public func delete(_ queue: String, receipt: String) async throws(StoreError) -> Bool {
    try await isTaken("DeleteMessage", ["QueueUrl": url(of: queue), "ReceiptHandle": .string(receipt)])
  }

  /// SQS cannot take a receive back: a copy is sent, which counts anew, and this one deleted, if it is still in the hands
  /// of whoever asks. The attempts of a chunk are those that the table has counted, so nothing is given up early.
  public func putBack(
    _ message: ReceivedMessage, until: Timestamp, uncounted: Bool, at now: Timestamp
  ) async throws(StoreError) -> Bool {
    let hidden = max(uncounted ? AWSStore.copyTime : .zero, until - now)
    let isHeld = try await isTaken(
      "ChangeMessageVisibility",
      [
        "QueueUrl": url(of: message.queue), "ReceiptHandle": .string(message.receipt),
        "VisibilityTimeout": JSON(min(hidden.wholeSecondsUp, AWSStore.visibilityMax)),
      ])
    guard uncounted, isHeld else { return isHeld }
    let copy = OutgoingMessage(
      queue: message.queue, id: message.id, body: message.body, attributes: message.attributes, visibleAt: until)
    try await send([copy], at: now)
    return try await delete(message.queue, receipt: message.receipt)
  }

  public func depth(_ queue: String, at now: Timestamp) async throws(StoreError) -> QueueDepth {
    let names = [
      "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
    ]
    let answer = try await sqs(
      "GetQueueAttributes", ["QueueUrl": url(of: queue), "AttributeNames": JSON(names)])
    let counts = names.map { (answer["Attributes"]?[$0]?.string).flatMap { Int($0) } ?? 0 }
    return QueueDepth(visible: counts[0], inFlight: counts[1], delayed: counts[2], nextVisible: nil)
  }

  private static let staleCodes: Set<String> = [
    "ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue", "InvalidParameterValueException",
  ]

  /// False if the receipt is stale.
  private func isTaken(_ operation: String, _ input: JSON) async throws(StoreError) -> Bool {
    do {
      _ = try await api.call(.sqs, operation, input)
      return true
    } catch  where AWSStore.staleCodes.contains(error.code) {
      return false
    } catch {
      throw ControlTable.storeError(error)
    }
  }

  private func sqs(_ operation: String, _ input: JSON) async throws(StoreError) -> JSON {
    do {
      return try await api.call(.sqs, operation, input)
    } catch {
      throw ControlTable.storeError(error)
    }
  }
}
