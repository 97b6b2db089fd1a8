import Events

/// One event on its way to one target: tried, retried with full jitter, then buried.
///
/// Pure: it reads no clock and does no I/O; its dice are a function of its id and the attempt.
/// Source: EventBridge user guide, "How EventBridge retries delivering events" and "Using dead-letter queues".
public struct Delivery: Sendable, Hashable {
  public enum State: Sendable, Hashable {
    /// Tried again at that moment, or for the first time.
    case waiting(until: Timestamp)
    case delivered
    case buried(DeadLetterCause)
  }

  /// Why no further attempt is made, in the words of a dead letter's attributes (D21).
  public struct DeadLetterCause: Sendable, Hashable {
    public let error: DeliveryError
    /// `MaximumRetryAttempts` or `MaximumEventAgeInSeconds`; nil when the error allowed no retry.
    public let exhausted: String?
    public let retryAttempts: Int

    /// `exhausted` when the retries were used up.
    public static let tooOften = "MaximumRetryAttempts"
    /// `exhausted` when the event outlived the maximum age.
    public static let tooOld = "MaximumEventAgeInSeconds"
  }

  /// Longest wait between two attempts.
  public static let backoffMax = Span.seconds(300)

  public let id: String
  public let policy: RetryPolicy
  public let createdAt: Timestamp
  /// Attempts that have ended.
  public private(set) var attempts: Int
  public private(set) var state: State

  /// A delivery as it is stored: fresh, or waiting for its next attempt.
  public init(id: String, policy: RetryPolicy, createdAt: Timestamp, attempts: Int = 0, due: Timestamp) {
    self.id = id
    self.policy = policy
    self.createdAt = createdAt
    self.attempts = attempts
    state = .waiting(until: due)
  }

  /// The target took it. Says so again safely: an answer may come twice.
  public mutating func accepted() {
    guard case .waiting = state else { return }
    attempts += 1
    state = .delivered
  }

  /// The target refused: waits for the next attempt, or is buried.
  public mutating func refused(_ error: DeliveryError, at now: Timestamp) {
    guard case .waiting = state else { return }
    attempts += 1
    let retries = attempts - 1
    guard error.isRetriable else {
      state = .buried(DeadLetterCause(error: error, exhausted: nil, retryAttempts: retries))
      return
    }
    guard retries < policy.retriesMax else {
      state = .buried(DeadLetterCause(error: error, exhausted: DeadLetterCause.tooOften, retryAttempts: retries))
      return
    }
    let next = now + backoff
    guard next - createdAt <= .seconds(policy.ageSecondsMax) else {
      state = .buried(DeadLetterCause(error: error, exhausted: DeadLetterCause.tooOld, retryAttempts: retries))
      return
    }
    state = .waiting(until: next)
  }

  /// Full jitter between one millisecond and 2^attempts seconds, capped.
  private var backoff: Span {
    var dice = SplitMix64(seed: DerivedID.hash("\(id)#\(attempts)"))
    let ceiling = min(Delivery.backoffMax.milliseconds, 1_000 << Int64(min(attempts, 20)))
    return Span(milliseconds: Int64.random(in: 1...ceiling, using: &dice))
  }
}
