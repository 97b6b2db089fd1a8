/// Identifiers that are a function of what they identify, so that the same thing always gets the same one (D8).
public enum DerivedID {
  /// A version-8 UUID (RFC 9562 §5.8) of a name: stable across processes and machines; not a secret, not a signature.
  public static func uuid(of name: String) -> String {
    let high = hash(name, basis: 0xCBF2_9CE4_8422_2325)
    let low = hash(name, basis: 0x8422_2325_CBF2_9CE4)
    return uuidText(high: high & ~0xF000 | 0x8000, low: low & ~(0b11 << 62) | 0b10 << 62)
  }

  /// A version-4 UUID made of 128 random bits.
  public static func uuid(random high: UInt64, _ low: UInt64) -> String {
    uuidText(high: high & ~0xF000 | 0x4000, low: low & ~(0b11 << 62) | 0b10 << 62)
  }

  /// A number that spreads names evenly: FNV-1a, then the finisher of SplitMix64.
  public static func hash(_ name: String, basis: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
    var state = basis
    for byte in name.utf8 {
      state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
    return state ^ (state >> 31)
  }

  private static func uuidText(high: UInt64, low: UInt64) -> String {
    let digits = Array((hex(high) + hex(low)).utf8)
    let groups = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
    return groups.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
  }

  private static func hex(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// Seeded dice: the same seed rolls the same numbers everywhere.
///
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
public struct SplitMix64: RandomNumberGenerator, Sendable, Hashable, Codable {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
