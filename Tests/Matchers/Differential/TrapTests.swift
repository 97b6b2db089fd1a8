import Events

/// What a member of a pattern's list may be; each has to be seen both passing and failing.
enum TrapOperator: String, CaseIterable, Hashable, Sendable {
  case text, number, null, bool, exactly, prefix, suffix, foldedPrefix, foldedSuffix, folded, wildcard
  case numericEqual, numericUpper, numericLower, numericRange, addressFour, addressSixteen, cidrFour, cidrSixteen
  case present, absent
  case butText, butNumber, butTexts, butNumbers, butPrefix, butSuffix, butFolded, butWildcard

  /// Those that a string may pass.
  static let forStrings: [TrapOperator] = [
    .text, .exactly, .prefix, .suffix, .foldedPrefix, .foldedSuffix, .folded, .wildcard, .present, .butText, .butTexts,
    .butPrefix, .butSuffix, .butFolded, .butWildcard,
  ]

  /// Those that a number may pass.
  static let forNumbers: [TrapOperator] = [
    .number, .numericEqual, .numericUpper, .numericLower, .numericRange, .present, .butNumber, .butNumbers,
  ]
}

/// Makes members of a pattern's list that are near to a value of an event: at its bound, in its case, with its end.
struct TrapTests {
  var pool: TrapPool
  var dice: SplitMix64

  /// An operator, most often one that the value may pass.
  mutating func `operator`(for value: TrapNode) -> TrapOperator {
    guard dice.isLucky(percent: 85) else { return dice.pick(TrapOperator.allCases) }
    switch value {
    case .string(let text) where TrapTests.isAddress(text, isFour: true) && dice.isLucky(percent: 60):
      return dice.pick([.addressFour, .cidrFour])
    case .string(let text) where TrapTests.isAddress(text, isFour: false) && dice.isLucky(percent: 60):
      return dice.pick([.addressSixteen, .cidrSixteen])
    case .string: return dice.pick(TrapOperator.forStrings)
    case .number: return dice.pick(TrapOperator.forNumbers)
    case .null: return dice.pick([.null, .null, .present, .butText, .butNumbers])
    case .bool: return dice.pick([.bool, .bool, .present, .butTexts, .butNumber])
    case .array, .object: return dice.pick([.absent, .present])
    }
  }

  /// A member of that operator, near to the value if they go together, else to something in the pool.
  mutating func test(_ operator: TrapOperator, near value: TrapNode) -> TrapNode {
    switch `operator` {
    case .text: .string(near(text(value)))
    case .number: .number(TrapPool.respelt(near(number(value)), &dice))
    case .null: .null
    case .bool: bool(near: value)
    case .exactly: one("exactly", .string(near(text(value))))
    case .prefix: one("prefix", .string(beginning(of: text(value))))
    case .suffix: one("suffix", .string(end(of: text(value))))
    case .foldedPrefix: one("prefix", folded(beginning(of: text(value))))
    case .foldedSuffix: one("suffix", folded(end(of: text(value))))
    case .folded: folded(near(text(value)))
    case .wildcard: one("wildcard", .string(wildcard(over: text(value))))
    case .numericEqual, .numericUpper, .numericLower, .numericRange: one("numeric", numeric(`operator`, near: value))
    case .addressFour: .string(near(address(value, isFour: true)))
    case .addressSixteen: .string(near(address(value, isFour: false)))
    case .cidrFour: one("cidr", .string("\(address(value, isFour: true))/\(dice.pick([0, 1, 8, 23, 24, 30, 31]))"))
    case .cidrSixteen:
      one("cidr", .string("\(address(value, isFour: false))/\(dice.pick([0, 8, 16, 64, 95, 96, 112, 126, 127]))"))
    case .present: one("exists", .bool(true))
    case .absent: one("exists", .bool(false))
    case .butText, .butTexts, .butNumber, .butNumbers, .butPrefix, .butSuffix, .butFolded, .butWildcard:
      one("anything-but", forbidden(`operator`, near: value))
    }
  }

  private func one(_ key: String, _ value: TrapNode) -> TrapNode {
    .object([TrapNode.Member(key, value)])
  }

  // MARK: Values

  private mutating func text(_ value: TrapNode) -> String {
    if case .string(let text) = value { return text }
    return pool.string(&dice)
  }

  private mutating func number(_ value: TrapNode) -> String {
    if case .number(let text) = value { return text }
    return pool.number(&dice)
  }

  /// The same, or now and then something else of the pool.
  private mutating func near(_ text: String) -> String {
    guard dice.isLucky(percent: 15) else { return text }
    guard text.utf8.first.map({ $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }) == true else {
      return pool.string(&dice)
    }
    return pool.number(&dice)
  }

  private mutating func bool(near value: TrapNode) -> TrapNode {
    if case .bool(let flag) = value, dice.isLucky(percent: 70) { return .bool(flag) }
    return .bool(dice.isLucky(percent: 50))
  }

  private mutating func address(_ value: TrapNode, isFour: Bool) -> String {
    let text = text(value)
    if TrapTests.isAddress(text, isFour: isFour), dice.isLucky(percent: 90) { return text }
    return dice.pick(isFour ? ["10.0.0.1", "10.0.0.0", "010.0.0.2"] : ["::1", "2001:db8::", "a00::", "::ffff:a00:1"])
  }

  /// Whether it looks like one; a few of those are none.
  private static func isAddress(_ text: String, isFour: Bool) -> Bool {
    let separator = UInt8(ascii: isFour ? "." : ":")
    return text.utf8.count { $0 == separator } == (isFour ? 3 : max(2, text.utf8.count { $0 == separator }))
      && text.utf8.allSatisfy { $0 == separator || Character(Unicode.Scalar($0)).isHexDigit }
  }

  /// A number that operators take most often: doubles hold it.
  private mutating func plain(_ text: String) -> String {
    let isPlain = text.utf8.count { (0x30...0x39).contains($0) } <= 15 && Double(text)?.isFinite == true
    return isPlain || dice.isLucky(percent: 10) ? text : dice.pick(["0", "1", "-3", "100", "0.5"])
  }

  // MARK: Texts

  private mutating func beginning(of text: String) -> String {
    let scalars = Array(near(text).unicodeScalars)
    return joined(scalars.prefix(dice.below(scalars.count + 1)))
  }

  private mutating func end(of text: String) -> String {
    let scalars = Array(near(text).unicodeScalars)
    return joined(scalars.suffix(dice.below(scalars.count + 1)))
  }

  /// Nothing is forbidden here.
  private mutating func filled(_ text: String) -> String {
    text.isEmpty && dice.isLucky(percent: 95) ? "a" : text
  }

  private func joined(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var text = ""
    text.unicodeScalars.append(contentsOf: scalars)
    return text
  }

  private mutating func inAnyCase(_ text: String) -> String {
    switch dice.below(4) {
    case 0: text.uppercased()
    case 1: text.lowercased()
    default: text
    }
  }

  private mutating func folded(_ text: String) -> TrapNode {
    one("equals-ignore-case", .string(inAnyCase(text)))
  }

  /// The text with runs of it, also empty ones, given over to stars; now and then what stands around a star overlaps in
  /// the text, so that it may not fit after all.
  private mutating func wildcard(over text: String) -> String {
    let scalars = Array(near(text).unicodeScalars)
    let isOpen = dice.isLucky(percent: 40)
    var wildcard = isOpen ? "*" : ""
    var stars = isOpen ? 1 : 0
    var place = isOpen ? dice.below(min(scalars.count, 2) + 1) : 0
    let end = isOpen ? scalars.count - dice.below(min(scalars.count, 2) + 1) : scalars.count
    while true {
      if stars < 3, !wildcard.hasSuffix("*") || wildcard.hasSuffix("\\*"), dice.isLucky(percent: 35) {
        wildcard += "*"
        stars += 1
        place = max(0, place + dice.pick([-2, -1, 0, 0, 1, 1, 2, 3]))
      }
      guard place < end else { break }
      if scalars[place] == "*" || scalars[place] == "\\" { wildcard += "\\" }
      wildcard.unicodeScalars.append(scalars[place])
      place += 1
    }
    return isOpen && (!wildcard.hasSuffix("*") || wildcard.hasSuffix("\\*")) ? wildcard + "*" : wildcard
  }

  // MARK: Numbers

  private mutating func numeric(_ operator: TrapOperator, near value: TrapNode) -> TrapNode {
    let bound = plain(near(number(value)))
    let spelt = TrapPool.respelt(bound, &dice)
    guard `operator` == .numericRange else {
      let signs =
        `operator` == .numericEqual ? ["="] : `operator` == .numericUpper ? ["<", "<="] : [">", ">="]
      return .array([.string(dice.pick(signs)), .number(spelt)])
    }
    let other = dice.isLucky(percent: 50) ? plain(pool.number(&dice)) : dice.pick(["-1e300", "0", "1", "1e300", "10"])
    let isOrdered = (Double(bound) ?? 0) <= (Double(other) ?? 0)
    return .array([
      .string(dice.pick([">", ">="])), .number(isOrdered ? spelt : other),
      .string(dice.pick(["<", "<="])), .number(isOrdered ? other : spelt),
    ])
  }

  // MARK: anything-but

  private mutating func forbidden(_ operator: TrapOperator, near value: TrapNode) -> TrapNode {
    switch `operator` {
    case .butText: .string(near(text(value)))
    case .butTexts: .array(some { .string($0.near($0.text(value))) })
    case .butNumber: .number(TrapPool.respelt(plain(near(number(value))), &dice))
    case .butNumbers: .array(some { .number($0.plain($0.near($0.number(value)))) })
    case .butPrefix: oneOrMore("prefix") { .string($0.filled($0.beginning(of: $0.text(value)))) }
    case .butSuffix: oneOrMore("suffix") { .string($0.filled($0.end(of: $0.text(value)))) }
    case .butFolded: oneOrMore("equals-ignore-case") { .string($0.inAnyCase($0.near($0.text(value)))) }
    case .butWildcard: oneOrMore("wildcard") { .string($0.wildcard(over: $0.text(value))) }
    case .text, .number, .null, .bool, .exactly, .prefix, .suffix, .foldedPrefix, .foldedSuffix, .folded, .wildcard,
      .numericEqual, .numericUpper, .numericLower, .numericRange, .addressFour, .addressSixteen, .cidrFour,
      .cidrSixteen, .present, .absent:
      preconditionFailure("\(`operator`) forbids nothing")
    }
  }

  private mutating func some(_ make: (inout TrapTests) -> TrapNode) -> [TrapNode] {
    (0..<(1 + dice.below(3))).map { _ in make(&self) }
  }

  private mutating func oneOrMore(_ key: String, _ make: (inout TrapTests) -> TrapNode) -> TrapNode {
    one(key, dice.isLucky(percent: 50) ? make(&self) : .array(some(make)))
  }
}
