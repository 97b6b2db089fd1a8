/// Why CloudWatch Logs refuses a request.
public struct LogsError: Error, Sendable, Hashable {
  /// Raw values are CloudWatch Logs' own codes, so they are never renamed.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    case invalidParameter = "InvalidParameterException"
  }

  public let code: Code
  /// For people; programs read `code`.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// A value outside the constraints of the service model, in the words of AWS's validation.
  static func constraint(_ constraint: String, on member: String, value: String) -> LogsError {
    LogsError(
      .invalidParameter,
      "1 validation error detected: Value '\(value)' at '\(member)' failed to satisfy constraint: \(constraint)")
  }
}
