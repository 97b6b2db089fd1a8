/// Some of the ASCII characters, and all or none of the others.
struct RegexClass: Sendable, Hashable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0
  private var hasOthers = false

  static let any = RegexClass().inverted
  static let digits = RegexClass("0"..."9")
  static let blanks = RegexClass("\t"..."\r").union(RegexClass(" "..." "))
  static let word = digits.union(RegexClass("a"..."z")).union(RegexClass("A"..."Z")).union(RegexClass("_"..."_"))

  init() {}

  init(_ byte: UInt8) { insert(byte...byte) }

  private init(_ range: ClosedRange<Unicode.Scalar>) {
    insert(UInt8(ascii: range.lowerBound)...UInt8(ascii: range.upperBound))
  }

  /// - Parameter range: of ASCII characters.
  mutating func insert(_ range: ClosedRange<UInt8>) {
    for byte in range {
      if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
    }
  }

  func union(_ other: RegexClass) -> RegexClass {
    var both = self
    both.low |= other.low
    both.high |= other.high
    both.hasOthers = hasOthers || other.hasOthers
    return both
  }

  var inverted: RegexClass {
    var rest = self
    rest.low = ~low
    rest.high = ~high
    rest.hasOthers = !hasOthers
    return rest
  }

  /// - Parameter byte: the first of a character's bytes.
  func contains(_ byte: UInt8) -> Bool {
    switch byte {
    case 0..<64: low & (1 << UInt64(byte)) != 0
    case 64..<128: high & (1 << UInt64(byte - 64)) != 0
    default: hasOthers
    }
  }
}

/// A reader of regular expressions; nothing repeats but single characters, for there are no parentheses.
struct RegexReader {
  enum Item: Sendable, Hashable {
    case start
    case end
    /// `most` is nil without a bound.
    case characters(RegexClass, least: Int, most: Int?)
  }

  private let bytes: [UInt8]
  private let place: Int
  private var offset = 0

  /// - Parameter place: offset of the first byte in the pattern, for errors.
  init(_ bytes: [UInt8], at place: Int) {
    self.bytes = bytes
    self.place = place
  }

  /// Reads the expression to its end: sequences, one of which is enough.
  mutating func alternatives() throws(FilterPatternError) -> [[Item]] {
    guard !bytes.isEmpty else { throw error("the regular expression is empty") }
    var alternatives: [[Item]] = [[]]
    while let byte = next {
      if byte == UInt8(ascii: "|") {
        offset += 1
        alternatives.append([])
      } else {
        alternatives[alternatives.count - 1].append(try item())
      }
    }
    return alternatives
  }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private func error(_ reason: String) -> FilterPatternError { FilterPatternError(reason, at: place + offset) }

  private mutating func item() throws(FilterPatternError) -> Item {
    guard let byte = next else { throw error("a character is due") }
    switch byte {
    case UInt8(ascii: "^"):
      offset += 1
      return .start
    case UInt8(ascii: "$"):
      offset += 1
      return .end
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
      throw error("there is nothing that \(Character(Unicode.Scalar(byte))) could repeat")
    case UInt8(ascii: "."):
      offset += 1
      return try repeated(.any)
    case UInt8(ascii: "["):
      return try repeated(try characterClass())
    case UInt8(ascii: "]"), UInt8(ascii: "}"):
      throw error("\(Character(Unicode.Scalar(byte))) closes nothing")
    default:
      return try repeated(try character().characters)
    }
  }

  private mutating func repeated(_ wanted: RegexClass) throws(FilterPatternError) -> Item {
    switch next {
    case UInt8(ascii: "*"):
      offset += 1
      return .characters(wanted, least: 0, most: nil)
    case UInt8(ascii: "+"):
      offset += 1
      return .characters(wanted, least: 1, most: nil)
    case UInt8(ascii: "?"):
      offset += 1
      return .characters(wanted, least: 0, most: 1)
    case UInt8(ascii: "{"):
      return try counted(wanted)
    default:
      return .characters(wanted, least: 1, most: 1)
    }
  }

  /// `{2}`, `{2,}`, `{,3}` and `{2,3}`.
  private mutating func counted(_ wanted: RegexClass) throws(FilterPatternError) -> Item {
    let start = offset
    offset += 1
    let least = try count()
    var most = least
    var isOpen = false
    if next == UInt8(ascii: ",") {
      offset += 1
      while next == UInt8(ascii: " ") { offset += 1 }
      most = try count()
      isOpen = most == nil
    }
    guard next == UInt8(ascii: "}"), least != nil || most != nil else { throw error("{m,n} is due") }
    offset += 1
    let fewest = least ?? 0
    if let most, most < fewest { throw FilterPatternError("{m,n} counts backwards", at: place + start) }
    return .characters(wanted, least: fewest, most: isOpen ? nil : most)
  }

  private mutating func count() throws(FilterPatternError) -> Int? {
    let start = offset
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
    guard offset > start else { return nil }
    guard let count = Int(String(decoding: bytes[start..<offset], as: UTF8.self)),
      count <= FilterPatternLimits.repetitionsMax
    else {
      throw FilterPatternError("repeats more than \(FilterPatternLimits.repetitionsMax) times", at: place + start)
    }
    return count
  }

  private mutating func characterClass() throws(FilterPatternError) -> RegexClass {
    let start = offset
    offset += 1
    let isInverted = next == UInt8(ascii: "^")
    if isInverted { offset += 1 }
    var wanted = RegexClass()
    let first = offset
    while let byte = next {
      if byte == UInt8(ascii: "]") {
        guard offset > first else { throw error("the class is empty") }
        offset += 1
        return isInverted ? wanted.inverted : wanted
      }
      wanted = wanted.union(try classPart())
    }
    throw FilterPatternError("the class does not end", at: place + start)
  }

  /// A character, a range of them, or an escape that stands for several.
  private mutating func classPart() throws(FilterPatternError) -> RegexClass {
    let lower = try character()
    guard next == UInt8(ascii: "-"), offset + 1 < bytes.count, bytes[offset + 1] != UInt8(ascii: "]") else {
      return lower.characters
    }
    let start = offset
    offset += 1
    guard let first = lower.single, let last = try character().single, first <= last else {
      throw FilterPatternError("the range runs backwards or has no end", at: place + start)
    }
    var range = RegexClass()
    range.insert(first...last)
    return range
  }

  /// What one character or escape stands for; `single` is the character, if it is one.
  private typealias Meaning = (characters: RegexClass, single: UInt8?)

  /// Takes one character of the expression, or an escape.
  private mutating func character() throws(FilterPatternError) -> Meaning {
    guard let byte = next else { throw error("a character is due") }
    if byte == UInt8(ascii: "\\") { return try escape() }
    guard RegexReader.isSupported(byte) else { throw unsupported(byte) }
    offset += 1
    return (RegexClass(byte), byte)
  }

  private mutating func escape() throws(FilterPatternError) -> Meaning {
    offset += 1
    guard let byte = next else { throw error("a character is due after \\") }
    offset += 1
    switch byte {
    case UInt8(ascii: "d"): return (.digits, nil)
    case UInt8(ascii: "D"): return (RegexClass.digits.inverted, nil)
    case UInt8(ascii: "s"): return (.blanks, nil)
    case UInt8(ascii: "S"): return (RegexClass.blanks.inverted, nil)
    case UInt8(ascii: "w"): return (.word, nil)
    case UInt8(ascii: "W"): return (RegexClass.word.inverted, nil)
    case UInt8(ascii: "t"): return (RegexClass(0x09), 0x09)
    case UInt8(ascii: "n"): return (RegexClass(0x0A), 0x0A)
    case UInt8(ascii: "x"):
      let code = try hexCode()
      return (RegexClass(code), code)
    default:
      guard RegexReader.isSupported(byte), !FilterPatternReader.isAlphanumeric(byte) else {
        offset -= 1
        throw unsupported(byte)
      }
      return (RegexClass(byte), byte)
    }
  }

  private mutating func hexCode() throws(FilterPatternError) -> UInt8 {
    let digits = bytes[offset...].prefix(2)
    guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), code < 0x80
    else { throw error("two hexadecimal digits of an ASCII character are due after \\x") }
    offset += 2
    return code
  }

  private func unsupported(_ byte: UInt8) -> FilterPatternError {
    let shown = byte < 0x80 ? "'\(Character(Unicode.Scalar(byte)))' is" : "multi-byte characters are"
    return error("\(shown) not supported in a regular expression")
  }

  /// Letters, digits, the symbols and operators the user guide lists, and the space that its own example has.
  private static func isSupported(_ byte: UInt8) -> Bool {
    FilterPatternReader.isAlphanumeric(byte) || ":_#=@/;,- ^$?[]{}|\\*+.".utf8.contains(byte)
  }
}
