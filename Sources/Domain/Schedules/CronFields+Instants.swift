import Events

/// The wall minutes of a cron expression on the time line, over the clock changes of a zone.
///
/// A stretch between two changes shows each of its wall minutes once, so the search goes by stretches: which minutes of
/// the wall count in one depends on the rule alone. Source: SCHEDULES §1, DST.
extension CronFields {
  /// Before the first minute of 1970 in any zone, and after the last of 2199; seconds since the epoch.
  private static let secondMin = -2 * ZoneRules.offsetMax
  private static let secondMax = minuteMax * 60 + 2 * ZoneRules.offsetMax

  /// The first instant strictly after `after`; nil if none comes by the end of 2199.
  func next(after: Timestamp, zone: ZoneRules, changes: ClockChangeRule) -> Timestamp? {
    let from = max(after.seconds &+ 1, CronFields.secondMin)
    guard from <= CronFields.secondMax else { return nil }
    if let offset = zone.shifts.onlyOffset {
      guard let minute = firstMinute(from: minuteUp(from &+ offset)) else { return nil }
      return Timestamp(seconds: minute &* 60 &- offset)
    }
    let place = zone.shifts.place(at: from)
    let here = zone.shifts.stretch(place)
    let isInGapWindow = changes.gap == .shift && from < here.start &+ here.jump
    let start = minuteUp(max(from &+ here.offset, here.wallStart(changes.fold)))
    let minute = firstMinute(from: start)
    if !isInGapWindow, let minute, minute &* 60 < here.wallEnd(changes.fold) {
      return Timestamp(seconds: minute &* 60 &- here.offset)
    }
    return next(from: from, place: place, near: Near(asked: start, found: minute), zone.shifts, changes)
  }

  /// The last instant strictly before `before`; nil if none came since 1970.
  func previous(before: Timestamp, zone: ZoneRules, changes: ClockChangeRule) -> Timestamp? {
    let seconds = before.seconds
    let isWhole = seconds &* 1_000 == before.milliseconds
    let upTo = min(isWhole ? seconds &- 1 : seconds, CronFields.secondMax)
    guard upTo >= CronFields.secondMin else { return nil }
    if let offset = zone.shifts.onlyOffset {
      guard let minute = lastMinute(upTo: minuteDown(upTo &+ offset)) else { return nil }
      return Timestamp(seconds: minute &* 60 &- offset)
    }
    let place = zone.shifts.place(at: upTo)
    let here = zone.shifts.stretch(place)
    let start = minuteDown(min(upTo &+ here.offset, here.wallEnd(changes.fold) &- 1))
    let minute = lastMinute(upTo: start)
    if let minute, minute &* 60 >= here.wallStart(changes.fold) {
      let instant = minute &* 60 &- here.offset
      if changes.gap == .skip || instant >= here.start &+ here.jump { return Timestamp(seconds: instant) }
    }
    return previous(upTo: upTo, place: place, near: Near(asked: start, found: minute), zone.shifts, changes)
  }

  /// What a search over wall minutes found, so that it is not made again for a start in between.
  private struct Near {
    let asked: Int64
    let found: Int64?
  }

  private func first(from minute: Int64, _ near: Near) -> Near {
    if minute >= near.asked, near.found.map({ minute <= $0 }) ?? true { return near }
    return Near(asked: minute, found: firstMinute(from: minute))
  }

  private func last(upTo minute: Int64, _ near: Near) -> Near {
    if minute <= near.asked, near.found.map({ minute >= $0 }) ?? true { return near }
    return Near(asked: minute, found: lastMinute(upTo: minute))
  }

  private func next(
    from: Int64, place: Int, near: Near, _ shifts: ZoneShifts, _ changes: ClockChangeRule
  ) -> Timestamp? {
    var (from, place, near) = (from, place, near)
    while true {
      let here = shifts.stretch(place)
      near = first(from: minuteUp(max(from + here.offset, here.wallStart(changes.fold))), near)
      var best: Int64?
      if let minute = near.found, minute * 60 < here.wallEnd(changes.fold) { best = minute * 60 - here.offset }
      if changes.gap == .shift, from < here.start + here.jump,
        let lost = firstMinute(from: minuteUp(from + here.offsetBefore)), lost * 60 < here.start + here.offset
      {
        best = min(best ?? Int64.max, lost * 60 - here.offsetBefore)
      }
      if let best { return Timestamp(seconds: best) }
      if shifts.isLast(place) { return nil }
      if changes.fold != .first, here.offsetAfter < here.offset {
        place += 1  // What was shown before `from` may be shown again.
      } else {
        guard let minute = near.found else { return nil }
        place = max(place + 1, shifts.place(at: minute * 60 - ZoneRules.offsetMax))
      }
      from = shifts.stretch(place).start
    }
  }

  private func previous(
    upTo: Int64, place: Int, near: Near, _ shifts: ZoneShifts, _ changes: ClockChangeRule
  ) -> Timestamp? {
    var (upTo, place, near) = (upTo, place, near)
    while true {
      let here = shifts.stretch(place)
      near = last(upTo: minuteDown(min(upTo + here.offset, here.wallEnd(changes.fold) - 1)), near)
      var best: Int64?
      if let minute = near.found, minute * 60 >= here.wallStart(changes.fold) { best = minute * 60 - here.offset }
      if changes.gap == .shift, here.jump > 0,
        let lost = lastMinute(upTo: minuteDown(min(upTo, here.start + here.jump - 1) + here.offsetBefore)),
        lost * 60 >= here.start + here.offsetBefore
      {
        best = max(best ?? Int64.min, lost * 60 - here.offsetBefore)
      }
      if let best { return Timestamp(seconds: best) }
      if shifts.isFirst(place) { return nil }
      if changes.fold != .second, here.jump < 0 {
        place -= 1  // What is later on the wall may have been shown before.
      } else {
        guard let minute = near.found else { return nil }
        place = min(place - 1, shifts.place(at: minute * 60 + ZoneRules.offsetMax))
      }
      upTo = shifts.stretch(place).end - 1
    }
  }
}

extension ZoneShifts.Stretch {
  /// How far the clock jumped when it began; negative if it went back.
  fileprivate var jump: Int64 { offset &- offsetBefore }

  /// The first wall second that counts in it.
  fileprivate func wallStart(_ fold: ClockChangeRule.Fold) -> Int64 {
    start &+ (fold == .first ? max(offset, offsetBefore) : offset)
  }

  /// The first wall second that does not count in it any more.
  fileprivate func wallEnd(_ fold: ClockChangeRule.Fold) -> Int64 {
    end &+ (fold == .second ? min(offset, offsetAfter) : offset)
  }
}

/// The first minute that does not begin before a second.
private func minuteUp(_ second: Int64) -> Int64 { minuteDown(second &+ 59) }

private func minuteDown(_ second: Int64) -> Int64 { second.flooredQuotient(by: 60) }
