/// A prefix code in canonical form: how many codes each length has, and what they mean, in code order.
///
/// Source: RFC 1951 §3.2.2.
struct PrefixCode {
  static let lengthMax = 15

  private var counts = [Int](repeating: 0, count: lengthMax + 1)
  private var symbols: [Int] = []

  /// - Parameter lengths: of each symbol's code in bits, 0–15; 0 means the symbol does not occur.
  init(lengths: ArraySlice<Int>) throws(Gzip.Failure) {
    for length in lengths where length > 0 { counts[length] += 1 }
    var room = 1
    for length in 1...Self.lengthMax {
      room = room << 1 - counts[length]
      guard room >= 0 else { throw .malformed("it has a code with too many words") }
    }
    // A code may leave words unused only if it has at most one; a word that is not in it is found when it is read.
    guard room == 0 || counts.reduce(0, +) <= 1 else { throw .malformed("it has a code with too few words") }
    var nextIndex = [Int](repeating: 0, count: Self.lengthMax + 1)
    for length in 1..<Self.lengthMax { nextIndex[length + 1] = nextIndex[length] + counts[length] }
    symbols = [Int](repeating: 0, count: counts.reduce(0, +))
    for (symbol, length) in zip(0..., lengths) where length > 0 {
      symbols[nextIndex[length]] = symbol
      nextIndex[length] += 1
    }
  }

  /// Reads one symbol.
  func symbol(_ reader: inout BitReader) throws(Gzip.Failure) -> Int {
    var word = 0
    var firstWord = 0
    var firstIndex = 0
    for length in 1...Self.lengthMax {
      word |= try reader.bits(1)
      if word - firstWord < counts[length] { return symbols[firstIndex + word - firstWord] }
      firstIndex += counts[length]
      firstWord = (firstWord + counts[length]) << 1
      word <<= 1
    }
    throw .malformed("it uses a word that is in no code")
  }
}

/// The three kinds of deflate blocks. Source: RFC 1951 §3.2.
enum Inflater {
  private static let endOfBlock = 256
  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let lengthExtraBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12_289, 16_385, 24_577,
  ]
  private static let codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
  private static let fixedLengths: [Int] =
    Array(repeating: 8, count: 144) + Array(repeating: 9, count: 112) + Array(repeating: 7, count: 24)
    + Array(repeating: 8, count: 8)

  /// Appends one deflate stream.
  static func inflate(
    _ reader: inout BitReader, into output: inout [UInt8], bytesMax: Int
  ) throws(Gzip.Failure) {
    let start = output.count
    var isLast = false
    while !isLast {
      isLast = try reader.bits(1) == 1
      switch try reader.bits(2) {
      case 0:
        try copyStored(&reader, into: &output, bytesMax: bytesMax)
      case 1:
        let literals = try PrefixCode(lengths: fixedLengths[...])
        let distances = try PrefixCode(lengths: [Int](repeating: 5, count: 32)[...])
        try copyCoded(&reader, literals, distances, into: &output, from: start, bytesMax: bytesMax)
      case 2:
        let (literals, distances) = try codes(&reader)
        try copyCoded(&reader, literals, distances, into: &output, from: start, bytesMax: bytesMax)
      default:
        throw .malformed("it has a block of no known kind")
      }
    }
  }

  private static func copyStored(
    _ reader: inout BitReader, into output: inout [UInt8], bytesMax: Int
  ) throws(Gzip.Failure) {
    reader.alignToByte()
    let count = try reader.bits(16)
    guard try reader.bits(16) == count ^ 0xffff else { throw .malformed("a stored block has a wrong length") }
    guard count <= bytesMax - output.count else { throw .tooLarge }
    for _ in 0..<count { output.append(try reader.byte()) }
  }

  private static func copyCoded(
    _ reader: inout BitReader, _ literals: PrefixCode, _ distances: PrefixCode, into output: inout [UInt8],
    from start: Int, bytesMax: Int
  ) throws(Gzip.Failure) {
    while true {
      let symbol = try literals.symbol(&reader)
      if symbol == endOfBlock { return }
      guard symbol > endOfBlock else {
        guard output.count < bytesMax else { throw .tooLarge }
        output.append(UInt8(symbol))
        continue
      }
      let index = symbol - endOfBlock - 1
      guard index < lengthBases.count else { throw .malformed("it has a length of no known size") }
      let length = lengthBases[index] + (try reader.bits(lengthExtraBits[index]))
      let distanceIndex = try distances.symbol(&reader)
      guard distanceIndex < distanceBases.count else { throw .malformed("it has a distance of no known size") }
      let distance = distanceBases[distanceIndex] + (try reader.bits(max(0, distanceIndex / 2 - 1)))
      guard distance <= output.count - start else { throw .malformed("it looks back beyond its beginning") }
      guard length <= bytesMax - output.count else { throw .tooLarge }
      for _ in 0..<length { output.append(output[output.count - distance]) }
    }
  }

  /// The two codes that a block of the third kind brings along.
  private static func codes(_ reader: inout BitReader) throws(Gzip.Failure) -> (PrefixCode, PrefixCode) {
    let literalCount = try reader.bits(5) + 257
    let distanceCount = try reader.bits(5) + 1
    let lengthCodeCount = try reader.bits(4) + 4
    guard literalCount <= 286, distanceCount <= 30 else { throw .malformed("it has too many symbols") }
    var codeLengths = [Int](repeating: 0, count: codeLengthOrder.count)
    for position in codeLengthOrder.prefix(lengthCodeCount) { codeLengths[position] = try reader.bits(3) }
    let lengthCode = try PrefixCode(lengths: codeLengths[...])
    var lengths: [Int] = []
    while lengths.count < literalCount + distanceCount {
      let symbol = try lengthCode.symbol(&reader)
      switch symbol {
      case 16:
        guard let previous = lengths.last else { throw .malformed("it repeats a length before the first") }
        lengths += Array(repeating: previous, count: 3 + (try reader.bits(2)))
      case 17:
        lengths += Array(repeating: 0, count: 3 + (try reader.bits(3)))
      case 18:
        lengths += Array(repeating: 0, count: 11 + (try reader.bits(7)))
      default:
        lengths.append(symbol)
      }
    }
    guard lengths.count == literalCount + distanceCount else { throw .malformed("a length is repeated too often") }
    guard lengths[endOfBlock] > 0 else { throw .malformed("a block has no end") }
    return (
      try PrefixCode(lengths: lengths[..<literalCount]), try PrefixCode(lengths: lengths[literalCount...])
    )
  }
}
