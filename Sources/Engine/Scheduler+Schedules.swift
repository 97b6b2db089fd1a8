import Events
import Rules
import Schedules
import Synchronization
import Telemetry

/// The slots of EventBridge Scheduler's schedules: decided in one commit each go, expanded later by `SlotExpander`.
extension Scheduler {
  func decide(_ due: [(due: Agenda.Due, id: Int64)], at now: Timestamp) async throws(StoreError) -> Int {
    guard !due.isEmpty else { return 0 }
    var decisions: [SlotDecision] = []
    decisions.reserveCapacity(due.count)
    var done: [Turn] = []
    done.reserveCapacity(due.count)
    var late: [Late] = []
    var count = 0
    // Seldom is any slot decided that is still to come.
    let isSomeDecided = state.withLock { !$0.decided.isEmpty }
    for (one, id) in due {
      guard count < Scheduler.slotsMax else {
        state.withLock { $0.agenda.putBack(one) }
        continue
      }
      if !isSomeDecided, one.isEnabled, now - one.slot <= Scheduler.grace {
        let next = one.timetable.next(after: one.slot)
        if next.map({ $0 > now }) ?? true {
          // Nearly all are like that: one slot, in time, that nobody can have decided.
          done.append(Turn(timer: one.timer, schedule: id, last: one.slot, next: next))
          decisions.append(SlotDecision(schedule: id, slot: one.slot, outcome: .fires, decidedAt: now))
          count += 1
          continue
        }
      }
      let (slots, following) = Scheduler.slots(of: one, upTo: now)
      done.append(Turn(timer: one.timer, schedule: id, last: slots.last ?? one.slot, next: following))
      count += slots.count
      let known = isSomeDecided ? state.withLock { $0.decided[id] } ?? [] : []
      let open = known.isEmpty ? slots : slots.filter { !known.contains($0) }
      guard let first = open.first else { continue }
      if one.isEnabled, now - first > Scheduler.grace {
        late.append(Late(due: one, schedule: id, slots: open, next: following))
      } else {
        let outcome: SlotDecision.Outcome = one.isEnabled ? .fires : .disabled
        decisions += open.map { SlotDecision(schedule: id, slot: $0, outcome: outcome, decidedAt: now) }
      }
    }
    let (recovered, plans) = try await recover(late, at: now)
    decisions = Scheduler.inOrder(decisions + recovered)
    let through = through(done, at: now)
    try await store(decisions, through: through, plans)
    state.withLock { state in
      state.through = through
      for one in done {
        state.agenda.resume(one.timer, at: one.next, after: one.last)
        // Of what lies ahead, a clock that went back may have left some decided.
        guard let known = state.decided[one.schedule] else { continue }
        let ahead = known.filter { $0 > one.last }
        state.decided[one.schedule] = ahead.isEmpty ? nil : ahead
      }
      state.latest = max(state.latest, now)
    }
    if !decisions.isEmpty {
      slotsOpen.ring()
      observer.observe(.slotsDecided(decisions.map(\.slot)), at: clock.now())
    }
    return decisions.count
  }

  /// By instant, so that those of one lie together; of one as they were, for that is drawn by lot.
  private static func inOrder(_ decisions: [SlotDecision]) -> [SlotDecision] {
    guard zip(decisions, decisions.dropFirst()).contains(where: { $0.slot > $1.slot }) else { return decisions }
    return decisions.enumerated().sorted { ($0.element.slot, $0.offset) < ($1.element.slot, $1.offset) }.map(\.element)
  }

  /// One schedule in one go.
  private struct Turn {
    let timer: UInt32
    let schedule: Int64
    /// The last of its slots.
    let last: Timestamp
    /// The slot after those; it may have come as well.
    let next: Timestamp?
  }

  /// How far all is decided once that go is stored: what is on the agenda still waits for an instant to come, what was in the go
  /// for the one after it, and of schedules that are being stored nothing is decided.
  private func through(_ done: [Turn], at now: Timestamp) -> Timestamp {
    let next = done.compactMap(\.next).min()
    return state.withLock { state in
      let waiting = [next, state.agenda.nextWake].compactMap { $0 }.min()
      let undecided = [waiting.map { $0 - Span(milliseconds: 1) }, state.beginnings.values.min()]
      return undecided.compactMap { $0 }.reduce(now) { min($0, $1) }
    }
  }

  /// Says from time to time that all is decided though nothing was due, so that nobody has to look far back.
  func noteProgress(at now: Timestamp) async throws(StoreError) {
    let isDue = state.withLock { state in
      state.agenda.scheduleCount > 0 && state.through.map { now - $0 > Scheduler.grace } ?? true
    }
    guard isDue else { return }
    let through = through([], at: now)
    guard through != state.withLock({ $0.through }) else { return }
    try await store.decide([], through: through, plans: [])
    state.withLock { $0.through = through }
  }

  private func store(
    _ decisions: [SlotDecision], through: Timestamp, _ plans: [LedgerEntry]
  ) async throws(StoreError) {
    var plans = plans
    var rest = decisions[...]
    while rest.count > Scheduler.timersMax {
      let batch = Array(rest.prefix(Scheduler.timersMax))
      try await store.decide(batch, through: nil, plans: plans)
      // If the next batch fails, these are decided nevertheless.
      state.withLock { state in for one in batch { state.decided[one.schedule, default: []].insert(one.slot) } }
      rest = rest.dropFirst(Scheduler.timersMax)
      plans = []
    }
    try await store.decide(Array(rest), through: through, plans: plans)
  }

  /// Reads what is decided of schedules that began anew before moments that the clock had shown.
  func learn() async throws(StoreError) {
    let unlearned = state.withLock { $0.unlearned }
    guard let first = unlearned.values.min() else { return }
    let decisions = try await store.decisions(after: first)
    state.withLock { state in
      for one in decisions where unlearned[one.schedule] != nil {
        state.decided[one.schedule, default: []].insert(one.slot)
      }
      for (id, epoch) in unlearned where state.unlearned[id] == epoch { state.unlearned[id] = nil }
    }
  }

  /// A schedule with slots that were missed.
  private struct Late {
    let due: Agenda.Due
    let schedule: Int64
    let slots: [Timestamp]
    let next: Timestamp?
  }

  /// The decisions on slots of which some were missed, and the rows that tell of the plan: they are stored before.
  private func recover(
    _ late: [Late], at now: Timestamp
  ) async throws(StoreError) -> ([SlotDecision], [LedgerEntry]) {
    guard !late.isEmpty else { return ([], []) }
    let names = try await store.scheduleNames(late.prefix(Scheduler.plansMax).map(\.schedule))
    var decisions: [SlotDecision] = []
    var plans: [RecoveryPlan] = []
    for one in late {
      let missed = one.slots.filter { now - $0 > Scheduler.grace }
      let rest = Scheduler.rest(of: one.due, from: one.next, one.due.misfire, at: now)
      let plan = RecoveryPlan(
        names[one.schedule]?.description ?? "schedule \(one.schedule)", .start, one.due.misfire, missed: missed,
        isCaughtUp: missed.count < one.slots.count || rest.isCaughtUp, later: rest.missed, at: now)
      plans.append(plan)
      decisions += one.slots.enumerated().map { index, slot in
        let outcome: SlotDecision.Outcome =
          index >= missed.count ? .fires : plan.fires(slot) ? .recovers : .skipped
        return SlotDecision(schedule: one.schedule, slot: slot, outcome: outcome, decidedAt: now)
      }
    }
    let others = Array(plans.dropFirst(Scheduler.plansMax))
    let rows = plans.prefix(Scheduler.plansMax).map { $0.row() }
    for plan in plans.prefix(Scheduler.plansMax) { log.write(LogLine(.warning, plan.words, ["schedule": plan.owner])) }
    guard !others.isEmpty else { return (decisions, rows) }
    let summary = RecoveryPlan.row(ofOthers: others, at: now)
    log.write(LogLine(.warning, summary.summary))
    return (decisions, rows + [summary])
  }
}
