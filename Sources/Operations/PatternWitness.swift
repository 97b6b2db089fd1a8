import Events
import Patterns

/// Looks for an event that two patterns want: what is found is proof; what is not found may still exist.
///
/// A value is chosen field by field, so the time grows with the fields and not with their combinations; then the event is
/// shown to both patterns.
enum PatternWitness {
  /// Alternatives of a pattern that are paired with those of the other.
  static let alternativesMax = 16
  /// Members of a list from which values are made.
  static let leavesMax = 16

  /// An event that fits both patterns; nil if none was found.
  static func event(matching left: PatternShape, _ right: PatternShape) -> JSON? {
    for own in left.alternatives.prefix(alternativesMax) {
      for other in right.alternatives.prefix(alternativesMax) {
        guard let event = event(own, other), left.compiled.matches(event), right.compiled.matches(event) else {
          continue
        }
        return event
      }
    }
    return nil
  }

  private static func event(_ own: PatternShape.Alternative, _ other: PatternShape.Alternative) -> JSON? {
    var event = JSON.object([])
    for path in Set(own.keys).union(other.keys).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      let fields = [own[path], other[path]].compactMap(\.self)
      guard let value = value(passing: fields) else { return nil }
      guard let value = value else { continue }
      let keys = path.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
      event = setting(event, keys[...], value)
    }
    return event
  }

  /// A value that passes all the fields; `.some(nil)` for none at all, nil if nothing was found.
  private static func value(passing fields: [PatternShape.Field]) -> JSON?? {
    let tests = fields.map { $0.leaves.prefix(leavesMax).map(\.test) }
    var candidates = tests.joined().flatMap { $0.examples }
    if let left = tests.first, tests.count > 1 {
      for own in left { candidates += tests[1].flatMap { own.examples(with: $0) } }
    }
    for candidate in candidates where fields.allSatisfy({ $0.leaves.contains { $0.passes(candidate) } }) {
      return .some(candidate)
    }
    return fields.allSatisfy(\.acceptsAbsence) ? .some(nil) : nil
  }

  private static func setting(_ json: JSON, _ path: ArraySlice<String>, _ value: JSON) -> JSON {
    guard let name = path.first else { return value }
    var copy = json.members == nil ? JSON.object([]) : json
    copy.set(name, setting(json[name] ?? .object([]), path.dropFirst(), value))
    return copy
  }
}

extension LeafTest {
  /// Values that may pass.
  fileprivate var examples: [JSON] {
    switch self {
    case .value(let value): [value]
    case .exactly(let bytes), .prefix(let bytes), .suffix(let bytes): [LeafTest.string(bytes)]
    case .folded(let text, _): [.string(text.lowercased()), .string(text.uppercased())]
    case .wildcard(let wildcard): [.string(wildcard.filled("x")), .string(wildcard.filled(""))]
    case .numeric(let lower, let upper): LeafTest.numbers(lower, upper)
    case .cidr(let text): [.string(String(text.prefix { $0 != "/" }))]
    case .present, .unknown: ["x"]
    case .absent: []
    case .noneOf: ["any other value", 0.5]
    }
  }

  /// Values that may pass both, where the examples of neither do.
  fileprivate func examples(with other: LeafTest) -> [JSON] {
    if case .numeric(let lower, let upper) = self, case .numeric(let otherLower, let otherUpper) = other {
      let lowers = [lower, otherLower].compactMap(\.self)
      let uppers = [upper, otherUpper].compactMap(\.self)
      return LeafTest.numbers(lowers.max { $0.value < $1.value }, uppers.min { $0.value < $1.value })
    }
    if case .wildcard(let wildcard) = self { return other.words.map { .string(wildcard.filled($0)) } }
    if case .wildcard(let wildcard) = other { return words.map { .string(wildcard.filled($0)) } }
    return other.words.flatMap { theirs in words.flatMap { [.string($0 + theirs), .string(theirs + $0)] } }
  }

  /// What a text that passes may be made of.
  private var words: [String] {
    switch self {
    case .exactly(let bytes), .prefix(let bytes), .suffix(let bytes): [String(decoding: bytes, as: UTF8.self)]
    case .wildcard(let wildcard): [wildcard.filled("")]
    case .folded(let text, _): [text.lowercased(), text.uppercased()]
    case .value, .numeric, .cidr, .present, .absent, .noneOf, .unknown: []
    }
  }

  private static func string(_ bytes: [UInt8]) -> JSON { .string(String(decoding: bytes, as: UTF8.self)) }

  /// The middle, and what lies at and beside each bound.
  private static func numbers(_ lower: Bound?, _ upper: Bound?) -> [JSON] {
    var numbers: [Double] = []
    if let lower, let upper { numbers.append((lower.value + upper.value) / 2) }
    if let lower { numbers += [lower.value + 0.5, lower.value, lower.value.nextUp] }
    if let upper { numbers += [upper.value - 0.5, upper.value, upper.value.nextDown] }
    return numbers.filter(\.isFinite).map { JSON($0) }
  }
}
