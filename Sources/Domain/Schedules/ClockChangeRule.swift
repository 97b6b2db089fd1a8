/// What becomes of wall times that a time zone skips or shows twice; AWS's own way is the standard.
///
/// Source: SCHEDULES §1, DST.
public struct ClockChangeRule: Sendable, Hashable {
  /// A wall time that the clock jumps over.
  public enum Gap: String, Sendable, CaseIterable {
    /// It does not fire.
    case skip
    /// It fires as much later as the clock jumped: 02:30 becomes 03:30.
    case shift
  }

  /// A wall time that the clock shows twice.
  public enum Fold: String, Sendable, CaseIterable {
    case first, second, both
  }

  /// As EventBridge Scheduler does it.
  public static let standard = ClockChangeRule(gap: .skip, fold: .first)

  public let gap: Gap
  public let fold: Fold

  public init(gap: Gap, fold: Fold) {
    self.gap = gap
    self.fold = fold
  }
}
