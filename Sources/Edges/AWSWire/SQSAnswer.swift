import Events

/// An answer of SQS.
public enum SQSAnswer: Sendable, Hashable {
  /// CreateQueue and GetQueueUrl.
  case queueUrl(String)
  case listQueues([String], nextToken: String?)
  case sendMessage(SentMessage)
  case sendMessageBatch(sent: [BatchSuccess], failed: [BatchFailure])
  case receiveMessage([ReceivedMessage])
  case deleteMessageBatch(deleted: [String], failed: [BatchFailure])
  case getQueueAttributes([QueueAttribute: String])
  /// DeleteMessage, ChangeMessageVisibility, SetQueueAttributes, PurgeQueue and DeleteQueue answer nothing.
  case done

  /// What the sender learns of its message.
  public struct SentMessage: Sendable, Hashable {
    public let messageId: String
    public let md5OfMessageBody: String
    public let md5OfMessageAttributes: String?
    public let md5OfMessageSystemAttributes: String?

    /// - Parameter md5: the sixteen bytes of RFC 1321.
    public init(messageId: String, _ message: MessageInput, md5: @Sendable ([UInt8]) -> [UInt8]) {
      self.messageId = messageId
      md5OfMessageBody = md5(Array(message.body.utf8)).hexadecimal
      md5OfMessageAttributes = SQSAnswer.digest(message.attributes, md5)
      md5OfMessageSystemAttributes = SQSAnswer.digest(message.systemAttributes, md5)
    }
  }

  /// An entry of a batch that was sent.
  public struct BatchSuccess: Sendable, Hashable {
    public let id: String
    public let message: SentMessage

    public init(id: String, _ message: SentMessage) {
      self.id = id
      self.message = message
    }
  }

  /// An entry of a batch that failed by itself.
  public struct BatchFailure: Sendable, Hashable {
    public let id: String
    public let refusal: SQSOperation.BatchRefusal

    public init(id: String, _ refusal: SQSOperation.BatchRefusal) {
      self.id = id
      self.refusal = refusal
    }
  }

  /// A message in the hands of a receiver.
  public struct ReceivedMessage: Sendable, Hashable {
    public let messageId: String
    public let receiptHandle: String
    public let body: String
    public let md5OfBody: String
    /// System attributes: `ApproximateReceiveCount`, …
    public let attributes: [String: String]
    public let messageAttributes: [String: MessageAttribute]
    public let md5OfMessageAttributes: String?

    /// - Parameters:
    ///   - messageAttributes: those that were asked for; their digest covers just these, as on SQS.
    ///   - md5: the sixteen bytes of RFC 1321.
    public init(
      messageId: String, receiptHandle: String, body: String, attributes: [String: String],
      messageAttributes: [String: MessageAttribute], md5: @Sendable ([UInt8]) -> [UInt8]
    ) {
      self.messageId = messageId
      self.receiptHandle = receiptHandle
      self.body = body
      md5OfBody = md5(Array(body.utf8)).hexadecimal
      self.attributes = attributes
      self.messageAttributes = messageAttributes
      md5OfMessageAttributes = SQSAnswer.digest(messageAttributes, md5)
    }
  }

  private static func digest(
    _ attributes: [String: MessageAttribute], _ md5: @Sendable ([UInt8]) -> [UInt8]
  ) -> String? {
    attributes.isEmpty ? nil : md5(attributes.digestBytes).hexadecimal
  }

  /// The body of the JSON protocol; nil if there is none.
  var json: JSON? {
    switch self {
    case .queueUrl(let url): return ["QueueUrl": .string(url)]
    case .listQueues(let urls, let nextToken):
      return JSON(present: ["QueueUrls": urls.isEmpty ? nil : JSON(urls), "NextToken": JSON(text: nextToken)])
    case .sendMessage(let message): return message.json
    case .sendMessageBatch(let sent, let failed):
      let entries: [JSON] = sent.map { entry in
        var json = entry.message.json
        json.set("Id", .string(entry.id))
        return json
      }
      return ["Successful": .array(entries), "Failed": .array(failed.map(\.json))]
    case .receiveMessage(let messages):
      return messages.isEmpty ? .object([]) : ["Messages": .array(messages.map(\.json))]
    case .deleteMessageBatch(let deleted, let failed):
      return ["Successful": .array(deleted.map { ["Id": .string($0)] }), "Failed": .array(failed.map(\.json))]
    case .getQueueAttributes(let attributes):
      let texts = Dictionary(uniqueKeysWithValues: attributes.map { ($0.key.rawValue, $0.value) })
      return attributes.isEmpty ? .object([]) : ["Attributes": JSON(map: texts)]
    case .done: return nil
    }
  }
}

extension SQSAnswer.SentMessage {
  var json: JSON {
    JSON(present: [
      "MessageId": .string(messageId), "MD5OfMessageBody": .string(md5OfMessageBody),
      "MD5OfMessageAttributes": JSON(text: md5OfMessageAttributes),
      "MD5OfMessageSystemAttributes": JSON(text: md5OfMessageSystemAttributes),
    ])
  }
}

extension SQSAnswer.BatchFailure {
  var json: JSON {
    [
      "Id": .string(id), "SenderFault": .bool(refusal.senderFault), "Code": .string(refusal.code),
      "Message": .string(refusal.message),
    ]
  }
}

extension SQSAnswer.ReceivedMessage {
  var json: JSON {
    let typed = messageAttributes.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value.json) }
    return JSON(present: [
      "MessageId": .string(messageId), "ReceiptHandle": .string(receiptHandle), "MD5OfBody": .string(md5OfBody),
      "Body": .string(body), "Attributes": attributes.isEmpty ? nil : JSON(map: attributes),
      "MD5OfMessageAttributes": JSON(text: md5OfMessageAttributes),
      "MessageAttributes": typed.isEmpty ? nil : .object(typed),
    ])
  }
}
