import ArgumentParser
import Events
import Schedules
import Telemetry

extension Decision: ExpressibleByArgument {}

extension ScheduleDialect: ExpressibleByArgument {}

extension ClockChangeRule.Gap: ExpressibleByArgument {}

extension ClockChangeRule.Fold: ExpressibleByArgument {}

extension WordsLanguage: ExpressibleByArgument {}

extension Timestamp: ExpressibleByArgument {
  /// ISO 8601 with a zone, or a date, which is its midnight in UTC.
  public init?(argument: String) {
    if argument.utf8.count == 10, let civil = CivilTime(argument) {
      self = civil.asUTC
    } else {
      self.init(argument)
    }
  }
}

extension Span: ExpressibleByArgument {
  /// A number of seconds, minutes, hours or days: `90s`, `30m`, `2h`, `1d`; a year at most.
  public init?(argument: String) {
    guard let unit = argument.last, let count = Int(argument.dropLast()), (1...31_536_000).contains(count) else {
      return nil
    }
    let span: Span
    switch unit {
    case "s": span = .seconds(count)
    case "m": span = .minutes(count)
    case "h": span = .hours(count)
    case "d": span = .days(count)
    default: return nil
    }
    guard span <= .days(366) else { return nil }
    self = span
  }
}
