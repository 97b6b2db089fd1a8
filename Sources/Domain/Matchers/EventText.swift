import Events

/// An event as text that was checked once: sound JSON and an object.
///
/// Whoever matches it need not check it again, and may stop reading as soon as nothing more can come.
public struct EventText: @unchecked Sendable {
  // Unchecked, because the buffer is a class; nobody writes it once the text is made.
  /// The text and, behind it, bytes that may be read in vain, in one piece of memory with its own count of references.
  private let buffer: ManagedBuffer<Int, UInt8>
  /// Valid as long as the text is.
  let start: UnsafePointer<UInt8>
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
    let whole = Array(bytes)
    let hasMark = whole.starts(with: [0xEF, 0xBB, 0xBF])
    let buffer = EventText.padded(hasMark ? whole[3...] : whole[...])
    var check = EventCheck(EventText.start(of: buffer), count: buffer.header)
    guard check.run() else {
      _ = try JSON(parsing: whole)
      throw JSONReader([]).error("an event is an object", at: 0)
    }
    self.init(buffer, check)
  }

  /// - Parameter event: an object.
  public init(_ event: JSON) {
    precondition(event.members != nil, "an event is an object")
    var bytes: [UInt8] = []
    event.write(into: &bytes)
    let buffer = EventText.padded(bytes[...])
    var check = EventCheck(EventText.start(of: buffer), count: buffer.header)
    precondition(check.run(), "what JSON writes can be read")
    self.init(buffer, check)
  }

  private init(_ buffer: ManagedBuffer<Int, UInt8>, _ check: EventCheck) {
    self.buffer = buffer
    start = EventText.start(of: buffer)
    count = buffer.header
    isPlain = check.isPlain
  }

  /// The text in UTF-8.
  public var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: count)) }

  private static func padded(_ bytes: ArraySlice<UInt8>) -> ManagedBuffer<Int, UInt8> {
    let buffer = ManagedBuffer<Int, UInt8>.create(minimumCapacity: bytes.count + padding) { _ in bytes.count }
    buffer.withUnsafeMutablePointerToElements { start in
      bytes.withUnsafeBufferPointer { source in
        if let first = source.baseAddress { start.initialize(from: first, count: source.count) }
      }
      (start + bytes.count).initialize(repeating: 0, count: padding)
    }
    return buffer
  }

  /// The memory of a class stays where it is.
  private static func start(of buffer: ManagedBuffer<Int, UInt8>) -> UnsafePointer<UInt8> {
    buffer.withUnsafeMutablePointerToElements { UnsafePointer($0) }
  }
}
