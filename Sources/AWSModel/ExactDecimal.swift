/// A number of DynamoDB: decimal, exact, at most 38 significant digits.
///
/// Source: DynamoDB Developer Guide, "Supported data types and naming rules": 38 digits, 1E-130 to 9.9…E+125.
struct ExactDecimal: Sendable, Hashable {
  static let digitsMax = 38
  /// Powers of ten of the first digit that are kept.
  static let magnitudes = -130...125

  let isNegative: Bool
  /// Values 0 to 9, most significant first, without zeros at either end; none for zero.
  let digits: [UInt8]
  /// The power of ten of the last digit; 0 for zero.
  let exponent: Int

  static let zero = ExactDecimal(isNegative: false, digits: [], exponent: 0)

  private init(isNegative: Bool, digits: [UInt8], exponent: Int) {
    let lead = digits.prefix { $0 == 0 }.count
    let trail = digits.reversed().prefix { $0 == 0 }.count
    guard lead < digits.count else {
      self.isNegative = false
      self.digits = []
      self.exponent = 0
      return
    }
    self.isNegative = isNegative
    self.digits = Array(digits[lead..<(digits.count - trail)])
    self.exponent = exponent + trail
  }

  init(_ value: Int) {
    self.init(isNegative: value < 0, digits: String(value.magnitude).utf8.map { $0 - 48 }, exponent: 0)
  }

  /// Reads `-12.50`, `1e3`, `+.5`; nil for anything else.
  init?(_ text: String) {
    var rest = Array(text.utf8)[...]
    var isNegative = false
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      rest = rest.dropFirst()
    }
    func take() -> [UInt8] {
      let run = rest.prefix { (48...57).contains($0) }
      rest = rest.dropFirst(run.count)
      return run.map { $0 - 48 }
    }
    let whole = take()
    var fraction: [UInt8] = []
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = take()
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    var power = 0
    if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
      guard let written = Int(String(decoding: rest.dropFirst(), as: UTF8.self)), written.magnitude < 10_000 else {
        return nil
      }
      power = written
      rest = []
    }
    guard rest.isEmpty else { return nil }
    self.init(isNegative: isNegative, digits: whole + fraction, exponent: power - fraction.count)
  }

  /// The power of ten of the first digit.
  private var magnitude: Int { digits.count + exponent - 1 }

  /// What DynamoDB says against keeping it; nil if it can be kept.
  var complaint: String? {
    if digits.count > ExactDecimal.digitsMax {
      return "Attempting to store more than 38 significant digits in a Number"
    }
    if digits.isEmpty || ExactDecimal.magnitudes.contains(magnitude) { return nil }
    return magnitude > 0
      ? "Number overflow. Attempting to store a number with magnitude larger than supported range"
      : "Number underflow. Attempting to store a number with magnitude smaller than supported range"
  }

  /// Plain decimal notation, without an exponent: the form in which DynamoDB gives numbers back.
  var text: String {
    guard !digits.isEmpty else { return "0" }
    let ascii = digits.map { $0 + 48 }
    var out: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
    if exponent >= 0 {
      out += ascii + repeatElement(48, count: exponent)
    } else if ascii.count > -exponent {
      out += ascii.dropLast(-exponent) + [UInt8(ascii: ".")] + ascii.suffix(-exponent)
    } else {
      out += [48, UInt8(ascii: ".")] + repeatElement(48, count: -exponent - ascii.count) + ascii
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Bytes that DynamoDB counts for it: one for two digits, and one more.
  var size: Int { (digits.count + 1) / 2 + 1 + (isNegative ? 1 : 0) }

  static prefix func - (number: ExactDecimal) -> ExactDecimal {
    ExactDecimal(isNegative: !number.isNegative, digits: number.digits, exponent: number.exponent)
  }

  static func + (left: ExactDecimal, right: ExactDecimal) -> ExactDecimal {
    let exponent = min(left.exponent, right.exponent)
    let (first, second) = (left.reversedDigits(to: exponent), right.reversedDigits(to: exponent))
    if left.isNegative == right.isNegative {
      return ExactDecimal(isNegative: left.isNegative, digits: sum(first, second), exponent: exponent)
    }
    let isLeftLarger = !left.isSmallerInMagnitude(than: right)
    let digits = isLeftLarger ? difference(first, second) : difference(second, first)
    return ExactDecimal(
      isNegative: isLeftLarger ? left.isNegative : right.isNegative, digits: digits, exponent: exponent)
  }

  static func - (left: ExactDecimal, right: ExactDecimal) -> ExactDecimal { left + -right }

  /// Least significant first, the last one of that power of ten.
  private func reversedDigits(to power: Int) -> [UInt8] {
    digits.isEmpty ? [] : Array(repeating: 0, count: exponent - power) + digits.reversed()
  }

  private static func sum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var carry: UInt8 = 0
    for place in 0..<max(left.count, right.count) {
      let total = (place < left.count ? left[place] : 0) + (place < right.count ? right[place] : 0) + carry
      out.append(total % 10)
      carry = total / 10
    }
    out.append(carry)
    return out.reversed()
  }

  /// - Parameter small: not larger than `large`.
  private static func difference(_ large: [UInt8], _ small: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var borrow: UInt8 = 0
    for place in large.indices {
      let take = (place < small.count ? small[place] : 0) + borrow
      borrow = large[place] < take ? 1 : 0
      out.append(large[place] + borrow * 10 - take)
    }
    return out.reversed()
  }

  private func isSmallerInMagnitude(than other: ExactDecimal) -> Bool {
    if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
    if magnitude != other.magnitude { return magnitude < other.magnitude }
    return digits.lexicographicallyPrecedes(other.digits)
  }
}

extension ExactDecimal: Comparable {
  static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
    if left.isNegative != right.isNegative { return left.isNegative }
    return left.isNegative ? right.isSmallerInMagnitude(than: left) : left.isSmallerInMagnitude(than: right)
  }
}
