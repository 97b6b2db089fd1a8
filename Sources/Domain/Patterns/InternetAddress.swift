/// An IPv4 or IPv6 address, read as Java reads it.
///
/// Leading zeros are decimal in IPv4 and idle in IPv6; `::ffff:a00:1` is the IPv4 address it maps. There are no zone
/// ids, brackets or dotted tails. Source: event-ruler 2.0.1; `java.net.InetAddress` of JDK 17.
package struct InternetAddress: Sendable, Hashable {
  private static let textMax = 15
  /// Four or sixteen.
  package let bytes: [UInt8]

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  package init?(_ text: String) {
    self.init(Array(text.utf8))
  }

  /// - Parameter units: a text in UTF-8.
  package init?(_ units: [UInt8]) {
    guard InternetAddress.hasShape(units) else { return nil }
    let read =
      units.contains(UInt8(ascii: ".")) ? InternetAddress.fourBytes(units) : InternetAddress.sixteenBytes(units)
    guard let bytes = read else { return nil }
    let isMapped = bytes.count == 16 && bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    self.bytes = isMapped ? Array(bytes[12...]) : bytes
  }

  /// Whether it looks like an address, sound or not: four runs of digits, or hex digits and colons.
  static func hasShape(_ units: [UInt8]) -> Bool {
    var (dots, colons, letters, digitsInRow) = (0, 0, 0, 0)
    for unit in units {
      switch unit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digitsInRow += 1
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): letters += 1
      case UInt8(ascii: ":"): colons += 1
      case UInt8(ascii: "."):
        if digitsInRow == 0 { return false }
        dots += 1
        digitsInRow = 0
      default: return false
      }
    }
    if dots == 0 { return colons > 0 }
    return dots == 3 && colons == 0 && letters == 0 && digitsInRow > 0
  }

  private static func fourBytes(_ units: [UInt8]) -> [UInt8]? {
    guard units.count <= textMax else { return nil }
    let parts = units.split(separator: UInt8(ascii: ".")).map { UInt8(String(decoding: $0, as: UTF8.self)) }
    return parts.contains(nil) ? nil : parts.compactMap(\.self)
  }

  private static func sixteenBytes(_ units: [UInt8]) -> [UInt8]? {
    let parts = units.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    let gaps = parts.indices.dropFirst().dropLast().filter { parts[$0].isEmpty }
    let head: ArraySlice<ArraySlice<UInt8>>
    var tail: ArraySlice<ArraySlice<UInt8>> = []
    let isOpenAtStart = parts.count > 2 && parts[0].isEmpty
    let isOpenAtEnd = parts.count > 2 && parts[parts.count - 1].isEmpty
    switch gaps.count {
    case 0:
      head = parts[...]
    case 1:
      head = isOpenAtStart ? [] : parts[..<gaps[0]]
      tail = isOpenAtEnd ? [] : parts[(gaps[0] + 1)...]
      if isOpenAtStart, gaps[0] != 1 { return nil }
      if isOpenAtEnd, gaps[0] != parts.count - 2 { return nil }
    default:
      return nil
    }
    guard let first = groups(head), let last = groups(tail) else { return nil }
    let missing = 16 - first.count - last.count
    guard gaps.isEmpty ? missing == 0 : missing >= 2 else { return nil }
    return first + Array(repeating: 0, count: missing) + last
  }

  private static func groups(_ parts: ArraySlice<ArraySlice<UInt8>>) -> [UInt8]? {
    var bytes: [UInt8] = []
    for part in parts {
      guard !part.isEmpty, let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16) else { return nil }
      bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
    }
    return bytes
  }
}

/// The addresses that share their first bits; the others of the given address are ignored.
///
/// IPv4 ranges hold no IPv6 address and the reverse. The library compares them as hexadecimal text from the left and so
/// finds 10.0.0.1 in 0a00::/8; that is a bug and not followed.
package struct AddressRange: Sendable, Hashable {
  package let base: InternetAddress
  /// How many of the first bits count.
  package let bits: Int

  /// Reads `address/bits`; throws a reason without a place.
  init(_ text: [UInt8], in pattern: String) throws(PatternError) {
    // Slashes at the end count for nothing, as in Java's `split`.
    var slashed = text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { String(decoding: Array($0), as: UTF8.self) }
    while slashed.count > 1, slashed.last?.isEmpty == true { slashed.removeLast() }
    guard slashed.count == 2 else { throw PatternError("Malformed CIDR, one '/' required", in: pattern) }
    guard let bits = Int32(slashed[1]) else {
      throw PatternError("Malformed CIDR, mask bits must be an integer", in: pattern)
    }
    guard bits >= 0 else { throw PatternError("Malformed CIDR, mask bits must not be negative", in: pattern) }
    guard InternetAddress.hasShape(Array(slashed[0].utf8)) else {
      throw PatternError("Nonstandard IP address: \(slashed[0])", in: pattern)
    }
    guard let base = InternetAddress(slashed[0]) else {
      throw PatternError("Invalid IP address: \(slashed[0])", in: pattern)
    }
    guard base.bytes.count == 16 || bits < 32 else {
      throw PatternError("IPv4 mask bits must be < 32", in: pattern)
    }
    guard bits < 128 else { throw PatternError("IPv6 mask bits must be < 128", in: pattern) }
    self.base = base
    self.bits = Int(bits)
  }

  package func contains(_ address: InternetAddress) -> Bool {
    guard address.bytes.count == base.bytes.count else { return false }
    let whole = bits / 8
    guard address.bytes[..<whole] == base.bytes[..<whole] else { return false }
    let mask = ~(UInt8.max >> UInt8(bits % 8))
    return whole == base.bytes.count || address.bytes[whole] & mask == base.bytes[whole] & mask
  }
}
