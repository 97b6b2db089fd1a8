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
