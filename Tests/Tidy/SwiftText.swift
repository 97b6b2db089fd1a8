/// Swift source with the inside of its comments and of its string literals blanked, so that only code is looked at.
///
/// Line breaks stay, so lines keep their numbers. Code inside an interpolation stays code. Not understood are regular
/// expression literals; a quote in one would be taken for the start of a string.
struct SwiftText {
  /// What the scanner is inside of; the innermost is the last.
  private enum Place: Equatable {
    /// - Parameter depth: open parentheses; the interpolation ends with the one that opened it.
    case code(depth: Int)
    case string(pounds: Int, isMultiline: Bool)
  }

  /// What a comment, a text or an interpolation begins or ends with.
  private static let marks = Set("/\"#()".utf8)

  private let source: [UInt8]
  private var index = 0
  private var output: [UInt8] = []
  private var places = [Place.code(depth: 0)]

  /// The code of a source text.
  static func code(of text: String) -> String {
    var scanner = SwiftText(source: Array(text.utf8))
    return scanner.scan()
  }

  private init(source: [UInt8]) {
    self.source = source
  }

  private mutating func scan() -> String {
    while index < source.count {
      switch places.last {
      case .code(let depth)?: code(depth)
      case .string(let pounds, let isMultiline)?: string(pounds, isMultiline)
      case nil: return String(decoding: output, as: UTF8.self)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  private mutating func code(_ depth: Int) {
    guard SwiftText.marks.contains(source[index]) else { return keep() }
    if isNext("//") {
      while index < source.count, source[index] != UInt8(ascii: "\n") { blank() }
    } else if isNext("/*") {
      blockComment()
    } else if let (pounds, quotes) = openingQuotes() {
      for _ in 0..<(pounds + quotes) { keep() }
      places.append(.string(pounds: pounds, isMultiline: quotes == 3))
    } else {
      parentheses(depth)
      keep()
    }
  }

  private mutating func parentheses(_ depth: Int) {
    if isNext("(") { places[places.count - 1] = .code(depth: depth + 1) }
    guard isNext(")") else { return }
    places[places.count - 1] = .code(depth: depth - 1)
    if depth == 1, places.count > 1 { places.removeLast() }
  }

  private mutating func string(_ pounds: Int, _ isMultiline: Bool) {
    guard source[index] == UInt8(ascii: "\"") || source[index] == UInt8(ascii: "\\") else { return blank() }
    let fence = String(repeating: "#", count: pounds)
    if isNext((isMultiline ? "\"\"\"" : "\"") + fence) {
      for _ in 0..<((isMultiline ? 3 : 1) + pounds) { keep() }
      places.removeLast()
    } else if isNext("\\" + fence + "(") {
      for _ in 0..<(pounds + 2) { keep() }
      places.append(.code(depth: 1))
    } else if isNext("\\" + fence) {
      for _ in 0..<(pounds + 2) where index < source.count { blank() }
    } else {
      blank()
    }
  }

  private mutating func blockComment() {
    var depth = 0
    repeat {
      if isNext("/*") { depth += 1 }
      if isNext("*/") {
        depth -= 1
        blank()
      } else if isNext("/*") {
        blank()
      }
      if index < source.count { blank() }
    } while depth > 0 && index < source.count
  }

  /// The number signs and quotes of a string that begins here: `"`, `#"`, `"""`.
  private func openingQuotes() -> (pounds: Int, quotes: Int)? {
    let pounds = source[index...].prefix { $0 == UInt8(ascii: "#") }.count
    let quotes = source[(index + pounds)...].prefix { $0 == UInt8(ascii: "\"") }.count
    guard quotes > 0 else { return nil }
    return (pounds, quotes >= 3 ? 3 : 1)
  }

  private func isNext(_ text: String) -> Bool {
    source[index...].starts(with: text.utf8)
  }

  private mutating func keep() {
    output.append(source[index])
    index += 1
  }

  private mutating func blank() {
    output.append(source[index] == UInt8(ascii: "\n") ? source[index] : UInt8(ascii: " "))
    index += 1
  }
}
