import Alarms
import CryptoPorts
import Engine
import Events
import Ingestion
import Measures
import Operations
import SQLiteStore
import Schedules
import Simulation
import Synchronization
import SystemPorts
import Telemetry
import Testing

/// §1's `dev` environment with its control room, on a virtual clock, in memory.
final class Room: Sendable {
  static let start = Timestamp(seconds: 1_757_455_200)  // 2025-09-09T22:00:00Z, the slot of §1.

  let clock: VirtualClock
  let store: SQLiteStore
  let source = ScriptedSource()
  let log = MemoryLog()
  let hook = RecordedWebhook()
  let machine = PretendMachine()
  let room: ControlRoom

  var engine: Runtime { room.runtime }
  var names: EnvironmentNames { EnvironmentNames(engine.settings) }

  /// - Parameters:
  ///   - given: who is asked instead of `source`.
  ///   - gate: what holds time while somebody is asked.
  ///   - keeping: who lets time pass, if that is not the test itself.
  init(
    at start: Timestamp = Room.start.after(-600), schedule: String = "cron(0 22 * * ? *)",
    asking given: (any Source)? = nil, gate: FetchGate? = nil,
    keeping: (VirtualClock, SQLiteStore) async throws -> Timekeeper? = { _, _ in nil },
    zones: any Zones = ZoneFiles()
  ) async throws {
    let settings = try Room.settings(schedule)
    clock = VirtualClock(start)
    store = try SQLiteStore(inMemory: settings)
    let timekeeper = try await keeping(clock, store)
    let asked: any Source = given ?? source
    let recorder = Recorder(clock, log, environment: "dev")
    let permissions = try await Permissions(store, clock, names: settings.names)
    let ports = Ports(
      clock: clock, entropy: SeededEntropy(seed: 1), digests: CryptoDigests(), log: recorder, observer: recorder,
      authority: permissions,
      rules: store, events: store, slots: store, schedules: store, zones: zones, deliveries: store, desk: store,
      queues: store, runs: store,
      budget: store, universe: store, index: store, ledger: store, chain: store, housekeeping: store, history: store,
      blobs: MemoryBlobs(),
      sources: ["yahoo_finance": gate?.held(asked) ?? asked])
    let runtime = try await Runtime(settings, ports, deliveryWidth: 1)
    room = try await ControlRoom(
      runtime, recorder, store, hook, HMACSigner(), permissions, machine, timekeeper,
      webhooks: [.init(url: "http://hook/a", secret: "s3cret")])
  }

  static func settings(_ schedule: String) throws -> Settings {
    Settings(
      environment: "dev", names: ResourceNames(account: "123456789012", region: "us-east-1"),
      defaults: IngestionDefaults(
        environment: "dev", dataSource: "yahoo_finance", dataType: "prices", domain: "market", tableName: "prices",
        symbols: ["AAPL", "MSFT", "GOOGL"], period: "1mo", interval: "1d", fileFormat: "json"),
      catalog: IngestionCatalog(
        dataSources: ["yahoo_finance": .init(chunkSizeMax: 5)], tables: [.init(domain: "market", name: "prices")]),
      schedule: try ScheduleExpression(schedule, dialect: .rules),
      misfire: MisfirePolicy(kind: .latest, window: .hours(2)), limits: .init(),
      chunks: .init(size: 5, sendBatchSize: 10, workerTimeoutSeconds: 300),
      sources: ["yahoo_finance": .init(baseURL: "http://localhost", requestsPerMinute: 100, timeoutSeconds: 10)],
      transform: .init(prefix: "market/prices/", suffix: ".json"), workers: 1)
  }

  /// Lets time pass minute by minute, engine and control room working.
  func live(minutes: Int, engineWorks: Bool = true) async throws {
    for _ in 0..<minutes {
      clock.advance(to: clock.now() + .minutes(1))
      if engineWorks { _ = try await engine.settle() }
      _ = try await room.tick()
    }
  }

  func sum(_ metric: MetricID) async throws -> Double {
    let range = clock.now() - .days(1)..<clock.now() + .minutes(1)
    return try await room.reader.periods(of: metric, unit: nil, period: 60, in: range).values.reduce(0) { $0 + $1.sum }
  }

  /// When an alarm changed, the latest first.
  func changes(of alarm: String) async throws -> [Timestamp] {
    try await room.alarms.history(
      of: "dev-customer-\(alarm)", kind: .stateUpdate, in: .epoch..<clock.now() + .days(1), AlarmHistoryPage(limit: 100)
    ).map(\.item.at)
  }

  func state(_ alarm: String) async throws -> AlarmState {
    try #require(try await room.alarms.alarm("dev-customer-\(alarm)")).state
  }
}

/// A webhook that answers what it was told to, and keeps what it was sent.
final class RecordedWebhook: WebhookClient {
  struct Message: Sendable {
    let body: [UInt8]
    let headers: [String: String]
  }

  private let held = Mutex((status: Optional(200), messages: [Message]()))

  var status: Int? {
    get { held.withLock { $0.status } }
    set { held.withLock { $0.status = newValue } }
  }
  var messages: [Message] { held.withLock { $0.messages } }

  func post(_ body: [UInt8], headers: [(name: String, value: String)], to url: String) async -> Int? {
    held.withLock { state in
      let named = Dictionary(headers.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
      state.messages.append(Message(body: body, headers: named))
      return state.status
    }
  }
}

extension Timestamp {
  func after(_ seconds: Int) -> Timestamp { self + .seconds(seconds) }
}

/// A machine that is as roomy as a test wants.
final class PretendMachine: Machine {
  private let free = Mutex<Int64>(1 << 40)

  func fill(leaving bytes: Int64) { free.withLock { $0 = bytes } }
  func disk() -> (free: Int64, total: Int64)? { (free.withLock { $0 }, 1 << 41) }
  func openFilesMax() -> Int? { 4_096 }
}
