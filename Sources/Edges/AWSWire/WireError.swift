/// A refusal in AWS's own words: what the client is told instead of an answer.
public struct WireError: Error, Sendable, Hashable {
  /// One more element of an S3 error: `Key`, `BucketName`.
  public struct Detail: Sendable, Hashable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  public let code: Code
  /// A sentence for people; programs read `code`.
  public let message: String
  /// Elements that only S3 sends.
  public let details: [Detail]
  /// Members of the error's shape beside its message: `dashboardValidationMessages`.
  public let members: [WireTree.Member]
  /// Lambda's `Reason` of a throttled call.
  public let reason: String?
  /// Sent as `Retry-After`.
  public let retryAfterSeconds: Int?

  public init(
    _ code: Code, _ message: String, details: [Detail] = [], members: [WireTree.Member] = [], reason: String? = nil,
    retryAfterSeconds: Int? = nil
  ) {
    self.code = code
    self.message = message
    self.details = details
    self.members = members
    self.reason = reason
    self.retryAfterSeconds = retryAfterSeconds
  }

  /// The EventBridge rule is not there.
  public static func noSuchRule(_ name: String, bus: String = "default") -> WireError {
    WireError(.resourceNotFound, "Rule \(name) does not exist on EventBus \(bus).")
  }

  /// The event bus is not there.
  public static func noSuchBus(_ name: String) -> WireError {
    WireError(.resourceNotFound, "Event bus \(name) does not exist.")
  }

  /// The function, named by its ARN, is not there.
  public static func noSuchFunction(_ arn: String) -> WireError {
    WireError(.resourceNotFound, "Function not found: \(arn)")
  }

  /// The queue is not there.
  public static let noSuchQueue = WireError(.queueDoesNotExist, "The specified queue does not exist.")

  /// The object is not there.
  public static func noSuchKey(_ key: String) -> WireError {
    WireError(.noSuchKey, "The specified key does not exist.", details: [Detail("Key", key)])
  }

  /// The bucket is not there.
  public static func noSuchBucket(_ bucket: String) -> WireError {
    WireError(.noSuchBucket, "The specified bucket does not exist", details: [Detail("BucketName", bucket)])
  }
}
