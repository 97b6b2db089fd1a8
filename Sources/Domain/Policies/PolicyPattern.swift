/// Wildcards of policies: `*` is any text, also none, `?` one character.
enum PolicyPattern {
  /// Whether a text fits; linear in both lengths for one star, and never worse than their product.
  static func matches(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
    var place = 0
    var at = 0
    var star: Int?
    var mark = 0
    while at < text.count {
      if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
        (star, mark) = (place, at)
        place += 1
      } else if place < pattern.count, pattern[place] == UInt8(ascii: "?") || pattern[place] == text[at] {
        place += 1
        at += 1
      } else if let last = star {
        place = last + 1
        mark += 1
        at = mark
      } else {
        return false
      }
    }
    while place < pattern.count, pattern[place] == UInt8(ascii: "*") { place += 1 }
    return place == pattern.count
  }

  static func matches(_ pattern: String, _ text: String) -> Bool { matches(Array(pattern.utf8), Array(text.utf8)) }

  /// Actions are compared without regard to case.
  static func matchesAction(_ pattern: String, _ action: String) -> Bool {
    matches(pattern.lowercased(), action.lowercased())
  }

  /// ARNs are compared part by part, so that a star of one part does not reach into the next; the last part is free.
  static func matchesARN(_ pattern: String, _ arn: String) -> Bool {
    let wanted = pattern.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    let given = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard given.count == 6 else { return matches(pattern, arn) }
    // `arn:aws:events:*` leaves the rest open; any other pattern with parts missing is no pattern of an ARN.
    guard wanted.count == 6 || wanted.last == "*" else { return false }
    return zip(wanted, given).allSatisfy { matches(Array($0.utf8), Array($1.utf8)) }
  }
}

/// Variables of policies: `${aws:username}`, `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for the characters themselves.
///
/// Source: IAM user guide, "IAM policy elements: Variables and tags".
enum PolicyVariables {
  /// A text with its variables filled in; nil if one has no value, then nothing matches it.
  static func filled(_ text: String, _ context: PolicyContext) -> String? {
    guard text.contains("${") else { return text }
    var result = ""
    var rest = Substring(text)
    while let start = rest.firstRange(of: "${") {
      result += rest[..<start.lowerBound]
      guard let end = rest[start.upperBound...].firstIndex(of: "}") else { return result + rest[start.lowerBound...] }
      let inner = rest[start.upperBound..<end]
      guard let value = value(of: inner, context) else { return nil }
      result += value
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }

  private static func value(of inner: Substring, _ context: PolicyContext) -> String? {
    if ["*", "?", "$"].contains(inner) { return String(inner) }
    let sides = inner.split(separator: ",", maxSplits: 1)
    let key = (sides.first ?? inner).filter { $0 != " " }
    // A key of several values has no one value to fill in.
    if let values = context.values(String(key)), let value = values.first, values.count == 1 { return value }
    guard sides.count == 2 else { return nil }
    let fallback = sides[1].drop { $0 == " " }
    guard fallback.count >= 2, fallback.first == "'", fallback.last == "'" else { return nil }
    return String(fallback.dropFirst().dropLast())
  }

  /// The keys that a text names.
  static func keys(in text: String) -> [String] {
    var keys: [String] = []
    var rest = Substring(text)
    while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
      let inner = rest[start.upperBound..<end]
      let key = (inner.split(separator: ",").first ?? inner).filter { $0 != " " }
      if key.contains(":") { keys.append(String(key)) }
      rest = rest[rest.index(after: end)...]
    }
    return keys
  }
}

/// What is known of a request: keys, without regard to case, and their values.
public struct PolicyContext: Sendable, Hashable {
  private let entries: [String: [String]]

  public init(_ entries: [String: [String]]) {
    self.entries = Dictionary(entries.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// nil if the key is not there.
  public func values(_ key: String) -> [String]? { entries[key.lowercased()] }
}
