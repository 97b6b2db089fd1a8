import Events
import Telemetry

/// Past slots of one rule or schedule that are run after their time: which, how fast, and how far it has come.
///
/// It is durable: a process that dies in the middle goes on where it was, and no slot is started twice.
public struct Backfill: Sendable, Hashable {
  /// Who wanted it.
  public enum Occasion: String, Sendable, Hashable, CaseIterable {
    /// Somebody named the slots.
    case asked
    /// Its owner was resumed, and these are what its misfire policy lets fire of the slots it rested through.
    case resume
  }

  public enum State: String, Sendable, Hashable, CaseIterable {
    case running, stopped, finished
  }

  /// The most slots of one backfill; a week of minutes.
  public static let slotsMax = 10_080

  public let id: String
  /// A rule, or `group/name` of a schedule.
  public let owner: String
  public let occasion: Occasion
  /// In the order in which they run.
  public let slots: [Timestamp]
  /// nil starts each once the one before it is through.
  public let pace: BackfillPace?
  public let who: String
  public let why: String?
  public let createdAt: Timestamp
  public var state: State
  /// How many of the slots are dealt with.
  public var done: Int
  public var fired: Int
  /// Slots that had run already.
  public var duplicates: Int
  /// What it started last.
  public var lastCause: String?
  /// What it started and nobody had decided when it was looked at last.
  public var inFlight: [String]
  /// Slots that the circuit breaker refused; they come before those that were not started yet, and are none of the `done`.
  public var refused: [Timestamp]
  /// Nothing is started before.
  public var nextAt: Timestamp
  /// Why it does not go on; nil while it does.
  public var remark: String?

  public init(
    id: String, owner: String, occasion: Occasion, slots: [Timestamp], pace: BackfillPace?, who: String, why: String?,
    createdAt: Timestamp, state: State = .running, done: Int = 0, fired: Int = 0, duplicates: Int = 0,
    lastCause: String? = nil, inFlight: [String] = [], refused: [Timestamp] = [], nextAt: Timestamp? = nil,
    remark: String? = nil
  ) {
    self.id = id
    self.owner = owner
    self.occasion = occasion
    self.slots = slots
    self.pace = pace
    self.who = who
    self.why = why
    self.createdAt = createdAt
    self.state = state
    self.done = done
    self.fired = fired
    self.duplicates = duplicates
    self.lastCause = lastCause
    self.inFlight = inFlight
    self.refused = refused
    self.nextAt = nextAt ?? createdAt
    self.remark = remark
  }

  /// The same each time it is asked; one owner begins one at a time.
  public static func id(of owner: String, at now: Timestamp) -> String {
    "backfill-" + DerivedID.uuid(of: "backfill of \(owner) at \(now.preciseText)").prefix(13)
  }

  /// The slot that comes next; nil if all are dealt with.
  public var next: Timestamp? {
    let place = done + refused.count
    return refused.first ?? (place < slots.count ? slots[place] : nil)
  }

  /// The slot that a cause of it runs; nil if that is none of its own.
  public func slot(of cause: String) -> Timestamp? {
    guard cause.hasPrefix("\(owner)@") else { return nil }
    return Timestamp(String(cause.dropFirst(owner.count + 1).prefix { $0 != "/" }))
  }

  /// Everything but the slots themselves, which never change.
  public var progress: JSON {
    JSON(present: [
      "id": .string(id), "owner": .string(owner), "occasion": .string(occasion.rawValue),
      "state": .string(state.rawValue), "slots": JSON(slots.count), "done": JSON(done), "fired": JSON(fired),
      "duplicates": JSON(duplicates), "from": slots.first.map { .string($0.description) },
      "through": slots.last.map { .string($0.description) }, "next": next.map { .string($0.description) },
      "pace": pace.map { .string($0.text) }, "who": .string(who), "why": why.map { .string($0) },
      "created_at": .string(createdAt.preciseText), "next_at": .string(nextAt.preciseText),
      "last_cause": lastCause.map { .string($0) }, "in_flight": inFlight.isEmpty ? nil : JSON(inFlight),
      "refused": refused.isEmpty ? nil : JSON(refused.map(\.description)), "remark": remark.map { .string($0) },
    ])
  }

  /// Reads what `progress` wrote; nil if a member is absent.
  public init?(progress json: JSON, slots: [Timestamp]) {
    func moment(_ key: String) -> Timestamp? { json[key]?.string.flatMap { Timestamp($0) } }
    guard let id = json["id"]?.string, let owner = json["owner"]?.string,
      let occasion = json["occasion"]?.string.flatMap({ Occasion(rawValue: $0) }),
      let state = json["state"]?.string.flatMap({ State(rawValue: $0) }), let who = json["who"]?.string,
      let createdAt = moment("created_at"), let nextAt = moment("next_at"), let done = json["done"]?.int,
      let fired = json["fired"]?.int, let duplicates = json["duplicates"]?.int
    else { return nil }
    let lastCause = json["last_cause"]?.string
    let inFlight = json["in_flight"]?.elements?.compactMap(\.string) ?? []
    let refused = json["refused"]?.elements?.compactMap { $0.string.flatMap { Timestamp($0) } } ?? []
    guard done >= 0, done + refused.count <= slots.count else { return nil }
    self.init(
      id: id, owner: owner, occasion: occasion, slots: slots, pace: json["pace"]?.string.flatMap { BackfillPace($0) },
      who: who, why: json["why"]?.string, createdAt: createdAt, state: state, done: done, fired: fired,
      duplicates: duplicates, lastCause: lastCause, inFlight: inFlight, refused: refused, nextAt: nextAt,
      remark: json["remark"]?.string)
  }

  /// The row of what happened to it.
  ///
  /// - Parameter what: `started`, `stopped`, `finished`, in a word or two.
  public func row(_ what: String, by who: String, _ why: String?, at now: Timestamp) -> LedgerEntry {
    var subject = LedgerEntry.Subject(triggerType: "operator")
    subject.rule = owner
    return LedgerEntry(
      causeID: "\(id)/\(what)@\(now.preciseText)", decision: .changed, gate: .operator, code: .backfillChanged,
      summary: "\(id) of \(owner) \(what) by \(who)\(why.map { ": \($0)" } ?? ""); \(tally)", facts: progress, at: now,
      took: .zero, about: subject)
  }

  /// `12 of 30 slots, 10 started, 2 had run already`
  public var tally: String { "\(done) of \(slots.count) slots, \(fired) started, \(duplicates) had run already" }
}

/// How many slots are started in which time: `10/min`.
public struct BackfillPace: Sendable, Hashable {
  public static let counts = 1...1_000

  public enum Unit: String, Sendable, Hashable, CaseIterable {
    case second = "s"
    case minute = "min"
    case hour = "h"

    var span: Span {
      switch self {
      case .second: .seconds(1)
      case .minute: .minutes(1)
      case .hour: .hours(1)
      }
    }
  }

  public let count: Int
  public let unit: Unit

  /// Reads `10/min`, `1/s`, `100/h`; nil otherwise.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let count = Int(parts[0]), BackfillPace.counts.contains(count),
      let unit = Unit(rawValue: String(parts[1]))
    else { return nil }
    self.count = count
    self.unit = unit
  }

  public var text: String { "\(count)/\(unit.rawValue)" }

  /// From one start to the next.
  public var interval: Span { Span(milliseconds: unit.span.milliseconds / Int64(count)) }
}

/// Where backfills survive a restart. Adapter: `SQLiteStore`.
public protocol BackfillStore: Sendable {
  /// The latest first; all states for nil.
  func backfills(_ state: Backfill.State?, limit: Int) async throws(StoreError) -> [Backfill]
  func backfill(_ id: String) async throws(StoreError) -> Backfill?
  /// Creates it, or replaces its progress, and writes the row that tells of it, all or nothing.
  func save(_ backfill: Backfill, row: LedgerEntry?) async throws(StoreError)
  /// Stores one slot's start, or its row, with the progress, all or nothing; false, and nothing is stored, unless the stored one
  /// still runs and is one slot behind.
  func advance(
    _ backfill: Backfill, event: RoutedEvent?, deliveries: [NewDelivery], row: LedgerEntry?
  ) async throws(StoreError) -> Bool
}

/// What the resuming of an owner entails: the plan's row, and the backfill that carries it out if anything fires.
public struct Recovery: Sendable {
  public let plan: LedgerEntry
  public let backfill: Backfill?

  public init(plan: LedgerEntry, backfill: Backfill?) {
    self.plan = plan
    self.backfill = backfill
  }
}
