import Patterns

/// Everything a matcher knows, in rows of plain values that name one another by number.
struct MatcherTables: Sendable {
  /// Kinds of keys in `keys`; texts of different kinds never meet.
  enum KeyKind: UInt32 {
    case text = 1
    case folded
    case number
    case numberText
    case address
    case network
    case wildcard
    case range
    case twoCased
  }

  let seed: UInt64
  /// All bytes of keys, labels and segments.
  var text = Slab<UInt8>()
  var nodes = Slab<PathNode>()
  /// Children of nodes that have more than a few.
  var pathKeys: KeyTable
  var fields = Slab<Field>()
  var atoms = Slab<Atom>()
  var keys: KeyTable
  var textNodes = Slab<TextNode>()
  var edges: KeyTable
  var wildcards = Slab<WildcardRecord>()
  var segments = Slab<Segment>()
  var segmentEnds = Slab<SegmentEnd>()
  var filters = Slab<UInt64>()
  var networkMasks = Slab<NetworkMask>()
  var twoCased = Slab<TwoCased>()
  var ranges = Slab<RangeRecord>()
  var groups = Slab<RangeGroup>()
  var groupBounds = Slab<Double>()
  var groupMasks = Slab<UInt64>()
  var groupRanges = Slab<UInt32>()
  var postings = Slab<PostingNode>()
  var entries = Slab<Entry>()
  var splits: KeyTable
  var subRules = Slab<SubRule>()
  var programs = Slab<UInt32>()
  var isLive = Slab<Bool>()
  var componentCount = 0
  /// Sub-rules that only absence satisfies; every event makes them candidates.
  var always: Int32 = -1

  init(seed: UInt64) {
    self.seed = seed
    pathKeys = KeyTable(seed: seed)
    keys = KeyTable(seed: seed)
    edges = KeyTable(seed: seed)
    splits = KeyTable(seed: seed)
    nodes.append(PathNode(head: 0, keyOffset: 0, keyLength: 0, parent: -1))
  }

  mutating func store(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    let offset = text.count
    text.append(bytes)
    return UInt32(offset)
  }

  // MARK: Paths

  /// The field of a path, made if it is new; all its keys are made on the way.
  mutating func field(at path: [UInt8]) -> UInt32 {
    var node: Int32 = 0
    var way: [Int32] = []
    var start = 0
    while true {
      var end = start
      while end < path.count, path[end] != UInt8(ascii: ".") { end += 1 }
      node = path.withUnsafeBufferPointer { child(of: node, UnsafeBufferPointer(rebasing: $0[start..<end])) }
      way.append(node)
      if end == path.count { break }
      start = end + 1
    }
    if nodes[Int(node)].field < 0 {
      nodes[Int(node)].field = Int32(fields.count)
      fields.append(Field(node: node))
      for step in way { nodes[Int(step)].fieldCount += 1 }
    }
    return UInt32(nodes[Int(node)].field)
  }

  /// More children than this are found by a table instead of one after the other.
  static let siblingsMax = 8

  static func pathTag(_ parent: Int32, _ length: Int) -> UInt32 {
    UInt32(bitPattern: parent) << 4 | UInt32(min(length, 9))
  }

  private mutating func child(of parent: Int32, _ key: UnsafeBufferPointer<UInt8>) -> Int32 {
    withPadding(key) { tables, start in
      let word = KeyTable.word(start, key.count, seed: tables.seed)
      let tag = MatcherTables.pathTag(parent, key.count)
      let known = tables.pathKeys.find(word, tag) { node in
        tables.nodes[Int(node)].parent == parent && tables.isKey(tables.nodes[Int(node)], start, key.count)
      }
      if known != KeyTable.none { return Int32(known) }
      let number = Int32(tables.nodes.count)
      let head = KeyTable.word(start, min(key.count, 8), seed: tables.seed)
      let offset = tables.store(UnsafeBufferPointer(start: start, count: key.count))
      tables.nodes.append(
        PathNode(head: head, keyOffset: offset, keyLength: UInt32(key.count), parent: parent))
      tables.pathKeys.insert(word, tag, UInt32(number))
      let last = tables.nodes[Int(parent)].lastChild
      if last < 0 {
        tables.nodes[Int(parent)].firstChild = number
      } else {
        tables.nodes[Int(last)].nextSibling = number
      }
      tables.nodes[Int(parent)].lastChild = number
      tables.nodes[Int(parent)].childCount += 1
      return number
    }
  }

  private func isKey(_ node: PathNode, _ key: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    Int(node.keyLength) == count && isStored(Int(node.keyOffset), key, count)
  }

  func isStored(_ offset: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    MatcherTables.isSame(text.base + offset, bytes, count)
  }

  @inline(__always)
  static func isSame(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    var place = 0
    while place &+ 8 <= count {
      let one = UnsafeRawPointer(left).loadUnaligned(fromByteOffset: place, as: UInt64.self)
      let other = UnsafeRawPointer(right).loadUnaligned(fromByteOffset: place, as: UInt64.self)
      if one != other { return false }
      place &+= 8
    }
    while place < count {
      if left[place] != right[place] { return false }
      place &+= 1
    }
    return true
  }

  /// Calls with a copy of the bytes behind which eight more are readable.
  mutating func withPadding<Value>(
    _ bytes: UnsafeBufferPointer<UInt8>, _ body: (inout MatcherTables, UnsafePointer<UInt8>) -> Value
  ) -> Value {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count + 8) { copy in
      guard let start = copy.baseAddress else { preconditionFailure("a buffer of eight bytes has a beginning") }
      copy.initialize(repeating: 0)
      if let source = bytes.baseAddress { start.update(from: source, count: bytes.count) }
      return body(&self, start)
    }
  }

  // MARK: Atoms

  mutating func newAtom(_ field: UInt32) -> UInt32 {
    precondition(atoms.count < Int(Int32.max), "a matcher holds two thousand million atoms at most")
    atoms.append(Atom(field: field))
    fields[Int(field)].atomCount += 1
    return UInt32(atoms.count - 1)
  }

  @inline(__always)
  static func keyTag(_ field: UInt32, _ kind: KeyKind, _ length: Int) -> UInt32 {
    field << 8 | kind.rawValue << 4 | UInt32(min(length, 9))
  }

  /// The atom of a key, and whether it was made just now.
  mutating func keyAtom(_ field: UInt32, _ kind: KeyKind, _ key: [UInt8]) -> (atom: UInt32, isNew: Bool) {
    precondition(field < 1 << 24, "a matcher holds sixteen million fields at most")
    return key.withUnsafeBufferPointer { bytes in
      withPadding(bytes) { tables, start in
        let word = KeyTable.word(start, bytes.count, seed: tables.seed)
        let tag = MatcherTables.keyTag(field, kind, bytes.count)
        let known = tables.keys.find(word, tag) { atom in
          bytes.count <= 8 || tables.isKey(tables.atoms[Int(atom)], start, bytes.count)
        }
        if known != KeyTable.none { return (known, false) }
        let atom = tables.newAtom(field)
        if bytes.count > 8 {
          tables.atoms[Int(atom)].keyOffset = tables.store(UnsafeBufferPointer(start: start, count: bytes.count))
          tables.atoms[Int(atom)].keyLength = UInt32(bytes.count)
        }
        tables.keys.insert(word, tag, atom)
        return (atom, true)
      }
    }
  }

  private func isKey(_ atom: Atom, _ key: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    Int(atom.keyLength) == count && isStored(Int(atom.keyOffset), key, count)
  }
}
