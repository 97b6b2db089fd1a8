/// Why a text is no filter pattern.
public struct FilterPatternError: Error, Sendable, Hashable {
  /// Raw values are CloudWatch Logs' own codes, so they are never renamed.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    case invalidParameter = "InvalidParameterException"
  }

  public let code: Code
  /// What is wrong, without the place.
  public let reason: String
  /// UTF-8 bytes of the pattern before the offending one.
  public let offset: Int

  init(_ reason: String, at offset: Int) {
    code = .invalidParameter
    self.reason = reason
    self.offset = offset
  }

  /// For people; programs read `code`.
  public var message: String { "Invalid filter pattern: \(reason) (at offset \(offset))" }
}
