extension FilterPatternReader {
  /// Reads `ERROR "bad request" -debug ?WARN %regex%` to the end.
  mutating func termPattern() throws(FilterPatternError) -> TermPattern {
    var pattern = TermPattern()
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "-"):
        _ = take("-")
        pattern.exclude(try term())
      case UInt8(ascii: "?"):
        _ = take("?")
        pattern.allow(try term())
      default:
        pattern.require(try term())
      }
    }
    return pattern
  }

  private mutating func term() throws(FilterPatternError) -> TermPattern.Term {
    switch peek() {
    case nil:
      throw error("a term is due")
    case UInt8(ascii: "\""):
      // A phrase of nothing but blanks matches everything.
      let phrase = try quoted()
      return .text(phrase.allSatisfy(FilterPatternReader.isBlank) ? [] : phrase)
    case UInt8(ascii: "%"):
      return .regex(try regex())
    default:
      let start = offset
      let word = takeWhile { !FilterPatternReader.isBlank($0) }
      let place = word.firstIndex { !FilterPatternReader.isAlphanumeric($0) && $0 != UInt8(ascii: "_") }
      if let place {
        let shown = String(decoding: word, as: UTF8.self)
        throw FilterPatternError("Invalid character(s) in term '\(shown)'", at: start + place)
      }
      return .text(word)
    }
  }

  /// Reads `{ $.a = 1 && … }` to the end.
  mutating func jsonPattern() throws(FilterPatternError) -> Condition<JSONTest> {
    try enterBrackets("{", closing: UInt8(ascii: "}"))
    var wildcards = 0
    let condition = try condition(hasParentheses: true) { reader throws(FilterPatternError) -> JSONTest in
      let start = reader.offset
      let test = try reader.jsonTest()
      wildcards += test.selector.steps.count { $0 == .wildcard }
      guard wildcards <= FilterPatternLimits.wildcardsMax else {
        throw FilterPatternError("more than \(FilterPatternLimits.wildcardsMax) wildcard selectors", at: start)
      }
      return test
    }
    guard peek() == nil else { throw error("&& or || is due") }
    return condition
  }

  private mutating func jsonTest() throws(FilterPatternError) -> JSONTest {
    let selector = try selector()
    _ = peek()
    let start = offset
    let word = takeWhile(FilterPatternReader.isAlphanumeric)
    switch String(decoding: word, as: UTF8.self) {
    case "":
      return JSONTest(selector: selector, question: .compares(try comparison()))
    case "IS":
      return JSONTest(selector: selector, question: try stateQuestion())
    case "NOT":
      _ = peek()
      guard takeWhile(FilterPatternReader.isAlphanumeric) == Array("EXISTS".utf8) else {
        throw FilterPatternError("NOT EXISTS is the only test with NOT", at: start)
      }
      return JSONTest(selector: selector, question: .isMissing)
    default:
      throw FilterPatternError("an operator, IS or NOT EXISTS is due", at: start)
    }
  }

  private mutating func stateQuestion() throws(FilterPatternError) -> JSONTest.Question {
    _ = peek()
    let start = offset
    let word = takeWhile(FilterPatternReader.isAlphanumeric)
    switch String(decoding: word, as: UTF8.self) {
    case "NULL": return .isNull
    case "TRUE": return .isBool(true)
    case "FALSE": return .isBool(false)
    default: throw FilterPatternError("NULL, TRUE or FALSE is due after IS", at: start)
    }
  }

  private mutating func selector() throws(FilterPatternError) -> JSONSelector {
    _ = peek()
    let start = offset
    guard take("$") else { throw error("a property selector that starts with $ is due") }
    var steps: [JSONSelector.Step] = []
    while true {
      if takeHere("[") {
        steps.append(try bracketStep())
      } else if takeHere(".") {
        steps.append(try dotStep())
      } else {
        break
      }
      if steps.count(where: { $0 == .wildcard }) > FilterPatternLimits.wildcardsPerSelectorMax {
        throw error("a property selector takes one wildcard")
      }
    }
    guard !steps.isEmpty else { throw error("a property is due after $") }
    return JSONSelector(text: String(decoding: bytes[start..<offset], as: UTF8.self), steps: steps)
  }

  private mutating func dotStep() throws(FilterPatternError) -> JSONSelector.Step {
    if takeHere("*") { return .wildcard }
    if takeHere("[") { return try bracketStep() }
    let name = takeWhile { FilterPatternReader.isAlphanumeric($0) || "_-".utf8.contains($0) }
    guard !name.isEmpty else { throw error("a property name is due") }
    return .member(String(decoding: name, as: UTF8.self))
  }

  private mutating func bracketStep() throws(FilterPatternError) -> JSONSelector.Step {
    let step: JSONSelector.Step
    if takeHere("*") {
      step = .wildcard
    } else if takeHere("'") {
      step = .member(try quotedName(upTo: "'"))
    } else if takeHere("\"") {
      step = .member(try quotedName(upTo: "\""))
    } else {
      let start = offset
      let digits = takeWhile { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard digits.count <= FilterPatternLimits.indexDigitsMax, let index = Int(String(decoding: digits, as: UTF8.self))
      else { throw FilterPatternError("an index, * or a property name in quotes is due", at: start) }
      step = .element(index)
    }
    guard takeHere("]") else { throw error("']' is due") }
    return step
  }

  private mutating func quotedName(upTo quote: StaticString) throws(FilterPatternError) -> String {
    let ends = quote.withUTF8Buffer { Array($0) }
    let name = takeWhile { !ends.contains($0) }
    guard !name.isEmpty, takeHere(quote) else { throw error("a property name in quotes is due") }
    return String(decoding: name, as: UTF8.self)
  }

  /// Reads `[ip, ..., status = 4*, bytes]` to the end.
  mutating func fieldPattern() throws(FilterPatternError) -> FieldPattern {
    try enterBrackets("[", closing: UInt8(ascii: "]"))
    var head: [FieldPattern.Field] = []
    var tail: [FieldPattern.Field]?
    var names: [String] = []
    repeat {
      if take("...") {
        guard tail == nil else { throw error("more than one ellipsis") }
        tail = []
      } else {
        let (name, field) = try field()
        names.append(name)
        if tail == nil { head.append(field) } else { tail?.append(field) }
      }
    } while take(",")
    guard peek() == nil else { throw error("a comma is due") }
    return FieldPattern(head: head, tail: tail, names: names)
  }

  /// A field with or without a name, and the conditions on it, which all repeat the name.
  private mutating func field() throws(FilterPatternError) -> (name: String, field: FieldPattern.Field) {
    guard let byte = peek(), byte != UInt8(ascii: ",") else { return ("", nil) }
    let start = offset
    let name = fieldName()
    guard !name.isEmpty else { throw error("a field name is due") }
    let text = String(decoding: name, as: UTF8.self)
    guard let byte = peek(), byte != UInt8(ascii: ",") else { return (text, nil) }
    rewind(to: start)
    let field = try condition(hasParentheses: false) { reader throws(FilterPatternError) -> Comparison in
      _ = reader.peek()
      let place = reader.offset
      guard reader.fieldName() == name else {
        throw FilterPatternError("the conditions of one field all repeat its name", at: place)
      }
      return try reader.comparison()
    }
    return (text, field)
  }

  private mutating func fieldName() -> [UInt8] {
    takeWhile { FilterPatternReader.isAlphanumeric($0) || "_-".utf8.contains($0) }
  }
}
