/// Why a text is no event pattern, in the words of EventBridge.
public struct PatternError: Error, Sendable, Hashable {
  /// What is wrong, without the place.
  public let reason: String
  /// Counted from 1; nil for the reasons that EventBridge sends without a place.
  public let line: Int?
  /// Counted from 1, in UTF-16 units, of the character after the token that was read last; nil together with `line`.
  ///
  /// The token after a key is read with the key, a string is read to its end only when its text is asked for: so says
  /// Jackson, whose places these are. A complaint about one character stands at that character.
  public let column: Int?
  let pattern: String
  /// Errors inside a list of `anything-but` come with their place twice; EventBridge wraps them twice.
  let isWrappedTwice: Bool

  init(_ reason: String, in pattern: String, line: Int? = nil, column: Int? = nil, isWrappedTwice: Bool = false) {
    self.reason = reason
    self.line = line
    self.column = column
    self.pattern = pattern
    self.isWrappedTwice = isWrappedTwice
  }

  /// The message of an `InvalidEventPatternException`.
  ///
  /// Source: recorded answers of the service.
  public var message: String {
    let start = "Event pattern is not valid. Reason: \(reason)"
    guard let line, let column else { return start }
    let place = "\n at " + PatternError.location(in: pattern, line: line, column: column)
    return start + place + (isWrappedTwice ? place : "")
  }

  /// `[Source: (String)"…"; line: L, column: C]`, the text cut to `PatternLimits.quotedMax` characters.
  static func location(in pattern: String, line: Int, column: Int) -> String {
    let units = Array(pattern.utf16)
    var quoted = ""
    for character in String(decoding: units.prefix(PatternLimits.quotedMax), as: UTF16.self).unicodeScalars {
      quoted += isEscaped(character) ? escape(character) : String(character)
    }
    let rest = units.count - PatternLimits.quotedMax
    let cut = rest > 0 ? "[truncated \(rest) chars]" : ""
    return "[Source: (String)\"\(quoted)\"\(cut); line: \(line), column: \(column)]"
  }

  private static func isEscaped(_ character: Unicode.Scalar) -> Bool {
    character.properties.generalCategory == .control && character != "\r" && character != "\n"
  }

  private static func escape(_ character: Unicode.Scalar) -> String {
    let hex = String(character.value, radix: 16, uppercase: true)
    return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
  }
}
