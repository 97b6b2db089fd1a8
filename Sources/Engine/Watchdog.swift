import Events
import Ingestion
import Rules
import Schedules
import Telemetry

/// Checks, outside the scheduler's loop, that every expected fire was decided (§9, D23, D25).
///
/// A slot that nobody decided within its grace is `missed`: the row says so, and the slot will not fire late behind
/// anybody's back. It is recovered by hand, with its own `ds`.
public struct Watchdog: Sendable {
  /// After its instant, or after the start of the process, a slot has this long to be decided.
  public static let grace = Span.seconds(120)
  /// Slots that one look declares missed.
  public static let batchMax = 1_000
  /// How far back undecided fires are looked for, and how many slots of a rule.
  public static let fireAgeMax = Span.days(1)
  public static let firesMax = 100

  private let book: RuleBook
  private let journal: any SlotJournal
  private let ledger: any Ledger
  private let clock: any WallClock
  private let log: any LogSink
  private let startedAt: Timestamp

  public init(
    _ book: RuleBook, _ journal: any SlotJournal, _ ledger: any Ledger, _ clock: any WallClock, _ log: any LogSink,
    startedAt: Timestamp
  ) {
    self.book = book
    self.journal = journal
    self.ledger = ledger
    self.clock = clock
    self.log = log
    self.startedAt = startedAt
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

  /// Looks at every schedule once.
  public func look() async throws(StoreError) -> Finding {
    let now = clock.now()
    let cursors = try await journal.cursors()
    var missed: [LedgerEntry] = []
    var undecided: [String: [Timestamp]] = [:]
    for rule in book.bus.scheduled where rule.isEnabled {
      let cursor = max(cursors[rule.name] ?? rule.anchor, rule.anchor)
      missed += try await declareMissed(rule, after: cursor, at: now)
      let open = try await undecidedFires(rule, upTo: cursor, at: now)
      if !open.isEmpty { undecided[rule.name] = open }
    }
    return Finding(missed: missed, undecided: undecided)
  }

  private func declareMissed(
    _ rule: Rule, after cursor: Timestamp, at now: Timestamp
  ) async throws(StoreError) -> [LedgerEntry] {
    guard let schedule = rule.schedule, now - startedAt > Watchdog.grace else { return [] }
    var records: [SlotRecord] = []
    var entries: [LedgerEntry] = []
    var instant = cursor
    while records.count < Watchdog.batchMax,
      let slot = schedule.next(after: instant, anchor: rule.anchor, zone: .utc), now - slot > Watchdog.grace
    {
      let entry = missed(rule, slot, at: now)
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
    _ rule: Rule, upTo cursor: Timestamp, at now: Timestamp
  ) async throws(StoreError) -> [Timestamp] {
    guard let schedule = rule.schedule else { return [] }
    var open: [Timestamp] = []
    var instant = Timestamp(milliseconds: min(cursor, now - Watchdog.grace).milliseconds + 1)
    for _ in 0..<Watchdog.firesMax {
      guard let slot = schedule.previous(before: instant, anchor: rule.anchor, zone: .utc), slot > rule.anchor,
        now - slot <= Watchdog.fireAgeMax
      else { break }
      if try await ledger.entry(of: Cause.slotID(rule: rule.name, at: slot)) == nil { open.append(slot) }
      instant = slot
    }
    return open
  }

  private func missed(_ rule: Rule, _ slot: Timestamp, at now: Timestamp) -> LedgerEntry {
    var cause = Cause(id: Cause.slotID(rule: rule.name, at: slot), trigger: .schedule, arrivedAt: now)
    cause.eventID = Scheduler.eventID(rule.arn, slot)
    cause.rule = rule.name
    cause.ruleVersion = rule.version
    cause.slot = slot
    let late = (now - slot).wholeSecondsUp
    return LedgerEntry(
      causeID: cause.id, decision: .missed, gate: .misfire, code: .slotMissed,
      summary:
        "the slot of \(slot) was not decided within \(Watchdog.grace.wholeSecondsUp) s: the scheduler did not work",
      facts: ["late_seconds": JSON(late), "grace_seconds": JSON(Watchdog.grace.wholeSecondsUp)], at: now, took: .zero,
      about: cause.subject)
  }
}
