import Events
import Schedules
import Testing

/// One row of `Tests/Vectors/schedules-words.json`.
struct WordsVector: Decodable, Sendable, CustomTestStringConvertible {
  let expr: String
  let words: String
  let korean: String
  let remarks: [String]
  let source: String

  var testDescription: String { expr }
}

/// A schedule in a row of a table, as the tables on clocks and markets have it.
protocol TimetableVector: Decodable, Sendable, CustomTestStringConvertible {
  var expr: String { get }
  var dialect: String { get }
  var timezone: String { get }
  var after: String { get }
}

extension TimetableVector {
  var testDescription: String { "\(expr) of \(dialect) in \(timezone)" }

  func moment() throws -> Timestamp { try #require(Timestamp(after)) }

  func timetable(_ changes: ClockChangeRule = .standard) throws -> Timetable {
    let expression = try ScheduleExpression(expr, dialect: try #require(ScheduleDialect(rawValue: dialect)))
    let after = try moment()
    return Timetable(expression, zone: try Zones.load(timezone), changes: changes, anchor: after, epoch: after)
  }
}

/// One row of `Tests/Vectors/schedules-zone-words.json`.
struct ZoneWordsVector: TimetableVector {
  let expr, dialect, timezone, after: String
  let zones: [String]
  let english, korean, source: String
}

/// One row of `Tests/Vectors/schedules-clock-previews.json`.
struct PreviewVector: TimetableVector {
  struct Change: Decodable, Sendable, Equatable {
    let instant, zone: String
    let english, korean: [String]
  }

  let expr, dialect, timezone, after, gap, fold: String
  let zones: [String]
  let count: Int
  let changes: [Change]
  let source: String
}

/// One row of `Tests/Vectors/schedules-market-traps.json`.
struct TrapVector: TimetableVector {
  struct Trap: Decodable, Sendable, Equatable {
    let market: String
    let minutes: [Int]
    let english, korean: String
  }

  let expr, dialect, timezone, after: String
  let traps: [Trap]
  let source: String
}

@Suite struct PlainWordsTests {
  @Test(arguments: try Vectors.load("schedules-words", as: [WordsVector].self))
  func `an expression is said in plain words, and a linter's remarks follow`(_ vector: WordsVector) throws {
    let expression = try ScheduleExpression(vector.expr, dialect: .scheduler)
    #expect(expression.plainWords == vector.words)
    #expect(expression.plainWords(in: .english) == vector.words)
    #expect(expression.plainWords(in: .korean) == vector.korean)
    #expect(expression.remarks == vector.remarks)
  }

  @Test(arguments: try Vectors.load("schedules-zone-words", as: [ZoneWordsVector].self))
  func `times of day are said on every clock asked for`(_ vector: ZoneWordsVector) throws {
    let zones = try vector.zones.map { try Zones.load($0) }
    let table = try vector.timetable()
    #expect(table.plainWords(in: .english, zones: zones, after: try vector.moment()) == vector.english)
    #expect(table.plainWords(in: .korean, zones: zones, after: try vector.moment()) == vector.korean)
  }

  @Test(arguments: try Vectors.load("schedules-clock-previews", as: [PreviewVector].self))
  func `a preview names the clock changes ahead and what they do`(_ vector: PreviewVector) throws {
    let changes = ClockChangeRule(
      gap: try #require(ClockChangeRule.Gap(rawValue: vector.gap)),
      fold: try #require(ClockChangeRule.Fold(rawValue: vector.fold)))
    let zones = try vector.zones.map { try Zones.load($0) }
    let found = try vector.timetable(changes)
      .clockChanges(after: try vector.moment(), count: vector.count, shownIn: zones)
    let told = found.map { preview in
      PreviewVector.Change(
        instant: preview.change.instant.description, zone: preview.change.zone,
        english: preview.words(in: .english), korean: preview.words(in: .korean))
    }
    #expect(told == vector.changes)
  }

  @Test func `no change is told after the schedule's end, and none in a zone without any`() throws {
    let start = try #require(Timestamp("2026-01-15T00:00:00Z"))
    let expression = try ScheduleExpression("cron(30 2 * * ? *)", dialect: .scheduler)
    let zone = try Zones.load("America/New_York")
    let ending = Timetable(expression, zone: zone, anchor: start, epoch: start, end: start + .days(90))
    #expect(ending.clockChanges(after: start, count: 9).count == 1)
    let seoul = Timetable(expression, zone: try Zones.load("Asia/Seoul"), anchor: start, epoch: start)
    #expect(seoul.clockChanges(after: start, count: 9).isEmpty)
    #expect(zone.nextChange(after: start)?.isForward == true)
    #expect(zone.nextChange(after: try #require(Timestamp("2202-06-01T00:00:00Z"))) == nil)
  }

  @Test(arguments: try Vectors.load("schedules-market-traps", as: [TrapVector].self))
  func `a fire that is after the close in half of the year is a trap`(_ vector: TrapVector) throws {
    let table = try vector.timetable()
    let found = try Market.known.flatMap { market in
      table.traps(of: market, in: try Zones.load(market.zoneName), after: try vector.moment())
    }
    let told = found.map { trap in
      TrapVector.Trap(
        market: trap.market.name, minutes: [trap.first.minutesAfterClose, trap.second.minutesAfterClose],
        english: trap.words(in: .english), korean: trap.words(in: .korean))
    }
    #expect(told == vector.traps)
  }
}
