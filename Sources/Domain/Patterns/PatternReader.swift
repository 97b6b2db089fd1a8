/// A reader of pattern text that stands at a place; each call takes one token and moves on.
///
/// It reads as Jackson's parser of strings does, because EventBridge's errors name Jackson's places: the first token of
/// a value is read together with its key, and a string is read to its end only when it is asked for or passed.
/// Source: RFC 8259; Jackson 2.14's texts and places, and those recorded from EventBridge where they differ.
struct PatternReader {
  enum Token: Sendable {
    case objectStart
    case objectEnd
    case arrayStart
    case arrayEnd
    /// Its text is the reader's `key`.
    case key
    case string
    case number
    case null
    case yes
    case no
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
    var hasEntries = false
  }

  private static let scopesUsual = 4

  let pattern: String
  let bytes: [UInt8]
  /// Bytes taken so far.
  var offset = 0
  /// The key that was taken last, escapes resolved.
  private(set) var key: [UInt8] = []
  private var token = Token.end
  private var scopes: [Scope] = []
  private var pending: Token?
  private var isInString = false
  private var numberStart = 0

  init(_ pattern: String) {
    self.pattern = pattern
    bytes = Array(pattern.utf8)
    scopes.reserveCapacity(PatternReader.scopesUsual)
  }

  /// Takes the next token.
  mutating func next() throws(PatternError) -> Token {
    if let ahead = pending {
      pending = nil
      token = try opened(ahead, at: offset - 1)
      return token
    }
    if isInString { try passString() }
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
    case .key: String(decoding: key, as: UTF8.self)
    case .string: String(decoding: try string(), as: UTF8.self)
    case .number: numberText
    case .null: "null"
    case .yes: "true"
    case .no: "false"
    case .end: ""
    }
  }

  /// The last token, which is a string, resolved.
  mutating func string() throws(PatternError) -> [UInt8] {
    precondition(isInString, "a string's text is taken once")
    isInString = false
    return try quoted(missing: PatternReader.openString, place: "string value")
  }

  /// The last token, which is a number, as it is spelt.
  var numberText: String { String(decoding: bytes[numberStart..<offset], as: UTF8.self) }

  // MARK: Structure

  private mutating func read() throws(PatternError) -> Token {
    try skipBlank()
    guard offset < bytes.count else {
      guard let scope = scopes.last else { return .end }
      let start = place(of: scope)
      throw error(
        "Unexpected end-of-input: expected close marker for \(scope.container.name) (start marker at \(start))")
    }
    if bytes[offset] == UInt8(ascii: "}") { return try close(.object) }
    if bytes[offset] == UInt8(ascii: "]") { return try close(.array) }
    guard let scope = scopes.last else { return try opened(value(), at: offset - 1) }
    if scope.hasEntries {
      guard bytes[offset] == UInt8(ascii: ",") else {
        throw unexpected(at: offset, ": was expecting comma to separate \(scope.container.name) entries")
      }
      offset += 1
      try skipBlankWithin(scope.container)
    } else {
      scopes[scopes.count - 1].hasEntries = true
    }
    switch scope.container {
    case .object: return try keyAndColon()
    case .array: return try opened(value(), at: offset - 1)
    }
  }

  /// Takes a key, its colon, and the beginning of its value, which `next` gives out afterwards.
  private mutating func keyAndColon() throws(PatternError) -> Token {
    guard bytes[offset] == UInt8(ascii: "\"") else {
      throw unexpected(at: offset, ": was expecting double-quote to start field name")
    }
    offset += 1
    key = try quoted(missing: "Unexpected end-of-input in field name", place: "name")
    try skipBlankWithin(.object)
    guard bytes[offset] == UInt8(ascii: ":") else {
      throw unexpected(at: offset, ": was expecting a colon to separate field name and value")
    }
    offset += 1
    try skipBlankWithin(.object)
    pending = try value()
    return .key
  }

  /// Takes a value that is one token, or the beginning of any other.
  private mutating func value() throws(PatternError) -> Token {
    switch bytes[offset] {
    case UInt8(ascii: "\""):
      offset += 1
      return .string
    case UInt8(ascii: "{"):
      offset += 1
      return .objectStart
    case UInt8(ascii: "["):
      offset += 1
      return .arrayStart
    case UInt8(ascii: "}"):
      throw unexpected(at: offset, ": expected a value")
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      numberStart = offset
      try passNumber()
      return .number
    default:
      return try word()
    }
  }

  /// Enters what the token begins.
  private mutating func opened(_ token: Token, at start: Int) throws(PatternError) -> Token {
    switch token {
    case .objectStart: scopes.append(Scope(container: .object, start: start))
    case .arrayStart: scopes.append(Scope(container: .array, start: start))
    case .string: isInString = true
    case .objectEnd, .arrayEnd, .key, .number, .null, .yes, .no, .end: break
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

  private mutating func passString() throws(PatternError) {
    isInString = false
    try passQuoted(missing: PatternReader.openString, place: "string value")
  }

  private mutating func skipBlankWithin(_ container: Container) throws(PatternError) {
    try skipBlank()
    if offset >= bytes.count { throw error("Unexpected end-of-input within/between \(container.name) entries") }
  }

  private mutating func skipBlank() throws(PatternError) {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      case 0..<0x20:
        throw error(
          "Illegal character (\(shown(at: offset))): only regular white space (\\r, \\n, \\t) "
            + "is allowed between tokens", at: offset)
      case UInt8(ascii: "/"):
        throw unexpected(
          at: offset,
          ": maybe a (non-standard) comment? "
            + "(not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)")
      default: return
      }
    }
  }
}
