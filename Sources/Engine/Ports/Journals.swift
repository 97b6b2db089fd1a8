import Deliveries
import Events
import Matchers
import Rules
import Telemetry

/// An event with everything its acceptance entails, committed as one (§2; DESIGN "durable first, visible second").
public struct RoutedEvent: Sendable {
  public let event: Event
  /// Causes above this event in its chain (D14).
  public let hops: Int
  public let parentID: String?
  public let receivedAt: Timestamp
  public let deliveries: [NewDelivery]
  /// Rows for what ends here: no rule, a disabled one, one without targets.
  public let rows: [LedgerEntry]
  /// nil if a rule wanted it, or nobody asked the rules.
  public let nearMisses: NearMissLook?
  private let written: EventText?

  /// - Parameter text: the event's envelope, if it was written already.
  public init(
    event: Event, text: EventText? = nil, hops: Int, parentID: String?, receivedAt: Timestamp,
    deliveries: [NewDelivery], rows: [LedgerEntry], nearMisses: NearMissLook? = nil
  ) {
    written = text
    self.nearMisses = nearMisses
    self.event = event
    self.hops = hops
    self.parentID = parentID
    self.receivedAt = receivedAt
    self.deliveries = deliveries
    self.rows = rows
  }

  /// The event's envelope as it is stored.
  public var text: String { written.map { String(decoding: $0.bytes, as: UTF8.self) } ?? event.json.text }
}

/// A delivery that is about to be stored for the first time.
public struct NewDelivery: Sendable, Hashable {
  public let cause: Cause
  public let target: Target
  /// What the target is given as it stands; nil when the target's input is made from the cause's event.
  public let body: String?
  public let due: Timestamp

  public init(cause: Cause, target: Target, body: String?, due: Timestamp) {
    self.cause = cause
    self.target = target
    self.body = body
    self.due = due
  }
}

/// An event as it was taken in.
public struct RecordedEvent: Sendable {
  public let event: Event
  public let hops: Int
  public let parentID: String?
  public let receivedAt: Timestamp

  public init(event: Event, hops: Int, parentID: String?, receivedAt: Timestamp) {
    self.event = event
    self.hops = hops
    self.parentID = parentID
    self.receivedAt = receivedAt
  }
}

/// Which events to read; absent members match everything.
public struct EventQuery: Sendable, Hashable {
  /// Taken in at or after.
  public var since: Timestamp?
  /// Taken in before.
  public var until: Timestamp?
  public var source: String?
  public var detailType: String?
  /// The id of what caused them.
  public var parent: String?
  /// Only what was taken in after that place, the oldest first; otherwise the latest come first.
  public var after: Int64?
  /// Whether the oldest come first, without `after`.
  public var oldestFirst = false
  /// Only what was taken in before that event: the next page.
  public var before: String?
  public var limit = 50

  public init() {}
}

/// An event with its place among all events.
public struct StoredEvent: Sendable {
  public let sequence: Int64
  public let recorded: RecordedEvent

  public init(sequence: Int64, recorded: RecordedEvent) {
    self.sequence = sequence
    self.recorded = recorded
  }
}

/// Where events survive until every rule that wants them has had them. Adapter: `SQLiteStore`.
public protocol EventJournal: EventArchive {
  /// Stores the events with their deliveries and rows, all or nothing. An event whose id is known already is left as it is.
  func record(_ events: [RoutedEvent]) async throws(StoreError)
  func event(_ id: String) async throws(StoreError) -> RecordedEvent?
  /// The events that fit, the latest first unless `after` asks for the order in which they came.
  func events(_ query: EventQuery) async throws(StoreError) -> [StoredEvent]
  /// Stores one delivery that no event caused: an asynchronous invocation.
  func record(_ delivery: NewDelivery) async throws(StoreError)
}

extension EventJournal {
  /// The events taken in last, the latest first.
  public func events(limit: Int) async throws(StoreError) -> [RecordedEvent] {
    var query = EventQuery()
    query.limit = limit
    return try await events(query).map(\.recorded)
  }
}

/// What became of one slot of a schedule.
public struct SlotRecord: Sendable {
  public let rule: String
  public let slot: Timestamp
  public let outcome: Outcome
  /// Since when the schedule counts that has the slot; nil if the rule is as it was. Of a rule that counts anew or is gone the
  /// cursor stays as it is.
  public let anchor: Timestamp?

  public enum Outcome: Sendable {
    case fires(RoutedEvent)
    /// A schedule's own invocation, which no event stands for.
    case invokes(NewDelivery)
    case passes(LedgerEntry)
    /// The run of an earlier slot goes on; the row says which.
    case waits(LedgerEntry)
  }

  public init(rule: String, slot: Timestamp, outcome: Outcome, anchor: Timestamp? = nil) {
    self.rule = rule
    self.slot = slot
    self.outcome = outcome
    self.anchor = anchor
  }
}

/// Where a schedule's progress survives, so that no slot is decided twice. Adapter: `SQLiteStore`.
public protocol SlotJournal: Sendable {
  /// The last decided instant of each rule that has one.
  func cursors() async throws(StoreError) -> [String: Timestamp]
  /// Stores outcomes and moves the cursors, all or nothing. A slot at or before its rule's cursor is left as it is.
  ///
  /// - Parameter plan: the row that tells of a recovery, written before.
  func record(_ slots: [SlotRecord], plan: LedgerEntry?) async throws(StoreError)
}

extension SlotJournal {
  public func record(_ slots: [SlotRecord]) async throws(StoreError) { try await record(slots, plan: nil) }
}

/// How far one delivery of a cause has come.
public struct DeliveryView: Sendable, Hashable {
  public enum State: String, Sendable {
    case waiting, delivered, buried
  }

  public let target: ResourceName
  public let state: State
  public let attempts: Int
  /// When it is tried next, while it waits.
  public let dueAt: Timestamp
  public let doneAt: Timestamp?
  /// What the target said last.
  public let error: String?
  /// The message in the target's queue, where the target is one.
  public let messageID: String

  public init(
    target: ResourceName, state: State, attempts: Int, dueAt: Timestamp, doneAt: Timestamp?, error: String?,
    messageID: String
  ) {
    self.target = target
    self.state = state
    self.attempts = attempts
    self.dueAt = dueAt
    self.doneAt = doneAt
    self.error = error
    self.messageID = messageID
  }
}

/// A delivery that waits for its next attempt.
public struct PendingDelivery: Sendable {
  public let rowID: Int64
  public let delivery: Delivery
  public let cause: Cause
  public let target: Target
  /// What the target is given as it stands; nil when it is made from the event.
  public let body: String?
  /// The event behind the cause; nil for an invocation.
  public let event: RecordedEvent?

  public init(
    rowID: Int64, delivery: Delivery, cause: Cause, target: Target, body: String?, event: RecordedEvent?
  ) {
    self.rowID = rowID
    self.delivery = delivery
    self.cause = cause
    self.target = target
    self.body = body
    self.event = event
  }
}

/// What an attempt came to, and what has to be stored with it.
public struct DeliveryResult: Sendable {
  public let rowID: Int64
  public let delivery: Delivery
  public let cause: Cause
  /// A message for a queue: what a queue target is given, or a dead letter.
  public let message: OutgoingMessage?

  public init(rowID: Int64, delivery: Delivery, cause: Cause, message: OutgoingMessage?) {
    self.rowID = rowID
    self.delivery = delivery
    self.cause = cause
    self.message = message
  }
}

/// Where deliveries survive a crash. Adapter: `SQLiteStore`.
public protocol DeliveryJournal: Sendable {
  /// Those whose moment has come, the oldest first.
  func due(at now: Timestamp, limit: Int) async throws(StoreError) -> [PendingDelivery]
  /// Stores results in their order, each with its message or not at all; a cause whose last delivery ended without a row of its
  /// own gets it here.
  func commit(_ results: [DeliveryResult], at now: Timestamp) async throws(StoreError)
  /// When the next one is due; nil if none waits.
  func nextDue() async throws(StoreError) -> Timestamp?
  /// The deliveries of a cause, as long as they are kept.
  func deliveries(of cause: String) async throws(StoreError) -> [DeliveryView]
}
