/// An element of an XML document to write.
struct XML {
  private enum Content {
    case text(String)
    case elements([XML])
  }

  private let name: String
  private let content: Content

  init(_ name: String, _ text: String) {
    self.name = name
    content = .text(text)
  }

  init(_ name: String, _ elements: [XML]) {
    self.name = name
    content = .elements(elements)
  }

  /// The whole document in UTF-8; an empty namespace is left out.
  func document(namespace: String) -> [UInt8] {
    var out = Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8)
    write(into: &out, attributes: namespace.isEmpty ? "" : " xmlns=\"\(namespace)\"")
    return out
  }

  private func write(into out: inout [UInt8], attributes: String = "") {
    out += "<\(name)\(attributes)>".utf8
    switch content {
    case .text(let text): XML.escape(text, into: &out)
    case .elements(let elements):
      for element in elements { element.write(into: &out) }
    }
    out += "</\(name)>".utf8
  }

  /// Control characters become references, as S3 writes them, also those that XML 1.0 has no place for.
  private static func escape(_ text: String, into out: inout [UInt8]) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): out += "&amp;".utf8
      case UInt8(ascii: "<"): out += "&lt;".utf8
      case UInt8(ascii: ">"): out += "&gt;".utf8
      case UInt8(ascii: "\""): out += "&quot;".utf8
      case 0x09, 0x0A: out.append(byte)
      case 0..<0x20, 0x7F: out += "&#x\(String(byte, radix: 16, uppercase: true));".utf8
      default: out.append(byte)
      }
    }
  }
}
