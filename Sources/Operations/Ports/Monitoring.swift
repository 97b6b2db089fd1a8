import Alarms
import Engine
import Events
import Measures
import Telemetry

/// A minute of a metric in one unit.
public struct MetricMinute: Sendable, Hashable {
  public let metric: MetricID
  public let unit: MetricUnit
  /// The first instant of the minute; of the period, once it was folded.
  public let at: Timestamp

  public init(metric: MetricID, unit: MetricUnit, at: Timestamp) {
    self.metric = metric
    self.unit = unit
    self.at = at
  }
}

/// Everything a metric ever counted: it only grows, also over restarts.
public struct MetricTotal: Sendable, Hashable {
  public let metric: MetricID
  public let sum: Double
  public let samples: Double
  /// The mean of what was added last.
  public let latest: Double

  public init(metric: MetricID, sum: Double, samples: Double, latest: Double) {
    self.metric = metric
    self.sum = sum
    self.samples = samples
    self.latest = latest
  }
}

/// What went through a queue since it came into being.
public struct QueueTraffic: Sendable, Hashable {
  public let queue: String
  public let sent: Int
  public let sentBytes: Int
  public let received: Int
  public let deleted: Int
  /// When the oldest message that is still there was sent; nil if there is none.
  public let oldestSentAt: Timestamp?

  public init(queue: String, sent: Int, sentBytes: Int, received: Int, deleted: Int, oldestSentAt: Timestamp?) {
    self.queue = queue
    self.sent = sent
    self.sentBytes = sentBytes
    self.received = received
    self.deleted = deleted
    self.oldestSentAt = oldestSentAt
  }
}

/// A ledger row with its place in the chain.
public struct LedgerRow: Sendable {
  public let sequence: Int64
  public let entry: LedgerEntry

  public init(sequence: Int64, entry: LedgerEntry) {
    self.sequence = sequence
    self.entry = entry
  }
}

/// Where metrics survive, and what they are made of. Adapter: `SQLiteStore`; served as CloudWatch.
public protocol MetricStore: Sendable {
  /// Merges the minutes into what is stored and saves the documents, all or nothing: so a row that is counted by moving a
  /// cursor is counted once.
  func add(
    _ minutes: [MetricMinute: Rollup], saving progress: [DocumentChange], at now: Timestamp
  ) async throws(StoreError)
  /// The stored rollups of a metric that begin in the range, by time; of all units unless one is asked.
  func rollups(
    of metric: MetricID, unit: MetricUnit?, in range: Range<Timestamp>
  ) async throws(StoreError) -> [(minute: MetricMinute, rollup: Rollup)]
  /// Every metric with something in it and when it last had something.
  func metrics(namespace: String?, name: String?) async throws(StoreError) -> [(metric: MetricID, lastAt: Timestamp)]
  func totals() async throws(StoreError) -> [MetricTotal]
  /// Folds minutes that are old into longer periods and deletes what has outlived its tier, a bounded number. Returns
  /// the rows that are gone.
  func foldMetrics(at now: Timestamp) async throws(StoreError) -> Int
  /// Rows of the ledger behind that place, in order.
  func ledgerRows(after sequence: Int64, limit: Int) async throws(StoreError) -> [LedgerRow]
  /// When the last row of the ledger was written, by the clock of then; nil while there is none.
  func latestDecision() async throws(StoreError) -> Timestamp?
  /// What went through the queues.
  func traffic() async throws(StoreError) -> [QueueTraffic]
}

/// What the state of the engine is at one moment, for gauges and for the doctor. Adapter: `SQLiteStore`.
public protocol StateView: Sendable {
  /// Breakers that are not closed: their table and state.
  func openBreakers() async throws(StoreError) -> [(domain: String, table: String, state: String, since: Timestamp?)]
  /// Tables that somebody holds, and until when (D13).
  func leases(
    at now: Timestamp
  ) async throws(StoreError) -> [(domain: String, table: String, owner: String, until: Timestamp)]
  /// Rings when something was committed.
  var committed: Bell { get }
  /// Causes that wait their turn.
  func deferredCount() async throws(StoreError) -> Int
  /// Deliveries that wait for an attempt.
  func waitingDeliveries() async throws(StoreError) -> Int
  /// Requests that may be made at once out of each source's budget, and how many it holds.
  func budgets(at now: Timestamp) async throws(StoreError) -> [(source: String, left: Int, perMinute: Int)]
}

/// Which lines of a history to read next.
public struct AlarmHistoryPage: Sendable, Hashable {
  public let isAscending: Bool
  /// Beyond this place in that order; nil begins.
  public let after: Int64?
  public let limit: Int

  public init(isAscending: Bool = false, after: Int64? = nil, limit: Int) {
    self.isAscending = isAscending
    self.after = after
    self.limit = limit
  }
}

/// What alarms leave behind. Adapter: `SQLiteStore`.
public protocol AlarmJournal: Sendable {
  /// Saves alarms and their history, all or nothing.
  func save(_ changes: [DocumentChange], _ history: [AlarmHistoryItem], at now: Timestamp) async throws(StoreError)
  /// The lines of a page, each with its place.
  func history(
    of alarm: String?, kind: AlarmHistoryItem.Kind?, in range: Range<Timestamp>, _ page: AlarmHistoryPage
  ) async throws(StoreError) -> [(place: Int64, item: AlarmHistoryItem)]
}
