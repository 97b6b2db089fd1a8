import AWSModel
import AWSPorts
import CryptoPorts
import Engine
import Events
import Extraction
import Ingestion
import Schedules
import Simulation
import Synchronization
import Telemetry
import Testing

/// A model of AWS with the resources of `dev`, and stores on it.
struct Cloud {
  static let start = Timestamp(seconds: 1_757_455_200)  // 2025-09-09T22:00:00Z, the slot of §1.
  static let failed = SymbolResult(symbol: "AAPL", outcome: .failed(code: .unavailable, reason: "HTTP 500"))

  let settings: Settings
  let names: EnvironmentNames
  let clock = TestClock(Cloud.start)
  let model: ModelCloud
  let entropy = SeededEntropy(seed: 2)
  let log = MemoryLog()
  let metrics = Lines()

  init(
    _ limits: Admission.Limits = .init(), requestsPerMinute: Int = 100, parameter: String? = nil,
    schedule: String = "cron(0 22 * * ? *)"
  ) throws {
    settings = try Cloud.settings(limits, requestsPerMinute, schedule)
    names = EnvironmentNames(settings)
    let table = CloudTable(
      names.controlTable, hash: .init("id"), range: .init("place"),
      indexes: [.init("by-day", hash: .init("day"), range: .init("at"))])
    let queues = [names.workQueue, names.workDeadLetters, names.triggerDeadLetters].map { CloudQueue($0) }
    var parameters: [String: String] = [:]
    if let parameter { parameters[names.universeParameter] = parameter }
    model = ModelCloud(
      clock: clock, entropy: SeededEntropy(seed: 1), digests: CryptoDigests(),
      layout: CloudLayout(tables: [table], queues: queues, buckets: [names.rawBucket], parameters: parameters))
  }

  /// A store as a new process has it.
  func store(_ api: (any AWSAPI)? = nil, deletesFinished: Bool = false) -> AWSStore {
    AWSStore(
      settings, api ?? model, queues: "http://sqs/\(settings.names.account)", clock, entropy, log,
      metrics: EmbeddedMetrics(metrics), deletesFinished: deletesFinished)
  }

  func function(_ handler: LambdaFunctions.Handler, _ source: any Source = ScriptedSource()) -> any Function {
    LambdaFunctions(
      settings, store(deletesFinished: true), clock, entropy, CryptoDigests(), log, NoObserver(),
      sources: [settings.defaults.dataSource: source]
    ).function(handler)
  }

  /// What stands at the door of admission when that cause asks for those symbols, two a chunk.
  func application(
    _ cause: String, _ trigger: TriggerType = .manual, key: String? = nil,
    symbols: [String] = ["AAPL", "MSFT", "GOOGL"],
    delays: (Int) -> Span = { _ in .zero }
  ) throws -> Application {
    let request = try RequestReader.read(
      ["correlation_id": .string(key ?? cause)], trigger: trigger, correlationID: key ?? cause,
      triggerTime: Cloud.start, kind: .request, defaults: settings.defaults, catalog: settings.catalog
    ).get().request
    let asked = Cause(id: cause, trigger: trigger, arrivedAt: clock.now())
    let chunks = ChunkPlan.make(symbols, chunkSize: 2).map {
      Chunk(index: $0.index, symbols: $0.symbols, delay: delays($0.index))
    }
    let messages = RunMessages(
      runID: asked.runID, request: request, chunkCount: chunks.count, startedAt: clock.now(), settings: settings
    ).messages(of: chunks)
    return Application(
      cause: asked, request: request, symbols: symbols, chunks: chunks, warnings: [], payloadHash: "hash",
      messages: messages,
      deadLetter: .init(queue: names.triggerDeadLetters, rule: nil, target: "the function's ARN", payload: "{}"),
      resumes: false)
  }

  /// Asks at the clock's moment.
  func admit(_ application: Application, _ api: (any AWSAPI)? = nil) async throws -> AdmissionResult {
    try await store(api).admit(application, at: clock.now())
  }

  /// The items of a partition of the control table.
  func items(_ id: String) -> [JSON] {
    model.items(in: names.controlTable).filter { $0["id"]?["S"]?.string == id }
  }

  func item(_ id: String, _ place: String = "-") -> JSON? { items(id).first { $0["place"]?["S"]?.string == place } }

  /// The chunks that messages of the work queue are about, in order.
  func sentChunks() throws -> [Int] {
    try model.bodies(in: names.workQueue).map { try #require(try JSON(parsing: $0)["chunk_index"]?.int) }
  }

  private static func settings(
    _ limits: Admission.Limits, _ requestsPerMinute: Int, _ schedule: String
  ) throws -> Settings {
    Settings(
      environment: "dev", names: ResourceNames(account: "123456789012", region: "us-east-1"),
      defaults: IngestionDefaults(
        environment: "dev", dataSource: "yahoo_finance", dataType: "prices", domain: "market", tableName: "prices",
        symbols: ["AAPL", "MSFT", "GOOGL"], period: "1mo", interval: "1d", fileFormat: "json"),
      catalog: IngestionCatalog(
        dataSources: ["yahoo_finance": .init(chunkSizeMax: 5)], tables: [.init(domain: "market", name: "prices")]),
      schedule: try ScheduleExpression(schedule, dialect: .rules), misfire: .standard, limits: limits,
      chunks: .init(size: 2, sendBatchSize: 10, workerTimeoutSeconds: 300),
      sources: [
        "yahoo_finance": .init(baseURL: "http://localhost", requestsPerMinute: requestsPerMinute, timeoutSeconds: 10)
      ],
      transform: .init(prefix: "market/prices/", suffix: ".json"), workers: 1)
  }
}

extension AdmissionResult {
  var decision: Decision {
    switch self {
    case .decided(let entry, _), .already(let entry): entry.decision
    }
  }

  var isDecidedNow: Bool {
    switch self {
    case .decided: true
    case .already: false
    }
  }
}

/// A clock that moves when it is told to, and lets nobody wait.
final class TestClock: WallClock {
  private let shown: Mutex<Timestamp>

  init(_ now: Timestamp) { shown = Mutex(now) }

  func now() -> Timestamp { shown.withLock { $0 } }
  func pass(_ span: Span) { shown.withLock { $0 = $0 + span } }
  func sleep(for span: Span) async throws(CancellationError) { await Task.yield() }
}

/// The lines of metrics, in memory.
final class Lines: MetricLines {
  private let kept = Mutex<[JSON]>([])

  var all: [JSON] { kept.withLock { $0 } }
  func writeRaw(_ object: JSON) { kept.withLock { $0.append(object) } }
}

/// AWS with an answer of our own to some calls.
struct Answering: AWSAPI {
  /// nil: the answer is that of the model. It is told how many calls of that operation came before.
  typealias Answer = @Sendable (AWSService, String, JSON, Int) -> Result<JSON, AWSError>?

  let inner: any AWSAPI
  private let answer: Answer
  private let counts = Counts()

  final class Counts: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func next(_ name: String) -> Int {
      counts.withLock { counts in
        counts[name, default: 0] += 1
        return counts[name, default: 0] - 1
      }
    }
  }

  init(_ inner: any AWSAPI, _ answer: @escaping Answer) {
    self.inner = inner
    self.answer = answer
  }

  func call(_ service: AWSService, _ operation: String, _ input: JSON) async throws(AWSError) -> JSON {
    if let answer = answer(service, operation, input, counts.next("\(service) \(operation)")) {
      return try answer.get()
    }
    return try await inner.call(service, operation, input)
  }

  func put(_ object: ObjectDraft) async throws(AWSError) { try await inner.put(object) }

  func head(bucket: String, key: String) async throws(AWSError) -> ObjectHead? {
    try await inner.head(bucket: bucket, key: key)
  }
}

/// The batches that were sent.
final class Batches: Sendable {
  private let kept = Mutex<[[String]]>([])

  var bodies: [[String]] { kept.withLock { $0 } }

  func add(_ input: JSON) {
    let bodies = input["Entries"]?.elements?.compactMap { $0["MessageBody"]?.string } ?? []
    kept.withLock { $0.append(bodies) }
  }
}
