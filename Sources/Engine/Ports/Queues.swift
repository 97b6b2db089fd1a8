import Events

/// A queue and how it behaves; the names are SQS's.
public struct QueueDefinition: Sendable, Hashable {
  public let name: String
  /// Seconds, 0 to 43,200.
  public var visibilityTimeout: Int
  /// Seconds, 0 to 900.
  public var delaySeconds: Int
  /// Seconds, 60 to 1,209,600.
  public var messageRetentionPeriod: Int
  /// Seconds a receive waits, 0 to 20.
  public var receiveWait: Int
  public var redrive: Redrive?

  /// Where a message goes that was received too often.
  public struct Redrive: Sendable, Hashable {
    public let deadLetterQueue: String
    public let maxReceiveCount: Int

    public init(deadLetterQueue: String, maxReceiveCount: Int) {
      self.deadLetterQueue = deadLetterQueue
      self.maxReceiveCount = maxReceiveCount
    }
  }

  public init(
    name: String, visibilityTimeout: Int = 30, delaySeconds: Int = 0, messageRetentionPeriod: Int = 345_600,
    receiveWait: Int = 0, redrive: Redrive? = nil
  ) {
    self.name = name
    self.visibilityTimeout = visibilityTimeout
    self.delaySeconds = delaySeconds
    self.messageRetentionPeriod = messageRetentionPeriod
    self.receiveWait = receiveWait
    self.redrive = redrive
  }
}

/// A message attribute of SQS: a type and a value.
public struct MessageAttribute: Sendable, Hashable {
  /// `String`, `Number` or `Binary`, perhaps with a custom suffix.
  public let dataType: String
  public let value: Value

  public enum Value: Sendable, Hashable {
    case text(String)
    case binary([UInt8])
  }

  public init(dataType: String, value: Value) {
    self.dataType = dataType
    self.value = value
  }

  public static func string(_ text: String) -> MessageAttribute {
    MessageAttribute(dataType: "String", value: .text(text))
  }
}

/// A message on its way into a queue.
public struct OutgoingMessage: Sendable, Hashable {
  public let queue: String
  public let id: String
  public let body: String
  public let attributes: [String: MessageAttribute]
  public let visibleAt: Timestamp
  /// Higher goes first (D19).
  public let priority: Int

  public init(
    queue: String, id: String, body: String, attributes: [String: MessageAttribute] = [:], visibleAt: Timestamp,
    priority: Int = 0
  ) {
    self.queue = queue
    self.id = id
    self.body = body
    self.attributes = attributes
    self.visibleAt = visibleAt
    self.priority = priority
  }
}

/// A message in somebody's hands.
public struct ReceivedMessage: Sendable, Hashable {
  public let queue: String
  public let id: String
  public let receipt: String
  public let body: String
  public let attributes: [String: MessageAttribute]
  public let sentAt: Timestamp
  public let firstReceivedAt: Timestamp
  /// This receive included.
  public let receiveCount: Int

  public init(
    queue: String, id: String, receipt: String, body: String, attributes: [String: MessageAttribute],
    sentAt: Timestamp, firstReceivedAt: Timestamp, receiveCount: Int
  ) {
    self.queue = queue
    self.id = id
    self.receipt = receipt
    self.body = body
    self.attributes = attributes
    self.sentAt = sentAt
    self.firstReceivedAt = firstReceivedAt
    self.receiveCount = receiveCount
  }
}

/// How many messages a queue holds, by SQS's three counts.
public struct QueueDepth: Sendable, Hashable {
  public let visible: Int
  public let inFlight: Int
  public let delayed: Int
  /// When the next hidden or delayed message shows; nil if none will.
  public let nextVisible: Timestamp?

  public init(visible: Int, inFlight: Int, delayed: Int, nextVisible: Timestamp?) {
    self.visible = visible
    self.inFlight = inFlight
    self.delayed = delayed
    self.nextVisible = nextVisible
  }
}

/// A message as it lies in its queue, looked at without receiving it.
public struct MessageView: Sendable, Hashable {
  public let queue: String
  public let sentAt: Timestamp
  public let visibleAt: Timestamp
  public let receiveCount: Int

  public init(queue: String, sentAt: Timestamp, visibleAt: Timestamp, receiveCount: Int) {
    self.queue = queue
    self.sentAt = sentAt
    self.visibleAt = visibleAt
    self.receiveCount = receiveCount
  }
}

/// What senders and workers do with the messages of queues. Adapters: `SQLiteStore`, `AWSPorts.AWSStore` on SQS.
public protocol MessageQueues: Sendable {
  /// Throws `refused` if a queue does not exist; then none is sent. A message whose id is known is left as it is, where
  /// the queue knows ids at all: SQS's standard queues may hold a copy.
  func send(_ messages: [OutgoingMessage], at now: Timestamp) async throws(StoreError)
  /// The next visible messages, hidden for `visibility`; those received too often go to the dead-letter queue instead.
  func receive(
    _ queue: String, limit: Int, visibility: Span, at now: Timestamp
  ) async throws(StoreError) -> [ReceivedMessage]
  /// False if the receipt is not that of the last receive.
  func delete(_ queue: String, receipt: String) async throws(StoreError) -> Bool
  /// Shows the message again at that moment. `uncounted` takes the receive back. False if the receipt is stale.
  func putBack(
    _ message: ReceivedMessage, until: Timestamp, uncounted: Bool, at now: Timestamp
  ) async throws(StoreError) -> Bool
  func depth(_ queue: String, at now: Timestamp) async throws(StoreError) -> QueueDepth
}

/// Queues with visibility timeouts and redrive. Adapter: `SQLiteStore`; served as SQS.
public protocol WorkQueues: MessageQueues {
  /// False if a queue of that name exists; it stays as it is.
  func create(_ queue: QueueDefinition, at now: Timestamp) async throws(StoreError) -> Bool
  func queue(_ name: String) async throws(StoreError) -> QueueDefinition?
  func queues() async throws(StoreError) -> [QueueDefinition]
  /// Replaces the definition of an existing queue.
  func update(_ queue: QueueDefinition) async throws(StoreError)
  /// Shows the message again at that moment. `uncounted` takes the receive back. False if the receipt is stale.
  func release(
    _ queue: String, receipt: String, until: Timestamp, uncounted: Bool
  ) async throws(StoreError) -> Bool
  /// The message of that id; nil once it was taken, or moved under another id.
  func message(_ id: String) async throws(StoreError) -> MessageView?
  /// The earliest moment at which a message of the queue is or was visible; nil if it is empty.
  func nextVisible(_ queue: String) async throws(StoreError) -> Timestamp?
  /// Shows messages again that are in hands which no longer exist; those that were put back wait on.
  func reclaim(_ queue: String, at now: Timestamp) async throws(StoreError)
  func purge(_ queue: String) async throws(StoreError)
  /// Removes the queue and its messages; false if there is none.
  func remove(queue: String) async throws(StoreError) -> Bool
}

extension WorkQueues {
  public func putBack(
    _ message: ReceivedMessage, until: Timestamp, uncounted: Bool, at now: Timestamp
  ) async throws(StoreError) -> Bool {
    try await release(message.queue, receipt: message.receipt, until: until, uncounted: uncounted)
  }
}
