extension PatternReader {
  private static let expectedValue = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

  /// Takes a string up to its closing quote, escapes resolved; the opening quote is taken already.
  mutating func quoted(missing: String, place: String) throws(PatternError) -> [UInt8] {
    let start = offset
    try passPlain(missing: missing, place: place)
    guard bytes[offset] == UInt8(ascii: "\\") else {
      offset += 1
      return Array(bytes[start..<(offset - 1)])
    }
    var plain = Array(bytes[start..<offset])
    while bytes[offset] == UInt8(ascii: "\\") {
      offset += 1
      plain += try escaped()
      let next = offset
      try passPlain(missing: missing, place: place)
      plain += bytes[next..<offset]
    }
    offset += 1
    return plain
  }

  /// The same, for a string that nobody looks at.
  mutating func passQuoted(missing: String, place: String) throws(PatternError) {
    try passPlain(missing: missing, place: place)
    while bytes[offset] == UInt8(ascii: "\\") {
      offset += 1
      _ = try escaped()
      try passPlain(missing: missing, place: place)
    }
    offset += 1
  }

  /// Comes to the quote or the backslash that is next in a string.
  private mutating func passPlain(missing: String, place: String) throws(PatternError) {
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): return
      case 0..<0x20:
        throw error(
          "Illegal unquoted character (\(shown(at: offset))): "
            + "has to be escaped using backslash to be included in \(place)", at: offset)
      default: offset += 1
      }
    }
    throw error(missing)
  }

  /// Takes `true`, `false` or `null`, or says what stands there instead.
  mutating func word() throws(PatternError) -> Token {
    let start = offset
    guard isWordPart(at: start), !isDigit(bytes[start]) else {
      guard bytes[start] == UInt8(ascii: "+") else {
        throw unexpected(at: start, ": expected a valid value \(PatternReader.expectedValue)")
      }
      throw unexpected(
        at: start,
        " in numeric value: JSON spec does not allow numbers to have plus signs: enable "
          + "`JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow")
    }
    passWord()
    let word = String(decoding: bytes[start..<offset], as: UTF8.self)
    switch word {
    case "true": return .yes
    case "false": return .no
    case "null": return .null
    case "NaN", "Infinity": throw nonStandard(word)
    default: throw error("Unrecognized token '\(word)': was expecting \(PatternReader.expectedValue)")
    }
  }

  mutating func passNumber() throws(PatternError) {
    let start = offset
    if bytes[offset] == UInt8(ascii: "-") {
      offset += 1
      try refuseInfinity(from: start)
      try expectDigit("expected digit (0-9) to follow minus sign, for valid numeric value")
    }
    let whole = offset
    passDigits()
    if bytes[whole] == UInt8(ascii: "0"), offset - whole > 1 {
      throw error("Invalid numeric value: Leading zeroes not allowed", at: whole + 1)
    }
    if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
      offset += 1
      try expectDigit("Decimal point not followed by a digit")
      passDigits()
    }
    if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
      offset += 1
      if offset < bytes.count, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-") {
        offset += 1
      }
      try expectDigit("Exponent indicator not followed by a digit")
      passDigits()
    }
  }

  /// Takes what follows a backslash: one character, or as many as their `\u` escapes make.
  private mutating func escaped() throws(PatternError) -> [UInt8] {
    guard offset < bytes.count else { throw error("Unexpected end-of-input in character escape sequence") }
    let byte: UInt8
    switch bytes[offset] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte = bytes[offset]
    case UInt8(ascii: "b"): byte = 0x08
    case UInt8(ascii: "f"): byte = 0x0C
    case UInt8(ascii: "n"): byte = 0x0A
    case UInt8(ascii: "r"): byte = 0x0D
    case UInt8(ascii: "t"): byte = 0x09
    case UInt8(ascii: "u"): return Array(String(decoding: try hexUnits(), as: UTF16.self).utf8)
    default: throw error("Unrecognized character escape \(shown(at: offset))", at: offset)
    }
    offset += 1
    return [byte]
  }

  /// Takes `\u` escapes in a row, the first without its backslash: only together they say which surrogates are lone.
  private mutating func hexUnits() throws(PatternError) -> [UInt16] {
    var units = [try hexUnit()]
    while offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u") {
      offset += 1
      units.append(try hexUnit())
    }
    return units
  }

  private mutating func hexUnit() throws(PatternError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      offset += 1
      guard offset < bytes.count else { throw error("Unexpected end-of-input in character escape sequence") }
      guard let digit = hexDigit(bytes[offset]) else {
        throw unexpected(at: offset, ": expected a hex-digit for character escape sequence")
      }
      unit = unit << 4 | UInt16(digit)
    }
    offset += 1
    return unit
  }

  private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private mutating func refuseInfinity(from start: Int) throws(PatternError) {
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: "I") else { return }
    passWord()
    throw nonStandard(String(decoding: bytes[start..<offset], as: UTF8.self))
  }

  private func nonStandard(_ word: String) -> PatternError {
    error("Non-standard token '\(word)': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow")
  }

  private func expectDigit(_ reason: String) throws(PatternError) {
    guard offset < bytes.count else { throw error("Unexpected end-of-input in numeric value: \(reason)") }
    if !isDigit(bytes[offset]) { throw unexpected(at: offset, " in numeric value: \(reason)") }
  }

  private mutating func passDigits() {
    while offset < bytes.count, isDigit(bytes[offset]) { offset += 1 }
  }

  private mutating func passWord() {
    while offset < bytes.count, isWordPart(at: offset) {
      offset += bytes[offset] < 0x80 ? 1 : UTF8.width(scalar(at: offset))
    }
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Whether Java takes the unit there for part of an identifier, which is how far Jackson quotes an unknown word.
  private func isWordPart(at place: Int) -> Bool {
    switch bytes[place] {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
      UInt8(ascii: "$"):
      return true
    case 0..<0x80: return isDigit(bytes[place])
    default: break
    }
    let scalar = scalar(at: place)
    guard scalar.value <= 0xFFFF else { return false }
    let category = scalar.properties.generalCategory
    return scalar.properties.isXIDContinue || category == .currencySymbol || category == .connectorPunctuation
  }
}
