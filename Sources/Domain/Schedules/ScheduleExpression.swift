import Events

/// When a schedule fires: `cron(…)`, `rate(…)` or `at(…)`, read once and then asked for instants.
///
/// Pure: zones and anchors are handed in. Unless the rule for clock changes says otherwise, a wall time that a zone
/// skips is skipped, and one that it repeats fires the first time; a day of a rate is 24 hours. Source: SCHEDULES §1;
/// `SilentCase` where that is silent.
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

  /// Whether it names one moment, and never another.
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
      plan = try ScheduleExpression.read(text, dialect: dialect, isRemarking: false).plan
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
  ///   - changes: what becomes of wall times that the zone skips or shows twice.
  public func next(
    after: Timestamp, anchor: Timestamp, zone: ZoneRules, changes: ClockChangeRule = .standard
  ) -> Timestamp? {
    switch plan {
    case .cron(let fields):
      switch dialect {
      case .rules: return fields.next(after: after, zone: .utc, changes: changes)
      case .scheduler: return fields.next(after: after, zone: zone, changes: changes)
      }
    case .rate(let rate):
      return rate.next(after: after, anchor: anchor, firesAtAnchor: dialect == .scheduler)
    case .once(let civil):
      let (first, second) = zone.fires(at: civil, changes)
      if let first, first > after { return first }
      return second.flatMap { $0 > after ? $0 : nil }
    }
  }

  /// The last instant strictly before `before`; nil if there is none, for `cron` since 1970.
  ///
  /// - Parameters:
  ///   - anchor: as in `next`; a rate has no instants before its anchor.
  ///   - zone: as in `next`.
  ///   - changes: as in `next`.
  public func previous(
    before: Timestamp, anchor: Timestamp, zone: ZoneRules, changes: ClockChangeRule = .standard
  ) -> Timestamp? {
    switch plan {
    case .cron(let fields):
      switch dialect {
      case .rules: return fields.previous(before: before, zone: .utc, changes: changes)
      case .scheduler: return fields.previous(before: before, zone: zone, changes: changes)
      }
    case .rate(let rate):
      return rate.previous(before: before, anchor: anchor, firesAtAnchor: dialect == .scheduler)
    case .once(let civil):
      let (first, second) = zone.fires(at: civil, changes)
      if let second, second < before { return second }
      return first.flatMap { $0 < before ? $0 : nil }
    }
  }

  /// The first `count` instants strictly after `after`, in order; fewer if no more come by the end of 2199.
  public func instants(
    after: Timestamp, count: Int, anchor: Timestamp, zone: ZoneRules, changes: ClockChangeRule = .standard
  ) -> [Timestamp] {
    Timetable(self, zone: zone, changes: changes, anchor: anchor, epoch: Timestamp(milliseconds: .min))
      .instants(after: after, count: count)
  }

  /// Checks what only the zone can tell: that an `at` time exists there, unless it is to be shifted over a gap.
  ///
  /// - Throws: `ScheduleError`, naming the times on both sides of the gap.
  public func validate(in zone: ZoneRules, changes: ClockChangeRule = .standard) throws(ScheduleError) {
    switch plan {
    case .cron, .rate:
      return
    case .once(let civil):
      guard changes.gap == .skip, case .none(let gap) = zone.instants(of: civil) else { return }
      let words = SilentCase.atInGap.ruling.words
      let before = CivilTime(secondsAsUTC: gap.from.secondsAsUTC - 1)
      throw ScheduleError(
        text, dialect: dialect,
        reason: "\(civil.text) in \(zone.name): \(words), at(\(before.text)) or at(\(gap.to.text))")
    }
  }

  /// What a linter says of a legal expression: steps that never land again, days that few months have, no fire at all.
  public var remarks: [String] {
    do throws(Refusal) {
      let (plan, remarks) = try ScheduleExpression.read(text, dialect: dialect, isRemarking: true)
      guard case .cron(let fields) = plan, fields.firstMinute(from: 0) == nil else { return remarks }
      return remarks + ["no date matches: this never fires"]
    } catch {
      preconditionFailure("\(text) was read once and is refused now: \(error.reason)")
    }
  }

  private static func read(
    _ text: String, dialect: ScheduleDialect, isRemarking: Bool
  ) throws(Refusal) -> (plan: Plan, remarks: [String]) {
    guard text.utf8.count <= lengthMax || text.unicodeScalars.count <= lengthMax else {
      throw Refusal("an expression has at most \(lengthMax) characters")
    }
    let bytes = Array(text.utf8)
    if let body = inside(bytes, "cron(") {
      var parser = CronParser(isRemarking: isRemarking)
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
