/// The trees of texts: prefixes, suffixes from the end, and segments of wildcards.
extension MatcherTables {
  /// The node where a text ends in the tree, made if it is new.
  ///
  /// - Parameter root: -1 for a tree that does not exist yet; set to its root.
  mutating func textNode(_ root: inout Int32, _ bytes: [UInt8]) -> Int32 {
    if root < 0 {
      root = Int32(textNodes.count)
      textNodes.append(TextNode(labelOffset: 0, labelLength: 0))
    }
    let offset = bytes.withUnsafeBufferPointer { store($0) }
    var node = root
    var place = 0
    while place < bytes.count {
      let known = edge(node, bytes[place])
      if known < 0 {
        let leaf = Int32(textNodes.count)
        textNodes.append(
          TextNode(labelOffset: offset + UInt32(place), labelLength: UInt32(bytes.count - place)))
        link(node, bytes[place], leaf)
        return leaf
      }
      let label = textNodes[Int(known)]
      var shared = 0
      while shared < Int(label.labelLength), place + shared < bytes.count,
        text[Int(label.labelOffset) + shared] == bytes[place + shared]
      {
        shared += 1
      }
      place += shared
      node = shared == Int(label.labelLength) ? known : split(node, known, after: shared)
    }
    return node
  }

  /// Puts a node between two others, where the lower one's label is cut.
  private mutating func split(_ upper: Int32, _ lower: Int32, after count: Int) -> Int32 {
    let label = textNodes[Int(lower)]
    let middle = Int32(textNodes.count)
    // The lower node keeps its number, for ends are known by it; the edge from above must change, so the middle takes
    // what was the lower's place in the table.
    textNodes.append(TextNode(labelOffset: label.labelOffset, labelLength: UInt32(count)))
    relink(upper, text[Int(label.labelOffset)], middle)
    textNodes[Int(lower)].labelOffset += UInt32(count)
    textNodes[Int(lower)].labelLength -= UInt32(count)
    link(middle, text[Int(label.labelOffset) + count], lower)
    return middle
  }

  @inline(__always)
  static func edgeWord(_ node: Int32, _ byte: UInt8) -> UInt64 {
    UInt64(UInt32(bitPattern: node)) << 8 | UInt64(byte)
  }

  func edge(_ node: Int32, _ byte: UInt8) -> Int32 {
    Int32(truncatingIfNeeded: edges.find(MatcherTables.edgeWord(node, byte), 0) { _ in true })
  }

  private mutating func link(_ node: Int32, _ byte: UInt8, _ child: Int32) {
    edges.insert(MatcherTables.edgeWord(node, byte), 0, UInt32(bitPattern: child))
  }

  private mutating func relink(_ node: Int32, _ byte: UInt8, _ child: Int32) {
    edges.replace(MatcherTables.edgeWord(node, byte), 0, with: UInt32(bitPattern: child))
  }

  // MARK: Wildcards

  /// Wildcards that begin and end in a star and are tried one by one; where there are more, they go by segments.
  static let openWildcardsMax: UInt32 = 4
  static let filterWords = 1_024

  /// Takes a wildcard with a star that is neither a mere prefix nor a mere suffix.
  mutating func addWildcard(_ field: UInt32, _ atom: UInt32, _ pieces: [[UInt8]], _ ends: (first: Bool, last: Bool)) {
    let record = Int32(wildcards.count)
    let first = UInt32(segments.count)
    for piece in pieces {
      let offset = piece.withUnsafeBufferPointer { store($0) }
      segments.append(Segment(offset: offset, length: UInt32(piece.count)))
    }
    wildcards.append(
      WildcardRecord(
        atom: atom, firstSegment: first, segmentCount: UInt32(pieces.count),
        byteMin: UInt32(pieces.map(\.count).reduce(0, +)), startsWithStar: ends.first, endsWithStar: ends.last, next: -1
      ))
    fields[Int(field)].kinds.insert(.wildcard)
    let head = ends.first ? 0 : pieces[0].count
    let tail = ends.last ? 0 : pieces[pieces.count - 1].count
    if head == 0, tail == 0 {
      addOpen(field, record)
    } else if head >= tail {
      fields[Int(field)].kinds.insert(.prefix)
      var root = fields[Int(field)].prefixRoot
      guardWildcard(record, at: textNode(&root, pieces[0]))
      fields[Int(field)].prefixRoot = root
    } else {
      fields[Int(field)].kinds.insert(.suffix)
      var root = fields[Int(field)].suffixRoot
      guardWildcard(record, at: textNode(&root, pieces[pieces.count - 1].reversed()))
      fields[Int(field)].suffixRoot = root
    }
  }

  private mutating func guardWildcard(_ record: Int32, at node: Int32) {
    wildcards[Int(record)].next = textNodes[Int(node)].guarded
    textNodes[Int(node)].guarded = record
  }

  private mutating func addOpen(_ field: UInt32, _ record: Int32) {
    let place = Int(field)
    fields[place].openWildcardCount += 1
    if fields[place].openWildcardCount <= MatcherTables.openWildcardsMax {
      wildcards[Int(record)].next = fields[place].openWildcards
      fields[place].openWildcards = record
      return
    }
    if !fields[place].kinds.contains(.segments) {
      fields[place].kinds.insert(.segments)
      fields[place].segmentFilter = UInt32(filters.count)
      filters.append(repeating: 0, count: MatcherTables.filterWords)
      var moved = fields[place].openWildcards
      fields[place].openWildcards = -1
      while moved >= 0 {
        let next = wildcards[Int(moved)].next
        addSegments(place, moved)
        moved = next
      }
    }
    addSegments(place, record)
  }

  private mutating func addSegments(_ field: Int, _ record: Int32) {
    let wildcard = wildcards[Int(record)]
    for number in 0..<Int(wildcard.segmentCount) {
      let place = Int(wildcard.firstSegment) + number
      let segment = segments[place]
      let bytes = Array(UnsafeBufferPointer(start: text.base + Int(segment.offset), count: Int(segment.length)))
      var root = fields[field].segmentRoot
      let node = textNode(&root, bytes)
      fields[field].segmentRoot = root
      if textNodes[Int(node)].end < 0 {
        textNodes[Int(node)].end = Int32(segmentEnds.count)
        segmentEnds.append(SegmentEnd(length: segment.length))
        mark(field, bytes)
      }
      segments[place].end = textNodes[Int(node)].end
    }
    let start = Int(segments[Int(wildcard.firstSegment)].end)
    wildcards[Int(record)].next = segmentEnds[start].starters
    segmentEnds[start].starters = record
  }

  /// Notes with which two bytes a segment begins; a single byte may be followed by any.
  private mutating func mark(_ field: Int, _ bytes: [UInt8]) {
    let start = Int(fields[field].segmentFilter)
    let seconds = bytes.count > 1 ? Int(bytes[1])...Int(bytes[1]) : 0...255
    for second in seconds {
      let pair = Int(bytes[0]) | second << 8
      filters[start + pair >> 6] |= 1 << UInt64(pair & 63)
    }
  }
}
