/// Conditions on the fields of a message, by their place.
///
/// The last field takes the rest of the message, so `[level=ERROR, rest]` matches lines of any length; an ellipsis takes
/// any number of fields, also none, and what follows it is counted from the end.
/// Source: CloudWatch Logs user guide, "Using filter patterns to match terms in space-delimited log events".
struct FieldPattern: Sendable, Hashable {
  /// A field; nil if anything will do.
  typealias Field = Condition<Comparison>?

  /// The fields before the ellipsis, or all of them.
  let head: [Field]
  /// The fields after the ellipsis; nil if there is none.
  let tail: [Field]?

  func matches(_ message: [UInt8]) -> Bool {
    let places = MessageFields.places(in: message)
    guard let tail else { return matchesWithoutEllipsis(message, places) }
    guard places.count >= head.count + tail.count else { return false }
    return FieldPattern.hold(head, places.prefix(head.count), in: message)
      && FieldPattern.hold(tail, places.suffix(tail.count), in: message)
  }

  private func matchesWithoutEllipsis(_ message: [UInt8], _ places: [MessageFields.Place]) -> Bool {
    guard places.count >= head.count, let last = places.last else { return false }
    if places.count == head.count { return FieldPattern.hold(head, places[...], in: message) }
    let rest = places[head.count - 1].whole.lowerBound..<last.whole.upperBound
    let fields = places.prefix(head.count - 1) + [MessageFields.Place(whole: rest, content: rest)]
    return FieldPattern.hold(head, fields, in: message)
  }

  private static func hold(_ fields: [Field], _ places: ArraySlice<MessageFields.Place>, in message: [UInt8]) -> Bool {
    zip(fields, places).allSatisfy { field, place in
      guard let field else { return true }
      let text = Array(message[place.content])
      let number = PlainNumber.value(text)
      return field.holds { $0.holds(for: text, number: number) }
    }
  }
}

/// The fields of a message: what stands between spaces, and what stands between brackets or double quotes.
enum MessageFields {
  struct Place: Sendable, Hashable {
    /// With the brackets or quotes.
    let whole: Range<Int>
    /// Without them.
    let content: Range<Int>
  }

  /// The fields in their order; a bracket or quote that is never closed is a character like others.
  static func places(in message: [UInt8]) -> [Place] {
    var places: [Place] = []
    // Where no further one closes, further ones need not be looked for, or a line of brackets takes square time.
    var isOpen: [UInt8: Bool] = [:]
    var offset = 0
    while offset < message.count {
      if FilterPatternReader.isBlank(message[offset]) {
        offset += 1
        continue
      }
      let start = offset
      if let closing = closing(message[offset]), isOpen[closing] != false {
        if let end = message[(start + 1)...].firstIndex(of: closing) {
          places.append(Place(whole: start..<(end + 1), content: (start + 1)..<end))
          offset = end + 1
          continue
        }
        isOpen[closing] = false
      }
      while offset < message.count, !FilterPatternReader.isBlank(message[offset]) { offset += 1 }
      places.append(Place(whole: start..<offset, content: start..<offset))
    }
    return places
  }

  private static func closing(_ opening: UInt8) -> UInt8? {
    switch opening {
    case UInt8(ascii: "["): UInt8(ascii: "]")
    case UInt8(ascii: "\""): UInt8(ascii: "\"")
    default: nil
    }
  }
}
