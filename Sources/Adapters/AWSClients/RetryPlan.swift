import Events

/// The attempts of one call: how often, how soon, and when to stop.
///
/// Pure: it reads no clock and rolls no dice. Conflicts of transactions are none of its business: the port that asked
/// knows whether to ask again.
public struct RetryPlan: Sendable, Hashable {
  /// An attempt that failed.
  public struct Failure: Sendable, Hashable {
    public let kind: RetryClass
    /// What the service asks for: `Retry-After` or `x-amz-retry-after`.
    public let pause: Span?
    /// The answer's `Date`.
    public let serverTime: Timestamp?

    public init(_ kind: RetryClass, pause: Span? = nil, serverTime: Timestamp? = nil) {
      self.kind = kind
      self.pause = pause
      self.serverTime = serverTime
    }
  }

  public enum Decision: Sendable, Hashable {
    case again(after: Span)
    case giveUp
  }

  public let policy: RetryPolicy
  /// The one under way; from 1.
  public private(set) var attempt = 1
  /// What the attempt under way has taken from the quota.
  private var cost = 0
  private var hasCorrectedClock = false

  public init(_ policy: RetryPolicy) {
    self.policy = policy
  }

  /// Says what follows a failed attempt.
  ///
  /// - Parameters:
  ///   - now: our clock, uncorrected.
  ///   - deadline: a pause that would not end before it is not begun; nil: there is none.
  ///   - health: shared by all calls of a client.
  ///   - roll: of the dice, all 64 bits.
  public mutating func fail(
    _ failure: Failure, at now: Timestamp, until deadline: Timestamp?, _ health: inout RetryHealth, roll: UInt64
  ) -> Decision {
    switch failure.kind {
    case .final: return .giveUp
    case .skewed: return correctClock(failure, at: now, &health)
    case .silent, .throttled, .transient: break
    }
    guard attempt < policy.attemptsMax else { return .giveUp }
    let pause = max(jittered(failure.kind, roll), min(failure.pause ?? .zero, policy.pauseMax))
    if let deadline, now + pause >= deadline { return .giveUp }
    let price = failure.kind == .silent ? RetryHealth.silenceCost : RetryHealth.retryCost
    guard health.take(price) else { return .giveUp }
    cost = price
    attempt += 1
    return .again(after: pause)
  }

  /// Gives back what the attempt took that succeeded.
  public func succeed(_ health: inout RetryHealth) {
    health.giveBack(cost == 0 ? RetryHealth.successRefund : cost)
  }

  /// Once a call, and only if the clocks differ enough to explain the refusal: a wrong secret looks the same.
  private mutating func correctClock(
    _ failure: Failure, at now: Timestamp, _ health: inout RetryHealth
  ) -> Decision {
    guard !hasCorrectedClock, let serverTime = failure.serverTime else { return .giveUp }
    let offset = serverTime - now
    let change = offset.milliseconds - health.clockOffset.milliseconds
    guard abs(change) >= RetryHealth.skewMin.milliseconds else { return .giveUp }
    health.clockOffset = offset
    hasCorrectedClock = true
    return .again(after: .zero)
  }

  private func jittered(_ kind: RetryClass, _ roll: UInt64) -> Span {
    let base = kind == .throttled ? policy.throttleBase : policy.transientBase
    let ceiling = min(base.milliseconds << Int64(min(attempt - 1, 30)), policy.pauseMax.milliseconds)
    return Span(milliseconds: Int64(Double(ceiling) * Double(roll >> 11) * 0x1p-53))
  }
}

/// What the calls of a client share: how much trying again is left, and how far our clock is off.
///
/// Source: AWS SDKs and Tools Reference Guide, "Retry behavior": a quota of 500, 5 a retry, 10 after no answer, given
/// back by the attempt that succeeds; 1 for a call that succeeds at once.
public struct RetryHealth: Sendable, Hashable {
  public static let quotaMax = 500
  static let retryCost = 5
  static let silenceCost = 10
  static let successRefund = 1
  /// AWS refuses what is 5 minutes off (S3: 15), and clocks differ by seconds where nothing is wrong.
  static let skewMin = Span.minutes(4)

  public private(set) var quota: Int
  /// To be added to our clock before signing.
  public internal(set) var clockOffset = Span.zero

  public init(quota: Int = RetryHealth.quotaMax) {
    self.quota = quota
  }

  fileprivate mutating func take(_ price: Int) -> Bool {
    guard quota >= price else { return false }
    quota -= price
    return true
  }

  fileprivate mutating func giveBack(_ amount: Int) {
    quota = min(quota + amount, RetryHealth.quotaMax)
  }
}
