import Patterns

/// From the tests of a pattern to atoms.
extension MatcherTables {
  /// The atom of a test that is positive and names values.
  mutating func atom(_ field: UInt32, _ test: ValueTest) -> UInt32 {
    switch test {
    case .text(let bytes): return keyed(field, .text, bytes, .text)
    case .address(let address): return keyed(field, .address, address.bytes, .address)
    case .number(let text, let comparable): return number(field, text, isComparable: comparable != nil)
    case .null: return single(field, \.nullAtom)
    case .bool(true): return single(field, \.trueAtom)
    case .bool(false): return single(field, \.falseAtom)
    case .prefix(let bytes): return affix(field, bytes, .prefix, \.prefixRoot)
    case .suffix(let bytes): return affix(field, bytes.reversed(), .suffix, \.suffixRoot)
    case .folded(let text):
      guard let bytes = MatcherTables.lowered(text) else { return twoCased(field, text, .whole) }
      return keyed(field, .folded, bytes, .folded)
    case .foldedPrefix(let text):
      guard let bytes = MatcherTables.lowered(text) else { return twoCased(field, text, .prefix) }
      return affix(field, bytes, .foldedPrefix, \.foldedPrefixRoot)
    case .foldedSuffix(let text):
      guard let bytes = MatcherTables.lowered(text) else { return twoCased(field, text, .suffix) }
      return affix(field, bytes.reversed(), .foldedSuffix, \.foldedSuffixRoot)
    case .wildcard(let wildcard): return self.wildcard(field, wildcard)
    case .numeric(let range): return self.range(field, range)
    case .cidr(let range): return network(field, range)
    case .present, .absent, .noneOf: preconditionFailure("\(test) names no values")
    }
  }

  private mutating func keyed(_ field: UInt32, _ kind: KeyKind, _ key: [UInt8], _ wanted: Field.Kinds) -> UInt32 {
    fields[Int(field)].kinds.insert(wanted)
    return keyAtom(field, kind, key).atom
  }

  private mutating func single(_ field: UInt32, _ place: WritableKeyPath<Field, Int32>) -> UInt32 {
    let known = fields[Int(field)][keyPath: place]
    if known >= 0 { return UInt32(known) }
    let atom = newAtom(field)
    fields[Int(field)][keyPath: place] = Int32(atom)
    return atom
  }

  private mutating func affix(
    _ field: UInt32, _ bytes: [UInt8], _ kind: Field.Kinds, _ place: WritableKeyPath<Field, Int32>
  ) -> UInt32 {
    if bytes.isEmpty { return single(field, \.textAtom) }
    fields[Int(field)].kinds.insert(kind)
    var root = fields[Int(field)][keyPath: place]
    let node = Int(textNode(&root, bytes))
    fields[Int(field)][keyPath: place] = root
    if textNodes[node].end < 0 { textNodes[node].end = Int32(newAtom(field)) }
    return UInt32(textNodes[node].end)
  }

  private mutating func number(_ field: UInt32, _ text: String, isComparable: Bool) -> UInt32 {
    guard isComparable else { return keyed(field, .numberText, Array(text.utf8), .numberText) }
    let padded = Array(text.utf8) + Array(repeating: 0, count: DecimalText.padding)
    var key = Array(repeating: UInt8(0), count: DecimalText.keyLength)
    DecimalText(padded).writeKey(&key)
    return keyed(field, .number, key, .number)
  }

  // MARK: Letter case

  /// The bytes in which A to Z are small, if that is all that the text's cases come to; nil if it has a character with
  /// two forms beyond ASCII.
  private static func lowered(_ text: FoldedText) -> [UInt8]? {
    var bytes: [UInt8] = []
    for (low, up) in zip(text.lower, text.upper) {
      let isASCII = low.count == 1 && up.count == 1 && low[0] < 0x80 && up[0] < 0x80
      guard isASCII ? isPair(low[0], up[0]) : low == up && low.allSatisfy({ $0 >= 0x80 }) else { return nil }
      bytes += low
    }
    return bytes
  }

  private static func isPair(_ low: UInt8, _ up: UInt8) -> Bool {
    let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(low)
    return isLetter ? up == low & ~0x20 : low == up
  }

  /// Kept as `(bytes small, bytes large, small, large, bytes in all)` for each character, to be read from either end.
  private mutating func twoCased(_ field: UInt32, _ text: FoldedText, _ extent: TwoCased.Extent) -> UInt32 {
    var bytes: [UInt8] = []
    for (low, up) in zip(text.lower, text.upper) {
      bytes += [UInt8(low.count), UInt8(up.count)] + low + up + [UInt8(low.count + up.count + 3)]
    }
    let (atom, isNew) = keyAtom(field, .twoCased, [extent.rawValue] + bytes)
    guard isNew else { return atom }
    fields[Int(field)].kinds.insert(.twoCased)
    let offset = bytes.withUnsafeBufferPointer { store($0) }
    let next = fields[Int(field)].twoCased
    fields[Int(field)].twoCased = Int32(twoCased.count)
    twoCased.append(TwoCased(atom: atom, offset: offset, length: UInt32(bytes.count), extent: extent, next: next))
    return atom
  }

  // MARK: Wildcards

  private mutating func wildcard(_ field: UInt32, _ wildcard: Wildcard) -> UInt32 {
    var pieces: [[UInt8]] = [[]]
    for piece in wildcard.pieces {
      switch piece {
      case .star: pieces.append([])
      case .byte(let byte): pieces[pieces.count - 1].append(byte)
      }
    }
    if pieces.count == 1 { return keyed(field, .text, pieces[0], .text) }
    let first = pieces[0]
    let last = pieces[pieces.count - 1]
    if pieces.count == 2, last.isEmpty { return affix(field, first, .prefix, \.prefixRoot) }
    if pieces.count == 2, first.isEmpty { return affix(field, last.reversed(), .suffix, \.suffixRoot) }
    // No byte of UTF-8 is 0xFF.
    let (atom, isNew) = keyAtom(field, .wildcard, Array(pieces.joined(separator: [0xFF])))
    if isNew { addWildcard(field, atom, pieces.filter { !$0.isEmpty }, (first.isEmpty, last.isEmpty)) }
    return atom
  }

  // MARK: Addresses

  private mutating func network(_ field: UInt32, _ range: AddressRange) -> UInt32 {
    let isLong = range.base.bytes.count == 16
    let key = MatcherTables.networkKey(range.base.bytes, bits: range.bits)
    var mask = fields[Int(field)].networkMasks
    while mask >= 0, networkMasks[Int(mask)].bits != UInt8(range.bits) || networkMasks[Int(mask)].isLong != isLong {
      mask = networkMasks[Int(mask)].next
    }
    if mask < 0 {
      let next = fields[Int(field)].networkMasks
      fields[Int(field)].networkMasks = Int32(networkMasks.count)
      networkMasks.append(NetworkMask(bits: UInt8(range.bits), isLong: isLong, next: next))
    }
    return keyed(field, .network, key, .network)
  }

  /// The number of bits, and the address with the others set to zero.
  private static func networkKey(_ address: [UInt8], bits: Int) -> [UInt8] {
    [UInt8(bits)] + address.enumerated().map { place, byte in byte & mask(bits, place) }
  }

  /// Which bits of the byte at that place count.
  @inline(__always)
  static func mask(_ bits: Int, _ place: Int) -> UInt8 {
    let counted = min(max(bits - place * 8, 0), 8)
    return counted == 0 ? 0 : ~UInt8(0) << UInt8(8 - counted)
  }
}
