import Events

/// The rule a zone follows for ever after its last listed change: `EST5EDT,M3.2.0,M11.1.0`, as read from its data.
///
/// Source: POSIX.1-2017 §8.3, TZ, as extended by RFC 8536 §3.3.1.
struct ZoneFooter: Sendable, Hashable {
  /// A day of every year and a time on it.
  struct Change: Sendable, Hashable {
    enum Day: Sendable, Hashable {
      /// `Jn`, 1 to 365: 29 February is never counted.
      case dayNotCountingLeap(Int)
      /// `n`, 0 to 365: 29 February is counted.
      case dayCountingLeap(Int)
      /// `Mm.w.d`: the w-th weekday of a month, 5 for the last; 0 is Sunday.
      case weekday(month: Int, week: Int, weekday: Int)
    }

    let day: Day
    /// Seconds after midnight on the wall, -167 to 167 hours.
    let time: Int64

    /// Seconds since 1970-01-01T00:00:00 on the wall, for the change in one year.
    func wallSecond(in year: Int) -> Int64 {
      switch day {
      case .dayNotCountingLeap(let day):
        let isPastFebruary = day > 59 && CivilTime.isLeap(year)
        return (CivilTime.daysSinceEpoch(year: year, month: 1, day: day) + (isPastFebruary ? 1 : 0)) * 86_400 + time
      case .dayCountingLeap(let day):
        return (CivilTime.daysSinceEpoch(year: year, month: 1, day: 1) + Int64(day)) * 86_400 + time
      case .weekday(let month, let week, let weekday):
        let first = CivilTime.daysSinceEpoch(year: year, month: month, day: 1)
        let firstWeekday = Int((first + 4).flooredRemainder(by: 7))
        let day = (weekday - firstWeekday + 7) % 7 + 7 * (week - 1)
        let length = CivilTime.daysIn(month: month, year: year)
        return (first + Int64(day < length ? day : day - 7)) * 86_400 + time
      }
    }
  }

  /// Index of the kind under standard time, in the zone's kinds; its seconds east of UTC.
  let standard: Int
  let standardOffset: Int64
  /// The same under summer time.
  let summer: Int
  let summerOffset: Int64
  let toSummer: Change
  let toStandard: Change

  /// The changes of some years, in order of time; each with the kind that begins.
  ///
  /// Of two at one instant the later rule counts: summers that never end are written as touching ones.
  func changes(in years: ClosedRange<Int>) -> [(instant: Int64, kind: Int)] {
    var all: [(instant: Int64, kind: Int)] = []
    for year in years {
      let start = (instant: toSummer.wallSecond(in: year) - standardOffset, kind: summer)
      let end = (instant: toStandard.wallSecond(in: year) - summerOffset, kind: standard)
      for change in start.instant < end.instant ? [start, end] : [end, start] {
        if all.last?.instant == change.instant { all.removeLast() }
        all.append(change)
      }
    }
    return all
  }

  /// The period around an instant that no list covers.
  ///
  /// - Parameters:
  ///   - last: when the last listed period began; this one begins no earlier.
  ///   - kind: of that last listed period, which goes on until the first change after it.
  func period(at instant: Int64, since last: Int64, kind: Int) -> ZoneRules.Period {
    let year = CivilTime(secondsAsUTC: instant).year
    var start = last
    var current = kind
    for change in changes(in: (year - 1)...(year + 2)) where change.instant > last {
      guard change.instant <= instant else {
        return ZoneRules.Period(start: start, end: change.instant, kind: current)
      }
      (start, current) = (change.instant, change.kind)
    }
    preconditionFailure("a zone changes its clock twice a year, but not in the year after \(year)")
  }
}
