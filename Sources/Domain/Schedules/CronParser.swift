/// Reads the six fields of `cron(…)`, and notes what is legal but probably not meant.
///
/// Source: SCHEDULES §1; what is not said there is ruled in `SilentCase`.
struct CronParser {
  /// What a linter says of the expression, in the order of its fields.
  private(set) var remarks: [String] = []

  mutating func parse(_ body: ArraySlice<UInt8>) throws(Refusal) -> CronFields {
    let fields = body.map(upperCased).split(whereSeparator: isWhiteSpace)
    guard fields.count == CronField.allCases.count else {
      let order = CronField.allCases.map(\.name).joined(separator: " ")
      throw Refusal("cron takes six fields (\(order)); \(fields.count) found")
    }
    let minutes = UInt64(members: try values(fields[0], .minutes))
    let hours = UInt64(members: try values(fields[1], .hours))
    let months = UInt64(members: try values(fields[3], .months))
    let days = try dayRule(fields[2], fields[4])
    let years = isAny(fields[5]) ? .every : YearSet(try values(fields[5], .years))
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
      if day > 28 { remarks.append("\(spelled(text)) does not fire in a month without a day \(day)") }
      return .weekdayNearest(day: day)
    }
    let days = try values(text, .daysOfMonth)
    if let least = days.min(), least > 28 {
      remarks.append("day-of-month \(spelled(text)) does not fire in a month without that day; L is its last day")
    }
    return .daysOfMonth(UInt64(members: days))
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
    return .daysOfWeek(UInt64(members: try values(text, .daysOfWeek).map { $0 - 1 }))
  }

  /// The numbers that a list of `*`, numbers, names, ranges and steps stands for.
  private mutating func values(_ text: ArraySlice<UInt8>, _ field: CronField) throws(Refusal) -> [Int] {
    if text.contains(questionMark) {
      throw refusal(text, field, "? stands alone, and only in day-of-month or day-of-week; use * for any")
    }
    var all: [Int] = []
    for item in text.split(separator: comma, omittingEmptySubsequences: false) {
      all += try itemValues(item, field)
    }
    return all
  }

  private mutating func itemValues(_ item: ArraySlice<UInt8>, _ field: CronField) throws(Refusal) -> [Int] {
    let parts = item.split(separator: slash, maxSplits: 1, omittingEmptySubsequences: false)
    let (bounds, isRange) = try span(parts[0], field)
    guard parts.count == 2 else {
      return isRange ? stepped(bounds, by: 1, field) : [bounds.first]
    }
    guard let step = number(parts[1]) else {
      throw refusal(item, field, "a step is a number, such as \(spelled(parts[0]))/5")
    }
    guard step > 0 else { throw ruled(.stepZero, item, field) }
    let end = isRange ? bounds : (bounds.first, field.range.upperBound)
    let found = stepped(end, by: step, field)
    remark(on: item, field, step: step, found: found)
    return found
  }

  /// The ends of a range, of all (`*`), or of a single value.
  private func span(
    _ text: ArraySlice<UInt8>, _ field: CronField
  ) throws(Refusal) -> (bounds: (first: Int, last: Int), isRange: Bool) {
    if isAny(text) { return ((field.range.lowerBound, field.range.upperBound), true) }
    let ends = text.split(separator: hyphen, maxSplits: 1, omittingEmptySubsequences: false)
    let first = try value(ends[0], field)
    guard ends.count == 2 else { return ((first, first), false) }
    let last = try value(ends[1], field)
    if last < first, field == .years {
      throw ruled(.backwardYears, text, .years)
    }
    return ((first, last), true)
  }

  /// Every `step`-th value; a range whose end is before its start goes on past the end of the field.
  private func stepped(_ bounds: (first: Int, last: Int), by step: Int, _ field: CronField) -> [Int] {
    let count = field.range.count
    let last = bounds.last < bounds.first ? bounds.last + count : bounds.last
    return stride(from: bounds.first, through: last, by: step)
      .map { $0 > field.range.upperBound ? $0 - count : $0 }
  }

  private mutating func remark(on item: ArraySlice<UInt8>, _ field: CronField, step: Int, found: [Int]) {
    if found.count == 1, step > 1 {
      let size = step >= field.range.count ? "larger than its field" : "too large to land a second time"
      remarks.append("\(field.name) \(spelled(item)): the step is \(size), so only \(found[0]) is meant")
    } else if field == .minutes || field == .hours, field.range.count % step != 0,
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
