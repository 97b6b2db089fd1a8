/// A text that is found in any letter case.
///
/// Each character of the pattern stands for its lower case or its upper case, which may be several characters, and for
/// nothing else: "ß" matches ß and SS but not ss, "Σ" matches σ but not ς.
/// Source: event-ruler 2.0.1, probed. Its bug that characters beyond the BMP match nothing is not followed: they obey
/// the same rule.
package struct FoldedText: Sendable, Hashable {
  /// The lower case of each character.
  package let lower: [[UInt8]]
  /// The upper case of each character, as many as `lower`.
  package let upper: [[UInt8]]

  init(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    lower = text.unicodeScalars.map { Array($0.properties.lowercaseMapping.utf8) }
    upper = text.unicodeScalars.map { Array($0.properties.uppercaseMapping.utf8) }
  }

  package func isWhole(_ bytes: [UInt8]) -> Bool {
    countAtStart(of: bytes) == bytes.count
  }

  package func isPrefix(of bytes: [UInt8]) -> Bool {
    countAtStart(of: bytes) != nil
  }

  package func isSuffix(of bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    // Neither case of a character ends in the other, so the first that fits is the only one.
    for (low, up) in zip(lower, upper).reversed() {
      if rest.suffix(low.count).elementsEqual(low) {
        rest = rest.dropLast(low.count)
      } else if rest.suffix(up.count).elementsEqual(up) {
        rest = rest.dropLast(up.count)
      } else {
        return false
      }
    }
    return true
  }

  /// The bytes at the beginning that are this text; nil if they are not.
  private func countAtStart(of bytes: [UInt8]) -> Int? {
    var rest = bytes[...]
    // Neither case of a character begins with the other, so the first that fits is the only one.
    for (low, up) in zip(lower, upper) {
      if rest.starts(with: low) {
        rest = rest.dropFirst(low.count)
      } else if rest.starts(with: up) {
        rest = rest.dropFirst(up.count)
      } else {
        return nil
      }
    }
    return bytes.count - rest.count
  }
}
