/// Reads the six fields of `cron(…)`, and notes what is legal but probably not meant.
///
/// Source: SCHEDULES §1; what is not said there is ruled in `SilentCase`.
struct CronParser {
  /// Whether anyone asks for `remarks`; to write them takes longer than to read the expression.
  private let isRemarking: Bool
  /// What a linter says of the expression, in the order of its fields.
  private(set) var remarks: [String] = []

  init(isRemarking: Bool) {
    self.isRemarking = isRemarking
  }

  mutating func parse(_ body: ArraySlice<UInt8>) throws(Refusal) -> CronFields {
    let fields = body.map(upperCased).split(whereSeparator: isWhiteSpace)
    guard fields.count == CronField.allCases.count else {
      let order = CronField.allCases.map(\.name).joined(separator: " ")
      throw Refusal("cron takes six fields (\(order)); \(fields.count) found")
    }
    let minutes = try values(fields[0], .minutes)
    let hours = try values(fields[1], .hours)
    let months = try values(fields[3], .months)
    let days = try dayRule(fields[2], fields[4])
    let years = try years(fields[5])
    return CronFields(minutes: minutes, hours: hours, days: days, months: months, years: years)
  }

  private mutating func dayRule(
    _ ofMonth: ArraySlice<UInt8>, _ ofWeek: ArraySlice<UInt8>
  ) throws(Refusal) -> DayRule {
    switch (isMark(ofMonth), isMark(ofWeek)) {
    case (true, true):
      throw Refusal("day-of-month and day-of-week are both ?; give one of them, such as * in day-of-month")
    case (false, false):
      throw Refusal("day-of-month and day-of-week are both given; one of them must be ?")
    case (false, true):
      return try daysOfMonth(ofMonth)
    case (true, false):
      return try daysOfWeek(ofWeek)
    }
  }

  private mutating func daysOfMonth(_ text: ArraySlice<UInt8>) throws(Refusal) -> DayRule {
    if text.elementsEqual("L".utf8) { return .lastDay }
    if text.elementsEqual("LW".utf8) { return .lastWeekday }
    if text.contains(comma) {
      if text.contains(letterW) { throw ruled(.weekdayList, text, .daysOfMonth) }
      if text.contains(letterL) { throw ruled(.lastInList, text, .daysOfMonth) }
    }
    if text.starts(with: "L-".utf8) { throw ruled(.lastMinusDays, text, .daysOfMonth) }
    if text.last == letterW {
      guard let day = number(text.dropLast()), (1...31).contains(day) else {
        throw ruled(.weekdayZero, text, .daysOfMonth)
      }
      if day > 28, isRemarking { remarks.append("\(spelled(text)) does not fire in a month without a day \(day)") }
      return .weekdayNearest(day: day)
    }
    let days = try values(text, .daysOfMonth)
    if days.trailingZeroBitCount > 28, isRemarking {
      remarks.append("day-of-month \(spelled(text)) does not fire in a month without that day; L is its last day")
    }
    return .daysOfMonth(days)
  }

  private mutating func daysOfWeek(_ text: ArraySlice<UInt8>) throws(Refusal) -> DayRule {
    if text.elementsEqual("L".utf8) { return .daysOfWeek(UInt64(members: [6])) }  // The week's last day: Saturday.
    if text.contains(slash) { throw ruled(.dayOfWeekStep, text, .daysOfWeek) }
    if text.starts(with: "L-".utf8) { throw ruled(.dayOfWeekLastMinus, text, .daysOfWeek) }
    if let mark = text.firstIndex(of: numberSign) {
      guard !text.contains(comma) else {
        throw refusal(text, .daysOfWeek, "only one day may be named with #, such as 3#2")
      }
      guard let nth = number(text[(mark + 1)...]), (1...5).contains(nth) else {
        throw refusal(text, .daysOfWeek, "# is followed by a number from 1 to 5, such as 3#2")
      }
      return .numberedWeekday(try value(text[..<mark], .daysOfWeek) - 1, number: nth)
    }
    if text.contains(letterL) {
      if text.contains(comma) {
        let areAllLast = text.split(separator: comma).allSatisfy { $0.count > 1 && $0.last == letterL }
        throw ruled(areAllLast ? .lastDayOfWeekList : .lastInList, text, .daysOfWeek)
      }
      guard text.last == letterL else { throw refusal(text, .daysOfWeek, "L follows one day, such as 6L or FRIL") }
      return .lastOfWeekday(try value(text.dropLast(), .daysOfWeek) - 1)
    }
    return .daysOfWeek(try values(text, .daysOfWeek) >> 1)
  }

  /// The numbers that a list of `*`, numbers, names, ranges and steps stands for, as bits.
  private mutating func values(_ text: ArraySlice<UInt8>, _ field: CronField) throws(Refusal) -> UInt64 {
    var all: UInt64 = 0
    for span in try spans(text, field) {
      for value in span.values { all |= 1 &<< UInt64(field.wrapped(value)) }
    }
    return all
  }

  private mutating func years(_ text: ArraySlice<UInt8>) throws(Refusal) -> YearSet {
    guard !isAny(text) else { return .every }
    return YearSet(try spans(text, .years).flatMap(\.values))
  }

  private mutating func spans(_ text: ArraySlice<UInt8>, _ field: CronField) throws(Refusal) -> [Progression] {
    guard !text.contains(questionMark) else {
      throw refusal(text, field, "? stands alone, and only in day-of-month or day-of-week; use * for any")
    }
    var all: [Progression] = []
    var rest = text
    while let mark = rest.firstIndex(of: comma) {
      all.append(try span(ofItem: rest[..<mark], field))
      rest = rest[(mark + 1)...]
    }
    all.append(try span(ofItem: rest, field))
    return all
  }

  private mutating func span(ofItem item: ArraySlice<UInt8>, _ field: CronField) throws(Refusal) -> Progression {
    guard let mark = item.firstIndex(of: slash) else { return try span(item, field) }
    let bounds = try span(item[..<mark], field)
    guard let step = number(item[(mark + 1)...]) else {
      throw refusal(item, field, "a step is a number, such as \(spelled(item[..<mark]))/5")
    }
    guard step > 0 else { throw ruled(.stepZero, item, field) }
    // A single value with a step goes on to the end of its field.
    let found = Progression(
      first: bounds.first, last: bounds.isSingle ? field.range.upperBound : bounds.last, step: step)
    if isRemarking { remark(on: item, field, found) }
    return found
  }

  /// A range, all (`*`), or a single value.
  private func span(_ text: ArraySlice<UInt8>, _ field: CronField) throws(Refusal) -> Progression {
    let range = field.range
    if isAny(text) { return Progression(first: range.lowerBound, last: range.upperBound, step: 1) }
    guard let mark = text.firstIndex(of: hyphen) else {
      let value = try value(text, field)
      return Progression(first: value, last: value, step: 1, isSingle: true)
    }
    let first = try value(text[..<mark], field)
    let last = try value(text[(mark + 1)...], field)
    guard last < first else { return Progression(first: first, last: last, step: 1) }
    guard field != .years else { throw ruled(.backwardYears, text, .years) }
    return Progression(first: first, last: last + range.count, step: 1)
  }

  private mutating func remark(on item: ArraySlice<UInt8>, _ field: CronField, _ found: Progression) {
    let (step, size) = (found.step, field.range.count)
    if found.last - found.first < step, step > 1 {
      let words = step >= size ? "larger than its field" : "too large to land a second time"
      remarks.append("\(field.name) \(spelled(item)): the step is \(words), so only \(found.first) is meant")
    } else if field == .minutes || field == .hours, size % step != 0,
      item.starts(with: "*/".utf8) || item.starts(with: "0/".utf8)
    {
      let unit = field == .minutes ? "hour" : "day"
      let uneven = "\(step) does not divide the \(unit), so the last interval of each \(unit) is shorter"
      remarks.append("\(field.name) \(spelled(item)): \(uneven)")
    }
  }

  private func refusal(_ text: ArraySlice<UInt8>, _ field: CronField, _ words: String) -> Refusal {
    Refusal("\(field.name) \(spelled(text)): \(words)")
  }

  private func ruled(_ silent: SilentCase, _ text: ArraySlice<UInt8>, _ field: CronField) -> Refusal {
    refusal(text, field, silent.ruling.words)
  }

  /// One number or name.
  private func value(_ text: ArraySlice<UInt8>, _ field: CronField) throws(Refusal) -> Int {
    let found =
      number(text)
      ?? field.names.firstIndex { text.elementsEqual($0.utf8) }.map { $0 + field.range.lowerBound }
    guard let found, field.range.contains(found) else {
      throw Refusal("\(field.name) has \(text.isEmpty ? "an empty value" : spelled(text)); \(field.allowed)")
    }
    return found
  }
}

/// Every `step`-th value of a field; `last` lies beyond the field's end if the range wraps round.
private struct Progression {
  let first: Int
  let last: Int
  let step: Int
  /// Whether it was one value, without `-`.
  var isSingle = false

  var values: StrideThrough<Int> { stride(from: first, through: last, by: step) }
}

extension CronField {
  /// A value that went past the end of the field, from its beginning on.
  fileprivate func wrapped(_ value: Int) -> Int { value > range.upperBound ? value - range.count : value }
}

private let comma = UInt8(ascii: ",")
private let hyphen = UInt8(ascii: "-")
private let slash = UInt8(ascii: "/")
private let numberSign = UInt8(ascii: "#")
private let questionMark = UInt8(ascii: "?")
private let letterL = UInt8(ascii: "L")
private let letterW = UInt8(ascii: "W")

/// ASCII digits and nothing else; a number too large to matter stays too large.
func number(_ digits: ArraySlice<UInt8>) -> Int? {
  guard !digits.isEmpty else { return nil }
  var value = 0
  for digit in digits {
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
    value = min(value * 10 + Int(digit - UInt8(ascii: "0")), numberMax)
  }
  return value
}

/// Where counting stops; beyond the bounds of every field and every rate.
let numberMax = 1_000_000_000_000

private func isAny(_ text: ArraySlice<UInt8>) -> Bool { text.elementsEqual("*".utf8) }

private func isMark(_ text: ArraySlice<UInt8>) -> Bool { text.elementsEqual("?".utf8) }

private func isWhiteSpace(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
}

private func upperCased(_ byte: UInt8) -> UInt8 {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 0x20 : byte
}

private func spelled(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
