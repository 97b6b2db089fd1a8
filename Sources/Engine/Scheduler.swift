import Ingestion
import Events
import Rules
import Schedules
import Synchronization
import Telemetry

/// Turns the instants of schedules into decided slots: each once, in order, also across restarts and clock steps.
public final class Scheduler: Sendable {
  /// A slot later than this was missed, not late: the misfire policy decides (D23).
  public static let grace = Span.seconds(60)
  /// Slots that one commit takes.
  public static let batchMax = 1_000
  /// Slots that are looked at in one go; what is older is decided in later goes.
  public static let backlogMax = 100_000

  private let book: RuleBook
  private let journal: any SlotJournal
  private let clock: any WallClock
  private let log: any LogSink
  private let names: ResourceNames
  private let deliveriesDue: Bell
  private let cursors: Mutex<[String: Timestamp]>

  public init(
    _ book: RuleBook, _ journal: any SlotJournal, _ clock: any WallClock, _ log: any LogSink, names: ResourceNames,
    deliveriesDue: Bell
  ) async throws(StoreError) {
    self.book = book
    self.journal = journal
    self.clock = clock
    self.log = log
    self.names = names
    self.deliveriesDue = deliveriesDue
    cursors = Mutex(try await journal.cursors())
  }

  /// Decides every slot whose instant has come. Returns how many.
  public func tick() async throws(StoreError) -> Int {
    let now = clock.now()
    var decided = 0
    for rule in book.bus.scheduled {
      let slots = due(rule, at: now)
      guard !slots.isEmpty else { continue }
      let records = self.records(of: rule, slots, at: now)
      for start in stride(from: 0, to: records.count, by: Scheduler.batchMax) {
        let batch = Array(records[start..<min(start + Scheduler.batchMax, records.count)])
        try await journal.record(batch)
        if let last = batch.last { cursors.withLock { $0[rule.name] = last.slot } }
      }
      decided += records.count
      log.write(tickLine(rule, records))
    }
    if decided > 0 { deliveriesDue.ring() }
    return decided
  }

  /// When the next slot is due; nil if no rule has one.
  public func nextDue() -> Timestamp? {
    book.bus.scheduled.compactMap { rule in
      rule.schedule?.next(after: cursor(of: rule), anchor: rule.anchor, zone: .utc)
    }.min()
  }

  /// The last decided instant; never before the schedule's epoch.
  private func cursor(of rule: Rule) -> Timestamp {
    max(cursors.withLock { $0[rule.name] } ?? rule.anchor, rule.anchor)
  }

  private func due(_ rule: Rule, at now: Timestamp) -> [Timestamp] {
    guard let schedule = rule.schedule else { return [] }
    var slots: [Timestamp] = []
    var instant = cursor(of: rule)
    while slots.count < Scheduler.backlogMax,
      let next = schedule.next(after: instant, anchor: rule.anchor, zone: .utc), next <= now
    {
      slots.append(next)
      instant = next
    }
    return slots
  }

  private func records(of rule: Rule, _ slots: [Timestamp], at now: Timestamp) -> [SlotRecord] {
    let missed = slots.filter { now - $0 > Scheduler.grace }
    // `latest` means one fire: where a slot fires in time, it is the latest, and none that was missed fires besides.
    let isCaughtUp = rule.misfire.kind == .latest && missed.count < slots.count
    let recovered = isCaughtUp ? [] : Set(rule.misfire.decide(missed: missed, now: now).filter(\.fires).map(\.slot))
    let missedSet = Set(missed)
    return slots.map { slot in
      let cause = cause(of: rule, slot, at: now)
      let outcome: SlotRecord.Outcome
      if !rule.isEnabled {
        outcome = .passes(EventRouter.disabled(cause, at: now))
      } else if missedSet.contains(slot), !recovered.contains(slot) {
        outcome = .passes(skipped(cause, rule.misfire, slot, at: now))
      } else if rule.targets.isEmpty {
        outcome = .passes(EventRouter.noTargets(cause, at: now))
      } else {
        outcome = .fires(fired(rule, cause, slot, at: now))
      }
      return SlotRecord(rule: rule.name, slot: slot, outcome: outcome)
    }
  }

  private func cause(of rule: Rule, _ slot: Timestamp, at now: Timestamp) -> Cause {
    var cause = Cause(id: Cause.slotID(rule: rule.name, at: slot), trigger: .schedule, arrivedAt: now)
    cause.eventID = Scheduler.eventID(rule.arn, slot)
    cause.rule = rule.name
    cause.ruleVersion = rule.version
    cause.slot = slot
    return cause
  }

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

  private func fired(_ rule: Rule, _ cause: Cause, _ slot: Timestamp, at now: Timestamp) -> RoutedEvent {
    RoutedEvent(
      event: Scheduler.event(rule.arn, slot), hops: 0, parentID: nil, receivedAt: now,
      deliveries: rule.targets.map { NewDelivery(cause: cause, target: $0, body: nil, due: now) }, rows: [])
  }

  private func skipped(_ cause: Cause, _ policy: MisfirePolicy, _ slot: Timestamp, at now: Timestamp) -> LedgerEntry {
    let late = now - slot
    return LedgerEntry(
      causeID: cause.id, decision: .skipped, gate: .misfire, code: .misfireSkipped,
      summary: "the slot was noticed \(late.wholeSecondsUp) s late; misfire policy \(policy.kind.rawValue) "
        + "within \(policy.window.wholeSecondsUp) s skips it",
      facts: [
        "late_seconds": JSON(late.wholeSecondsUp), "policy": .string(policy.kind.rawValue),
        "window_seconds": JSON(policy.window.wholeSecondsUp),
      ], at: now, took: .zero, about: cause.subject)
  }

  private func tickLine(_ rule: Rule, _ records: [SlotRecord]) -> LogLine {
    let fired = records.filter { record in
      switch record.outcome {
      case .fires: true
      case .passes: false
      }
    }
    return LogLine(
      .info, "schedule decided",
      [
        "rule": rule.name, "slots": "\(records.count)", "fired": "\(fired.count)",
        "last": "\(records.last?.slot ?? .epoch)",
      ])
  }
}
