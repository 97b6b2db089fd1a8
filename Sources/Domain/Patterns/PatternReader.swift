/// A reader of pattern text that stands at a place; each call takes one token and moves on.
///
/// It reads as Jackson's parser of strings does, because EventBridge's errors name Jackson's places: the first token of
/// a value is read together with its key, and a string is read to its end only when it is asked for or passed.
/// Source: RFC 8259; Jackson 2.14's texts and places, and those recorded from EventBridge where they differ.
struct PatternReader {
  enum Token: Equatable {
    case objectStart
    case objectEnd
    case arrayStart
    case arrayEnd
    case key(String)
    case string
    case number(String)
    case null
    case bool(Bool)
    /// Nothing but white space is left.
    case end
  }

  private enum Container {
    case object
    case array

    var name: String {
      switch self {
      case .object: "Object"
      case .array: "Array"
      }
    }

    var closer: String {
      switch self {
      case .object: "}"
      case .array: "]"
      }
    }
  }

  private struct Scope {
    let container: Container
    let start: Int
    var entries = 0
  }

  let pattern: String
  let units: [UInt16]
  /// UTF-16 units taken so far.
  var offset = 0
  private(set) var token = Token.end
  private var scopes: [Scope] = []
  private var pending: Token?
  private var stringStart: Int?

  init(_ pattern: String) {
    self.pattern = pattern
    units = Array(pattern.utf16)
  }

  /// Takes the next token.
  mutating func next() throws(PatternError) -> Token {
    if let ahead = pending {
      pending = nil
      token = try opened(ahead, at: offset - 1)
      return token
    }
    if stringStart != nil { _ = try finishString() }
    token = try read()
    return token
  }

  /// The text of the last token: a string resolved, a key, a number or a word as it is spelt, or the bracket.
  mutating func text() throws(PatternError) -> String {
    switch token {
    case .objectStart: "{"
    case .objectEnd: "}"
    case .arrayStart: "["
    case .arrayEnd: "]"
    case .key(let name): name
    case .string: try finishString()
    case .number(let text): text
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .end: ""
    }
  }

  /// An error at the place the reader has come to.
  func error(_ reason: String) -> PatternError {
    error(reason, at: offset)
  }

  func error(_ reason: String, at place: Int) -> PatternError {
    let (line, column) = position(of: place)
    return PatternError(reason, in: pattern, line: line, column: column)
  }

  /// An error about the character at that place.
  func unexpected(at place: Int, _ detail: String) -> PatternError {
    error("Unexpected character (\(shown(units[place])))\(detail)", at: place)
  }

  /// The character as Jackson names it: `'x' (code 120)`.
  func shown(_ unit: UInt16) -> String {
    if unit < 0x20 { return "(CTRL-CHAR, code \(unit))" }
    let hex = unit > 0xFF ? " / 0x\(String(unit, radix: 16))" : ""
    return "'\(String(decoding: [unit], as: UTF16.self))' (code \(unit)\(hex))"
  }

  private func position(of place: Int) -> (line: Int, column: Int) {
    var line = 1
    var rowStart = 0
    for index in 0..<place {
      let isBreak = units[index] == 0x0A
      let isLoneReturn = units[index] == 0x0D && !(index + 1 < units.count && units[index + 1] == 0x0A)
      if isBreak || isLoneReturn {
        line += 1
        rowStart = index + 1
      }
    }
    return (line, place - rowStart + 1)
  }

  // MARK: Structure

  private mutating func read() throws(PatternError) -> Token {
    try skipBlank()
    guard offset < units.count else {
      guard let scope = scopes.last else { return .end }
      let start = place(of: scope)
      throw error(
        "Unexpected end-of-input: expected close marker for \(scope.container.name) (start marker at \(start))")
    }
    if units[offset] == UInt16(ascii: "}") { return try close(.object) }
    if units[offset] == UInt16(ascii: "]") { return try close(.array) }
    guard let scope = scopes.last else { return try opened(value(), at: offset - 1) }
    if scope.entries > 0 {
      guard units[offset] == UInt16(ascii: ",") else {
        throw unexpected(at: offset, ": was expecting comma to separate \(scope.container.name) entries")
      }
      offset += 1
      try skipBlankWithin(scope.container)
    }
    scopes[scopes.count - 1].entries += 1
    switch scope.container {
    case .object: return try key()
    case .array: return try opened(value(), at: offset - 1)
    }
  }

  /// Takes a key, its colon, and the beginning of its value, which `next` gives out afterwards.
  private mutating func key() throws(PatternError) -> Token {
    guard units[offset] == UInt16(ascii: "\"") else {
      throw unexpected(at: offset, ": was expecting double-quote to start field name")
    }
    offset += 1
    let name = try quoted(missing: "Unexpected end-of-input in field name", place: "name")
    try skipBlankWithin(.object)
    guard units[offset] == UInt16(ascii: ":") else {
      throw unexpected(at: offset, ": was expecting a colon to separate field name and value")
    }
    offset += 1
    try skipBlankWithin(.object)
    pending = try value()
    return .key(name)
  }

  /// Takes a value that is one token, or the beginning of any other.
  private mutating func value() throws(PatternError) -> Token {
    let unit = units[offset]
    switch unit {
    case UInt16(ascii: "{"), UInt16(ascii: "["), UInt16(ascii: "\""):
      offset += 1
      if unit == UInt16(ascii: "\"") { return .string }
      return unit == UInt16(ascii: "{") ? .objectStart : .arrayStart
    case UInt16(ascii: "}"): throw unexpected(at: offset, ": expected a value")
    case UInt16(ascii: "-"), UInt16(ascii: "0")...UInt16(ascii: "9"): return .number(try number())
    default: return try word()
    }
  }

  /// Enters what the token begins.
  private mutating func opened(_ token: Token, at start: Int) throws(PatternError) -> Token {
    switch token {
    case .objectStart: scopes.append(Scope(container: .object, start: start))
    case .arrayStart: scopes.append(Scope(container: .array, start: start))
    case .string: stringStart = offset
    case .objectEnd, .arrayEnd, .key, .number, .null, .bool, .end: break
    }
    guard scopes.count <= PatternLimits.depthMax else {
      throw error(
        "Document nesting depth (\(scopes.count)) exceeds the maximum allowed (\(PatternLimits.depthMax), "
          + "from `StreamReadConstraints.getMaxNestingDepth()`)")
    }
    return token
  }

  private mutating func close(_ container: Container) throws(PatternError) -> Token {
    offset += 1
    guard let scope = scopes.last else {
      let other: Container = container == .object ? .array : .object
      let start = PatternError.location(in: pattern, line: 1, column: 0)
      throw error(
        "Unexpected close marker '\(container.closer)': expected '\(other.closer)' (for root starting at \(start))")
    }
    guard scope.container == container else {
      let start = place(of: scope)
      throw error(
        "Unexpected close marker '\(container.closer)': expected '\(scope.container.closer)' "
          + "(for \(scope.container.name) starting at \(start))")
    }
    scopes.removeLast()
    return container == .object ? .objectEnd : .arrayEnd
  }

  private func place(of scope: Scope) -> String {
    let (line, column) = position(of: scope.start)
    return PatternError.location(in: pattern, line: line, column: column)
  }

  private mutating func finishString() throws(PatternError) -> String {
    guard let start = stringStart else { preconditionFailure("a string's text is taken once") }
    precondition(start == offset, "nothing is read between a string's quote and its text")
    stringStart = nil
    return try quoted(
      missing: "Unexpected end-of-input: was expecting closing quote for a string value", place: "string value")
  }

  private mutating func skipBlankWithin(_ container: Container) throws(PatternError) {
    try skipBlank()
    if offset >= units.count { throw error("Unexpected end-of-input within/between \(container.name) entries") }
  }

  private mutating func skipBlank() throws(PatternError) {
    while offset < units.count {
      switch units[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      case 0..<0x20:
        throw error(
          "Illegal character (\(shown(units[offset]))): only regular white space (\\r, \\n, \\t) "
            + "is allowed between tokens", at: offset)
      case UInt16(ascii: "/"):
        throw unexpected(
          at: offset,
          ": maybe a (non-standard) comment? "
            + "(not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)")
      default: return
      }
    }
  }
}

extension UInt16 {
  /// The UTF-16 unit of an ASCII character.
  init(ascii character: Unicode.Scalar) {
    self = UInt16(UInt8(ascii: character))
  }
}
