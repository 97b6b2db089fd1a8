/// A key on the way to the fields of patterns: `detail`, then `symbols` below it.
struct PathNode: BitwiseCopyable, Sendable {
  /// The first eight bytes of the key, zeros behind a shorter one.
  var head: UInt64
  var keyOffset: UInt32
  var keyLength: UInt32
  var parent: Int32
  var firstChild: Int32 = -1
  var lastChild: Int32 = -1
  var nextSibling: Int32 = -1
  var childCount: UInt32 = 0
  /// Fields here and below.
  var fieldCount: UInt32 = 0
  /// The field whose path ends here, or -1.
  var field: Int32 = -1
}

/// What stands at one path, and which kinds of tests any pattern asks of it.
struct Field: BitwiseCopyable, Sendable {
  /// Which tests there are: a value is looked up only where something waits for it.
  struct Kinds: OptionSet, BitwiseCopyable, Sendable {
    let rawValue: UInt32
    static let text = Kinds(rawValue: 1)
    static let folded = Kinds(rawValue: 2)
    static let number = Kinds(rawValue: 4)
    static let numberText = Kinds(rawValue: 8)
    static let range = Kinds(rawValue: 16)
    static let address = Kinds(rawValue: 32)
    static let network = Kinds(rawValue: 64)
    static let prefix = Kinds(rawValue: 128)
    static let suffix = Kinds(rawValue: 256)
    static let foldedPrefix = Kinds(rawValue: 512)
    static let foldedSuffix = Kinds(rawValue: 1024)
    static let wildcard = Kinds(rawValue: 2048)
    static let segments = Kinds(rawValue: 4096)
    static let twoCased = Kinds(rawValue: 8192)

    static let anyFolded: Kinds = [.folded, .foldedPrefix, .foldedSuffix]
    static let anyNumber: Kinds = [.number, .numberText, .range]
    static let anyAddress: Kinds = [.address, .network]
  }

  var node: Int32
  var kinds: Kinds = []
  var nullAtom: Int32 = -1
  var trueAtom: Int32 = -1
  var falseAtom: Int32 = -1
  /// What `prefix ""` and `wildcard "*"` become: any text.
  var textAtom: Int32 = -1
  var prefixRoot: Int32 = -1
  var suffixRoot: Int32 = -1
  var foldedPrefixRoot: Int32 = -1
  var foldedSuffixRoot: Int32 = -1
  var segmentRoot: Int32 = -1
  /// Where the 65,536 bits begin that tell which two bytes begin a segment.
  var segmentFilter: UInt32 = 0
  /// Wildcards that begin and end in a star; more than a few go by their segments.
  var openWildcards: Int32 = -1
  var openWildcardCount: UInt32 = 0
  var networkMasks: Int32 = -1
  var twoCased: Int32 = -1
  var rangeGroups: Int32 = -1
  var rangeCount: UInt32 = 0
  /// Rules that any value here makes candidates, or -1.
  var posting: Int32 = -1
  /// Sub-rules that cannot match unless one of their atoms is hit here.
  var requiredCount: UInt32 = 0
  var atomCount: UInt32 = 0
}

/// One thing that a value can be or not be: equal to a text, within a range, …; interned, so that rules share it.
struct Atom: BitwiseCopyable, Sendable {
  var field: UInt32
  /// The sub-rules that a hit makes candidates, or -1.
  var posting: Int32 = -1
  /// Its place among the atoms of `anything-but`, or -1.
  var component: Int32 = -1
  var keyOffset: UInt32 = 0
  var keyLength: UInt32 = 0
  /// How many sub-rules a hit makes candidates, those below splits included.
  var load: UInt32 = 0
}

/// Candidates: sub-rules to check, and, where they are many, further nodes by the atoms of one more field.
struct PostingNode: BitwiseCopyable, Sendable {
  var first: UInt32 = 0
  var count: UInt32 = 0
  var capacity: UInt32 = 0
  var splitField: Int32 = -1
  /// Where those stand that do not ask for the split's field.
  var rest: Int32 = -1
}

/// A candidate, and two atoms of which one must be hit: most candidates are out without being looked up.
struct Entry: BitwiseCopyable, Sendable {
  /// Stands for a field that asks for more than two atoms, or for none.
  static let open = UInt32.max

  var subRule: UInt32 = 0
  /// `open`, or one of the two.
  var first: UInt32 = Entry.open
  var second: UInt32 = Entry.open
}

/// One combination of a pattern's `$or`.
struct SubRule: BitwiseCopyable, Sendable {
  var pattern: UInt32
  /// Where its program begins.
  var program: UInt32
  /// Whether two of its paths begin with the same key, so that one array may hold both.
  var hasKin: Bool
}

/// A node of a tree of texts: what is written on the way to it, and what ends there.
struct TextNode: BitwiseCopyable, Sendable {
  var labelOffset: UInt32
  var labelLength: UInt32
  /// The atom, or the segment, that ends here, or -1.
  var end: Int32 = -1
  /// The first of the wildcards that begin, or end, with this text, or -1.
  var guarded: Int32 = -1
}

/// A text with stars in it, in pieces.
struct WildcardRecord: BitwiseCopyable, Sendable {
  var atom: UInt32
  var firstSegment: UInt32
  var segmentCount: UInt32
  var byteMin: UInt32
  var startsWithStar: Bool
  var endsWithStar: Bool
  /// The next of the same list, or -1.
  var next: Int32
}

/// A run of bytes between stars.
struct Segment: BitwiseCopyable, Sendable {
  var offset: UInt32
  var length: UInt32
  /// Its number in the tree of segments, or -1.
  var end: Int32 = -1
}

/// A segment that wildcards wait for.
struct SegmentEnd: BitwiseCopyable, Sendable {
  var length: UInt32
  /// The first of the wildcards that begin with it, or -1.
  var starters: Int32 = -1
}

/// Bits of a network address that count, for one family of addresses.
struct NetworkMask: BitwiseCopyable, Sendable {
  var bits: UInt8
  var isLong: Bool
  var next: Int32
}

/// A text of which some characters have two forms beyond ASCII; it is compared character by character.
struct TwoCased: BitwiseCopyable, Sendable {
  enum Extent: UInt8, BitwiseCopyable, Sendable {
    case whole
    case prefix
    case suffix
  }

  var atom: UInt32
  var offset: UInt32
  var length: UInt32
  var extent: Extent
  var next: Int32
}

/// A numeric range as bounds; infinite where it has none.
struct RangeRecord: BitwiseCopyable, Sendable {
  var low: Double
  var high: Double
  var isLowIncluded: Bool
  var isHighIncluded: Bool
  var atom: UInt32
}

/// Up to 64 ranges of a field, and for each stretch between their bounds which of them hold it.
struct RangeGroup: BitwiseCopyable, Sendable {
  var low: Double
  var high: Double
  /// Where the bounds, the masks of the stretches and the ranges begin.
  var bounds: UInt32
  var masks: UInt32
  var ranges: UInt32
  var boundCount: UInt32
  var rangeCount: UInt32
  var capacity: UInt32
  var next: Int32
}
