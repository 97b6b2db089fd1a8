import Events
import Schedules

/// How times and lengths of time are written on a page: UTC and one zone's wall clock.
struct WallTexts: Sendable {
  let zone: ZoneRules

  /// `2025-09-09 22:00 UTC`
  func utc(_ moment: Timestamp) -> String {
    let civil = CivilTime(moment)
    return "\(minutes(civil))\(seconds(civil)) UTC"
  }

  /// `2025-09-10 07:00 KST`
  func local(_ moment: Timestamp) -> String {
    let offset = zone.offset(at: moment)
    let civil = CivilTime(secondsAsUTC: moment.seconds + Int64(offset.seconds))
    return "\(minutes(civil))\(seconds(civil)) \(offset.abbreviation)"
  }

  /// When the zone's wall clock is set forward or back next, within a year or so, and how its offset changes in seconds; nil
  /// if it is not.
  func nextChange(after moment: Timestamp) -> (at: Timestamp, by: Int)? {
    let before = zone.offset(at: moment).seconds
    guard let day = (1...400).first(where: { zone.offset(at: moment + .days($0)).seconds != before }) else {
      return nil
    }
    var (low, high) = (moment + .days(day - 1), moment + .days(day))
    while high - low > .seconds(1) {
      let middle = low + Span(milliseconds: (high - low).milliseconds / 2)
      if zone.offset(at: middle).seconds == before { low = middle } else { high = middle }
    }
    return (high.wholeSecond, zone.offset(at: high).seconds - before)
  }

  /// `07:00`, as axes have it.
  func hour(_ moment: Timestamp) -> String {
    let civil = CivilTime(secondsAsUTC: moment.seconds + Int64(zone.offset(at: moment).seconds))
    return String(civil.timeText.prefix(5))
  }

  /// `09-10`, as axes have it.
  func day(_ moment: Timestamp) -> String {
    let civil = CivilTime(secondsAsUTC: moment.seconds + Int64(zone.offset(at: moment).seconds))
    return String(civil.dateText.dropFirst(5))
  }

  private func minutes(_ civil: CivilTime) -> String {
    "\(civil.dateText) \(civil.timeText.prefix(5))"
  }

  /// Seconds only where there are any: slots fall on whole minutes and read better without.
  private func seconds(_ civil: CivilTime) -> String {
    civil.second == 0 ? "" : String(civil.timeText.suffix(3))
  }

  /// `in 7 h 14 min`, `3 min ago`, `now`.
  func relative(_ moment: Timestamp, to now: Timestamp, _ t: Words) -> String {
    let span = moment - now
    if abs(span.milliseconds) < 1_000 { return t("now") }
    let words = WallTexts.length(Span(milliseconds: abs(span.milliseconds)), t)
    return span.milliseconds > 0 ? t("in %1", words) : t("%1 ago", words)
  }

  /// The two largest units of a length: `2 d 4 h`, `7 h 14 min`, `3 min`, `12 s`, `1.4 s`, `38 ms`; rounded down.
  static func length(_ span: Span, _ t: Words) -> String {
    let milliseconds = span.milliseconds
    if milliseconds < 1_000 { return "\(milliseconds) ms" }
    let seconds = milliseconds / 1_000
    switch seconds {
    case ..<10:
      let tenths = milliseconds % 1_000 / 100
      return t.amount(tenths == 0 ? "\(seconds)" : "\(seconds).\(tenths)", "s")
    case ..<60: return t.amount("\(seconds)", "s")
    case ..<3_600: return two(seconds / 60, "min", seconds % 60, "s", t)
    case ..<86_400: return two(seconds / 3_600, "h", seconds % 3_600 / 60, "min", t)
    default: return two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h", t)
    }
  }

  private static func two(
    _ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String, _ t: Words
  ) -> String {
    let first = t.amount("\(large)", largeUnit)
    return small == 0 ? first : "\(first) \(t.amount("\(small)", smallUnit))"
  }
}
