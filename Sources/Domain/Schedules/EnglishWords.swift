import Events

/// Schedules in English.
struct EnglishWords: ScheduleWords {
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
  private static let numerals = ["first", "second", "third", "fourth", "fifth"]

  func sentence(_ phrase: CronPhrase, clocks: ClockWords?) -> String {
    let year = phrase.years.map(years) ?? ""
    if phrase.isEveryDay, phrase.isAllDay, phrase.months == nil { return time(phrase.time, clocks) + year }
    let months = phrase.months.map(months)
    let day = day(phrase, of: months ?? "the month")
    let inMonth = isMonthOpen(phrase) ? months.map { " in \($0)" } ?? "" : ""
    let time = time(phrase.time, clocks)
    return (time.hasPrefix("every") ? "\(time), \(day)\(inMonth)" : "\(day)\(inMonth) \(time)") + year
  }

  func every(_ count: Int, _ unit: Rate.Unit) -> String {
    count == 1 ? "every \(unit.rawValue)" : "every \(count) \(unit.rawValue)s"
  }

  func once(_ civil: CivilTime, moments: [String]) -> String {
    moments.isEmpty ? "once, on \(civil.dateText) at \(civil.timeText)" : "once, on \(moments.joined(separator: ", "))"
  }

  func list(_ items: [String]) -> String {
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    return items.dropLast().joined(separator: ", ") + " and " + last
  }

  func other(day: Int, _ text: String) -> String { "\(text) the \(day > 0 ? "next day" : "day before")" }

  func stretch(from: String, to: String) -> String { "from \(from) to \(to)" }

  private func time(_ time: CronPhrase.Time, _ clocks: ClockWords?) -> String {
    switch time {
    case .clocks(let times):
      "at \(clocks?.text ?? list(times.map(\.text)))"
    case .pace(let pace):
      every(pace)
    case .hourly(let minutes):
      "every hour at \(counted("minute", minutes))"
    case .stretch(let pace, let from, let to):
      "\(every(pace)) \(clocks?.text ?? stretch(from: from.text, to: to.text))"
    case .hours(let step, let minute):
      "every \(step) hours" + (minute == 0 ? "" : " at minute \(minute)")
    case .paceOfHours(let pace, let hours):
      "\(every(pace)) of \(counted("hour", hours))"
    case .minutesOfHours(let minutes, let hours):
      "at \(counted("minute", minutes)) of \(counted("hour", hours))"
    }
  }

  private func every(_ pace: CronPhrase.Pace) -> String {
    switch pace {
    case .minutes(let count): every(count, .minute)
    case .hour: every(1, .hour)
    }
  }

  /// Whether the words for the day leave the month unsaid.
  private func isMonthOpen(_ phrase: CronPhrase) -> Bool {
    switch phrase.days {
    case .daysOfWeek: true
    case .daysOfMonth: phrase.isEveryDay
    case .lastDay, .lastWeekday, .weekdayNearest, .lastOfWeekday, .numberedWeekday: false
    }
  }

  private func day(_ phrase: CronPhrase, of month: String) -> String {
    if phrase.isEveryDay { return "every day" }
    switch phrase.days {
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
      return "every \(list(days.members.map { EnglishWords.weekdays[$0] }))"
    case .lastOfWeekday(let day):
      return "on the last \(EnglishWords.weekdays[day]) of \(month)"
    case .numberedWeekday(let day, let number):
      return "on the \(EnglishWords.numerals[number - 1]) \(EnglishWords.weekdays[day]) of \(month)"
    }
  }

  private func months(_ months: [Int]) -> String { list(months.map { EnglishWords.months[$0 - 1] }) }

  private func years(_ years: CronPhrase.Years) -> String {
    switch years {
    case .listed(let named): " in \(list(named.map(String.init)))"
    case .stretch(let first, let last, let step):
      (step == 1 ? "" : ", every \(step) years") + " from \(first) to \(last)"
    }
  }

  /// `day 1`, `days 1 and 15`, `days 1 to 7`.
  private func counted(_ noun: String, _ numbers: [Int]) -> String {
    guard numbers.count > 1, let first = numbers.first, let last = numbers.last else {
      return "\(noun) \(list(numbers.map(String.init)))"
    }
    if numbers.count > 2, last - first == numbers.count - 1 { return "\(noun)s \(first) to \(last)" }
    return "\(noun)s \(list(numbers.map(String.init)))"
  }

  func effect(_ effect: ClockChangePreview.Effect) -> String {
    switch effect {
    case .skipped(let wall): "\(wall.minuteText) does not exist: skipped"
    case .shifted(let wall, let to): "\(wall.minuteText) does not exist: fires at \(to.clockText)"
    case .comesTwice(let wall, .first): "\(wall.minuteText) comes twice: fires the first time"
    case .comesTwice(let wall, .second): "\(wall.minuteText) comes twice: fires the second time"
    case .comesTwice(let wall, .both): "\(wall.minuteText) comes twice: fires both times"
    case .moves(let time, let from, let to): "\(time) moves from \(from) to \(to)"
    case .more(let count): "and \(count) more"
    case .unaffected: "no fire changes"
    }
  }

  func trap(_ trap: MarketTrap) -> String {
    let (first, second) = (trap.first, trap.second)
    return "\(trap.fire) is \(first.text) in \(trap.market.name) \(season(first.season)),"
      + " \(distance(first.minutesAfterClose)), and \(second.text) \(season(second.season)),"
      + " \(distance(second.minutesAfterClose))"
  }

  private func season(_ season: MarketTrap.Season) -> String {
    switch season {
    case .summer: "in summer"
    case .winter: "in winter"
    case .mostOfTheYear: "most of the year"
    case .betweenTheChanges: "between the clock changes of both places"
    }
  }

  private func distance(_ minutes: Int) -> String {
    guard minutes != 0 else { return "at the close" }
    let (hours, rest) = (abs(minutes) / 60, abs(minutes) % 60)
    let parts = [
      hours == 0 ? nil : hours == 1 ? "an hour" : "\(hours) hours",
      rest == 0 ? nil : rest == 1 ? "a minute" : "\(rest) minutes",
    ]
    return list(parts.compactMap { $0 }) + (minutes < 0 ? " BEFORE the close" : " after the close")
  }
}
