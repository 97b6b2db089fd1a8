import Events

/// How often and how long a target is tried (D20).
///
/// Source: EventBridge API, `RetryPolicy`: 0 to 185 retries, 60 to 86,400 seconds; both defaults are the maxima.
public struct RetryPolicy: Sendable, Hashable, Codable {
  public static let retriesLimit = 185
  public static let ageLimitSeconds = 60...86_400
  public static let standard = RetryPolicy(checkedRetries: retriesLimit, ageSeconds: ageLimitSeconds.upperBound)

  /// One attempt only: what §7 says of the schedule's target (D20).
  public static let none = RetryPolicy(checkedRetries: 0, ageSeconds: ageLimitSeconds.upperBound)

  /// Attempts after the first one.
  public let retriesMax: Int
  public let ageSecondsMax: Int

  /// nil if a number is outside what EventBridge takes.
  public init?(retriesMax: Int, ageSecondsMax: Int) {
    guard (0...RetryPolicy.retriesLimit).contains(retriesMax), RetryPolicy.ageLimitSeconds.contains(ageSecondsMax)
    else { return nil }
    self.init(checkedRetries: retriesMax, ageSeconds: ageSecondsMax)
  }

  private init(checkedRetries: Int, ageSeconds: Int) {
    retriesMax = checkedRetries
    ageSecondsMax = ageSeconds
  }
}

/// Why a target did not take an event.
public struct DeliveryError: Error, Sendable, Hashable, Codable {
  /// Raw values are what EventBridge puts into `ERROR_CODE` of a dead letter.
  public enum Code: String, Sendable, Codable, CaseIterable {
    case targetMissing = "NO_RESOURCE"
    case notPermitted = "NO_PERMISSIONS"
    case inputNotShaped = "INVALID_JSON"
    case throttled = "THROTTLING"
    case targetFailed = "SDK_CLIENT_ERROR"
    case functionFailed = "FUNCTION_ERROR"
  }

  public let code: Code
  /// For people; programs read `code`.
  public let reason: String

  public init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }

  /// Whether the same attempt could succeed later; what is missing or malformed goes to the dead letters at once.
  public var isRetriable: Bool {
    switch code {
    case .targetMissing, .notPermitted, .inputNotShaped: false
    case .throttled, .targetFailed, .functionFailed: true
    }
  }
}
