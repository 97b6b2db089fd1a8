extension PatternReader {
  private static let expectedValue = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

  /// Takes a string up to its closing quote, escapes resolved; the opening quote is taken already.
  mutating func quoted(missing: String, place: String) throws(PatternError) -> String {
    var plain: [UInt16] = []
    while offset < units.count {
      let unit = units[offset]
      switch unit {
      case UInt16(ascii: "\""):
        offset += 1
        return String(decoding: plain, as: UTF16.self)
      case UInt16(ascii: "\\"):
        offset += 1
        plain.append(try escaped())
      case 0..<0x20:
        throw error(
          "Illegal unquoted character (\(shown(unit))): has to be escaped using backslash to be included in \(place)",
          at: offset)
      default:
        plain.append(unit)
        offset += 1
      }
    }
    throw error(missing)
  }

  /// Takes `true`, `false` or `null`, or says what stands there instead.
  mutating func word() throws(PatternError) -> Token {
    let start = offset
    guard isWordStart(units[start]) else {
      guard units[start] == UInt16(ascii: "+") else {
        throw unexpected(at: start, ": expected a valid value \(PatternReader.expectedValue)")
      }
      throw unexpected(
        at: start,
        " in numeric value: JSON spec does not allow numbers to have plus signs: enable "
          + "`JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow")
    }
    while offset < units.count, isWordPart(units[offset]) { offset += 1 }
    let word = String(decoding: units[start..<offset], as: UTF16.self)
    switch word {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    case "NaN", "Infinity": throw nonStandard(word)
    default: throw error("Unrecognized token '\(word)': was expecting \(PatternReader.expectedValue)")
    }
  }

  /// Takes a number and gives its spelling.
  mutating func number() throws(PatternError) -> String {
    let start = offset
    if units[offset] == UInt16(ascii: "-") {
      offset += 1
      try refuseInfinity(from: start)
      try expectDigit("expected digit (0-9) to follow minus sign, for valid numeric value")
    }
    let whole = offset
    skipDigits()
    if units[whole] == UInt16(ascii: "0"), offset - whole > 1 {
      throw error("Invalid numeric value: Leading zeroes not allowed", at: whole + 1)
    }
    if offset < units.count, units[offset] == UInt16(ascii: ".") {
      offset += 1
      try expectDigit("Decimal point not followed by a digit")
      skipDigits()
    }
    if offset < units.count, units[offset] | 0x20 == UInt16(ascii: "e") {
      offset += 1
      if offset < units.count, units[offset] == UInt16(ascii: "+") || units[offset] == UInt16(ascii: "-") {
        offset += 1
      }
      try expectDigit("Exponent indicator not followed by a digit")
      skipDigits()
    }
    return String(decoding: units[start..<offset], as: UTF16.self)
  }

  private mutating func escaped() throws(PatternError) -> UInt16 {
    guard offset < units.count else { throw error("Unexpected end-of-input in character escape sequence") }
    let mark = units[offset]
    let unit: UInt16
    switch mark {
    case UInt16(ascii: "\""), UInt16(ascii: "\\"), UInt16(ascii: "/"): unit = mark
    case UInt16(ascii: "b"): unit = 0x08
    case UInt16(ascii: "f"): unit = 0x0C
    case UInt16(ascii: "n"): unit = 0x0A
    case UInt16(ascii: "r"): unit = 0x0D
    case UInt16(ascii: "t"): unit = 0x09
    case UInt16(ascii: "u"): return try hexUnit()
    default: throw error("Unrecognized character escape \(shown(mark))", at: offset)
    }
    offset += 1
    return unit
  }

  private mutating func hexUnit() throws(PatternError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      offset += 1
      guard offset < units.count else { throw error("Unexpected end-of-input in character escape sequence") }
      guard let digit = hexDigit(units[offset]) else {
        throw unexpected(at: offset, ": expected a hex-digit for character escape sequence")
      }
      unit = unit << 4 | digit
    }
    offset += 1
    return unit
  }

  private func hexDigit(_ unit: UInt16) -> UInt16? {
    switch unit {
    case UInt16(ascii: "0")...UInt16(ascii: "9"): unit - UInt16(ascii: "0")
    case UInt16(ascii: "a")...UInt16(ascii: "f"): unit - UInt16(ascii: "a") + 10
    case UInt16(ascii: "A")...UInt16(ascii: "F"): unit - UInt16(ascii: "A") + 10
    default: nil
    }
  }

  private mutating func refuseInfinity(from start: Int) throws(PatternError) {
    guard offset < units.count, units[offset] == UInt16(ascii: "I") else { return }
    while offset < units.count, isWordPart(units[offset]) { offset += 1 }
    throw nonStandard(String(decoding: units[start..<offset], as: UTF16.self))
  }

  private func nonStandard(_ word: String) -> PatternError {
    error("Non-standard token '\(word)': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow")
  }

  private func expectDigit(_ reason: String) throws(PatternError) {
    guard offset < units.count else { throw error("Unexpected end-of-input in numeric value: \(reason)") }
    if !isDigit(units[offset]) { throw unexpected(at: offset, " in numeric value: \(reason)") }
  }

  private mutating func skipDigits() {
    while offset < units.count, isDigit(units[offset]) { offset += 1 }
  }

  private func isDigit(_ unit: UInt16) -> Bool {
    (UInt16(ascii: "0")...UInt16(ascii: "9")).contains(unit)
  }

  private func isWordStart(_ unit: UInt16) -> Bool {
    isWordPart(unit) && !isDigit(unit)
  }

  /// Whether Java takes the unit for part of an identifier, which is how far Jackson quotes an unknown word.
  private func isWordPart(_ unit: UInt16) -> Bool {
    guard let scalar = Unicode.Scalar(unit) else { return false }
    let category = scalar.properties.generalCategory
    return scalar.properties.isXIDContinue || category == .currencySymbol || category == .connectorPunctuation
  }
}
