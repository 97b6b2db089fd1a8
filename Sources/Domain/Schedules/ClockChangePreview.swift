import Events

/// A clock change ahead of a schedule, and what becomes of its fires.
///
/// Pure. Source: SCHEDULES §1, DST.
public struct ClockChangePreview: Sendable, Hashable {
  /// One thing that happens.
  public enum Effect: Sendable, Hashable {
    /// The wall time does not exist, and does not fire.
    case skipped(CivilTime)
    /// The wall time does not exist, and fires when the clock shows another.
    case shifted(CivilTime, to: CivilTime)
    /// The wall time comes twice.
    case comesTwice(CivilTime, ClockChangeRule.Fold)
    /// A time of day of the schedule that is another on a clock it does not hang on: `22:00 UTC`, `18:00 EDT`, `17:00
    /// EST`.
    case moves(String, from: String, to: String)
    /// So many things more of the same kind as the last.
    case more(Int)
    case unaffected
  }

  /// So many wall times are told one by one.
  public static let effectsMax = 4

  public let change: ClockChange
  /// In order; never empty.
  public let effects: [Effect]

  /// The effects as sentences: `2026-03-08 02:30 does not exist: skipped`.
  public func words(in language: WordsLanguage) -> [String] { effects.map { language.words.effect($0) } }
}

extension Timetable {
  /// What the next changes of its own clock, and of others, do to the schedule; in order of time.
  ///
  /// - Parameters:
  ///   - after: changes strictly after it, and no later than the schedule's end.
  ///   - count: how many of each zone at most.
  ///   - zones: the clocks on which the schedule is shown beside its own.
  public func clockChanges(after: Timestamp, count: Int, shownIn zones: [ZoneRules] = []) -> [ClockChangePreview] {
    let clocks = [wallZone] + zones.filter { $0.name != wallZone.name }
    var changes: [ClockChange] = []
    for zone in clocks {
      var moment = after
      for _ in 0..<count {
        guard let change = zone.nextChange(after: moment), end.map({ change.instant <= $0 }) ?? true else { break }
        moment = change.instant
        changes.append(change)
      }
    }
    return changes.sorted { ($0.instant, $0.zone) < ($1.instant, $1.zone) }.map { change in
      let own = change.zone == wallZone.name ? lostAndRepeated(at: change) : []
      let effects = own + clocks.dropFirst().flatMap { moves(at: change, shownIn: $0) }
      return ClockChangePreview(change: change, effects: effects.isEmpty ? [.unaffected] : effects)
    }
  }

  /// What becomes of the wall times that its own clock jumps over or shows twice.
  private func lostAndRepeated(at change: ClockChange) -> [ClockChangePreview.Effect] {
    let walls = matchingWalls(in: change.walls)
    let told = walls.prefix(ClockChangePreview.effectsMax).map { wall -> ClockChangePreview.Effect in
      guard change.isForward else { return .comesTwice(wall, changes.fold) }
      switch changes.gap {
      case .skip:
        return .skipped(wall)
      case .shift:
        let jump = change.to.secondsAsUTC - change.from.secondsAsUTC
        return .shifted(wall, to: CivilTime(secondsAsUTC: wall.secondsAsUTC + jump))
      }
    }
    return told + (walls.count > told.count ? [.more(walls.count - told.count)] : [])
  }

  private func matchingWalls(in walls: Range<CivilTime>) -> [CivilTime] {
    switch expression.plan {
    case .rate:
      return []
    case .once(let civil):
      return walls.contains(civil) ? [civil] : []
    case .cron(let fields):
      var found: [CivilTime] = []
      var minute = (walls.lowerBound.secondsAsUTC + 59).flooredQuotient(by: 60)
      while let wall = fields.firstMinute(from: minute), wall * 60 < walls.upperBound.secondsAsUTC {
        found.append(CivilTime(secondsAsUTC: wall * 60))
        minute = wall + 1
      }
      return found
    }
  }

  /// The times of day that another clock shows differently from the change on.
  private func moves(at change: ClockChange, shownIn shown: ZoneRules) -> [ClockChangePreview.Effect] {
    guard case .cron(let fields) = expression.plan, change.zone == shown.name || change.zone == wallZone.name else {
      return []
    }
    let states = [change.instant - .seconds(1), change.instant].map { moment in
      (base: wallZone.offset(at: moment), shown: shown.offset(at: moment))
    }
    let ahead = states.map { ($0.shown.seconds - $0.base.seconds) / 60 }
    guard ahead[0] != ahead[1] else { return [] }
    let times: [CronPhrase.Clock]
    switch CronPhrase(fields).time {
    case .clocks(let all): times = all
    case .stretch(_, let from, let to): times = [from, to]
    case .pace, .hourly, .hours, .paceOfHours, .minutesOfHours: return []
    }
    return times.prefix(ClockChangePreview.effectsMax).map { time in
      let texts = zip(states, ahead).map { state, ahead in
        let clock = ZoneClocks.shown(time, ZoneClocks.State(aheadMinutes: ahead, letters: [], days: 0))
        return "\(clock.text) \(shown.label([state.shown.abbreviation]))"
      }
      let base = wallZone.label(Set(states.map(\.base.abbreviation)))
      return .moves("\(time.text) \(base)", from: texts[0], to: texts[1])
    }
  }
}
