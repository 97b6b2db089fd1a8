import Events

/// How often what goes wrong, as shares of calls, messages or entries from 0 to 1; decided by seeded dice.
public struct CloudFaults: Sendable, Hashable {
  /// Calls that are refused for the rate; nothing is done.
  public var throttled = 0.0
  /// Writes of DynamoDB and S3 that another writer's get in the way of; nothing is done.
  public var conflicted = 0.0
  /// Calls that never arrive: no answer, nothing is done.
  public var lostBefore = 0.0
  /// Calls whose answer is lost: no answer, all is done.
  public var lostAfter = 0.0
  /// Calls whose first answer is lost to the client, which repeats them: done twice, the second answer is given.
  public var repeated = 0.0
  /// Calls that get a 500; every other one of them is done.
  public var broken = 0.0
  /// Entries of batches that fail while the others succeed.
  public var partlyFailed = 0.0
  /// Messages that are delivered and stay visible.
  public var duplicated = 0.0
  /// Messages that come later than they are due.
  public var delayed = 0.0
  /// Receives that give messages in any order, and not all of them.
  public var reordered = 0.0
  /// Items that an eventually consistent read or an index shows as they were.
  public var stale = 0.0
  /// Whether a partition key that has used its 1,000 write or 3,000 read units of a second is throttled.
  public var limitsPartitions = false
  /// How late a delayed message is at most.
  public var delayMax = Span.seconds(60)
  /// How long what is stale stays so at most.
  public var lagMax = Span.seconds(2)

  public init() {}

  /// Nothing goes wrong.
  public static let none = CloudFaults()

  /// Everything goes wrong about that often.
  public static func all(_ share: Double) -> CloudFaults {
    var faults = CloudFaults()
    for path in [
      \CloudFaults.throttled, \.conflicted, \.lostBefore, \.lostAfter, \.repeated, \.broken, \.partlyFailed,
      \.duplicated, \.delayed, \.reordered, \.stale,
    ] {
      faults[keyPath: path] = share
    }
    return faults
  }
}

/// What happens to one call.
public enum CallFault: String, Sendable, Hashable, CaseIterable {
  case throttled
  case conflicted
  case lostBefore
  case lostAfter
  case repeated
  /// A 500, with nothing done.
  case brokenBefore
  /// A 500, with all done.
  case brokenAfter
}
