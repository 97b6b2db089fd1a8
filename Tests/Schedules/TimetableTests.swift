import Events
import Schedules
import Testing

@Suite struct TimetableTests {
  private static let epoch = Timestamp(seconds: 1_767_258_000)  // 2026-01-01T09:00:00Z

  private static func table(_ text: String, end: Timestamp? = nil) throws -> Timetable {
    let expression = try ScheduleExpression(text, dialect: .scheduler)
    return Timetable(expression, zone: .utc, anchor: epoch, epoch: epoch, end: end)
  }

  @Test func `no instant at the epoch or before it, and none after the end, is the schedule's`() throws {
    let (epoch, day) = (TimetableTests.epoch, Span.days(1))
    let end = epoch + day + day
    let daily = try TimetableTests.table("cron(0 9 * * ? *)", end: end)
    #expect(daily.next(after: epoch - day) == epoch + day)
    #expect(daily.instants(after: Timestamp(milliseconds: .min), count: 9) == [epoch + day, end])
    #expect(daily.next(after: end - Span(milliseconds: 1)) == end)
    #expect(daily.next(after: end) == nil)
    #expect(daily.previous(before: end + .days(9)) == end)
    #expect(daily.previous(before: end) == epoch + day)
    #expect(daily.previous(before: epoch + day) == nil)
    let ended = try TimetableTests.table("cron(0 9 * * ? *)", end: end - Span(milliseconds: 1))
    #expect(ended.previous(before: Timestamp(milliseconds: .max)) == epoch + day)
    #expect(ended.next(after: epoch + day) == nil)
  }

  @Test func `a rate keeps to its epoch and end as well`() throws {
    let epoch = TimetableTests.epoch
    let hourly = try TimetableTests.table("rate(1 hour)", end: epoch + .hours(2))
    #expect(hourly.instants(after: epoch - .days(1), count: 9) == [epoch + .hours(1), epoch + .hours(2)])
    #expect(hourly.previous(before: epoch + .days(1)) == epoch + .hours(2))
    #expect(hourly.previous(before: epoch + .hours(1)) == nil)
  }

  @Test func `an at knows no end, but an epoch`() throws {
    let epoch = TimetableTests.epoch
    let later = try TimetableTests.table("at(2026-06-01T09:00:00)", end: epoch)
    let instant = try #require(Timestamp("2026-06-01T09:00:00Z"))
    #expect(later.instants(after: epoch, count: 2) == [instant])
    #expect(later.previous(before: instant + .days(1)) == instant)
    let past = try TimetableTests.table("at(2026-01-01T09:00:00)")
    #expect(past.next(after: epoch - .days(1)) == nil)
    #expect(past.previous(before: epoch + .days(1)) == nil)
  }
}
