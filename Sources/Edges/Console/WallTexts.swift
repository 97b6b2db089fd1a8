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
      return tenths == 0 ? "\(seconds) \(t("s"))" : "\(seconds).\(tenths) \(t("s"))"
    case ..<60: return "\(seconds) \(t("s"))"
    case ..<3_600: return two(seconds / 60, t("min"), seconds % 60, t("s"))
    case ..<86_400: return two(seconds / 3_600, t("h"), seconds % 3_600 / 60, t("min"))
    default: return two(seconds / 86_400, t("d"), seconds % 86_400 / 3_600, t("h"))
    }
  }

  private static func two(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
    small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
  }
}
