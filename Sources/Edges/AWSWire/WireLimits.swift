/// The limits of AWS that a request can break by itself, without looking at any state.
///
/// Source: the service models in botocore where they have one; else the quota pages of EventBridge, SQS, Lambda and S3.
public enum WireLimits {
  /// Events in one PutEvents.
  public static let putEventsEntriesMax = 10
  /// Bytes of all entries of one PutEvents, counted as EventBridge counts them.
  public static let putEventsBytesMax = 1_048_576
  /// What a `Time` adds to the size of an entry.
  public static let putEventsTimeBytes = 14
  /// Targets of one rule; the state decides, because earlier calls count.
  public static let targetsPerRuleMax = 5
  /// Entries in one SQS batch.
  public static let batchEntriesMax = 10
  /// Bytes of one SQS message, or of a whole batch, attributes included.
  public static let messageBytesMax = 1_048_576
  /// Attributes of one SQS message.
  public static let messageAttributesMax = 10
  /// Messages of one receive.
  public static let receiveMessages = 1...10
  /// Seconds a receive may wait.
  public static let waitTimeSeconds = 0...20
  /// Seconds a message may be delayed.
  public static let delaySeconds = 0...900
  /// Seconds a received message may stay hidden.
  public static let visibilityTimeoutSeconds = 0...43_200
  /// Bytes of a synchronous invocation's payload.
  public static let invokePayloadBytesMax = 6_291_556
  /// Bytes of an asynchronous invocation's payload.
  public static let invokeEventBytesMax = 1_048_576
  /// Bytes of an object's key.
  public static let objectKeyBytesMax = 1_024
  /// Keys of one listing.
  public static let listKeysMax = 1_000
}
