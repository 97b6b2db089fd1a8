import Events
import Rules
import Schedules
import Telemetry

/// Where the machine's time zones are read. Adapters: `SystemPorts.ZoneFiles`, `UniversalTimeOnly`.
public protocol Zones: Sendable {
  func zone(_ name: String) throws(ZoneError) -> ZoneRules
  /// Which release of the IANA data it is, such as `2025b`; nil if nothing says so.
  var release: String? { get }
}

/// A world without time zones but UTC.
public struct UniversalTimeOnly: Zones {
  public init() {}

  public func zone(_ name: String) throws(ZoneError) -> ZoneRules {
    guard name == "UTC" else { throw ZoneError(.zoneUnknown, "no time zone is named \(name); there is UTC only") }
    return .utc
  }

  public var release: String? { nil }
}

/// Which schedules to list, by group and name; absent members match everything.
public struct ScheduleQuery: Sendable, Hashable {
  public var group: String?
  public var namePrefix: String?
  public var state: Rule.State?
  /// Only what stands behind that one: the next page.
  public var after: ScheduleName?
  public var limit = 100

  public init() {}
}

/// A schedule's clock as it is held in memory; everything else of the schedule stays in the store.
public struct StoredClock: Sendable, Hashable {
  /// Given once, never again, not even to a schedule of the same name.
  public let id: Int64
  public let clock: ScheduleClock
  public let isEnabled: Bool
  public let misfire: MisfirePolicy

  public init(id: Int64, clock: ScheduleClock, isEnabled: Bool, misfire: MisfirePolicy) {
    self.id = id
    self.clock = clock
    self.isEnabled = isEnabled
    self.misfire = misfire
  }
}

/// One decided slot of a schedule; (schedule, slot) is unique for ever.
public struct SlotDecision: Sendable, Hashable {
  public enum Outcome: Int, Sendable, Hashable, CaseIterable {
    /// The target is invoked, at once or within the flexible window.
    case fires = 0
    /// It was missed, and the misfire policy lets it fire all the same.
    case recovers = 1
    case disabled = 2
    /// It was missed, and the misfire policy skips it.
    case skipped = 3
    /// Nobody decided it within its grace: the watchdog's own finding.
    case missed = 4
  }

  public let schedule: Int64
  public let slot: Timestamp
  public let outcome: Outcome
  public let decidedAt: Timestamp

  public init(schedule: Int64, slot: Timestamp, outcome: Outcome, decidedAt: Timestamp) {
    self.schedule = schedule
    self.slot = slot
    self.outcome = outcome
    self.decidedAt = decidedAt
  }
}

/// A slot of a schedule that nobody decided in time, with the row that says so.
public struct MissedSlot: Sendable, Hashable {
  public let decision: SlotDecision
  public let row: LedgerEntry

  public init(decision: SlotDecision, row: LedgerEntry) {
    self.decision = decision
    self.row = row
  }
}

/// A decided slot that has not become a delivery or a row yet.
public struct OpenSlot: Sendable {
  /// Its place among all decided slots.
  public let sequence: Int64
  public let decision: SlotDecision
  /// nil if the schedule was removed since.
  public let schedule: Schedule?

  public init(sequence: Int64, decision: SlotDecision, schedule: Schedule?) {
    self.sequence = sequence
    self.decision = decision
    self.schedule = schedule
  }
}

/// What became of decided slots: deliveries, rows, and schedules that have had their last slot.
public struct SlotExpansion: Sendable {
  public let deliveries: [NewDelivery]
  public let rows: [LedgerEntry]
  /// Slots that wait for the run of an earlier one, by owner.
  public let waiting: [WaitingSlot]
  /// Schedules that end with their last slot, and the version that says so: one that was changed meanwhile stays.
  public let completed: [Int64: Int]
  /// Those that end once their last invocation has come.
  public let endings: [ScheduleEnding]
  /// Everything up to this place is done.
  public let through: Int64

  public init(
    deliveries: [NewDelivery], rows: [LedgerEntry], waiting: [WaitingSlot], completed: [Int64: Int],
    endings: [ScheduleEnding] = [], through: Int64
  ) {
    self.deliveries = deliveries
    self.rows = rows
    self.waiting = waiting
    self.completed = completed
    self.endings = endings
    self.through = through
  }
}

/// A schedule whose last slot is decided, and whose invocation is still to come within its flexible window.
public struct ScheduleEnding: Sendable, Hashable {
  public let schedule: Int64
  public let slot: Timestamp
  /// Since when the timetable counts that ends: one that it was given later has an ending of its own.
  public let since: Timestamp
  /// When the invocation comes.
  public let due: Timestamp

  public init(schedule: Int64, slot: Timestamp, since: Timestamp, due: Timestamp) {
    self.schedule = schedule
    self.slot = slot
    self.since = since
    self.due = due
  }
}

/// An ending that has come, and the schedule as it is by now; nil if it was removed.
public struct DueEnding: Sendable {
  public let ending: ScheduleEnding
  public let schedule: Schedule?

  public init(ending: ScheduleEnding, schedule: Schedule?) {
    self.ending = ending
    self.schedule = schedule
  }
}

/// A schedule that has had its last slot, as it was when that was found: one that was changed or made anew since stays.
public struct CompletedSchedule: Sendable, Hashable {
  public let name: ScheduleName
  public let version: Int
  public let createdAt: Timestamp
  public let since: Timestamp
  /// When its last invocation comes, and it ends; nil ends it at once.
  public let due: Timestamp?

  public init(_ schedule: Schedule, due: Timestamp?) {
    name = schedule.name
    version = schedule.version
    createdAt = schedule.createdAt
    since = schedule.since
    self.due = due
  }

  /// Whether that one is the one.
  public func isSame(as schedule: Schedule) -> Bool { self == CompletedSchedule(schedule, due: due) }
}

/// A slot that waits for the run of an earlier slot of the same owner: a rule, or `group/name` of a schedule.
public struct WaitingSlot: Sendable, Hashable {
  public let owner: String
  public let slot: Timestamp

  public init(owner: String, slot: Timestamp) {
    self.owner = owner
    self.slot = slot
  }
}

/// What of an owner's earlier slots is still under way.
public struct Blocker: Sendable, Hashable {
  public let causeID: String
  /// The run it started, if it has come that far.
  public let runID: String?

  public init(causeID: String, runID: String?) {
    self.causeID = causeID
    self.runID = runID
  }

  /// `run run-… of default/nightly@2026-01-01T22:00:00Z`
  public var words: String { (runID.map { "run \($0) of " } ?? "") + causeID }
}

/// What of an owner's slots is under way and what waits behind it, as they were at one moment.
public struct OverlapStanding: Sendable, Hashable {
  /// nil if nothing is under way.
  public let blocker: Blocker?
  /// How many slots wait.
  public let waiting: Int
  /// The earliest of those.
  public let first: Timestamp?

  public init(blocker: Blocker?, waiting: Int, first: Timestamp?) {
    self.blocker = blocker
    self.waiting = waiting
    self.first = first
  }
}

/// Where schedules, their groups and their decided slots survive a restart. Adapter: `SQLiteStore`.
public protocol ScheduleStore: Sendable {
  func scheduleGroups() async throws(StoreError) -> [ScheduleGroup]
  /// Creates or replaces the group.
  func save(_ group: ScheduleGroup, row: LedgerEntry) async throws(StoreError)
  /// Removes the group with its schedules; their ids, or nil if there is no such group.
  func remove(group: String, row: LedgerEntry) async throws(StoreError) -> [Int64]?
  func schedule(_ name: ScheduleName) async throws(StoreError) -> Schedule?
  /// By group and name.
  func schedules(_ query: ScheduleQuery) async throws(StoreError) -> [Schedule]
  /// Creates or replaces schedules, all or nothing; one that is replaced keeps its id. Their ids, in the order given.
  ///
  /// Refused if one of a later version than the first is not there any more. Where timetables are new or changed, what is decided
  /// is known only up to before the earliest of them began, so that neither a clock that went back nor a decision that was made
  /// without them loses any of their slots.
  ///
  /// - Parameter recovery: what the resuming of one entails, stored with it.
  func save(_ schedules: [Schedule], row: LedgerEntry, recovery: Recovery?) async throws(StoreError) -> [Int64]
  /// Removes the schedule; its id, or nil if there is none.
  func remove(_ name: ScheduleName, row: LedgerEntry) async throws(StoreError) -> Int64?
  /// Hands all clocks to the body, some thousands at a time, by id.
  func forEachClock(_ body: @escaping @Sendable ([StoredClock]) -> Void) async throws(StoreError)
  /// Every slot up to this instant is decided, of all schedules there were; nil if none ever was.
  func decidedThrough() async throws(StoreError) -> Timestamp?
  /// Slots after that instant that are decided all the same.
  func decisions(after instant: Timestamp) async throws(StoreError) -> [SlotDecision]
  /// Stores decisions and how far all are decided, all or nothing; a slot that is decided already stays as it is.
  ///
  /// How far all are decided may go back. The first time after `save` it is not beyond where the earliest of the timetables
  /// began that were saved: who decided may not have heard of them.
  ///
  /// - Parameter plans: rows that tell of recoveries, written before.
  func decide(
    _ decisions: [SlotDecision], through: Timestamp?, plans: [LedgerEntry]
  ) async throws(StoreError)
  /// Clocks whose id is greater, by id.
  func clocks(after id: Int64, limit: Int) async throws(StoreError) -> [StoredClock]
  /// Which of these slots nobody has decided; outcome and moment are not looked at.
  func undecided(_ slots: [SlotDecision]) async throws(StoreError) -> [SlotDecision]
  /// Stores that slots were missed, each with its row; one that is decided stays as it is, and its row is not written. Those stored.
  func declareMissed(_ missed: [MissedSlot]) async throws(StoreError) -> [MissedSlot]
  /// The names of schedules that are still there, by id.
  func scheduleNames(_ ids: [Int64]) async throws(StoreError) -> [Int64: ScheduleName]
  /// Decided slots that are not expanded yet, in the order in which they were decided.
  func openSlots(limit: Int) async throws(StoreError) -> [OpenSlot]
  /// Stores what decided slots came to, all or nothing; does nothing if they are through already. The ids of the schedules that
  /// ended and are removed.
  func expand(_ expansion: SlotExpansion) async throws(StoreError) -> [Int64]
  /// Which of these slots of a rule or a schedule were decided while it was disabled.
  func disabledSlots(of owner: String, among slots: [Timestamp]) async throws(StoreError) -> Set<Timestamp>
  /// What each time zone looked like when it was noted last; under the empty name, which release of the data it was.
  func zonePrints() async throws(StoreError) -> [String: String]
  /// Notes what zones look like, beside those that were noted before, and the row that tells of a change.
  func note(zonePrints: [String: String], row: LedgerEntry?) async throws(StoreError)
  /// When the first pause of a schedule ends by itself; nil if none does.
  func nextPauseEnd() async throws(StoreError) -> Timestamp?
  /// Schedules whose pause ends at or before that moment, the earliest first.
  func pausesEnded(by now: Timestamp, limit: Int) async throws(StoreError) -> [ScheduleName]
  /// The earliest thing of an owner that is still under way, a delivery, a deferred cause or a run, and what waits behind it.
  func overlap(of owner: String) async throws(StoreError) -> OverlapStanding
  /// Whether a delivery or a run of that cause goes on, or the cause waits its turn.
  func isUnderWay(_ cause: String) async throws(StoreError) -> Bool
  /// The earliest slot that waits of each owner, the earliest first.
  func waitingHeads() async throws(StoreError) -> [WaitingSlot]
  /// Slots of that owner that wait, the earliest first.
  func waitingSlots(of owner: String, limit: Int) async throws(StoreError) -> [Timestamp]
  /// Lets one that waits go on: stores what it comes to; one that waits no more is left as it is.
  ///
  /// - Parameter completed: the schedule that has had its last slot now and is removed, at once or as `ended` does it, unless it
  ///   was changed meanwhile.
  /// - Returns: the id of the schedule that was removed.
  func release(
    _ slot: WaitingSlot, as outcome: SlotRecord.Outcome, completed: CompletedSchedule?
  ) async throws(StoreError) -> Int64?
  /// Endings whose moment has come, the earliest first.
  func endings(by now: Timestamp, limit: Int) async throws(StoreError) -> [DueEnding]
  /// When the first ending comes; nil if there is none.
  func nextEnding() async throws(StoreError) -> Timestamp?
  /// Forgets these endings, and removes of their schedules those that are named and still of that version, all or nothing. The
  /// ending of one that is named and has another version by now is kept, to be looked at again. The ids of those removed.
  func end(_ endings: [ScheduleEnding], completed: [Int64: Int]) async throws(StoreError) -> [Int64]
}

extension ScheduleStore {
  public func save(_ schedules: [Schedule], row: LedgerEntry) async throws(StoreError) -> [Int64] {
    try await save(schedules, row: row, recovery: nil)
  }
}
