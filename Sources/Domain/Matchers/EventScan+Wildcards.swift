import CBlocks

/// Wildcards: a few are tried one by one, many together by the segments that the text holds.
extension EventScan {
  /// Whether a text fits a wildcard: its first and last pieces where they must be, the others in order between them.
  ///
  /// The earliest place of each piece is as good as any other, so none is ever tried again; the time is at most the
  /// text's length times that of the longest piece.
  func fits(_ wildcard: UnsafePointer<WildcardRecord>, _ text: PlainText) -> Bool {
    guard text.count >= Int(wildcard.pointee.byteMin) else { return false }
    var next = Int(wildcard.pointee.firstSegment)
    var last = next &+ Int(wildcard.pointee.segmentCount)
    var low = 0
    var high = text.count
    if !wildcard.pointee.startsWithStar {
      let segment = tables.segments[next]
      guard isAt(segment, text.start) else { return false }
      low = Int(segment.length)
      next &+= 1
    }
    if !wildcard.pointee.endsWithStar {
      last &-= 1
      let segment = tables.segments[last]
      high &-= Int(segment.length)
      guard isAt(segment, text.start + high) else { return false }
    }
    while next < last {
      guard let found = find(tables.segments[next], text.start, low, high) else { return false }
      low = found
      next &+= 1
    }
    return true
  }

  @inline(__always)
  private func isAt(_ segment: Segment, _ start: Bytes) -> Bool {
    MatcherTables.isSame(tables.text + Int(segment.offset), start, Int(segment.length))
  }

  /// The place behind a segment's first occurrence between two places.
  private func find(_ segment: Segment, _ start: Bytes, _ low: Int, _ high: Int) -> Int? {
    let count = Int(segment.length)
    let wanted = tables.text + Int(segment.offset)
    let first = wanted[0]
    let final = wanted[count &- 1]
    var place = low
    while place &+ count <= high {
      var marks = blocks_pairs16(start + place, first, final, count &- 1)
      while marks != 0 {
        let found = place &+ marks.trailingZeroBitCount
        if found &+ count > high { return nil }
        if MatcherTables.isSame(wanted, start + found, count) { return found &+ count }
        marks &= marks &- 1
      }
      place &+= 16
    }
    return nil
  }

  /// Wildcards that begin and end in a star.
  mutating func openWildcards(_ record: UnsafePointer<Field>, _ text: PlainText) {
    var next = record.pointee.openWildcards
    while next >= 0 {
      let wildcard = tables.wildcards + Int(next)
      if fits(wildcard, text) { hit(wildcard.pointee.atom) }
      next = wildcard.pointee.next
    }
    if record.pointee.kinds.contains(.segments) { segments(record, text) }
  }

  /// Goes through the text once; whoever waits for a segment that is found goes on to wait for its next.
  private mutating func segments(_ record: UnsafePointer<Field>, _ text: PlainText) {
    let round = space.pointee.nextText()
    let filter = tables.filters + Int(record.pointee.segmentFilter)
    let root = record.pointee.segmentRoot
    let start = UnsafeRawPointer(text.start)
    for place in 0..<text.count {
      let pair = Int(start.loadUnaligned(fromByteOffset: place, as: UInt16.self).littleEndian)
      if filter[pair >> 6] & 1 << UInt64(pair & 63) != 0 { segments(at: place, text, root, round) }
    }
  }

  private mutating func segments(at start: Int, _ text: PlainText, _ root: Int32, _ round: UInt32) {
    var node = root
    var place = start
    while place < text.count, let known = step(&node, text, &place) {
      if known.pointee.end >= 0 { occur(known.pointee.end, from: start, to: place, round) }
    }
  }

  /// A segment stands at that place.
  private mutating func occur(_ segment: Int32, from start: Int, to end: Int, _ round: UInt32) {
    let waiting = space.pointee.waiting.base + Int(segment)
    if waiting.pointee.text != round { waiting.pointee = WorkspaceMemory.Waiting(text: round) }
    // Those that wait already, before those that begin here: one occurrence serves a wildcard once.
    var next = waiting.pointee.first
    var kept: Int32 = -1
    waiting.pointee.first = -1
    while next >= 0 {
      let progress = space.pointee.progress.base + Int(next)
      let following = progress.pointee.next
      if Int(progress.pointee.from) <= start {
        advance(next, progress.pointee.segment, past: end, round)
      } else {
        progress.pointee.next = kept
        kept = next
      }
      next = following
    }
    while kept >= 0 {
      let progress = space.pointee.progress.base + Int(kept)
      let following = progress.pointee.next
      progress.pointee.next = waiting.pointee.first
      waiting.pointee.first = kept
      kept = following
    }
    if waiting.pointee.isStarted { return }
    waiting.pointee.isStarted = true
    var starter = tables.segmentEnds[Int(segment)].starters
    while starter >= 0 {
      advance(starter, 0, past: end, round)
      starter = tables.wildcards[Int(starter)].next
    }
  }

  /// A wildcard has found that segment of its own, and waits for the one behind it, if there is one.
  private mutating func advance(_ number: Int32, _ segment: UInt32, past end: Int, _ round: UInt32) {
    let wildcard = tables.wildcards + Int(number)
    if segment &+ 1 == wildcard.pointee.segmentCount {
      hit(wildcard.pointee.atom)
      return
    }
    let wanted = tables.segments[Int(wildcard.pointee.firstSegment &+ segment &+ 1)].end
    let waiting = space.pointee.waiting.base + Int(wanted)
    if waiting.pointee.text != round { waiting.pointee = WorkspaceMemory.Waiting(text: round) }
    space.pointee.progress.base[Int(number)] = WorkspaceMemory.Progress(
      segment: segment &+ 1, from: UInt32(truncatingIfNeeded: end), next: waiting.pointee.first)
    waiting.pointee.first = number
  }
}
