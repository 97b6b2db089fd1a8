import Events

/// Values that would pass a leaf, the nearest to what the event has first.
struct NearestValue {
  private static let anyText = "any"
  private static let otherText = "other"

  let field: FieldTest
  /// The members of the field's list as they are written, one for each test.
  let elements: [JSON]

  init(_ field: FieldTest) {
    self.field = field
    do { elements = try JSON(parsing: field.wanted).elements ?? [] } catch { elements = [] }
  }

  /// Whether one value may be nearer than another: where something is only forbidden, the plainest comes first.
  var isRanked: Bool { !field.tests.allSatisfy(\.isNegative) }

  /// Passing values in the order of their distance; those at the same distance as the list has them.
  ///
  /// - Parameter had: nil if the event has nothing there.
  func values(near had: JSON?) -> [JSON] {
    var values: [JSON] = []
    for (place, test) in field.tests.enumerated() {
      let element = place < elements.count ? elements[place] : nil
      for value in NearestValue.candidates(test, element, had) where !values.contains(value) {
        if let leaf = LeafValue(value), field.passes(leaf) { values.append(value) }
      }
    }
    guard let had, isRanked else { return values }
    let distances = values.map { NearestValue.distance($0, had) }
    return values.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }.map { values[$0] }
  }

  /// The texts as they would be without quotes, compared; numbers by how far they are apart; another kind costs one.
  static func distance(_ value: JSON, _ had: JSON) -> Double {
    if let left = value.double, let right = had.double, left.isFinite, right.isFinite {
      let gap = (left - right).magnitude
      return gap / (1 + gap)
    }
    let isOfOneKind = value.kind == had.kind
    return Double(TextAlignment.distance(bare(value), bare(had))) + (isOfOneKind ? 0 : 1)
  }

  /// Strings bare, other scalars as JSON; nothing for null, objects and arrays.
  private static func bare(_ value: JSON?) -> String {
    switch value {
    case .string(let text): text
    case .number, .bool: value?.text ?? ""
    case .null, .array, .object, nil: ""
    }
  }

  private static func candidates(_ test: ValueTest, _ element: JSON?, _ had: JSON?) -> [JSON] {
    switch test {
    case .text(let bytes): return [.string(String(decoding: bytes, as: UTF8.self))]
    case .address: return [element ?? .null]
    case .number: return [element?["numeric"]?.elements?.last ?? element ?? .null]
    case .null: return [.null]
    case .bool(let flag): return [.bool(flag)]
    case .prefix(let bytes): return texts([String(decoding: bytes, as: UTF8.self)], had) { $0 + [nil] }
    case .suffix(let bytes): return texts([String(decoding: bytes, as: UTF8.self)], had) { [nil] + $0 }
    case .wildcard(let wildcard): return [.string(TextAlignment.nearest(to: bare(had), wildcard.scalars))]
    case .folded: return texts(spellings(element?["equals-ignore-case"]), had) { $0 }
    case .foldedPrefix: return texts(spellings(element?["prefix"]?["equals-ignore-case"]), had) { $0 + [nil] }
    case .foldedSuffix: return texts(spellings(element?["suffix"]?["equals-ignore-case"]), had) { [nil] + $0 }
    case .numeric(let range):
      let number = (had?.double ?? had?.string.flatMap { Double($0) }).flatMap { $0.isFinite ? $0 : nil }
      return NearestNumber(range: range).value(near: number).map { [JSON($0)] } ?? []
    case .cidr: return AddressInRange.text(element?["cidr"]?.string, near: had?.string).map { [.string($0)] } ?? []
    case .present: return [.string(anyText)]
    case .absent: return []
    case .noneOf: return others(than: had)
    }
  }

  private static func texts(
    _ texts: [String], _ had: JSON?, _ pieces: ([TextAlignment.Piece]) -> [TextAlignment.Piece]
  ) -> [JSON] {
    texts.map { .string(TextAlignment.nearest(to: bare(had), pieces($0.unicodeScalars.map { $0 }))) }
  }

  /// As it is written and in both cases: of a few characters only those are taken.
  private static func spellings(_ text: JSON?) -> [String] {
    guard let text = text?.string else { return [] }
    return [text, text.lowercased(), text.uppercased()]
  }

  /// Some that are unlike what is there, for `anything-but`.
  private static func others(than had: JSON?) -> [JSON] {
    let text = bare(had)
    switch had {
    case .number(let number)?:
      let next = number.double + 1
      return (next.isFinite ? [JSON(next)] : []) + [0, .string(otherText), .null]
    case .string?: return [.string(otherText), .string(text + "-2"), .string("not-" + text), .string(""), 0, .null]
    case .null?, .bool?, .array?, .object?, nil: return [.string(otherText), .string(""), 0, .null]
    }
  }
}

/// An address inside a range, with the host's bits of another where it has some.
enum AddressInRange {
  /// nil if the range cannot be read.
  static func text(_ range: String?, near had: String?) -> String? {
    let sides = (range ?? "").split(separator: "/")
    guard sides.count == 2, let base = InternetAddress(String(sides[0])), let bits = Int(sides[1]),
      (0...(base.bytes.count * 8)).contains(bits)
    else { return nil }
    var bytes = base.bytes
    let other = had.flatMap { InternetAddress($0) }.map(\.bytes)
    // One, where there is nothing to go by: the first address of a range is seldom a host.
    let host = other?.count == bytes.count ? other : Array(repeating: 0, count: bytes.count - 1) + [1]
    for place in bytes.indices {
      let kept = min(8, max(0, bits - place * 8))
      let mask = kept == 8 ? UInt8.max : ~(UInt8.max >> UInt8(kept))
      bytes[place] = bytes[place] & mask | (host?[place] ?? 0) & ~mask
    }
    return text(bytes)
  }

  private static func text(_ bytes: [UInt8]) -> String {
    guard bytes.count == 16 else { return bytes.map { String($0) }.joined(separator: ".") }
    let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
    let hex = groups.map { String($0, radix: 16) }
    guard let gap = longestGap(groups) else { return hex.joined(separator: ":") }
    return hex[..<gap.lowerBound].joined(separator: ":") + "::" + hex[gap.upperBound...].joined(separator: ":")
  }

  /// The first of the longest runs of zeros; a single one is none.
  private static func longestGap(_ groups: [UInt16]) -> Range<Int>? {
    var best: Range<Int>?
    var start: Int?
    for place in 0...groups.count {
      if place < groups.count, groups[place] == 0 {
        start = start ?? place
      } else if let begin = start {
        if place - begin > max(1, best?.count ?? 1) { best = begin..<place }
        start = nil
      }
    }
    return best
  }
}

extension ValueTest {
  /// Whether it says what must not be.
  var isNegative: Bool {
    switch self {
    case .noneOf, .absent: true
    case .text, .address, .number, .null, .bool, .prefix, .suffix, .folded, .foldedPrefix, .foldedSuffix, .wildcard,
      .numeric, .cidr, .present:
      false
    }
  }
}
