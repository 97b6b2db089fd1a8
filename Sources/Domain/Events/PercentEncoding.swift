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
}
