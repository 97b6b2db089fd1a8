import Events

/// A random expression, together with what it means said in sets and day counts.
struct RandomCron {
  let text: String
  private let minutes: Set<Int>
  private let hours: Set<Int>
  private let months: Set<Int>
  private let years: Set<Int>?
  private let day: (CivilTime) -> Bool

  /// - Parameter isNightly: in the hours in which clocks are changed.
  init(_ dice: inout SplitMix64, isNightly: Bool = false) {
    let minutes = RandomCron.field(0...59, &dice)
    let hours = isNightly ? RandomCron.nightHours(&dice) : RandomCron.field(0...23, &dice)
    let months = dice.below(3) == 0 ? RandomCron.field(1...12, &dice) : (text: "*", values: Set(1...12))
    let days = dice.below(3) == 0 ? RandomCron.everyDay : RandomCron.days(&dice)
    let monthText = dice.below(2) == 0 ? months.text : RandomCron.named(months.text)
    let parity = dice.below(8)
    let years = parity < 2 ? " \(1970 + parity)/2" : " *"
    text = "cron(\(minutes.text) \(hours.text) \(days.ofMonth) \(monthText) \(days.ofWeek)\(years))"
    (self.minutes, self.hours, self.months, day) = (minutes.values, hours.values, months.values, days.test)
    self.years = parity < 2 ? Set(stride(from: 1970 + parity, through: 2199, by: 2)) : nil
  }

  func matches(_ civil: CivilTime) -> Bool {
    minutes.contains(civil.minute) && hours.contains(civil.hour) && months.contains(civil.month)
      && (years?.contains(civil.year) ?? (1970...2199).contains(civil.year)) && day(civil)
  }

  private static var everyDay: (ofMonth: String, ofWeek: String, test: (CivilTime) -> Bool) {
    ("*", "?", { _ in true })
  }

  private static func nightHours(_ dice: inout SplitMix64) -> (text: String, values: Set<Int>) {
    let first = dice.below(4)
    switch dice.below(3) {
    case 0: return ("\(first)", [first])
    case 1: return ("\(first)-\(first + 1)", [first, first + 1])
    default: return ("23-\(first)", Set([23] + Array(0...first)))
    }
  }

  /// Months by name where they stand alone or in a range.
  private static func named(_ text: String) -> String {
    guard !text.contains("/"), text != "*" else { return text }
    let names = ["JAN", "FEB", "mar", "APR", "MAY", "JUN", "Jul", "AUG", "SEP", "OCT", "NOV", "DEC"]
    var parts: [String] = []
    for item in text.split(separator: ",") {
      parts.append(item.split(separator: "-").compactMap { Int($0) }.map { names[$0 - 1] }.joined(separator: "-"))
    }
    return parts.joined(separator: ",")
  }

  private static func field(_ range: ClosedRange<Int>, _ dice: inout SplitMix64) -> (text: String, values: Set<Int>) {
    let values = Array(range)
    let start = dice.below(values.count)
    let step = 1 + dice.below(values.count / 2)
    switch dice.below(5) {
    case 0:
      return ("*", Set(values))
    case 1:
      return ("*/\(step)", Set(values.filter { ($0 - range.lowerBound) % step == 0 }))
    case 2:
      let other = dice.below(values.count)
      return ("\(values[start]),\(values[other])", [values[start], values[other]])
    case 3:
      let length = dice.below(values.count)
      let turned = (0...length).map { values[(start + $0) % values.count] }
      return ("\(values[start])-\(values[(start + length) % values.count])", Set(turned))
    default:
      return ("\(values[start])/\(step)", Set(stride(from: values[start], through: range.upperBound, by: step)))
    }
  }

  private static func days(
    _ dice: inout SplitMix64
  ) -> (ofMonth: String, ofWeek: String, test: (CivilTime) -> Bool) {
    let weekday = 1 + dice.below(7)
    switch dice.below(7) {
    case 6:
      return ("LW", "?", { day in RandomCron.lastWeekday(of: day) == day.day })
    case 0:
      let number = 1 + dice.below(31)
      return ("\(number)W", "?", { day in RandomCron.nearestWeekday(to: number, in: day) == day.day })
    case 1:
      return ("L", "?", { day in day.day == CivilTime.daysIn(month: day.month, year: day.year) })
    case 2:
      let number = 1 + dice.below(5)
      return ("?", "\(weekday)#\(number)", { day in day.dayOfWeek == weekday && (day.day + 6) / 7 == number })
    case 3:
      let days = RandomCron.field(1...7, &dice)
      if days.text.contains("/") { return ("*", "?", { _ in true }) }
      return ("?", days.text == "*" ? "1-7" : days.text, { day in days.values.contains(day.dayOfWeek) })
    case 4:
      let days = RandomCron.field(1...31, &dice)
      return (days.text, "?", { day in days.values.contains(day.day) })
    default:
      let test: (CivilTime) -> Bool = { day in
        day.dayOfWeek == weekday && day.day + 7 > CivilTime.daysIn(month: day.month, year: day.year)
      }
      return ("?", "\(weekday)L", test)
    }
  }

  private static func lastWeekday(of day: CivilTime) -> Int? {
    (1...CivilTime.daysIn(month: day.month, year: day.year)).last { other in
      CivilTime(year: day.year, month: day.month, day: other).map { (2...6).contains($0.dayOfWeek) } ?? false
    }
  }

  /// Of the Mondays to Fridays of that month, the one with the fewest days between.
  private static func nearestWeekday(to number: Int, in day: CivilTime) -> Int? {
    let length = CivilTime.daysIn(month: day.month, year: day.year)
    guard number <= length else { return nil }
    return (1...length)
      .filter { other in
        CivilTime(year: day.year, month: day.month, day: other).map { (2...6).contains($0.dayOfWeek) } ?? false
      }
      .min { abs($0 - number) < abs($1 - number) }
  }
}

extension SplitMix64 {
  /// Even enough for tests.
  mutating func below(_ bound: Int) -> Int {
    Int(next() % UInt64(bound))
  }
}
