import Deliveries
import Engine
import Events
import Rules
import Schedules
import Telemetry

/// One seeded life of rules and schedules: they come, change, rest and go, clocks step and change to summer time, processes die
/// before and after their writes, and each slot is decided once, in time, and by its policy.
///
/// Everything is a function of the seed. Rule book, scheduler, keeper and expander are the real ones.
// One task lives a life; that a store calls back in the middle of a write is still the same task. So nothing is shared.
public final class TimeWorld: @unchecked Sendable {
  /// Things that happen in one life before it is left to settle.
  public static let happeningsMax = 40
  /// Slots that a settling world is still watched at.
  public static let afterlifeMax = 12

  /// Minutes of the longest flexible window.
  static let windowMax = 120
  private static let startsMax = 100
  /// Just before clocks change, in zones that differ: by an hour, by half an hour, on the other half of the earth.
  private static let nights = [
    "2025-03-09T07:00:00Z", "2025-11-02T06:00:00Z", "2025-04-05T15:00:00Z", "2025-10-04T15:30:00Z",
    "2025-03-30T01:00:00Z", "2026-02-28T23:00:00Z",
  ]
  private static let zoneNames = ["UTC", "America/New_York", "Asia/Seoul", "Australia/Lord_Howe", "Europe/London"]
  private static let crons = [
    "cron(0/15 * * * ? *)", "cron(0 * * * ? *)", "cron(30 2 * * ? *)", "cron(30 1 * * ? *)", "cron(0/20 1-3 * * ? *)",
    "cron(0 22 ? * MON-FRI *)", "cron(5 0/2 ? * * *)",
  ]
  private static let rates = ["rate(7 minutes)", "rate(30 minutes)", "rate(1 hour)", "rate(1 day)"]

  public let seed: UInt64
  private var dice: SplitMix64
  private let clock: VirtualClock
  private let schedulerClock: any WallClock
  private let real: any ScheduleStore & SlotJournal & RuleStore
  private let zones: any Zones
  private let faults: FaultPlan
  private let witness: TimeWitness
  private let planted: PlantedTimeFault?
  private let names = ResourceNames(account: "123456789012", region: "us-east-1")
  private var latest: Timestamp
  /// Whether something happens in the middle of something else.
  private var isMeanwhile = false
  private var process: Process?
  /// Whether the scheduler has been round since the watchdog looked: a loop that works is round more often than that.
  private var hasBeenRound = false

  /// What a process has in memory.
  private struct Process {
    let book: RuleBook
    let scheduler: Scheduler
    let expander: SlotExpander
    let keeper: ScheduleKeeper
    let watchdog: Watchdog
    /// What the watchdog sees of the clock.
    let watch: VirtualClock
  }

  /// - Parameter store: empty; `MemorySchedules` is quick, another that keeps the same contract is nearer to the truth.
  public init(
    seed: UInt64, store: any ScheduleStore & SlotJournal & RuleStore, zones: any Zones, planted: PlantedTimeFault?
  ) {
    self.seed = seed
    real = store
    self.zones = zones
    self.planted = planted
    var dice = SplitMix64(seed: seed)
    faults = FaultPlan(seed: dice.next())
    witness = TimeWitness(zones)
    let night = Timestamp(TimeWorld.nights[Int(dice.next() % UInt64(TimeWorld.nights.count))]) ?? .epoch
    latest = night - .seconds(Int(dice.next() % 28_800))
    clock = VirtualClock(latest)
    schedulerClock = planted == .clockFast ? FastClock(clock) : clock
    self.dice = dice
    witness.shows(latest)
  }

  /// Lives the life and lets it settle. Returns what is wrong: nothing, if all is well.
  public func live() async throws -> [String] {
    try await restart()
    faults.arm(true)
    for _ in 0..<TimeWorld.happeningsMax {
      await happen()
      if faults.hasCrashed { try await restart() }
      // What went wrong may go wrong a thousand times more.
      if !witness.findings.isEmpty { return witness.findings }
    }
    faults.arm(false)
    if roll(2) == 0 { try await restart() }
    show(latest)
    try await settle()
    for _ in 0..<TimeWorld.afterlifeMax {
      guard let due = process?.scheduler.nextDue() else { break }
      show(max(due, clock.now()))
      try await settle()
    }
    return witness.settled(at: clock.now())
  }

  public var crashes: Int { faults.crashes }
  /// How many slots fired in time, and how many late.
  public var fires: (inTime: Int, late: Int) { witness.counts }

  private func settle() async throws {
    try await tick()
    while try await expand() > 0 {}
  }

  /// A process that is dead is followed by another, which knows what was written.
  private func restart() async throws {
    let store = TimeStore(real, faults, witness, planted: planted) { act in await self.meanwhile(act) }
    witness.heard()
    var failure: (any Error)?
    for _ in 0..<TimeWorld.startsMax {
      faults.revive()
      do {
        let book = try await RuleBook(store, store, clock)
        let scheduler = try await Scheduler(
          book, store, store, zones, schedulerClock, MemoryLog(limit: 0), NoObserver(), deliveriesDue: Bell(),
          slotsOpen: Bell())
        let watch = VirtualClock(clock.now())
        process = Process(
          book: book, scheduler: scheduler,
          expander: SlotExpander(book, store, zones, clock, scheduler, deliveriesDue: Bell()),
          keeper: ScheduleKeeper(store, scheduler, zones, clock, names),
          watchdog: Watchdog(
            book, store, store, zones, NoRows(), watch, MemoryLog(limit: 0), startedAt: watch.now()), watch: watch)
        hasBeenRound = false
        return
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private func roll(_ sides: Int) -> Int { Int(dice.next() % UInt64(sides)) }

  private func pick<Element>(_ elements: [Element]) -> Element { elements[roll(elements.count)] }

  private func show(_ moment: Timestamp) {
    clock.set(to: moment)
    latest = max(latest, moment)
    witness.shows(latest)
  }

  // MARK: What happens

  private func happen() async {
    do {
      switch roll(20) {
      case 0...5: try await tick()
      case 6, 7: _ = try await expand()
      case 8...10:
        try await wait()
        try await look()
      case 11:
        step()
        try await look()
      case 12: try await restart()
      case 13:
        show(clock.now() + .minutes(pick([3, 50, 61, 600, 1_500])))
        try await restart()
      default: try await change()
      }
    } catch {
      // A store that fails is part of life: whoever asked gets no answer, so nothing was promised.
      return
    }
  }

  /// Something else happens before or after a write.
  private func meanwhile(_ act: TimeStore.Act) async {
    guard !isMeanwhile, faults.isArmed, roll(10) == 0 else { return }
    isMeanwhile = true
    defer { isMeanwhile = false }
    do {
      switch act {
      case .deciding:
        guard roll(4) == 0 else { return try await change() }
        step()
        try await look()
      case .changing:
        switch roll(4) {
        case 0:
          step()
          try await look()
        case 1: _ = try await expand()
        default: try await tick()
        }
      case .expanding: if roll(2) == 0 { try await tick() } else { try await change() }
      }
    } catch {
      return
    }
  }

  private func tick() async throws {
    witness.begins(at: schedulerClock.now())
    _ = try await process?.scheduler.tick()
    witness.ended()
    hasBeenRound = true
  }

  /// The watchdog looks, mostly before the scheduler does: whatever the clock did, nothing is missed where the loop works.
  private func look() async throws {
    guard hasBeenRound, let process else { return }
    hasBeenRound = false
    if planted == .jumpUnseen {
      while clock.now() - process.watch.now() > .minutes(1) {
        process.watch.set(to: process.watch.now() + .minutes(1))
        try await find(process.watchdog)
      }
    }
    process.watch.set(to: clock.now())
    try await find(process.watchdog)
  }

  private func find(_ watchdog: Watchdog) async throws {
    for row in try await watchdog.look().missed {
      witness.find("\(row.causeID) was declared missed, and the scheduler was round since the watchdog looked last")
    }
  }

  private func expand() async throws -> Int { try await process?.expander.work() ?? 0 }

  /// Time passes, mostly up to the next slot.
  private func wait() async throws {
    if roll(3) > 0, let due = process?.scheduler.nextDue(), due > clock.now() {
      show(due + Span(milliseconds: pick([0, 0, 1, 59_000, 60_000, 60_001])))
    } else {
      show(clock.now() + Span(milliseconds: pick([1, 999, 30_000, 61_000, 1_800_000, 10_000_000])))
    }
  }

  /// The clock is set, forth or back.
  private func step() {
    show(clock.now() + Span(milliseconds: pick([-3_600_000, 3_600_000, -7_200_000, -60_000, 60_000, -1, -500])))
  }

  private func change() async throws {
    defer { witness.heard() }
    if roll(4) == 0 { try await changeRule() } else { try await changeSchedule() }
  }

  private func note(_ operation: String) -> ChangeNote { ChangeNote(operation: operation, who: "somebody", why: nil) }

  private func misfire() -> MisfirePolicy {
    MisfirePolicy(
      kind: pick([.all, .all, .all, .latest, .skip]), window: .minutes(pick([30, 90, 1_440, 14_400])),
      countMax: pick([1, 3, 10, MisfirePolicy.firesMax, MisfirePolicy.firesMax]))
  }

  private func changeRule() async throws {
    let name = pick(["daily", "often"])
    guard let book = process?.book else { return }
    if roll(5) == 0 {
      _ = try await book.remove(name, note("DeleteRule"))
      return
    }
    let expression = try ScheduleExpression(pick(TimeWorld.crons + TimeWorld.rates), dialect: .rules)
    let (misfire, turns, keeps) = (misfire(), roll(3) == 0, roll(2) == 0)
    let (arn, target, now) = (names.rule(name), target(), clock.now())
    _ = try await book.change(name, note("PutRule")) { old in
      var rule =
        old
        ?? Rule(
          name: name, arn: arn, description: nil, state: .enabled, pattern: nil, schedule: expression, misfire: misfire,
          targets: [target], version: 1, anchor: now)
      rule.misfire = misfire
      if !keeps { rule.schedule = expression }
      if turns { rule.state = rule.isEnabled ? .disabled : .enabled }
      return rule
    }
  }

  private func target() -> Target {
    Target(id: "t", arn: names.queue("q"), input: .whole, retry: .standard, deadLetter: nil)
  }

  private func changeSchedule() async throws {
    let name = ScheduleName(group: pick(["default", "g"]), pick(["a", "b", "c"]))
    guard let keeper = process?.keeper else { return }
    switch roll(20) {
    case 0...2:
      _ = try await keeper.remove(name, note("DeleteSchedule"))
      return
    case 3:
      let now = clock.now()
      try await keeper.save(
        ScheduleGroup(name: "g", tags: [:], createdAt: now, modifiedAt: now), note("CreateScheduleGroup"))
      return
    case 4:
      _ = try await keeper.remove(group: "g", note("DeleteScheduleGroup"))
      return
    default: break
    }
    let made = try schedule(name)
    let (keeps, turns) = (roll(2) == 0, roll(3) == 0)
    _ = try await keeper.change(name, note("UpdateSchedule")) { old in
      var schedule = old ?? made
      schedule.misfire = made.misfire
      schedule.window = made.window
      if turns { schedule.state = schedule.isEnabled ? .disabled : .enabled }
      guard !keeps else { return schedule }
      schedule.expression = made.expression
      schedule.timezone = made.timezone
      schedule.start = made.start
      schedule.end = made.end
      return schedule
    }
  }

  private func schedule(_ name: ScheduleName) throws -> Schedule {
    let now = clock.now()
    let text: String
    switch roll(6) {
    case 0:
      let moment = (now + .minutes(pick([-90, 0, 1, 20, 300]))).wholeSecond
      text = "at(\(moment.description.dropLast()))"
    case 1, 2: text = pick(TimeWorld.rates)
    default: text = pick(TimeWorld.crons)
    }
    let start = roll(4) == 0 ? now + .minutes(pick([-200, -4, 0, 5, 240])) : nil
    return Schedule(
      name: name, expression: try ScheduleExpression(text, dialect: .scheduler), timezone: pick(TimeWorld.zoneNames),
      start: start, end: roll(4) == 0 ? now + .minutes(pick([10, 120, 1_500])) : nil,
      window: roll(4) == 0 ? pick([1, 15, TimeWorld.windowMax]) : nil, target: target(),
      completion: roll(4) == 0 ? .delete : .keep,
      createdAt: now, modifiedAt: now, since: now, misfire: misfire())
  }
}

/// A clock that goes before another.
private struct FastClock: WallClock {
  let clock: VirtualClock

  init(_ clock: VirtualClock) { self.clock = clock }

  func now() -> Timestamp { clock.now() + .seconds(1) }
  func sleep(for span: Span) async throws(CancellationError) { try await clock.sleep(for: span) }
}

/// A ledger that nobody looks into: what is under way is no concern of this world.
private struct NoRows: Ledger {
  func entries(_ query: LedgerQuery) async throws(StoreError) -> [LedgerEntry] { [] }
  func entry(of causeID: String) async throws(StoreError) -> LedgerEntry? { nil }
  func standing(of causes: [String]) async throws(StoreError) -> [String: CauseStanding] { [:] }
}
