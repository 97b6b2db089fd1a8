import Engine
import Events
import Rules
import Schedules
import Synchronization
import Telemetry

/// Schedules, their slots and the rules that have one, in plain values: quick enough for ten thousand lives.
///
/// It keeps the same contract as a store that lasts; what is gone with its process is the engine before it.
public final class MemorySchedules: Sendable {
  struct Slot: Hashable {
    let schedule: Int64
    let slot: Timestamp
  }

  struct State {
    var groups: [String: ScheduleGroup] = [:]
    var schedules: [ScheduleName: Schedule] = [:]
    var ids: [ScheduleName: Int64] = [:]
    var names: [Int64: ScheduleName] = [:]
    var idsGiven: Int64 = 0
    /// In the order in which they were decided; the first has place 1.
    var slots: [SlotDecision] = []
    var decided: Set<Slot> = []
    var through: Timestamp?
    /// Where the earliest of the timetables began that were saved since `through` was set.
    var savedFrom: Timestamp?
    var expanded: Int64 = 0
    var waiting: Set<WaitingSlot> = []
    var endings: [Slot: ScheduleEnding] = [:]
    var deliveries: [NewDelivery] = []
    var causes: Set<String> = []
    var rows: [LedgerEntry] = []
    var rules: [String: Rule] = [:]
    var versions: [String: [Rule?]] = [:]
    var cursors: [String: Timestamp] = [:]
    var events: Set<String> = []
    var zonePrints: [String: String] = [:]
    /// Decisions that are still taken before they are refused; nil takes all.
    var decisionsLeft: Int?

    mutating func insert(_ delivery: NewDelivery) {
      if causes.insert("\(delivery.cause.id)/\(delivery.target.id)").inserted { deliveries.append(delivery) }
    }

    mutating func remove(_ name: ScheduleName) -> Int64? {
      guard let id = ids.removeValue(forKey: name) else { return nil }
      schedules[name] = nil
      names[id] = nil
      return id
    }
  }

  let state = Mutex(State())

  public init() {}

  /// Every delivery there ever was, in order.
  public var deliveries: [NewDelivery] { state.withLock { $0.deliveries } }
  public var rows: [LedgerEntry] { state.withLock { $0.rows } }
  /// Every slot of a schedule that was ever decided, in order.
  public var decisions: [SlotDecision] { state.withLock { $0.slots } }

  /// Refuses what is decided after that many times, as a full disk does; nil takes everything.
  public func takeDecisions(atMost count: Int?) { state.withLock { $0.decisionsLeft = count } }

  /// As if nothing had been saved since the last decision.
  func forgetBeginnings() { state.withLock { $0.savedFrom = nil } }
}

extension MemorySchedules: ScheduleStore {
  public func scheduleGroups() async throws(StoreError) -> [ScheduleGroup] {
    state.withLock { $0.groups.values.sorted { $0.name < $1.name } }
  }

  public func save(_ group: ScheduleGroup, row: LedgerEntry) async throws(StoreError) {
    state.withLock { state in
      state.groups[group.name] = group
      state.rows.append(row)
    }
  }

  public func remove(group: String, row: LedgerEntry) async throws(StoreError) -> [Int64]? {
    state.withLock { state in
      guard state.groups.removeValue(forKey: group) != nil else { return nil }
      state.rows.append(row)
      return state.ids.keys.filter { $0.group == group }.compactMap { state.remove($0) }.sorted()
    }
  }

  public func schedule(_ name: ScheduleName) async throws(StoreError) -> Schedule? {
    state.withLock { $0.schedules[name] }
  }

  public func schedules(_ query: ScheduleQuery) async throws(StoreError) -> [Schedule] {
    let all = state.withLock { $0.schedules.values.sorted { $0.name < $1.name } }
    let found = all.lazy.filter { schedule in
      (query.group.map { schedule.name.group == $0 } ?? true)
        && (query.namePrefix.map { schedule.name.name.hasPrefix($0) } ?? true)
        && (query.state.map { schedule.state == $0 } ?? true) && (query.after.map { $0 < schedule.name } ?? true)
    }
    return Array(found.prefix(max(1, query.limit)))
  }

  public func save(
    _ schedules: [Schedule], row: LedgerEntry, recovery: Recovery?
  ) async throws(StoreError) -> [Int64] {
    try state.withLock { state throws(StoreError) in
      var next = state
      var ids: [Int64] = []
      for schedule in schedules {
        let old = next.schedules[schedule.name]
        guard old != nil || schedule.version == 1 else {
          throw StoreError(.refused, "schedule \(schedule.name) is not there any more")
        }
        let id = next.ids[schedule.name] ?? next.idsGiven + 1
        next.idsGiven = max(next.idsGiven, id)
        next.ids[schedule.name] = id
        next.names[id] = schedule.name
        next.schedules[schedule.name] = schedule
        ids.append(id)
        guard old?.clock != schedule.clock else { continue }
        let epoch = schedule.clock.epoch
        next.savedFrom = min(next.savedFrom ?? epoch, epoch)
        next.through = next.through.map { min($0, epoch) }
      }
      next.rows += [row] + [recovery?.plan].compactMap { $0 }
      state = next
      return ids
    }
  }

  public func remove(_ name: ScheduleName, row: LedgerEntry) async throws(StoreError) -> Int64? {
    state.withLock { state in
      guard let id = state.remove(name) else { return nil }
      state.rows.append(row)
      return id
    }
  }

  public func forEachClock(_ body: @escaping @Sendable ([StoredClock]) -> Void) async throws(StoreError) {
    body(
      state.withLock { state in
        state.ids.sorted { $0.value < $1.value }.compactMap { name, id in
          state.schedules[name].map { StoredClock(id: id, $0) }
        }
      })
  }

  public func decidedThrough() async throws(StoreError) -> Timestamp? { state.withLock { $0.through } }

  public func decisions(after instant: Timestamp) async throws(StoreError) -> [SlotDecision] {
    state.withLock { state in
      state.slots.filter { $0.slot > instant }.sorted { ($0.slot, $0.schedule) < ($1.slot, $1.schedule) }
    }
  }

  public func decide(
    _ decisions: [SlotDecision], through: Timestamp?, plans: [LedgerEntry]
  ) async throws(StoreError) {
    try state.withLock { state throws(StoreError) in
      if let left = state.decisionsLeft {
        guard left > 0 else { throw StoreError(.unavailable, "simulated: the disk is full") }
        state.decisionsLeft = left - 1
      }
      state.rows += plans
      for one in decisions where state.decided.insert(Slot(schedule: one.schedule, slot: one.slot)).inserted {
        state.slots.append(one)
      }
      if let through {
        state.through = min(through, state.savedFrom ?? through)
        state.savedFrom = nil
      }
    }
  }

  public func scheduleNames(_ ids: [Int64]) async throws(StoreError) -> [Int64: ScheduleName] {
    state.withLock { state in
      ids.reduce(into: [:]) { names, id in names[id] = state.names[id] }
    }
  }

  public func openSlots(limit: Int) async throws(StoreError) -> [OpenSlot] {
    state.withLock { state in
      let first = Int(state.expanded)
      return state.slots[first..<min(first + limit, state.slots.count)].enumerated().map { index, decision in
        OpenSlot(
          sequence: Int64(first + index + 1), decision: decision,
          schedule: state.names[decision.schedule].flatMap { state.schedules[$0] })
      }
    }
  }

  public func expand(_ expansion: SlotExpansion) async throws(StoreError) -> [Int64] {
    state.withLock { state in
      guard expansion.through > state.expanded else { return [] }
      for delivery in expansion.deliveries { state.insert(delivery) }
      state.rows += expansion.rows
      state.waiting.formUnion(expansion.waiting)
      for ending in expansion.endings { state.insert(ending) }
      state.expanded = expansion.through
      return expansion.completed.sorted { $0.key < $1.key }.compactMap { id, version in
        guard let name = state.names[id], state.schedules[name]?.version == version else { return nil }
        return state.remove(name)
      }
    }
  }
}

extension MemorySchedules {
  /// Nothing ever ends here, so what was delivered goes on: the earliest of an owner blocks.
  public func overlap(of owner: String) async throws(StoreError) -> OverlapStanding {
    state.withLock { state in
      let blocker = state.deliveries.map(\.cause.id).filter { $0.hasPrefix("\(owner)@") }.min()
      let waiting = state.waiting.filter { $0.owner == owner }
      return OverlapStanding(
        blocker: blocker.map { Blocker(causeID: $0, runID: nil) }, waiting: waiting.count,
        first: waiting.map(\.slot).min())
    }
  }

  public func isUnderWay(_ cause: String) async throws(StoreError) -> Bool {
    state.withLock { state in state.deliveries.contains { $0.cause.id == cause } }
  }

  public func waitingHeads() async throws(StoreError) -> [WaitingSlot] {
    state.withLock { state in
      let heads = Dictionary(grouping: state.waiting, by: \.owner).compactMap { $0.value.min { $0.slot < $1.slot } }
      return heads.sorted { ($0.slot, $0.owner) < ($1.slot, $1.owner) }
    }
  }

  public func waitingSlots(of owner: String, limit: Int) async throws(StoreError) -> [Timestamp] {
    state.withLock { state in
      Array(state.waiting.filter { $0.owner == owner }.map(\.slot).sorted().prefix(limit))
    }
  }

  public func release(
    _ slot: WaitingSlot, as outcome: SlotRecord.Outcome, completed: CompletedSchedule?
  ) async throws(StoreError) -> Int64? {
    state.withLock { state in
      guard state.waiting.remove(slot) != nil else { return nil }
      state.insert(outcome, of: slot)
      return completed.flatMap { state.complete($0, slot.slot) }
    }
  }

  public func clocks(after id: Int64, limit: Int) async throws(StoreError) -> [StoredClock] {
    state.withLock { state in
      let next = state.ids.filter { $0.value > id }.sorted { $0.value < $1.value }.prefix(limit)
      return next.compactMap { name, id in state.schedules[name].map { StoredClock(id: id, $0) } }
    }
  }

  public func undecided(_ slots: [SlotDecision]) async throws(StoreError) -> [SlotDecision] {
    state.withLock { state in
      slots.filter { !state.decided.contains(Slot(schedule: $0.schedule, slot: $0.slot)) }
    }
  }

  public func declareMissed(_ missed: [MissedSlot]) async throws(StoreError) -> [MissedSlot] {
    state.withLock { state in
      missed.filter { one in
        let isNew = state.decided.insert(Slot(schedule: one.decision.schedule, slot: one.decision.slot)).inserted
        if isNew {
          state.slots.append(one.decision)
          state.rows.append(one.row)
        }
        return isNew
      }
    }
  }

  public func disabledSlots(of owner: String, among slots: [Timestamp]) async throws(StoreError) -> Set<Timestamp> {
    state.withLock { state in
      let causes = Set(state.rows.filter { $0.decision == .disabled }.map(\.causeID))
      let id = ScheduleName(owner).flatMap { state.ids[$0] }
      let decided = Set(state.slots.filter { $0.schedule == id && $0.outcome == .disabled }.map(\.slot))
      return Set(slots.filter { decided.contains($0) || causes.contains(Cause.slotID(rule: owner, at: $0)) })
    }
  }

  public func zonePrints() async throws(StoreError) -> [String: String] { state.withLock { $0.zonePrints } }

  public func note(zonePrints: [String: String], row: LedgerEntry?) async throws(StoreError) {
    state.withLock { state in
      state.zonePrints.merge(zonePrints) { _, new in new }
      if let row { state.rows.append(row) }
    }
  }

  public func nextPauseEnd() async throws(StoreError) -> Timestamp? {
    state.withLock { $0.schedules.values.compactMap { $0.pause?.until }.min() }
  }

  public func pausesEnded(by now: Timestamp, limit: Int) async throws(StoreError) -> [ScheduleName] {
    state.withLock { state in
      let ended = state.schedules.values.filter { $0.pause?.until.map { $0 <= now } ?? false }
      return Array(
        ended.sorted { ($0.pause?.until ?? now, $0.name) < ($1.pause?.until ?? now, $1.name) }.map(\.name).prefix(limit)
      )
    }
  }
}

extension MemorySchedules.State {
  mutating func insert(_ outcome: SlotRecord.Outcome, of slot: WaitingSlot) {
    switch outcome {
    case .fires(let event):
      guard events.insert(event.event.id).inserted else { return }
      for delivery in event.deliveries { insert(delivery) }
      rows += event.rows
    case .invokes(let delivery): insert(delivery)
    case .passes(let row): rows.append(row)
    case .waits(let row):
      waiting.insert(slot)
      rows.append(row)
    }
  }
}

extension MemorySchedules: SlotJournal, RuleStore {
  public func cursors() async throws(StoreError) -> [String: Timestamp] { state.withLock { $0.cursors } }

  public func record(_ slots: [SlotRecord], plan: LedgerEntry?) async throws(StoreError) {
    state.withLock { state in
      if let plan { state.rows.append(plan) }
      for slot in slots {
        let isCurrent = slot.anchor.map { state.rules[slot.rule]?.anchor == $0 } ?? true
        if isCurrent, let cursor = state.cursors[slot.rule], slot.slot <= cursor { continue }
        state.insert(slot.outcome, of: WaitingSlot(owner: slot.rule, slot: slot.slot))
        if isCurrent { state.cursors[slot.rule] = slot.slot }
      }
    }
  }

  public func rules() async throws(StoreError) -> [Rule] {
    state.withLock { $0.rules.values.sorted { $0.name < $1.name } }
  }

  public func save(
    _ rule: Rule, row: LedgerEntry, recovery: Recovery?, at now: Timestamp
  ) async throws(StoreError) {
    state.withLock { state in
      if let old = state.rules[rule.name], (old.anchor, old.schedule) != (rule.anchor, rule.schedule) {
        state.cursors[rule.name] = nil
      }
      state.rules[rule.name] = rule
      state.versions[rule.name, default: []].append(rule)
      state.rows += [row] + [recovery?.plan].compactMap { $0 }
    }
  }

  public func remove(_ name: String, row: LedgerEntry, at now: Timestamp) async throws(StoreError) -> Bool {
    state.withLock { state in
      guard state.rules.removeValue(forKey: name) != nil else { return false }
      state.cursors[name] = nil
      state.versions[name, default: []].append(nil)
      state.rows.append(row)
      return true
    }
  }

  public func lastVersion(of name: String) async throws(StoreError) -> Int {
    state.withLock { $0.versions[name]?.count ?? 0 }
  }

  public func rule(_ name: String, version: Int) async throws(StoreError) -> Rule? {
    state.withLock { state in
      guard let versions = state.versions[name], versions.indices.contains(version - 1) else { return nil }
      return versions[version - 1]
    }
  }

  public func seed(_ seed: EnvironmentSeed, at now: Timestamp) async throws(StoreError) -> Bool { false }
}
