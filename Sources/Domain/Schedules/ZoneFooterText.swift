/// The footer of a zone's data, read: `EST5EDT,M3.2.0,M11.1.0`.
///
/// Source: POSIX.1-2017 §8.3, TZ, as extended by RFC 8536 §3.3.1 (times from -167 to 167 hours).
struct ZoneFooterText {
  /// Summer time and the two changes that bound it.
  struct Summer {
    let kind: ZoneRules.Kind
    let toSummer: ZoneFooter.Change
    let toStandard: ZoneFooter.Change
  }

  let standard: ZoneRules.Kind
  /// nil if the clock never changes again.
  let summer: Summer?

  init(_ text: ArraySlice<UInt8>) throws(ZoneDataFlaw) {
    var scanner = FooterScanner(text)
    let letters = try scanner.abbreviation()
    standard = ZoneRules.Kind(offset: -(try scanner.clock(hourMax: 24)), abbreviation: letters)
    guard !scanner.isAtEnd else {
      summer = nil
      return
    }
    let summerLetters = try scanner.abbreviation()
    let isOffsetGiven = scanner.peek.map { $0 != UInt8(ascii: ",") } ?? false
    let offset = isOffsetGiven ? -(try scanner.clock(hourMax: 24)) : standard.offset + 3_600
    let toSummer = try scanner.change()
    let toStandard = try scanner.change()
    guard scanner.isAtEnd else { throw scanner.flaw("nothing more") }
    summer = Summer(
      kind: ZoneRules.Kind(offset: offset, abbreviation: summerLetters), toSummer: toSummer, toStandard: toStandard)
  }
}

/// Goes through a footer from left to right.
private struct FooterScanner {
  private let text: ArraySlice<UInt8>
  private var rest: ArraySlice<UInt8>

  init(_ text: ArraySlice<UInt8>) {
    self.text = text
    rest = text
  }

  var isAtEnd: Bool { rest.isEmpty }
  var peek: UInt8? { rest.first }

  func flaw(_ wanted: String) -> ZoneDataFlaw {
    let place = text.count - rest.count
    return ZoneDataFlaw("footer \(String(decoding: text, as: UTF8.self)) at \(place): \(wanted) expected")
  }

  /// Three letters or more, or anything printable between `<` and `>`.
  mutating func abbreviation() throws(ZoneDataFlaw) -> String {
    if take("<") {
      guard let end = rest.firstIndex(of: UInt8(ascii: ">")), end > rest.startIndex else { throw flaw("a name and >") }
      defer { rest = rest[(end + 1)...] }
      return String(decoding: rest[..<end], as: UTF8.self)
    }
    let letters = rest.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) }
    guard letters.count >= 3 else { throw flaw("a name of three letters") }
    rest = rest.dropFirst(letters.count)
    return String(decoding: letters, as: UTF8.self)
  }

  /// `[+-]hh[:mm[:ss]]`, in seconds.
  mutating func clock(hourMax: Int) throws(ZoneDataFlaw) -> Int64 {
    let sign: Int64 = take("-") ? -1 : 1
    if sign == 1 { _ = take("+") }
    var seconds = Int64(try digits(0...hourMax)) * 3_600
    if take(":") {
      seconds += Int64(try digits(0...59)) * 60
      if take(":") { seconds += Int64(try digits(0...59)) }
    }
    return sign * seconds
  }

  /// `,Mm.w.d`, `,Jn` or `,n`, with `/time` or two in the morning.
  mutating func change() throws(ZoneDataFlaw) -> ZoneFooter.Change {
    guard take(",") else { throw flaw("a comma and a day") }
    let day: ZoneFooter.Change.Day
    if take("M") {
      let month = try digits(1...12)
      guard take(".") else { throw flaw("a point") }
      let week = try digits(1...5)
      guard take(".") else { throw flaw("a point") }
      day = .weekday(month: month, week: week, weekday: try digits(0...6))
    } else if take("J") {
      day = .dayNotCountingLeap(try digits(1...365))
    } else {
      day = .dayCountingLeap(try digits(0...365))
    }
    return ZoneFooter.Change(day: day, time: take("/") ? try clock(hourMax: 167) : 7_200)
  }

  private mutating func digits(_ range: ClosedRange<Int>) throws(ZoneDataFlaw) -> Int {
    let found = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let value = number(found), range.contains(value) else {
      throw flaw("a number from \(range.lowerBound) to \(range.upperBound)")
    }
    rest = rest.dropFirst(found.count)
    return value
  }

  private mutating func take(_ mark: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: mark) else { return false }
    rest = rest.dropFirst()
    return true
  }
}
