import Events

extension SQSOperation {
  /// Reads the JSON protocol.
  init(_ action: String, json body: [UInt8]) throws(WireError) {
    try self.init(action, try Members(body: body), unknown: .unknownOperation)
  }

  /// Reads the query protocol, posted to `/` or to the queue's own path.
  init(_ action: String, form: Form, path request: WireRequest) throws(WireError) {
    var members = form.sqsMembers
    if members["QueueUrl"] == nil, request.path.split(separator: "/").count >= 2 {
      members.set("QueueUrl", .string("http://\(request.host)\(request.path)"))
    }
    try self.init(action, Members(members, isTextual: true), unknown: .invalidAction)
  }

  private init(_ action: String, _ members: Members, unknown: WireError.Code) throws(WireError) {
    switch action {
    case "CreateQueue": self = .createQueue(try CreateQueueInput(members))
    case "GetQueueUrl":
      let owner = try members.text("QueueOwnerAWSAccountId")
      self = .getQueueUrl(queueName: try members.required("QueueName"), ownerAccountId: owner)
    case "ListQueues": self = .listQueues(try ListQueuesInput(members))
    case "SendMessage": self = .sendMessage(queueUrl: try members.required("QueueUrl"), try MessageInput(members))
    case "SendMessageBatch":
      self = .sendMessageBatch(queueUrl: try members.required("QueueUrl"), try SQSOperation.sendEntries(members))
    case "ReceiveMessage": self = .receiveMessage(try ReceiveMessageInput(members))
    case "DeleteMessage":
      let handle = try members.required("ReceiptHandle")
      self = .deleteMessage(queueUrl: try members.required("QueueUrl"), receiptHandle: handle)
    case "DeleteMessageBatch":
      self = .deleteMessageBatch(queueUrl: try members.required("QueueUrl"), try SQSOperation.deleteEntries(members))
    case "ChangeMessageVisibility": self = .changeMessageVisibility(try ChangeMessageVisibilityInput(members))
    case "GetQueueAttributes":
      let names = try QueueAttribute.names(members)
      self = .getQueueAttributes(queueUrl: try members.required("QueueUrl"), names)
    case "SetQueueAttributes":
      guard let attributes = try members.textMap("Attributes") else { throw Members.missing("Attributes") }
      self = .setQueueAttributes(
        queueUrl: try members.required("QueueUrl"), try QueueAttribute.settings(attributes))
    case "PurgeQueue": self = .purgeQueue(queueUrl: try members.required("QueueUrl"))
    case "DeleteQueue": self = .deleteQueue(queueUrl: try members.required("QueueUrl"))
    default: throw WireError(unknown, "The action \(printable(action)) is not valid for this endpoint.")
    }
  }

  private static func sendEntries(_ members: Members) throws(WireError) -> [BatchEntry<MessageInput>] {
    var entries: [BatchEntry<MessageInput>] = []
    var bytes = 0
    for (id, entry) in try batch(members, "SendMessageBatchRequestEntry") {
      do {
        let message = try MessageInput(entry)
        bytes += message.bytes
        entries.append(BatchEntry(id: id, value: .success(message)))
      } catch {
        guard error.code != .serialization, error.code != .missingParameter else { throw error }
        entries.append(BatchEntry(id: id, value: .failure(BatchRefusal(error))))
      }
    }
    let max = WireLimits.messageBytesMax
    guard bytes <= max else {
      let message = "Batch requests cannot be longer than \(max) bytes. You have sent \(bytes) bytes."
      throw WireError(.batchRequestTooLong, message)
    }
    return entries
  }

  private static func deleteEntries(_ members: Members) throws(WireError) -> [DeleteEntry] {
    var entries: [DeleteEntry] = []
    for (id, entry) in try batch(members, "DeleteMessageBatchRequestEntry") {
      entries.append(DeleteEntry(id: id, receiptHandle: try entry.required("ReceiptHandle")))
    }
    return entries
  }

  /// The entries of a batch with their ids, which are checked.
  private static func batch(_ members: Members, _ shape: String) throws(WireError) -> [(String, Members)] {
    guard let list = try members.structures("Entries"), !list.isEmpty else {
      throw WireError(.emptyBatchRequest, "There should be at least one \(shape) in the request.")
    }
    guard list.count <= WireLimits.batchEntriesMax else {
      let max = WireLimits.batchEntriesMax
      let message = "Maximum number of entries per request are \(max). You have sent \(list.count)."
      throw WireError(.tooManyEntriesInBatchRequest, message)
    }
    var seen: Set<String> = []
    var entries: [(String, Members)] = []
    for entry in list {
      let id = try entry.required("Id")
      guard id.utf8.count <= 80, TextShape.alphabet("-_")(id) else {
        let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
        throw WireError(.invalidBatchEntryID, message + "It can be at most 80 letters long.")
      }
      guard seen.insert(id).inserted else { throw WireError(.batchEntryIDsNotDistinct, "Id \(id) repeated.") }
      entries.append((id, entry))
    }
    return entries
  }
}

extension SQSOperation.CreateQueueInput {
  init(_ members: Members) throws(WireError) {
    queueName = try members.required("QueueName")
    attributes = try QueueAttribute.settings(try members.textMap("Attributes") ?? [:])
    tags = try members.textMap("tags") ?? [:]
    let isFIFO = queueName.hasSuffix(".fifo")
    let stem = String(isFIFO ? queueName.dropLast(5) : queueName[...])
    guard queueName.utf8.count <= 80, TextShape.alphabet("-_")(stem), isFIFO == (attributes[.fifoQueue] == "true")
    else {
      let message = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
      throw WireError(.invalidParameterValue, message)
    }
  }
}

extension SQSOperation.ListQueuesInput {
  init(_ members: Members) throws(WireError) {
    queueNamePrefix = try members.text("QueueNamePrefix")
    maxResults = try members.bounded("MaxResults", 1...1_000)
    nextToken = try members.text("NextToken")
  }
}

extension SQSOperation.ReceiveMessageInput {
  init(_ members: Members) throws(WireError) {
    queueUrl = try members.required("QueueUrl")
    maxNumberOfMessages = try members.bounded("MaxNumberOfMessages", WireLimits.receiveMessages) ?? 1
    visibilityTimeout = try members.bounded("VisibilityTimeout", WireLimits.visibilityTimeoutSeconds)
    waitTimeSeconds = try members.bounded("WaitTimeSeconds", WireLimits.waitTimeSeconds)
    let olderNames = try members.texts("AttributeNames") ?? []
    systemAttributeNames = olderNames + (try members.texts("MessageSystemAttributeNames") ?? [])
    messageAttributeNames = try members.texts("MessageAttributeNames") ?? []
  }
}

extension SQSOperation.ChangeMessageVisibilityInput {
  init(_ members: Members) throws(WireError) {
    queueUrl = try members.required("QueueUrl")
    receiptHandle = try members.required("ReceiptHandle")
    guard let timeout = try members.bounded("VisibilityTimeout", WireLimits.visibilityTimeoutSeconds) else {
      throw Members.missing("VisibilityTimeout")
    }
    visibilityTimeout = timeout
  }
}

extension Members {
  static func missing(_ name: String) -> WireError {
    WireError(.missingParameter, "The request must contain the parameter \(name).")
  }

  /// A text that must be there and not be empty, in SQS's words.
  func required(_ name: String) throws(WireError) -> String {
    guard let text = try text(name), !text.isEmpty else { throw Members.missing(name) }
    return text
  }

  /// A number inside its bounds, in SQS's words.
  func bounded(_ name: String, _ range: ClosedRange<Int>) throws(WireError) -> Int? {
    guard let number = try integer(name) else { return nil }
    guard range.contains(number) else {
      let reason = "Must be between \(range.lowerBound) and \(range.upperBound), if provided."
      let message = "Value \(number) for parameter \(name) is invalid. Reason: \(reason)"
      throw WireError(.invalidParameterValue, message)
    }
    return number
  }
}

extension Form {
  /// An SQS form as the members that the JSON protocol would have sent; numbers stay text.
  var sqsMembers: JSON {
    var members = sqsOwnMembers
    for prefix in ["SendMessageBatchRequestEntry", "DeleteMessageBatchRequestEntry"] {
      let entries = groups(prefix)
      if !entries.isEmpty { members.append(JSON.Member("Entries", .array(entries.map { .object($0.sqsOwnMembers) }))) }
    }
    return .object(members)
  }

  /// The members but for a batch's entries, which have no entries of their own.
  private var sqsOwnMembers: [JSON.Member] {
    var members = fields.filter { !$0.name.contains(".") }.map { JSON.Member($0.name, .string($0.value)) }
    for (prefix, name) in Form.sqsLists {
      let values = values(prefix)
      if !values.isEmpty { members.append(JSON.Member(name, JSON(values))) }
    }
    for (prefix, name, key) in Form.sqsMaps {
      let groups = groups(prefix)
      if groups.isEmpty { continue }
      members.append(
        JSON.Member(name, .object(groups.map { JSON.Member($0[key] ?? "", $0.sqsValue) })))
    }
    return members
  }

  /// The value of one pair of a map: a text, or the structure of a message attribute.
  private var sqsValue: JSON {
    if let text = self["Value"] { return .string(text) }
    let mark = "Value."
    let parts = fields.filter { $0.name.hasPrefix(mark) }
    return .object(parts.map { JSON.Member(String($0.name.dropFirst(mark.count)), .string($0.value)) })
  }

  private static let sqsLists = [
    ("AttributeName", "AttributeNames"), ("MessageAttributeName", "MessageAttributeNames"),
    ("MessageSystemAttributeName", "MessageSystemAttributeNames"),
  ]

  private static let sqsMaps = [
    ("Attribute", "Attributes", "Name"), ("MessageAttribute", "MessageAttributes", "Name"),
    ("MessageSystemAttribute", "MessageSystemAttributes", "Name"), ("Tag", "tags", "Key"),
  ]
}
