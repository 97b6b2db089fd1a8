import Events
import Ingestion
import Rules
import Schedules
import Synchronization
import Telemetry

/// Checks, outside the scheduler's loop, that every expected fire was decided (§9, D23, D25).
///
/// A slot that nobody decided within its grace is `missed`: the row says so, and the slot will not fire late behind
/// anybody's back. It is recovered by hand, with its own `ds`. What a clock that jumped left behind is the scheduler's first: it
/// has a grace from the jump on, in which the misfire policy decides.
public final class Watchdog: Sendable {
  /// After its instant, a jump of the clock or the start of the process, a slot has this long to be decided.
  public static let grace = Span.seconds(120)
  /// Slots that one look declares missed.
  public static let batchMax = 1_000
  /// How far back undecided fires are looked for, and how many slots of a rule.
  public static let fireAgeMax = Span.days(1)
  public static let firesMax = 100
  /// Schedules whose latest fire is looked for at each look, turn and turn about; all of them, where deciding lags behind.
  public static let sampleMax = 1_000

  private let book: RuleBook
  private let journal: any SlotJournal
  private let store: any ScheduleStore
  private let zones: any Zones
  private let ledger: any Ledger
  private let clock: any WallClock
  private let log: any LogSink
  private let graces: Mutex<GraceClock>
  /// The id of the schedule that was looked at last.
  private let place = Mutex<Int64>(0)

  public init(
    _ book: RuleBook, _ journal: any SlotJournal, _ store: any ScheduleStore, _ zones: any Zones,
    _ ledger: any Ledger, _ clock: any WallClock, _ log: any LogSink, startedAt: Timestamp
  ) {
    self.book = book
    self.journal = journal
    self.store = store
    self.zones = zones
    self.ledger = ledger
    self.clock = clock
    self.log = log
    graces = Mutex(GraceClock(Watchdog.grace, startedAt: startedAt))
  }

  /// What one look came to.
  public struct Finding: Sendable, Hashable {
    /// Slots declared missed just now.
    public let missed: [LedgerEntry]
    /// Slots that fired and still have no row, by rule: they are under way, or whoever decides is stuck.
    public let undecided: [String: [Timestamp]]

    public init(missed: [LedgerEntry], undecided: [String: [Timestamp]]) {
      self.missed = missed
      self.undecided = undecided
    }
  }

  /// How far back one look has to see.
  private struct Sight {
    let now: Timestamp
    /// Slots and decisions before it have had their grace.
    let due: Timestamp
    /// What is older this process never saw.
    let since: Timestamp
  }

  /// Looks at every schedule once. Nothing is found before a grace has gone by since the process began.
  public func look() async throws(StoreError) -> Finding {
    let now = clock.now()
    let sight = graces.withLock { graces in
      graces.look(at: now).map { Sight(now: now, due: $0, since: graces.since) }
    }
    guard let sight else { return Finding(missed: [], undecided: [:]) }
    let cursors = try await journal.cursors()
    var missed: [LedgerEntry] = []
    var undecided: [String: [Timestamp]] = [:]
    for rule in book.bus.scheduled where rule.isEnabled {
      let cursor = max(cursors[rule.name] ?? rule.anchor, rule.anchor)
      missed += try await declareMissed(rule, after: cursor, sight)
      let open = try await undecidedFires(rule, upTo: cursor, sight)
      if !open.isEmpty { undecided[rule.name] = open }
    }
    missed += try await lookAtSchedules(sight, &undecided)
    return Finding(missed: missed, undecided: undecided)
  }

  private func declareMissed(
    _ rule: Rule, after cursor: Timestamp, _ sight: Sight
  ) async throws(StoreError) -> [LedgerEntry] {
    guard let schedule = rule.schedule else { return [] }
    var records: [SlotRecord] = []
    var entries: [LedgerEntry] = []
    var instant = cursor
    while records.count < Watchdog.batchMax,
      let slot = schedule.next(after: instant, anchor: rule.anchor, zone: .utc), slot < sight.due
    {
      let entry = missed(rule, slot, at: sight.now)
      records.append(SlotRecord(rule: rule.name, slot: slot, outcome: .passes(entry)))
      entries.append(entry)
      instant = slot
    }
    guard !records.isEmpty else { return [] }
    try await journal.record(records)
    for entry in entries {
      log.write(
        LogLine(.error, entry.summary, ["cause": entry.causeID, "rule": rule.name, "code": entry.code.rawValue]))
    }
    return entries
  }

  /// Slots at or before the cursor whose row is not there though their grace is over.
  private func undecidedFires(
    _ rule: Rule, upTo cursor: Timestamp, _ sight: Sight
  ) async throws(StoreError) -> [Timestamp] {
    guard let schedule = rule.schedule else { return [] }
    var open: [Timestamp] = []
    var instant = min(cursor + Span(milliseconds: 1), sight.due)
    for _ in 0..<Watchdog.firesMax {
      guard let slot = schedule.previous(before: instant, anchor: rule.anchor, zone: .utc), slot > rule.anchor,
        sight.now - slot <= Watchdog.fireAgeMax
      else { break }
      if try await ledger.entry(of: Cause.slotID(rule: rule.name, at: slot)) == nil { open.append(slot) }
      instant = slot
    }
    return open
  }

  private func missed(_ rule: Rule, _ slot: Timestamp, at now: Timestamp) -> LedgerEntry {
    SlotOutcomes.missed(SlotOutcomes.cause(of: rule, slot, at: now), slot, at: now)
  }

  // MARK: Schedules

  /// Looks whether the latest fires of schedules are decided, by what the store says of them and not by what the loop believes.
  private func lookAtSchedules(
    _ sight: Sight, _ undecided: inout [String: [Timestamp]]
  ) async throws(StoreError) -> [LedgerEntry] {
    for open in try await store.openSlots(limit: Watchdog.firesMax) where open.decision.decidedAt < sight.due {
      guard let name = open.schedule?.name else { continue }
      undecided[name.description, default: []].append(open.decision.slot)
    }
    let through = try await store.decidedThrough() ?? sight.since
    let lags = through < sight.due
    var missed: [LedgerEntry] = []
    var loaded: [String: ZoneRules] = ["UTC": .utc]
    while missed.count < Watchdog.batchMax {
      let clocks = try await store.clocks(after: place.withLock { $0 }, limit: Watchdog.sampleMax)
      // After the last the first comes again, in the next look.
      place.withLock { $0 = clocks.count < Watchdog.sampleMax ? 0 : clocks.last?.id ?? 0 }
      let expected = clocks.filter(\.isEnabled).flatMap { latest($0, &loaded, after: lags ? through : nil, sight) }
      missed += try await declareMissed(try await store.undecided(expected), at: sight.now)
      if !lags || clocks.count < Watchdog.sampleMax { break }
    }
    return missed
  }

  /// The fires of a schedule that have to be decided by now: its latest, or all after an instant.
  private func latest(
    _ stored: StoredClock, _ loaded: inout [String: ZoneRules], after instant: Timestamp?, _ sight: Sight
  ) -> [SlotDecision] {
    guard let zone = zone(stored.clock.timezone, &loaded) else { return [] }
    let timetable = stored.clock.timetable(in: zone)
    var slots: [SlotDecision] = []
    let floor = instant ?? max(sight.since, sight.now - Watchdog.fireAgeMax)
    var before = sight.due
    while slots.count < (instant == nil ? 1 : Watchdog.firesMax),
      let slot = timetable.previous(before: before), slot > floor
    {
      slots.append(SlotDecision(schedule: stored.id, slot: slot, outcome: .missed, decidedAt: sight.now))
      before = slot
    }
    return slots.reversed()
  }

  private func zone(_ name: String, _ loaded: inout [String: ZoneRules]) -> ZoneRules? {
    if let known = loaded[name] { return known }
    do throws(ZoneError) {
      let zone = try zones.zone(name)
      loaded[name] = zone
      return zone
    } catch {
      log.write(LogLine(.error, "a time zone cannot be read", ["zone": name, "reason": error.reason]))
      return nil
    }
  }

  private func declareMissed(_ slots: [SlotDecision], at now: Timestamp) async throws(StoreError) -> [LedgerEntry] {
    guard !slots.isEmpty else { return [] }
    let names = try await store.scheduleNames(Array(Set(slots.map(\.schedule))))
    let found = slots.compactMap { slot -> MissedSlot? in
      guard let name = names[slot.schedule]?.description else { return nil }
      var cause = Cause(id: Cause.slotID(rule: name, at: slot.slot), trigger: .schedule, arrivedAt: now)
      cause.rule = name
      cause.slot = slot.slot
      return MissedSlot(decision: slot, row: SlotOutcomes.missed(cause, slot.slot, at: now))
    }
    let stored = try await store.declareMissed(found).map(\.row)
    for row in stored {
      log.write(
        LogLine(
          .error, row.summary, ["cause": row.causeID, "rule": row.about.rule ?? "", "code": row.code.rawValue]))
    }
    return stored
  }
}
