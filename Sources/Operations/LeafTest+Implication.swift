import Events

/// When one member of a list passes only what another passes, too: what is said is proven, what is not said may hold.
extension PatternShape.Leaf {
  /// Whether every value that passes this one passes the other.
  func implies(_ other: PatternShape.Leaf) -> Bool {
    if json.text.utf8.elementsEqual(other.json.text.utf8) { return true }
    if isAbsent || other.isAbsent { return false }
    if other.isPresent { return true }
    if case .value(let value) = test {
      if let text = value.string, LeafTest.isLikeAddress(text) {
        return other.test.readsAddresses && other.passes(value)
      }
      return other.passes(value)
    }
    if case .exactly(let bytes) = test { return other.passes(.string(String(decoding: bytes, as: UTF8.self))) }
    return test.implies(other.test)
  }
}

extension LeafTest {
  /// Whether a string may be an address, which an exact value of a pattern then matches in any spelling.
  static func isLikeAddress(_ text: String) -> Bool {
    text.utf8.allSatisfy { byte in
      byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") || Character(Unicode.Scalar(byte)).isHexDigit
    } && text.contains { $0 == "." || $0 == ":" }
  }

  /// Whether all spellings of an address are one to it.
  fileprivate var readsAddresses: Bool {
    switch self {
    case .value, .cidr, .present: true
    case .exactly, .prefix, .suffix, .folded, .wildcard, .numeric, .absent, .noneOf, .unknown: false
    }
  }

  /// Of tests that pass more than one value.
  fileprivate func implies(_ other: LeafTest) -> Bool {
    switch other {
    case .prefix(let start): head.map { $0.starts(with: start) } ?? false
    case .suffix(let end): tail.map { $0.reversed().starts(with: end.reversed()) } ?? false
    case .numeric(let lower, let upper): lies(above: lower, below: upper)
    case .noneOf(let forbidden): forbidden.allSatisfy { excludes($0) }
    case .value, .exactly, .folded, .wildcard, .cidr, .present, .absent, .unknown: false
    }
  }

  /// What every string that passes begins with; nil if others than strings pass, or nothing is known.
  private var head: [UInt8]? {
    switch self {
    case .exactly(let bytes), .prefix(let bytes): bytes
    case .wildcard(let wildcard): wildcard.head
    case .suffix: []
    case .value(let value): value.string.map { Array($0.utf8) }
    case .folded, .numeric, .cidr, .present, .absent, .noneOf, .unknown: nil
    }
  }

  /// What every string that passes ends with.
  private var tail: [UInt8]? {
    switch self {
    case .exactly(let bytes), .suffix(let bytes): bytes
    case .wildcard(let wildcard): wildcard.tail
    case .prefix: []
    case .value(let value): value.string.map { Array($0.utf8) }
    case .folded, .numeric, .cidr, .present, .absent, .noneOf, .unknown: nil
    }
  }

  private func lies(above lower: Bound?, below upper: Bound?) -> Bool {
    guard case .numeric(let ownLower, let ownUpper) = self else { return false }
    if let lower {
      guard let ownLower,
        ownLower.value > lower.value || (ownLower.value == lower.value && (lower.isIncluded || !ownLower.isIncluded))
      else { return false }
    }
    if let upper {
      guard let ownUpper,
        ownUpper.value < upper.value || (ownUpper.value == upper.value && (upper.isIncluded || !ownUpper.isIncluded))
      else { return false }
    }
    return true
  }

  /// Whether nothing that passes this one passes the other, which `anything-but` forbids.
  private func excludes(_ forbidden: LeafTest) -> Bool {
    if case .noneOf(let own) = self { return own.contains { $0.covers(forbidden) } }
    if case .numeric(let lower, let upper) = self {
      guard case .value(let value) = forbidden, let number = value.double else { return forbidden.isOfStrings }
      let isAbove = lower.map { number > $0.value || (number == $0.value && $0.isIncluded) } ?? true
      let isBelow = upper.map { number < $0.value || (number == $0.value && $0.isIncluded) } ?? true
      return !(isAbove && isBelow)
    }
    if case .value(let value) = forbidden, value.string == nil { return head != nil }
    if let head, let other = forbidden.head, !forbidden.isEmptyHead {
      let isApart = !head.starts(with: other) && !other.starts(with: head)
      if isApart { return true }
      // A text that is shorter than what the values begin with is none of them.
      if case .exactly = forbidden, other.count < head.count { return true }
    }
    if let tail, let other = forbidden.tail {
      let isApart = !tail.reversed().starts(with: other.reversed()) && !other.reversed().starts(with: tail.reversed())
      if isApart { return true }
      if case .exactly = forbidden, other.count < tail.count { return true }
    }
    return false
  }

  private var isEmptyHead: Bool { head?.isEmpty ?? true }

  private var isOfStrings: Bool {
    switch self {
    case .exactly, .prefix, .suffix, .folded, .wildcard, .cidr: true
    case .value(let value): value.string != nil
    case .numeric, .present, .absent, .noneOf, .unknown: false
    }
  }

  /// Whether this one, which `anything-but` forbids, forbids all that the other does.
  private func covers(_ other: LeafTest) -> Bool {
    if case .exactly(let own) = self, case .exactly(let bytes) = other { return own == bytes }
    if case .value(let own) = self, case .value(let value) = other { return own == value || own.double == value.double }
    if case .folded(let own, isWhole: true) = self, case .folded(let text, isWhole: true) = other {
      return own.utf8.elementsEqual(text.utf8)
    }
    if case .wildcard(let own) = self, case .wildcard(let wildcard) = other { return own.pieces == wildcard.pieces }
    return other.implies(self)
  }
}
