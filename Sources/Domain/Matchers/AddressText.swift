/// An IPv4 or IPv6 address read from text without taking memory; what `InternetAddress` reads, and nothing else.
struct AddressText {
  private var high: UInt64 = 0
  private var low: UInt64 = 0
  /// Four or sixteen bytes.
  let count: Int

  private static let shortTextMax = 15

  init?(_ text: UnsafePointer<UInt8>, _ length: Int) {
    guard length > 1, let first = AddressText.digit(text[0], hex: true) ?? (text[0] == UInt8(ascii: ":") ? 0 : nil),
      first < 16
    else { return nil }
    var hasColon = false
    for place in 0..<length {
      let byte = text[place]
      if byte == UInt8(ascii: ":") { hasColon = true }
      guard byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".") || AddressText.digit(byte, hex: true) != nil else {
        return nil
      }
    }
    if hasColon {
      guard let groups = AddressText.groups(text, length) else { return nil }
      high = groups.high
      low = groups.low
      // ::ffff:a00:1 is the IPv4 address that it maps.
      count = high == 0 && low >> 32 == 0xFFFF ? 4 : 16
      if count == 4 { low &= 0xFFFF_FFFF }
    } else {
      guard length <= AddressText.shortTextMax, let short = AddressText.parts(text, length) else { return nil }
      low = UInt64(short)
      count = 4
    }
  }

  /// Four decimal numbers up to 255, whatever zeros stand before them.
  private static func parts(_ text: UnsafePointer<UInt8>, _ length: Int) -> UInt32? {
    var address: UInt32 = 0
    var dots = 0
    var part: UInt32 = 0
    var digits = 0
    for place in 0...length {
      if place == length || text[place] == UInt8(ascii: ".") {
        guard digits > 0, part <= 255, dots < 4 else { return nil }
        address = address << 8 | part
        dots += 1
        part = 0
        digits = 0
      } else {
        guard let digit = digit(text[place], hex: false) else { return nil }
        part = min(part * 10 + digit, 1_000)
        digits += 1
      }
    }
    return dots == 4 ? address : nil
  }

  /// Eight groups of up to sixteen bits, of which one run of zeros may be left out.
  private static func groups(_ text: UnsafePointer<UInt8>, _ length: Int) -> (high: UInt64, low: UInt64)? {
    var head = UInt128(0)
    var headCount = 0
    var tail = UInt128(0)
    var tailCount = 0
    var hasGap = false
    var place = 0
    if text[0] == UInt8(ascii: ":") {
      guard length >= 2, text[1] == UInt8(ascii: ":") else { return nil }
      hasGap = true
      place = 2
    }
    while place < length {
      var value: UInt32 = 0
      let start = place
      while place < length, let digit = digit(text[place], hex: true) {
        value = value << 4 | digit
        guard value <= 0xFFFF else { return nil }
        place += 1
      }
      guard place > start else { return nil }
      if hasGap {
        tail = tail << 16 | UInt128(value)
        tailCount += 1
      } else {
        head = head << 16 | UInt128(value)
        headCount += 1
      }
      guard headCount + tailCount <= 8 else { return nil }
      if place == length { break }
      guard text[place] == UInt8(ascii: ":") else { return nil }
      place += 1
      if place < length, text[place] == UInt8(ascii: ":") {
        guard !hasGap else { return nil }
        hasGap = true
        place += 1
      } else if place == length {
        return nil
      }
    }
    let missing = 8 - headCount - tailCount
    guard hasGap ? missing >= 1 : missing == 0 else { return nil }
    let whole = (headCount == 0 ? 0 : head << UInt128(16 * (8 - headCount))) | tail
    return (UInt64(truncatingIfNeeded: whole >> 64), UInt64(truncatingIfNeeded: whole))
  }

  @inline(__always)
  private static func digit(_ byte: UInt8, hex: Bool) -> UInt32? {
    let decimal = byte &- UInt8(ascii: "0")
    if decimal <= 9 { return UInt32(decimal) }
    let letter = (byte | 0x20) &- UInt8(ascii: "a")
    return hex && letter < 6 ? UInt32(letter) + 10 : nil
  }

  private func byte(_ place: Int) -> UInt8 {
    if count == 4 { return UInt8(truncatingIfNeeded: low >> UInt64(24 - 8 * place)) }
    let half = place < 8 ? high : low
    return UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * (place & 7)))
  }

  func write(_ key: UnsafeMutablePointer<UInt8>) {
    for place in 0..<count { key[place] = byte(place) }
  }

  /// The number of bits, and the address with the others set to zero.
  func writeNetwork(_ key: UnsafeMutablePointer<UInt8>, bits: Int) {
    key[0] = UInt8(bits)
    for place in 0..<count { key[place + 1] = byte(place) & MatcherTables.mask(bits, place) }
  }
}
