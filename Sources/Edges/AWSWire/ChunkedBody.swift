/// A body in the frames of aws-chunked: sizes in hex, data, and trailing headers.
///
/// Source: AWS, "Signature calculations for the Authorization header: transferring payload in multiple chunks", and
/// "… with trailing headers". `SigV4.areTrue(chunks:)` looks at the signatures.
struct ChunkedBody {
  /// One frame: the last one is empty.
  struct Chunk {
    /// Where its data stands in `bytes`.
    let range: Range<Int>
    /// What the frame says its signature is; nil if it says nothing.
    let signature: String?
  }

  let bytes: [UInt8]
  let chunks: [Chunk]
  /// As they came, names in lower case.
  let trailerFields: [(name: String, value: String)]

  /// Names in lower case.
  var trailers: [String: String] {
    Dictionary(trailerFields.map { ($0.name, $0.value) }) { _, last in last }
  }

  /// - Parameter length: what the client said the data's length is; nil if it said nothing.
  init(_ raw: [UInt8], length: String?) throws(WireError) {
    var rest = raw[...]
    var bytes: [UInt8] = []
    var chunks: [Chunk] = []
    while true {
      guard let line = ChunkedBody.line(&rest) else { throw ChunkedBody.cut }
      let digits = line.prefix { $0 != UInt8(ascii: ";") }
      guard digits.allSatisfy(isAlphanumeric), let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else {
        throw ChunkedBody.cut
      }
      guard size <= rest.count else { throw ChunkedBody.cut }
      let start = bytes.count
      bytes += rest.prefix(size)
      chunks.append(Chunk(range: start..<bytes.count, signature: ChunkedBody.signature(line.dropFirst(digits.count))))
      if size == 0 { break }
      rest = rest.dropFirst(size)
      guard let end = ChunkedBody.line(&rest), end.isEmpty else { throw ChunkedBody.cut }
    }
    var fields: [(name: String, value: String)] = []
    while let line = ChunkedBody.line(&rest), !line.isEmpty {
      let sides = String(decoding: line, as: UTF8.self).split(separator: ":", maxSplits: 1).map(String.init)
      if sides.count == 2 { fields.append((sides[0].lowercased(), String(sides[1].drop { $0 == " " }))) }
    }
    if let length, Int(length) != bytes.count { throw ChunkedBody.cut }
    self.bytes = bytes
    self.chunks = chunks
    trailerFields = fields
  }

  /// Of `;chunk-signature=…`.
  private static func signature(_ extensions: ArraySlice<UInt8>) -> String? {
    let text = String(decoding: extensions, as: UTF8.self)
    let mark = ";chunk-signature="
    return text.hasPrefix(mark) ? String(text.dropFirst(mark.count)) : nil
  }

  /// Takes one line and its CRLF; nil if there is none.
  private static func line(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    var line = rest[rest.startIndex..<end]
    if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    rest = rest[(end + 1)...]
    return line
  }

  private static let cut = WireError(
    .incompleteBody, "You did not provide the number of bytes specified by the Content-Length HTTP header")
}
