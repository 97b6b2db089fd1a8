import Events
import Ingestion
import Rules
import Schedules
import Synchronization
import Telemetry

/// Turns the instants of rules and schedules into decided slots: each once, in order, also across restarts and clock steps.
public final class Scheduler: Sendable {
  /// A slot later than this was missed, not late: the misfire policy decides (D23).
  public static let grace = Span.seconds(60)
  /// Slots that one commit takes.
  public static let batchMax = 1_000
  /// Slots of one owner that are looked at in one go; what is older is decided in later goes.
  public static let backlogMax = 100_000
  /// Timers that are taken out at once, and decisions that one commit of schedules takes.
  public static let timersMax = 10_000

  /// Recoveries that get a row of their own in one go; the others share one.
  public static let plansMax = 100

  private struct State {
    var agenda: Agenda
    /// The edition of the rules that the agenda has.
    var edition: Int?
    /// The last decided instant of each rule.
    var cursors: [String: Timestamp]
    /// How far all slots of schedules are known to be decided.
    var through: Timestamp?
    /// Slots after that which are decided all the same: what a killed process had begun.
    var decided: [Int64: Set<Timestamp>]
  }

  /// Rings when a schedule was made, changed or removed.
  public let changed = Bell()
  private let book: RuleBook
  private let journal: any SlotJournal
  private let store: any ScheduleStore
  private let clock: any WallClock
  private let log: any LogSink
  private let overlap: OverlapGuard
  private let deliveriesDue: Bell
  private let slotsOpen: Bell
  private let state: Mutex<State>

  /// Reads all clocks there are; nothing is decided yet.
  public init(
    _ book: RuleBook, _ journal: any SlotJournal, _ store: any ScheduleStore, _ zones: any Zones,
    _ clock: any WallClock, _ log: any LogSink, deliveriesDue: Bell, slotsOpen: Bell
  ) async throws(StoreError) {
    self.book = book
    self.journal = journal
    self.store = store
    self.clock = clock
    self.log = log
    overlap = OverlapGuard(store)
    self.deliveriesDue = deliveriesDue
    self.slotsOpen = slotsOpen
    let now = clock.now()
    // A clock that was set back makes what lies ahead of it undecided again; what was decided is known by itself.
    let through = try await store.decidedThrough().map { min($0, now) }
    var decided: [Int64: Set<Timestamp>] = [:]
    for decision in try await store.decisions(after: through ?? .epoch) {
      decided[decision.schedule, default: []].insert(decision.slot)
    }
    let loading = Mutex(Agenda(at: through ?? now, zones: zones))
    try await store.forEachClock { clocks in
      loading.withLock { agenda in
        for stored in clocks { Scheduler.put(stored, cursor: through, in: &agenda, log) }
      }
    }
    state = Mutex(
      State(
        agenda: loading.withLock { $0 }, edition: nil, cursors: try await journal.cursors(), through: through,
        decided: decided))
  }

  /// Decides every slot whose instant has come. Returns how many.
  public func tick() async throws(StoreError) -> Int {
    let now = clock.now()
    enrolRules()
    var total = 0
    while true {
      let due = state.withLock { $0.agenda.take(upTo: now, max: Scheduler.timersMax) }
      guard !due.isEmpty else { break }
      do {
        total += try await decide(due, at: now)
      } catch {
        // Nothing of them is lost: those that are not decided are due again.
        state.withLock { state in for one in due { state.agenda.resume(one.timer, at: one.slot) } }
        throw error
      }
      if due.count < Scheduler.timersMax { break }
    }
    return total
  }

  /// When the next slot is due; nil if nothing fires any more.
  public func nextDue() -> Timestamp? {
    enrolRules()
    return state.withLock { $0.agenda.nextDue }
  }

  /// No slot is due before it: when to look again.
  public func nextWake() -> Timestamp? {
    enrolRules()
    return state.withLock { $0.agenda.nextWake }
  }

  /// How many rules and schedules are on the agenda.
  public var count: Int { state.withLock { $0.agenda.count } }

  /// The instant that comes next of a schedule.
  public func nextInstant(ofSchedule id: Int64) -> Timestamp? {
    state.withLock { $0.agenda.nextInstant(ofSchedule: id) }
  }

  /// Takes schedules up that are stored now, each in the place of the one with its id: what is decided of that stays decided.
  public func put(_ clocks: [StoredClock]) {
    let now = clock.now()
    state.withLock { state in
      for stored in clocks {
        let cursor: Timestamp? =
          state.agenda.has(schedule: stored.id)
          ? state.agenda.nextInstant(ofSchedule: stored.id).map { min($0 - Span(milliseconds: 1), now) }
            ?? state.through.map { min($0, now) } : nil
        Scheduler.put(stored, cursor: cursor, in: &state.agenda, log)
      }
    }
    changed.ring()
  }

  /// Forgets schedules that are no longer stored.
  public func remove(_ ids: [Int64]) {
    state.withLock { state in
      for id in ids {
        state.agenda.remove(schedule: id)
        state.decided[id] = nil
      }
    }
    changed.ring()
  }

  /// Reads the machine's time zones anew and plans what hangs in one that changed. Returns which, and how many next fires moved.
  public func replan() throws(ZoneError) -> (zones: [String], moved: Int) {
    let now = clock.now()
    return try state.withLock { state throws(ZoneError) in try state.agenda.replan(from: now) }
  }

  /// Time zones that schedules hang in, and how many in each; UTC never changes and is left out.
  public func zonesInUse() -> [String: Int] { state.withLock { $0.agenda.zonesInUse } }

  /// The id of a slot's event: the same whenever it is asked (D8).
  public static func eventID(_ rule: ResourceName, _ slot: Timestamp) -> String {
    DerivedID.uuid(of: "\(rule)@\(slot)")
  }

  /// Exactly the scheduled event of §1; it goes to the targets of its own rule only, never through the bus.
  public static func event(_ rule: ResourceName, _ slot: Timestamp) -> Event {
    Event(
      id: eventID(rule, slot), source: "aws.events", detailType: "Scheduled Event", account: rule.account,
      region: rule.region, time: slot, resources: [rule.description], detail: .object([]))
  }

  private static func put(_ stored: StoredClock, cursor: Timestamp?, in agenda: inout Agenda, _ log: any LogSink) {
    do throws(ZoneError) {
      try agenda.put(stored, cursor: cursor)
    } catch {
      log.write(LogLine(.error, "a schedule cannot be planned", ["schedule": "\(stored.id)", "reason": error.reason]))
    }
  }

  // MARK: Deciding

  /// Puts rules on the agenda as they are now, unless it has them already.
  private func enrolRules() {
    let bus = book.bus
    state.withLock { state in
      guard state.edition != bus.edition else { return }
      let scheduled = bus.scheduled
      let names = Set(scheduled.map(\.name))
      for name in state.agenda.ruleNamesEnrolled where !names.contains(name) {
        state.agenda.remove(rule: name)
        state.cursors[name] = nil
      }
      for rule in scheduled {
        state.agenda.put(rule, cursor: state.cursors[rule.name] ?? rule.anchor)
      }
      state.edition = bus.edition
    }
  }

  private func decide(_ due: [Agenda.Due], at now: Timestamp) async throws(StoreError) -> Int {
    var total = 0
    var schedules: [(due: Agenda.Due, id: Int64)] = []
    for one in due {
      switch one.owner {
      case .rule(let name): total += try await decide(rule: name, one, at: now)
      case .schedule(let id): schedules.append((one, id))
      }
    }
    return total + (try await decide(schedules, at: now))
  }

  /// Every instant of a timer that has come, from its next on, and the one after them.
  private static func slots(of due: Agenda.Due, upTo now: Timestamp) -> (slots: [Timestamp], next: Timestamp?) {
    var slots = [due.slot]
    var next = due.timetable.next(after: due.slot)
    while slots.count < Scheduler.backlogMax, let slot = next, slot <= now {
      slots.append(slot)
      next = due.timetable.next(after: slot)
    }
    return (slots, next)
  }

  // MARK: Schedules

  private func decide(_ due: [(due: Agenda.Due, id: Int64)], at now: Timestamp) async throws(StoreError) -> Int {
    guard !due.isEmpty else { return 0 }
    var decisions: [SlotDecision] = []
    var next: [(timer: UInt32, instant: Timestamp?)] = []
    var late: [(due: Agenda.Due, id: Int64, slots: [Timestamp])] = []
    for (one, id) in due {
      let (slots, following) = Scheduler.slots(of: one, upTo: now)
      next.append((one.timer, following))
      let known = state.withLock { $0.decided[id] } ?? []
      let open = known.isEmpty ? slots : slots.filter { !known.contains($0) }
      guard let first = open.first else { continue }
      if one.isEnabled, now - first > Scheduler.grace {
        late.append((one, id, open))
      } else {
        let outcome: SlotDecision.Outcome = one.isEnabled ? .fires : .disabled
        decisions += open.map { SlotDecision(schedule: id, slot: $0, outcome: outcome, decidedAt: now) }
      }
    }
    let (recovered, plans) = try await recover(late, at: now)
    decisions += recovered
    // What is on the agenda still waits for an instant to come; everything before the first of those is decided now.
    let through = state.withLock { $0.agenda.nextWake.map { min($0 - Span(milliseconds: 1), now) } ?? now }
    try await store(decisions, through: through, plans)
    state.withLock { state in
      for (timer, instant) in next { state.agenda.resume(timer, at: instant) }
      for (_, id) in due { state.decided[id] = nil }
      state.through = through
    }
    if !decisions.isEmpty { slotsOpen.ring() }
    return decisions.count
  }

  private func store(
    _ decisions: [SlotDecision], through: Timestamp, _ plans: [LedgerEntry]
  ) async throws(StoreError) {
    var plans = plans
    var rest = decisions[...]
    while rest.count > Scheduler.timersMax {
      try await store.decide(Array(rest.prefix(Scheduler.timersMax)), through: nil, plans: plans)
      rest = rest.dropFirst(Scheduler.timersMax)
      plans = []
    }
    try await store.decide(Array(rest), through: through, plans: plans)
  }

  /// The decisions on slots of which some were missed, and the rows that tell of the plan: they are stored before.
  private func recover(
    _ late: [(due: Agenda.Due, id: Int64, slots: [Timestamp])], at now: Timestamp
  ) async throws(StoreError) -> ([SlotDecision], [LedgerEntry]) {
    guard !late.isEmpty else { return ([], []) }
    let names = try await store.scheduleNames(late.prefix(Scheduler.plansMax).map(\.id))
    var decisions: [SlotDecision] = []
    var plans: [RecoveryPlan] = []
    for (due, id, slots) in late {
      let missed = slots.filter { now - $0 > Scheduler.grace }
      let plan = RecoveryPlan(
        names[id]?.description ?? "schedule \(id)", .start, due.misfire, missed: missed,
        isCaughtUp: missed.count < slots.count, at: now)
      plans.append(plan)
      decisions += slots.enumerated().map { index, slot in
        let outcome: SlotDecision.Outcome =
          index >= missed.count ? .fires : plan.fires(slot) ? .recovers : .skipped
        return SlotDecision(schedule: id, slot: slot, outcome: outcome, decidedAt: now)
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

  // MARK: Rules

  private func decide(rule name: String, _ due: Agenda.Due, at now: Timestamp) async throws(StoreError) -> Int {
    guard let rule = book.bus.rule(name) else {
      state.withLock { $0.agenda.resume(due.timer, at: nil) }
      return 0
    }
    let (slots, next) = Scheduler.slots(of: due, upTo: now)
    let plan = plan(of: rule, slots, at: now)
    if let plan { log.write(LogLine(.warning, plan.words, ["rule": rule.name])) }
    var fired = 0
    var row = plan?.row()
    if rule.overlap == .allowAll {
      let records = slots.map { record(of: rule, $0, plan, at: now) }
      for start in stride(from: 0, to: records.count, by: Scheduler.batchMax) {
        let batch = Array(records[start..<min(start + Scheduler.batchMax, records.count)])
        try await store(batch, &row)
      }
      fired = records.count(where: \.fires)
    } else {
      // Each slot is stored before the next one is looked at, for it may be what the next one waits for.
      for slot in slots {
        let record = try await guarded(record(of: rule, slot, plan, at: now), rule, at: now)
        try await store([record], &row)
        fired += record.fires ? 1 : 0
      }
    }
    state.withLock { $0.agenda.resume(due.timer, at: next) }
    log.write(tickLine(rule, slots, fired: fired))
    if fired > 0 { deliveriesDue.ring() }
    return slots.count
  }

  private func store(_ batch: [SlotRecord], _ plan: inout LedgerEntry?) async throws(StoreError) {
    try await journal.record(batch, plan: plan)
    plan = nil
    if let last = batch.last { state.withLock { $0.cursors[last.rule] = last.slot } }
  }

  private func plan(of rule: Rule, _ slots: [Timestamp], at now: Timestamp) -> RecoveryPlan? {
    let missed = slots.filter { now - $0 > Scheduler.grace }
    guard rule.isEnabled, !missed.isEmpty else { return nil }
    return RecoveryPlan(
      rule.name, .start, rule.misfire, missed: missed, isCaughtUp: missed.count < slots.count, at: now)
  }

  private func record(of rule: Rule, _ slot: Timestamp, _ plan: RecoveryPlan?, at now: Timestamp) -> SlotRecord {
    let cause = SlotOutcomes.cause(of: rule, slot, at: now)
    let outcome: SlotRecord.Outcome
    if !rule.isEnabled {
      outcome = .passes(SlotOutcomes.disabled(cause, rule.pause, at: now))
    } else if let plan, now - slot > Scheduler.grace, !plan.fires(slot) {
      outcome = .passes(SlotOutcomes.skipped(cause, rule.misfire, slot, at: now))
    } else if rule.targets.isEmpty {
      outcome = .passes(EventRouter.noTargets(cause, at: now))
    } else {
      outcome = .fires(SlotOutcomes.fired(rule, cause, slot, at: now))
    }
    return SlotRecord(rule: rule.name, slot: slot, outcome: outcome)
  }

  private func guarded(_ record: SlotRecord, _ rule: Rule, at now: Timestamp) async throws(StoreError) -> SlotRecord {
    guard record.fires else { return record }
    let cause = SlotOutcomes.cause(of: rule, record.slot, at: now)
    switch try await overlap.verdict(on: cause, rule.name, rule.overlap, at: now) {
    case .runs: return record
    case .skips(let row): return SlotRecord(rule: rule.name, slot: record.slot, outcome: .passes(row))
    case .waits(let row): return SlotRecord(rule: rule.name, slot: record.slot, outcome: .waits(row))
    }
  }

  private func tickLine(_ rule: Rule, _ slots: [Timestamp], fired: Int) -> LogLine {
    LogLine(
      .info, "schedule decided",
      [
        "rule": rule.name, "slots": "\(slots.count)", "fired": "\(fired)", "last": "\(slots.last ?? .epoch)",
      ])
  }
}

extension SlotRecord {
  var fires: Bool {
    switch outcome {
    case .fires, .invokes: true
    case .passes, .waits: false
    }
  }
}
