/// Text in which programs and people look for the same word.
extension StringProtocol {
  /// What percent signs stand for, as in URLs and S3's notifications, where `+` is a blank; nil if a `%` is malformed.
  public var percentDecoded: String? {
    percentDecoded(plusIsBlank: true)
  }

  public func percentDecoded(plusIsBlank: Bool) -> String? {
    var out: [UInt8] = []
    var rest = Array(utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+") where plusIsBlank:
        out.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        let digits = rest.prefix(2).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 2 else { return nil }
        out.append(UInt8(digits[0] << 4 | digits[1]))
        rest = rest.dropFirst(2)
      default:
        out.append(byte)
      }
    }
    return String(validating: out, as: UTF8.self)
  }

  /// Everything but RFC 3986's unreserved characters, and those kept, as `%XX`.
  public func percentEncoded(keeping kept: String = "") -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8).union(kept.utf8)
    var out: [UInt8] = []
    for byte in utf8 {
      if plain.contains(byte) {
        out.append(byte)
      } else {
        out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
