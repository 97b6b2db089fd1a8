/// What becomes of a slot that comes while the run of an earlier one of the same schedule goes on.
///
/// Source: Temporal's schedules, `ScheduleOverlapPolicy`; SCHEDULES §2.
public enum OverlapPolicy: String, Sendable, Hashable, CaseIterable {
  /// The slot does not run.
  case skip
  /// One slot waits until the run has ended; those that come meanwhile do not run.
  case bufferOne = "buffer_one"
  /// Slots wait, and run one after the other, up to `bufferMax`.
  case bufferAll = "buffer_all"
  /// Slots run beside each other, as AWS does it.
  case allowAll = "allow_all"

  /// The most slots of one schedule that wait. Source: Temporal's own bound, about a thousand.
  public static let bufferMax = 1_000
}
