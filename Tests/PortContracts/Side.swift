import ClockPorts
import AWSModel
import AWSPorts
import CryptoPorts
import Engine
import Events
import Extraction
import Foundation
import Ingestion
import Simulation
import Synchronization
import Telemetry
import Testing

/// One of the runtimes: what makes a store for the ports that both have. One that adds itself to `all` runs every contract
/// that both keep; `bellcrank diff embedded aws` names the others.
struct Side: Sendable, CustomTestStringConvertible {
  let name: String
  let run: @Sendable (Settings?, (Post) async throws -> Void) async throws -> Void

  var testDescription: String { name }

  static let all =
    Adapter.all.map { Side($0) } + [Side.aws] + (Ministack.isInstalled ? [Side.ministack] : [])

  init(name: String, run: @escaping @Sendable (Settings?, (Post) async throws -> Void) async throws -> Void) {
    self.name = name
    self.run = run
  }

  init(_ adapter: Adapter) {
    name = adapter.name
    run = { settings, body in
      try await adapter.run(settings) { stage in
        try await body(Post(stage))
      }
    }
  }

  /// The ports on AWS, on the model of it.
  static let aws = Side(name: "AWS, modelled") { settings, body in
    let settings = try settings ?? Sample.settings()
    let clock = ShownClock(Sample.start)
    let cloud = ModelCloud(
      clock: clock, entropy: SeededEntropy(seed: 1), digests: CryptoDigests(), layout: CloudLayout(settings))
    try await body(Post(OpenedAWS(settings, cloud, clock, SeededEntropy(seed: 2))) { cloud.published.map(\.detail) })
  }

  func run(_ settings: Settings? = nil, _ body: (Post) async throws -> Void) async throws {
    try await run(settings, body)
  }
}

/// A store under test that can be opened again while the test goes on, on either runtime.
struct Post: Sendable {
  let settings: Settings
  let read: @Sendable () -> any IngestionStore
  let reopen: @Sendable () throws -> Void
  /// Whether the ledger's chain is whole, where it has one.
  let isWhole: @Sendable () async throws -> Bool
  let objects: @Sendable () async throws -> any RawObjects
  let notifier: @Sendable () async throws -> any ObjectNotifier
  /// The details of the events that are on the bus, in the order in which they came.
  let published: @Sendable () async throws -> [JSON]

  var store: any IngestionStore { read() }
}

extension Post {
  init(_ stage: Stage) {
    let blobs = MemoryBlobs()
    let clock = ShownClock(Sample.start)
    let names = stage.settings.names
    self.init(
      settings: stage.settings, read: { stage.store }, reopen: { try stage.reopen() },
      isWhole: { try await stage.store.brokenLinks().isEmpty },
      objects: {
        ObjectStore(
          blobs, stage.store, EventRouter(try await RuleBook(stage.store, stage.store, clock)), clock,
          SeededEntropy(seed: 1),
          CryptoDigests(),
          names: names, deliveriesDue: Bell())
      },
      notifier: {
        let book = try await RuleBook(stage.store, stage.store, clock)
        let publisher = Publisher(EventRouter(book), stage.store, stage.store, clock, deliveriesDue: Bell())
        return BusNotifier(stage.store, publisher, clock, names)
      },
      published: { try await stage.store.events(limit: 100).reversed().map(\.event.detail) })
  }

  init(_ opened: OpenedAWS, published: @escaping @Sendable () -> [JSON]) {
    self.init(
      settings: opened.settings, read: { opened.store }, reopen: { opened.reopen() }, isWhole: { true },
      objects: { opened.store.inner }, notifier: { opened.store.inner }, published: { published() })
  }
}

/// A store on an AWS, whose clock shows what each call says; it can be opened again.
final class OpenedAWS: Sendable {
  let settings: Settings
  private let api: any AWSAPI
  private let clock: ShownClock
  private let entropy: any Entropy
  private let state: Mutex<TimedStore>

  init(_ settings: Settings, _ api: any AWSAPI, _ clock: ShownClock, _ entropy: any Entropy) {
    self.settings = settings
    self.api = api
    self.clock = clock
    self.entropy = entropy
    state = Mutex(OpenedAWS.open(settings, api, clock, entropy))
  }

  var store: TimedStore { state.withLock { $0 } }

  /// Another process on the same table: nothing but what is stored is known to it.
  func reopen() { state.withLock { $0 = OpenedAWS.open(settings, api, clock, entropy) } }

  private static func open(
    _ settings: Settings, _ api: any AWSAPI, _ clock: ShownClock, _ entropy: any Entropy
  ) -> TimedStore {
    let store = AWSStore(
      settings, api, queues: "http://sqs/\(settings.names.account)", clock, entropy, MemoryLog(), metrics: nil,
      deletesFinished: false)
    return TimedStore(inner: store, clock: clock)
  }
}

extension CloudLayout {
  /// What the stack of an environment makes, as far as the ports stand on it.
  init(_ settings: Settings) {
    let names = EnvironmentNames(settings)
    self.init(
      tables: [
        CloudTable(
          names.controlTable, hash: .init("id"), range: .init("place"),
          indexes: [.init("by-day", hash: .init("day"), range: .init("at"))])
      ],
      queues: [names.workQueue, names.workDeadLetters, names.triggerDeadLetters, names.transformQueue].map {
        CloudQueue($0)
      }, buckets: [names.rawBucket])
  }
}

/// A clock that shows what it was told last; its pauses are none, or real ones where others really do their part meanwhile.
final class ShownClock: WallClock {
  private let shown: Mutex<Timestamp>
  private let pausesForReal: Bool

  init(_ now: Timestamp, pausesForReal: Bool = false) {
    shown = Mutex(now)
    self.pausesForReal = pausesForReal
  }

  func now() -> Timestamp { shown.withLock { $0 } }
  func show(_ now: Timestamp) { shown.withLock { $0 = now } }

  func sleep(for span: Span) async throws(CancellationError) {
    if pausesForReal { try await SystemClock().sleep(for: span) } else { await Task.yield() }
  }
}

/// A store on AWS has a clock of its own: here it shows the moment that each call names.
struct TimedStore: IngestionStore {
  let inner: AWSStore
  let clock: ShownClock

  func admit(_ application: Application, at now: Timestamp) async throws(StoreError) -> AdmissionResult {
    clock.show(now)
    return try await inner.admit(application, at: now)
  }

  func preview(_ application: Application, at now: Timestamp) async throws(StoreError) -> Admission.Verdict {
    clock.show(now)
    return try await inner.preview(application, at: now)
  }

  func close(_ entry: LedgerEntry, deadLetter: OutgoingMessage?) async throws(StoreError) -> Bool {
    clock.show(entry.at)
    return try await inner.close(entry, deadLetter: deadLetter)
  }

  func deferred(
    _ which: DeferredKind, at now: Timestamp, limit: Int
  ) async throws(StoreError) -> [DeferredCause] {
    clock.show(now)
    return try await inner.deferred(which, at: now, limit: limit)
  }

  func nextDeferred(_ which: DeferredKind) async throws(StoreError) -> Timestamp? {
    try await inner.nextDeferred(which)
  }

  func postpone(
    domain: String, table: String, after place: Int64, until: Timestamp
  ) async throws(StoreError) {
    try await inner.postpone(domain: domain, table: table, after: place, until: until)
  }

  func hold(
    domain: String, table: String, owner: String, until: Timestamp, at now: Timestamp
  ) async throws(StoreError) -> Admission.Lease? {
    clock.show(now)
    return try await inner.hold(domain: domain, table: table, owner: owner, until: until, at: now)
  }

  func letGo(domain: String, table: String, owner: String, at now: Timestamp) async throws(StoreError) -> Bool {
    clock.show(now)
    return try await inner.letGo(domain: domain, table: table, owner: owner, at: now)
  }

  func run(_ id: String) async throws(StoreError) -> Run? { try await inner.run(id) }

  func chunk(_ index: Int, of run: String) async throws(StoreError) -> ChunkAssignment? {
    try await inner.chunk(index, of: run)
  }

  func runs(_ query: RunQuery) async throws(StoreError) -> [Run] { try await inner.runs(query) }

  func keep(
    _ results: [SymbolResult], of run: String, chunk: Int, attempt: Int, message: ReceivedMessage, until: Timestamp
  ) async throws(StoreError) {
    try await inner.keep(results, of: run, chunk: chunk, attempt: attempt, message: message, until: until)
  }

  func finish(
    _ results: [SymbolResult], of run: String, chunk: Int, attempt: Int, message: ReceivedMessage,
    deadLetter: OutgoingMessage?, at now: Timestamp
  ) async throws(StoreError) -> Run.Status? {
    clock.show(now)
    return try await inner.finish(
      results, of: run, chunk: chunk, attempt: attempt, message: message, deadLetter: deadLetter, at: now)
  }

  func endLostChunks(
    queue: String, reason: String, at now: Timestamp
  ) async throws(StoreError) -> [String: Run.Status] {
    clock.show(now)
    return try await inner.endLostChunks(queue: queue, reason: reason, at: now)
  }

  func take(
    _ requests: Int, of source: String, perMinute: Int, at now: Timestamp
  ) async throws(StoreError) -> Span? {
    clock.show(now)
    return try await inner.take(requests, of: source, perMinute: perMinute, at: now)
  }

  func universe(at now: Timestamp) async throws(StoreError) -> [String]? {
    clock.show(now)
    return try await inner.universe(at: now)
  }

  func note(_ change: UniverseChange, base: [String]) async throws(StoreError) {
    try await inner.note(change, base: base)
  }

  func entries(_ query: LedgerQuery) async throws(StoreError) -> [LedgerEntry] { try await inner.entries(query) }

  func entry(of causeID: String) async throws(StoreError) -> LedgerEntry? { try await inner.entry(of: causeID) }

  func standing(of causes: [String]) async throws(StoreError) -> [String: CauseStanding] {
    try await inner.standing(of: causes)
  }

  func send(_ messages: [OutgoingMessage], at now: Timestamp) async throws(StoreError) {
    clock.show(now)
    try await inner.send(messages, at: now)
  }

  func receive(
    _ queue: String, limit: Int, visibility: Span, at now: Timestamp
  ) async throws(StoreError) -> [ReceivedMessage] {
    clock.show(now)
    return try await inner.receive(queue, limit: limit, visibility: visibility, at: now)
  }

  func delete(_ queue: String, receipt: String) async throws(StoreError) -> Bool {
    try await inner.delete(queue, receipt: receipt)
  }

  func putBack(
    _ message: ReceivedMessage, until: Timestamp, uncounted: Bool, at now: Timestamp
  ) async throws(StoreError) -> Bool {
    clock.show(now)
    return try await inner.putBack(message, until: until, uncounted: uncounted, at: now)
  }

  func depth(_ queue: String, at now: Timestamp) async throws(StoreError) -> QueueDepth {
    clock.show(now)
    return try await inner.depth(queue, at: now)
  }
}
