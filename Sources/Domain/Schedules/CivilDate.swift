/// A day of the years 1970 to 2199, the only ones that schedules know, worked out without a table or a branch on leap
/// years.
///
/// In that stretch every fourth year is a leap year but 2100, so a count of days from 1968-03-01, which sees a 29th of
/// February in 2100 as well, needs one correction. Source: C. Neri and L. Schneider, "Euclidean affine functions and
/// their application to calendar algorithms", 2022, for dividing by multiplying.
struct CivilDate: Sendable, Hashable {
  let year: Int
  /// 1 to 12.
  let month: Int
  /// 1 to 31.
  let day: Int

  /// Days since 1970-01-01 of the first day that is no schedule's any more.
  static let daysMax = 84_006
  /// Of 2100-03-01, since 1970-01-01.
  private static let afterFalseLeapDay = 47_541
  /// From 1968-03-01 to 1970-01-01.
  private static let daysBefore = 671

  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// - Parameter daysSinceEpoch: 0 to `daysMax` - 1.
  init(daysSinceEpoch: Int) {
    let falseDays = daysSinceEpoch >= CivilDate.afterFalseLeapDay ? 1 : 0
    let quarters = UInt32(truncatingIfNeeded: daysSinceEpoch + CivilDate.daysBefore + falseDays) &* 4 &+ 3
    let years = quarters / 1_461
    let dayOfYear = (quarters &- years &* 1_461) / 4  // From 1 March on.
    let scaled = dayOfYear &* 2_141 &+ 197_913
    let isPastDecember = dayOfYear >= 306
    year = Int(years) &+ 1_968 &+ (isPastDecember ? 1 : 0)
    month = Int(scaled >> 16) &- (isPastDecember ? 12 : 0)
    day = Int((scaled & 0xFFFF) / 2_141) &+ 1
  }

  /// Days since 1970-01-01.
  var daysSinceEpoch: Int { CivilDate.firstDay(year: year, month: month) &+ day &- 1 }

  /// The first day of a month, in days since 1970-01-01.
  static func firstDay(year: Int, month: Int) -> Int {
    let isBeforeMarch = month <= 2
    let shiftedYear = year &- (isBeforeMarch ? 1 : 0)
    let shiftedMonth = month &+ (isBeforeMarch ? 12 : 0)
    let years = UInt32(truncatingIfNeeded: shiftedYear &- 1_968) &* 1_461 / 4
    let months = (UInt32(truncatingIfNeeded: shiftedMonth) &* 979 &- 2_919) / 32
    return Int(years &+ months) &- daysBefore &- (shiftedYear >= 2_100 ? 1 : 0)
  }

  /// 28 to 31.
  static func length(year: Int, month: Int) -> Int {
    guard month == 2 else { return 30 | (month ^ month &>> 3) }
    return year & 3 == 0 && year != 2_100 ? 29 : 28
  }

  /// Of any day since 1970-01-01, a Thursday; 0 is Sunday.
  static func weekday(daysSinceEpoch: Int) -> Int {
    Int(UInt32(truncatingIfNeeded: daysSinceEpoch &+ 4) % 7)
  }
}
