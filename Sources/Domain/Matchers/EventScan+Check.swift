import CBlocks

/// From hits to patterns: each hit names candidates, and each candidate's program is run against all hits.
extension EventScan {
  /// Whether any pattern can have matched.
  var mustCheck: Bool { !isHopeless && (touchedCount > 0 || tables.always >= 0) }

  mutating func check() {
    let count = hitCount
    // Candidates come from memory side by side, too.
    for place in 0..<count {
      let posting = tables.atoms[Int(hits[place].atom)].posting
      if posting >= 0 { blocks_prefetch(tables.entries + Int(tables.postings[Int(posting)].first)) }
    }
    for place in 0..<count {
      let posting = tables.atoms[Int(hits[place].atom)].posting
      if posting >= 0 { visit(posting) }
    }
    let fields = touchedCount
    for place in 0..<fields {
      let field = Int(touched[place])
      let posting = tables.fields[field].posting
      if posting >= 0, states[field].values > 0 { visit(posting) }
    }
    if tables.always >= 0 { visit(tables.always) }
  }

  private mutating func visit(_ start: Int32) {
    var node = start
    while node >= 0 {
      let posting = tables.postings + Int(node)
      let first = Int(posting.pointee.first)
      for place in first..<(first &+ Int(posting.pointee.count)) {
        let entry = tables.entries[place]
        if entry.first == Entry.open || isHit(entry.first) || isHit(entry.second) { consider(entry.subRule) }
      }
      let field = posting.pointee.splitField
      if field < 0 { return }
      var hit = states[Int(field)].lastHit
      while hit >= 0 {
        let word = MatcherTables.splitWord(node, hits[Int(hit)].atom)
        let child = KeyTable.find(tables.splitSlots, mask: tables.splitMask, seed: tables.seed, word, 0) { _ in true }
        if child != KeyTable.none { visit(Int32(truncatingIfNeeded: child)) }
        hit = hits[Int(hit)].previous
      }
      node = posting.pointee.rest
    }
  }

  @inline(__always)
  private func isHit(_ atom: UInt32) -> Bool {
    hitBits[Int(atom >> 6)] >> UInt64(atom & 63) & 1 != 0
  }

  private mutating func consider(_ number: UInt32) {
    let subRule = tables.subRules[Int(number)]
    let found = space.pointee.found.base + Int(subRule.pattern)
    if found.pointee == space.pointee.round || !tables.isLive[Int(subRule.pattern)] { return }
    if arrayCount > 0, subRule.hasKin, sharesArray(subRule) {
      space.pointee.doubt(number)
      return
    }
    switch misses(subRule, upTo: 1) {
    case .none: break
    case .some(0):
      take(subRule.pattern)
    case .some: space.pointee.doubt(number)
    }
  }

  @inline(__always)
  private func take(_ pattern: UInt32) {
    space.pointee.found.base[Int(pattern)] = space.pointee.round
    space.pointee.matched.base[space.pointee.matchedCount] = pattern
    space.pointee.matchedCount &+= 1
  }

  /// Decides a sub-rule that was put aside.
  func settle(_ number: UInt32, _ record: LeafRecord) {
    let subRule = tables.subRules[Int(number)]
    guard space.pointee.found.base[Int(subRule.pattern)] != space.pointee.round else { return }
    if record.misses(tables.programs + Int(subRule.program), upTo: 0) == 0 { take(subRule.pattern) }
  }

  /// How many fields fail: none, or up to so many; nil stands for more. An `anything-but` that only a look at each value
  /// decides counts as a field that fails by less: then the answer is `Int.max`.
  @inline(__always)
  func misses(_ subRule: SubRule, upTo max: Int) -> Int? {
    var place = tables.programs + Int(subRule.program)
    var rest = place.pointee
    place += 1
    var missed = 0
    var isDoubtful = false
    while rest > 0 {
      rest &-= 1
      let field = Int(place[0])
      let marks = place[1]
      place += 2
      let count = Int(marks & Program.countMask)
      var passes = false
      for atom in 0..<count {
        if isHit(place[atom]) {
          passes = true
          break
        }
      }
      place += count
      if marks > Program.countMask {
        let values = states[field].values
        if values == 0, marks & Program.acceptsAbsence != 0 { passes = true }
        if values > 0, marks & Program.acceptsAny != 0 { passes = true }
        if marks & Program.hasNegatives != 0 {
          switch negatives(&place, values) {
          case .passed: passes = true
          case .failed: break
          case .open:
            if !passes {
              isDoubtful = true
              passes = true
            }
          }
        }
      }
      if !passes {
        missed &+= 1
        if missed >= max { return nil }
      }
    }
    return isDoubtful ? Int.max : missed
  }

  private enum Verdict {
    case passed
    case failed
    case open
  }

  /// Reads over the `anything-but` tests of a field and answers whether one of them passes.
  private func negatives(_ place: inout UnsafePointer<UInt32>, _ values: UInt32) -> Verdict {
    var verdict = Verdict.failed
    var rest = place.pointee
    place += 1
    while rest > 0 {
      rest &-= 1
      let count = Int(place.pointee & ~Program.overlaps)
      var excluded: UInt32 = 0
      for number in 1...max(count, 1) where number <= count {
        excluded &+= components[Int(tables.atoms[Int(place[number])].component)]
      }
      if excluded < values {
        verdict = .passed
      } else if values > 1, place.pointee & Program.overlaps != 0, verdict == .failed {
        verdict = .open
      }
      place += count &+ 1
    }
    return verdict
  }

  // MARK: Arrays

  /// Whether two of its fields lie below one array whose elements are objects or arrays.
  mutating func sharesArray(_ subRule: SubRule) -> Bool {
    if hasTooManyArrays { return true }
    var place = tables.programs + Int(subRule.program)
    var rest = place.pointee
    place += 1
    var once: UInt64 = 0
    while rest > 0 {
      rest &-= 1
      let arrays = self.arrays(of: place[0])
      if once & arrays != 0 { return true }
      once |= arrays
      let marks = place[1]
      place += 2 &+ Int(marks & Program.countMask)
      guard marks & Program.hasNegatives != 0 else { continue }
      let negatives = place.pointee
      place += 1
      for _ in 0..<negatives { place += Int(place.pointee & ~Program.overlaps) &+ 1 }
    }
    return false
  }

  private mutating func arrays(of field: UInt32) -> UInt64 {
    let state = states + Int(field)
    if state.pointee.knowsArrays { return state.pointee.arrays }
    if state.pointee.values == 0 { note(touched: field) }
    var arrays: UInt64 = 0
    var node = tables.fields[Int(field)].node
    while node > 0 {
      for place in 0..<arrayCount where space.pointee.arrays.base[place] == node { arrays |= 1 << UInt64(place) }
      node = tables.nodes[Int(node)].parent
    }
    state.pointee.arrays = arrays
    state.pointee.knowsArrays = true
    return arrays
  }
}
