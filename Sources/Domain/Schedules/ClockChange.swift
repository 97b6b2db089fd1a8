import Events

/// One change of a zone's distance from UTC; new letters alone are none.
public struct ClockChange: Sendable, Hashable {
  /// As the IANA database names it.
  public let zone: String
  public let instant: Timestamp
  /// What the wall clock would have shown at the instant, and what it shows instead.
  public let from: CivilTime
  public let to: CivilTime
  /// The zone's letters before and after it.
  public let lettersBefore: String
  public let lettersAfter: String

  /// Whether wall times are jumped over; else they come twice.
  public var isForward: Bool { from < to }

  /// The wall times that never come or come twice, the end excluded.
  var walls: Range<CivilTime> { min(from, to)..<max(from, to) }
}

extension ZoneRules {
  /// The first change strictly after an instant; nil if none comes by 2200.
  public func nextChange(after: Timestamp) -> ClockChange? {
    let place = shifts.place(at: after.seconds)
    guard !shifts.isLast(place) else { return nil }
    let here = shifts.stretch(place)
    let instant = Timestamp(seconds: here.end)
    return ClockChange(
      zone: name, instant: instant, from: CivilTime(secondsAsUTC: here.end + here.offset),
      to: CivilTime(secondsAsUTC: here.end + here.offsetAfter),
      lettersBefore: offset(at: Timestamp(seconds: here.end - 1)).abbreviation,
      lettersAfter: offset(at: instant).abbreviation)
  }

  /// What the wall clock shows: `2026-12-31 23:00:00 UTC`.
  func wallText(at instant: Timestamp) -> String {
    let (civil, letters) = wall(at: instant)
    return "\(civil.dateText) \(civil.timeText) \(label([letters]))"
  }

  func wall(at instant: Timestamp) -> (civil: CivilTime, letters: String) {
    let offset = offset(at: instant)
    return (CivilTime(secondsAsUTC: instant.seconds + Int64(offset.seconds)), offset.abbreviation)
  }

  /// The zone's letters; its city where they are none, or change while the clock that is spoken of goes on.
  func label(_ letters: Set<String>) -> String {
    if letters.count == 1, let only = letters.first, only.utf8.allSatisfy({ UInt8(ascii: "A") <= $0 }) { return only }
    return cityName
  }

  /// `New York` for `America/New_York`.
  var cityName: String {
    let last = name.split(separator: "/").last ?? Substring(name)
    return String(last.map { $0 == "_" ? " " : $0 })
  }
}

extension CivilTime {
  /// `2026-03-08 02:30`
  var minuteText: String { "\(dateText) \(clockText)" }

  /// `02:30`
  var clockText: String { CronPhrase.Clock(hour, minute).text }
}
