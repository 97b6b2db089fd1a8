import Events
import Patterns

/// The patterns of many rules, matched together in one pass over an event's bytes.
///
/// A value: whoever holds a copy sees no change made to another. Patterns are known by the number that `add` gave them.
public struct PatternMatcher: Sendable {
  private var patterns: [EventPattern?] = []

  public init() {}

  /// Adds a pattern; answers its number, counted from zero and never given twice.
  @discardableResult
  public mutating func add(_ pattern: EventPattern) -> Int {
    patterns.append(pattern)
    return patterns.count - 1
  }

  /// Takes a pattern away; its number stays free.
  public mutating func remove(_ number: Int) {
    patterns[number] = nil
  }

  /// Looks which patterns the event fits; they stand in the workspace afterwards, in no order, each once.
  public func match(_ event: EventText, in workspace: MatchWorkspace) {
    workspace.matched.removeAll(keepingCapacity: true)
    guard let json = EventText.json(event) else { return }
    for (number, pattern) in patterns.enumerated() where pattern?.matches(json) == true {
      workspace.matched.append(UInt32(number))
    }
  }

  /// The numbers of the patterns that the event fits, in ascending order.
  public func matches(_ event: EventText) -> [Int] {
    let workspace = MatchWorkspace()
    match(event, in: workspace)
    return workspace.matched.map(Int.init).sorted()
  }

  /// The numbers of patterns that the event misses by a single leaf, in ascending order.
  ///
  /// - Parameter max: how many are told at most.
  public func nearMisses(_ event: EventText, in workspace: MatchWorkspace, max: Int) -> [Int] {
    guard let json = EventText.json(event) else { return [] }
    return Array(patterns.indices.filter { patterns[$0]?.explain(json).isNearMiss == true }.prefix(max))
  }
}

extension EventText {
  static func json(_ event: EventText) -> JSON? {
    do { return try JSON(parsing: event.bytes) } catch { return nil }
  }
}

/// What one match after another needs to work in, so that none allocates: one for each thread.
public final class MatchWorkspace {
  /// The patterns of the last match.
  public internal(set) var matched: ContiguousArray<UInt32> = []

  public init() {}
}
