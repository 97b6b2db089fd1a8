import Events

/// An event as text that was checked once: sound JSON and an object.
///
/// Whoever matches it need not check it again, and may stop reading as soon as nothing more can come.
public struct EventText: Sendable {
  /// The text in UTF-8.
  public let bytes: [UInt8]

  /// Throws if the text is no JSON, and what is no object is none; what follows the object is refused.
  public init(_ bytes: [UInt8]) throws(JSONError) {
    _ = try JSON(parsing: bytes)
    self.bytes = bytes
  }

  /// - Parameter event: an object.
  public init(_ event: JSON) {
    bytes = Array(event.text.utf8)
  }
}
