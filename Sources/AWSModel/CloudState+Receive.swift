import AWSPorts
import Engine
import Events

extension CloudState {
  static let receiveMax = 1...10
  static let waitSeconds = 0...20
  /// Between two purges of a queue.
  static let purgePause = Span.seconds(60)

  mutating func receive(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown([
      "QueueUrl", "AttributeNames", "MessageSystemAttributeNames", "MessageAttributeNames", "MaxNumberOfMessages",
      "VisibilityTimeout", "WaitTimeSeconds",
    ])
    let name = try queue(input)
    let limit = try number(input, "MaxNumberOfMessages", CloudState.receiveMax) ?? 1
    _ = try number(input, "WaitTimeSeconds", CloudState.waitSeconds)
    let visibility = try number(input, "VisibilityTimeout", CloudState.visibilitySeconds).map { Span.seconds($0) }
    queues[name]?.settle(at: now)
    var candidates = queues[name]?.ready ?? []
    if chance(queueFaults.reordered) {
      candidates.shuffle(using: &dice)
      candidates = candidates.filter { _ in !chance(0.3) }
    }
    var messages: [JSON] = []
    for number in candidates where messages.count < limit && !redrive(number, from: name, at: now) {
      if let message = take(number, from: name, visibility, input, at: now) { messages.append(message) }
    }
    return messages.isEmpty ? [:] : ["Messages": .array(messages)]
  }

  private func number(_ input: JSON, _ name: String, _ range: ClosedRange<Int>) throws(AWSError) -> Int? {
    guard let value = input[name] else { return nil }
    guard let count = value.int, range.contains(count) else {
      throw .refusal(
        "InvalidParameterValueException",
        "Value \(value.text) for parameter \(name) is invalid. Reason: Must be between \(range.lowerBound) and "
          + "\(range.upperBound), if provided.")
    }
    return count
  }

  /// Gives a message to who receives.
  private mutating func take(
    _ number: Int, from name: String, _ visibility: Span?, _ input: JSON, at now: Timestamp
  ) -> JSON? {
    let salt = String(dice.next(), radix: 16)
    queues[name]?.update(number) { message in
      message.receives += 1
      message.firstReceivedAt = message.firstReceivedAt ?? now
      message.handle = "\(number)#\(message.receives)#\(salt)"
    }
    guard let message = queues[name]?.messages[number], let handle = message.handle else { return nil }
    if !chance(queueFaults.duplicated) {
      let span = visibility ?? queues[name]?.definition.visibility ?? .zero
      queues[name]?.hide(number, until: now + span)
    }
    return shown(message, handle, input)
  }

  /// Moves a message that has been received as often as the queue allows; false if it has not.
  private mutating func redrive(_ number: Int, from name: String, at now: Timestamp) -> Bool {
    guard let definition = queues[name]?.definition, let redrive = definition.redrive, queues[redrive.queue] != nil,
      let receives = queues[name]?.messages[number]?.receives, receives >= redrive.receivesMax,
      var message = queues[name]?.remove(number)
    else { return false }
    message.receives = 0
    message.firstReceivedAt = nil
    message.handle = nil
    message.deadLetterSource = definition.arn
    queues[redrive.queue]?.add(message, visibleAt: now)
    return true
  }

  private func shown(_ message: QueueState.Message, _ handle: String, _ input: JSON) -> JSON {
    let wanted = (input["MessageSystemAttributeNames"] ?? input["AttributeNames"])?.elements?.compactMap(\.string) ?? []
    let all: [(String, String?)] = [
      ("ApproximateReceiveCount", String(message.receives)),
      ("SentTimestamp", String(message.sentAt.milliseconds)),
      ("ApproximateFirstReceiveTimestamp", message.firstReceivedAt.map { String($0.milliseconds) }),
      ("SenderId", CloudQueue.account),
      ("DeadLetterQueueSourceArn", message.deadLetterSource),
    ]
    let attributes = all.compactMap { name, value -> JSON.Member? in
      guard let value, wanted.contains("All") || wanted.contains(name) else { return nil }
      return JSON.Member(name, .string(value))
    }
    let names = input["MessageAttributeNames"]?.elements?.compactMap(\.string) ?? []
    let carried = (message.attributes?.members ?? []).filter { member in
      names.contains {
        $0 == "All" || $0 == ".*" || $0 == member.key
          || ($0.hasSuffix(".*") && member.key.hasPrefix(String($0.dropLast(2))))
      }
    }
    return JSON(present: [
      "MessageId": .string(message.id), "ReceiptHandle": .string(handle),
      "MD5OfBody": .string(digests.md5(Array(message.body.utf8))), "Body": .string(message.body),
      "Attributes": attributes.isEmpty ? nil : .object(attributes),
      "MessageAttributes": carried.isEmpty ? nil : .object(carried),
    ])
  }

  mutating func delete(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown(["QueueUrl", "ReceiptHandle"])
    try delete(try input.requiredText("ReceiptHandle"), from: try queue(input))
    return [:]
  }

  /// Deletes what was received under that handle; an earlier receive's handle is taken and deletes nothing.
  mutating func delete(_ handle: String, from queue: String) throws(AWSError) {
    let number = try number(of: handle)
    if queues[queue]?.messages[number]?.handle == handle { queues[queue]?.remove(number) }
  }

  /// The message that a handle is about.
  private func number(of handle: String) throws(AWSError) -> Int {
    let parts = handle.split(separator: "#")
    guard parts.count == 3, let number = Int(parts[0]) else {
      throw .refusal("ReceiptHandleIsInvalid", "The input receipt handle \"\(handle)\" is not a valid receipt handle.")
    }
    return number
  }

  mutating func changeVisibility(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown(["QueueUrl", "ReceiptHandle", "VisibilityTimeout"])
    try changeVisibility(input, in: try queue(input), at: now)
    return [:]
  }

  mutating func changeVisibility(_ input: JSON, in name: String, at now: Timestamp) throws(AWSError) {
    let handle = try input.requiredText("ReceiptHandle")
    guard let seconds = try number(input, "VisibilityTimeout", CloudState.visibilitySeconds) else {
      throw .refusal("MissingRequiredParameterException", "The request must contain the parameter VisibilityTimeout.")
    }
    let place = try self.number(of: handle)
    queues[name]?.settle(at: now)
    guard let queue = queues[name], queue.messages[place]?.handle == handle else {
      throw .refusal(
        "InvalidParameterValueException",
        "Value \(handle) for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available "
          + "for visibility timeout change.")
    }
    guard !queue.isReady(place) else {
      throw .refusal("MessageNotInflight", "The message referred to isn't in flight.")
    }
    queues[name]?.hide(place, until: now + .seconds(seconds))
  }

  mutating func attributes(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown(["QueueUrl", "AttributeNames"])
    let name = try queue(input)
    queues[name]?.settle(at: now)
    guard let queue = queues[name] else { throw .noQueue }
    let counts = queue.counts
    let definition = queue.definition
    let policy = definition.redrive.map { redrive -> String in
      let target = queues[redrive.queue]?.definition.arn ?? redrive.queue
      let policy: JSON = ["deadLetterTargetArn": .string(target), "maxReceiveCount": JSON(redrive.receivesMax)]
      return policy.text
    }
    let all: [(String, String?)] = [
      ("QueueArn", definition.arn),
      ("ApproximateNumberOfMessages", String(counts.visible)),
      ("ApproximateNumberOfMessagesNotVisible", String(counts.inFlight)),
      ("ApproximateNumberOfMessagesDelayed", String(counts.delayed)),
      ("VisibilityTimeout", String(definition.visibility.wholeSecondsUp)),
      ("DelaySeconds", String(definition.delay.wholeSecondsUp)),
      ("MessageRetentionPeriod", String(definition.retention.wholeSecondsUp)),
      ("MaximumMessageSize", String(CloudState.messageBytesMax)),
      ("RedrivePolicy", policy),
    ]
    let wanted = input["AttributeNames"]?.elements?.compactMap(\.string) ?? []
    let shown = all.compactMap { name, value -> JSON.Member? in
      guard let value, wanted.contains("All") || wanted.contains(name) else { return nil }
      return JSON.Member(name, .string(value))
    }
    return shown.isEmpty ? [:] : ["Attributes": .object(shown)]
  }

  mutating func purge(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown(["QueueUrl"])
    let name = try queue(input)
    if let last = queues[name]?.purgedAt, last + CloudState.purgePause > now {
      throw .refusal(
        "PurgeQueueInProgress", "Only one PurgeQueue operation on \(name) is allowed every 60 seconds.", status: 403)
    }
    queues[name]?.removeAll()
    queues[name]?.purgedAt = now
    return [:]
  }
}
