/// Inflates gzip bodies of a bounded size.
///
/// Clients of CloudWatch compress from 10 KiB up. Source: RFC 1952 (gzip), RFC 1951 (deflate).
enum Gzip {
  /// Why bytes could not be inflated.
  enum Failure: Error, Hashable {
    /// For people: what is wrong.
    case malformed(String)
    case tooLarge
  }

  /// All members of a gzip file, inflated and checked against their CRC-32 and length.
  ///
  /// - Parameter bytesMax: the most bytes that may come out; more is `tooLarge`, found before they are made.
  static func inflated(_ bytes: [UInt8], bytesMax: Int) throws(Failure) -> [UInt8] {
    var reader = BitReader(bytes)
    var output: [UInt8] = []
    repeat {
      try skipHeader(&reader)
      let start = output.count
      try Inflater.inflate(&reader, into: &output, bytesMax: bytesMax)
      let member = output[start...]
      reader.alignToByte()
      guard try reader.word32() == crc32(member) else { throw .malformed("its CRC-32 is wrong") }
      guard try reader.word32() == UInt32(truncatingIfNeeded: member.count) else {
        throw .malformed("its length is wrong")
      }
    } while !reader.isAtEnd
    return output
  }

  private static func skipHeader(_ reader: inout BitReader) throws(Failure) {
    guard try reader.byte() == 0x1f, try reader.byte() == 0x8b else { throw .malformed("it has no gzip header") }
    guard try reader.byte() == 8 else { throw .malformed("its method is not deflate") }
    let flags = try reader.byte()
    guard flags & 0xe0 == 0 else { throw .malformed("it sets reserved flags") }
    for _ in 0..<6 { _ = try reader.byte() }  // Modification time, extra flags, operating system.
    if flags & 0x04 != 0 {
      let count = Int(try reader.byte()) | Int(try reader.byte()) << 8
      for _ in 0..<count { _ = try reader.byte() }
    }
    if flags & 0x08 != 0 { while try reader.byte() != 0 {} }  // File name.
    if flags & 0x10 != 0 { while try reader.byte() != 0 {} }  // Comment.
    if flags & 0x02 != 0 { for _ in 0..<2 { _ = try reader.byte() } }  // CRC of the header.
  }

  private static let crcTable: [UInt32] = (0..<256).map { index in
    var value = UInt32(index)
    for _ in 0..<8 { value = value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
    return value
  }

  static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes { crc = crcTable[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
    return ~crc
  }
}

/// Reads bits, the least significant of each byte first.
struct BitReader: ~Copyable {
  private let bytes: [UInt8]
  private var next = 0
  /// Bits taken from `bytes` and not yet given out, the next one lowest.
  private var held: UInt32 = 0
  private var heldCount = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Nothing is left; asked at a byte boundary.
  var isAtEnd: Bool { next == bytes.count && heldCount == 0 }

  /// The next 0–16 bits as a number, the first bit lowest.
  mutating func bits(_ count: Int) throws(Gzip.Failure) -> Int {
    while heldCount < count {
      guard next < bytes.count else { throw .malformed("it ends too early") }
      held |= UInt32(bytes[next]) << UInt32(heldCount)
      next += 1
      heldCount += 8
    }
    let value = held & (1 << UInt32(count) - 1)
    held >>= UInt32(count)
    heldCount -= count
    return Int(value)
  }

  mutating func byte() throws(Gzip.Failure) -> UInt8 { UInt8(truncatingIfNeeded: try bits(8)) }

  /// Four bytes, the lowest first.
  mutating func word32() throws(Gzip.Failure) -> UInt32 {
    let low = try bits(16)
    return UInt32(low) | UInt32(try bits(16)) << 16
  }

  /// Drops what is left of a byte that was begun.
  mutating func alignToByte() {
    let surplus = heldCount % 8
    held >>= UInt32(surplus)
    heldCount -= surplus
  }
}
