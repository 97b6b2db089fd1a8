import Events
import Foundation
import Schedules
import Testing

/// Holds timetables against `FireOracle`, in every zone of the machine, around its clock changes.
@Suite struct ClockChangeTests {
  static let rules = ClockChangeRule.Gap.allCases.flatMap { gap in
    ClockChangeRule.Fold.allCases.map { ClockChangeRule(gap: gap, fold: $0) }
  }
  /// Zones whose clocks do what others' do not; every third case is in one of them.
  static let strange = [
    "Australia/Lord_Howe", "Pacific/Apia", "Antarctica/Troll", "Africa/Casablanca", "America/Asuncion", "Africa/Cairo",
    "America/Santiago", "Antarctica/Casey", "Antarctica/Vostok", "Europe/Dublin", "Africa/Monrovia", "Asia/Gaza",
    "Pacific/Kwajalein", "America/New_York", "America/Nuuk", "Asia/Tehran", "America/Havana", "America/Scoresbysund",
  ]

  /// How many; `BELLCRANK_SCHEDULE_CASES` asks for more, `BELLCRANK_SCHEDULE_SEED` for others.
  private static func number(_ name: String, standard: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
  }

  @Test(arguments: try Vectors.load("schedules-clock-changes", as: [ClockChangeVector].self))
  func `every row fires when it says, asked forward and backward`(_ vector: ClockChangeVector) throws {
    let table = try vector.timetable()
    let (after, until) = (try #require(Timestamp(vector.after)), try #require(Timestamp(vector.until)))
    let found = table.instants(after: after, count: vector.fires.count + 1).filter { $0 < until }
    #expect(found.map(\.description) == vector.fires)
    var back: [Timestamp] = []
    var last = until
    while let earlier = table.previous(before: last), earlier > after {
      back.append(earlier)
      last = earlier
    }
    #expect(back.reversed().map(\.description) == vector.fires)
  }

  @Test func `a timetable fires exactly when the letter of its rule says, in every zone and over every change`() throws
  {
    let count = ClockChangeTests.number("BELLCRANK_SCHEDULE_CASES", standard: 30)
    let first = ClockChangeTests.number("BELLCRANK_SCHEDULE_SEED", standard: 1)
    let names = try ZoneNames.all()
    #expect(names.count > 300)
    for seed in first..<(first + count) {
      var dice = SplitMix64(seed: UInt64(seed))
      let from = seed % 3 == 0 ? ClockChangeTests.strange : names
      let name = from[dice.below(from.count)]
      let zone = try Zones.load(name)
      let start = try ClockChangeTests.start(in: zone, &dice)
      let oracle = FireOracle(from: start, to: start + .days(3), in: zone)
      for _ in 0..<3 {
        let random = RandomCron(&dice, isNightly: dice.below(2) == 0)
        for changes in ClockChangeTests.rules {
          try ClockChangeTests.compare(random, changes, oracle, from: start, in: zone, &dice, "seed \(seed), \(name)")
        }
      }
    }
  }

  private static func compare(
    _ random: RandomCron, _ changes: ClockChangeRule, _ oracle: FireOracle, from start: Timestamp, in zone: ZoneRules,
    _ dice: inout SplitMix64, _ label: String
  ) throws {
    let label = "\(label), gap \(changes.gap.rawValue), fold \(changes.fold.rawValue): \(random.text)"
    let expression = try ScheduleExpression(random.text, dialect: .scheduler)
    let far = Timestamp(milliseconds: .min)
    let table = Timetable(expression, zone: zone, changes: changes, anchor: start, epoch: far)
    let end = start + .days(3)
    let all = oracle.fires(changes, matching: random.matches)
    let wanted = all.filter { $0 > start && $0 <= end }
    #expect(
      table.instants(after: start, count: wanted.count + 1).filter { $0 <= end } == wanted, "\(label) after \(start)")
    for _ in 0..<12 {
      let moment = start + Span(milliseconds: Int64(dice.below(3 * 86_400_000)) / 250 * 250)
      let earlier = table.previous(before: moment).flatMap { $0 > start ? $0 : nil }
      #expect(earlier == wanted.last { $0 < moment }, "\(label) before \(moment)")
      let later = table.next(after: moment).flatMap { $0 <= end ? $0 : nil }
      #expect(later == wanted.first { $0 > moment }, "\(label) after \(moment)")
    }
    for instant in wanted.suffix(3) {
      #expect(table.previous(before: instant + Span(milliseconds: 1)) == instant, "\(label) before \(instant)")
      #expect(table.next(after: instant - Span(milliseconds: 1)) == instant, "\(label) after \(instant)")
    }
  }

  @Test func `an at fires when the letter of its rule says`() throws {
    let count = ClockChangeTests.number("BELLCRANK_SCHEDULE_CASES", standard: 30)
    for seed in 1...count {
      var dice = SplitMix64(seed: UInt64(seed))
      let name = ClockChangeTests.strange[dice.below(ClockChangeTests.strange.count)]
      let zone = try Zones.load(name)
      let start = try ClockChangeTests.start(in: zone, &dice)
      let oracle = FireOracle(from: start, to: start + .days(3), in: zone)
      for _ in 0..<40 {
        let wall = start.seconds / 60 * 60 + Int64(dice.below(3 * 1_440) * 60)
        let civil = CivilTime(secondsAsUTC: wall)
        let expression = try ScheduleExpression("at(\(civil.text))", dialect: .scheduler)
        for changes in ClockChangeTests.rules {
          let table = Timetable(
            expression, zone: zone, changes: changes, anchor: start, epoch: .init(milliseconds: .min), end: .epoch)
          let wanted = oracle.fires(at: wall, changes)
          #expect(
            table.instants(after: .epoch - .days(9), count: 3) == wanted, "seed \(seed): \(civil.text) in \(name)")
          var last = Timestamp(milliseconds: .max)
          for instant in wanted.reversed() {
            let found = table.previous(before: last)
            #expect(found == instant, "seed \(seed): \(civil.text) in \(name)")
            last = instant
          }
          #expect(table.previous(before: last) == nil || wanted.isEmpty)
          let isRefused = wanted.isEmpty
          do throws(ScheduleError) {
            try expression.validate(in: zone, changes: changes)
            #expect(!isRefused)
          } catch {
            #expect(isRefused)
          }
        }
      }
    }
  }

  /// Up to two days before a clock change of some year, if the zone has one then; else any day of it.
  private static func start(in zone: ZoneRules, _ dice: inout SplitMix64) throws -> Timestamp {
    let year = dice.below(3) == 0 ? 1_970 + dice.below(230) : 1_971 + dice.below(70)
    let first = try #require(CivilTime(year: year, month: 1, day: 1)).asUTC
    let changes = (0..<364).map { first + .days($0) }
      .filter { zone.offset(at: $0).seconds != zone.offset(at: $0 + .days(1)).seconds }
    let day = changes.isEmpty ? first + .days(dice.below(360)) : changes[dice.below(changes.count)] - .days(1)
    return day + .seconds(dice.below(2 * 86_400) - 86_400)
  }

  @Test func `every day and every month of 1970 to 2199 is where the calendar has it`() throws {
    let most = try ScheduleExpression("cron(0 0 1-30 * ? *)", dialect: .rules)
    let last = try ScheduleExpression("cron(0 0 ? * 6L *)", dialect: .rules)
    var (days, fridays): ([Timestamp], [Timestamp]) = ([], [])
    var moment = Timestamp.epoch
    while moment < Timestamp(seconds: 7_258_118_400) {
      let civil = CivilTime(moment)
      if civil.day <= 30 { days.append(moment) }
      if civil.dayOfWeek == 6, civil.day + 7 > CivilTime.daysIn(month: civil.month, year: civil.year) {
        fridays.append(moment)
      }
      moment = moment + .days(1)
    }
    for (expression, wanted) in [(most, days), (last, fridays)] {
      let table = Timetable(expression, zone: .utc, anchor: .epoch, epoch: .epoch - .days(1))
      #expect(table.instants(after: .epoch - .days(1), count: wanted.count + 1) == wanted)
      var earlier: [Timestamp] = []
      while let found = table.previous(before: earlier.last ?? Timestamp(milliseconds: .max)) { earlier.append(found) }
      #expect(earlier.reversed() == wanted)
    }
  }
}
