/// A number that EventBridge compares by value, because its spelling and the nearest `Double` name the same decimal.
///
/// `1`, `1.0` and `10e-1` are one number and `-0` is `0`; 9007199254740993, `1e309` and anything of more digits than a
/// `Double` holds are none, and compare by spelling only.
/// Source: event-ruler 2.0.1, probed; `Double.toString` as of JDK 19.
package struct ComparableNumber: Sendable, Hashable {
  package let value: Double

  /// - Parameter text: a number by RFC 8259 §6.
  package init?(_ text: String) {
    if let plain = PlainDecimal(text) {
      value = plain.value
      return
    }
    guard let written = Decimal(text), let value = Double(text), value.isFinite,
      let nearest = Decimal(ComparableNumber.spelling(of: value)), written == nearest
    else { return nil }
    self.value = value.isZero ? 0 : value
  }

  /// Java's shortest spelling; unlike Swift's it has two digits at least, which matters to the smallest numbers only.
  private static func spelling(of value: Double) -> String {
    // Below two hundred times the least number, one digit may name a value that two digits come closer to.
    let multiple = value.magnitude.bitPattern
    guard multiple > 0, multiple < 200, Decimal(value.description)?.digits.count == 1 else { return value.description }
    let scaled = 4.940656458412465 * Double(multiple)
    let (mantissa, exponent) = scaled < 10 ? (scaled, 324) : scaled < 100 ? (scaled / 10, 323) : (scaled / 100, 322)
    return "\(value < 0 ? "-" : "")\((mantissa * 10).rounded())e-\(exponent + 1)"
  }
}

/// A decimal without the ways to spell it: the digits from the first to the last that is no zero, and their exponent.
private struct Decimal: Hashable {
  private let isNegative: Bool
  let digits: [UInt8]
  private let exponent: Int

  /// Nil if the exponent is too large for Java's `BigDecimal`.
  init?(_ text: String) {
    var digits: [UInt8] = []
    var exponent = 0
    var isFraction = false
    var rest = Array(text.utf8)[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest = rest.dropFirst() }
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "."): isFraction = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        guard let power = Int32(String(decoding: rest, as: UTF8.self)) else { return nil }
        exponent += Int(power)
        rest = []
      default:
        digits.append(byte)
        if isFraction { exponent -= 1 }
      }
    }
    while digits.last == UInt8(ascii: "0") {
      digits.removeLast()
      exponent += 1
    }
    self.digits = Array(digits.drop { $0 == UInt8(ascii: "0") })
    self.isNegative = isNegative && !self.digits.isEmpty
    self.exponent = self.digits.isEmpty ? 0 : exponent
  }
}

/// A decimal that a `Double` certainly names: of fifteen digits at most, and without an exponent.
private struct PlainDecimal {
  private static let digitsMax = 15
  /// Each is a `Double` without an error, and so the quotient is the nearest one.
  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  let value: Double

  /// Nil if it has more digits, or an exponent, or is no number.
  init?(_ text: String) {
    var digits = 0
    var whole: UInt64 = 0
    var decimals = 0
    var isNegative = false
    var isFraction = false
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        whole = whole * 10 + UInt64(byte - UInt8(ascii: "0"))
        digits += 1
        if isFraction { decimals += 1 }
        guard digits <= PlainDecimal.digitsMax else { return nil }
      case UInt8(ascii: "."): isFraction = true
      case UInt8(ascii: "-"): isNegative = true
      default: return nil
      }
    }
    let size = Double(whole) / PlainDecimal.powers[decimals]
    value = isNegative && whole > 0 ? -size : size
  }
}

/// The numbers between two bounds, each with or without the bound itself.
package struct NumericRange: Sendable, Hashable {
  package struct Bound: Sendable, Hashable {
    package let number: ComparableNumber
    package let isIncluded: Bool
  }

  package let lower: Bound?
  package let upper: Bound?

  package func contains(_ number: ComparableNumber) -> Bool {
    if let lower {
      guard number.value > lower.number.value || (lower.isIncluded && number == lower.number) else { return false }
    }
    if let upper {
      guard number.value < upper.number.value || (upper.isIncluded && number == upper.number) else { return false }
    }
    return true
  }
}
