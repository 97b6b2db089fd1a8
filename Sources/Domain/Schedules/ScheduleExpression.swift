import Events

/// When a schedule fires: `cron(…)`, `rate(…)` or `at(…)`, read once and then asked for instants.
///
/// Pure: zones and anchors are handed in. A wall time that a zone skips is skipped, one that it repeats fires the first
/// time, and a day of a rate is 24 hours. Source: SCHEDULES §1; `SilentCase` where that is silent.
public struct ScheduleExpression: Sendable, Hashable {
  /// What the text compiles to.
  enum Plan: Sendable, Hashable {
    case cron(CronFields)
    case rate(Rate)
    case once(CivilTime)
  }

  /// The most Unicode scalars a text may have. Source: the API's model, `ScheduleExpression` max 256.
  public static let lengthMax = 256

  /// Whether it counts from when it was set, not by the calendar.
  public var isRate: Bool {
    switch plan {
    case .rate: true
    case .cron, .once: false
    }
  }

  /// Whether it fires once in its life.
  public var isOnce: Bool {
    switch plan {
    case .once: true
    case .cron, .rate: false
    }
  }

  /// As it was written.
  public let text: String
  /// Whose language it is in.
  public let dialect: ScheduleDialect
  let plan: Plan

  /// Reads an expression.
  ///
  /// - Throws: `ScheduleError`, naming the first field that is wrong. An `at` that its zone skips is not seen here: see
  ///   `validate(in:)`.
  public init(_ text: String, dialect: ScheduleDialect) throws(ScheduleError) {
    self.text = text
    self.dialect = dialect
    do throws(Refusal) {
      plan = try ScheduleExpression.read(text, dialect: dialect).plan
    } catch {
      throw ScheduleError(text, dialect: dialect, reason: error.reason)
    }
  }

  /// The first instant strictly after `after`; nil if none comes by the end of 2199.
  ///
  /// - Parameters:
  ///   - anchor: when the schedule began, for `rate` only: rules fire one period after it and every period from then
  ///     on, Scheduler fires at the anchor itself as well.
  ///   - zone: where the wall clock hangs; rules are in UTC whatever it is.
  public func next(after: Timestamp, anchor: Timestamp, zone: ZoneRules) -> Timestamp? {
    switch plan {
    case .rate(let rate):
      return rate.next(after: after, anchor: anchor, firesAtAnchor: dialect == .scheduler)
    case .once(let civil):
      return zone.firstInstant(of: civil).flatMap { $0 > after ? $0 : nil }
    case .cron(let fields):
      switch dialect {
      case .rules: return fields.next(after: after, zone: .utc)
      case .scheduler: return fields.next(after: after, zone: zone)
      }
    }
  }

  /// The last instant strictly before `before`; nil if there is none, for `cron` since 1970.
  ///
  /// - Parameters:
  ///   - anchor: as in `next`; a rate has no instants before its anchor.
  ///   - zone: as in `next`.
  public func previous(before: Timestamp, anchor: Timestamp, zone: ZoneRules) -> Timestamp? {
    switch plan {
    case .rate(let rate):
      return rate.previous(before: before, anchor: anchor, firesAtAnchor: dialect == .scheduler)
    case .once(let civil):
      return zone.firstInstant(of: civil).flatMap { $0 < before ? $0 : nil }
    case .cron(let fields):
      switch dialect {
      case .rules: return fields.previous(before: before, zone: .utc)
      case .scheduler: return fields.previous(before: before, zone: zone)
      }
    }
  }

  /// The first `count` instants strictly after `after`, in order; fewer if no more come by the end of 2199.
  public func instants(after: Timestamp, count: Int, anchor: Timestamp, zone: ZoneRules) -> [Timestamp] {
    var found: [Timestamp] = []
    var last = after
    while found.count < count, let instant = next(after: last, anchor: anchor, zone: zone) {
      found.append(instant)
      last = instant
    }
    return found
  }

  /// Checks what only the zone can tell: that an `at` time exists there.
  ///
  /// - Throws: `ScheduleError`, naming the times on both sides of the gap.
  public func validate(in zone: ZoneRules) throws(ScheduleError) {
    switch plan {
    case .cron, .rate:
      return
    case .once(let civil):
      switch zone.instants(of: civil) {
      case .one, .two:
        return
      case .none(let gap):
        let words = SilentCase.atInGap.ruling.words
        let before = CivilTime(secondsAsUTC: gap.from.secondsAsUTC - 1)
        throw ScheduleError(
          text, dialect: dialect,
          reason: "\(civil.text) in \(zone.name): \(words), at(\(before.text)) or at(\(gap.to.text))")
      }
    }
  }

  /// What a linter says of a legal expression: steps that never land again, days that few months have, no fire at all.
  public var remarks: [String] {
    do throws(Refusal) {
      let (plan, remarks) = try ScheduleExpression.read(text, dialect: dialect)
      guard case .cron(let fields) = plan, fields.firstMinute(from: 0) == nil else { return remarks }
      return remarks + ["no date matches: this never fires"]
    } catch {
      preconditionFailure("\(text) was read once and is refused now: \(error.reason)")
    }
  }

  private static func read(
    _ text: String, dialect: ScheduleDialect
  ) throws(Refusal) -> (plan: Plan, remarks: [String]) {
    guard text.utf8.count <= lengthMax || text.unicodeScalars.count <= lengthMax else {
      throw Refusal("an expression has at most \(lengthMax) characters")
    }
    let bytes = Array(text.utf8)
    if let body = inside(bytes, "cron(") {
      var parser = CronParser()
      return (.cron(try parser.parse(body)), parser.remarks)
    }
    if let body = inside(bytes, "rate(") {
      return (.rate(try Rate(body, dialect: dialect)), [])
    }
    if let body = inside(bytes, "at(") {
      guard dialect == .scheduler else {
        throw Refusal("at(…) is EventBridge Scheduler's; a rule takes cron(…) or rate(…)")
      }
      guard body.count == 19, body[body.startIndex + 10] == UInt8(ascii: "T"),
        let civil = CivilTime(String(decoding: body, as: UTF8.self))
      else {
        throw Refusal("at takes a date and time without a zone, such as at(2026-01-31T09:00:00)")
      }
      return (.once(civil), [])
    }
    let kinds = dialect == .rules ? "cron(…) or rate(…)" : "cron(…), rate(…) or at(…)"
    throw Refusal("an expression is \(kinds), in lower case, with nothing before or after")
  }

  private static func inside(_ bytes: [UInt8], _ opening: StaticString) -> ArraySlice<UInt8>? {
    let length = opening.utf8CodeUnitCount
    guard bytes.count > length, bytes.last == UInt8(ascii: ")"), bytes.starts(with: opening.description.utf8) else {
      return nil
    }
    return bytes[length..<(bytes.count - 1)]
  }
}

extension CronFields {
  /// Before the first minute of 1970 in any zone.
  private static let instantMin = Timestamp(seconds: -2 * ZoneRules.offsetMax)

  func next(after: Timestamp, zone: ZoneRules) -> Timestamp? {
    let after = max(after, CronFields.instantMin)
    var minute = zone.latestWallSecond(at: after.seconds).flooredQuotient(by: 60) + 1
    while let found = firstMinute(from: minute) {
      switch zone.instants(ofWallSecond: found * 60) {
      case .one(let instant), .two(let instant, _):
        if instant > after { return instant }
        minute = found + 1
      case .none(let gap):
        minute = max(found + 1, (gap.to.secondsAsUTC + 59).flooredQuotient(by: 60))
      }
    }
    return nil
  }

  func previous(before: Timestamp, zone: ZoneRules) -> Timestamp? {
    guard before > CronFields.instantMin else { return nil }
    let second = before == before.wholeSecond ? before.seconds - 1 : before.seconds
    var minute = zone.latestWallSecond(at: second).flooredQuotient(by: 60)
    while let found = lastMinute(upTo: minute) {
      switch zone.instants(ofWallSecond: found * 60) {
      case .one(let instant), .two(let instant, _):
        if instant < before { return instant }
        minute = found - 1
      case .none(let gap):
        minute = min(found - 1, (gap.from.secondsAsUTC - 1).flooredQuotient(by: 60))
      }
    }
    return nil
  }
}
