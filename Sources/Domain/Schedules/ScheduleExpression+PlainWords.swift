import Events

extension ScheduleExpression {
  /// What it says, in English and without a zone: `every day at 22:00`.
  public var plainWords: String {
    switch plan {
    case .rate(let rate): rate.plainWords
    case .once(let civil): "once, on \(civil.dateText) at \(civil.timeText)"
    case .cron(let fields): fields.plainWords
    }
  }
}

extension CronFields {
  private static let anyMinute = UInt64(members: Array(0...59))
  private static let anyHour = UInt64(members: Array(0...23))
  private static let anyMonth = UInt64(members: Array(1...12))
  /// So few clock times are spelled out one by one at once, and the most that ever are.
  private static let timesFew = 4
  private static let timesMax = 12

  fileprivate var plainWords: String {
    let isEveryMonth = months == CronFields.anyMonth
    let time = timeWords
    let year = yearWords
    if days.isEveryDay, isEveryMonth, hours == CronFields.anyHour { return time + year }
    let day = isEveryMonth ? days.plainWords(month: "the month") : days.plainWords(month: monthWords)
    let inMonth = !isEveryMonth && days.isOfWeek ? " in \(monthWords)" : ""
    return (time.hasPrefix("every") ? "\(time), \(day)\(inMonth)" : "\(day)\(inMonth) \(time)") + year
  }

  private var timeWords: String {
    let (minuteCount, hourCount) = (minutes.nonzeroBitCount, hours.nonzeroBitCount)
    let (firstMinute, lastMinute) = (minutes.trailingZeroBitCount, 63 - minutes.leadingZeroBitCount)
    if hours == CronFields.anyHour {
      if minuteCount > 1 { return minuteWords ?? "every hour at \(counted("minute", minutes.members))" }
      return firstMinute == 0 ? "every hour" : "every hour at minute \(firstMinute)"
    }
    if minuteCount * hourCount <= CronFields.timesFew { return clockTimes }
    let (firstHour, lastHour) = (hours.trailingZeroBitCount, 63 - hours.leadingZeroBitCount)
    if hourCount == lastHour - firstHour + 1, let every = minuteWords ?? (minuteCount == 1 ? "every hour" : nil) {
      return "\(every) from \(clock(firstHour, firstMinute)) to \(clock(lastHour, lastMinute))"
    }
    if minuteCount == 1, let step = evenStep(hours, size: 24) {
      return "every \(step) hours" + (firstMinute == 0 ? "" : " at minute \(firstMinute)")
    }
    if minuteCount * hourCount <= CronFields.timesMax { return clockTimes }
    return "\(minuteWords ?? "at \(counted("minute", minutes.members))") of \(counted("hour", hours.members))"
  }

  private var clockTimes: String {
    "at " + joined(hours.members.flatMap { hour in minutes.members.map { clock(hour, $0) } })
  }

  /// `every minute`, `every 5 minutes`; nil for minutes that are not evenly spread from 0.
  private var minuteWords: String? {
    if minutes == CronFields.anyMinute { return "every minute" }
    return evenStep(minutes, size: 60).map { "every \($0) minutes" }
  }

  private var monthWords: String {
    joined(months.members.map { CronFields.monthNames[$0 - 1] })
  }

  private var yearWords: String {
    let named = years.members
    guard named.count < 230, let first = named.first, let last = named.last else { return "" }
    let step = named.count > 2 ? (last - first) / (named.count - 1) : 0
    if step > 0, named == Array(stride(from: first, through: last, by: step)) {
      return (step == 1 ? "" : ", every \(step) years") + " from \(first) to \(last)"
    }
    return " in \(joined(named.map(String.init)))"
  }

  private static let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
}

extension DayRule {
  private static let dayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
  private static let numerals = ["first", "second", "third", "fourth", "fifth"]
  private static let mondayToFriday = UInt64(members: Array(1...5))

  fileprivate var isEveryDay: Bool {
    self == .daysOfMonth(DayRule.everyDayOfMonth) || self == .daysOfWeek(DayRule.everyDayOfWeek)
  }

  /// Whether the words do not name the month themselves.
  fileprivate var isOfWeek: Bool {
    switch self {
    case .daysOfWeek: true
    case .daysOfMonth: isEveryDay
    case .lastDay, .lastWeekday, .weekdayNearest, .lastOfWeekday, .numberedWeekday: false
    }
  }

  fileprivate func plainWords(month: String) -> String {
    if isEveryDay { return "every day" }
    switch self {
    case .daysOfMonth(let days):
      return "on \(counted("day", days.members)) of \(month)"
    case .lastDay:
      return "on the last day of \(month)"
    case .lastWeekday:
      return "on the last weekday of \(month)"
    case .weekdayNearest(let day):
      return "on the weekday nearest day \(day) of \(month)"
    case .daysOfWeek(DayRule.mondayToFriday):
      return "every Monday to Friday"
    case .daysOfWeek(let days):
      return "every \(joined(days.members.map { DayRule.dayNames[$0] }))"
    case .lastOfWeekday(let day):
      return "on the last \(DayRule.dayNames[day]) of \(month)"
    case .numberedWeekday(let day, let number):
      return "on the \(DayRule.numerals[number - 1]) \(DayRule.dayNames[day]) of \(month)"
    }
  }
}

/// The step between members that are evenly spread over all of `size` from 0, if there are at least two.
private func evenStep(_ members: UInt64, size: Int) -> Int? {
  let count = members.nonzeroBitCount
  guard count > 1, size % count == 0 else { return nil }
  let step = size / count
  return members == UInt64(members: Array(stride(from: 0, to: size, by: step))) ? step : nil
}

/// `day 1`, `days 1 and 15`, `days 1 to 7`.
private func counted(_ noun: String, _ numbers: [Int]) -> String {
  guard numbers.count > 1, let first = numbers.first, let last = numbers.last else {
    return "\(noun) \(joined(numbers.map(String.init)))"
  }
  if numbers.count > 2, last - first == numbers.count - 1 { return "\(noun)s \(first) to \(last)" }
  return "\(noun)s \(joined(numbers.map(String.init)))"
}

/// `a`, `a and b`, `a, b and c`.
private func joined(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " and " + last
}

private func clock(_ hour: Int, _ minute: Int) -> String {
  "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
}
