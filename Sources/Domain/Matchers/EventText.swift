import Events

/// An event as text that was checked once: sound JSON and an object.
///
/// Whoever matches it need not check it again, and may stop reading as soon as nothing more can come.
public struct EventText: Sendable {
  /// The text and, behind it, bytes that may be read in vain.
  private let text: Slab<UInt8>
  /// Bytes of the text.
  let count: Int
  /// No object has a key twice, and no key has a dot or an escape.
  let isPlain: Bool

  /// Bytes behind the text.
  private static let padding = 128

  /// Reads and checks a text in UTF-8; nothing but white space may stand behind the object.
  ///
  /// Throws what `JSON(parsing:)` throws, and an error of its own if the text is no object.
  public init(_ bytes: some Sequence<UInt8>) throws(JSONError) {
    let text = EventText.padded(bytes)
    let count = text.count - EventText.padding
    let hasMark = count >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF
    var check = EventCheck(text.base + (hasMark ? 3 : 0), text.base + count)
    if !check.run() {
      let read = UnsafeBufferPointer(start: text.base, count: count)
      _ = try JSON(parsing: read)
      throw JSONReader([]).error("an event is an object", at: 0)
    }
    self.init(hasMark ? EventText.padded(UnsafeBufferPointer(start: text.base + 3, count: count - 3)) : text, check)
  }

  /// - Parameter event: an object.
  public init(_ event: JSON) {
    precondition(event.members != nil, "an event is an object")
    var bytes: [UInt8] = []
    event.write(into: &bytes)
    let text = EventText.padded(bytes)
    var check = EventCheck(text.base, text.base + bytes.count)
    precondition(check.run(), "what JSON writes can be read")
    self.init(text, check)
  }

  private init(_ text: Slab<UInt8>, _ check: EventCheck) {
    self.text = text
    count = text.count - EventText.padding
    isPlain = check.isPlain
  }

  /// The text in UTF-8.
  public var bytes: [UInt8] { Array(UnsafeBufferPointer(start: text.base, count: count)) }

  /// Valid as long as the text is.
  var start: UnsafePointer<UInt8> { UnsafePointer(text.base) }

  private static func padded(_ bytes: some Sequence<UInt8>) -> Slab<UInt8> {
    var text = Slab<UInt8>()
    let isCopied: Void? = bytes.withContiguousStorageIfAvailable { source in
      text.reserve(source.count + padding)
      text.append(source)
    }
    if isCopied == nil { for byte in bytes { text.append(byte) } }
    text.append(repeating: 0, count: padding)
    return text
  }
}
