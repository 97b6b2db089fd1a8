extension PatternReader {
  static let openString = "Unexpected end-of-input: was expecting closing quote for a string value"

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
    error("Unexpected character (\(shown(at: place)))\(detail)", at: place)
  }

  /// The character as Jackson names it: `'x' (code 120)`; of a character beyond the BMP it sees half.
  func shown(at place: Int) -> String {
    guard let unit = scalar(at: place).utf16.first else { preconditionFailure("every character has a unit") }
    if unit < 0x20 { return "(CTRL-CHAR, code \(unit))" }
    let hex = unit > 0xFF ? " / 0x\(String(unit, radix: 16))" : ""
    return "'\(String(decoding: [unit], as: UTF16.self))' (code \(unit)\(hex))"
  }

  /// The character that begins at that byte.
  func scalar(at place: Int) -> Unicode.Scalar {
    guard let scalar = String(decoding: bytes[place..<min(place + 4, bytes.count)], as: UTF8.self).unicodeScalars.first
    else { preconditionFailure("a character is asked for where there is one") }
    return scalar
  }

  /// The line and the column of a byte; only errors count them.
  func position(of place: Int) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    for index in 0..<place {
      let byte = bytes[index]
      let isReturn = byte == UInt8(ascii: "\r")
      let isLoneReturn = isReturn && !(index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "\n"))
      if byte == UInt8(ascii: "\n") || isLoneReturn {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        // Four bytes are two UTF-16 units.
        column += byte >= 0xF0 ? 2 : 1
      }
    }
    return (line, column)
  }
}
