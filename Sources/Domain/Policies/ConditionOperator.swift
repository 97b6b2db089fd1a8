import Events

/// How a condition compares: the test, what a missing key means, and what several values of the request mean.
///
/// Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys".
public struct ConditionOperator: Sendable, Hashable {
  /// The comparison; negated ones are true where the other is not.
  public enum Test: String, Sendable, Hashable, CaseIterable {
    case stringEquals = "StringEquals"
    case stringEqualsIgnoreCase = "StringEqualsIgnoreCase"
    case stringLike = "StringLike"
    case numericEquals = "NumericEquals"
    case numericLessThan = "NumericLessThan"
    case numericLessThanEquals = "NumericLessThanEquals"
    case numericGreaterThan = "NumericGreaterThan"
    case numericGreaterThanEquals = "NumericGreaterThanEquals"
    case dateEquals = "DateEquals"
    case dateLessThan = "DateLessThan"
    case dateLessThanEquals = "DateLessThanEquals"
    case dateGreaterThan = "DateGreaterThan"
    case dateGreaterThanEquals = "DateGreaterThanEquals"
    case bool = "Bool"
    case binaryEquals = "BinaryEquals"
    case ipAddress = "IpAddress"
    case arnEquals = "ArnEquals"
    case arnLike = "ArnLike"
    case null = "Null"
  }

  public enum Quantifier: String, Sendable, Hashable {
    case all = "ForAllValues"
    case any = "ForAnyValue"
  }

  private static let negations: [String: Test] = [
    "StringNotEquals": .stringEquals, "StringNotEqualsIgnoreCase": .stringEqualsIgnoreCase,
    "StringNotLike": .stringLike, "NumericNotEquals": .numericEquals, "DateNotEquals": .dateEquals,
    "NotIpAddress": .ipAddress, "ArnNotEquals": .arnEquals, "ArnNotLike": .arnLike,
  ]

  public let test: Test
  public let isNegated: Bool
  public let ifExists: Bool
  public let quantifier: Quantifier?

  /// nil if the name is none.
  public init?(_ name: String) {
    var rest = Substring(name)
    if let mark = rest.firstIndex(of: ":") {
      guard let quantifier = Quantifier(rawValue: String(rest[..<mark])) else { return nil }
      self.quantifier = quantifier
      rest = rest[rest.index(after: mark)...]
    } else {
      quantifier = nil
    }
    ifExists = rest.hasSuffix("IfExists")
    if ifExists { rest = rest.dropLast("IfExists".count) }
    if let test = Test(rawValue: String(rest)) {
      (self.test, isNegated) = (test, false)
    } else if let test = ConditionOperator.negations[String(rest)] {
      (self.test, isNegated) = (test, true)
    } else {
      return nil
    }
    if test == .null, ifExists || quantifier != nil { return nil }
  }

  /// Whether the condition holds.
  ///
  /// - Parameters:
  ///   - wanted: the values of the policy, variables filled in; one that could not be is nil.
  ///   - given: the values of the request; nil if the key is missing.
  func holds(_ wanted: [String?], _ given: [String]?) -> Bool {
    if test == .null { return wanted.contains { $0?.lowercased() == (given == nil ? "true" : "false") } }
    guard let given, !given.isEmpty else {
      // What is not there is no value that differs, so negated tests hold; so does "all of none".
      return ifExists || isNegated || quantifier == .all
    }
    func fits(_ value: String) -> Bool {
      let isFound = wanted.contains { $0.map { compare($0, value) } ?? false }
      return isNegated ? !isFound : isFound
    }
    switch quantifier {
    case .all: return given.allSatisfy(fits)
    case .any: return given.contains(where: fits)
    // Without a quantifier a negated test must hold of every value.
    case nil: return isNegated ? given.allSatisfy(fits) : given.contains(where: fits)
    }
  }

  private func compare(_ wanted: String, _ given: String) -> Bool {
    func numbers(_ fits: (Double, Double) -> Bool) -> Bool {
      guard let left = Double(given), let right = Double(wanted) else { return false }
      return fits(left, right)
    }
    func moments(_ fits: (Timestamp, Timestamp) -> Bool) -> Bool {
      guard let left = ConditionOperator.moment(given), let right = ConditionOperator.moment(wanted) else {
        return false
      }
      return fits(left, right)
    }
    switch test {
    case .stringEquals, .binaryEquals: return wanted == given
    case .stringEqualsIgnoreCase: return wanted.lowercased() == given.lowercased()
    case .stringLike: return PolicyPattern.matches(wanted, given)
    case .numericEquals: return numbers(==)
    case .numericLessThan: return numbers(<)
    case .numericLessThanEquals: return numbers(<=)
    case .numericGreaterThan: return numbers(>)
    case .numericGreaterThanEquals: return numbers(>=)
    case .dateEquals: return moments(==)
    case .dateLessThan: return moments(<)
    case .dateLessThanEquals: return moments(<=)
    case .dateGreaterThan: return moments(>)
    case .dateGreaterThanEquals: return moments(>=)
    case .bool: return wanted.lowercased() == given.lowercased()
    case .ipAddress:
      return AddressBlock(wanted).map { block in AddressBlock(given).map { block.holds($0) } ?? false } ?? false
    case .arnEquals, .arnLike: return PolicyPattern.matchesARN(wanted, given)
    case .null: return false
    }
  }

  /// ISO 8601, or seconds since the epoch.
  private static func moment(_ text: String) -> Timestamp? {
    if let moment = Timestamp(text) { return moment }
    guard let seconds = Double(text), abs(seconds) < 1e12 else { return nil }
    return Timestamp(milliseconds: Int64(seconds * 1_000))
  }
}

/// A network or an address: `10.0.0.0/8`, `2001:db8::/32`. Source: RFC 4632, RFC 4291.
struct AddressBlock {
  private let bytes: [UInt8]
  private let bits: Int

  init?(_ text: String) {
    let sides = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = sides.first, let bytes = AddressBlock.address(address) else { return nil }
    self.bytes = bytes
    guard sides.count == 2 else {
      bits = bytes.count * 8
      return
    }
    guard let bits = Int(sides[1]), (0...bytes.count * 8).contains(bits) else { return nil }
    self.bits = bits
  }

  func holds(_ other: AddressBlock) -> Bool {
    guard bytes.count == other.bytes.count, other.bits >= bits else { return false }
    return (0..<bits).allSatisfy { bit in
      let mask = UInt8(0x80) >> UInt8(bit % 8)
      return bytes[bit / 8] & mask == other.bytes[bit / 8] & mask
    }
  }

  private static func address(_ text: Substring) -> [UInt8]? {
    if text.contains(":") { return sixteen(text) }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { part in part.count <= 3 && part.allSatisfy(\.isNumber) ? UInt8(part) : nil }
    return parts.count == 4 && bytes.count == 4 ? bytes : nil
  }

  private static func sixteen(_ text: Substring) -> [UInt8]? {
    func groups(_ part: Substring) -> [UInt16]? {
      guard !part.isEmpty else { return [] }
      let words = part.split(separator: ":", omittingEmptySubsequences: false)
      let numbers = words.compactMap { (1...4).contains($0.count) ? UInt16($0, radix: 16) : nil }
      return numbers.count == words.count ? numbers : nil
    }
    var words: [UInt16]
    if let gap = text.firstRange(of: "::") {
      guard let head = groups(text[..<gap.lowerBound]), let tail = groups(text[gap.upperBound...]),
        head.count + tail.count < 8
      else { return nil }
      words = head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    } else {
      guard let all = groups(text), all.count == 8 else { return nil }
      words = all
    }
    return words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
  }
}
