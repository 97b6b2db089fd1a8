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
  /// Slots of schedules that are held in memory in one go; the timers beyond wait for the next.
  public static let slotsMax = 100_000

  /// Recoveries that get a row of their own in one go; the others share one.
  public static let plansMax = 100

  struct State {
    var agenda: Agenda
    /// The edition of the rules that the agenda has.
    var edition: Int?
    /// The last decided instant of each rule, and since when its schedule counts.
    var cursors: [String: Timestamp]
    var anchors: [String: Timestamp]
    /// The expressions of those: a clock that went back may show the millisecond of an earlier change again.
    var expressions: [String: String]
    /// Slots still to come on the agenda that are decided all the same: what a killed process had begun, or what was decided
    /// before the clock went back.
    var decided: [Int64: Set<Timestamp>]
    /// No slot after it is decided.
    var latest: Timestamp
    /// How far all slots of schedules were last said to be decided.
    var through: Timestamp?
    /// Schedules that began anew before that moment, and when: what is decided of them since is not known yet.
    var unlearned: [Int64: Timestamp] = [:]
    /// Schedules that are being stored: from when on, by a number that each has for itself.
    var beginnings: [UInt64: Timestamp] = [:]
    var beginningsGiven: UInt64 = 0
  }

  /// Rings when a schedule was made, changed or removed.
  public let changed = Bell()
  private let book: RuleBook
  private let journal: any SlotJournal
  let store: any ScheduleStore
  let clock: any WallClock
  let log: any LogSink
  let observer: any Observer
  private let overlap: OverlapGuard
  private let deliveriesDue: Bell
  let slotsOpen: Bell
  let state: Mutex<State>

  /// Reads all clocks there are; nothing is decided yet.
  public init(
    _ book: RuleBook, _ journal: any SlotJournal, _ store: any ScheduleStore, _ zones: any Zones,
    _ clock: any WallClock, _ log: any LogSink, _ observer: any Observer, deliveriesDue: Bell, slotsOpen: Bell
  ) async throws(StoreError) {
    self.book = book
    self.journal = journal
    self.store = store
    self.clock = clock
    self.log = log
    self.observer = observer
    overlap = OverlapGuard(store)
    self.deliveriesDue = deliveriesDue
    self.slotsOpen = slotsOpen
    let now = clock.now()
    // A clock that was set back makes what lies ahead of it undecided again; what was decided is known by itself.
    let through = try await store.decidedThrough().map { min($0, now) }
    var decided: [Int64: Set<Timestamp>] = [:]
    var latest = through ?? .epoch
    for decision in try await store.decisions(after: through ?? .epoch) {
      decided[decision.schedule, default: []].insert(decision.slot)
      latest = max(latest, decision.slot)
    }
    let loading = Mutex(Agenda(at: through ?? now, zones: zones))
    try await store.forEachClock { clocks in
      loading.withLock { agenda in
        for stored in clocks { Scheduler.put(stored, cursor: through, in: &agenda, log) }
      }
    }
    state = Mutex(
      State(
        agenda: loading.withLock { $0 }, edition: nil, cursors: try await journal.cursors(),
        anchors: Dictionary(book.bus.scheduled.map { ($0.name, $0.anchor) }) { _, last in last },
        expressions: Dictionary(book.bus.scheduled.map { ($0.name, $0.schedule?.text ?? "") }) { _, last in last },
        decided: decided,
        latest: latest, through: through))
  }

  /// Decides every slot whose instant has come. Returns how many.
  public func tick() async throws(StoreError) -> Int {
    let now = clock.now()
    enrolRules()
    try await learn()
    var total = 0
    while true {
      let due = state.withLock { $0.agenda.take(upTo: now, max: Scheduler.timersMax) }
      guard !due.isEmpty else { break }
      do {
        total += try await decide(due, at: now)
      } catch {
        // Nothing of them is lost: those that are not decided are due again.
        state.withLock { state in for one in due { state.agenda.putBack(one) } }
        throw error
      }
    }
    if total == 0 { try await noteProgress(at: now) }
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
    state.withLock { state in
      for stored in clocks {
        // One that fires when it did before keeps its place: there is nothing to learn.
        if state.agenda.has(schedule: stored.id), stored.clock.epoch < state.latest,
          !state.agenda.keepsTime(of: stored)
        {
          state.unlearned[stored.id] = stored.clock.epoch
        }
        Scheduler.put(stored, cursor: nil, in: &state.agenda, log)
      }
    }
    changed.ring()
  }

  /// Stores schedules that begin at or after `epoch` and takes them up. Meanwhile nothing from then on counts as decided: a
  /// process that dies in between must find their first slots undecided.
  func storing<Failure: Error>(
    from epoch: Timestamp?, _ body: () async throws(Failure) -> [StoredClock]
  ) async throws(Failure) {
    let number = state.withLock { state in
      state.beginningsGiven += 1
      state.beginnings[state.beginningsGiven] = epoch
      return state.beginningsGiven
    }
    defer { state.withLock { $0.beginnings[number] = nil } }
    put(try await body())
  }

  /// Forgets schedules that are no longer stored.
  public func remove(_ ids: [Int64]) {
    state.withLock { state in
      for id in ids {
        state.agenda.remove(schedule: id)
        state.decided[id] = nil
        state.unlearned[id] = nil
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
        state.anchors[name] = nil
      }
      for rule in scheduled {
        // A new epoch has decided nothing yet, also if the clock went back; the store forgets the cursor as well.
        let anchor = state.anchors.updateValue(rule.anchor, forKey: rule.name)
        let expression = state.expressions.updateValue(rule.schedule?.text ?? "", forKey: rule.name)
        if let anchor, anchor != rule.anchor || expression != rule.schedule?.text { state.cursors[rule.name] = nil }
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
  static func slots(of due: Agenda.Due, upTo now: Timestamp) -> (slots: [Timestamp], next: Timestamp?) {
    var slots = [due.slot]
    var next = due.timetable.next(after: due.slot)
    while slots.count < Scheduler.backlogMax, let slot = next, slot <= now {
      slots.append(slot)
      next = due.timetable.next(after: slot)
    }
    return (slots, next)
  }

  /// What comes after the slots of one go and has come as well: how many were missed, as far as that matters to the policy, and
  /// whether one is in time.
  static func rest(
    of due: Agenda.Due, from next: Timestamp?, _ policy: MisfirePolicy, at now: Timestamp
  ) -> (missed: Int, isCaughtUp: Bool) {
    var missed = 0
    var next = next
    while missed < policy.countMax, let slot = next, slot <= now {
      guard now - slot > Scheduler.grace else { return (missed, true) }
      missed += 1
      next = due.timetable.next(after: slot)
    }
    return (missed, false)
  }

  // MARK: Rules

  private func decide(rule name: String, _ due: Agenda.Due, at now: Timestamp) async throws(StoreError) -> Int {
    guard let rule = book.bus.rule(name) else {
      state.withLock { $0.agenda.resume(due.timer, at: nil, after: due.slot) }
      return 0
    }
    let (come, next) = Scheduler.slots(of: due, upTo: now)
    // Where a go failed halfway, its first slots are decided.
    let cursor = state.withLock { $0.cursors[name] } ?? .epoch
    let slots = come.filter { $0 > cursor }
    guard !slots.isEmpty else {
      state.withLock { $0.agenda.resume(due.timer, at: next, after: come.last ?? due.slot) }
      return 0
    }
    let rest = Scheduler.rest(of: due, from: next, rule.misfire, at: now)
    let plan = plan(of: rule, slots, rest, at: now)
    if let plan { log.write(LogLine(.warning, plan.words, ["rule": rule.name])) }
    // To a rule its anchor is its epoch.
    let anchor = due.timetable.epoch
    var fired = 0
    var row = plan?.row()
    if rule.overlap == .allowAll {
      let records = slots.map { record(of: rule, $0, plan, at: now) }
      for start in stride(from: 0, to: records.count, by: Scheduler.batchMax) {
        let batch = Array(records[start..<min(start + Scheduler.batchMax, records.count)])
        try await store(batch, from: anchor, &row)
      }
      fired = records.count(where: \.fires)
    } else {
      // Each slot is stored before the next one is looked at, for it may be what the next one waits for.
      for slot in slots {
        let record = try await guarded(record(of: rule, slot, plan, at: now), rule, at: now)
        try await store([record], from: anchor, &row)
        fired += record.fires ? 1 : 0
      }
    }
    state.withLock { $0.agenda.resume(due.timer, at: next, after: come.last ?? due.slot) }
    log.write(tickLine(rule, slots, fired: fired))
    observer.observe(.slotsDecided(slots), at: clock.now())
    if fired > 0 { deliveriesDue.ring() }
    return slots.count
  }

  /// - Parameter anchor: since when the timetable counts that has the slots; the rule may have another by now.
  private func store(
    _ batch: [SlotRecord], from anchor: Timestamp, _ plan: inout LedgerEntry?
  ) async throws(StoreError) {
    let records = batch.map { SlotRecord(rule: $0.rule, slot: $0.slot, outcome: $0.outcome, anchor: anchor) }
    try await journal.record(records, plan: plan)
    plan = nil
    guard let last = batch.last else { return }
    state.withLock { state in
      if state.anchors[last.rule] == anchor { state.cursors[last.rule] = last.slot }
    }
  }

  private func plan(
    of rule: Rule, _ slots: [Timestamp], _ rest: (missed: Int, isCaughtUp: Bool), at now: Timestamp
  ) -> RecoveryPlan? {
    let missed = slots.filter { now - $0 > Scheduler.grace }
    guard rule.isEnabled, !missed.isEmpty else { return nil }
    return RecoveryPlan(
      rule.name, .start, rule.misfire, missed: missed, isCaughtUp: missed.count < slots.count || rest.isCaughtUp,
      later: rest.missed, at: now)
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
