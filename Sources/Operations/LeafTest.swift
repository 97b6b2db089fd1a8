import Events
import Patterns

/// What one member of a pattern's list asks, as far as lint tells such members apart.
enum LeafTest: Sendable {
  /// A scalar as it stands.
  case value(JSON)
  /// A string, byte for byte; unlike a scalar it is never taken for an address.
  case exactly([UInt8])
  case prefix([UInt8])
  case suffix([UInt8])
  /// `equals-ignore-case`, also of a prefix or a suffix: lint knows only examples of it.
  case folded(String, isWhole: Bool)
  /// With a star in the middle, or several.
  case wildcard(WildcardText)
  case numeric(lower: Bound?, upper: Bound?)
  case cidr(String)
  case present
  case absent
  case noneOf([LeafTest])
  /// What lint cannot read: it may pass anything.
  case unknown

  struct Bound: Sendable {
    let value: Double
    let isIncluded: Bool
  }

  /// - Parameter leaf: a member of a list in a pattern that compiles.
  init(_ leaf: JSON) {
    guard let member = leaf.members?.first else {
      self = .value(leaf)
      return
    }
    switch (member.key, member.value) {
    case ("exactly", .string(let text)): self = .exactly(Array(text.utf8))
    case ("prefix", .string(let text)): self = .prefix(Array(text.utf8))
    case ("suffix", .string(let text)): self = .suffix(Array(text.utf8))
    case ("prefix", .object(let inner)), ("suffix", .object(let inner)):
      self = inner.first?.value.string.map { .folded($0, isWhole: false) } ?? .unknown
    case ("equals-ignore-case", .string(let text)): self = .folded(text, isWhole: true)
    case ("wildcard", .string(let text)): self = LeafTest(wildcard: text)
    case ("cidr", .string(let text)): self = .cidr(text)
    case ("exists", .bool(let isThere)): self = isThere ? .present : .absent
    case ("numeric", .array(let terms)): self = LeafTest(numeric: terms)
    case ("anything-but", let forbidden): self = .noneOf(LeafTest.forbidden(forbidden))
    default: self = .unknown
    }
  }

  /// A wildcard that is no more than an exact text, a prefix or a suffix is taken for what it is.
  private init(wildcard text: String) {
    let wildcard = WildcardText(text)
    switch (wildcard.stars, wildcard.head.isEmpty, wildcard.tail.isEmpty) {
    case (0, _, _): self = .exactly(wildcard.head)
    case (1, _, true): self = .prefix(wildcard.head)
    case (1, true, _): self = .suffix(wildcard.tail)
    default: self = .wildcard(wildcard)
    }
  }

  private init(numeric terms: [JSON]) {
    var lower: Bound?
    var upper: Bound?
    for place in stride(from: 0, to: terms.count - 1, by: 2) {
      guard let comparison = terms[place].string, let value = terms[place + 1].double else { continue }
      let bound = Bound(value: value, isIncluded: comparison.hasSuffix("="))
      if comparison == "=" {
        self = .value(terms[place + 1])
        return
      }
      if comparison.hasPrefix(">") { lower = bound } else { upper = bound }
    }
    self = .numeric(lower: lower, upper: upper)
  }

  /// Strings that `anything-but` forbids are compared as texts, also where they look like addresses.
  private static func forbidden(_ json: JSON) -> [LeafTest] {
    if let member = json.members?.first {
      return (member.value.elements ?? [member.value]).map { LeafTest(.object([.init(member.key, $0)])) }
    }
    return (json.elements ?? [json]).map { value in
      value.string.map { .exactly(Array($0.utf8)) } ?? .value(value)
    }
  }

  /// Whether no value at all passes: bounds between which no double lies.
  var isEmptyRange: Bool {
    guard case .numeric(let lower, let upper) = self else { return false }
    let least = lower.map { $0.isIncluded ? $0.value : $0.value.nextUp } ?? -.greatestFiniteMagnitude
    let most = upper.map { $0.isIncluded ? $0.value : $0.value.nextDown } ?? .greatestFiniteMagnitude
    return least > most || !least.isFinite || !most.isFinite
  }
}

/// The text of a wildcard, escapes resolved.
struct WildcardText: Sendable {
  /// Bytes, and nil for a star.
  let pieces: [UInt8?]

  init(_ text: String) {
    var pieces: [UInt8?] = []
    var isEscaped = false
    for byte in text.utf8 {
      if isEscaped || (byte != UInt8(ascii: "*") && byte != UInt8(ascii: "\\")) {
        pieces.append(byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        pieces.append(nil)
      }
    }
    self.pieces = pieces
  }

  var stars: Int { pieces.count { $0 == nil } }
  /// What comes before the first star.
  var head: [UInt8] { pieces.prefix { $0 != nil }.compactMap(\.self) }
  /// What comes after the last star; the whole text without one.
  var tail: [UInt8] { pieces.reversed().prefix { $0 != nil }.reversed().compactMap(\.self) }

  /// The shortest text that fits, with that in the place of each star.
  func filled(_ filling: String) -> String {
    String(decoding: pieces.flatMap { piece in piece.map { [$0] } ?? Array(filling.utf8) }, as: UTF8.self)
  }
}
