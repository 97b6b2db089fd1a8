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

/// The large environment of `Docs/Scale.md` over the model of AWS: real functions, many at the same time, in virtual time.
final class ScaleWorld: Sendable {
  /// How long calls take, half of it before and half of it after they have their effect. Assumed, not measured.
  static let latency: [String: Span] = [
    "TransactWriteItems": Span(milliseconds: 20), "SendMessageBatch": Span(milliseconds: 10),
    "ReceiveMessage": Span(milliseconds: 10), "DeleteMessage": Span(milliseconds: 10),
    "PutObject": Span(milliseconds: 30), "HeadObject": Span(milliseconds: 20),
  ]
  /// Every other call: one item of DynamoDB, or a few.
  static let otherLatency = Span(milliseconds: 6)
  /// How long the source takes for one symbol.
  static let sourceLatency = Span(milliseconds: 400)
  /// Chunks that an invocation of the worker gets, as the stack computes it for a timeout of ten seconds a request.
  static let batchSize = 4

  let settings: Settings
  let time = VirtualTime(Timestamp(seconds: 1_757_376_000))
  let cloud: ModelCloud
  let entropy: SeededEntropy
  let log = MemoryLog()
  private let functions: LambdaFunctions
  private let store: AWSStore
  private let isClosed = Mutex(false)

  /// - Parameters:
  ///   - seed: of ids, pauses and latencies.
  ///   - sendsMessages: whether SQS keeps what is sent; if not, admissions alone are looked at.
  init(_ settings: Settings, seed: UInt64 = 1, sendsMessages: Bool = true) {
    self.settings = settings
    var dice = SplitMix64(seed: seed)
    let entropy = SeededEntropy(seed: dice.next())
    self.entropy = entropy
    let time = time
    cloud = ModelCloud(
      clock: time, entropy: SeededEntropy(seed: dice.next()), digests: CryptoDigests(),
      layout: AWSWorld.layout(settings))
    cloud.keepCalls(false)
    let api = SlowAPI(cloud, time, SeededEntropy(seed: dice.next()), sendsMessages: sendsMessages)
    let store = AWSStore(
      settings, api, queues: "http://sqs/\(settings.names.account)", time, entropy, log, metrics: nil,
      deletesFinished: true)
    functions = LambdaFunctions(
      settings, store, time, entropy, CryptoDigests(), log, NoObserver(),
      sources: [settings.defaults.dataSource: SlowSource(time)])
    self.store = store
  }

  /// 100 tables, 10,000 symbols an hour each if nothing else is said: 16,667 requests a minute.
  static func settings(requestsPerMinute: Int = 16_700, eventsPerMinute: Int = 100) throws -> Settings {
    let defaults = IngestionDefaults(
      environment: "prod", dataSource: "yahoo_finance", dataType: "prices", domain: "market",
      tableName: ScaleWorld.tableName(0),
      symbols: ["S0", "S1", "S2"], period: "1mo", interval: "1d", fileFormat: "json")
    let tables = (0..<100).map { IngestionCatalog.Table(domain: "market", name: tableName($0)) }
    return Settings(
      environment: "prod", names: ResourceNames(account: "123456789012", region: "us-east-1"), defaults: defaults,
      catalog: IngestionCatalog(dataSources: ["yahoo_finance": .init(chunkSizeMax: 5)], tables: Set(tables)),
      schedule: try ScheduleExpression("rate(1 hour)", dialect: .rules),
      misfire: MisfirePolicy(kind: .latest, window: .hours(1)),
      limits: Admission.Limits(manualMax: 10, eventMax: eventsPerMinute, breaker: CircuitBreaker.Settings()),
      chunks: .init(size: 5, sendBatchSize: 10, workerTimeoutSeconds: 300),
      sources: [
        "yahoo_finance": .init(
          baseURL: "http://127.0.0.1", requestsPerMinute: requestsPerMinute, timeoutSeconds: 10)
      ],
      transform: .init(prefix: "market/prices/", suffix: ".json"), workers: 64)
  }

  static func tableName(_ number: Int) -> String {
    "prices_" + String(UnicodeScalar(UInt8(97 + number / 26 % 26))) + String(UnicodeScalar(UInt8(97 + number % 26)))
  }

  /// Fills the universe as events do it, at most 100 symbols each.
  func fillUniverse(_ symbols: Int) async throws {
    for start in stride(from: 0, to: symbols, by: 100) {
      let added = (start..<min(start + 100, symbols)).map { "S\($0)" }
      try await store.note(
        UniverseChange(id: "fill-\(start)", added: added, removed: [], effectiveAt: time.now()),
        base: settings.defaults.symbols)
    }
  }

  /// An operator's event for that table's whole universe, as a rule delivers it. Returns the answer; nil if it failed.
  @discardableResult
  func ask(table number: Int) async -> JSON? {
    let event = Event(
      id: entropy.uuid(), source: "ops.manual", detailType: "Adhoc Ingestion", account: settings.names.account,
      region: settings.names.region, time: time.now().wholeSecond, resources: [],
      detail: ["domain": "market", "table_name": .string(ScaleWorld.tableName(number))])
    return await invoke(.orchestrator, event.json)
  }

  /// A slot of the schedule, as its rule delivers it.
  func slot() async -> JSON? {
    await invoke(.orchestrator, AWSWorld.slotBody(settings, Timestamp(seconds: time.now().seconds / 60 * 60)))
  }

  private func invoke(_ handler: LambdaFunctions.Handler, _ payload: JSON) async -> JSON? {
    let context = InvocationContext(requestID: entropy.uuid(), invokedAt: time.now(), cause: nil)
    switch await functions.function(handler).invoke(payload.bytes, context) {
    case .answered(let answer): return answer
    case .failed(let type, let message):
      log.write(LogLine(.error, "function failed", ["type": type, "reason": message]))
      return nil
    }
  }

  /// One poller of Lambda's event source mapping: takes batches until the world is closed.
  func poll() async {
    let url: JSON = .string("http://sqs/\(settings.names.account)/\(EnvironmentNames(settings).workQueue)")
    while !isClosed.withLock({ $0 }) {
      do {
        let messages =
          try await cloud.call(
            .sqs, "ReceiveMessage",
            [
              "QueueUrl": url, "MaxNumberOfMessages": JSON(ScaleWorld.batchSize), "MessageAttributeNames": ["All"],
              "AttributeNames": ["All"],
            ])["Messages"]?.elements ?? []
        if messages.isEmpty {
          try await time.sleep(for: Span(milliseconds: 100))
          continue
        }
        let answer = await invoke(.worker, ["Records": .array(messages.map { AWSWorld.record($0, settings) })])
        let failed = Set((answer?["batchItemFailures"]?.elements ?? []).compactMap { $0["itemIdentifier"]?.string })
        for message in messages where answer != nil && !failed.contains(message["MessageId"]?.string ?? "") {
          _ = try await cloud.call(
            .sqs, "DeleteMessage", ["QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] ?? .null])
        }
      } catch {
        log.write(LogLine(.error, "poller failed", ["reason": "\(error)"]))
      }
    }
  }

  /// Lets the pollers end.
  func close() { isClosed.withLock { $0 = true } }

  /// One turn of the tick, as its rule does it every minute.
  func tick() async { _ = await invoke(.orchestrator, ["bellcrank": "tick"]) }
}

extension ScaleWorld {
  private func items(_ isMeant: (_ id: String, _ place: String) -> Bool) -> [JSON] {
    cloud.items(in: EnvironmentNames(settings).controlTable).filter { item in
      isMeant(item["id"]?["S"]?.string ?? "", item["place"]?["S"]?.string ?? "")
    }
  }

  /// The statuses of all runs.
  func statuses() -> [String] {
    items { $0.hasPrefix("run#") && $1 == "head" }.compactMap { $0["status"]?["S"]?.string }
  }

  /// The statuses of all claims.
  func claims() -> [String] {
    items { id, _ in id.hasPrefix("idem#") }.compactMap { $0["status"]?["S"]?.string }
  }

  /// When the last chunk of all was finished.
  func lastChunkFinished() -> Timestamp {
    let moments = items { $0.hasPrefix("run#") && $1.hasPrefix("chunk#") }
      .compactMap { $0["finished_at"]?["N"]?.string.flatMap { Int64($0) } }
    return Timestamp(milliseconds: moments.max() ?? 0)
  }

  /// What nobody has done yet: entries of the outbox, runs that have not ended, messages.
  func leftovers() -> [String] {
    let names = EnvironmentNames(settings)
    return items { id, _ in ["outbox", "running", "line#events", "line#others"].contains(id) }.map(\.text)
      + [names.workQueue, names.workDeadLetters, names.triggerDeadLetters].flatMap { cloud.bodies(in: $0) }
  }
}

/// The model's calls with the time that they take.
private final class SlowAPI: AWSAPI {
  private let inner: ModelCloud
  private let time: VirtualTime
  private let entropy: any Entropy
  private let sendsMessages: Bool

  init(_ inner: ModelCloud, _ time: VirtualTime, _ entropy: any Entropy, sendsMessages: Bool) {
    self.inner = inner
    self.time = time
    self.entropy = entropy
    self.sendsMessages = sendsMessages
  }

  /// Half of the call's time, a fifth more or less.
  private func pass(_ operation: String) async {
    let half = (ScaleWorld.latency[operation] ?? ScaleWorld.otherLatency).milliseconds * 500
    let microseconds = half * 4 / 5 + Int64(entropy.word() % UInt64(half * 2 / 5 + 1))
    do { try await time.sleep(for: Span(milliseconds: (microseconds + 500) / 1_000)) } catch { return }
  }

  func call(_ service: AWSService, _ operation: String, _ input: JSON) async throws(AWSError) -> JSON {
    await pass(operation)
    if !sendsMessages, operation == "SendMessageBatch" { return ["Successful": .array([]), "Failed": .array([])] }
    let result: Result<JSON, AWSError>
    do { result = .success(try await inner.call(service, operation, input)) } catch { result = .failure(error) }
    await pass(operation)
    return try result.get()
  }

  func put(_ object: ObjectDraft) async throws(AWSError) {
    await pass("PutObject")
    try await inner.put(object)
    await pass("PutObject")
  }

  func head(bucket: String, key: String) async throws(AWSError) -> ObjectHead? {
    await pass("HeadObject")
    return try await inner.head(bucket: bucket, key: key)
  }
}

/// A source that has every symbol and takes its time.
private struct SlowSource: Source {
  let time: VirtualTime

  init(_ time: VirtualTime) { self.time = time }

  func prices(of symbol: String, period: String, interval: String, timeout: Span) async -> FetchOutcome {
    do { try await time.sleep(for: ScaleWorld.sourceLatency) } catch {
      return .failed(SourceError(.timeout, reason: "cancelled"))
    }
    return .fetched(
      PriceSeries(
        symbol: symbol, currency: "USD", exchange: "NMS", granularity: interval, exchangeOffset: .zero, points: []))
  }
}
