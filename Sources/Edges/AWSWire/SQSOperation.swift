import Events

/// An operation of SQS, its members named as AWS names them.
///
/// Source: botocore, `sqs/2012-11-05/service-2.json`; the form of the query protocol from botocore 1.31.60.
public enum SQSOperation: Sendable, Hashable {
  case createQueue(CreateQueueInput)
  case getQueueUrl(queueName: String, ownerAccountId: String?)
  case listQueues(ListQueuesInput)
  case sendMessage(queueUrl: String, MessageInput)
  case sendMessageBatch(queueUrl: String, [BatchEntry<MessageInput>])
  case receiveMessage(ReceiveMessageInput)
  case deleteMessage(queueUrl: String, receiptHandle: String)
  case deleteMessageBatch(queueUrl: String, [DeleteEntry])
  case changeMessageVisibility(ChangeMessageVisibilityInput)
  /// `All` stands for every attribute.
  case getQueueAttributes(queueUrl: String, [QueueAttribute])
  case setQueueAttributes(queueUrl: String, [QueueAttribute: String])
  case purgeQueue(queueUrl: String)
  case deleteQueue(queueUrl: String)

  /// Which queues to list.
  public struct ListQueuesInput: Sendable, Hashable {
    public let queueNamePrefix: String?
    /// 1 to 1,000.
    public let maxResults: Int?
    public let nextToken: String?
  }

  /// A queue to create; an existing one with the same attributes is no error.
  public struct CreateQueueInput: Sendable, Hashable {
    public let queueName: String
    public let attributes: [QueueAttribute: String]
    public let tags: [String: String]
  }

  /// What to receive, and how long to wait for it.
  public struct ReceiveMessageInput: Sendable, Hashable {
    public let queueUrl: String
    public let maxNumberOfMessages: Int
    /// nil for the queue's own.
    public let visibilityTimeout: Int?
    /// nil for the queue's own.
    public let waitTimeSeconds: Int?
    /// Which system attributes are wanted; `All` stands for every one.
    public let systemAttributeNames: [String]
    /// Which message attributes are wanted; `All`, `.*` and `prefix.*` are understood by `wants`.
    public let messageAttributeNames: [String]

    /// Whether that message attribute was asked for.
    public func wants(messageAttribute name: String) -> Bool {
      messageAttributeNames.contains { wanted in
        wanted == "All" || wanted == name || wanted.hasSuffix(".*") && name.hasPrefix(wanted.dropLast(2))
      }
    }

    /// Whether that system attribute was asked for.
    public func wants(systemAttribute name: String) -> Bool {
      systemAttributeNames.contains("All") || systemAttributeNames.contains(name)
    }
  }

  /// A received message to hide for longer, or to show again.
  public struct ChangeMessageVisibilityInput: Sendable, Hashable {
    public let queueUrl: String
    public let receiptHandle: String
    /// Seconds from now.
    public let visibilityTimeout: Int
  }

  /// A received message to delete, in a batch.
  public struct DeleteEntry: Sendable, Hashable {
    public let id: String
    public let receiptHandle: String
  }

  /// One entry of a batch: good, or refused by itself.
  public struct BatchEntry<Value: Sendable & Hashable>: Sendable, Hashable {
    public let id: String
    public let value: Result<Value, BatchRefusal>
  }

  /// Why one entry of a batch is refused.
  public struct BatchRefusal: Error, Sendable, Hashable {
    /// A code of the query protocol, as SQS sends it here: `InvalidParameterValue`.
    public let code: String
    public let message: String
    public let senderFault: Bool

    public init(code: String, message: String, senderFault: Bool) {
      self.code = code
      self.message = message
      self.senderFault = senderFault
    }

    /// The refusal that an error of the whole call would be.
    public init(_ error: WireError) {
      let isSenders = error.code.status(in: .queryCompatibleJSON) < 500
      self.init(code: error.code.queryCode, message: error.message, senderFault: isSenders)
    }
  }

  /// AWS's name of the operation.
  public var name: String {
    switch self {
    case .createQueue: "CreateQueue"
    case .getQueueUrl: "GetQueueUrl"
    case .listQueues: "ListQueues"
    case .sendMessage: "SendMessage"
    case .sendMessageBatch: "SendMessageBatch"
    case .receiveMessage: "ReceiveMessage"
    case .deleteMessage: "DeleteMessage"
    case .deleteMessageBatch: "DeleteMessageBatch"
    case .changeMessageVisibility: "ChangeMessageVisibility"
    case .getQueueAttributes: "GetQueueAttributes"
    case .setQueueAttributes: "SetQueueAttributes"
    case .purgeQueue: "PurgeQueue"
    case .deleteQueue: "DeleteQueue"
    }
  }
}
