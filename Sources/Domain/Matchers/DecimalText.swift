import Patterns

/// A number of JSON text as sign, digits and exponent, from which equality and the nearest `Double` follow.
///
/// Two numbers that EventBridge compares by value are equal exactly if their digits are, so equality needs no `Double`.
struct DecimalText {
  /// Digits without zeros at either end; of more than nineteen only that they are too many is known.
  private(set) var digits: UInt64 = 0
  /// Power of ten of the last digit; zero has 0.
  private(set) var exponent = 0
  private(set) var isNegative = false
  /// Whether it may be compared by value at all: no more digits than a `Double` can need, no absurd exponent.
  private(set) var isPlain = true
  /// Bytes of the number.
  private(set) var length = 0

  private static let digitsMax: UInt64 = 100_000_000_000_000_000
  private static let surelyHeldMax: UInt64 = 1_000_000_000_000_000

  /// Zeros that stand behind a number at least, for it is read in steps of eight bytes.
  static let padding = 8

  /// - Parameter start: a number by RFC 8259 §6, followed by something else and `padding` readable bytes.
  init(_ start: UnsafePointer<UInt8>) {
    var place = start
    if place.pointee == UInt8(ascii: "-") {
      isNegative = true
      place += 1
    }
    var isFraction = false
    var dropped = 0
    while true {
      if digits < 100_000_000, let eight = DecimalText.eight(place) {
        digits = digits &* 100_000_000 &+ eight
        if isFraction { exponent &-= 8 }
        place += 8
        continue
      }
      let digit = place.pointee &- UInt8(ascii: "0")
      if digit > 9 {
        guard place.pointee == UInt8(ascii: "."), !isFraction else { break }
        isFraction = true
        place += 1
        continue
      }
      if digits < 1_000_000_000_000_000_000 {
        digits = digits &* 10 &+ UInt64(digit)
        if isFraction { exponent &-= 1 }
      } else {
        if digit != 0 { isPlain = false }
        dropped &+= isFraction ? 0 : 1
      }
      place += 1
    }
    exponent &+= dropped
    if place.pointee | 0x20 == UInt8(ascii: "e") { place = power(after: place + 1) }
    length = place - start
    while digits != 0, digits % 10 == 0 {
      digits /= 10
      exponent &+= 1
    }
    if digits == 0 {
      exponent = 0
      isNegative = false
    }
    if digits >= DecimalText.digitsMax || exponent > 400 || exponent < -400 { isPlain = false }
  }

  /// The number that the next eight bytes write; nil if they are not all digits.
  ///
  /// Pairs of digits are added up side by side, then pairs of pairs.
  @inline(__always)
  private static func eight(_ start: UnsafePointer<UInt8>) -> UInt64? {
    guard isEightDigits(start) else { return nil }
    let word = UInt64(littleEndian: UnsafeRawPointer(start).loadUnaligned(as: UInt64.self))
    let digits = word &- 0x3030_3030_3030_3030
    let pairs = (digits &* 10 &+ digits >> 8) & 0x00FF_00FF_00FF_00FF
    let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_FFFF_0000_FFFF
    return (fours &* 10_000 &+ fours >> 32) & 0xFFFF_FFFF
  }

  /// Whether the next eight bytes are digits: none below "0", none above "9".
  @inline(__always)
  static func isEightDigits(_ start: UnsafePointer<UInt8>) -> Bool {
    let word = UnsafeRawPointer(start).loadUnaligned(as: UInt64.self)
    let strays = (word &+ 0x4646_4646_4646_4646) | (word &- 0x3030_3030_3030_3030)
    return strays & 0x8080_8080_8080_8080 == 0
  }

  private mutating func power(after start: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
    var place = start
    let isBelow = place.pointee == UInt8(ascii: "-")
    if isBelow || place.pointee == UInt8(ascii: "+") { place += 1 }
    var power = 0
    while place.pointee &- UInt8(ascii: "0") <= 9 {
      // Beyond what Java's `BigDecimal` takes, the number is none that is compared.
      if power > Int(Int32.max) {
        isPlain = false
      } else {
        power = power &* 10 &+ Int(place.pointee &- UInt8(ascii: "0"))
      }
      place += 1
    }
    if power > Int(Int32.max) &+ (isBelow ? 1 : 0) { isPlain = false }
    exponent &+= isBelow ? -power : power
    return place
  }

  /// Nearly the number's value; infinitely rough if the number is very large or very small.
  var rough: Double {
    let whole = Double(digits)
    guard exponent >= -22, exponent <= 22 else { return 0 }
    let value = exponent < 0 ? whole / DecimalText.tens[-exponent] : whole * DecimalText.tens[exponent]
    return isNegative ? -value : value
  }

  /// How far the value may lie from the rough one.
  var roughness: Double {
    exponent >= -22 && exponent <= 22 ? rough.magnitude * 0x1p-50 + .leastNormalMagnitude : .infinity
  }

  /// The number's value if EventBridge compares it by value; nil if only its spelling counts.
  ///
  /// Source: event-ruler 2.0.1: the decimal and the shortest that stands for the nearest `Double` must be the same.
  func comparable(_ start: UnsafePointer<UInt8>) -> Double? {
    guard isPlain else { return nil }
    if digits < DecimalText.surelyHeldMax, exponent >= -22, exponent <= 22 {
      // Fifteen digits are always held, and one operation on two exact numbers is rounded once.
      let whole = Double(digits)
      let value = exponent < 0 ? whole / DecimalText.tens[-exponent] : whole * DecimalText.tens[exponent]
      return isNegative ? -value : value
    }
    if exponent <= 0, exponent >= -27, let known = scaled(-exponent) { return known.isHeld ? known.value : nil }
    return ComparableNumber(String(decoding: UnsafeBufferPointer(start: start, count: length), as: UTF8.self))?.value
  }

  /// The nearest `Double`, and whether these digits are the shortest and closest that stand for it; nil if a whole
  /// number of 128 bits does not tell.
  private func scaled(_ places: Int) -> (value: Double, isHeld: Bool)? {
    let guess =
      places <= 22 ? Double(digits) / DecimalText.tens[places] : Double(digits) / 1e22 / DecimalText.tens[places - 22]
    var significand = Int128(guess.significandBitPattern | 1 << 52)
    let power = Int(guess.exponentBitPattern) - 1_075 + places
    // All in units of 2^-shift: the number itself, the guess, and one step of the guess's last bit.
    let shift = max(0, -power)
    guard shift < 70, power < 10 else { return nil }
    let step = Int128(DecimalText.fives[places]) << max(0, power)
    let number = Int128(digits) << shift
    var distance = number - significand * step
    while 2 * distance > step {
      significand += 1
      distance -= step
    }
    while 2 * distance < -step {
      significand -= 1
      distance += step
    }
    // Steps are not even around a power of two, and ties go by a rule of their own.
    guard 2 * abs(distance) != step, significand > 1 << 52, significand < 1 << 53 else { return nil }
    let value = Double(
      sign: isNegative ? .minus : .plus, exponentBitPattern: guess.exponentBitPattern,
      significandBitPattern: UInt64(truncatingIfNeeded: significand) & (1 << 52 - 1))
    guard digits >= DecimalText.surelyHeldMax else { return (value, true) }
    let unit: Int128 = 1 << shift
    guard 2 * abs(distance) != unit else { return nil }
    if 2 * abs(distance) > unit { return (value, false) }
    let below = number - Int128(digits % 10) << shift
    for shorter in [below, below + 10 << shift] {
      let away = 2 * abs(shorter - (number - distance))
      if away < step || (away == step && significand % 2 == 0) { return (value, false) }
    }
    return (value, true)
  }

  private static let tens: [Double] = (0...22).map { power in (0..<power).reduce(1.0) { value, _ in value * 10 } }
  private static let fives: [UInt64] = (0...27).map { power in (0..<power).reduce(1) { value, _ in value * 5 } }

  /// Thirteen bytes that equal numbers share.
  static let keyLength = 13

  func writeKey(_ key: UnsafeMutablePointer<UInt8>) {
    let raw = UnsafeMutableRawPointer(key)
    raw.storeBytes(of: digits, as: UInt64.self)
    raw.storeBytes(of: Int32(truncatingIfNeeded: exponent), toByteOffset: 8, as: Int32.self)
    key[12] = isNegative ? 1 : 0
  }
}
