import CBlocks

/// What a value is: each kind of test that its field has is asked once.
extension EventScan {
  /// Takes a value that is neither object nor array.
  mutating func leaf(_ start: Bytes, _ field: Int32) -> Bytes {
    touch(UInt32(bitPattern: field))
    let record = tables.fields + Int(field)
    let end: Bytes
    switch start.pointee {
    case UInt8(ascii: "\""):
      let first = EventScan.special(start + 1)
      if first.pointee == UInt8(ascii: "\"") {
        text(UInt32(bitPattern: field), record, PlainText(start: start + 1, count: first - start - 1))
        end = first + 1
      } else {
        let closing = EventScan.textEnd(first)
        text(UInt32(bitPattern: field), record, PlainText(start + 1, closing, space.pointee.plain.base))
        end = closing + 1
      }
    case UInt8(ascii: "n"):
      hit(record.pointee.nullAtom)
      end = EventScan.wordEnd(start)
    case UInt8(ascii: "t"):
      hit(record.pointee.trueAtom)
      end = EventScan.wordEnd(start)
    case UInt8(ascii: "f"):
      hit(record.pointee.falseAtom)
      end = EventScan.wordEnd(start)
    default:
      end = number(UInt32(bitPattern: field), record, start)
    }
    self.record?.takeUnretainedValue().take(field, &self)
    return end
  }

  /// Counts a value of a field.
  @inline(__always)
  mutating func touch(_ field: UInt32) {
    let state = states + Int(field)
    if state.pointee.values == 0, !state.pointee.knowsArrays { note(touched: field) }
    state.pointee.values &+= 1
  }

  mutating func note(touched field: UInt32) {
    touched[touchedCount] = field
    touchedCount &+= 1
  }

  /// - Parameter atom: -1 if no pattern asks for it.
  @inline(__always)
  mutating func hit(_ atom: Int32) {
    if atom >= 0 { hit(UInt32(bitPattern: atom)) }
  }

  @inline(__always)
  mutating func hit(_ atom: UInt32) {
    let known = tables.atoms + Int(atom)
    if known.pointee.component >= 0 { components[Int(known.pointee.component)] &+= 1 }
    let word = hitBits + Int(atom >> 6)
    let bit: UInt64 = 1 << UInt64(atom & 63)
    if word.pointee & bit != 0 { return }
    word.pointee |= bit
    if known.pointee.posting >= 0 { blocks_prefetch(tables.postings + Int(known.pointee.posting)) }
    let state = states + Int(known.pointee.field)
    hits[hitCount] = WorkspaceMemory.Hit(atom: atom, previous: state.pointee.lastHit)
    state.pointee.lastHit = Int32(truncatingIfNeeded: hitCount)
    hitCount &+= 1
  }

  @inline(__always)
  mutating func look(_ field: UInt32, _ kind: MatcherTables.KeyKind, _ key: Bytes, _ count: Int) {
    let word = KeyTable.word(key, count, seed: tables.seed)
    let tag = MatcherTables.keyTag(field, kind, count)
    let atom = KeyTable.find(tables.keySlots, mask: tables.keyMask, seed: tables.seed, word, tag) { atom in
      if count <= 8 { return true }
      let known = tables.atoms + Int(atom)
      return Int(known.pointee.keyLength) == count
        && MatcherTables.isSame(tables.text + Int(known.pointee.keyOffset), key, count)
    }
    if atom != KeyTable.none { hit(atom) }
  }

  // MARK: Text

  @inline(__always)
  private mutating func text(_ field: UInt32, _ record: UnsafePointer<Field>, _ text: PlainText) {
    let kinds = record.pointee.kinds
    if kinds.contains(.text) { look(field, .text, text.start, text.count) }
    hit(record.pointee.textAtom)
    if !kinds.isDisjoint(with: EventScan.rarer) { rarer(field, record, text) }
  }

  /// Tests of texts beyond equality.
  private static let rarer: Field.Kinds = [
    .folded, .address, .network, .prefix, .suffix, .foldedPrefix, .foldedSuffix, .wildcard, .segments, .twoCased,
  ]

  private mutating func rarer(_ field: UInt32, _ record: UnsafePointer<Field>, _ text: PlainText) {
    let kinds = record.pointee.kinds
    if kinds.contains(.prefix) { walk(record.pointee.prefixRoot, text, text) }
    if kinds.contains(.suffix) { walkBack(record.pointee.suffixRoot, text, text) }
    if !kinds.isDisjoint(with: .anyFolded) {
      let small = lowered(text)
      if kinds.contains(.folded) { look(field, .folded, small.start, small.count) }
      if kinds.contains(.foldedPrefix) { walk(record.pointee.foldedPrefixRoot, small, text) }
      if kinds.contains(.foldedSuffix) { walkBack(record.pointee.foldedSuffixRoot, small, text) }
    }
    if kinds.contains(.wildcard) { openWildcards(record, text) }
    if !kinds.isDisjoint(with: .anyAddress) { address(field, record, text) }
    if kinds.contains(.twoCased) { twoCased(record, text) }
  }

  /// A copy in which A to Z are small.
  private func lowered(_ text: PlainText) -> PlainText {
    let room = space.pointee.small.base
    var place = 0
    while place < text.count {
      blocks_lower16(text.start + place, room + place)
      place &+= 16
    }
    return PlainText(start: UnsafePointer(room), count: text.count)
  }

  /// Hits whatever ends on the way of a text into a tree; wildcards that begin so are tried on the whole text.
  private mutating func walk(_ root: Int32, _ text: PlainText, _ whole: PlainText) {
    var node = root
    var place = 0
    while place < text.count, let known = step(&node, text, &place) { arrive(known, whole) }
  }

  /// Goes from a node to the next that the text leads to, past its label; nil if there is none.
  @inline(__always)
  func step(_ node: inout Int32, _ text: PlainText, _ place: inout Int) -> UnsafePointer<TextNode>? {
    node = edge(node, text.start[place])
    guard node >= 0 else { return nil }
    let known = tables.textNodes + Int(node)
    let length = Int(known.pointee.labelLength)
    guard text.count &- place >= length,
      MatcherTables.isSame(tables.text + Int(known.pointee.labelOffset), text.start + place, length)
    else { return nil }
    place &+= length
    return known
  }

  /// Hits whatever ends on the way of a text into a tree that is written from the end.
  private mutating func walkBack(_ root: Int32, _ text: PlainText, _ whole: PlainText) {
    var node = root
    var place = text.count
    while place > 0 {
      let child = edge(node, text.start[place &- 1])
      guard child >= 0 else { return }
      let known = tables.textNodes + Int(child)
      let length = Int(known.pointee.labelLength)
      guard place >= length else { return }
      let label = tables.text + Int(known.pointee.labelOffset)
      for step in 1..<max(length, 1) where label[step] != text.start[place &- 1 &- step] { return }
      place &-= length
      arrive(known, whole)
      node = child
    }
  }

  @inline(__always)
  private mutating func arrive(_ node: UnsafePointer<TextNode>, _ whole: PlainText) {
    hit(node.pointee.end)
    var record = node.pointee.guarded
    while record >= 0 {
      let wildcard = tables.wildcards + Int(record)
      if fits(wildcard, whole) { hit(wildcard.pointee.atom) }
      record = wildcard.pointee.next
    }
  }

  @inline(__always)
  func edge(_ node: Int32, _ byte: UInt8) -> Int32 {
    let found = KeyTable.find(
      tables.edgeSlots, mask: tables.edgeMask, seed: tables.seed, MatcherTables.edgeWord(node, byte), 0
    ) { _ in true }
    return Int32(truncatingIfNeeded: found)
  }

  /// Characters with two forms beyond ASCII, one after the other from the end that counts.
  private mutating func twoCased(_ record: UnsafePointer<Field>, _ text: PlainText) {
    var next = record.pointee.twoCased
    while next >= 0 {
      let known = tables.twoCased + Int(next)
      let rest = restAfter(known, text)
      switch known.pointee.extent {
      case .whole: if rest == 0 { hit(known.pointee.atom) }
      case .prefix, .suffix: if rest != nil { hit(known.pointee.atom) }
      }
      next = known.pointee.next
    }
  }

  /// The bytes that are left of a text when the characters are taken from it; nil if they do not fit.
  private func restAfter(_ known: UnsafePointer<TwoCased>, _ text: PlainText) -> Int? {
    let isBackward = known.pointee.extent == .suffix
    let forms = tables.text + Int(known.pointee.offset)
    var form = isBackward ? Int(known.pointee.length) : 0
    var taken = 0
    while isBackward ? form > 0 : form < Int(known.pointee.length) {
      if isBackward { form &-= Int(forms[form &- 1]) }
      let small = Int(forms[form])
      let large = Int(forms[form &+ 1])
      let bytes = forms + form + 2
      if !isBackward { form &+= small &+ large &+ 3 }
      func fits(_ start: Bytes, _ count: Int) -> Bool {
        guard taken &+ count <= text.count else { return false }
        let place = isBackward ? text.count &- taken &- count : taken
        return MatcherTables.isSame(start, text.start + place, count)
      }
      if fits(bytes, small) {
        taken &+= small
      } else if fits(bytes + small, large) {
        taken &+= large
      } else {
        return nil
      }
    }
    return text.count &- taken
  }

  // MARK: Numbers

  private mutating func number(_ field: UInt32, _ record: UnsafePointer<Field>, _ start: Bytes) -> Bytes {
    let kinds = record.pointee.kinds
    if kinds.isDisjoint(with: .anyNumber) { return EventScan.wordEnd(start) }
    let decimal = DecimalText(start)
    if kinds.contains(.number), decimal.isPlain {
      let key = space.pointee.key.base
      decimal.writeKey(key)
      look(field, .number, UnsafePointer(key), DecimalText.keyLength)
    }
    if kinds.contains(.numberText) { look(field, .numberText, start, decimal.length) }
    if kinds.contains(.range), decimal.isPlain { ranges(record, decimal, start) }
    return start + decimal.length
  }

  /// A rough value is enough where it lies clear of all bounds and no new range would be hit.
  private mutating func ranges(_ record: UnsafePointer<Field>, _ decimal: DecimalText, _ start: Bytes) {
    var value = decimal.rough
    var isExact = false
    var next = record.pointee.rangeGroups
    while next >= 0 {
      let group = tables.groups + Int(next)
      let seen = space.pointee.groups.base[Int(next)]
      let rough = isExact ? nil : self.mask(group, value, doubt: decimal.roughness)
      if rough.map({ $0 & ~seen != 0 }) ?? true {
        if !isExact {
          guard let known = decimal.comparable(start) else { return }
          value = known
          isExact = true
        }
        if let mask = self.mask(group, value, doubt: 0) { take(mask, of: group, Int(next)) }
      }
      next = group.pointee.next
    }
  }

  /// The ranges of a group that hold a value; nil if a bound lies no farther from it than the doubt.
  @inline(__always)
  private func mask(_ group: UnsafePointer<RangeGroup>, _ value: Double, doubt: Double) -> UInt64? {
    let bounds = tables.groupBounds + Int(group.pointee.bounds)
    let count = Int(group.pointee.boundCount)
    var low = 0
    var high = count
    while low < high {
      let middle = (low &+ high) >> 1
      if bounds[middle] < value { low = middle &+ 1 } else { high = middle }
    }
    if doubt > 0 {
      if low < count, bounds[low] - value <= doubt { return nil }
      if low > 0, value - bounds[low &- 1] <= doubt { return nil }
    }
    let isBound = low < count && bounds[low] == value
    return tables.groupMasks[Int(group.pointee.masks) &+ low &* 2 &+ (isBound ? 1 : 0)]
  }

  /// Hits the ranges of a group that no value before has hit.
  private mutating func take(_ mask: UInt64, of group: UnsafePointer<RangeGroup>, _ number: Int) {
    let seen = space.pointee.groups.base + number
    var fresh = mask & ~seen.pointee
    if fresh == 0 { return }
    if seen.pointee == 0 {
      space.pointee.touchedGroups.base[groupCount] = UInt32(truncatingIfNeeded: number)
      groupCount &+= 1
    }
    seen.pointee |= fresh
    while fresh != 0 {
      let range = tables.groupRanges[Int(group.pointee.ranges) &+ fresh.trailingZeroBitCount]
      hit(tables.ranges[Int(range)].atom)
      fresh &= fresh &- 1
    }
  }

  // MARK: Addresses

  private mutating func address(_ field: UInt32, _ record: UnsafePointer<Field>, _ text: PlainText) {
    guard let address = AddressText(text.start, text.count) else { return }
    let key = space.pointee.key.base
    address.write(key)
    if record.pointee.kinds.contains(.address) { look(field, .address, UnsafePointer(key), address.count) }
    var next = record.pointee.networkMasks
    while next >= 0 {
      let mask = tables.networkMasks + Int(next)
      if mask.pointee.isLong == (address.count == 16) {
        address.writeNetwork(key, bits: Int(mask.pointee.bits))
        look(field, .network, UnsafePointer(key), address.count &+ 1)
      }
      next = mask.pointee.next
    }
  }
}
