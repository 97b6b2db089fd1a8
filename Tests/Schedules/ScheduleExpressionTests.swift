import Events
import Schedules
import Testing

@Suite struct ScheduleExpressionTests {
  @Test(arguments: try Vectors.load("schedules", as: [ScheduleVector].self))
  func `every row is taken or refused as it says, and fires when it says`(_ vector: ScheduleVector) throws {
    guard vector.valid else {
      let error = #expect(throws: ScheduleError.self) { try vector.expression() }
      #expect(error?.message == vector.message)
      #expect(error?.reason.isEmpty == false)
      return
    }
    let expression = try vector.expression()
    let zone = try Zones.load(vector.timezone)
    let after = try #require(Timestamp(vector.after))
    let anchor = try vector.anchorInstant()
    let found = expression.instants(after: after, count: vector.count, anchor: anchor, zone: zone)
    #expect(found.map(\.description) == vector.next)
  }

  @Test(arguments: try Vectors.load("schedules", as: [ScheduleVector].self).filter { $0.next.count > 1 })
  func `going back finds the same instants`(_ vector: ScheduleVector) throws {
    let expression = try vector.expression()
    let zone = try Zones.load(vector.timezone)
    let anchor = try vector.anchorInstant()
    let instants = try vector.next.map { try #require(Timestamp($0)) }
    for (earlier, later) in zip(instants, instants.dropFirst()) {
      #expect(expression.previous(before: later, anchor: anchor, zone: zone) == earlier)
      let nearly = Timestamp(milliseconds: earlier.milliseconds + 1)
      #expect(expression.previous(before: nearly, anchor: anchor, zone: zone) == earlier)
    }
  }

  @Test func `a rate has no instant before its first`() throws {
    let anchor = try #require(Timestamp("2026-01-15T10:00:00Z"))
    let rule = try ScheduleExpression("rate(1 hour)", dialect: .rules)
    #expect(rule.previous(before: anchor + .hours(1), anchor: anchor, zone: .utc) == nil)
    #expect(rule.previous(before: anchor + .minutes(61), anchor: anchor, zone: .utc) == anchor + .hours(1))
    #expect(rule.next(after: anchor - .days(9), anchor: anchor, zone: .utc) == anchor + .hours(1))
    let schedule = try ScheduleExpression("rate(1 hour)", dialect: .scheduler)
    #expect(schedule.previous(before: anchor + .hours(1), anchor: anchor, zone: .utc) == anchor)
    #expect(schedule.previous(before: anchor, anchor: anchor, zone: .utc) == nil)
    #expect(schedule.next(after: anchor - .days(9), anchor: anchor, zone: .utc) == anchor)
  }

  @Test func `the largest numbers are bounded, not wrapped`() throws {
    let forever = try ScheduleExpression("rate(2147483647 days)", dialect: .rules)
    #expect(forever.next(after: .epoch, anchor: .epoch, zone: .utc) == nil)
    let minutely = try ScheduleExpression("cron(* * * * ? *)", dialect: .rules)
    for edge in [Int64.min, Int64.max] {
      let instant = Timestamp(milliseconds: edge)
      _ = minutely.next(after: instant, anchor: .epoch, zone: .utc)
      _ = minutely.previous(before: instant, anchor: .epoch, zone: .utc)
    }
    #expect(minutely.next(after: Timestamp(milliseconds: .min), anchor: .epoch, zone: .utc) == .epoch)
    for text in ["rate(2147483648 days)", "rate(99999999999999999999 days)", "cron(99999999999999999999 * * * ? *)"] {
      for dialect in ScheduleDialect.allCases {
        #expect(throws: ScheduleError.self) { try ScheduleExpression(text, dialect: dialect) }
      }
    }
  }

  @Test func `milliseconds do not blur strictly after and strictly before`() throws {
    let nine = try #require(Timestamp("2026-01-15T09:00:00Z"))
    let daily = try ScheduleExpression("cron(0 9 * * ? *)", dialect: .rules)
    let nearly = Timestamp(milliseconds: nine.milliseconds - 1)
    #expect(daily.next(after: nearly, anchor: nine, zone: .utc) == nine)
    #expect(daily.next(after: nine, anchor: nine, zone: .utc) == nine + .days(1))
    #expect(daily.previous(before: nine, anchor: nine, zone: .utc) == nine - .days(1))
    #expect(daily.previous(before: nearly, anchor: nine, zone: .utc) == nine - .days(1))
  }

  @Test func `a refusal says which field is wrong and what would be right`() {
    let wanted = [
      "cron(71 8 1 * ? *)": "minutes has 71; minutes is 0-59",
      "cron(0 9 ? * NOT *)": "day-of-week has NOT; day-of-week is 1-7 or SUN-SAT",
      "cron(0 1 * * * *)": "day-of-month and day-of-week are both given; one of them must be ?",
      "cron(0 9 * * ?)":
        "cron takes six fields (minutes hours day-of-month month day-of-week year); 5 found",
      "cron(0 9 0W * ? *)": "day-of-month 0W: W follows a day from 1 to 31, such as 15W",
      "rate(5 minute)": "rate(5 minute): write 5 minutes",
      "at(2026-01-01T00:00:00)": "at(…) is EventBridge Scheduler's; a rule takes cron(…) or rate(…)",
    ]
    for (text, reason) in wanted {
      let error = #expect(throws: ScheduleError.self) { try ScheduleExpression(text, dialect: .rules) }
      #expect(error?.reason == reason)
    }
  }

  @Test func `a refusal of an at in a gap names the times on both sides`() throws {
    let lost = try ScheduleExpression("at(2026-03-08T02:30:00)", dialect: .scheduler)
    let zone = try Zones.following("EST5EDT,M3.2.0,M11.1.0")
    let error = #expect(throws: ScheduleError.self) { try lost.validate(in: zone) }
    #expect(error?.message == "Invalid Schedule Expression at(2026-03-08T02:30:00).")
    #expect(error?.reason.hasSuffix("at(2026-03-08T01:59:59) or at(2026-03-08T03:00:00)") == true)
    #expect(lost.next(after: .epoch, anchor: .epoch, zone: zone) == nil)
  }
}

@Suite struct SilentCaseTests {
  @Test(arguments: SilentCase.allCases)
  func `every ruling is what the reader does`(_ silent: SilentCase) throws {
    let ruling = silent.ruling
    let zone = try Zones.following("EST5EDT,M3.2.0,M11.1.0")
    func read() throws -> ScheduleExpression {
      let expression = try ScheduleExpression(ruling.example, dialect: .scheduler)
      try expression.validate(in: zone)
      return expression
    }
    guard ruling.accepted else {
      let error = #expect(throws: ScheduleError.self) { try read() }
      #expect(error?.reason.contains(ruling.words) == true)
      return
    }
    #expect(try read().next(after: .epoch, anchor: .epoch, zone: zone) != nil)
  }
}
