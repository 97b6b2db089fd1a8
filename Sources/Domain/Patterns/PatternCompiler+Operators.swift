/// The objects of one key in a field's list: `{"prefix":"x"}` and the others.
extension PatternCompiler {
  private static let onlyOneKey = "Only one key allowed in match expression"
  private static let tooManyElements = "Too many elements in numeric expression"

  /// Takes an operator with its value up to the closing brace.
  mutating func matchExpression() throws(PatternError) -> ValueTest {
    guard try reader.next() == .key else { throw reader.error("Match expression name not found") }
    let name = keyText
    switch name {
    case "exactly": return try closed(.text(try string("exact")))
    case "prefix":
      return try affix("prefix", "Prefix", plain: { .prefix($0) }, folded: { .foldedPrefix($0) })
    case "suffix":
      return try affix("suffix", "Suffix", plain: { .suffix($0) }, folded: { .foldedSuffix($0) })
    case "equals-ignore-case": return try closed(.folded(FoldedText(try string("equals-ignore-case"))))
    case "wildcard": return try closed(.wildcard(try wildcard(try string("wildcard"))))
    case "numeric": return try numeric()
    case "anything-but": return try anythingBut()
    case "exists": return try exists()
    // EventBridge itself speaks of a prefix here.
    case "cidr": return try closed(.cidr(try AddressRange(try string("prefix"), in: reader.pattern)))
    default: throw reader.error("Unrecognized match type \(name)")
    }
  }

  /// Takes a string; `name` is what the error calls it.
  private mutating func string(_ name: String) throws(PatternError) -> [UInt8] {
    guard try reader.next() == .string else { throw reader.error("\(name) match pattern must be a string") }
    return try reader.string()
  }

  private mutating func closed(_ test: ValueTest) throws(PatternError) -> ValueTest {
    try expectEnd(PatternCompiler.onlyOneKey)
    return test
  }

  private mutating func expectEnd(_ reason: String) throws(PatternError) {
    guard try reader.next() == .objectEnd else { throw reader.error(reason) }
  }

  /// Takes what follows `prefix` or `suffix`: a string, or `{"equals-ignore-case": string}`.
  private mutating func affix(
    _ name: String, _ title: String, plain: ([UInt8]) -> ValueTest, folded: (FoldedText) -> ValueTest
  ) throws(PatternError) -> ValueTest {
    switch try reader.next() {
    case .string: return try closed(plain(try reader.string()))
    case .objectStart:
      guard try reader.next() == .key else { throw reader.error("\(title) expression name not found") }
      let inner = keyText
      guard inner == "equals-ignore-case" else { throw reader.error("Unsupported \(name) pattern: \(inner)") }
      let test = folded(FoldedText(try string("equals-ignore-case")))
      try expectEnd(PatternCompiler.onlyOneKey)
      return try closed(test)
    case .objectEnd, .arrayStart, .arrayEnd, .key, .number, .null, .yes, .no, .end:
      throw reader.error("\(name) match pattern must be a string")
    }
  }

  private mutating func exists() throws(PatternError) -> ValueTest {
    switch try reader.next() {
    case .yes: return try closed(.present)
    case .no: return try closed(.absent)
    case .objectStart, .objectEnd, .arrayStart, .arrayEnd, .key, .string, .number, .null, .end:
      throw reader.error("exists match pattern must be either true or false.")
    }
  }

  // MARK: numeric

  private mutating func numeric() throws(PatternError) -> ValueTest {
    guard try reader.next() == .arrayStart else { throw reader.error("Value of numeric must be an array.") }
    guard try reader.next() == .string else {
      throw reader.error("Invalid member in numeric match: \(try reader.text())")
    }
    let comparison = try reader.text()
    let test: ValueTest
    switch comparison {
    case "=":
      let (text, number) = try lastNumber("equals")
      test = .number(text: text, comparable: number)
    case "<", "<=":
      let bound = try lastNumber(comparison).number
      test = .numeric(NumericRange(lower: nil, upper: .init(number: bound, isIncluded: comparison == "<=")))
    case ">", ">=":
      test = .numeric(try range(from: comparison))
    default:
      _ = try reader.next()
      throw reader.error("Unrecognized numeric range operator: \(comparison)")
    }
    try expectEnd(PatternCompiler.tooManyElements)
    return test
  }

  /// Takes a number and the end of the list.
  private mutating func lastNumber(_ name: String) throws(PatternError) -> (text: String, number: ComparableNumber) {
    guard try reader.next() == .number else { throw reader.error("Value of \(name) must be numeric") }
    let text = reader.numberText
    guard try reader.next() == .arrayEnd else { throw reader.error(PatternCompiler.tooManyElements) }
    return (text, try comparable(text))
  }

  /// Takes what follows `>` or `>=`: a number, and perhaps an upper bound.
  private mutating func range(from comparison: String) throws(PatternError) -> NumericRange {
    guard try reader.next() == .number else { throw reader.error("Value of \(comparison) must be numeric") }
    let bottom = reader.numberText
    let isBottomIncluded = comparison == ">="
    let token = try reader.next()
    if token == .arrayEnd {
      return NumericRange(lower: .init(number: try comparable(bottom), isIncluded: isBottomIncluded), upper: nil)
    }
    guard token == .string else { throw reader.error("Bad value in numeric range: \(try reader.text())") }
    let closing = try reader.text()
    guard closing == "<" || closing == "<=" else { throw reader.error("Bad numeric range operator: \(closing)") }
    guard try reader.next() == .number else { throw reader.error("Value of \(closing) must be numeric") }
    let top = reader.numberText
    guard try reader.next() == .arrayEnd else { throw reader.error("Too many terms in numeric range expression") }
    let lower = NumericRange.Bound(number: try comparable(bottom), isIncluded: isBottomIncluded)
    let upper = NumericRange.Bound(number: try comparable(top), isIncluded: closing == "<=")
    guard lower.number.value < upper.number.value else { throw reader.error("Bottom must be less than top") }
    return NumericRange(lower: lower, upper: upper)
  }

  private func comparable(_ text: String) throws(PatternError) -> ComparableNumber {
    guard let number = ComparableNumber(text) else { throw reader.error("Cannot compare number : \(text)") }
    return number
  }

  // MARK: anything-but

  /// What `anything-but` forbids, if it names an operator.
  private enum Forbidden: String {
    case prefix
    case suffix
    case wildcard
    case folded = "equals-ignore-case"

    var notAString: String {
      switch self {
      case .prefix, .suffix: "prefix/suffix match pattern must be a string"
      case .wildcard: "wildcard match pattern must be a string"
      case .folded:
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
      }
    }
  }

  private mutating func anythingBut() throws(PatternError) -> ValueTest {
    var token = try reader.next()
    var forbidden: Forbidden?
    if token == .objectStart {
      guard try reader.next() == .key else { throw reader.error("Anything-But expression name not found") }
      let name = keyText
      forbidden = Forbidden(rawValue: name)
      guard forbidden != nil else { throw reader.error("Unsupported anything-but pattern: \(name)") }
      token = try reader.next()
    }
    let tests: [ValueTest]
    switch token {
    case .arrayStart: tests = try forbiddenList(forbidden)
    case .string, .number: tests = [try forbiddenValue(token, forbidden)]
    case .objectStart, .objectEnd, .arrayEnd, .key, .null, .yes, .no, .end:
      throw reader.error("Value of anything-but must be an array or single string/number value.")
    }
    try expectEnd(PatternCompiler.tooManyElements)
    if forbidden != nil { try expectEnd(PatternCompiler.tooManyElements) }
    return .noneOf(tests)
  }

  /// A single number is refused without a place, alone of all.
  private mutating func forbiddenValue(
    _ token: PatternReader.Token, _ forbidden: Forbidden?
  ) throws(PatternError) -> ValueTest {
    if let forbidden { return try operatorTest(token, forbidden) }
    guard token == .number else { return .text(try reader.string()) }
    let text = reader.numberText
    guard let number = ComparableNumber(text) else {
      throw PatternError("Cannot compare number : \(text)", in: reader.pattern)
    }
    return .number(text: text, comparable: number)
  }

  /// Takes a list up to its bracket; what is thrown on the way comes with its place twice.
  private mutating func forbiddenList(_ forbidden: Forbidden?) throws(PatternError) -> [ValueTest] {
    var tests: [ValueTest] = []
    var wildcards: [[UInt8]] = []
    var hasNumber = false
    var hasString = false
    var token = try nextInList()
    while token != .arrayEnd {
      switch (token, forbidden) {
      case (.string, .wildcard?): wildcards.append(try stringInList())
      case (_, let forbidden?):
        tests.append(
          try wrapped { compiler throws(PatternError) in
            try compiler.operatorTest(token, forbidden)
          })
      case (.string, nil):
        tests.append(.text(try stringInList()))
        hasString = true
      case (.number, nil):
        let text = reader.numberText
        tests.append(.number(text: text, comparable: try comparable(text)))
        hasNumber = true
      case (_, nil):
        throw twice(reader.error("Inside anything but list, start|null|boolean is not supported."))
      }
      token = try nextInList()
    }
    for text in wildcards { tests.append(.wildcard(try wildcard(text))) }
    if forbidden == nil, hasNumber == hasString {
      throw reader.error(
        "Inside anything but list, either all values are number or string, mixed type is not supported")
    }
    // The library takes an empty list of an operator and fails when it adds the rule; refused as an empty list is.
    guard !tests.isEmpty else { throw reader.error("Empty arrays are not allowed") }
    return tests
  }

  private mutating func operatorTest(
    _ token: PatternReader.Token, _ forbidden: Forbidden
  ) throws(PatternError) -> ValueTest {
    guard token == .string else { throw reader.error(forbidden.notAString) }
    let text = try reader.string()
    switch forbidden {
    case .prefix, .suffix:
      guard !text.isEmpty else { throw reader.error("Null prefix/suffix not allowed") }
      return forbidden == .prefix ? .prefix(text) : .suffix(text)
    case .wildcard: return .wildcard(try wildcard(text))
    case .folded: return .folded(FoldedText(text))
    }
  }

  private mutating func nextInList() throws(PatternError) -> PatternReader.Token {
    try wrapped { compiler throws(PatternError) in try compiler.reader.next() }
  }

  private mutating func stringInList() throws(PatternError) -> [UInt8] {
    try wrapped { compiler throws(PatternError) in try compiler.reader.string() }
  }

  private mutating func wrapped<Value>(
    _ take: (inout PatternCompiler) throws(PatternError) -> Value
  ) throws(PatternError) -> Value {
    do {
      return try take(&self)
    } catch {
      throw twice(error)
    }
  }

  private func twice(_ error: PatternError) -> PatternError {
    PatternError(
      error.reason, in: error.pattern, line: error.line, column: error.column, isWrappedTwice: error.line != nil)
  }
}
