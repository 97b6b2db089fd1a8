/// Why a question about metrics, or a datum, is refused.
public struct MetricError: Error, Sendable, Hashable {
  /// Raw values are CloudWatch's own codes, so they are never renamed.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    case invalidParameterValue = "InvalidParameterValue"
    case invalidParameterCombination = "InvalidParameterCombination"
    case missingRequiredParameter = "MissingParameter"
    case validation = "ValidationError"
  }

  public let code: Code
  /// For people; programs read `code`.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
