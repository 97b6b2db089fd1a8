import Events
import Schedules

/// How times and lengths of time are written on a page: UTC and one zone's wall clock.
struct WallTexts: Sendable {
  let zone: ZoneRules

  /// The fields of a moment: `iso`, `utc`, `local` and, where `now` is known, `relative`.
  func fields(_ moment: Timestamp, now: Timestamp?) -> Fields {
    [
      "iso": .text(moment.description), "utc": .text(utc(moment)),
      "local": .text(local(moment)), "relative": .text(now.map { WallTexts.relative(moment, to: $0) } ?? ""),
    ]
  }

  /// A line of a description list with both clocks; nil if there is no such moment.
  func detail(_ label: String, _ moment: Timestamp?) -> Fields? {
    guard let moment else { return nil }
    return ["label": .text(label), "value": .text(utc(moment)), "href": "", "note": .text(local(moment))]
  }

  /// `2025-09-09 22:00 UTC`
  private func utc(_ moment: Timestamp) -> String {
    let civil = CivilTime(moment)
    return "\(minutes(civil))\(seconds(civil)) UTC"
  }

  /// `2025-09-10 07:00 KST`
  private func local(_ moment: Timestamp) -> String {
    let offset = zone.offset(at: moment)
    let civil = CivilTime(secondsAsUTC: moment.seconds + Int64(offset.seconds))
    return "\(minutes(civil))\(seconds(civil)) \(offset.abbreviation)"
  }

  private func minutes(_ civil: CivilTime) -> String {
    "\(civil.dateText) \(civil.timeText.prefix(5))"
  }

  /// Seconds only where there are any: slots fall on whole minutes and read better without.
  private func seconds(_ civil: CivilTime) -> String {
    civil.second == 0 ? "" : String(civil.timeText.suffix(3))
  }

  /// `in 7 h 14 min`, `3 min ago`, `now`.
  static func relative(_ moment: Timestamp, to now: Timestamp) -> String {
    let span = moment - now
    if abs(span.milliseconds) < 1_000 { return "now" }
    let words = length(Span(milliseconds: abs(span.milliseconds)))
    return span.milliseconds > 0 ? "in \(words)" : "\(words) ago"
  }

  /// The two largest units of a length: `2 d 4 h`, `7 h 14 min`, `3 min`, `12 s`, `1.4 s`, `38 ms`; rounded down.
  static func length(_ span: Span) -> String {
    let milliseconds = span.milliseconds
    if milliseconds < 1_000 { return "\(milliseconds) ms" }
    let seconds = milliseconds / 1_000
    switch seconds {
    case ..<10:
      let tenths = milliseconds % 1_000 / 100
      return tenths == 0 ? "\(seconds) s" : "\(seconds).\(tenths) s"
    case ..<60: return "\(seconds) s"
    case ..<3_600: return two(seconds / 60, "min", seconds % 60, "s")
    case ..<86_400: return two(seconds / 3_600, "h", seconds % 3_600 / 60, "min")
    default: return two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h")
    }
  }

  private static func two(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
    small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
  }
}
