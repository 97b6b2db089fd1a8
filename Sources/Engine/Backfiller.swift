import Events
import Ingestion
import Rules
import Schedules
import Telemetry

/// Carries backfills out: one slot after the other, each with its own `ds` and `trigger_time`, as fast as its pace allows.
///
/// Gates, leases and breakers apply as to any cause (D10). A slot that ran already is `duplicate` and not started again.
public struct Backfiller: Sendable {
  /// Backfills that go on at the same time; others wait for their turn.
  public static let runningMax = 100
  /// Slots of one backfill that may wait to be decided: beyond it, whoever decides is slower than the pace, and nothing is won
  /// by more of them.
  public static let inFlightMax = 100
  /// Times that one slot is run after its time.
  public static let recoveriesMax = ScheduleControl.recoveriesMax

  /// Rings when a backfill was started or resumed.
  public let changed = Bell()
  private let book: RuleBook
  private let schedules: any ScheduleStore
  private let store: any BackfillStore
  private let ledger: any Ledger
  private let runs: any RunJournal
  private let zones: any Zones
  private let clock: any WallClock
  private let log: any LogSink
  private let deliveriesDue: Bell
  /// Steps and operators take turns.
  private let turnstile = Turnstile()

  public init(
    _ book: RuleBook, _ schedules: any ScheduleStore, _ store: any BackfillStore, _ ledger: any Ledger,
    _ runs: any RunJournal, _ zones: any Zones, _ clock: any WallClock, _ log: any LogSink, deliveriesDue: Bell
  ) {
    self.book = book
    self.schedules = schedules
    self.store = store
    self.ledger = ledger
    self.runs = runs
    self.zones = zones
    self.clock = clock
    self.log = log
    self.deliveriesDue = deliveriesDue
  }

  // MARK: The work

  /// Starts what may be started now. Returns how many slots were dealt with.
  public func work() async throws(StoreError) -> Int {
    try await turnstile.pass { () throws(StoreError) in
      var done = 0
      for backfill in try await store.backfills(.running, limit: Backfiller.runningMax).reversed() {
        if try await step(backfill, at: clock.now()) { done += 1 }
      }
      return done
    }
  }

  /// Begins one that was asked for.
  func start(_ backfill: Backfill) async throws(StoreError) {
    let row = backfill.row("started", by: backfill.who, backfill.why, at: backfill.createdAt)
    try await store.save(backfill, row: row)
    changed.ring()
  }

  /// Stops one that runs, or lets one go on that was stopped; nil if there is none, the same if there is nothing to change.
  func set(_ id: String, _ state: Backfill.State, _ note: ChangeNote) async throws(StoreError) -> Backfill? {
    let backfill = try await turnstile.pass { () async throws(StoreError) -> Backfill? in
      guard var backfill = try await store.backfill(id) else { return nil }
      guard backfill.state != .finished, backfill.state != state else { return backfill }
      let now = clock.now()
      // What was refused since it stopped comes first when it goes on.
      _ = try await land(&backfill)
      backfill.state = state
      backfill.nextAt = max(backfill.nextAt, now)
      backfill.remark = state == .stopped ? "\(note.operation) by \(note.who)" : nil
      let row = backfill.row(state == .stopped ? "stopped" : "resumed", by: note.who, note.why, at: now)
      try await store.save(backfill, row: row)
      return backfill
    }
    changed.ring()
    return backfill
  }

  /// When a paced one goes on; nil if none is, for the others wait for runs to end.
  public func nextDue() async throws(StoreError) -> Timestamp? {
    let now = clock.now()
    return try await store.backfills(.running, limit: Backfiller.runningMax)
      .filter { $0.next != nil && $0.nextAt > now }.map(\.nextAt).min()
  }

  /// Whether there was something to do.
  private func step(_ stored: Backfill, at now: Timestamp) async throws(StoreError) -> Bool {
    var backfill = stored
    // Whatever the pace, a table that takes nothing is noticed as soon as it is known.
    if let obstacle = try await land(&backfill) {
      try await end(backfill, .stopped, obstacle, at: now)
      return true
    }
    guard let owner = try await owner(backfill.owner) else {
      try await end(backfill, .stopped, "there is no \(backfill.owner) any more", at: now)
      return true
    }
    guard let slot = backfill.next else {
      guard backfill.inFlight.isEmpty else { return false }
      if let cause = backfill.lastCause, try await schedules.isUnderWay(cause) { return false }
      try await end(backfill, .finished, nil, at: now)
      return true
    }
    guard now >= backfill.nextAt, backfill.inFlight.count < Backfiller.inFlightMax,
      try await !mustWait(backfill, owner)
    else { return false }
    return try await start(slot, backfill, owner, at: now)
  }

  private func mustWait(_ backfill: Backfill, _ owner: SlotOwner) async throws(StoreError) -> Bool {
    switch backfill.occasion {
    case .asked:
      guard backfill.pace == nil, let cause = backfill.lastCause else { return false }
      return try await schedules.isUnderWay(cause)
    case .resume:
      guard owner.overlap != .allowAll else { return false }
      return try await schedules.overlap(of: backfill.owner).blocker != nil
    }
  }

  /// Takes what is decided out of what is in flight, and puts what was refused for the state of its table among what is to be
  /// started. Returns what makes going on pointless; nil if nothing does.
  private func land(_ backfill: inout Backfill) async throws(StoreError) -> String? {
    var open: [String] = []
    var refusals: [(slot: Timestamp, words: String)] = []
    for cause in backfill.inFlight {
      var row = try await ledger.entry(of: cause)
      if row == nil {
        guard try await !schedules.isUnderWay(cause) else {
          open.append(cause)
          continue
        }
        // It was decided between the two questions.
        row = try await ledger.entry(of: cause)
      }
      guard let row else { continue }
      if row.decision == .deferred { open.append(cause) }
      if row.decision == .breakerOpen, let slot = backfill.slot(of: cause) { refusals.append((slot, row.summary)) }
    }
    backfill.inFlight = open
    guard let first = refusals.first else { return nil }
    backfill.refused = (backfill.refused + refusals.map(\.slot)).sorted()
    backfill.done -= refusals.count
    backfill.fired -= refusals.count
    return refusals.count == 1
      ? first.words : "\(first.words); \(refusals.count) slots were refused and come first when it is resumed"
  }

  private func start(
    _ slot: Timestamp, _ backfill: Backfill, _ owner: SlotOwner, at now: Timestamp
  ) async throws(StoreError) -> Bool {
    let past = try await past(of: backfill.owner, slot)
    var next = backfill
    if next.refused.first == slot { next.refused.removeFirst() }
    next.done += 1
    next.nextAt = backfill.pace.map { now + $0.interval } ?? now
    guard let id = past.freeID else {
      try await end(backfill, .stopped, "\(slot) was run \(Backfiller.recoveriesMax) times", at: now)
      return true
    }
    let cause = owner.recovery(of: slot, id, at: now)
    if let ran = past.ran {
      next.duplicates += 1
      next.nextAt = backfill.nextAt
      return try await store.advance(next, event: nil, deliveries: [], row: duplicate(cause, ran, backfill, at: now))
    }
    next.fired += 1
    next.lastCause = id
    let deliveries = owner.deliveries(cause, at: now)
    guard !deliveries.isEmpty else {
      return try await store.advance(next, event: nil, deliveries: [], row: EventRouter.noTargets(cause, at: now))
    }
    next.inFlight.append(id)
    let isNew = try await store.advance(next, event: owner.event(slot, at: now), deliveries: deliveries, row: nil)
    if isNew { deliveriesDue.ring() }
    return isNew
  }

  private func end(
    _ backfill: Backfill, _ state: Backfill.State, _ remark: String?, at now: Timestamp
  ) async throws(StoreError) {
    var ended = backfill
    ended.state = state
    ended.remark = remark
    if state == .stopped { ended.lastCause = nil }
    let row = ended.row(state.rawValue, by: PauseKeeper.who, remark, at: now)
    try await store.save(ended, row: row)
    log.write(LogLine(state == .stopped ? .warning : .info, row.summary, ["backfill": ended.id]))
  }

  private func duplicate(_ cause: Cause, _ ran: String, _ backfill: Backfill, at now: Timestamp) -> LedgerEntry {
    LedgerEntry(
      causeID: cause.id, decision: .duplicate, gate: .duplicate, code: .duplicateRun,
      summary: "\(ran) ran already; \(backfill.id) leaves it alone",
      facts: ["first": .string(ran), "backfill": .string(backfill.id)], at: now, took: .zero, about: cause.subject)
  }

  // MARK: What ran already

  /// What became of one slot so far.
  struct Past: Sendable {
    /// The cause that ran it, is running it or is about to; nil if it may run.
    let ran: String?
    /// The id for its next run; nil if there were too many.
    let freeID: String?
  }

  func past(of owner: String, _ slot: Timestamp) async throws(StoreError) -> Past {
    var ran: String?
    let first = Cause.slotID(rule: owner, at: slot)
    if try await counts(first, try await ledger.entry(of: first)) { ran = first }
    for number in 1...Backfiller.recoveriesMax {
      let id = Cause.recoveryID(rule: owner, at: slot, number)
      let entry = try await ledger.entry(of: id)
      let isUnderWay = entry == nil ? try await schedules.isUnderWay(id) : false
      if entry == nil, !isUnderWay { return Past(ran: ran, freeID: id) }
      if ran == nil, try await counts(id, entry) { ran = id }
    }
    return Past(ran: ran, freeID: nil)
  }

  /// Whether that cause ran or will: a run that failed does not count, and neither does one that never began.
  private func counts(_ id: String, _ entry: LedgerEntry?) async throws(StoreError) -> Bool {
    guard let entry else { return try await schedules.isUnderWay(id) }
    switch entry.decision {
    case .deferred: return true
    case .dispatched:
      guard let run = entry.about.runID else { return true }
      return try await runs.run(run)?.status != .failed
    case .dryRun, .duplicate, .conflict, .invalid, .rejected, .rateLimited, .breakerOpen, .loopStopped, .disabled,
      .missed, .skipped, .unmatched, .undeliverable, .changed:
      return false
    }
  }

  // MARK: Owners

  /// nil if there is neither a rule with a schedule nor a schedule of that name.
  func owner(_ name: String) async throws(StoreError) -> SlotOwner? {
    if let name = ScheduleName(name) { return try await schedules.schedule(name).map { .schedule($0) } }
    return book.bus.rule(name).flatMap { $0.schedule == nil ? nil : .rule($0) }
  }

  /// When an owner fires.
  ///
  /// - Throws: if the machine does not know its zone.
  func timetable(of owner: SlotOwner) throws(ZoneError) -> Timetable? {
    switch owner {
    case .rule(let rule): return rule.timetable
    case .schedule(let schedule):
      return schedule.clock.timetable(in: schedule.timezone == "UTC" ? .utc : try zones.zone(schedule.timezone))
    }
  }
}
