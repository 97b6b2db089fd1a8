import Events
import Schedules
import Testing

/// Holds the search against a walk over every minute, which knows calendars only by counting.
@Suite struct MinuteWalkTests {
  static let zones = [
    "America/New_York", "Europe/London", "Australia/Lord_Howe", "Antarctica/Troll", "America/Havana", "Asia/Seoul",
  ]

  @Test func `the search finds exactly the minutes that a walk finds`() throws {
    let zones = try MinuteWalkTests.zones.map { ($0, try Zones.load($0)) }
    for seed in 1...240 as ClosedRange<UInt64> {
      var dice = SplitMix64(seed: seed)
      let (name, zone) = zones[dice.below(zones.count)]
      let random = RandomCron(&dice)
      let expression = try ScheduleExpression(random.text, dialect: .scheduler)
      let start = try MinuteWalkTests.start(in: zone, &dice)
      let walked = MinuteWalkTests.walk(random, from: start, days: 4, zone: zone)
      let end = start + .days(4)
      let found = expression.instants(after: start, count: walked.count + 1, anchor: start, zone: zone)
        .filter { $0 <= end }
      #expect(found == walked, "seed \(seed): \(random.text) in \(name) after \(start)")
      for _ in 0..<40 {
        let moment = start + .seconds(dice.below(4 * 86_400))
        let last = walked.last { $0 < moment }
        let earlier = expression.previous(before: moment, anchor: start, zone: zone).flatMap { $0 > start ? $0 : nil }
        #expect(earlier == last, "seed \(seed): \(random.text) in \(name) before \(moment)")
        let first = walked.first { $0 > moment }
        let later = expression.next(after: moment, anchor: start, zone: zone).flatMap { $0 <= end ? $0 : nil }
        #expect(later == first, "seed \(seed): \(random.text) in \(name) after \(moment)")
      }
    }
  }

  /// A day or so before a clock change of 2026 or 2027, if the zone has one; else a day in between.
  private static func start(in zone: ZoneRules, _ dice: inout SplitMix64) throws -> Timestamp {
    let first = try #require(Timestamp("2026-01-01T00:00:00Z"))
    let changes = (0..<729).map { first + .days($0) }
      .filter { zone.offset(at: $0).seconds != zone.offset(at: $0 + .days(1)).seconds }
    let day = changes.isEmpty ? first + .days(dice.below(700)) : changes[dice.below(changes.count)] - .days(1)
    return day + .seconds(dice.below(86_400) - 43_200)
  }

  /// Every instant that shows a matching wall time for the first time.
  private static func walk(_ cron: RandomCron, from start: Timestamp, days: Int, zone: ZoneRules) -> [Timestamp] {
    var shown: Set<Int64> = []
    var found: [Timestamp] = []
    let firstMinute = start.seconds / 60 + 1
    let lastMinute = (start + .days(days)).seconds / 60
    for minute in (firstMinute - 240)...lastMinute {
      let instant = Timestamp(seconds: minute * 60)
      let wall = minute * 60 + Int64(zone.offset(at: instant).seconds)
      guard shown.insert(wall).inserted, minute >= firstMinute else { continue }
      if cron.matches(CivilTime(secondsAsUTC: wall)) { found.append(instant) }
    }
    return found
  }
}

/// A random expression, together with what it means said in sets and day counts.
struct RandomCron {
  let text: String
  private let minutes: Set<Int>
  private let hours: Set<Int>
  private let months: Set<Int>
  private let day: (CivilTime) -> Bool

  init(_ dice: inout SplitMix64) {
    let minutes = RandomCron.field(0...59, &dice)
    let hours = RandomCron.field(0...23, &dice)
    let months = dice.below(3) == 0 ? RandomCron.field(1...12, &dice) : (text: "*", values: Set(1...12))
    let days = RandomCron.days(&dice)
    text = "cron(\(minutes.text) \(hours.text) \(days.ofMonth) \(months.text) \(days.ofWeek) *)"
    (self.minutes, self.hours, self.months, day) = (minutes.values, hours.values, months.values, days.test)
  }

  func matches(_ civil: CivilTime) -> Bool {
    minutes.contains(civil.minute) && hours.contains(civil.hour) && months.contains(civil.month) && day(civil)
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
    switch dice.below(6) {
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
  fileprivate mutating func below(_ bound: Int) -> Int {
    Int(next() % UInt64(bound))
  }
}
