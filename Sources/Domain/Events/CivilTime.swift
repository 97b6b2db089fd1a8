/// A date and time of day on the Gregorian calendar, in no zone.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", for the day count.
public struct CivilTime: Sendable, Hashable, Comparable {
  public let year: Int
  /// 1 to 12.
  public let month: Int
  /// 1 to the length of the month.
  public let day: Int
  /// 0 to 23.
  public let hour: Int
  /// 0 to 59.
  public let minute: Int
  /// 0 to 59; leap seconds do not exist here, as in POSIX time.
  public let second: Int

  /// nil if there is no such date or time.
  public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    guard (1...12).contains(month), day >= 1, day <= CivilTime.daysIn(month: month, year: year),
      (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second)
    else { return nil }
    self.init(checked: year, month, day, hour, minute, second)
  }

  private init(checked year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// The UTC date and time of a moment, its fraction of a second dropped.
  public init(_ moment: Timestamp) {
    self.init(secondsAsUTC: moment.seconds)
  }

  /// - Parameter secondsAsUTC: seconds since the epoch on a clock that shows UTC.
  public init(secondsAsUTC: Int64) {
    let days = secondsAsUTC.flooredQuotient(by: 86_400)
    let rest = Int(secondsAsUTC.flooredRemainder(by: 86_400))
    let shifted = days + 719_468
    let era = shifted.flooredQuotient(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
    let year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    let day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    self.init(checked: year, month, day, rest / 3_600, rest / 60 % 60, rest % 60)
  }

  /// Reads `yyyy-mm-ddThh:mm:ss`, 19 bytes.
  init?(_ bytes: some Collection<UInt8>) {
    let text = Array(bytes)
    guard text.count == 19, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
      text[10] == UInt8(ascii: "T") || text[10] == UInt8(ascii: "t") || text[10] == UInt8(ascii: " "),
      text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
      let year = decimal(text[0..<4]), let month = decimal(text[5..<7]), let day = decimal(text[8..<10]),
      let hour = decimal(text[11..<13]), let minute = decimal(text[14..<16]), let second = decimal(text[17..<19])
    else { return nil }
    self.init(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
  }

  /// Reads a date, `yyyy-mm-dd`, as its midnight; or a date and time, `yyyy-mm-ddThh:mm:ss`.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    self.init(bytes.count == 10 ? bytes + Array("T00:00:00".utf8) : bytes)
  }

  /// Seconds since the epoch on a clock that shows UTC.
  public var secondsAsUTC: Int64 {
    CivilTime.daysSinceEpoch(year: year, month: month, day: day) * 86_400
      + Int64(hour * 3_600 + minute * 60 + second)
  }

  /// The moment, if this is UTC.
  public var asUTC: Timestamp { Timestamp(seconds: secondsAsUTC) }

  /// 1 = Sunday to 7 = Saturday, as AWS's cron counts.
  public var dayOfWeek: Int {
    let days = CivilTime.daysSinceEpoch(year: year, month: month, day: day)
    return Int((days + 4).flooredRemainder(by: 7)) + 1
  }

  public static func daysIn(month: Int, year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  public static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  public static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int64 {
    let shiftedYear = Int64(month <= 2 ? year - 1 : year)
    let era = shiftedYear.flooredQuotient(by: 400)
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  public static func < (left: CivilTime, right: CivilTime) -> Bool {
    left.secondsAsUTC < right.secondsAsUTC
  }

  /// `2025-09-09`
  public var dateText: String {
    "\(padded(year, to: 4))-\(padded(month, to: 2))-\(padded(day, to: 2))"
  }

  /// `22:00:00`
  public var timeText: String {
    "\(padded(hour, to: 2)):\(padded(minute, to: 2)):\(padded(second, to: 2))"
  }

  /// `2025-09-09T22:00:00`
  public var text: String { text(followedBy: "") }

  /// The same with something behind it, of ASCII: it is written for every event, so it is written digit by digit.
  func text(followedBy end: StaticString) -> String {
    guard (0...9_999).contains(year) else { return "\(dateText)T\(timeText)\(end)" }
    return String(unsafeUninitializedCapacity: 19 + end.utf8CodeUnitCount) { bytes in
      func write(_ number: Int, at place: Int, width: Int) {
        var rest = number
        for offset in (0..<width).reversed() {
          bytes[place + offset] = UInt8(ascii: "0") + UInt8(rest % 10)
          rest /= 10
        }
      }
      write(year, at: 0, width: 4)
      write(month, at: 5, width: 2)
      write(day, at: 8, width: 2)
      write(hour, at: 11, width: 2)
      write(minute, at: 14, width: 2)
      write(second, at: 17, width: 2)
      (bytes[4], bytes[7], bytes[10]) = (UInt8(ascii: "-"), UInt8(ascii: "-"), UInt8(ascii: "T"))
      (bytes[13], bytes[16]) = (UInt8(ascii: ":"), UInt8(ascii: ":"))
      for offset in 0..<end.utf8CodeUnitCount { bytes[19 + offset] = end.utf8Start[offset] }
      return 19 + end.utf8CodeUnitCount
    }
  }

  private func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
