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
  /// Only what stands behind the latest row of that cause: the next page.
  public var after: String?
  /// Whether the oldest come first.
  public var oldestFirst = false
  /// Rows at most, the latest first.
  public var limit = 50

  public init() {}
}

/// The place of a row in the chain: everything up to it follows from its hash.
public struct LedgerLink: Sendable, Hashable {
  public let sequence: Int64
  /// Lower-case hex of SHA-256 over the hash before it and the row's own text.
  public let hash: String

  public init(sequence: Int64, hash: String) {
    self.sequence = sequence
    self.hash = hash
  }
}

/// What stands in for rows that retention has let go of: the chain goes on from its hash.
public struct LedgerCheckpoint: Sendable, Hashable {
  public let first: Int64
  public let last: LedgerLink
  public let rows: Int
  public let at: Timestamp

  /// One word for all of these, in their order: whoever changes one of them changes it.
  public static func seal(_ checkpoints: [LedgerCheckpoint], _ sha256: ([UInt8]) -> String) -> String {
    checkpoints.reduce("") { seal, one in
      sha256(Array("\(seal)\(one.first)-\(one.last.sequence) \(one.rows) \(one.last.hash)".utf8))
    }
  }

  public init(first: Int64, last: LedgerLink, rows: Int, at: Timestamp) {
    self.first = first
    self.last = last
    self.rows = rows
    self.at = at
  }
}

/// What is wrong with the ledger at one place.
public struct LedgerFault: Sendable, Hashable {
  /// Raw values are the codes that people and programs see, so they are never renamed.
  public enum Code: String, Sendable, CaseIterable {
    case rowChanged = "ROW_CHANGED"
    case columnChanged = "COLUMN_CHANGED"
    case rowsMissing = "ROWS_MISSING"
    case checkpointChanged = "CHECKPOINT_CHANGED"
    case headUnknown = "HEAD_UNKNOWN"
    case slotUndecided = "SLOT_UNDECIDED"
    case matchUndecided = "MATCH_UNDECIDED"
    case decidedTwice = "DECIDED_TWICE"
  }

  public let code: Code
  /// For people; names the row, slot or match.
  public let reason: String

  public init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }
}

/// A stretch of the chain that was looked at.
public struct LedgerStretch: Sendable, Hashable {
  public let rows: Int
  /// Where the next stretch begins; nil once the end is reached.
  public let next: LedgerLink?
  public let faults: [LedgerFault]
  /// Places of rows whose hash does not follow.
  public let broken: [Int64]

  public init(rows: Int, next: LedgerLink?, faults: [LedgerFault], broken: [Int64]) {
    self.rows = rows
    self.next = next
    self.faults = faults
    self.broken = broken
  }
}

/// A row with its link, as it is exported.
public struct LinkedEntry: Sendable {
  public let link: LedgerLink
  public let entry: LedgerEntry

  public init(link: LedgerLink, entry: LedgerEntry) {
    self.link = link
    self.entry = entry
  }
}

/// Every decision ever made, one row per cause. Adapter: `SQLiteStore`, hash-chained.
public protocol Ledger: Sendable {
  /// The latest row of each cause that fits.
  func entries(_ query: LedgerQuery) async throws(StoreError) -> [LedgerEntry]
  /// The latest row of a cause.
  func entry(of causeID: String) async throws(StoreError) -> LedgerEntry?
  /// How many terminal rows each of these causes has, and whether a delivery of it still waits; those without either are
  /// absent.
  func standing(of causes: [String]) async throws(StoreError) -> [String: CauseStanding]
}

/// The ledger as a chain: its proof, its export, and what is let go of. Adapter: `SQLiteStore`.
public protocol LedgerChain: Sendable {
  /// Looks at `limit` rows behind that link, nil for the first ones: whether each follows from the one before it.
  func audit(after link: LedgerLink?, limit: Int) async throws(StoreError) -> LedgerStretch
  /// When the oldest row that is left was decided; nil while there is none.
  func oldest() async throws(StoreError) -> Timestamp?
  /// The last row's link; nil while there is none.
  func head() async throws(StoreError) -> LedgerLink?
  /// The link at that place; nil if no row stands there.
  func link(at sequence: Int64) async throws(StoreError) -> LedgerLink?
  /// What retention has let go of, the oldest first.
  func checkpoints() async throws(StoreError) -> [LedgerCheckpoint]
  /// Rows behind that place, in the order of the chain, open ones too.
  func linked(after sequence: Int64, limit: Int) async throws(StoreError) -> [LinkedEntry]
  /// Lets go of the oldest rows, and of events and runs as old, a bounded number. Returns the checkpoint that stands in
  /// for rows of the ledger; nil if none was old enough.
  func retain(_ retention: Retention, at now: Timestamp) async throws(StoreError) -> LedgerCheckpoint?
}

/// How far a cause has come, for whoever checks that it has exactly one decision.
public struct CauseStanding: Sendable, Hashable {
  public let decided: Int
  public let isOpen: Bool

  public init(decided: Int, isOpen: Bool) {
    self.decided = decided
    self.isOpen = isOpen
  }
}

/// How long the ledger, events and runs are kept.
public struct Retention: Sendable, Hashable {
  public let days: Int
  /// What the ledger's rows may take, about; the oldest go first.
  public let ledgerMiB: Int

  public init(days: Int, ledgerMiB: Int) {
    self.days = days
    self.ledgerMiB = ledgerMiB
  }

  /// Thirteen months, so that a year can be compared with the one before; twenty million rows or so.
  public static let standard = Retention(days: 400, ledgerMiB: 20_480)
}

extension LedgerChain {
  /// Rows that one stretch of an audit looks at.
  public static var stretchMax: Int { 20_000 }

  /// Rows whose hash does not follow from the row before; empty when the chain is whole.
  public func brokenLinks() async throws(StoreError) -> [Int64] {
    var broken: [Int64] = []
    var place: LedgerLink?
    repeat {
      let stretch = try await audit(after: place, limit: Self.stretchMax)
      broken += stretch.broken
      place = stretch.next
    } while place != nil
    return broken
  }
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
