import Events

/// What a text of the service model must look like.
struct TextShape: Sendable {
  /// In characters (Unicode scalars).
  let lengths: ClosedRange<Int>
  /// The model's regular expression, for messages; nil if there is none.
  let pattern: String?
  /// Whether the whole text matches `pattern`.
  let accepts: @Sendable (String) -> Bool

  init(
    _ lengths: ClosedRange<Int>, pattern: String? = nil, accepts: @escaping @Sendable (String) -> Bool = { _ in true }
  ) {
    self.lengths = lengths
    self.pattern = pattern
    self.accepts = accepts
  }
}

/// Collects every constraint of the service model that a request breaks, and refuses it once, naming them all.
///
/// Source: the messages are those of AWS's services, which list each violation and separate them by `; `.
struct Validation {
  private var complaints: [String] = []

  /// Violations that a message names at most.
  static let complaintsMax = 20

  /// An optional text.
  mutating func text(_ members: Members, _ name: String, _ shape: TextShape) throws(WireError) -> String? {
    guard let text = try members.text(name) else { return nil }
    check(text, shape, at: members.place(name))
    return text
  }

  /// A text that must be there; empty if it is not, and then `settle` throws.
  mutating func requiredText(_ members: Members, _ name: String, _ shape: TextShape) throws(WireError) -> String {
    guard let text = try text(members, name, shape) else {
      missing(members.place(name))
      return ""
    }
    return text
  }

  /// An optional whole number.
  mutating func integer(_ members: Members, _ name: String, _ range: ClosedRange<Int>) throws(WireError) -> Int? {
    guard let number = try members.integer(name) else { return nil }
    bound(number, range, String(number), at: members.place(name), "have value")
    return number
  }

  /// An optional choice among a model's values.
  mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ members: Members, _ name: String, of: Choice.Type
  ) throws(WireError) -> Choice? {
    guard let text = try members.text(name) else { return nil }
    return choice(text, at: members.place(name))
  }

  /// That text as one of a model's values; nil if it is none, and then `settle` throws.
  mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(_ text: String, at place: String) -> Choice? {
    if let choice = Choice(rawValue: text) { return choice }
    let set = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    complain("'\(shown(text))'", place, "Member must satisfy enum value set: [\(set)]")
    return nil
  }

  /// The structures of a list that must be there.
  mutating func requiredStructures(
    _ members: Members, _ name: String, _ range: ClosedRange<Int>
  ) throws(WireError) -> [Members] {
    guard let list = try members.structures(name) else {
      missing(members.place(name))
      return []
    }
    bound(list.count, range, "[\(list.count) members]", at: members.place(name), "have length")
    return list
  }

  mutating func check(_ text: String, _ shape: TextShape, at place: String) {
    bound(text.unicodeScalars.count, shape.lengths, text, at: place, "have length")
    if let pattern = shape.pattern, !shape.accepts(text) {
      complain("'\(shown(text))'", place, "Member must satisfy regular expression pattern: \(pattern)")
    }
  }

  mutating func bound(_ number: Int, _ range: ClosedRange<Int>, _ value: String, at place: String, _ verb: String) {
    if number > range.upperBound {
      complain("'\(shown(value))'", place, "Member must \(verb) less than or equal to \(range.upperBound)")
    } else if number < range.lowerBound {
      complain("'\(shown(value))'", place, "Member must \(verb) greater than or equal to \(range.lowerBound)")
    }
  }

  mutating func missing(_ place: String) {
    complain("null", place, "Member must not be null")
  }

  /// - Throws: `ValidationException` if there was any complaint.
  func settle() throws(WireError) {
    guard !complaints.isEmpty else { return }
    let count = complaints.count == 1 ? "1 validation error" : "\(complaints.count) validation errors"
    let list = complaints.prefix(Validation.complaintsMax).joined(separator: "; ")
    throw WireError(.validation, "\(count) detected: \(list)")
  }

  private mutating func complain(_ value: String, _ place: String, _ demand: String) {
    complaints.append("Value \(value) at '\(place)' failed to satisfy constraint: \(demand)")
  }

  private func shown(_ text: String) -> String {
    text.unicodeScalars.count > 200 ? String(text.unicodeScalars.prefix(200)) + "…" : text
  }
}

extension TextShape {
  /// Letters, digits and those marks.
  static func alphabet(_ marks: String) -> @Sendable (String) -> Bool {
    let bytes = Set(marks.utf8)
    return { text in text.utf8.allSatisfy { isAlphanumeric($0) || bytes.contains($0) } && !text.isEmpty }
  }
}

/// Whether a byte is an ASCII letter or digit.
func isAlphanumeric(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  default: false
  }
}

/// Whether a text is an AWS account id: twelve digits.
func isAccount(_ text: some StringProtocol) -> Bool {
  text.utf8.count == 12 && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
}
