import Events

/// A place in a list of log events that a caller takes home as a token and brings back.
///
/// The token looks like CloudWatch Logs' own, `f/` or `b/` and 56 digits; the last 18 of them check the others, the
/// direction and the list, so that a token from elsewhere is refused. It is no secret and does not expire.
/// Source: CloudWatch Logs API reference, GetLogEvents; the layout of the digits is ours.
public struct LogCursor: Sendable, Hashable {
  /// Which way the reader goes; raw values begin the token.
  public enum Direction: String, Sendable, Hashable, CaseIterable {
    /// `nextForwardToken` of GetLogEvents.
    case forward = "f"
    /// `nextBackwardToken` of GetLogEvents.
    case backward = "b"
    /// `nextToken` of FilterLogEvents and of the Describe calls, which go one way only.
    case page = "n"
  }

  private static let numberDigits = 19
  private static let checkDigits = 18
  private static let checkModulus: UInt64 = 1_000_000_000_000_000_000

  public let direction: Direction
  /// Of the event the reader stands at; not before 1970.
  public let timestamp: Timestamp
  /// Tells events of the same millisecond apart; not negative.
  public let sequence: Int64

  /// Traps on a negative timestamp or sequence.
  public init(_ direction: Direction, timestamp: Timestamp, sequence: Int64) {
    precondition(timestamp >= .epoch && sequence >= 0, "a cursor counts from 0 up")
    self.direction = direction
    self.timestamp = timestamp
    self.sequence = sequence
  }

  /// Reads a token that `token(for:)` made for the same list; throws `InvalidParameterException` for any other.
  ///
  /// - Parameter list: what the token is good for: the group and the stream, or the call.
  public init(token: String, for list: String) throws(LogsError) {
    let parts = token.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let direction = Direction(rawValue: String(decoding: Array(parts[0]), as: UTF8.self)),
      parts[1].count == 2 * LogCursor.numberDigits + LogCursor.checkDigits,
      let timestamp = LogCursor.number(parts[1].prefix(LogCursor.numberDigits)),
      let sequence = LogCursor.number(parts[1].dropFirst(LogCursor.numberDigits).prefix(LogCursor.numberDigits))
    else { throw LogCursor.invalid }
    self.init(direction, timestamp: Timestamp(milliseconds: timestamp), sequence: sequence)
    guard self.token(for: list).utf8.elementsEqual(token.utf8) else { throw LogCursor.invalid }
  }

  /// The token of this place in that list.
  public func token(for list: String) -> String {
    let digits =
      LogCursor.padded(timestamp.milliseconds, to: LogCursor.numberDigits)
      + LogCursor.padded(sequence, to: LogCursor.numberDigits)
    let start = "\(direction.rawValue)/\(digits)"
    return start + LogCursor.padded(LogCursor.check(start, list), to: LogCursor.checkDigits)
  }

  /// The same gap between events, for a reader who goes that way from it.
  ///
  /// A forward cursor stands behind its event and a backward one before it, so a turn steps over the event.
  public func turned(_ other: Direction) -> LogCursor {
    switch (direction, other) {
    case (.forward, .backward), (.page, .backward):
      LogCursor(other, timestamp: timestamp, sequence: sequence == .max ? .max : sequence + 1)
    case (.backward, .forward), (.backward, .page):
      LogCursor(other, timestamp: timestamp, sequence: max(0, sequence - 1))
    case (.forward, .forward), (.forward, .page), (.backward, .backward), (.page, .forward), (.page, .page):
      LogCursor(other, timestamp: timestamp, sequence: sequence)
    }
  }

  private static let invalid = LogsError(.invalidParameter, "The specified nextToken is invalid.")

  private static func number(_ digits: some Collection<UInt8>) -> Int64? {
    guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    return Int64(String(decoding: digits, as: UTF8.self))
  }

  private static func padded(_ number: Int64, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: width - digits.count) + digits
  }

  /// FNV-1a with 64 bits over both texts, kept apart by a byte that UTF-8 never has.
  private static func check(_ start: String, _ list: String) -> Int64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in Array(start.utf8) + [0xFF] + Array(list.utf8) {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    return Int64(hash % checkModulus)
  }
}
