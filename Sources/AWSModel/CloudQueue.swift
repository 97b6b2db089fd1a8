import Events

/// A standard queue of SQS as it was created.
public struct CloudQueue: Sendable, Hashable {
  /// Where messages go that have been received too often.
  public struct Redrive: Sendable, Hashable {
    /// The name of the dead-letter queue.
    public let queue: String
    /// Receives before a message moves; at least 1.
    public let receivesMax: Int

    public init(to queue: String, after receivesMax: Int) {
      self.queue = queue
      self.receivesMax = receivesMax
    }
  }

  public let name: String
  public let visibility: Span
  public let delay: Span
  public let retention: Span
  public let redrive: Redrive?

  public init(
    _ name: String, visibility: Span = .seconds(30), delay: Span = .zero, retention: Span = .days(4),
    redrive: Redrive? = nil
  ) {
    self.name = name
    self.visibility = visibility
    self.delay = delay
    self.retention = retention
    self.redrive = redrive
  }

  /// The account of everything in the model.
  public static let account = "123456789012"
  /// The region of everything in the model.
  public static let region = "us-east-1"

  public var url: String { "https://sqs.\(CloudQueue.region).amazonaws.com/\(CloudQueue.account)/\(name)" }
  public var arn: String { "arn:aws:sqs:\(CloudQueue.region):\(CloudQueue.account):\(name)" }
}
