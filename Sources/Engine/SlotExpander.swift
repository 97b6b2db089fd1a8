import Events
import Ingestion
import Rules
import Schedules
import Telemetry

/// Turns decided slots of schedules into deliveries and rows, and lets slots go on that waited for an earlier one.
///
/// Deciding is kept short so that a hundred thousand slots of one second are decided in that second; this is what comes after.
public struct SlotExpander: Sendable {
  /// Slots that one commit takes: few, so that decisions do not wait long for it.
  public static let batchMax = 64

  private let book: RuleBook
  private let store: any ScheduleStore
  private let zones: any Zones
  private let clock: any WallClock
  private let scheduler: Scheduler
  private let overlap: OverlapGuard
  private let deliveriesDue: Bell

  public init(
    _ book: RuleBook, _ store: any ScheduleStore, _ zones: any Zones, _ clock: any WallClock, _ scheduler: Scheduler,
    deliveriesDue: Bell
  ) {
    self.book = book
    self.store = store
    self.zones = zones
    self.clock = clock
    self.scheduler = scheduler
    overlap = OverlapGuard(store)
    self.deliveriesDue = deliveriesDue
  }

  /// Works off what is decided and what may go on. Returns how much there was.
  public func work() async throws(StoreError) -> Int {
    let released = try await releaseWaiting()
    let open = try await store.openSlots(limit: SlotExpander.batchMax)
    guard let last = open.last else { return released }
    let now = clock.now()
    var deliveries: [NewDelivery] = []
    var rows: [LedgerEntry] = []
    var completed: [Int64: Int] = [:]
    var done = 0
    for slot in open {
      if slot.schedule.map({ $0.overlap != .allowAll }) ?? false, done > 0 {
        // It may have to wait for one of those before it, so they come first.
        break
      }
      let (delivery, row, waiting) = try await outcome(of: slot, at: now)
      if let delivery { deliveries.append(delivery) }
      if let row { rows.append(row) }
      if let schedule = slot.schedule, isCompleted(schedule, by: slot.decision) {
        completed[slot.decision.schedule] = schedule.version
      }
      done += 1
      if let schedule = slot.schedule, schedule.overlap != .allowAll {
        let ended = try await store.expand(
          SlotExpansion(
            deliveries: deliveries, rows: rows, waiting: waiting, completed: completed, through: slot.sequence))
        return finish(released + done, deliveries, ended)
      }
    }
    let through = done == open.count ? last.sequence : open[done - 1].sequence
    let ended = try await store.expand(
      SlotExpansion(deliveries: deliveries, rows: rows, waiting: [], completed: completed, through: through))
    return finish(released + done, deliveries, ended)
  }

  private func finish(_ count: Int, _ deliveries: [NewDelivery], _ ended: [Int64]) -> Int {
    if !ended.isEmpty { scheduler.remove(ended) }
    if !deliveries.isEmpty { deliveriesDue.ring() }
    return count
  }

  private func outcome(
    of open: OpenSlot, at now: Timestamp
  ) async throws(StoreError) -> (NewDelivery?, LedgerEntry?, [WaitingSlot]) {
    let slot = open.decision.slot
    guard let schedule = open.schedule else {
      return (nil, SlotOutcomes.removed(open.decision.schedule, slot, at: now), [])
    }
    let cause = SlotOutcomes.cause(of: schedule, slot, at: open.decision.decidedAt)
    switch open.decision.outcome {
    case .disabled: return (nil, SlotOutcomes.disabled(cause, schedule.pause, at: now), [])
    case .skipped: return (nil, SlotOutcomes.skipped(cause, schedule.misfire, slot, at: open.decision.decidedAt), [])
    case .missed: return (nil, SlotOutcomes.missed(cause, slot, at: open.decision.decidedAt), [])
    case .fires, .recovers:
      let owner = schedule.name.description
      let waiting =
        schedule.overlap == .allowAll ? 0 : try await store.waitingSlots().count { $0.owner == owner }
      switch try await overlap.verdict(on: cause, owner, schedule.overlap, waiting: waiting, at: now) {
      case .runs: return (SlotOutcomes.invocation(schedule, cause, slot, at: now), nil, [])
      case .skips(let row): return (nil, row, [])
      case .waits(let row): return (nil, row, [WaitingSlot(owner: owner, slot: slot)])
      }
    }
  }

  /// Whether that was its last slot, and it wants to be removed then (`ActionAfterCompletion`).
  private func isCompleted(_ schedule: Schedule, by decision: SlotDecision) -> Bool {
    guard schedule.completion == .delete else { return false }
    do throws(ZoneError) {
      let zone = schedule.timezone == "UTC" ? ZoneRules.utc : try zones.zone(schedule.timezone)
      return schedule.clock.timetable(in: zone).next(after: decision.slot) == nil
    } catch {
      return false  // Nobody can say: it stays.
    }
  }

  // MARK: Slots that waited

  /// Lets the earliest slot of each owner go on whose earlier ones are through.
  private func releaseWaiting() async throws(StoreError) -> Int {
    let now = clock.now()
    var released = 0
    var seen: Set<String> = []
    for slot in try await store.waitingSlots() where seen.insert(slot.owner).inserted {
      let outcome = try await outcome(of: slot, at: now)
      guard let outcome else { continue }
      try await store.release(slot, as: outcome)
      released += 1
    }
    if released > 0 { deliveriesDue.ring() }
    return released
  }

  /// What a slot that waited comes to; nil if it has to go on waiting.
  private func outcome(of waiting: WaitingSlot, at now: Timestamp) async throws(StoreError) -> SlotRecord.Outcome? {
    if let name = ScheduleName(waiting.owner) {
      guard let schedule = try await store.schedule(name) else {
        var cause = Cause(
          id: Cause.slotID(rule: waiting.owner, at: waiting.slot), trigger: .schedule, arrivedAt: now)
        cause.rule = waiting.owner
        cause.slot = waiting.slot
        return .passes(SlotOutcomes.ownerRemoved(cause, at: now))
      }
      guard try await store.blocker(of: waiting.owner) == nil else { return nil }
      let cause = SlotOutcomes.cause(of: schedule, waiting.slot, at: now)
      return .invokes(SlotOutcomes.invocation(schedule, cause, waiting.slot, at: now))
    }
    guard let rule = book.bus.rule(waiting.owner), rule.schedule != nil else {
      var cause = Cause(id: Cause.slotID(rule: waiting.owner, at: waiting.slot), trigger: .schedule, arrivedAt: now)
      cause.rule = waiting.owner
      cause.slot = waiting.slot
      return .passes(SlotOutcomes.ownerRemoved(cause, at: now))
    }
    guard try await store.blocker(of: waiting.owner) == nil else { return nil }
    let cause = SlotOutcomes.cause(of: rule, waiting.slot, at: now)
    return .fires(SlotOutcomes.fired(rule, cause, waiting.slot, at: now))
  }
}
