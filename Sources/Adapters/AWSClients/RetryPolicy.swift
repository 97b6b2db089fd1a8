import AWSPorts
import Events

/// How often and how soon the calls of a service are tried again.
///
/// Source: AWS SDKs and Tools Reference Guide, "Retry behavior", mode `standard`: three attempts, full jitter below a
/// ceiling that doubles up to 20 s. DynamoDB has more attempts and a shorter base, as AWS's SDK for Java has them.
public struct RetryPolicy: Sendable, Hashable {
  public let attemptsMax: Int
  /// The ceiling of the first pause after an error that passes by itself; it doubles with each attempt.
  public let transientBase: Span
  /// The same after a throttle.
  public let throttleBase: Span
  public let pauseMax: Span
  /// For one attempt, body and all.
  public let attemptTimeout: Span

  public init(
    attemptsMax: Int, transientBase: Span, throttleBase: Span, pauseMax: Span = .seconds(20), attemptTimeout: Span
  ) {
    precondition(attemptsMax >= 1, "a call is attempted at least once")
    self.attemptsMax = attemptsMax
    self.transientBase = transientBase
    self.throttleBase = throttleBase
    self.pauseMax = pauseMax
    self.attemptTimeout = attemptTimeout
  }

  public static func standard(_ service: AWSService) -> RetryPolicy {
    let (short, medium) = (Span(milliseconds: 25), Span(milliseconds: 100))
    return switch service {
    case .dynamoDB:
      RetryPolicy(attemptsMax: 9, transientBase: short, throttleBase: short, attemptTimeout: .seconds(3))
    case .eventBridge, .sqs, .ssm:
      RetryPolicy(attemptsMax: 3, transientBase: medium, throttleBase: .seconds(1), attemptTimeout: .seconds(5))
    case .s3:
      RetryPolicy(attemptsMax: 3, transientBase: medium, throttleBase: .seconds(1), attemptTimeout: .seconds(20))
    }
  }
}

/// What went wrong with an attempt, as far as trying again goes.
public enum RetryClass: String, Sendable, Hashable, Codable, CaseIterable {
  /// The service asks for less.
  case throttled
  /// It passes by itself, and the service said so.
  case transient
  /// No answer.
  case silent
  /// Our clock and theirs may differ.
  case skewed
  /// It would be the same again.
  case final

  /// - Parameters:
  ///   - code: without its namespace.
  ///   - status: of the answer, 100 to 999.
  public init(code: String, status: Int) {
    if RetryClass.throttles.contains(code) || status == 429 {
      self = .throttled
    } else if RetryClass.skews.contains(code) {
      self = .skewed
    } else if RetryClass.transients.contains(code) || [500, 502, 503, 504].contains(status) {
      self = .transient
    } else {
      self = .final
    }
  }

  /// - Parameter failure: why no answer came.
  public init(_ failure: TransportError.Code) {
    switch failure {
    case .notConnected, .broken, .timeout: self = .silent
    case .cancelled, .bodyTooLarge, .badURL: self = .final
    }
  }

  private static let throttles: Set<String> = [
    "BandwidthLimitExceeded", "EC2ThrottledException", "KMS.ThrottlingException", "KmsThrottled",
    "LimitExceededException", "PriorRequestNotComplete", "ProvisionedThroughputExceededException",
    "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "SlowDown", "ThrottledException",
    "Throttling", "ThrottlingException", "TooManyRequestsException", "TransactionInProgressException",
  ]
  /// S3's conflict is two conditional writes of one key at once; which has won shows the next attempt.
  private static let transients: Set<String> = [
    "ConditionalRequestConflict", "InternalError", "InternalServerError", "RequestTimeout", "RequestTimeoutException",
  ]
  private static let skews: Set<String> = [
    "AuthFailure", "InvalidSignatureException", "RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
  ]
}
