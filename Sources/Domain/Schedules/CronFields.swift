/// A cron expression, compiled to sets of bits; it knows wall clocks, not zones.
struct CronFields: Sendable, Hashable {
  /// How much of the calendar its days need, in the order of what that costs.
  private enum Calendar: Sendable, Hashable {
    case everyDay
    /// Bits 0 (Sunday) to 13: the week twice over.
    case everyWeek(UInt64)
    case months
  }

  /// Bits 0 to 59; never empty.
  let minutes: UInt64
  /// Bits 0 to 23; never empty.
  let hours: UInt64
  let days: DayRule
  /// Bits 1 to 12.
  let months: UInt64
  let years: YearSet
  private let calendar: Calendar

  init(minutes: UInt64, hours: UInt64, days: DayRule, months: UInt64, years: YearSet) {
    self.minutes = minutes
    self.hours = hours
    self.days = days
    self.months = months
    self.years = years
    guard months == CronFields.everyMonth, years == .every else {
      calendar = .months
      return
    }
    switch days {
    case .daysOfMonth(DayRule.everyDayOfMonth), .daysOfWeek(DayRule.everyDayOfWeek): calendar = .everyDay
    case .daysOfWeek(let days): calendar = .everyWeek(days | days << 7)
    case .daysOfMonth, .lastDay, .lastWeekday, .weekdayNearest, .lastOfWeekday, .numberedWeekday: calendar = .months
    }
  }

  static let everyMonth = 0x1FFE as UInt64
  /// The last minute of 2199, counted like every wall minute here: from 1970-01-01T00:00 on the wall.
  static let minuteMax = Int64(CivilDate.daysMax) * 1_440 - 1

  /// The first matching wall minute that is not before `start`; nil if none comes before 2200.
  ///
  /// Bounded: it looks at each month of each named year at most once, and allocates nothing.
  func firstMinute(from start: Int64) -> Int64? {
    let start = max(start, 0)
    guard start <= CronFields.minuteMax else { return nil }
    let today = Int(UInt32(truncatingIfNeeded: start) / 1_440)
    let time = firstTime(from: Int(start) &- today &* 1_440)
    guard let day = firstDay(from: today, unlessToday: time == nil) else { return nil }
    let minute = day == today ? time ?? firstTimeOfDay : firstTimeOfDay
    return Int64(day &* 1_440 &+ minute)
  }

  /// The last matching wall minute that is not after `end`; nil if none came since 1970.
  func lastMinute(upTo end: Int64) -> Int64? {
    let end = min(end, CronFields.minuteMax)
    guard end >= 0 else { return nil }
    let today = Int(UInt32(truncatingIfNeeded: end) / 1_440)
    let time = lastTime(upTo: Int(end) &- today &* 1_440)
    guard let day = lastDay(upTo: today, unlessToday: time == nil) else { return nil }
    let minute = day == today ? time ?? lastTimeOfDay : lastTimeOfDay
    return Int64(day &* 1_440 &+ minute)
  }

  /// The first matching day, in days since 1970-01-01.
  ///
  /// - Parameter isOver: nothing of `today` is left, so that the search begins the day after.
  private func firstDay(from today: Int, unlessToday isOver: Bool) -> Int? {
    let start = today &+ (isOver ? 1 : 0)
    guard start < CivilDate.daysMax else { return nil }
    switch calendar {
    case .everyDay:
      return start
    case .everyWeek(let days):
      let day = start &+ (days &>> UInt64(CivilDate.weekday(daysSinceEpoch: start))).trailingZeroBitCount
      return day < CivilDate.daysMax ? day : nil
    case .months:
      return firstDay(from: CivilDate(daysSinceEpoch: start))
    }
  }

  private func lastDay(upTo today: Int, unlessToday isOver: Bool) -> Int? {
    let end = today &- (isOver ? 1 : 0)
    guard end >= 0 else { return nil }
    switch calendar {
    case .everyDay:
      return end
    case .everyWeek(let days):
      let earlier = days &<< UInt64(63 &- CivilDate.weekday(daysSinceEpoch: end) &- 7)
      let day = end &- earlier.leadingZeroBitCount
      return day >= 0 ? day : nil
    case .months:
      return lastDay(upTo: CivilDate(daysSinceEpoch: end))
    }
  }

  private func firstDay(from date: CivilDate) -> Int? {
    var (year, month, day) = (date.year, date.month, date.day)
    while let nextYear = years.first(from: year) {
      if nextYear != year { (year, month, day) = (nextYear, 1, 1) }
      while let nextMonth = months.first(from: month) {
        if nextMonth != month { (month, day) = (nextMonth, 1) }
        let first = CivilDate.firstDay(year: year, month: month)
        if let found = days(of: year, month, from: first).first(from: day) { return first &+ found &- 1 }
        (month, day) = (month &+ 1, 1)
      }
      (year, month, day) = (year &+ 1, 1, 1)
    }
    return nil
  }

  private func lastDay(upTo date: CivilDate) -> Int? {
    var (year, month, day) = (date.year, date.month, date.day)
    while let priorYear = years.last(upTo: year) {
      if priorYear != year { (year, month, day) = (priorYear, 12, 31) }
      while let priorMonth = months.last(upTo: month) {
        if priorMonth != month { (month, day) = (priorMonth, 31) }
        let first = CivilDate.firstDay(year: year, month: month)
        if let found = days(of: year, month, from: first).last(upTo: day) { return first &+ found &- 1 }
        (month, day) = (month &- 1, 31)
      }
      (year, month, day) = (year &- 1, 12, 31)
    }
    return nil
  }

  /// The days that match in a month, as bits.
  private func days(of year: Int, _ month: Int, from first: Int) -> UInt64 {
    days.days(
      weekday: CivilDate.weekday(daysSinceEpoch: first), length: CivilDate.length(year: year, month: month))
  }

  /// - Parameter minute: of the day, 0 to 1439.
  private func firstTime(from minute: Int) -> Int? {
    let hour = minute / 60
    if hours.contains(hour), let found = minutes.first(from: minute &- hour &* 60) { return hour &* 60 &+ found }
    guard let later = hours.first(from: hour &+ 1) else { return nil }
    return later &* 60 &+ minutes.trailingZeroBitCount
  }

  private func lastTime(upTo minute: Int) -> Int? {
    let hour = minute / 60
    if hours.contains(hour), let found = minutes.last(upTo: minute &- hour &* 60) { return hour &* 60 &+ found }
    guard let earlier = hours.last(upTo: hour &- 1) else { return nil }
    return earlier &* 60 &+ 63 &- minutes.leadingZeroBitCount
  }

  private var firstTimeOfDay: Int { hours.trailingZeroBitCount &* 60 &+ minutes.trailingZeroBitCount }

  private var lastTimeOfDay: Int {
    (63 &- hours.leadingZeroBitCount) &* 60 &+ 63 &- minutes.leadingZeroBitCount
  }
}
