import Events
import Extraction
import Ingestion
import Telemetry

/// A request at the door of admission, with everything that its acceptance will write (D10).
public struct Application: Sendable {
  public let cause: Cause
  public let request: IngestionRequest
  public let symbols: [String]
  public let chunks: [Chunk]
  public let warnings: [String]
  /// SHA-256 of the payload's canonical text (D9).
  public let payloadHash: String
  /// One message a chunk, ready for the work queue.
  public let messages: [OutgoingMessage]
  /// Its letter, should the chain of causes be stopped (D15); body and reason are completed then.
  public let deadLetter: DeadLetterDraft
  /// Whether the cause was deferred before and is asked again.
  public let resumes: Bool

  /// A dead letter before it is known what it is about.
  public struct DeadLetterDraft: Sendable {
    public let queue: String
    /// ARN of the rule; nil for an invocation.
    public let rule: String?
    /// ARN of the function that refused.
    public let target: String
    /// What the function was given; a cause that has an event is told by its event instead (D21).
    public let payload: String

    public init(queue: String, rule: String?, target: String, payload: String) {
      self.queue = queue
      self.rule = rule
      self.target = target
      self.payload = payload
    }
  }

  public init(
    cause: Cause, request: IngestionRequest, symbols: [String], chunks: [Chunk], warnings: [String],
    payloadHash: String, messages: [OutgoingMessage], deadLetter: DeadLetterDraft, resumes: Bool
  ) {
    self.cause = cause
    self.request = request
    self.symbols = symbols
    self.chunks = chunks
    self.warnings = warnings
    self.payloadHash = payloadHash
    self.messages = messages
    self.deadLetter = deadLetter
    self.resumes = resumes
  }
}

/// What admission came to.
public enum AdmissionResult: Sendable, Hashable {
  /// Decided just now; the row is in the ledger.
  case decided(LedgerEntry, Admission.Verdict)
  /// The cause had its decision before: a redelivery.
  case already(LedgerEntry)
}

/// A cause that waits its turn.
public struct DeferredCause: Sendable {
  /// Its place in the line.
  public let place: Int64
  public let cause: Cause
  public let request: IngestionRequest
  /// What was taken otherwise than it was written.
  public let warnings: [String]
  public let wait: Admission.Wait
  /// Not asked again before.
  public let until: Timestamp

  public init(
    place: Int64, cause: Cause, request: IngestionRequest, warnings: [String], wait: Admission.Wait, until: Timestamp
  ) {
    self.place = place
    self.cause = cause
    self.request = request
    self.warnings = warnings
    self.wait = wait
    self.until = until
  }
}

/// Which causes wait together: those of events share one rate limit and keep their order (D12).
public enum DeferredKind: Sendable, Hashable {
  case events, others
}

/// The one atomic step of D10 and what waits before it. Adapter: `SQLiteStore`, one transaction each.
public protocol AdmissionDesk: Sendable {
  /// Reads the facts, asks `Admission.decide`, applies the verdict and writes the row and the messages, all or nothing.
  func admit(_ application: Application, at now: Timestamp) async throws(StoreError) -> AdmissionResult
  /// What admission would come to now; nothing is written.
  func preview(_ application: Application, at now: Timestamp) async throws(StoreError) -> Admission.Verdict
  /// Writes the row of a cause that never reached admission, and its dead letter; false if it was decided before.
  func close(_ entry: LedgerEntry, deadLetter: OutgoingMessage?) async throws(StoreError) -> Bool
  /// Those whose moment has come, in the order in which they came.
  func deferred(_ which: DeferredKind, at now: Timestamp, limit: Int) async throws(StoreError) -> [DeferredCause]
  /// When the next deferred cause of that kind may be asked again; nil if none waits.
  func nextDeferred(_ which: DeferredKind) async throws(StoreError) -> Timestamp?
  /// Lets the causes of that (domain, table) that came after that place wait no less long than it does.
  func postpone(domain: String, table: String, after place: Int64, until: Timestamp) async throws(StoreError)
  /// Holds a (domain, table) for an owner, so that causes wait; nil if somebody else holds it (D13).
  func hold(
    domain: String, table: String, owner: String, until: Timestamp, at now: Timestamp
  ) async throws(StoreError) -> Admission.Lease?
  /// Lets go of what that owner holds; false if it holds nothing.
  func letGo(
    domain: String, table: String, owner: String, at now: Timestamp
  ) async throws(StoreError) -> Bool
}

/// A run and how far it got.
public struct Run: Sendable, Hashable {
  public enum Status: String, Sendable, Hashable, Codable {
    case running, succeeded
    case partlyFailed = "partly_failed"
    case failed
  }

  public let id: String
  public let causeID: String
  public let request: IngestionRequest
  public let symbols: [String]
  public let warnings: [String]
  public let status: Status
  public let startedAt: Timestamp
  public let endedAt: Timestamp?
  public let chunks: [RunChunk]

  public init(
    id: String, causeID: String, request: IngestionRequest, symbols: [String], warnings: [String], status: Status,
    startedAt: Timestamp, endedAt: Timestamp?, chunks: [RunChunk]
  ) {
    self.id = id
    self.causeID = causeID
    self.request = request
    self.symbols = symbols
    self.warnings = warnings
    self.status = status
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.chunks = chunks
  }
}

/// Which runs to read; absent members match everything.
public struct RunQuery: Sendable, Hashable {
  public var status: Run.Status?
  public var domain: String?
  public var since: Timestamp?
  public var until: Timestamp?
  /// Only what started before that run: the next page.
  public var before: String?
  public var limit = 50

  public init(limit: Int = 50) {
    self.limit = limit
  }
}

/// A chunk of a run and what became of its symbols.
public struct RunChunk: Sendable, Hashable {
  public let index: Int
  public let symbols: [String]
  public let results: [SymbolResult]
  public let attempts: Int
  public let finishedAt: Timestamp?

  public init(index: Int, symbols: [String], results: [SymbolResult], attempts: Int, finishedAt: Timestamp?) {
    self.index = index
    self.symbols = symbols
    self.results = results
    self.attempts = attempts
    self.finishedAt = finishedAt
  }
}

/// One chunk with what its worker has to know of the run.
public struct ChunkAssignment: Sendable, Hashable {
  public let causeID: String
  public let request: IngestionRequest
  public let chunk: RunChunk

  public init(causeID: String, request: IngestionRequest, chunk: RunChunk) {
    self.causeID = causeID
    self.request = request
    self.chunk = chunk
  }
}

/// Where runs survive their workers. Adapter: `SQLiteStore`.
public protocol RunJournal: Sendable {
  func run(_ id: String) async throws(StoreError) -> Run?
  /// nil if there is no such run or no such chunk of it.
  func chunk(_ index: Int, of run: String) async throws(StoreError) -> ChunkAssignment?
  /// The runs that fit, the latest first.
  func runs(_ query: RunQuery) async throws(StoreError) -> [Run]
  /// Keeps what an attempt brought, and shows the message again at that moment.
  func keep(
    _ results: [SymbolResult], of run: String, chunk: Int, attempt: Int, message: ReceivedMessage, until: Timestamp
  ) async throws(StoreError)
  /// Ends a chunk and deletes its message; the last chunk ends the run, its key and its turn at the breaker (D9, D11).
  ///
  /// Safe to perform twice. Returns the run's status if this ended it.
  func finish(
    _ results: [SymbolResult], of run: String, chunk: Int, attempt: Int, message: ReceivedMessage,
    deadLetter: OutgoingMessage?, at now: Timestamp
  ) async throws(StoreError) -> Run.Status?
  /// Ends chunks whose message is in that queue no more, purged or deleted by somebody: nobody will work on them.
  ///
  /// Returns the runs that this ended.
  func endLostChunks(
    queue: String, reason: String, at now: Timestamp
  ) async throws(StoreError) -> [String: Run.Status]
}

extension RunJournal {
  /// The latest first.
  public func runs(limit: Int) async throws(StoreError) -> [Run] { try await runs(RunQuery(limit: limit)) }
}

/// The request budget that all workers of a source share (D12). Adapter: `SQLiteStore`.
public protocol SourceBudget: Sendable {
  /// Takes that many requests out of the budget, or says how long to wait for them.
  func take(_ requests: Int, of source: String, perMinute: Int, at now: Timestamp) async throws(StoreError) -> Span?
}
