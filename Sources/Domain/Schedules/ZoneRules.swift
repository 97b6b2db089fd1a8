import Events

/// The clock changes of one time zone, from its TZif data: which wall time an instant has, and the way back.
///
/// Source: RFC 8536 for the data; SCHEDULES §1, DST, for what gaps and overlaps mean.
public struct ZoneRules: Sendable, Hashable {
  /// What the clock shows for a while: how far from UTC, and under which letters.
  struct Kind: Sendable, Hashable {
    /// Seconds east of UTC.
    let offset: Int64
    let abbreviation: String
  }

  /// A stretch of time without a clock change, in seconds since the epoch, its end excluded.
  struct Period {
    let start: Int64
    let end: Int64
    let kind: Int
  }

  /// No zone is further from UTC. Source: RFC 8536 §3.2, utoff between -25 and 26 hours.
  static let offsetMax: Int64 = 26 * 3_600
  /// Rules without end are written out up to 2200, where schedules end; beyond, they are worked out when asked for.
  static let yearMax = 2_200

  /// As the IANA database names it: `America/New_York`.
  public let name: String
  let kinds: [Kind]
  /// Where each period begins, ascending; the first begins with time itself.
  let starts: [Int64]
  /// For each period, the index of its kind.
  let startKinds: [Int]
  /// What comes after the last start, if the clock goes on changing.
  let footer: ZoneFooter?
  /// The same, for schedules, which ask often.
  let shifts: ZoneShifts

  /// Universal time, without any change.
  public static let utc = ZoneRules(
    name: "UTC", kinds: [Kind(offset: 0, abbreviation: "UTC")], starts: [Int64.min], startKinds: [0], footer: nil)

  init(name: String, kinds: [Kind], starts: [Int64], startKinds: [Int], footer: ZoneFooter?) {
    self.name = name
    self.kinds = kinds
    self.starts = starts
    self.startKinds = startKinds
    self.footer = footer
    shifts = ZoneShifts(starts: starts, offsets: startKinds.map { kinds[$0].offset })
  }

  public static func == (left: ZoneRules, right: ZoneRules) -> Bool {
    left.name == right.name && left.starts == right.starts && left.startKinds == right.startKinds
      && left.kinds == right.kinds && left.footer == right.footer
  }

  /// By the name and the size alone: few zones share them.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(starts.count)
  }

  /// Seconds east of UTC, and the letters of the zone, at an instant.
  public func offset(at instant: Timestamp) -> (seconds: Int, abbreviation: String) {
    let kind = kinds[period(at: instant.seconds).kind]
    return (Int(kind.offset), kind.abbreviation)
  }

  /// The instants at which the wall clock shows a time: one, or in a gap none, or in an overlap two.
  public func instants(of civil: CivilTime) -> LocalInstants {
    instants(ofWallSecond: civil.secondsAsUTC)
  }

  /// When a wall time fires under a rule: once, twice or never, in order.
  func fires(at civil: CivilTime, _ changes: ClockChangeRule) -> (first: Timestamp?, second: Timestamp?) {
    switch (instants(of: civil), changes.gap, changes.fold) {
    case (.one(let instant), _, _): (instant, nil)
    case (.two(let first, _), _, .first): (first, nil)
    case (.two(_, let second), _, .second): (second, nil)
    case (.two(let first, let second), _, .both): (first, second)
    case (.none, .skip, _): (nil, nil)
    case (.none(let gap), .shift, _):
      (Timestamp(seconds: gap.change.seconds + civil.secondsAsUTC - gap.from.secondsAsUTC), nil)
    }
  }

  /// - Parameter wall: seconds since 1970-01-01T00:00:00 on the wall.
  func instants(ofWallSecond wall: Int64) -> LocalInstants {
    var period = period(at: wall - ZoneRules.offsetMax)
    var first: Int64?
    var gap: LocalGap?
    while true {
      let instant = wall - kinds[period.kind].offset
      if instant >= period.start, instant < period.end {
        if let first { return .two(first: Timestamp(seconds: first), second: Timestamp(seconds: instant)) }
        first = instant
      }
      guard period.end <= wall + ZoneRules.offsetMax else { break }
      let following = self.period(at: period.end)
      let from = period.end + kinds[period.kind].offset
      let to = period.end + kinds[following.kind].offset
      if from <= wall, wall < to {
        gap = LocalGap(
          change: Timestamp(seconds: period.end), from: CivilTime(secondsAsUTC: from),
          to: CivilTime(secondsAsUTC: to))
      }
      period = following
    }
    if let first { return .one(Timestamp(seconds: first)) }
    guard let gap else { preconditionFailure("wall second \(wall) in \(name) is neither shown nor skipped") }
    return .none(gap)
  }

  func period(at instant: Int64) -> Period {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= instant { low = middle } else { high = middle }
    }
    if low == starts.count - 1, let footer {
      return footer.period(at: instant, since: starts[low], kind: startKinds[low])
    }
    let end = low + 1 < starts.count ? starts[low + 1] : Int64.max
    return Period(start: starts[low], end: end, kind: startKinds[low])
  }
}

/// What a wall time comes to on the time line.
public enum LocalInstants: Sendable, Hashable {
  case one(Timestamp)
  /// The clock jumped over it.
  case none(LocalGap)
  /// The clock went back and showed it twice.
  case two(first: Timestamp, second: Timestamp)
}

/// Wall times that a clock jumped over.
public struct LocalGap: Sendable, Hashable {
  /// The instant of the jump.
  public let change: Timestamp
  /// The first wall time that was never shown.
  public let from: CivilTime
  /// The first wall time shown after the jump.
  public let to: CivilTime
}
