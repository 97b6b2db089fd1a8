import Events

/// What one member of a pattern's list asks of a value.
package enum ValueTest: Sendable, Hashable {
  case text([UInt8])
  case address(InternetAddress)
  case number(text: String, comparable: ComparableNumber?)
  case null
  case bool(Bool)
  case prefix([UInt8])
  case suffix([UInt8])
  case folded(FoldedText)
  case foldedPrefix(FoldedText)
  case foldedSuffix(FoldedText)
  case wildcard(Wildcard)
  case numeric(NumericRange)
  case cidr(AddressRange)
  /// `exists: true`; any value passes.
  case present
  /// `exists: false`; no value passes, the field itself decides.
  case absent
  /// `anything-but`: every value passes that passes none of these, also those of another type.
  case noneOf([ValueTest])

  package func passes(_ value: LeafValue) -> Bool {
    switch self {
    case .text(let wanted): value.bytes == wanted
    case .address(let wanted): value.address == wanted
    case .number(let text, let comparable): value.isNumber(text, comparable)
    case .null: value == .null
    case .bool(let wanted): value == .bool(wanted)
    case .prefix(let start): value.bytes?.starts(with: start) ?? false
    case .suffix(let end): value.bytes?.suffix(end.count).elementsEqual(end) ?? false
    case .folded(let text): value.bytes.map { text.isWhole($0) } ?? false
    case .foldedPrefix(let text): value.bytes.map { text.isPrefix(of: $0) } ?? false
    case .foldedSuffix(let text): value.bytes.map { text.isSuffix(of: $0) } ?? false
    case .wildcard(let wildcard): value.bytes.map { wildcard.matches($0) } ?? false
    case .numeric(let range): value.comparable.map { range.contains($0) } ?? false
    case .cidr(let range): value.address.map { range.contains($0) } ?? false
    case .present: true
    case .absent: false
    case .noneOf(let tests): !tests.contains { $0.passes(value) }
    }
  }

  /// The wildcards that a value is compared with for it.
  var wildcards: [Wildcard] {
    switch self {
    case .wildcard(let wildcard): [wildcard]
    case .noneOf(let tests): tests.flatMap(\.wildcards)
    case .text, .address, .number, .null, .bool, .prefix, .suffix, .folded, .foldedPrefix, .foldedSuffix, .numeric,
      .cidr, .present, .absent:
      []
    }
  }
}

/// One value of an event that is neither an object nor an array, ready to be compared.
package enum LeafValue: Sendable, Hashable {
  /// In UTF-8: `String` would find "é" equal to "e" and an accent, EventBridge does not.
  case string([UInt8])
  case number(text: String, comparable: ComparableNumber?)
  case null
  case bool(Bool)

  /// Nil for objects and arrays.
  package init?(_ json: JSON) {
    switch json {
    case .string(let text): self = .string(Array(text.utf8))
    case .number(let number): self = .number(text: number.text, comparable: ComparableNumber(number.text))
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .array, .object: return nil
    }
  }

  package var bytes: [UInt8]? {
    guard case .string(let bytes) = self else { return nil }
    return bytes
  }

  package var comparable: ComparableNumber? {
    guard case .number(_, let comparable) = self else { return nil }
    return comparable
  }

  package var address: InternetAddress? {
    bytes.flatMap { InternetAddress($0) }
  }

  func isNumber(_ text: String, _ comparable: ComparableNumber?) -> Bool {
    guard case .number(let ownText, let own) = self else { return false }
    return text == ownText || (own != nil && own == comparable)
  }
}

/// One field of a pattern: its path and the list of which any member may pass.
package struct FieldTest: Sendable {
  /// Keys joined with ".", in UTF-8.
  package let path: [UInt8]
  package let tests: [ValueTest]
  private let pattern: String
  private let list: Range<Int>

  /// - Parameter list: where the field's list stands in the pattern, brackets and all; bytes of UTF-8.
  init(path: [UInt8], tests: [ValueTest], pattern: String, list: Range<Int>) {
    self.path = path
    self.tests = tests
    self.pattern = pattern
    self.list = list
  }

  /// Bytes of the pattern before its list.
  var offset: Int { list.lowerBound }

  /// The list as it is written, without the white space between its tokens.
  package var wanted: String {
    var kept: [UInt8] = []
    var isQuoted = false
    var isEscaped = false
    for byte in pattern.utf8.dropFirst(list.lowerBound).prefix(list.count) {
      if !isQuoted, byte <= 0x20 { continue }
      kept.append(byte)
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      }
    }
    return String(decoding: kept, as: UTF8.self)
  }

  package var name: String { String(decoding: path, as: UTF8.self) }

  package var acceptsAbsence: Bool { tests.contains(.absent) }

  package func passes(_ value: LeafValue) -> Bool {
    tests.contains { $0.passes(value) }
  }

  /// Whether its path comes first, by UTF-16 units.
  func precedes(_ other: FieldTest) -> Bool {
    path.withUnsafeBufferPointer { mine in
      other.path.withUnsafeBufferPointer { theirs in
        let common = min(mine.count, theirs.count)
        for index in 0..<common where mine[index] != theirs[index] {
          // Four bytes are two units below U+E000, which begins with 0xEE.
          let isBeyond = (mine[index] >= 0xF0) != (theirs[index] >= 0xF0)
          let isByUnits = isBeyond && min(mine[index], theirs[index]) >= 0xEE
          return (mine[index] < theirs[index]) != isByUnits
        }
        return mine.count < theirs.count
      }
    }
  }
}
