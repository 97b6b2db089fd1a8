import Events
import Rules
import Schedules
import Telemetry

/// Which past slots to run, as they were asked for.
public struct BackfillAsk: Sendable, Hashable {
  /// The first instant.
  public let from: Timestamp
  /// The first instant that is not meant any more.
  public let to: Timestamp
  /// Only every so many-th of the slots, the first one included.
  public let every: Int
  /// The first so many of them at most.
  public let limit: Int
  public let pace: BackfillPace?

  public init(
    from: Timestamp, to: Timestamp, every: Int = 1, limit: Int = Backfill.slotsMax, pace: BackfillPace? = nil
  ) {
    self.from = from
    self.to = to
    self.every = every
    self.limit = limit
    self.pace = pace
  }
}

/// What a backfill would do.
public struct BackfillPlan: Sendable {
  /// Slots of each kind that are named at most.
  public static let slotsShown = 100

  public let owner: SlotOwner
  public let ask: BackfillAsk
  /// In order.
  public let slots: [Timestamp]
  /// Those of them that ran already, and the cause that ran each.
  public let ran: [(slot: Timestamp, cause: String)]
  /// How long it takes, about; nil if nothing says so.
  public let estimate: Span?

  public var json: JSON {
    JSON(present: [
      "owner": .string(owner.name), "from": .string(ask.from.description), "to": .string(ask.to.description),
      "every": JSON(ask.every), "pace": ask.pace.map { .string($0.text) }, "slots_count": JSON(slots.count),
      "first": slots.first.map { .string($0.description) }, "last": slots.last.map { .string($0.description) },
      "slots": JSON(slots.prefix(BackfillPlan.slotsShown).map(\.description)),
      "ran_count": JSON(ran.count), "starts_count": JSON(slots.count - ran.count),
      "ran": .array(
        ran.prefix(BackfillPlan.slotsShown).map {
          ["slot": .string($0.slot.description), "cause_id": .string($0.cause)]
        }),
      "estimated_seconds": estimate.map { JSON($0.wholeSecondsUp) },
    ])
  }
}

/// What operators do with backfills; each act is in the ledger with who and why.
public struct BackfillControl: Sendable {
  /// Runs whose length says how long the next ones take.
  private static let runsSeen = 20

  private let engine: Runtime

  public init(_ engine: Runtime) {
    self.engine = engine
  }

  /// What it would do; nothing is changed.
  public func plan(_ name: String, _ ask: BackfillAsk) async throws -> BackfillPlan {
    let owner = try await ScheduleControl(engine).owner(name)
    let slots = try slots(of: owner, ask)
    var ran: [(slot: Timestamp, cause: String)] = []
    for slot in slots {
      if let cause = try await engine.backfiller.past(of: name, slot).ran { ran.append((slot, cause)) }
    }
    let starts = slots.count - ran.count
    let each = if let pace = ask.pace { Optional(pace.interval) } else { try await usualLength(of: name) }
    let estimate = each.map { Span(milliseconds: $0.milliseconds * Int64(starts)) }
    return BackfillPlan(owner: owner, ask: ask, slots: slots, ran: ran, estimate: estimate)
  }

  /// Begins it; the engine carries it out.
  public func start(_ name: String, _ ask: BackfillAsk, _ note: ChangeNote) async throws -> Backfill {
    let owner = try await ScheduleControl(engine).owner(name)
    let slots = try slots(of: owner, ask)
    let now = engine.ports.clock.now()
    // The same command again, in the middle or after a crash, finds what it began.
    let known = try await engine.ports.backfills.backfills(nil, limit: Backfiller.runningMax).first {
      $0.owner == name && $0.slots == slots && $0.state != .finished
    }
    if let known {
      return known.state == .running ? known : try await set(known.id, .running, note)
    }
    let backfill = Backfill(
      id: Backfill.id(of: name, at: now), owner: name, occasion: .asked, slots: slots, pace: ask.pace, who: note.who,
      why: note.why, createdAt: now)
    try await engine.backfiller.start(backfill)
    return backfill
  }

  /// Stops it, or lets it go on; one that has finished stays so.
  public func set(_ id: String, _ state: Backfill.State, _ note: ChangeNote) async throws -> Backfill {
    guard let backfill = try await engine.backfiller.set(id, state, note) else {
      throw ControlError(.noSuchBackfill, "there is no backfill \(id)")
    }
    return backfill
  }

  /// Every slot that is meant. Those before the schedule was made count too: they are why one backfills.
  private func slots(of owner: SlotOwner, _ ask: BackfillAsk) throws -> [Timestamp] {
    let now = engine.ports.clock.now()
    guard ask.from < ask.to else { throw ControlError(.invalidRange, "from \(ask.from) is not before to \(ask.to)") }
    guard ask.to <= now else {
      throw ControlError(.invalidRange, "a backfill runs past slots: to \(ask.to) is after now, \(now)")
    }
    guard ask.every >= 1, (1...Backfill.slotsMax).contains(ask.limit) else {
      throw ControlError(.invalidRange, "every is 1 or more, limit 1 to \(Backfill.slotsMax)")
    }
    let timetable: Timetable
    do {
      guard let known = try engine.backfiller.timetable(of: owner) else { return [] }
      timetable = known
    } catch {
      throw ControlError(.invalidRange, error.reason)
    }
    let before = ask.from - Span(milliseconds: 1)
    let open = Timetable(
      timetable.expression, zone: timetable.zone, changes: timetable.changes, anchor: timetable.anchor, epoch: before,
      end: timetable.end)
    var slots: [Timestamp] = []
    var place = 0
    var last = before
    while slots.count < ask.limit, let slot = open.next(after: last), slot < ask.to {
      if place % ask.every == 0 { slots.append(slot) }
      place += 1
      last = slot
      guard place <= Backfill.slotsMax * 10 else {
        throw ControlError(
          .invalidRange, "from \(ask.from) to \(ask.to) has more than \(place - 1) slots; narrow it, or give a limit")
      }
    }
    if slots.count == Backfill.slotsMax, ask.limit == Backfill.slotsMax, let more = open.next(after: last),
      more < ask.to
    {
      throw ControlError(
        .invalidRange, "that is more than \(Backfill.slotsMax) slots; narrow it, or use every or limit")
    }
    guard !slots.isEmpty else {
      throw ControlError(.invalidRange, "\(owner.name) has no slot from \(ask.from) to \(ask.to)")
    }
    return slots
  }

  /// How long a run of that owner takes, by its latest ones.
  private func usualLength(of name: String) async throws(StoreError) -> Span? {
    var query = LedgerQuery()
    query.rule = name
    query.decision = .dispatched
    query.limit = BackfillControl.runsSeen
    var total: Int64 = 0
    var count: Int64 = 0
    for entry in try await engine.ports.ledger.entries(query) {
      guard let id = entry.about.runID, let run = try await engine.ports.runs.run(id), let ended = run.endedAt else {
        continue
      }
      total += (ended - run.startedAt).milliseconds
      count += 1
    }
    return count > 0 ? Span(milliseconds: total / count) : nil
  }
}
