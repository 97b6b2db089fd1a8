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

  /// - Parameter waiting: how many of its slots wait already.
  func verdict(
    on cause: Cause, _ owner: String, _ policy: OverlapPolicy, waiting: Int, at now: Timestamp
  ) async throws(StoreError) -> Verdict {
    guard policy != .allowAll else { return .runs }
    guard let blocker = try await store.blocker(of: owner) else {
      // Those that wait go first.
      guard waiting > 0 else { return .runs }
      return room(policy, waiting)
        ? .waits(SlotOutcomes.buffered(cause, policy, Blocker(causeID: "an earlier slot", runID: nil), at: now))
        : .skips(SlotOutcomes.overlapped(cause, policy, Blocker(causeID: "an earlier slot", runID: nil), at: now))
    }
    return room(policy, waiting)
      ? .waits(SlotOutcomes.buffered(cause, policy, blocker, at: now))
      : .skips(SlotOutcomes.overlapped(cause, policy, blocker, at: now))
  }

  private func room(_ policy: OverlapPolicy, _ waiting: Int) -> Bool {
    switch policy {
    case .allowAll, .skip: false
    case .bufferOne: waiting < 1
    case .bufferAll: waiting < OverlapPolicy.bufferMax
    }
  }
}
