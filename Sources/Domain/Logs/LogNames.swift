/// Bounds that the names of log groups and streams share.
///
/// Source: the `LogGroupName` and `LogStreamName` shapes of the CloudWatch Logs service model.
public enum LogNameLimits {
  public static let lengthMin = 1
  public static let lengthMax = 512
  /// What the name of a log group that somebody creates must not start with.
  ///
  /// Source: CloudWatch Logs API reference, CreateLogGroup.
  public static let reservedGroupPrefix = "aws/"

  static func check(_ text: String, member: String) throws(LogsError) {
    let length = text.unicodeScalars.count
    guard length >= lengthMin else {
      throw .constraint("Member must have length greater than or equal to \(lengthMin)", on: member, value: text)
    }
    guard length <= lengthMax else {
      throw .constraint("Member must have length less than or equal to \(lengthMax)", on: member, value: text)
    }
  }

  static func patternError(_ pattern: String, on member: String, value: String) -> LogsError {
    .constraint("Member must satisfy regular expression pattern: \(pattern)", on: member, value: value)
  }
}

/// The name of a log group: `/aws/lambda/orders`.
///
/// 1 to 512 of the characters a-z, A-Z, 0-9, `_`, `-`, `/`, `.` and `#`; `aws/` may not come first.
/// Source: CloudWatch Logs API reference, CreateLogGroup.
public struct LogGroupName: Sendable, Hashable, Comparable, CustomStringConvertible {
  private static let member = "logGroupName"
  private static let pattern = #"[\.\-_/#A-Za-z0-9]+"#

  public let text: String

  /// Throws `InvalidParameterException` for anything but such a name.
  public init(_ text: String) throws(LogsError) {
    try LogNameLimits.check(text, member: LogGroupName.member)
    guard text.utf8.allSatisfy({ FilterPatternReader.isAlphanumeric($0) || ".-_/#".utf8.contains($0) }) else {
      throw LogNameLimits.patternError(LogGroupName.pattern, on: LogGroupName.member, value: text)
    }
    guard !text.hasPrefix(LogNameLimits.reservedGroupPrefix) else {
      throw LogsError(
        .invalidParameter, "Log group names can't start with the string \(LogNameLimits.reservedGroupPrefix)")
    }
    self.text = text
  }

  public var description: String { text }

  /// The order of their bytes, in which CloudWatch Logs lists them.
  public static func < (left: LogGroupName, right: LogGroupName) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }
}

/// The name of a log stream: `2025/09/09/[$LATEST]0a1b2c`.
///
/// 1 to 512 characters, none of them `:`, `*` or U+0000.
/// Source: CloudWatch Logs API reference, CreateLogStream.
public struct LogStreamName: Sendable, Hashable, Comparable, CustomStringConvertible {
  private static let member = "logStreamName"
  private static let pattern = "[^:*]*"

  public let text: String

  /// Throws `InvalidParameterException` for anything but such a name.
  public init(_ text: String) throws(LogsError) {
    try LogNameLimits.check(text, member: LogStreamName.member)
    guard !text.utf8.contains(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "*") }) else {
      throw LogNameLimits.patternError(LogStreamName.pattern, on: LogStreamName.member, value: text)
    }
    // A name of SQLite's driver would end there.
    guard !text.utf8.contains(0) else {
      throw .constraint("Member must not contain U+0000", on: LogStreamName.member, value: text)
    }
    self.text = text
  }

  public var description: String { text }

  /// The order of their bytes, in which CloudWatch Logs lists them.
  public static func < (left: LogStreamName, right: LogStreamName) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }
}
