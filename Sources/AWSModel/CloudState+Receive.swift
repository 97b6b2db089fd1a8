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
    queues[name]?.expire(at: now)
    redrive(from: name, at: now)
    guard let queue = queues[name] else { throw .noQueue }
    var due = queue.messages.indices.filter { queue.messages[$0].visibleAt <= now }
    if chance(queueFaults.reordered) {
      due.shuffle(using: &dice)
      due = due.filter { _ in !chance(0.3) }
    }
    var messages: [JSON] = []
    for place in due.prefix(limit) {
      var message = queue.messages[place]
      message.receives += 1
      message.firstReceivedAt = message.firstReceivedAt ?? now
      let handle = "\(message.id)#\(message.receives)#\(String(dice.next(), radix: 16))"
      message.handle = handle
      if !chance(queueFaults.duplicated) { message.visibleAt = now + (visibility ?? queue.definition.visibility) }
      queues[name]?.messages[place] = message
      messages.append(shown(message, handle, input))
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

  /// Moves what has been received as often as the queue allows and is due once more.
  private mutating func redrive(from name: String, at now: Timestamp) {
    guard let queue = queues[name], let redrive = queue.definition.redrive, queues[redrive.queue] != nil else { return }
    let spent = queue.messages.filter { $0.visibleAt <= now && $0.receives >= redrive.receivesMax }
    guard !spent.isEmpty else { return }
    let ids = Set(spent.map(\.id))
    queues[name]?.messages.removeAll { ids.contains($0.id) }
    for var message in spent {
      message.visibleAt = now
      message.receives = 0
      message.firstReceivedAt = nil
      message.handle = nil
      message.deadLetterSource = queue.definition.arn
      queues[redrive.queue]?.messages.append(message)
    }
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
    try requireHandle(handle)
    queues[queue]?.messages.removeAll { $0.handle == handle }
  }

  private func requireHandle(_ handle: String) throws(AWSError) {
    guard handle.split(separator: "#").count == 3 else {
      throw .refusal("ReceiptHandleIsInvalid", "The input receipt handle \"\(handle)\" is not a valid receipt handle.")
    }
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
    try requireHandle(handle)
    guard let place = queues[name]?.messages.firstIndex(where: { $0.handle == handle }) else {
      throw .refusal(
        "InvalidParameterValueException",
        "Value \(handle) for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available "
          + "for visibility timeout change.")
    }
    guard queues[name]?.messages[place].isInFlight(at: now) == true else {
      throw .refusal("MessageNotInflight", "The message referred to isn't in flight.")
    }
    queues[name]?.messages[place].visibleAt = now + .seconds(seconds)
  }

  mutating func attributes(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown(["QueueUrl", "AttributeNames"])
    let name = try queue(input)
    queues[name]?.expire(at: now)
    guard let queue = queues[name] else { throw .noQueue }
    let counts = queue.counts(at: now)
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
    queues[name]?.messages = []
    queues[name]?.purgedAt = now
    return [:]
  }
}
