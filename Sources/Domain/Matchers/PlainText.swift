/// The bytes between two quotes of JSON, with escapes resolved if there are any.
struct PlainText {
  let start: UnsafePointer<UInt8>
  let count: Int

  /// A text that needs no change.
  @inline(__always)
  init(start: UnsafePointer<UInt8>, count: Int) {
    self.start = start
    self.count = count
  }

  /// A text that may have escapes.
  ///
  /// - Parameter room: as many bytes as the text has, and 64 more.
  init(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ room: UnsafeMutablePointer<UInt8>) {
    var source = start
    var target = room
    while source < end {
      if source.pointee != UInt8(ascii: "\\") {
        target.pointee = source.pointee
        source += 1
        target += 1
        continue
      }
      let mark = source[1]
      source += 2
      if mark == UInt8(ascii: "u") {
        source = PlainText.scalar(source, end, &target)
      } else {
        target.pointee = PlainText.resolved(mark)
        target += 1
      }
    }
    self.start = UnsafePointer(room)
    count = target - room
  }

  private static func resolved(_ mark: UInt8) -> UInt8 {
    switch mark {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: mark
    }
  }

  /// Writes the character of a `\u`, or of a pair of them; a lone half of a pair becomes U+FFFD.
  private static func scalar(
    _ digits: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ target: inout UnsafeMutablePointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    var source = digits + 4
    var code = unit(digits)
    if (0xD800..<0xE000).contains(code) {
      let isPaired =
        code < 0xDC00 && end - source >= 6 && source[0] == UInt8(ascii: "\\") && source[1] == UInt8(ascii: "u")
      let second = isPaired ? unit(source + 2) : 0
      if (0xDC00..<0xE000).contains(second) {
        code = 0x10000 + (code - 0xD800) << 10 + (second - 0xDC00)
        source += 6
      } else {
        code = 0xFFFD
      }
    }
    switch code {
    case ..<0x80:
      target[0] = UInt8(code)
      target += 1
    case ..<0x800:
      target[0] = UInt8(0xC0 | code >> 6)
      target[1] = UInt8(0x80 | code & 0x3F)
      target += 2
    case ..<0x10000:
      target[0] = UInt8(0xE0 | code >> 12)
      target[1] = UInt8(0x80 | code >> 6 & 0x3F)
      target[2] = UInt8(0x80 | code & 0x3F)
      target += 3
    default:
      target[0] = UInt8(0xF0 | code >> 18)
      target[1] = UInt8(0x80 | code >> 12 & 0x3F)
      target[2] = UInt8(0x80 | code >> 6 & 0x3F)
      target[3] = UInt8(0x80 | code & 0x3F)
      target += 4
    }
    return source
  }

  private static func unit(_ digits: UnsafePointer<UInt8>) -> UInt32 {
    var unit: UInt32 = 0
    for place in 0..<4 {
      let byte = digits[place]
      unit = unit << 4 | UInt32(byte <= UInt8(ascii: "9") ? byte & 0x0F : (byte & 0x0F) + 9)
    }
    return unit
  }
}
