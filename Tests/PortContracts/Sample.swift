import Deliveries
import Engine
import Events
import Extraction
import Ingestion
import Rules
import Schedules
import Telemetry
import Testing

/// The environment that the contracts assume: §1's `dev`, and what is asked of it.
enum Sample {
  static let start = Timestamp(seconds: 1_757_455_200)  // 2025-09-09T22:00:00Z, the slot of §1.
  static let names = ResourceNames(account: "123456789012", region: "us-east-1")
  static let workQueue = "dev-customer-ingestion-queue"
  static let letters = "dev-customer-ingestion-trigger-dlq"
  static let defaults = IngestionDefaults(
    environment: "dev", dataSource: "yahoo_finance", dataType: "prices", domain: "market", tableName: "prices",
    symbols: ["AAPL", "MSFT", "GOOGL"], period: "1mo", interval: "1d", fileFormat: "json")

  /// What a change of a rule writes into the ledger.
  static let row = RuleChange.entry(
    from: nil, to: nil, ChangeNote(operation: "PutRule", who: "somebody", why: nil), at: start)

  static func settings(_ limits: Admission.Limits = .init()) throws -> Settings {
    Settings(
      environment: "dev", names: names, defaults: defaults,
      catalog: IngestionCatalog(
        dataSources: ["yahoo_finance": .init(chunkSizeMax: 5)],
        tables: [.init(domain: "market", name: "prices"), .init(domain: "market", name: "dividends")]),
      schedule: try ScheduleExpression("cron(0 22 * * ? *)", dialect: .rules), misfire: .standard, limits: limits,
      chunks: .init(size: 2, sendBatchSize: 10, workerTimeoutSeconds: 300),
      sources: ["yahoo_finance": .init(baseURL: "http://localhost", requestsPerMinute: 100, timeoutSeconds: 10)],
      transform: .init(prefix: "market/prices/", suffix: ".json"), workers: 1)
  }

  static func request(
    _ body: JSON, _ trigger: TriggerType, _ correlationID: String, kind: RequestReader.Kind = .request
  ) throws -> IngestionRequest {
    try RequestReader.read(
      body, trigger: trigger, correlationID: correlationID, triggerTime: start, kind: kind,
      defaults: defaults, catalog: settings().catalog
    ).get().request
  }

  /// What stands at the door of admission when that cause asks for that.
  ///
  /// - Parameter key: the correlation id, and so the part of the key that tells runs apart; the cause's id if nil.
  static func application(
    _ cause: String, _ trigger: TriggerType = .manual, key: String? = nil, asks body: JSON = [:], hops: Int = 0,
    resumes: Bool = false, chunks: [Chunk]? = nil, kind: RequestReader.Kind = .request, event: String? = nil
  ) throws -> Application {
    var body = body
    if trigger != .schedule { body.set("correlation_id", .string(key ?? cause)) }
    let request = try request(body, trigger, key ?? cause, kind: kind)
    let symbols = request.symbols ?? defaults.symbols
    var asked = Cause(id: cause, trigger: trigger, arrivedAt: start, hops: hops)
    asked.eventID = event
    let chunks = chunks ?? ChunkPlan.make(symbols, chunkSize: 2)
    let messages = chunks.map { chunk in
      OutgoingMessage(
        queue: workQueue, id: "\(asked.runID)-\(chunk.index)", body: "{}",
        attributes: ["run_id": .string(asked.runID)], visibleAt: start + chunk.delay, priority: request.urgent ? 1 : 0)
    }
    return Application(
      cause: asked, request: request, symbols: symbols, chunks: chunks, warnings: ["taken as given"],
      payloadHash: "hash of \(request.payloadText)", messages: messages,
      deadLetter: .init(
        queue: letters, rule: "the rule's ARN", target: "the function's ARN", payload: "what it was given"),
      resumes: resumes)
  }

  static func event(_ id: String, _ detail: JSON = [:]) -> Event {
    Event(
      id: id, source: "ops.manual", detailType: "Adhoc Ingestion", account: names.account, region: names.region,
      time: start, resources: ["arn:aws:s3:::somewhere"], detail: detail)
  }

  static func cause(_ id: String, event: String? = nil, rule: String = "some-rule") -> Cause {
    var cause = Cause(id: id, trigger: .event, arrivedAt: start, hops: 1)
    cause.eventID = event
    cause.parentID = "parent-1"
    cause.rule = rule
    cause.ruleVersion = 7
    return cause
  }

  static func target(_ id: String, _ retry: RetryPolicy = .standard) -> Target {
    Target(id: id, arn: names.queue(workQueue), input: .whole, retry: retry, deadLetter: names.queue(letters))
  }

  /// An event with a delivery to each of these targets, all for one cause.
  static func routed(_ id: String, to targets: [String], rows: [LedgerEntry] = []) -> RoutedEvent {
    RoutedEvent(
      event: event(id), hops: 1, parentID: "parent-1", receivedAt: start,
      deliveries: targets.map {
        NewDelivery(cause: cause("\(id)/some-rule", event: id), target: target($0), body: nil, due: start)
      }, rows: rows)
  }

  static func entry(
    _ cause: String, _ decision: Decision = .invalid, at moment: Timestamp = start,
    _ about: (inout LedgerEntry.Subject) -> Void = { _ in }
  ) -> LedgerEntry {
    var subject = LedgerEntry.Subject(triggerType: "manual")
    about(&subject)
    return LedgerEntry(
      causeID: cause, decision: decision, gate: .structure, code: .malformedEvent, summary: "the payload is not JSON",
      facts: ["place": 1], at: moment, took: Span(milliseconds: 3), about: subject)
  }

  static let stored = SymbolResult(symbol: "AAPL", outcome: .stored(key: "k/AAPL.json", bytes: 10, rows: 2))
  static let failed = SymbolResult(symbol: "AAPL", outcome: .failed(code: .unavailable, reason: "HTTP 500"))
}

extension Timestamp {
  /// That many seconds later, or earlier if negative.
  func after(_ seconds: Int) -> Timestamp { self + .seconds(seconds) }
}

extension AdmissionResult {
  var entry: LedgerEntry {
    switch self {
    case .decided(let entry, _), .already(let entry): entry
    }
  }

  /// nil if the cause had been decided before.
  var verdict: Admission.Verdict? {
    switch self {
    case .decided(_, let verdict): verdict
    case .already: nil
    }
  }

  var decision: Decision { entry.decision }
}

extension AdmissionDesk where Self: RunJournal {
  /// Ends the run of that application: every chunk with that result, through the queue as a worker does.
  func end(_ application: Application, with result: SymbolResult, at now: Timestamp) async throws -> Run.Status? {
    var status: Run.Status?
    for chunk in application.chunks {
      let message = ReceivedMessage(
        queue: Sample.workQueue, id: "\(application.cause.runID)-\(chunk.index)", receipt: "unknown", body: "{}",
        attributes: [:], sentAt: now, firstReceivedAt: now, receiveCount: 1)
      status = try await finish(
        [result], of: application.cause.runID, chunk: chunk.index, attempt: 1, message: message, deadLetter: nil,
        at: now)
    }
    return status
  }

  /// Admits a run and lets it fail, as often as asked.
  func fail(runs count: Int, from start: Timestamp, named name: String = "bad") async throws {
    for number in 0..<count {
      let application = try Sample.application("\(name)-\(number)", .schedule)
      let now = start.after(number)
      let result = try await admit(application, at: now)
      try #require(result.decision == .dispatched)
      try #require(try await end(application, with: Sample.failed, at: now) == .failed)
    }
  }
}
