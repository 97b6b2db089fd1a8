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
  public static let batchMax = 128

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
    let released = try await releaseWaiting() + endDue()
    let open = try await store.openSlots(limit: SlotExpander.batchMax)
    let now = clock.now()
    var deliveries: [NewDelivery] = []
    var rows: [LedgerEntry] = []
    var waiting: [WaitingSlot] = []
    var completed: [Int64: Int] = [:]
    var endings: [ScheduleEnding] = []
    var done: OpenSlot?
    for slot in open {
      let isGuarded = slot.schedule.map { $0.overlap != .allowAll } ?? false
      // It may have to wait for one of those before it, so they are stored first, and it before those behind it.
      if isGuarded, done != nil { break }
      let outcome = try await outcome(of: slot, at: now)
      if let delivery = outcome.delivery { deliveries.append(delivery) }
      if let row = outcome.row { rows.append(row) }
      waiting += outcome.waiting
      // One that waits is not through yet, so its schedule has to stay for it.
      // Nor does one whose last slot was passed over because it rests.
      if let schedule = slot.schedule, outcome.waiting.isEmpty, slot.decision.outcome != .disabled,
        try await isCompleted(schedule, by: slot.decision.slot)
      {
        let id = slot.decision.schedule
        let due = max(lastInvocation(of: schedule, through: slot.decision.slot), outcome.delivery?.due ?? .epoch)
        if due > now {
          endings.append(ScheduleEnding(schedule: id, slot: slot.decision.slot, since: schedule.since, due: due))
        } else {
          completed[id] = schedule.version
        }
      }
      done = slot
      if isGuarded { break }
    }
    guard let done else { return released }
    let ended = try await store.expand(
      SlotExpansion(
        deliveries: deliveries, rows: rows, waiting: waiting, completed: completed, endings: endings,
        through: done.sequence))
    if !ended.isEmpty { scheduler.remove(ended) }
    if !deliveries.isEmpty { deliveriesDue.ring() }
    return released + max(1, deliveries.count + rows.count)
  }

  private func outcome(
    of open: OpenSlot, at now: Timestamp
  ) async throws(StoreError) -> (delivery: NewDelivery?, row: LedgerEntry?, waiting: [WaitingSlot]) {
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
      switch try await overlap.verdict(on: cause, owner, schedule.overlap, at: now) {
      case .runs: return (SlotOutcomes.invocation(schedule, cause, slot, at: now), nil, [])
      case .skips(let row): return (nil, row, [])
      case .waits(let row): return (nil, row, [WaitingSlot(owner: owner, slot: slot)])
      }
    }
  }

  /// Whether that was its last slot, no earlier one waits, and it wants to be removed then (`ActionAfterCompletion`).
  private func isCompleted(_ schedule: Schedule, by slot: Timestamp) async throws(StoreError) -> Bool {
    guard schedule.completion == .delete, isLast(slot, of: schedule) else { return false }
    guard schedule.overlap != .allowAll else { return true }
    return try await store.waitingSlots(of: schedule.name.description, limit: 2).allSatisfy { $0 == slot }
  }

  private func isLast(_ slot: Timestamp, of schedule: Schedule) -> Bool {
    // Where nobody can say, it stays.
    timetable(of: schedule).map { $0.next(after: slot) == nil } ?? false
  }

  /// nil if the machine does not know its zone.
  private func timetable(of schedule: Schedule) -> Timetable? {
    do throws(ZoneError) {
      let zone = schedule.timezone == "UTC" ? ZoneRules.utc : try zones.zone(schedule.timezone)
      return schedule.clock.timetable(in: zone)
    } catch {
      return nil
    }
  }

  /// When the last invocation comes of a schedule that has had its last slot: an earlier slot's may come later within its window.
  private func lastInvocation(of schedule: Schedule, through slot: Timestamp) -> Timestamp {
    guard let window = schedule.window, let timetable = timetable(of: schedule) else { return slot }
    var last = slot + schedule.delay(of: slot)
    var before = slot
    while let earlier = timetable.previous(before: before), slot - earlier < .minutes(window) {
      last = max(last, earlier + schedule.delay(of: earlier))
      before = earlier
    }
    return last
  }

  // MARK: Ends within a window

  /// When somebody has to look again though no slot was decided; nil if nobody has.
  public func nextDue() async throws(StoreError) -> Timestamp? { try await store.nextEnding() }

  /// Removes the schedules whose last invocation has come. Returns how many endings there were.
  private func endDue() async throws(StoreError) -> Int {
    let due = try await store.endings(by: clock.now(), limit: SlotExpander.batchMax)
    guard !due.isEmpty else { return 0 }
    var completed: [Int64: Int] = [:]
    for one in due {
      // One that was given another time meanwhile ends with the last slot of that.
      if let schedule = one.schedule, schedule.since == one.ending.since,
        try await isCompleted(schedule, by: one.ending.slot)
      {
        completed[one.ending.schedule] = schedule.version
      }
    }
    let ended = try await store.end(due.map(\.ending), completed: completed)
    if !ended.isEmpty { scheduler.remove(ended) }
    return due.count
  }

  // MARK: Slots that waited

  /// What a slot that waited comes to, and the schedule that ends with it.
  private struct Release {
    let outcome: SlotRecord.Outcome
    var completed: CompletedSchedule?
  }

  /// Lets the earliest slot of each owner go on whose earlier ones are through.
  private func releaseWaiting() async throws(StoreError) -> Int {
    let now = clock.now()
    var released = 0
    for slot in try await store.waitingHeads() {
      guard let release = try await release(of: slot, at: now) else { continue }
      if let id = try await store.release(slot, as: release.outcome, completed: release.completed) {
        scheduler.remove([id])
      }
      released += 1
    }
    if released > 0 { deliveriesDue.ring() }
    return released
  }

  /// nil if it has to go on waiting: for an earlier one, or for the end of its owner's pause.
  private func release(of waiting: WaitingSlot, at now: Timestamp) async throws(StoreError) -> Release? {
    if let name = ScheduleName(waiting.owner) {
      guard let schedule = try await store.schedule(name) else { return removed(waiting, at: now) }
      guard schedule.isEnabled, try await store.overlap(of: waiting.owner).blocker == nil else { return nil }
      let cause = SlotOutcomes.cause(of: schedule, waiting.slot, at: now)
      let isCompleted = try await isCompleted(schedule, by: waiting.slot)
      let delivery = SlotOutcomes.invocation(schedule, cause, waiting.slot, at: now)
      let due = delivery.due > now ? delivery.due : nil
      return Release(
        outcome: .invokes(delivery), completed: isCompleted ? CompletedSchedule(schedule, due: due) : nil)
    }
    guard let rule = book.bus.rule(waiting.owner), rule.schedule != nil else { return removed(waiting, at: now) }
    guard rule.isEnabled, try await store.overlap(of: waiting.owner).blocker == nil else { return nil }
    let cause = SlotOutcomes.cause(of: rule, waiting.slot, at: now)
    guard !rule.targets.isEmpty else { return Release(outcome: .passes(EventRouter.noTargets(cause, at: now))) }
    return Release(outcome: .fires(SlotOutcomes.fired(rule, cause, waiting.slot, at: now)))
  }

  private func removed(_ waiting: WaitingSlot, at now: Timestamp) -> Release {
    var cause = Cause(id: Cause.slotID(rule: waiting.owner, at: waiting.slot), trigger: .schedule, arrivedAt: now)
    cause.rule = waiting.owner
    cause.slot = waiting.slot
    return Release(outcome: .passes(SlotOutcomes.ownerRemoved(cause, at: now)))
  }
}
