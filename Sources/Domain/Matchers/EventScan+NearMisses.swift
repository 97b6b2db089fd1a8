extension EventScan {
  /// Sorts the patterns into those of which one field fails in an alternative, and those that an alternative fits; what
  /// is open goes to the doubtful.
  mutating func sortOut(examined: Int, _ sorted: inout SortedOut) {
    let count = Int(tables.subRuleCount)
    // An event's own hits say where to begin, so that the same event is always told the same.
    let first = count > examined ? (0..<hitCount).reduce(0) { ($0 &* 31 &+ Int(hits[$1].atom)) % count } : 0
    for step in 0..<min(count, examined) {
      let number = (first + step) % count
      let subRule = tables.subRules[number]
      guard tables.isLive[Int(subRule.pattern)] else { continue }
      if arrayCount > 0, subRule.hasKin, sharesArray(subRule) {
        space.pointee.doubt(UInt32(number))
        continue
      }
      switch misses(subRule, upTo: 2) {
      case .none: break
      case .some(Int.max): space.pointee.doubt(UInt32(number))
      case .some(let misses):
        sorted.take(subRule.pattern, misses: misses, of: tables.programs[Int(subRule.program)])
      }
    }
  }
}

/// What a look for near misses has found so far.
struct SortedOut {
  /// Patterns of which one field fails in an alternative; of those in `close` another field passes.
  private var missed: Set<Int> = []
  private var close: Set<Int> = []
  private var fitting: Set<Int> = []

  /// - Parameters:
  ///   - misses: 0 or 1.
  ///   - fields: those of the alternative.
  mutating func take(_ pattern: UInt32, misses: Int, of fields: UInt32) {
    if misses == 0 {
      fitting.insert(Int(pattern))
    } else {
      missed.insert(Int(pattern))
      if fields > 1 { close.insert(Int(pattern)) }
    }
  }

  /// Those that no alternative fits.
  func nearMisses(max: Int) -> PatternMatcher.NearMisses {
    let near = missed.subtracting(fitting)
    return PatternMatcher.NearMisses(
      close: Array(near.intersection(close).sorted().prefix(max)),
      others: Array(near.subtracting(close).sorted().prefix(max)))
  }
}
