import Events
import Rules
import Schedules
import Testing

@testable import Engine

/// What is held of schedules between their slots.
@Suite struct AgendaTests {
  private static let start = Timestamp(seconds: 1_757_455_200)

  private static func stored(_ id: Int64, _ expression: String) throws -> StoredClock {
    StoredClock(
      id: id,
      clock: ScheduleClock(
        expression: try ScheduleExpression(expression, dialect: .scheduler), timezone: "UTC", changes: .standard,
        since: start, start: nil, end: nil), isEnabled: true, misfire: .standard)
  }

  @Test func `of schedules that are gone nothing is held, and those that come after fire at their own instants`() throws
  {
    var agenda = Agenda(at: Self.start, zones: UniversalTimeOnly())
    try agenda.put(try Self.stored(1, "cron(0 3 * * ? *)"), cursor: nil)
    for number in 0..<500 {
      let moment = Self.start + .minutes(number + 1)
      try agenda.put(try Self.stored(2, "at(\(CivilTime(moment).text))"), cursor: nil)
      #expect(agenda.nextInstant(ofSchedule: 2) == moment)
      if number.isMultiple(of: 2) { agenda.remove(schedule: 2) }
    }
    #expect(agenda.clockworkCount <= 3)
    #expect(agenda.nextInstant(ofSchedule: 1) == Self.start + .hours(5))
  }

  @Test func `a policy that changes under a kept time lets the old one go`() throws {
    var agenda = Agenda(at: Self.start, zones: UniversalTimeOnly())
    for seconds in 1...100 {
      let stored = try Self.stored(1, "rate(1 hour)")
      let policy = MisfirePolicy(kind: .all, window: .seconds(seconds))
      try agenda.put(
        StoredClock(id: 1, clock: stored.clock, isEnabled: true, misfire: policy), cursor: nil)
    }
    #expect(agenda.clockworkCount <= 2)
    let due = agenda.take(upTo: Self.start, max: 10)
    #expect(due.map(\.misfire.window) == [.seconds(100)])
  }
}
