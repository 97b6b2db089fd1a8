import Events

/// `rate(5 minutes)`: a fixed period, counted from an anchor.
struct Rate: Sendable, Hashable {
  enum Unit: String, CaseIterable {
    case minute, hour, day

    var span: Span {
      switch self {
      case .minute: .minutes(1)
      case .hour: .hours(1)
      case .day: .days(1)  // 24 hours, not a calendar day. Source: SCHEDULES §1, DST.
      }
    }
  }

  /// The greatest count; any unit times this is far from overflow.
  static let countMax = Int(Int32.max)
  /// The last instant of 2199, as for cron.
  static let instantMax = Timestamp(seconds: CronFields.minuteMax * 60 + 59)

  let count: Int
  let unit: Unit

  init(_ body: ArraySlice<UInt8>, dialect: ScheduleDialect) throws(Refusal) {
    let parts = body.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 2, let count = number(parts[0]) else {
      throw Refusal("rate takes a positive number, one blank and a unit, such as rate(5 minutes)")
    }
    guard (1...Rate.countMax).contains(count) else {
      throw Refusal("rate's number is 1 to \(Rate.countMax)")
    }
    let word = String(decoding: parts[1], as: UTF8.self)
    guard let unit = Unit.allCases.first(where: { word == $0.rawValue || word == $0.rawValue + "s" }) else {
      throw Refusal("rate has the unit \(word); use minute, minutes, hour, hours, day or days")
    }
    // Only rules insist. Source: SCHEDULES §1, rate.
    guard dialect == .scheduler || (word == unit.rawValue) == (count == 1) else {
      throw Refusal("rate(\(count) \(word)): write \(count == 1 ? "1 \(unit.rawValue)" : "\(count) \(unit.rawValue)s")")
    }
    self.count = count
    self.unit = unit
  }

  /// Milliseconds; at least a minute.
  private var period: Int64 { Int64(count) * unit.span.milliseconds }

  func next(after: Timestamp, anchor: Timestamp, firesAtAnchor: Bool) -> Timestamp? {
    guard after < Rate.instantMax, anchor < Rate.instantMax else { return nil }
    let first = firesAtAnchor ? anchor : anchor + Span(milliseconds: period)
    let instant: Timestamp
    if after < first {
      instant = first
    } else {
      let passed = (after - first).milliseconds / period
      instant = first + Span(milliseconds: (passed + 1) * period)
    }
    return instant <= Rate.instantMax ? instant : nil
  }

  func previous(before: Timestamp, anchor: Timestamp, firesAtAnchor: Bool) -> Timestamp? {
    guard anchor < Rate.instantMax else { return nil }
    let before = min(before, Rate.instantMax + Span(milliseconds: 1))
    let first = firesAtAnchor ? anchor : anchor + Span(milliseconds: period)
    guard first < before else { return nil }
    let passed = ((before - first).milliseconds - 1) / period
    return first + Span(milliseconds: passed * period)
  }
}
