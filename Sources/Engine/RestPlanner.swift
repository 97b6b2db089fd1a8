import Events
import Rules
import Schedules
import Telemetry

/// Plans what becomes of the slots that a rule or a schedule rested through, when it is resumed (D23).
public struct RestPlanner: Sendable {
  private let store: any ScheduleStore

  public init(_ store: any ScheduleStore) {
    self.store = store
  }

  /// nil if no slot passed while it rested.
  ///
  /// - Parameters:
  ///   - since: when it began to rest; slots at or before it were none of its rest.
  public func plan(
    _ owner: String, _ timetable: Timetable, _ misfire: MisfirePolicy, since: Timestamp, at now: Timestamp
  ) async throws(StoreError) -> RecoveryPlan? {
    var passed: [Timestamp] = []
    var before = now + Span(milliseconds: 1)
    while passed.count < Backfill.slotsMax, let slot = timetable.previous(before: before), slot > since {
      passed.append(slot)
      before = slot
    }
    guard let newest = passed.first else { return nil }
    let rested = try await store.disabledSlots(of: owner, among: passed)
    let missed = passed.reversed().filter { rested.contains($0) }
    guard !missed.isEmpty else { return nil }
    // A slot that nobody has decided yet fires by itself now.
    return RecoveryPlan(owner, .resume, misfire, missed: missed, isCaughtUp: !rested.contains(newest), at: now)
  }

  /// What has to be stored with the resuming.
  public static func recovery(_ plan: RecoveryPlan, _ note: ChangeNote) -> Recovery {
    let backfill =
      plan.firing.isEmpty
      ? nil
      : Backfill(
        id: Backfill.id(of: plan.owner, at: plan.now), owner: plan.owner, occasion: .resume, slots: plan.firing,
        pace: nil, who: note.who, why: note.why, createdAt: plan.now)
    return Recovery(plan: plan.row(), backfill: backfill)
  }
}
