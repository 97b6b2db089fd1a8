/// A moment in UTC, to the millisecond.
public struct Timestamp: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  /// Milliseconds since 1970-01-01T00:00:00Z; negative before.
  public let milliseconds: Int64

  public static let epoch = Timestamp(milliseconds: 0)

  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  public init(seconds: Int64) {
    milliseconds = seconds * 1_000
  }

  public init(from decoder: any Decoder) throws {
    milliseconds = try decoder.singleValueContainer().decode(Int64.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }

  /// Whole seconds since the epoch, rounded down.
  public var seconds: Int64 { milliseconds.flooredQuotient(by: 1_000) }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  public static func + (moment: Timestamp, span: Span) -> Timestamp {
    Timestamp(milliseconds: moment.milliseconds + span.milliseconds)
  }

  public static func - (moment: Timestamp, span: Span) -> Timestamp {
    Timestamp(milliseconds: moment.milliseconds - span.milliseconds)
  }

  public static func - (left: Timestamp, right: Timestamp) -> Span {
    Span(milliseconds: left.milliseconds - right.milliseconds)
  }

  /// The same moment without its fraction of a second.
  public var wholeSecond: Timestamp { Timestamp(seconds: seconds) }

  /// ISO 8601 to the second, as EventBridge writes `time`: `2025-09-09T22:00:00Z`.
  public var description: String {
    CivilTime(self).text(followedBy: "Z")
  }

  /// ISO 8601 to the millisecond: `2025-09-09T14:45:30.000Z`.
  public var preciseText: String {
    let fraction = milliseconds.flooredRemainder(by: 1_000)
    guard fraction > 0 else { return CivilTime(self).text(followedBy: ".000Z") }
    let digits = String(fraction)
    return CivilTime(self).text + "." + String(repeating: "0", count: 3 - digits.count) + digits + "Z"
  }

  /// The UTC date: `2025-09-09`.
  public var dateText: String { CivilTime(self).dateText }
}

/// A length of time, to the millisecond; negative when it runs backwards.
public struct Span: Sendable, Hashable, Comparable, Codable {
  public let milliseconds: Int64

  public static let zero = Span(milliseconds: 0)

  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  public static func seconds(_ count: Int) -> Span { Span(milliseconds: Int64(count) * 1_000) }
  public static func seconds(_ count: Double) -> Span { Span(milliseconds: Int64((count * 1_000).rounded(.up))) }
  public static func minutes(_ count: Int) -> Span { .seconds(count * 60) }
  public static func hours(_ count: Int) -> Span { .seconds(count * 3_600) }
  public static func days(_ count: Int) -> Span { .seconds(count * 86_400) }

  /// Seconds with their fraction.
  public var seconds: Double { Double(milliseconds) / 1_000 }

  /// Seconds, rounded up: what a `retry_after` promises.
  public var wholeSecondsUp: Int { Int((seconds).rounded(.up)) }

  public init(from decoder: any Decoder) throws {
    milliseconds = try decoder.singleValueContainer().decode(Int64.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }

  public static func < (left: Span, right: Span) -> Bool {
    left.milliseconds < right.milliseconds
  }

  public static func + (left: Span, right: Span) -> Span { Span(milliseconds: left.milliseconds + right.milliseconds) }
}

extension Timestamp {
  /// Years 1 to 9999 in UTC: what is read can be written again, also after an offset has moved it.
  static let writableSeconds: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  /// Reads ISO 8601 with a zone: `2025-09-09T22:00:00Z`, a fraction, or an offset like `+09:00`; nil for anything else,
  /// and for what lies outside the years 1 to 9999 in UTC.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, let civil = CivilTime(bytes.prefix(19)) else { return nil }
    var place = 19
    var milliseconds: Int64 = 0
    if bytes[place] == UInt8(ascii: ".") {
      place += 1
      var scale: Int64 = 100
      let start = place
      while place < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) {
        milliseconds += Int64(bytes[place] - UInt8(ascii: "0")) * scale
        scale /= 10
        place += 1
      }
      guard place > start else { return nil }
    }
    let zone = bytes[place...]
    guard let offset = Timestamp.zoneOffset(zone) else { return nil }
    let seconds = civil.secondsAsUTC - offset
    guard Timestamp.writableSeconds.contains(seconds) else { return nil }
    self.init(milliseconds: seconds * 1_000 + milliseconds)
  }

  /// Seconds east of UTC that `Z` or `±hh:mm` stands for.
  private static func zoneOffset(_ zone: ArraySlice<UInt8>) -> Int64? {
    let bytes = Array(zone)
    if bytes == [UInt8(ascii: "Z")] || bytes == [UInt8(ascii: "z")] { return 0 }
    guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"),
      let hours = decimal(bytes[1...2]), let minutes = decimal(bytes[4...5]), hours < 24, minutes < 60
    else { return nil }
    switch bytes[0] {
    case UInt8(ascii: "+"): return Int64(hours * 3_600 + minutes * 60)
    case UInt8(ascii: "-"): return -Int64(hours * 3_600 + minutes * 60)
    default: return nil
    }
  }
}

/// The number that these ASCII digits spell; nil if one is no digit.
func decimal(_ digits: some Collection<UInt8>) -> Int? {
  var value = 0
  for digit in digits {
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
    value = value * 10 + Int(digit - UInt8(ascii: "0"))
  }
  return value
}
