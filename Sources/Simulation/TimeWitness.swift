import Engine
import Events
import Rules
import Schedules
import Synchronization
import Telemetry

/// Sees everything that is written about time, and says what is wrong with it: a slot that is lost, early, doubled or no slot at
/// all, a recovery against the policy.
///
/// It knows nothing of agendas, wheels or cursors: what is to fire it finds by walking from one instant to the next, in each
/// epoch of each timetable.
final class TimeWitness: Sendable {
  /// One that has slots: a schedule by its id, a rule by its name.
  enum Owner: Hashable {
    case schedule(Int64)
    case rule(String)
  }

  /// Since when a timetable counts, and what it says.
  private struct Epoch {
    let expression: ScheduleExpression
    let zone: ZoneRules
    let anchor: Timestamp
    /// No slot at or before it.
    let floor: Timestamp
    let end: Timestamp?
    /// When it came in force and when it went, in writes.
    let from: Int
    var until: Int?
    /// All its slots up to here were found decided.
    var seen: Timestamp

    init(
      _ expression: ScheduleExpression, _ zone: ZoneRules, anchor: Timestamp, floor: Timestamp, end: Timestamp?,
      from: Int
    ) {
      self.expression = expression
      self.zone = zone
      self.anchor = anchor
      self.floor = floor
      self.end = end
      self.from = from
      seen = floor
    }

    func next(after instant: Timestamp) -> Timestamp? {
      guard let found = expression.next(after: max(instant, floor), anchor: anchor, zone: zone) else { return nil }
      return end.map { found <= $0 } ?? true ? found : nil
    }

    func has(_ slot: Timestamp) -> Bool {
      slot > floor && next(after: slot - Span(milliseconds: 1)) == slot
    }
  }

  private struct Life {
    var name: String
    var clock: ScheduleClock?
    var epochs: [Epoch] = []
    var isEnabled = true
    var misfire = MisfirePolicy.standard
    var decided: Set<Timestamp> = []
    /// The last write that changed it.
    var changedAt = 0

    var isGone: Bool { epochs.last?.until != nil }

    mutating func close(at write: Int) {
      if !epochs.isEmpty, epochs[epochs.count - 1].until == nil { epochs[epochs.count - 1].until = write }
      changedAt = write
    }
  }

  private struct State {
    var lives: [Owner: Life] = [:]
    var writes = 0
    /// The go that is under way: where it began, in writes, and what its clock shows.
    var began = 0
    var now = Timestamp.epoch
    /// Those that were changed, and who asked for it has not heard so yet: the scheduler knows them as they were.
    var unheard: Set<Owner> = []
    /// What rules were recorded in it.
    var recorded: [String: [(slot: Timestamp, outcome: Outcome)]] = [:]
    /// Decided slots of schedules, in the order of their places.
    var places: [SlotDecision] = []
    var expanded = 0
    var findings: [String] = []
    var shown = Timestamp.epoch
    var fires = 0
    var recoveries = 0
    /// Slots of schedules that have a place.
    var placed: Set<MemorySchedules.Slot> = []

    /// Whether the scheduler has known it all through its go as it is now.
    func isStill(_ owner: Owner) -> Bool {
      guard let life = lives[owner], !life.isGone else { return false }
      return life.changedAt <= began && !unheard.contains(owner)
    }

    mutating func open(_ epoch: Epoch, of life: inout Life) {
      life.close(at: writes)
      life.epochs.append(epoch)
    }

    mutating func isFirst(_ one: SlotDecision) -> Bool {
      placed.insert(MemorySchedules.Slot(schedule: one.schedule, slot: one.slot)).inserted
    }

    /// Takes new decisions down, each of which has to be a slot of an epoch that was in force since the go began.
    mutating func accept(_ owner: Owner, _ slots: [(slot: Timestamp, at: Timestamp)]) {
      guard var life = lives[owner] else { return }
      let epochs = life.epochs.filter { ($0.until ?? Int.max) > began || unheard.contains(owner) }
      for (slot, at) in slots {
        if slot > at || at > shown { findings.append("\(life.name)@\(slot) was decided early, at \(at.preciseText)") }
        if !epochs.contains(where: { $0.has(slot) }) {
          findings.append("\(life.name)@\(slot) was decided and is no slot of it")
        }
        life.decided.insert(slot)
      }
      lives[owner] = life
    }

    /// Looks for undecided slots up to that instant, each of which is found once.
    mutating func look(_ owner: Owner, upTo instant: Timestamp, _ what: String) {
      guard var life = lives[owner], var epoch = life.epochs.last else { return }
      while let slot = epoch.next(after: epoch.seen), slot <= instant {
        if !life.decided.contains(slot) { findings.append("\(life.name)@\(slot) \(what)") }
        epoch.seen = slot
      }
      life.epochs[life.epochs.count - 1] = epoch
      lives[owner] = life
    }

    /// Holds the decisions of one go against the policy, by the plainest of methods.
    mutating func judge(
      _ life: Life, _ slots: [Timestamp], at now: Timestamp, _ outcome: (Timestamp) -> Outcome?
    ) {
      let slots = slots.sorted()
      let late = slots.filter { now - $0 > Scheduler.grace }
      let young = late.filter { now - $0 <= life.misfire.window }
      let chosen: [Timestamp]
      switch life.misfire.kind {
      case .skip: chosen = []
      case .latest: chosen = late.count == slots.count ? young.suffix(1) : []
      case .all: chosen = young.suffix(life.misfire.countMax)
      }
      for slot in slots {
        let isLate = now - slot > Scheduler.grace
        let fires = !isLate || chosen.contains(slot)
        let found = outcome(slot)
        let isRight =
          !life.isEnabled
          ? found == .disabled : !fires ? found == .skipped : found == .fires || (isLate && found == .recovers)
        if fires && life.isEnabled { if isLate { recoveries += 1 } else { self.fires += 1 } }
        if !isRight {
          findings.append(
            "\(life.name)@\(slot), looked at at \(now.preciseText), is \(found.map { "\($0)" } ?? "nothing") by "
              + "\(life.misfire.kind) within \(life.misfire.window.wholeSecondsUp) s")
        }
      }
    }
  }

  private let zones: any Zones
  private let state = Mutex(State())

  init(_ zones: any Zones) { self.zones = zones }

  var findings: [String] { state.withLock { $0.findings } }
  func find(_ finding: String) { state.withLock { $0.findings.append(finding) } }
  /// How many slots fired in time and late.
  var counts: (inTime: Int, late: Int) { state.withLock { ($0.fires, $0.recoveries) } }

  /// The first whole second from there on.
  private static func second(_ moment: Timestamp) -> Timestamp {
    Timestamp(milliseconds: (moment.milliseconds + 999) / 1_000 * 1_000)
  }

  // MARK: What is in force

  func saved(_ id: Int64, _ schedule: Schedule) {
    let zone: ZoneRules
    do throws(ZoneError) {
      zone = try zones.zone(schedule.timezone)
    } catch {
      preconditionFailure("the world has schedules in zones that there are only: \(error.reason)")
    }
    state.withLock { state in
      state.writes += 1
      var life = state.lives[.schedule(id)] ?? Life(name: schedule.name.description)
      if life.clock != schedule.clock {
        let start = schedule.expression.isOnce ? nil : schedule.start
        let floor = TimeWitness.second(max(schedule.since, start ?? schedule.since)) - Span(milliseconds: 1)
        state.open(
          Epoch(
            schedule.expression, zone, anchor: TimeWitness.second(schedule.start ?? schedule.since), floor: floor,
            end: schedule.expression.isOnce ? nil : schedule.end, from: state.writes), of: &life)
        life.clock = schedule.clock
      }
      life.isEnabled = schedule.isEnabled
      life.misfire = schedule.misfire
      life.changedAt = state.writes
      state.lives[.schedule(id)] = life
      state.unheard.insert(.schedule(id))
    }
  }

  func saved(_ rule: Rule) {
    state.withLock { state in
      state.writes += 1
      var life = state.lives[.rule(rule.name)] ?? Life(name: rule.name)
      if life.isGone {
        // One that comes back is another; what was in hand of the first may still be written.
        let epochs = life.epochs
        life = Life(name: rule.name)
        life.epochs = epochs
      }
      if let schedule = rule.schedule,
        life.isGone || life.epochs.last?.anchor != rule.anchor || life.epochs.last?.expression != schedule
      {
        state.open(
          Epoch(schedule, .utc, anchor: rule.anchor, floor: rule.anchor, end: nil, from: state.writes), of: &life)
      }
      life.isEnabled = rule.isEnabled
      life.misfire = rule.misfire
      life.changedAt = state.writes
      state.lives[.rule(rule.name)] = life
      state.unheard.insert(.rule(rule.name))
    }
  }

  func removed(_ owner: Owner) {
    state.withLock { state in
      state.writes += 1
      state.lives[owner]?.close(at: state.writes)
      state.unheard.insert(owner)
    }
  }

  /// Who made a change has heard that it is made, or is gone.
  func heard() { state.withLock { $0.unheard = [] } }

  // MARK: What is decided

  /// A scheduler begins to look, and its clock shows that.
  func begins(at now: Timestamp) {
    state.withLock { state in
      state.began = state.writes
      state.now = now
      state.recorded = [:]
    }
  }

  /// It has decided all that had come.
  func ended() {
    state.withLock { state in
      for (name, slots) in state.recorded {
        guard let life = state.lives[.rule(name)], state.isStill(.rule(name)) else { continue }
        state.judge(life, slots.map(\.slot), at: state.now) { slot in
          slots.last { $0.slot == slot }.map(\.outcome)
        }
      }
      for owner in state.lives.keys where state.isStill(owner) {
        state.look(owner, upTo: state.now, "is not decided, though all that had come was looked at")
      }
    }
  }

  /// Everything up to that instant is said to be decided.
  func check(through: Timestamp?) {
    guard let through else { return }
    state.withLock { state in
      for (owner, life) in state.lives where !life.isGone {
        if case .schedule = owner {
          state.look(
            owner, upTo: through,
            "is lost if the process dies now: all up to \(through.preciseText) is said to be decided")
        }
      }
    }
  }

  /// - Parameter isWhole: whether these are the last of their go.
  func decided(_ decisions: [SlotDecision], isWhole: Bool, plans: [LedgerEntry]) {
    state.withLock { state in
      state.writes += 1
      var byID: [Int64: [SlotDecision]] = [:]
      for one in decisions { byID[one.schedule, default: []].append(one) }
      for (id, all) in byID {
        guard let life = state.lives[.schedule(id)] else {
          state.findings.append("schedule \(id) never was, and its slots are decided")
          continue
        }
        let new = all.filter { !life.decided.contains($0.slot) }
        state.accept(.schedule(id), new.map { ($0.slot, $0.decidedAt) })
        guard isWhole, state.isStill(.schedule(id)) else { continue }
        state.judge(life, new.map(\.slot), at: state.now) { slot in
          new.last { $0.slot == slot }.map { Outcome($0.outcome) }
        }
        if let plan = plans.first(where: { $0.about.rule == life.name }) {
          let late = all.count { state.now - $0.slot > Scheduler.grace }
          let missed = plan.facts["missed"]?.int
          if missed != new.count(where: { state.now - $0.slot > Scheduler.grace }) || missed != late {
            state.findings.append(
              "the plan of \(life.name) says \(plan.summary), and \(new.count) of its slots are new")
          }
        }
      }
      state.places += decisions.filter { state.isFirst($0) }
    }
  }

  /// - Parameter isNew: whether it lies behind its rule's cursor.
  func recorded(_ slots: [SlotRecord], isNew: (SlotRecord) -> Bool) {
    state.withLock { state in
      state.writes += 1
      for slot in slots {
        let outcome: Outcome
        switch slot.outcome {
        case .fires, .invokes: outcome = .fires
        case .passes(let row): outcome = row.decision == .disabled ? .disabled : .skipped
        case .waits: preconditionFailure("no rule of this world waits")
        }
        guard let life = state.lives[.rule(slot.rule)] else {
          state.findings.append("rule \(slot.rule) never was, and its slots are decided")
          continue
        }
        // What was looked at in an epoch that is over is written all the same.
        guard isNew(slot) || slot.anchor != life.epochs.last?.anchor else { continue }
        state.recorded[slot.rule, default: []].append((slot.slot, outcome))
        // What an earlier epoch fired, the ids of its events keep from firing again.
        if !life.decided.contains(slot.slot) { state.accept(.rule(slot.rule), [(slot.slot, state.now)]) }
      }
    }
  }

  func expanded(_ expansion: SlotExpansion, slots: Int, ended: [Int64]) {
    state.withLock { state in
      state.writes += 1
      var causes: [String: Int] = [:]
      for delivery in expansion.deliveries { causes[delivery.cause.id, default: 0] += 1 }
      var rows: [String: Int] = [:]
      for row in expansion.rows { rows[row.causeID, default: 0] += 1 }
      for one in state.places[state.expanded..<state.expanded + slots] {
        guard let life = state.lives[.schedule(one.schedule)] else { continue }
        let cause = Cause.slotID(rule: life.name, at: one.slot)
        if rows["schedule-\(one.schedule)@\(one.slot)"] == 1 { continue }
        let fires = one.outcome == .fires || one.outcome == .recovers
        if (fires ? causes[cause] : rows[cause]) == nil {
          state.findings.append("\(cause) was decided \(one.outcome) and comes to nothing")
        }
        if let delivery = expansion.deliveries.first(where: { $0.cause.id == cause }) {
          // Its window may have been another when the slot was looked at.
          let latest = max(one.slot + .minutes(TimeWorld.windowMax), state.shown)
          if delivery.due < one.slot || delivery.due > latest {
            state.findings.append("\(cause) is delivered at \(delivery.due.preciseText)")
          }
        }
      }
      state.expanded += slots
    }
    self.ended(ended)
  }

  /// Schedules are removed, for they have had their last slot.
  func ended(_ ids: [Int64]) {
    state.withLock { state in
      state.writes += 1
      for id in ids {
        guard let life = state.lives[.schedule(id)], let epoch = life.epochs.last, !life.isGone else { continue }
        if let next = epoch.next(after: life.decided.max() ?? epoch.floor) {
          state.findings.append("\(life.name) is removed before its last slot, \(next)")
        }
        state.lives[.schedule(id)]?.close(at: state.writes)
      }
    }
  }

  /// The latest moment that a clock of this world has shown.
  func shows(_ now: Timestamp) { state.withLock { $0.shown = max($0.shown, now) } }

  /// What is wrong when all has settled.
  func settled(at now: Timestamp) -> [String] {
    state.withLock { state in
      for (owner, life) in state.lives where !life.isGone { state.look(owner, upTo: now, "was never decided") }
      if state.expanded < state.places.count {
        state.findings.append("\(state.places.count - state.expanded) decided slots came to nothing")
      }
      return state.findings
    }
  }
}
