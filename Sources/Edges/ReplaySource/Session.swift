import Events

/// One weekday at the exchanges of New York; their holidays are not known here.
///
/// Source: regular hours 9:30 to 16:00; daylight time by 15 U.S.C. §260a, as since 2007.
struct Session: Sendable, Hashable {
  /// The date in New York.
  let date: CivilTime

  /// The weekdays before that moment's UTC date, oldest first.
  static func last(_ count: Int, before now: Timestamp) -> [Session] {
    let today = CivilTime(now)
    var day = CivilTime.daysSinceEpoch(year: today.year, month: today.month, day: today.day)
    var sessions: [Session] = []
    while sessions.count < count {
      day -= 1
      let date = CivilTime(secondsAsUTC: day * 86_400)
      if (2...6).contains(date.dayOfWeek) { sessions.append(Session(date: date)) }
    }
    return sessions.reversed()
  }

  /// Seconds from UTC to New York's clock by day: -14,400 or -18,000.
  var offsetSeconds: Int {
    isDaylight ? -14_400 : -18_000
  }

  /// `EDT` or `EST`.
  var zone: String { isDaylight ? "EDT" : "EST" }

  /// The moment at which New York's clock shows that time.
  func at(hour: Int, minute: Int) -> Timestamp {
    Timestamp(seconds: date.secondsAsUTC + Int64(hour * 3_600 + minute * 60 - offsetSeconds))
  }

  /// 9:30.
  var open: Timestamp { at(hour: 9, minute: 30) }
  /// 16:00.
  var close: Timestamp { at(hour: 16, minute: 0) }

  /// By day: from the second Sunday of March, before the first Sunday of November.
  private var isDaylight: Bool {
    switch date.month {
    case 4...10: true
    case 3: date.day >= 8 + daysToSunday(after: 8)
    case 11: date.day < 1 + daysToSunday(after: 1)
    default: false
    }
  }

  /// Days from that day of the month to the first Sunday on or after it.
  private func daysToSunday(after day: Int) -> Int {
    let days = CivilTime.daysSinceEpoch(year: date.year, month: date.month, day: day)
    return (8 - CivilTime(secondsAsUTC: days * 86_400).dayOfWeek) % 7
  }
}
