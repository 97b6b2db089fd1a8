/// What one match after another needs to work in, so that none allocates: one for each thread.
public final class MatchWorkspace {
  /// The patterns of the last match, each once, in no order; valid until the next match.
  public var matched: UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(start: memory.pointee.matched.base, count: memory.pointee.matchedCount)
  }

  /// Reached by pointer, so that nothing in it is guarded or counted.
  let memory: UnsafeMutablePointer<WorkspaceMemory>

  public init() {
    memory = .allocate(capacity: 1)
    memory.initialize(to: WorkspaceMemory())
  }

  deinit {
    memory.pointee.free()
    memory.deallocate()
  }
}

/// A row that grows and never shrinks, and whose holder frees it.
struct WorkspaceRow<Element: BitwiseCopyable & Sendable>: BitwiseCopyable {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var capacity: Int

  init(_ element: Element, capacity: Int) {
    base = .allocate(capacity: capacity)
    base.initialize(repeating: element, count: capacity)
    self.capacity = capacity
  }

  @inline(__always)
  mutating func reserve(_ count: Int, _ element: Element) {
    if count > capacity { grow(to: count, element) }
  }

  private mutating func grow(to count: Int, _ element: Element) {
    let grown = max(count, capacity * 2)
    let next = UnsafeMutablePointer<Element>.allocate(capacity: grown)
    next.initialize(from: base, count: capacity)
    (next + capacity).initialize(repeating: element, count: grown - capacity)
    base.deallocate()
    base = next
    capacity = grown
  }

  func free() {
    base.deallocate()
  }
}

/// The notes of a match.
struct WorkspaceMemory: BitwiseCopyable {
  /// Hits of one field: how many values it has, and the last atom hit.
  struct FieldState: BitwiseCopyable, Sendable {
    var values: UInt32 = 0
    var lastHit: Int32 = -1
    /// Arrays whose elements this field's values may lie in, by bit; known once it is asked for.
    var arrays: UInt64 = 0
    var knowsArrays = false
  }

  struct Hit: BitwiseCopyable, Sendable {
    var atom: UInt32
    /// The hit before it in the same field, or -1.
    var previous: Int32
  }

  /// Where one wildcard stands in the text that is being looked at.
  struct Progress: BitwiseCopyable, Sendable {
    var segment: UInt32 = 0
    var from: UInt32 = 0
    var next: Int32 = -1
  }

  /// Who waits for a segment in that text.
  struct Waiting: BitwiseCopyable, Sendable {
    var text: UInt32 = 0
    var first: Int32 = -1
    var isStarted = false
  }

  var hitBits = WorkspaceRow<UInt64>(0, capacity: 4)
  var hits = WorkspaceRow(Hit(atom: 0, previous: -1), capacity: 16)
  var fields = WorkspaceRow(FieldState(), capacity: 16)
  var touched = WorkspaceRow<UInt32>(0, capacity: 16)
  var components = WorkspaceRow<UInt32>(0, capacity: 16)
  var groups = WorkspaceRow<UInt64>(0, capacity: 4)
  var touchedGroups = WorkspaceRow<UInt32>(0, capacity: 4)
  /// The match in which a pattern was found last; numbered, so that nothing need be cleared.
  var found = WorkspaceRow<UInt32>(0, capacity: 16)
  var round: UInt32 = 0
  var progress = WorkspaceRow(Progress(), capacity: 4)
  var waiting = WorkspaceRow(Waiting(), capacity: 4)
  var textRound: UInt32 = 0
  /// Text with its escapes resolved, and text in small letters; longer than what stands in them.
  var plain = WorkspaceRow<UInt8>(0, capacity: 2_048)
  var small = WorkspaceRow<UInt8>(0, capacity: 2_048)
  /// Where keys that are no text are written.
  var key = WorkspaceRow<UInt8>(0, capacity: 64)
  /// Nodes whose arrays hold several fields.
  var arrays = WorkspaceRow<Int32>(0, capacity: 64)
  var matched = WorkspaceRow<UInt32>(0, capacity: 16)
  var matchedCount = 0
  /// Sub-rules whose fields lie in elements of one array.
  var doubtful = WorkspaceRow<UInt32>(0, capacity: 16)
  var doubtfulCount = 0

  private static let textSlack = 128

  /// Makes room for everything that the tables name and for the longest text that an event of so many bytes can hold.
  @inline(__always)
  mutating func prepare(for tables: borrowing UnsafeTables, eventBytes: Int) {
    matchedCount = 0
    doubtfulCount = 0
    hitBits.reserve(tables.atomCount / 64 + 1, 0)
    hits.reserve(tables.atomCount, Hit(atom: 0, previous: -1))
    fields.reserve(tables.fieldCount, FieldState())
    touched.reserve(tables.fieldCount, 0)
    components.reserve(tables.componentCount, 0)
    groups.reserve(tables.groupCount, 0)
    touchedGroups.reserve(tables.groupCount, 0)
    found.reserve(tables.patternCount, 0)
    matched.reserve(tables.patternCount, 0)
    progress.reserve(tables.wildcardCount, Progress())
    waiting.reserve(tables.segmentEndCount, Waiting())
    plain.reserve(eventBytes + WorkspaceMemory.textSlack, 0)
    small.reserve(eventBytes + WorkspaceMemory.textSlack, 0)
    round &+= 1
    if round == 0 {
      found.base.update(repeating: 0, count: found.capacity)
      round = 1
    }
  }

  /// The number of a text of which no segment has been seen.
  mutating func nextText() -> UInt32 {
    textRound &+= 1
    if textRound == 0 {
      for place in 0..<waiting.capacity { waiting.base[place].text = 0 }
      textRound = 1
    }
    return textRound
  }

  /// Puts a sub-rule aside to be decided by where its values lie.
  mutating func doubt(_ subRule: UInt32) {
    doubtful.reserve(doubtfulCount + 1, 0)
    doubtful.base[doubtfulCount] = subRule
    doubtfulCount += 1
  }

  func free() {
    hitBits.free()
    hits.free()
    fields.free()
    touched.free()
    components.free()
    groups.free()
    touchedGroups.free()
    found.free()
    progress.free()
    waiting.free()
    plain.free()
    small.free()
    key.free()
    arrays.free()
    matched.free()
    doubtful.free()
  }
}
