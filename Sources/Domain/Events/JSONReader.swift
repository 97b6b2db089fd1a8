/// Why a text is not JSON, and where.
public struct JSONError: Error, Sendable, Hashable {
  public let reason: String
  /// Bytes before the offending one.
  public let offset: Int
  /// Counted from 1.
  public let line: Int
  /// Counted from 1, in bytes.
  public let column: Int

  public var message: String { "\(reason) (line \(line), column \(column))" }
}

extension JSON {
  /// Nesting that is read at most; Jackson's limit, so EventBridge's.
  public static let depthMax = 1_000

  /// Reads one JSON text and nothing after it but white space.
  public init(parsing text: String) throws(JSONError) {
    self = try JSON.parse(Array(text.utf8))
  }

  /// Reads one JSON text in UTF-8 and nothing after it but white space.
  public init(parsing bytes: some Collection<UInt8>) throws(JSONError) {
    self = try JSON.parse(Array(bytes))
  }

  private static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSON {
    var reader = JSONReader(bytes)
    let value = try reader.value()
    try reader.expectEnd()
    return value
  }
}

/// A reader of JSON text that stands at a byte; each call takes one value or token and moves on.
///
/// Source: RFC 8259; depth bounded by `JSON.depthMax`.
public struct JSONReader: Sendable {
  private let bytes: [UInt8]
  /// Bytes taken so far.
  public private(set) var offset = 0
  private var depth = 0

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { offset = 3 }
  }

  /// Takes one value of any kind.
  public mutating func value() throws(JSONError) -> JSON {
    skipBlank()
    guard offset < bytes.count else { throw error("the text ends where a value is due") }
    switch bytes[offset] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: throw error("unexpected character \(shown(bytes[offset]))")
    }
  }

  /// Refuses anything but white space up to the end.
  public mutating func expectEnd() throws(JSONError) {
    skipBlank()
    if offset < bytes.count { throw error("unexpected text after the value") }
  }

  /// The next byte that is not white space, left where it is; nil at the end.
  public mutating func peek() -> UInt8? {
    skipBlank()
    return offset < bytes.count ? bytes[offset] : nil
  }

  /// Takes that punctuation mark if it is next.
  public mutating func take(_ mark: Character) -> Bool {
    guard let ascii = mark.asciiValue, peek() == ascii else { return false }
    offset += 1
    return true
  }

  /// Takes a string with its quotes, escapes resolved.
  public mutating func string() throws(JSONError) -> String {
    skipBlank()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { throw error("a string is due") }
    offset += 1
    let start = offset
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""):
        let text = try utf8(bytes[start..<offset])
        offset += 1
        return text
      case UInt8(ascii: "\\"):
        return try escapedString(from: start)
      case 0..<0x20:
        throw error("a control character must be escaped")
      default:
        offset += 1
      }
    }
    throw error("the string does not end")
  }

  /// An error at the byte that comes next.
  public func error(_ reason: String) -> JSONError {
    error(reason, at: offset)
  }

  /// An error at that byte.
  public func error(_ reason: String, at place: Int) -> JSONError {
    var line = 1
    var column = 1
    for byte in bytes.prefix(place) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else {
        column += 1
      }
    }
    return JSONError(reason: reason, offset: place, line: line, column: column)
  }

  private mutating func object() throws(JSONError) -> JSON {
    try enter()
    var members: [JSON.Member] = []
    if take("}") { return leave(.object(members)) }
    repeat {
      guard peek() == UInt8(ascii: "\"") else { throw error("a key in quotes is due") }
      let key = try string()
      guard take(":") else { throw error("a colon is due after the key") }
      members.append(JSON.Member(key, try value()))
    } while take(",")
    guard take("}") else { throw error("a comma or } is due") }
    return leave(.object(members))
  }

  private mutating func array() throws(JSONError) -> JSON {
    try enter()
    var elements: [JSON] = []
    if take("]") { return leave(.array(elements)) }
    repeat {
      elements.append(try value())
    } while take(",")
    guard take("]") else { throw error("a comma or ] is due") }
    return leave(.array(elements))
  }

  private mutating func enter() throws(JSONError) {
    guard depth < JSON.depthMax else { throw error("nested deeper than \(JSON.depthMax)") }
    depth += 1
    offset += 1
  }

  private mutating func leave(_ value: JSON) -> JSON {
    depth -= 1
    return value
  }

  private mutating func literal(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    let matches = word.withUTF8Buffer { expected in
      bytes.count - offset >= expected.count && bytes[offset..<(offset + expected.count)].elementsEqual(expected)
    }
    guard matches else { throw error("unexpected word") }
    offset += word.utf8CodeUnitCount
    return value
  }

  private mutating func number() throws(JSONError) -> JSONNumber {
    let start = offset
    if bytes[offset] == UInt8(ascii: "-") { offset += 1 }
    let whole = offset
    guard digits() else { throw error("a digit is due") }
    if bytes[whole] == UInt8(ascii: "0"), offset - whole > 1 {
      throw error("a number must not start with a zero", at: whole)
    }
    if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
      offset += 1
      guard digits() else { throw error("a digit is due after the point") }
    }
    if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
      offset += 1
      if offset < bytes.count, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-") { offset += 1 }
      guard digits() else { throw error("a digit is due in the exponent") }
    }
    return JSONNumber(checked: String(decoding: bytes[start..<offset], as: UTF8.self))
  }

  private mutating func digits() -> Bool {
    let start = offset
    while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) { offset += 1 }
    return offset > start
  }

  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var plain = Array(bytes[start..<offset])
    while offset < bytes.count {
      let byte = bytes[offset]
      switch byte {
      case UInt8(ascii: "\""):
        let text = try utf8(plain[...])
        offset += 1
        return text
      case UInt8(ascii: "\\"):
        offset += 1
        try escape(into: &plain)
      case 0..<0x20:
        throw error("a control character must be escaped")
      default:
        plain.append(byte)
        offset += 1
      }
    }
    throw error("the string does not end")
  }

  private mutating func escape(into plain: inout [UInt8]) throws(JSONError) {
    guard offset < bytes.count else { throw error("the string does not end") }
    let mark = bytes[offset]
    offset += 1
    switch mark {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain.append(mark)
    case UInt8(ascii: "b"): plain.append(0x08)
    case UInt8(ascii: "f"): plain.append(0x0C)
    case UInt8(ascii: "n"): plain.append(0x0A)
    case UInt8(ascii: "r"): plain.append(0x0D)
    case UInt8(ascii: "t"): plain.append(0x09)
    case UInt8(ascii: "u"): plain.append(contentsOf: String(try escapedScalar()).utf8)
    default: throw error("unknown escape \\\(shown(mark))", at: offset - 1)
    }
  }

  /// A `\u` escape, or the pair of them that a character beyond the BMP needs; a lone surrogate becomes U+FFFD.
  private mutating func escapedScalar() throws(JSONError) -> Character {
    let first = try hexUnit()
    if let scalar = Unicode.Scalar(first) { return Character(scalar) }
    guard (0xD800..<0xDC00).contains(first), offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
      bytes[offset + 1] == UInt8(ascii: "u")
    else { return "\u{FFFD}" }
    let mark = offset
    offset += 2
    let second = try hexUnit()
    guard (0xDC00..<0xE000).contains(second) else {
      offset = mark
      return "\u{FFFD}"
    }
    let code = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
    return Unicode.Scalar(code).map(Character.init) ?? "\u{FFFD}"
  }

  private mutating func hexUnit() throws(JSONError) -> UInt16 {
    guard bytes.count - offset >= 4 else { throw error("four hex digits are due") }
    var unit: UInt16 = 0
    for place in offset..<(offset + 4) {
      guard let digit = Character(Unicode.Scalar(bytes[place])).hexDigitValue else {
        throw error("a hex digit is due", at: place)
      }
      unit = unit << 4 | UInt16(digit)
    }
    offset += 4
    return unit
  }

  private func utf8(_ slice: ArraySlice<UInt8>) throws(JSONError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else { throw error("the string is not UTF-8") }
    return text
  }

  private mutating func skipBlank() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      default: return
      }
    }
  }

  private func shown(_ byte: UInt8) -> String {
    (0x20..<0x7F).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "0x\(String(byte, radix: 16))"
  }
}
