/// A question that AWS's documents leave open, and our answer to it.
///
/// Source: SCHEDULES §1, "Where AWS is silent, we decide"; `weekdayBeyondMonth` also §3, traps.
public enum SilentCase: String, Sendable, CaseIterable {
  case lastWeekday, lastMinusDays, weekdayList, lastInList, lastDayOfWeekList, weekdayZero, weekdayBeyondMonth
  case dayOfWeekLastMinus, dayOfWeekStep
  case stepZero, stepBeyondField, backwardYears
  case anyCase, anyWhiteSpace
  case atInGap, atInOverlap, repeatedHour

  /// The answer: what was asked, and whether it is taken.
  public struct Ruling: Sendable, Hashable {
    /// An expression that raises the question.
    public let example: String
    /// Whether such an expression is accepted.
    public let accepted: Bool
    /// What it means, or what would be right instead.
    public let words: String

    static func accept(_ example: String, _ words: String) -> Ruling {
      Ruling(example: example, accepted: true, words: words)
    }

    static func refuse(_ example: String, _ words: String) -> Ruling {
      Ruling(example: example, accepted: false, words: words)
    }
  }

  /// The table itself, one row a case.
  public var ruling: Ruling {
    switch self {
    case .lastWeekday:
      .accept("cron(0 9 LW * ? *)", "the last Monday to Friday of the month")
    case .lastMinusDays:
      .refuse("cron(0 9 L-3 * ? *)", "days before the last are not supported; use L, or a day such as 28")
    case .weekdayList:
      .refuse("cron(0 9 1W,15W * ? *)", "W stands alone in day-of-month; use one rule for each, such as 15W")
    case .lastInList:
      .refuse("cron(0 9 L,15 * ? *)", "L stands alone in its field; use one rule for L and one for the rest")
    case .lastDayOfWeekList:
      .refuse("cron(0 9 ? * 6L,2L *)", "only one last day-of-week may be named, such as 6L")
    case .weekdayZero:
      .refuse("cron(0 9 0W * ? *)", "W follows a day from 1 to 31, such as 15W")
    case .weekdayBeyondMonth:
      .accept("cron(0 9 31W * ? *)", "no fire in a month without that day")
    case .dayOfWeekLastMinus:
      .refuse("cron(0 9 ? * L-2 *)", "days before the last are not supported; name the day, such as FRI")
    case .dayOfWeekStep:
      .refuse("cron(0 9 ? * 2/2 *)", "day-of-week takes no step; list the days, such as MON,WED,FRI")
    case .stepZero:
      .refuse("cron(*/0 9 * * ? *)", "a step is at least 1, such as */5")
    case .stepBeyondField:
      .accept("cron(0/60 9 * * ? *)", "fires at the start value only")
    case .backwardYears:
      .refuse("cron(0 9 * * ? 2030-2026)", "years do not wrap round; put the earlier year first")
    case .anyCase:
      .accept("cron(0 9 ? jan-Mar mon-Fri *)", "names and letters count in any case")
    case .anyWhiteSpace:
      .accept("cron(0  9\t* * ? *)", "fields may stand any white space apart")
    case .atInGap:
      .refuse("at(2026-03-08T02:30:00)", "that time does not exist in the zone; use a time beside the gap")
    case .atInOverlap:
      .accept("at(2026-11-01T01:30:00)", "of a time that comes twice, the first")
    case .repeatedHour:
      .accept("cron(30 * * * ? *)", "a wall time that comes twice fires once, the first time, also under a wildcard")
    }
  }
}
