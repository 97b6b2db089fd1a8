/// Cuts a template into its own text and its placeholders, and knows which of them stand inside quotes.
struct TemplateScanner {
  enum Token: Hashable {
    /// - Parameter written: as it stands in the template.
    /// - Parameter minified: without the white space outside quotes; a new line before every string after the first
    ///   of a template made of strings.
    case text(written: [UInt8], minified: [UInt8])
    case placeholder(name: String, isQuoted: Bool, isInKey: Bool)
  }

  private let bytes: [UInt8]
  private var place = 0
  private var isQuoted = false
  private var written: [UInt8] = []
  private var minified: [UInt8] = []
  private var found: [Token] = []
  /// Placeholders of the string under way, as places in `found`: its end shows whether it is a key.
  private var inString: [Int] = []

  init(_ template: String) {
    bytes = Array(template.utf8)
  }

  /// The first byte that is not white space.
  var first: UInt8? { bytes.first { !TemplateScanner.isBlank($0) } }

  mutating func tokens() -> [Token] {
    let isMadeOfStrings = first == UInt8(ascii: "\"")
    var strings = 0
    while place < bytes.count {
      let byte = bytes[place]
      switch byte {
      case UInt8(ascii: "\""):
        if !isQuoted {
          strings += 1
          if isMadeOfStrings, strings > 1 { minified.append(UInt8(ascii: "\n")) }
        }
        take(1)
        isQuoted.toggle()
        if !isQuoted { endString() }
      case UInt8(ascii: "\\") where isQuoted:
        take(min(2, bytes.count - place))
      case UInt8(ascii: "<"):
        if let name = placeholderName() { endText(beforePlaceholder: name) } else { take(1) }
      default:
        take(1)
      }
    }
    flush()
    return found
  }

  /// Bytes of the names between `<` and `>`; a `<` before anything else is text.
  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
    default: false
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private mutating func take(_ count: Int) {
    for byte in bytes[place..<(place + count)] {
      written.append(byte)
      if isQuoted || !TemplateScanner.isBlank(byte) { minified.append(byte) }
    }
    place += count
  }

  private func placeholderName() -> String? {
    let name = bytes[(place + 1)...].prefix { TemplateScanner.isNameByte($0) }
    guard !name.isEmpty, name.endIndex < bytes.count, bytes[name.endIndex] == UInt8(ascii: ">") else { return nil }
    return String(decoding: name, as: UTF8.self)
  }

  private mutating func endText(beforePlaceholder name: String) {
    flush()
    if isQuoted { inString.append(found.count) }
    found.append(.placeholder(name: name, isQuoted: isQuoted, isInKey: false))
    place += name.utf8.count + 2
  }

  private mutating func flush() {
    if !written.isEmpty { found.append(.text(written: written, minified: minified)) }
    written = []
    minified = []
  }

  /// A string that a colon follows is a key.
  private mutating func endString() {
    let isKey = bytes[place...].first { !TemplateScanner.isBlank($0) } == UInt8(ascii: ":")
    for index in inString where isKey {
      guard case .placeholder(let name, let isQuoted, _) = found[index] else { continue }
      found[index] = .placeholder(name: name, isQuoted: isQuoted, isInKey: true)
    }
    inString = []
  }
}
