/// Which days of a month a cron expression means, told by whichever of its two day fields is not `?`.
enum DayRule: Sendable, Hashable {
  /// Bits 1 to 31.
  case daysOfMonth(UInt64)
  /// `L`
  case lastDay
  /// `LW`
  case lastWeekday
  /// `15W`: the Monday to Friday nearest the day, inside its month.
  case weekdayNearest(day: Int)
  /// Bits 0 (Sunday) to 6.
  case daysOfWeek(UInt64)
  /// `6L`; 0 is Sunday.
  case lastOfWeekday(Int)
  /// `3#2`; 0 is Sunday, `number` from 1 to 5.
  case numberedWeekday(Int, number: Int)

  static let everyDayOfMonth = UInt64(members: Array(1...31))
  static let everyDayOfWeek = UInt64(members: Array(0...6))
  static let mondayToFriday = UInt64(members: Array(1...5))

  /// The days of one month, as bits 1 to 31.
  ///
  /// - Parameters:
  ///   - weekday: of the month's first day; 0 is Sunday.
  ///   - length: of the month, 28 to 31.
  func days(weekday: Int, length: Int) -> UInt64 {
    let whole = (2 << UInt64(length)) - 2 as UInt64
    switch self {
    case .daysOfMonth(let days):
      return days & whole
    case .lastDay:
      return 1 << UInt64(length)
    case .lastWeekday:
      return nearestWeekday(to: length, weekday, length)
    case .weekdayNearest(let day):
      return day <= length ? nearestWeekday(to: day, weekday, length) : 0  // Ruled: `weekdayBeyondMonth`.
    case .daysOfWeek(let days):
      let fromFirst = (days >> UInt64(weekday) | days << UInt64(7 - weekday)) & 0x7F
      return fromFirst * 0x1020_4081 << 1 & whole  // The week five times over, from day 1.
    case .lastOfWeekday(let wanted):
      let last = (weekday + length - 1) % 7
      return 1 << UInt64(length - (last - wanted + 7) % 7)
    case .numberedWeekday(let wanted, let number):
      return 1 << UInt64(1 + (wanted - weekday + 7) % 7 + 7 * (number - 1)) & whole
    }
  }

  private func nearestWeekday(to day: Int, _ first: Int, _ length: Int) -> UInt64 {
    switch (first + day - 1) % 7 {
    case 6: 1 << UInt64(day > 1 ? day - 1 : day + 2)  // Saturday: Friday, or Monday if that is last month.
    case 0: 1 << UInt64(day < length ? day + 1 : day - 2)  // Sunday: Monday, or Friday if that is next month.
    default: 1 << UInt64(day)
    }
  }
}
