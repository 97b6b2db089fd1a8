/// An operator and what stands on its right: `= "UpdateTrail"`, `!= 123.123.*`, `>= 500`, `= %val.{2}%`.
struct Comparison: Sendable, Hashable {
  enum Operator: String, Sendable, Hashable, CaseIterable {
    case equal = "="
    case unequal = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    /// Whether it asks for more or less, so for numbers only.
    var isOrdering: Bool {
      switch self {
      case .equal, .unequal: false
      case .less, .lessOrEqual, .greater, .greaterOrEqual: true
      }
    }
  }

  enum Operand: Sendable, Hashable {
    /// The number is there for unquoted words that spell one.
    case text(StarredText, number: Double?)
    case regex(BoundedRegex)
  }

  let test: Operator
  let operand: Operand

  /// Whether it holds for a value of that text; `number` is there if the value is a number.
  func holds(for text: [UInt8], number: Double?) -> Bool {
    switch operand {
    case .regex(let regex):
      return isEquality(regex.matches(text))
    case .text(let pattern, let bound):
      if let bound, let number { return isOrdered(number, bound) }
      return isEquality(pattern.matches(text))
    }
  }

  private func isEquality(_ isEqual: Bool) -> Bool {
    switch test {
    case .equal: isEqual
    case .unequal: !isEqual
    case .less, .lessOrEqual, .greater, .greaterOrEqual: false
    }
  }

  private func isOrdered(_ number: Double, _ bound: Double) -> Bool {
    switch test {
    case .equal: number == bound
    case .unequal: number != bound
    case .less: number < bound
    case .lessOrEqual: number <= bound
    case .greater: number > bound
    case .greaterOrEqual: number >= bound
    }
  }
}

/// A text with an asterisk for any characters at its beginning, its end, or both; one in the middle is an asterisk.
///
/// Source: CloudWatch Logs user guide of 2020, "Matching JSON Terms Using Metric Filters": `Ev*ent` will only match the
/// actual string `Ev*ent`.
struct StarredText: Sendable, Hashable {
  private let body: [UInt8]
  private let isOpenAtStart: Bool
  private let isOpenAtEnd: Bool

  init(_ bytes: [UInt8]) {
    let star = UInt8(ascii: "*")
    isOpenAtStart = bytes.first == star
    isOpenAtEnd = bytes.last == star
    let rest = isOpenAtStart ? bytes.dropFirst() : bytes[...]
    body = Array(isOpenAtEnd ? rest.dropLast() : rest)
  }

  func matches(_ text: [UInt8]) -> Bool {
    guard text.count >= body.count else { return false }
    switch (isOpenAtStart, isOpenAtEnd) {
    case (false, false): return text == body
    case (false, true): return text.starts(with: body)
    case (true, false): return text.suffix(body.count).elementsEqual(body)
    case (true, true):
      return (0...(text.count - body.count)).contains { text[$0..<($0 + body.count)].elementsEqual(body) }
    }
  }
}

/// The numbers of the pattern language: `400`, `+1000`, `55.5`, `1e-3`.
enum PlainNumber {
  /// The value, if these bytes spell a number and nothing else; `inf`, `0x10` and `1.` are none.
  static func value(_ bytes: some Collection<UInt8>) -> Double? {
    var rest = Array(bytes)[...]
    func takeDigits() -> Bool {
      let count = rest.count
      rest = rest.drop { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      return rest.count < count
    }
    func takeSign() {
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    }
    takeSign()
    guard takeDigits() else { return nil }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard takeDigits() else { return nil }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      takeSign()
      guard takeDigits() else { return nil }
    }
    return rest.isEmpty ? Double(String(decoding: bytes, as: UTF8.self)) : nil
  }
}
