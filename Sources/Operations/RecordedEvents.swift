import Events

/// What recorded events look like: by source and detail-type, how many there are and which leaves they have.
///
/// Bounded, whatever the events are: so many of them, and of each so many leaves.
public struct RecordedEvents: Sendable {
  /// Events that are looked at, the latest.
  public static let eventsMax = 5_000
  /// Leaves that are kept of one kind of event, and of all.
  static let leavesMax = 2_000
  static let leavesOfAllMax = 100_000
  /// Objects and arrays inside each other that are looked into.
  static let depthMax = 32

  /// Events of one source and detail-type.
  struct Kind: Sendable {
    let source: String
    let detailType: String
    fileprivate(set) var count = 0
    /// When the first of them was taken in.
    fileprivate(set) var since: Timestamp
    /// Paths at which one of them has a value, keys joined with ".".
    fileprivate(set) var leaves: Set<String> = []
    /// Whether there were more leaves, so that one which is not here may have been there.
    fileprivate(set) var isCut = false
  }

  private struct Key: Hashable {
    let source: String
    let detailType: String
  }

  private var known: [Key: Kind] = [:]
  private var count = 0
  private var leavesLeft = leavesOfAllMax

  public init() {}

  /// Whether further events are left out.
  public var isFull: Bool { count >= RecordedEvents.eventsMax }

  /// In the order of source and detail-type.
  var kinds: [Kind] { known.values.sorted { ($0.source, $0.detailType) < ($1.source, $1.detailType) } }

  /// Takes an event along; beyond `eventsMax` it is left out.
  public mutating func add(_ event: Event, at moment: Timestamp) {
    guard !isFull else { return }
    count += 1
    let key = Key(source: event.source, detailType: event.detailType)
    var kind = known.removeValue(forKey: key) ?? Kind(source: event.source, detailType: event.detailType, since: moment)
    kind.count += 1
    kind.since = min(kind.since, moment)
    RecordedEvents.collect(event.detail, "detail", RecordedEvents.depthMax, &kind, &leavesLeft)
    if !event.resources.isEmpty { kind.leaves.insert("resources") }
    known[key] = kind
  }

  private static func collect(_ json: JSON, _ path: String, _ depth: Int, _ kind: inout Kind, _ left: inout Int) {
    guard depth > 0 else {
      kind.isCut = true
      return
    }
    if let members = json.members {
      for member in members { collect(member.value, "\(path).\(member.key)", depth - 1, &kind, &left) }
    } else if let elements = json.elements {
      for element in elements { collect(element, path, depth - 1, &kind, &left) }
    } else if !kind.leaves.contains(path) {
      guard kind.leaves.count < leavesMax, left > 0 else {
        kind.isCut = true
        return
      }
      kind.leaves.insert(path)
      left -= 1
    }
  }
}
