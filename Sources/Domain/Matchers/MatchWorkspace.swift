/// What one match after another needs to work in, so that none allocates: one for each thread.
public final class MatchWorkspace {
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

  /// The patterns of the last match, each once, in no order.
  public internal(set) var matched: ContiguousArray<UInt32> = []

  var hitBits = Slab<UInt64>()
  var hits = Slab<Hit>()
  var hitCount = 0
  var fields = Slab<FieldState>()
  var touched = Slab<UInt32>()
  var touchedCount = 0
  var components = Slab<UInt32>()
  var groups = Slab<UInt64>()
  var touchedGroups = Slab<UInt32>()
  var touchedGroupCount = 0
  /// The match in which a pattern was found last; numbered, so that nothing need be cleared.
  var found = Slab<UInt32>()
  var round: UInt32 = 0
  var progress = Slab<Progress>()
  var waiting = Slab<Waiting>()
  var textRound: UInt32 = 0
  /// Text with its escapes resolved, and text in small letters; 64 bytes longer than what stands in them.
  var plain = Slab<UInt8>()
  var small = Slab<UInt8>()
  /// Where keys that are no text are written.
  var key = Slab<UInt8>()
  /// Nodes whose arrays hold several fields.
  var arrays = Slab<Int32>()
  /// Sub-rules whose fields lie in elements of one array.
  var doubtful: ContiguousArray<UInt32> = []

  public init() {
    key.append(repeating: 0, count: 64)
    arrays.append(repeating: 0, count: 64)
  }

  /// Makes room for the longest text that an event of so many bytes can hold.
  func makeRoom(forTextOf count: Int) {
    MatchWorkspace.extend(&plain, 0, to: count + 128)
    MatchWorkspace.extend(&small, 0, to: count + 128)
  }

  /// Makes room for everything that the tables name.
  func prepare(for tables: MatcherTables) {
    matched.removeAll(keepingCapacity: true)
    doubtful.removeAll(keepingCapacity: true)
    let words = tables.atoms.count / 64 + 1
    if hitBits.count < words { hitBits.append(repeating: 0, count: words - hitBits.count) }
    MatchWorkspace.extend(&hits, Hit(atom: 0, previous: -1), to: tables.atoms.count)
    MatchWorkspace.extend(&fields, FieldState(), to: tables.fields.count)
    MatchWorkspace.extend(&touched, 0, to: tables.fields.count)
    MatchWorkspace.extend(&components, 0, to: tables.componentCount)
    MatchWorkspace.extend(&groups, 0, to: tables.groups.count)
    MatchWorkspace.extend(&touchedGroups, 0, to: tables.groups.count)
    MatchWorkspace.extend(&found, 0, to: tables.isLive.count)
    MatchWorkspace.extend(&progress, Progress(), to: tables.wildcards.count)
    MatchWorkspace.extend(&waiting, Waiting(), to: tables.segmentEnds.count)
    round &+= 1
    if round == 0 {
      for place in 0..<found.count { found[place] = 0 }
      round = 1
    }
  }

  private static func extend<Element>(_ slab: inout Slab<Element>, _ element: Element, to count: Int) {
    if slab.count < count { slab.append(repeating: element, count: max(count, slab.count * 2) - slab.count) }
  }

  /// The number of a text of which no segment has been seen.
  func nextText() -> UInt32 {
    textRound &+= 1
    if textRound == 0 {
      for place in 0..<waiting.count { waiting[place].text = 0 }
      textRound = 1
    }
    return textRound
  }
}
