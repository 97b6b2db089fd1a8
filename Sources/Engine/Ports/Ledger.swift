import Events
import Ingestion
import Telemetry

/// What to look for in the ledger; absent members match everything.
public struct LedgerQuery: Sendable, Hashable {
  public static let limitMax = 1_000

  public var decision: Decision?
  public var rule: String?
  public var domain: String?
  public var since: Timestamp?
  public var until: Timestamp?
  /// An event, correlation, run or cause id.
  public var id: String?
  /// The id of what caused them.
  public var parent: String?
  /// Rows at most, the latest first.
  public var limit = 50

  public init() {}
}

/// Every decision ever made, one row per cause. Adapter: `SQLiteStore`, hash-chained.
public protocol Ledger: Sendable {
  /// The latest row of each cause that fits.
  func entries(_ query: LedgerQuery) async throws(StoreError) -> [LedgerEntry]
  /// The latest row of a cause.
  func entry(of causeID: String) async throws(StoreError) -> LedgerEntry?
  /// Rows whose hash does not follow from the row before; empty when the chain is whole.
  func brokenLinks() async throws(StoreError) -> [Int64]
}

/// What nothing will ask for again, deleted so that the store does not grow for ever. Adapter: `SQLiteStore`.
public protocol Housekeeping: Sendable {
  /// Deletes expired keys, counters of past days, deliveries done with longer than `deliveriesKept`, and folds changes of
  /// the universe that have become effective. Returns the rows deleted.
  func tidy(deliveriesKept: Span, at now: Timestamp) async throws(StoreError) -> Int
}

/// The universe of symbols, served as the parameter `/{environment}/customer-data/ingestion/symbols` (D5, D7).
public protocol UniverseStore: Sendable {
  /// The universe at that moment: changes that have become effective are in it. nil if none was ever set.
  func universe(at now: Timestamp) async throws(StoreError) -> [String]?
  /// Takes note of a change; the same change id a second time is ignored. `base` is what the first change starts from.
  func note(_ change: UniverseChange, base: [String]) async throws(StoreError)
}
