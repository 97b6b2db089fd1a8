import CryptoPorts
import Engine
import Events
import Extraction
import Ingestion
import SQLiteStore
import Schedules
import Simulation
import SystemPorts
import Telemetry
import Testing

extension ChangeNote {
  static let testing = ChangeNote(operation: "PutRule", who: "arn:aws:iam::123456789012:user/tester", why: "a test")
}

/// §1's `dev` environment on a virtual clock, with everything in memory.
final class World: Sendable {
  static let start = Timestamp(seconds: 1_757_455_200)  // 2025-09-09T22:00:00Z, the slot of §1.

  let clock: VirtualClock
  let store: any Store
  let blobs = MemoryBlobs()
  let source = ScriptedSource()
  let log = MemoryLog()
  let settings: Settings
  let authority: any Authority
  let engine: Runtime

  init(
    _ settings: Settings? = nil, at start: Timestamp = World.start, authority: any Authority = OpenAuthority()
  ) async throws {
    self.authority = authority
    let settings = try settings ?? World.settings()
    self.settings = settings
    clock = VirtualClock(start)
    store = try SQLiteStore(inMemory: settings)
    engine = try await World.runtime(settings, clock, store, blobs, source, log, authority)
  }

  var names: EnvironmentNames { EnvironmentNames(settings) }

  /// The engine of another process on the same store: what was only in memory is gone.
  func restarted() async throws -> Runtime {
    try await World.runtime(settings, clock, store, blobs, source, log, authority)
  }

  private static func runtime(
    _ settings: Settings, _ clock: VirtualClock, _ store: any Store, _ blobs: MemoryBlobs, _ source: ScriptedSource,
    _ log: MemoryLog, _ authority: any Authority
  ) async throws -> Runtime {
    let ports = Ports(
      clock: clock, entropy: SeededEntropy(seed: 1), digests: CryptoDigests(), log: log, observer: NoObserver(),
      authority: authority, rules: store, events: store,
      slots: store, schedules: store, zones: ZoneFiles(), deliveries: store, desk: store, queues: store, runs: store,
      budget: store, universe: store,
      index: store, ledger: store, chain: store, housekeeping: store, history: store, blobs: blobs,
      sources: ["yahoo_finance": source]
    )
    return try await Runtime(settings, ports, deliveryWidth: 1)
  }

  static func settings(
    _ limits: Admission.Limits = .init(), schedule: String = "cron(0 22 * * ? *)", misfire: MisfirePolicy = .standard,
    requestsPerMinute: Int = 100
  ) throws -> Settings {
    Settings(
      environment: "dev", names: ResourceNames(account: "123456789012", region: "us-east-1"),
      defaults: IngestionDefaults(
        environment: "dev", dataSource: "yahoo_finance", dataType: "prices", domain: "market", tableName: "prices",
        symbols: ["AAPL", "MSFT", "GOOGL"], period: "1mo", interval: "1d", fileFormat: "json"),
      catalog: IngestionCatalog(
        dataSources: ["yahoo_finance": .init(chunkSizeMax: 5)], tables: [.init(domain: "market", name: "prices")]),
      schedule: try ScheduleExpression(schedule, dialect: .rules), misfire: misfire, limits: limits,
      chunks: .init(size: 5, sendBatchSize: 10, workerTimeoutSeconds: 300),
      sources: [
        "yahoo_finance": .init(baseURL: "http://localhost", requestsPerMinute: requestsPerMinute, timeoutSeconds: 10)
      ],
      transform: .init(prefix: "market/prices/", suffix: ".json"), workers: 1)
  }

  /// What the orchestrator answers to that payload.
  func invoke(_ payload: String, request id: String = "request-1") async throws -> JSON {
    let context = InvocationContext(requestID: id, invokedAt: clock.now(), cause: nil)
    switch await engine.orchestrator.invoke(Array(payload.utf8), context) {
    case .answered(let answer): return answer
    case .failed(let type, let message):
      Issue.record("\(type): \(message)")
      return .null
    }
  }

  /// A dispatched run of those symbols.
  func run(_ symbols: [String], _ more: JSON = [:], request id: String = "request-1") async throws -> String {
    var body: JSON = ["symbols": JSON(symbols), "force_symbols": true]
    for member in more.members ?? [] { body.set(member.key, member.value) }
    let answer = try await invoke(body.text, request: id)
    return try #require(answer["run_id"]?.string, "\(answer.text)")
  }

  func entry(_ cause: String) async throws -> LedgerEntry {
    try #require(try await store.entry(of: cause), "no row for \(cause)")
  }

  func visible(_ queue: String) async throws -> Int {
    try await store.depth(queue, at: clock.now()).visible
  }

  func keys() async throws -> [String] {
    try await store.entries(bucket: names.rawBucket, prefix: "", after: "", limit: 1_000).map(\.key)
  }

  /// Works on everything that is visible now.
  func work() async throws {
    while try await engine.worker.workOnce() {}
  }

  /// Lets time pass from one due moment to the next, and does what is due, until nothing is due before that moment.
  func live(until end: Timestamp) async throws {
    _ = try await engine.settle()
    while let due = try await engine.nextDue(), due <= end {
      clock.advance(to: due)
      _ = try await engine.settle()
    }
    clock.advance(to: end)
  }
}
