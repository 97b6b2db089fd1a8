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
  /// Of all fields, those of the head first; empty for a field without a name.
  let names: [String]

  func matches(_ message: [UInt8]) -> Bool {
    guard let places = places(in: message) else { return false }
    return FieldPattern.hold(head + (tail ?? []), places, in: message)
  }

  /// What stands in the fields that have a name: `$name` and the text.
  func values(in message: [UInt8]) -> [(name: String, value: String)] {
    zip(names, places(in: message) ?? []).filter { !$0.0.isEmpty }.map { name, place in
      ("$\(name)", String(decoding: message[place.content], as: UTF8.self))
    }
  }

  /// Where each field stands, those of the head first; nil if there are too few.
  private func places(in message: [UInt8]) -> ArraySlice<MessageFields.Place>? {
    let places = MessageFields.places(in: message)
    if let tail {
      guard places.count >= head.count + tail.count else { return nil }
      return places.prefix(head.count) + places.suffix(tail.count)
    }
    guard places.count >= head.count, let last = places.last else { return nil }
    if places.count == head.count { return places[...] }
    let rest = places[head.count - 1].whole.lowerBound..<last.whole.upperBound
    return places.prefix(head.count - 1) + [MessageFields.Place(whole: rest, content: rest)]
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
