import CBlocks
import Events

/// Whether a text is one JSON object as `JSON(parsing:)` reads it, and whether its keys are plain.
///
/// It stops at the first fault without saying which; the reader that explains is slower.
struct EventCheck {
  typealias Bytes = UnsafePointer<UInt8>

  private var place: Bytes
  private let end: Bytes
  private var depth = 0
  /// Words of the keys of the objects around the place, the innermost last.
  private var keys: [UInt64] = []
  private(set) var isPlain = true

  /// - Parameter start: bytes behind which 64 zeros are readable.
  init(_ start: Bytes, count: Int) {
    place = start
    end = start + count
  }

  mutating func run() -> Bool {
    skipBlank()
    guard place.pointee == UInt8(ascii: "{"), value() else { return false }
    skipBlank()
    return place == end
  }

  private mutating func skipBlank() {
    while place.pointee <= 0x20 {
      switch place.pointee {
      case 0x20, 0x09, 0x0A, 0x0D: place += 1
      default: return
      }
    }
  }

  /// Takes one value; zeros behind the text begin none, so it never runs beyond its end.
  private mutating func value() -> Bool {
    switch place.pointee {
    case UInt8(ascii: "\""):
      place += 1
      return text()
    case UInt8(ascii: "{"): return object()
    case UInt8(ascii: "["): return array()
    case UInt8(ascii: "t"): return word("true")
    case UInt8(ascii: "f"): return word("false")
    case UInt8(ascii: "n"): return word("null")
    default: return number()
    }
  }

  private mutating func object() -> Bool {
    guard depth < JSON.depthMax else { return false }
    depth += 1
    place += 1
    let first = keys.count
    skipBlank()
    if place.pointee == UInt8(ascii: "}") {
      place += 1
      depth -= 1
      return true
    }
    while true {
      guard place.pointee == UInt8(ascii: "\"") else { return false }
      place += 1
      guard key() else { return false }
      skipBlank()
      guard place.pointee == UInt8(ascii: ":") else { return false }
      place += 1
      skipBlank()
      guard value() else { return false }
      skipBlank()
      let mark = place.pointee
      place += 1
      if mark == UInt8(ascii: "}") { break }
      guard mark == UInt8(ascii: ",") else { return false }
      skipBlank()
    }
    if isPlain, hasRepetition(from: first) { isPlain = false }
    keys.removeSubrange(first...)
    depth -= 1
    return true
  }

  private mutating func array() -> Bool {
    guard depth < JSON.depthMax else { return false }
    depth += 1
    place += 1
    skipBlank()
    if place.pointee == UInt8(ascii: "]") {
      place += 1
      depth -= 1
      return true
    }
    while true {
      guard value() else { return false }
      skipBlank()
      let mark = place.pointee
      place += 1
      if mark == UInt8(ascii: "]") { break }
      guard mark == UInt8(ascii: ",") else { return false }
      skipBlank()
    }
    depth -= 1
    return true
  }

  // MARK: Keys

  private mutating func key() -> Bool {
    let start = place
    // Most keys are short and plain: one look tells both.
    let marks = blocks_keys16(start)
    let length = marks.trailingZeroBitCount
    if marks != 0, start[length] == UInt8(ascii: "\"") {
      place += length + 1
      if isPlain { note(start, length) }
      return true
    }
    guard text() else { return false }
    guard isPlain else { return true }
    let count = place - start - 1
    for offset in 0..<count where start[offset] == UInt8(ascii: ".") || start[offset] == UInt8(ascii: "\\") {
      isPlain = false
      return true
    }
    note(start, count)
    return true
  }

  private mutating func note(_ key: Bytes, _ count: Int) {
    keys.append(KeyTable.word(key, count, seed: 0) &+ UInt64(count) &* 0x9E6C_63D0_876A_9A35)
  }

  /// Pairs are compared while they are few; more keys are sorted.
  private mutating func hasRepetition(from first: Int) -> Bool {
    let count = keys.count - first
    if count <= 16 {
      for one in first..<keys.count {
        for other in first..<one where keys[one] == keys[other] { return true }
      }
      return false
    }
    keys[first...].sort()
    return (first + 1..<keys.count).contains { keys[$0] == keys[$0 - 1] }
  }

  // MARK: Values

  /// Takes a text up to its closing quote.
  private mutating func text() -> Bool {
    while true {
      let marks = blocks_text16(place)
      let special = marks & 0xFFFF
      let wide = marks >> 16
      if marks == 0 {
        place += 16
        continue
      }
      let clean = min((special | 0x10000).trailingZeroBitCount, (wide | 0x10000).trailingZeroBitCount)
      place += clean
      if clean == 16 { continue }
      if wide >> UInt32(clean) & 1 == 1 {
        guard character() else { return false }
      } else if place.pointee == UInt8(ascii: "\"") {
        place += 1
        return true
      } else {
        // A control character is a fault; so are the zeros behind the text.
        guard place.pointee == UInt8(ascii: "\\"), escape() else { return false }
      }
    }
  }

  private mutating func escape() -> Bool {
    switch place[1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      place += 2
      return true
    case UInt8(ascii: "u"):
      for digit in 2..<6 {
        let byte = place[digit]
        guard byte &- UInt8(ascii: "0") <= 9 || (byte | 0x20) &- UInt8(ascii: "a") < 6 else { return false }
      }
      place += 6
      return true
    default: return false
    }
  }

  /// Takes a character of several bytes. Source: RFC 3629, table of well-formed sequences.
  private mutating func character() -> Bool {
    let first = place[0]
    let second = place[1]
    func follows(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
    switch first {
    case 0xC2...0xDF:
      guard follows(second) else { return false }
      place += 2
    case 0xE0...0xEF:
      guard follows(second), follows(place[2]) else { return false }
      if first == 0xE0, second < 0xA0 { return false }
      if first == 0xED, second > 0x9F { return false }
      place += 3
    case 0xF0...0xF4:
      guard follows(second), follows(place[2]), follows(place[3]) else { return false }
      if first == 0xF0, second < 0x90 { return false }
      if first == 0xF4, second > 0x8F { return false }
      place += 4
    default: return false
    }
    return true
  }

  private mutating func word(_ word: StaticString) -> Bool {
    for offset in 0..<word.utf8CodeUnitCount where place[offset] != word.utf8Start[offset] { return false }
    place += word.utf8CodeUnitCount
    return true
  }

  private mutating func number() -> Bool {
    if place.pointee == UInt8(ascii: "-") { place += 1 }
    let whole = place
    guard digits() else { return false }
    if whole.pointee == UInt8(ascii: "0"), place - whole > 1 { return false }
    if place.pointee == UInt8(ascii: ".") {
      place += 1
      guard digits() else { return false }
    }
    if place.pointee | 0x20 == UInt8(ascii: "e") {
      place += 1
      if place.pointee == UInt8(ascii: "+") || place.pointee == UInt8(ascii: "-") { place += 1 }
      guard digits() else { return false }
    }
    return true
  }

  private mutating func digits() -> Bool {
    let start = place
    while DecimalText.isEightDigits(place) { place += 8 }
    while place.pointee &- UInt8(ascii: "0") <= 9 { place += 1 }
    return place > start
  }
}
