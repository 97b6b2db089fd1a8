import AWSPorts

/// What the text of an expression is made of.
enum ExpressionToken: Sendable, Hashable {
  /// An attribute's name, a keyword or a function.
  case word(String)
  /// `#n`, with the sign.
  case alias(String)
  /// `:v`, with the colon.
  case value(String)
  /// Digits of a list's index.
  case index(String)
  /// A comparator or a punctuation mark.
  case mark(String)

  var text: String {
    switch self {
    case .word(let text), .alias(let text), .value(let text), .index(let text), .mark(let text): text
    }
  }

  private static let marks = ["<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ".", "+", "-"]

  /// Takes an expression apart; the error is the text that is no token.
  static func tokens(of text: String) -> Result<[ExpressionToken], SyntaxFault> {
    var rest = Array(text.utf8)[...]
    var tokens: [ExpressionToken] = []
    func run(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> { bytes.prefix(while: isName) }
    while let first = rest.first {
      if first == 0x20 || first == 0x09 || first == 0x0A || first == 0x0D {
        rest = rest.dropFirst()
        continue
      }
      if first == UInt8(ascii: "#") || first == UInt8(ascii: ":") {
        let name = run(rest.dropFirst())
        guard !name.isEmpty else { return .failure(SyntaxFault(token: String(decoding: [first], as: UTF8.self))) }
        let text = String(decoding: rest.prefix(name.count + 1), as: UTF8.self)
        tokens.append(first == UInt8(ascii: "#") ? .alias(text) : .value(text))
        rest = rest.dropFirst(name.count + 1)
      } else if isLetter(first) {
        let name = run(rest)
        tokens.append(.word(String(decoding: name, as: UTF8.self)))
        rest = rest.dropFirst(name.count)
      } else if isDigit(first) {
        let digits = rest.prefix(while: isDigit)
        tokens.append(.index(String(decoding: digits, as: UTF8.self)))
        rest = rest.dropFirst(digits.count)
      } else if let mark = marks.first(where: { rest.starts(with: $0.utf8) }) {
        tokens.append(.mark(mark))
        rest = rest.dropFirst(mark.utf8.count)
      } else {
        return .failure(SyntaxFault(token: String(decoding: rest.prefix(1), as: UTF8.self)))
      }
    }
    return .success(tokens)
  }

  /// A character that starts nothing.
  struct SyntaxFault: Error {
    let token: String
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & ~0x20) }
  private static func isName(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") }
}
