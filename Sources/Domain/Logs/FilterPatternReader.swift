/// A reader of filter patterns that stands at a byte; each call takes one thing and moves on.
struct FilterPatternReader {
  let bytes: [UInt8]
  /// Bytes taken so far.
  private(set) var offset = 0
  /// Where reading stops: the end, or the bracket that closes the pattern.
  private var end: Int
  private var regexes = 0
  private var depth = 0

  init(_ text: String) {
    bytes = Array(text.utf8)
    end = bytes.count
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D: true
    default: false
    }
  }

  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }

  /// An error at the byte that comes next.
  func error(_ reason: String) -> FilterPatternError { FilterPatternError(reason, at: offset) }

  /// The next byte that is not blank, left where it is; nil at the end.
  mutating func peek() -> UInt8? {
    while let byte = next, FilterPatternReader.isBlank(byte) { offset += 1 }
    return next
  }

  /// The next byte, blank or not; nil at the end.
  var next: UInt8? { offset < end ? bytes[offset] : nil }

  /// Takes these characters if they are next, blanks before them skipped.
  mutating func take(_ mark: StaticString) -> Bool {
    _ = peek()
    return takeHere(mark)
  }

  /// Takes these characters if they are next, with no blanks before them.
  mutating func takeHere(_ mark: StaticString) -> Bool {
    let isNext = mark.withUTF8Buffer { bytes[offset..<end].starts(with: $0) }
    if isNext { offset += mark.utf8CodeUnitCount }
    return isNext
  }

  /// Takes the bytes that satisfy the condition, perhaps none.
  mutating func takeWhile(_ isWanted: (UInt8) -> Bool) -> [UInt8] {
    let start = offset
    while let byte = next, isWanted(byte) { offset += 1 }
    return Array(bytes[start..<offset])
  }

  /// Goes back to what was taken before.
  mutating func rewind(to place: Int) { offset = place }

  /// Takes the bracket that opens the pattern and stops reading before the one that closes it, which must be the last.
  mutating func enterBrackets(_ opening: StaticString, closing: UInt8) throws(FilterPatternError) {
    let start = offset
    guard take(opening) else { throw error("\(opening) is due") }
    let last = bytes.lastIndex { !FilterPatternReader.isBlank($0) }
    guard let last, last > start, bytes[last] == closing else {
      let mark = Character(Unicode.Scalar(closing))
      throw FilterPatternError(
        "If a filter pattern starts with '\(opening)' it must end with '\(mark)'", at: bytes.count)
    }
    end = last
  }

  /// Reads tests joined by `&&` and `||`; `&&` binds tighter.
  mutating func condition<Test>(
    hasParentheses: Bool, _ test: (inout FilterPatternReader) throws(FilterPatternError) -> Test
  ) throws(FilterPatternError) -> Condition<Test> {
    var alternatives: [Condition<Test>] = []
    repeat {
      var parts: [Condition<Test>] = []
      repeat {
        parts.append(try operand(hasParentheses: hasParentheses, test))
      } while take("&&")
      alternatives.append(parts.count == 1 ? parts[0] : .all(parts))
    } while take("||")
    return alternatives.count == 1 ? alternatives[0] : .any(alternatives)
  }

  private mutating func operand<Test>(
    hasParentheses: Bool, _ test: (inout FilterPatternReader) throws(FilterPatternError) -> Test
  ) throws(FilterPatternError) -> Condition<Test> {
    guard hasParentheses, take("(") else { return .test(try test(&self)) }
    guard depth < FilterPatternLimits.nestingMax else {
      throw error("nested deeper than \(FilterPatternLimits.nestingMax)")
    }
    depth += 1
    let inner = try condition(hasParentheses: true, test)
    guard take(")") else { throw error("')' is due") }
    depth -= 1
    return inner
  }

  /// Takes an operator and the string, number or regular expression after it.
  mutating func comparison() throws(FilterPatternError) -> Comparison {
    guard let test = takeOperator() else { throw error("one of =, !=, <, >, <=, >= is due") }
    _ = peek()
    let start = offset
    let operand = try comparisonOperand()
    if test.isOrdering {
      guard case .text(_, number: .some) = operand else {
        throw FilterPatternError("a number is due after \(test.rawValue)", at: start)
      }
    }
    return Comparison(test: test, operand: operand)
  }

  private mutating func takeOperator() -> Comparison.Operator? {
    if take("!=") { return .unequal }
    if takeHere("<=") { return .lessOrEqual }
    if takeHere(">=") { return .greaterOrEqual }
    if takeHere("=") { return .equal }
    if takeHere("<") { return .less }
    if takeHere(">") { return .greater }
    return nil
  }

  private mutating func comparisonOperand() throws(FilterPatternError) -> Comparison.Operand {
    switch peek() {
    case UInt8(ascii: "\""):
      return .text(StarredText(try quoted()), number: nil)
    case UInt8(ascii: "%"):
      return .regex(try regex())
    default:
      let word = takeWhile { FilterPatternReader.isAlphanumeric($0) || "_.*+-".utf8.contains($0) }
      guard !word.isEmpty else { throw error("a string, a number or a regular expression is due") }
      if let byte = next, !FilterPatternReader.isBlank(byte), !"&|),".utf8.contains(byte) {
        throw error("a string with other characters than letters, digits and _ must be in double quotes")
      }
      return .text(StarredText(word), number: PlainNumber.value(word))
    }
  }

  /// Takes a string with its double quotes; `\"` and `\\` stand for the second character.
  mutating func quoted() throws(FilterPatternError) -> [UInt8] {
    let start = offset
    guard take("\"") else { throw error("a string in double quotes is due") }
    var text: [UInt8] = []
    while let byte = next {
      if takeHere("\"") { return text }
      let isEscape = takeHere("\\\"") || takeHere("\\\\")
      text.append(isEscape ? bytes[offset - 1] : byte)
      if !isEscape { offset += 1 }
    }
    throw FilterPatternError("the string does not end", at: start)
  }

  /// Takes a regular expression with its percent signs.
  mutating func regex() throws(FilterPatternError) -> BoundedRegex {
    let start = offset
    guard take("%") else { throw error("a regular expression between percent signs is due") }
    regexes += 1
    guard regexes <= FilterPatternLimits.regexesMax else {
      throw FilterPatternError("more than \(FilterPatternLimits.regexesMax) regular expressions", at: start)
    }
    let body = offset
    let expression = takeWhile { $0 != UInt8(ascii: "%") }
    guard takeHere("%") else { throw FilterPatternError("the regular expression does not end", at: start) }
    return try BoundedRegex(expression, at: body)
  }
}
