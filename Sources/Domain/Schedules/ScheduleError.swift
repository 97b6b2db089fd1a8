/// The service whose expression language is spoken.
public enum ScheduleDialect: String, Sendable, CaseIterable {
  /// EventBridge rules: `cron` and `rate`, always in UTC.
  case rules
  /// EventBridge Scheduler: `cron`, `rate` and `at`, in a time zone.
  case scheduler

  /// The words AWS refuses an expression with. Source: answers recorded from both services, SCHEDULES §1.
  func refusal(of text: String) -> String {
    switch self {
    case .rules: "Parameter ScheduleExpression is not valid."
    case .scheduler: "Invalid Schedule Expression \(text)."
    }
  }
}

/// Why a text is no schedule expression.
public struct ScheduleError: Error, Sendable, Hashable {
  /// AWS's own text for the dialect, as a client of the service would read it.
  public let message: String
  /// For people: which field, what is wrong, and what would be right.
  public let reason: String

  init(_ text: String, dialect: ScheduleDialect, reason: String) {
    message = dialect.refusal(of: text)
    self.reason = reason
  }
}

/// What a parser has against a part of an expression, before anyone knows the whole.
struct Refusal: Error {
  let reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}
