import Events
import Rules
import Schedules
import Telemetry

/// Says whether a slot may run beside earlier ones of the same owner.
struct OverlapGuard: Sendable {
  enum Verdict: Sendable {
    case runs
    case skips(LedgerEntry)
    case waits(LedgerEntry)
  }

  private let store: any ScheduleStore

  init(_ store: any ScheduleStore) {
    self.store = store
  }

  func verdict(
    on cause: Cause, _ owner: String, _ policy: OverlapPolicy, at now: Timestamp
  ) async throws(StoreError) -> Verdict {
    guard policy != .allowAll else { return .runs }
    let standing = try await store.overlap(of: owner)
    // Those that wait go first, also while nothing is under way any more.
    let ahead =
      standing.blocker
      ?? standing.first.map { Blocker(causeID: Cause.slotID(rule: owner, at: $0), runID: nil) }
    guard let ahead else { return .runs }
    return OverlapGuard.hasRoom(policy, standing.waiting)
      ? .waits(SlotOutcomes.buffered(cause, policy, ahead, at: now))
      : .skips(SlotOutcomes.overlapped(cause, policy, ahead, waiting: standing.waiting, at: now))
  }

  private static func hasRoom(_ policy: OverlapPolicy, _ waiting: Int) -> Bool {
    switch policy {
    case .allowAll, .skip: false
    case .bufferOne: waiting < 1
    case .bufferAll: waiting < OverlapPolicy.bufferMax
    }
  }
}
