import Events

/// A cron expression, compiled to sets of bits; it knows wall clocks, not zones.
struct CronFields: Sendable, Hashable {
  /// Bits 0 to 59; never empty.
  let minutes: UInt64
  /// Bits 0 to 23; never empty.
  let hours: UInt64
  let days: DayRule
  /// Bits 1 to 12.
  let months: UInt64
  let years: YearSet

  /// The last minute of 2199, counted like every wall minute here: from 1970-01-01T00:00 on the wall.
  static let minuteMax = CivilTime.daysSinceEpoch(year: 2200, month: 1, day: 1) * 1_440 - 1

  /// The first matching wall minute that is not before `start`; nil if none comes before 2200.
  ///
  /// Bounded: it looks at each month of each named year at most once, and allocates nothing.
  func firstMinute(from start: Int64) -> Int64? {
    let start = max(start, 0)
    guard start <= CronFields.minuteMax else { return nil }
    let (today, minute) = start.quotientAndRemainder(dividingBy: 1_440)
    let date = CivilTime(secondsAsUTC: today * 86_400)
    if let time = firstTime(from: Int(minute)), matches(date) { return today * 1_440 + Int64(time) }
    guard let day = firstDay(after: date), let time = firstTime(from: 0) else { return nil }
    return day * 1_440 + Int64(time)
  }

  /// The last matching wall minute that is not after `end`; nil if none came since 1970.
  func lastMinute(upTo end: Int64) -> Int64? {
    let end = min(end, CronFields.minuteMax)
    guard end >= 0 else { return nil }
    let (today, minute) = end.quotientAndRemainder(dividingBy: 1_440)
    let date = CivilTime(secondsAsUTC: today * 86_400)
    if let time = lastTime(upTo: Int(minute)), matches(date) { return today * 1_440 + Int64(time) }
    guard let day = lastDay(before: date), let time = lastTime(upTo: 1_439) else { return nil }
    return day * 1_440 + Int64(time)
  }

  private func matches(_ date: CivilTime) -> Bool {
    guard years.contains(date.year), months.contains(date.month) else { return false }
    return month(date.year, date.month).days.contains(date.day)
  }

  /// The days that match in a month, and the day number of its first.
  private func month(_ year: Int, _ month: Int) -> (days: UInt64, first: Int64) {
    let first = CivilTime.daysSinceEpoch(year: year, month: month, day: 1)
    let weekday = Int((first + 4) % 7)  // 1970-01-01 was a Thursday, and no month here begins earlier.
    return (days.days(weekday: weekday, length: CivilTime.daysIn(month: month, year: year)), first)
  }

  private func firstDay(after date: CivilTime) -> Int64? {
    var (year, month, day) = (date.year, date.month, date.day + 1)
    while let nextYear = years.first(from: year) {
      if nextYear != year { (year, month, day) = (nextYear, 1, 1) }
      while let nextMonth = months.first(from: month) {
        if nextMonth != month { (month, day) = (nextMonth, 1) }
        let (days, first) = self.month(year, month)
        if let found = days.first(from: day) { return first + Int64(found) - 1 }
        (month, day) = (month + 1, 1)
      }
      (year, month, day) = (year + 1, 1, 1)
    }
    return nil
  }

  private func lastDay(before date: CivilTime) -> Int64? {
    var (year, month, day) = (date.year, date.month, date.day - 1)
    while let priorYear = years.last(upTo: year) {
      if priorYear != year { (year, month, day) = (priorYear, 12, 31) }
      while let priorMonth = months.last(upTo: month) {
        if priorMonth != month { (month, day) = (priorMonth, 31) }
        let (days, first) = self.month(year, month)
        if let found = days.last(upTo: day) { return first + Int64(found) - 1 }
        (month, day) = (month - 1, 31)
      }
      (year, month, day) = (year - 1, 12, 31)
    }
    return nil
  }

  /// - Parameter minute: of the day, 0 to 1439.
  private func firstTime(from minute: Int) -> Int? {
    let hour = minute / 60
    if hours.contains(hour), let found = minutes.first(from: minute % 60) { return hour * 60 + found }
    guard let later = hours.first(from: hour + 1) else { return nil }
    return later * 60 + minutes.trailingZeroBitCount
  }

  private func lastTime(upTo minute: Int) -> Int? {
    let hour = minute / 60
    if hours.contains(hour), let found = minutes.last(upTo: minute % 60) { return hour * 60 + found }
    guard let earlier = hours.last(upTo: hour - 1) else { return nil }
    return earlier * 60 + 63 - minutes.leadingZeroBitCount
  }
}
