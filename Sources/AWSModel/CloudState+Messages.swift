import AWSPorts
import Engine
import Events

/// One message as a send asks for it.
private struct MessageDraft {
  let body: String
  let attributes: JSON?
  /// nil: as the queue is set.
  let delay: Span?

  init(_ input: JSON) throws(AWSError) {
    guard let body = input["MessageBody"]?.string else {
      throw .refusal("MissingRequiredParameterException", "The request must contain the parameter MessageBody.")
    }
    guard !body.isEmpty else {
      throw .refusal(
        "InvalidParameterValueException", "Value for parameter MessageBody is invalid. Reason: Must not be empty.")
    }
    guard body.unicodeScalars.allSatisfy(MessageDraft.isAllowed) else {
      throw .refusal(
        "InvalidMessageContents",
        "Invalid characters found. Valid unicode characters are "
          + "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
    }
    self.body = body
    attributes = input["MessageAttributes"]
    let given = attributes?.members ?? []
    guard given.count <= CloudState.messageAttributesMax else {
      throw .refusal(
        "InvalidParameterValueException",
        "Number of message attributes [\(given.count)] exceeds the allowed maximum [10].")
    }
    guard MessageDraft.bytes(input) <= CloudState.messageBytesMax else {
      throw .refusal(
        "InvalidParameterValueException",
        "One or more parameters are invalid. Reason: Message must be shorter than \(CloudState.messageBytesMax) bytes.")
    }
    guard let seconds = input["DelaySeconds"] else {
      delay = nil
      return
    }
    guard let count = seconds.int, CloudState.delaySeconds.contains(count) else {
      throw .refusal(
        "InvalidParameterValueException",
        "Value \(seconds.text) for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.")
    }
    delay = .seconds(count)
  }

  /// Bytes that count towards the limits: body and attributes with their names and types.
  static func bytes(_ input: JSON) -> Int {
    (input["MessageAttributes"]?.members ?? []).reduce(input["MessageBody"]?.string?.utf8.count ?? 0) { sum, member in
      let texts = ["DataType", "StringValue"].reduce(0) { $0 + (member.value[$1]?.string?.utf8.count ?? 0) }
      let binary = Base64Bytes.bytes(of: member.value["BinaryValue"]?.string ?? "")?.count ?? 0
      return sum + member.key.utf8.count + texts + binary
    }
  }

  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
  }
}

extension CloudState {
  static let messageBytesMax = 1_048_576
  static let messageAttributesMax = 10
  static let delaySeconds = 0...900
  static let visibilitySeconds = 0...43_200
  static let batchEntriesMax = 10

  /// One operation of SQS.
  mutating func sqs(_ operation: String, _ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    switch operation {
    case "GetQueueUrl": return try queueURL(input)
    case "SendMessage": return try send(input, at: now)
    case "SendMessageBatch": return try sendBatch(input, at: now)
    case "ReceiveMessage": return try receive(input, at: now)
    case "DeleteMessage": return try delete(input, at: now)
    case "DeleteMessageBatch":
      return try batch(input, at: now) { (state, queue, entry) throws(AWSError) in
        try state.delete(try entry.requiredText("ReceiptHandle"), from: queue)
        return [:]
      }
    case "ChangeMessageVisibility": return try changeVisibility(input, at: now)
    case "ChangeMessageVisibilityBatch":
      return try batch(input, at: now) { (state, queue, entry) throws(AWSError) in
        try state.changeVisibility(entry, in: queue, at: now)
        return [:]
      }
    case "GetQueueAttributes": return try attributes(input, at: now)
    case "PurgeQueue": return try purge(input, at: now)
    default: throw .refusal("UnknownOperationException", "the model has no \(operation)")
    }
  }

  private func queueURL(_ input: JSON) throws(AWSError) -> JSON {
    let name = try input.requiredText("QueueName")
    guard let queue = queues[name] else { throw .noQueue }
    return ["QueueUrl": .string(queue.definition.url)]
  }

  /// The name of the queue that the request's `QueueUrl` stands for.
  func queue(_ input: JSON) throws(AWSError) -> String {
    let url = try input.requiredText("QueueUrl")
    guard let name = url.split(separator: "/").last.map(String.init), queues[name] != nil else { throw .noQueue }
    return name
  }

  private mutating func send(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown([
      "QueueUrl", "MessageBody", "DelaySeconds", "MessageAttributes", "MessageSystemAttributes",
    ])
    let queue = try queue(input)
    return put(try MessageDraft(input), into: queue, at: now)
  }

  private mutating func put(_ draft: MessageDraft, into name: String, at now: Timestamp) -> JSON {
    let late = chance(queueFaults.delayed) ? span(upTo: queueFaults.delayMax) : .zero
    let delay = draft.delay ?? queues[name]?.definition.delay ?? .zero
    let message = QueueState.Message(
      id: DerivedID.uuid(random: dice.next(), dice.next()), body: draft.body, attributes: draft.attributes, sentAt: now)
    queues[name]?.add(message, visibleAt: now + delay + late)
    return ["MessageId": .string(message.id), "MD5OfMessageBody": .string(digests.md5(Array(draft.body.utf8)))]
  }

  private mutating func sendBatch(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    let entries = input["Entries"]?.elements ?? []
    let bytes = entries.reduce(0) { $0 + MessageDraft.bytes($1) }
    guard bytes <= CloudState.messageBytesMax else {
      throw .refusal(
        "BatchRequestTooLong",
        "Batch requests cannot be longer than \(CloudState.messageBytesMax) bytes. You have sent \(bytes) bytes.")
    }
    return try batch(input, at: now) { (state, queue, entry) throws(AWSError) in
      state.put(try MessageDraft(entry), into: queue, at: now)
    }
  }

  /// Does something for each entry of a batch, and says which went well.
  private mutating func batch(
    _ input: JSON, at now: Timestamp,
    _ perform: (inout CloudState, String, JSON) throws(AWSError) -> JSON
  ) throws(AWSError) -> JSON {
    try input.requireKnown(["QueueUrl", "Entries"])
    let queue = try queue(input)
    let entries = input["Entries"]?.elements ?? []
    guard !entries.isEmpty else {
      throw .refusal("EmptyBatchRequest", "There should be at least one entry in the request.")
    }
    guard entries.count <= CloudState.batchEntriesMax else {
      throw .refusal(
        "TooManyEntriesInBatchRequest",
        "Maximum number of entries per request are 10. You have sent \(entries.count).")
    }
    var ids: [String] = []
    for entry in entries {
      let id = try entry.requiredText("Id")
      guard (1...80).contains(id.utf8.count), id.utf8.allSatisfy(CloudState.isEntryID) else {
        throw .refusal(
          "InvalidBatchEntryId",
          "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            + "It can be at most 80 letters long.")
      }
      guard !ids.contains(id) else { throw .refusal("BatchEntryIdsNotDistinct", "Id \(id) repeated.") }
      ids.append(id)
    }
    var done: [JSON] = []
    var failed: [JSON] = []
    for (id, entry) in zip(ids, entries) {
      do throws(AWSError) {
        if chance(queueFaults.partlyFailed) { throw AWSError.refusal("InternalError", "simulated: this entry failed") }
        var result = try perform(&self, queue, entry)
        result.set("Id", .string(id))
        done.append(result)
      } catch {
        failed.append([
          "Id": .string(id), "Code": .string(CloudState.entryCode(error.code)), "Message": .string(error.message),
          "SenderFault": .bool(error.code != "InternalError"),
        ])
      }
    }
    return JSON(present: [
      "Successful": .array(done), "Failed": failed.isEmpty ? nil : .array(failed),
    ])
  }

  /// The code in a batch's answer: SQS writes it as the query protocol did.
  private static func entryCode(_ code: String) -> String {
    switch code {
    case "InvalidParameterValueException": "InvalidParameterValue"
    case "MissingRequiredParameterException": "MissingParameter"
    default: code
    }
  }

  private static func isEntryID(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte & ~0x20) || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: "_")
  }
}

extension JSON {
  func requiredText(_ name: String) throws(AWSError) -> String {
    guard let text = self[name]?.string else {
      throw .refusal("MissingRequiredParameterException", "The request must contain the parameter \(name).")
    }
    return text
  }
}

extension AWSError {
  static var noQueue: AWSError { refusal("QueueDoesNotExist", "The specified queue does not exist.") }
}
