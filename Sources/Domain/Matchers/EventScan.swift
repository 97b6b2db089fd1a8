import CBlocks

/// One event's way through a matcher: a single pass over its bytes that notes which atoms its values hit.
///
/// What no pattern asks for is skipped without being looked at, and reading ends as soon as nothing that is still to
/// come can matter. Everything it reads and writes is reached by pointer; the matcher, the event and the workspace
/// outlive it.
struct EventScan {
  typealias Bytes = UnsafePointer<UInt8>

  private static let linesAhead = 7

  let tables: UnsafeTables
  let space: UnsafeMutablePointer<WorkspaceMemory>
  let start: Bytes
  /// No key comes twice, has a dot or an escape: then a key that was found need not be looked for any further.
  let isPlain: Bool
  /// Reads all that any pattern asks for, also where no pattern can match any more.
  let isWhole: Bool
  /// Who takes down each value; nobody in most matches.
  let record: Unmanaged<LeafRecord>?

  let hitBits: UnsafeMutablePointer<UInt64>
  let hits: UnsafeMutablePointer<WorkspaceMemory.Hit>
  let states: UnsafeMutablePointer<WorkspaceMemory.FieldState>
  let touched: UnsafeMutablePointer<UInt32>
  let components: UnsafeMutablePointer<UInt32>
  var hitCount = 0
  var touchedCount = 0
  var groupCount = 0
  /// Nothing that comes can matter.
  var isFinished = false
  /// No pattern can match any more.
  var isHopeless = false
  /// Arrays around what is being read.
  var arrayDepth = 0
  /// Nodes whose value is an array of objects or arrays with several fields in it, the first 64.
  var arrayCount = 0
  var hasTooManyArrays = false

  /// - Parameter record: must outlive the scan.
  init(
    _ view: UnsafePointer<UnsafeTables>, _ event: borrowing EventText, _ space: UnsafeMutablePointer<WorkspaceMemory>,
    isWhole: Bool, record: LeafRecord? = nil
  ) {
    tables = view.pointee
    self.space = space
    self.isWhole = isWhole
    self.record = record.map { .passUnretained($0) }
    isPlain = event.isPlain
    start = event.start
    if record == nil { space.pointee.prepare(for: view.pointee, eventBytes: event.count) }
    hitBits = space.pointee.hitBits.base
    hits = space.pointee.hits.base
    states = space.pointee.fields.base
    touched = space.pointee.touched.base
    components = space.pointee.components.base
  }

  mutating func run() {
    // The lines of the text come from memory side by side, and not one after the other.
    for line in 1...EventScan.linesAhead { blocks_prefetch(start + line &* 64) }
    _ = object(after: EventScan.skipBlank(start) + 1, at: 0, isLast: !isWhole)
  }

  /// Takes back every note in the workspace that a match begins without.
  mutating func clear() {
    clearHits()
    for place in 0..<touchedCount { states[Int(touched[place])] = WorkspaceMemory.FieldState() }
    touchedCount = 0
  }

  /// Takes back what was hit, not which fields have values.
  mutating func clearHits() {
    for place in 0..<hitCount {
      let atom = hits[place].atom
      let known = tables.atoms + Int(atom)
      hitBits[Int(atom >> 6)] = 0
      states[Int(known.pointee.field)].lastHit = -1
      if known.pointee.component >= 0 { components[Int(known.pointee.component)] = 0 }
    }
    hitCount = 0
    for place in 0..<groupCount { space.pointee.groups.base[Int(space.pointee.touchedGroups.base[place])] = 0 }
    groupCount = 0
  }

  // MARK: Structure

  private mutating func object(after opening: Bytes, at node: Int32, isLast: Bool) -> Bytes {
    var place = EventScan.skipBlank(opening)
    if place.pointee == UInt8(ascii: "}") { return place + 1 }
    let isCounted = isPlain && !isWhole
    var remaining = tables.nodes[Int(node)].childCount
    while true {
      let key = place + 1
      let end = EventScan.textEnd(key)
      place = EventScan.skipBlank(end + 1)
      place = EventScan.skipBlank(place + 1)
      let child = isPlain ? self.child(of: node, key, end - key) : childByParts(of: node, key, end)
      if child < 0 {
        place = EventScan.skipValue(place)
      } else {
        remaining &-= 1
        place = value(place, at: child, isLast: isLast && remaining == 0)
        if isFinished { return place }
      }
      if remaining == 0, isCounted {
        if isLast {
          isFinished = true
          return place
        }
        return UnsafePointer(blocks_container_end(place))
      }
      place = EventScan.skipBlank(place)
      if place.pointee != UInt8(ascii: ",") { return place + 1 }
      place = EventScan.skipBlank(place + 1)
    }
  }

  private mutating func value(_ start: Bytes, at node: Int32, isLast: Bool) -> Bytes {
    let field = tables.nodes[Int(node)].field
    let end: Bytes
    switch start.pointee {
    case UInt8(ascii: "{"):
      if tables.nodes[Int(node)].childCount == 0 { return EventScan.skipValue(start) }
      return object(after: start + 1, at: node, isLast: isLast)
    case UInt8(ascii: "["):
      arrayDepth &+= 1
      end = array(after: start + 1, at: node)
      arrayDepth &-= 1
    default:
      if field < 0 { return EventScan.skipValue(start) }
      end = leaf(start, field)
    }
    if field >= 0, arrayDepth == 0, isPlain, !isWhole { giveUp(without: field) }
    return end
  }

  /// Ends the reading if every pattern needs a hit here and there is none.
  @inline(__always)
  private mutating func giveUp(without field: Int32) {
    if states[Int(field)].lastHit < 0, tables.fields[Int(field)].requiredCount == tables.subRuleCount {
      isFinished = true
      isHopeless = true
    }
  }

  private mutating func array(after opening: Bytes, at node: Int32) -> Bytes {
    let field = tables.nodes[Int(node)].field
    let hasChildren = tables.nodes[Int(node)].childCount > 0
    if field < 0, !hasChildren { return UnsafePointer(blocks_container_end(opening)) }
    var place = EventScan.skipBlank(opening)
    if place.pointee == UInt8(ascii: "]") { return place + 1 }
    let number = record?.takeUnretainedValue().enterArray() ?? 0
    var index = 0
    while true {
      switch place.pointee {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        if tables.nodes[Int(node)].fieldCount > 1 { note(node) }
        record?.takeUnretainedValue().enterElement(number, index)
        if place.pointee == UInt8(ascii: "[") {
          place = array(after: place + 1, at: node)
        } else {
          place = hasChildren ? object(after: place + 1, at: node, isLast: false) : EventScan.skipValue(place)
        }
        record?.takeUnretainedValue().leaveElement()
      default:
        place = field < 0 ? EventScan.skipValue(place) : leaf(place, field)
      }
      index &+= 1
      place = EventScan.skipBlank(place)
      if place.pointee != UInt8(ascii: ",") { return place + 1 }
      place = EventScan.skipBlank(place + 1)
    }
  }

  /// Notes an array in whose elements several fields lie.
  private mutating func note(_ node: Int32) {
    for place in 0..<arrayCount where space.pointee.arrays.base[place] == node { return }
    guard arrayCount < 64 else {
      hasTooManyArrays = true
      return
    }
    space.pointee.arrays.base[arrayCount] = node
    arrayCount += 1
  }

  // MARK: Keys

  @inline(__always)
  private func child(of node: Int32, _ key: Bytes, _ count: Int) -> Int32 {
    let head = KeyTable.word(key, min(count, 8), seed: tables.seed)
    if tables.nodes[Int(node)].childCount > UInt32(MatcherTables.siblingsMax) {
      let word = count <= 8 ? head : KeyTable.word(key, count, seed: tables.seed)
      let tag = MatcherTables.pathTag(node, count)
      let found = KeyTable.find(tables.pathSlots, mask: tables.pathMask, seed: tables.seed, word, tag) { number in
        tables.nodes[Int(number)].parent == node && isKey(number, key, count)
      }
      return Int32(truncatingIfNeeded: found)
    }
    var next = tables.nodes[Int(node)].firstChild
    while next >= 0 {
      let known = tables.nodes + Int(next)
      if known.pointee.head == head, isKey(UInt32(next), key, count) { return next }
      next = known.pointee.nextSibling
    }
    return -1
  }

  @inline(__always)
  private func isKey(_ node: UInt32, _ key: Bytes, _ count: Int) -> Bool {
    let known = tables.nodes + Int(node)
    return Int(known.pointee.keyLength) == count
      && (count <= 8 || MatcherTables.isSame(tables.text + Int(known.pointee.keyOffset), key, count))
  }

  /// The same for a key that may have escapes and dots: each dot leads one node on.
  private func childByParts(of node: Int32, _ key: Bytes, _ end: Bytes) -> Int32 {
    let plain = PlainText(key, end, space.pointee.plain.base)
    var node = node
    var start = 0
    while true {
      var stop = start
      while stop < plain.count, plain.start[stop] != UInt8(ascii: ".") { stop += 1 }
      node = child(of: node, plain.start + start, stop - start)
      if node < 0 || stop == plain.count { return node }
      start = stop + 1
    }
  }

  // MARK: Skipping

  @inline(__always)
  static func skipBlank(_ start: Bytes) -> Bytes {
    var place = start
    while place.pointee <= 0x20 {
      // The padding behind the text is no blank, or an unsound text would be read for ever.
      if place.pointee == 0 { return place }
      place += 1
    }
    return place
  }

  /// The first quote or backslash from here on.
  @inline(__always)
  static func special(_ start: Bytes) -> Bytes {
    var place = start
    while true {
      let marks = blocks_quotes16(place)
      if marks != 0 { return place + marks.trailingZeroBitCount }
      place += 16
    }
  }

  /// The closing quote of a text that begins here.
  @inline(__always)
  static func textEnd(_ start: Bytes) -> Bytes {
    var place = special(start)
    while place.pointee != UInt8(ascii: "\"") { place = special(place + 2) }
    return place
  }

  @inline(__always)
  static func skipValue(_ start: Bytes) -> Bytes {
    switch start.pointee {
    case UInt8(ascii: "\""): return textEnd(start + 1) + 1
    case UInt8(ascii: "{"), UInt8(ascii: "["): return UnsafePointer(blocks_container_end(start + 1))
    default: return wordEnd(start)
    }
  }

  /// Behind a number or a word.
  @inline(__always)
  static func wordEnd(_ start: Bytes) -> Bytes {
    var place = start
    while true {
      let marks = blocks_ends16(place)
      if marks != 0 { return place + marks.trailingZeroBitCount }
      place += 16
    }
  }
}

/// The rows of a matcher by their beginnings; valid as long as the matcher is.
struct UnsafeTables: BitwiseCopyable {
  let seed: UInt64
  let text: UnsafePointer<UInt8>
  let nodes: UnsafePointer<PathNode>
  let fields: UnsafePointer<Field>
  let atoms: UnsafePointer<Atom>
  let keySlots: UnsafePointer<KeyTable.Slot>
  let keyMask: Int
  let pathSlots: UnsafePointer<KeyTable.Slot>
  let pathMask: Int
  let edgeSlots: UnsafePointer<KeyTable.Slot>
  let edgeMask: Int
  let splitSlots: UnsafePointer<KeyTable.Slot>
  let splitMask: Int
  let textNodes: UnsafePointer<TextNode>
  let wildcards: UnsafePointer<WildcardRecord>
  let segments: UnsafePointer<Segment>
  let segmentEnds: UnsafePointer<SegmentEnd>
  let filters: UnsafePointer<UInt64>
  let networkMasks: UnsafePointer<NetworkMask>
  let twoCased: UnsafePointer<TwoCased>
  let ranges: UnsafePointer<RangeRecord>
  let groups: UnsafePointer<RangeGroup>
  let groupBounds: UnsafePointer<Double>
  let groupMasks: UnsafePointer<UInt64>
  let groupRanges: UnsafePointer<UInt32>
  let postings: UnsafePointer<PostingNode>
  let entries: UnsafePointer<Entry>
  let subRules: UnsafePointer<SubRule>
  let subRuleCount: UInt32
  let fieldCount: Int
  let atomCount: Int
  let componentCount: Int
  let groupCount: Int
  let wildcardCount: Int
  let segmentEndCount: Int
  let patternCount: Int
  let programs: UnsafePointer<UInt32>
  let isLive: UnsafePointer<Bool>
  let always: Int32

  init(_ tables: borrowing MatcherTables) {
    seed = tables.seed
    text = UnsafePointer(tables.text.base)
    nodes = UnsafePointer(tables.nodes.base)
    fields = UnsafePointer(tables.fields.base)
    atoms = UnsafePointer(tables.atoms.base)
    keySlots = UnsafePointer(tables.keys.slots.base)
    keyMask = tables.keys.mask
    pathSlots = UnsafePointer(tables.pathKeys.slots.base)
    pathMask = tables.pathKeys.mask
    edgeSlots = UnsafePointer(tables.edges.slots.base)
    edgeMask = tables.edges.mask
    splitSlots = UnsafePointer(tables.splits.slots.base)
    splitMask = tables.splits.mask
    textNodes = UnsafePointer(tables.textNodes.base)
    wildcards = UnsafePointer(tables.wildcards.base)
    segments = UnsafePointer(tables.segments.base)
    segmentEnds = UnsafePointer(tables.segmentEnds.base)
    filters = UnsafePointer(tables.filters.base)
    networkMasks = UnsafePointer(tables.networkMasks.base)
    twoCased = UnsafePointer(tables.twoCased.base)
    ranges = UnsafePointer(tables.ranges.base)
    groups = UnsafePointer(tables.groups.base)
    groupBounds = UnsafePointer(tables.groupBounds.base)
    groupMasks = UnsafePointer(tables.groupMasks.base)
    groupRanges = UnsafePointer(tables.groupRanges.base)
    postings = UnsafePointer(tables.postings.base)
    entries = UnsafePointer(tables.entries.base)
    subRules = UnsafePointer(tables.subRules.base)
    subRuleCount = UInt32(tables.subRules.count)
    fieldCount = tables.fields.count
    atomCount = tables.atoms.count
    componentCount = tables.componentCount
    groupCount = tables.groups.count
    wildcardCount = tables.wildcards.count
    segmentEndCount = tables.segmentEnds.count
    patternCount = tables.isLive.count
    programs = UnsafePointer(tables.programs.base)
    isLive = UnsafePointer(tables.isLive.base)
    always = tables.always
  }
}
