import Events
import Extraction
import Ingestion
import Telemetry

/// What a worker does with one chunk: fetches its symbols and stores one object each (§4, D12).
///
/// It never sleeps: a chunk that has to wait goes back to the queue until its moment, so a crash loses nothing.
public struct ChunkWork: Sendable {
  /// Seconds by which the start in an object's name may be moved when another run of the same second holds it: more than
  /// the runs that may be admitted in one second.
  public static let keyShiftsMax = 10_000

  /// What became of the message.
  public enum End: Sendable, Hashable {
    /// It is not needed any more.
    case done
    /// It was put back for another attempt.
    case again
    /// It was put back, or a copy of it, for the source's budget is used up until then.
    case unpaid(until: Timestamp)
  }

  private let queues: any MessageQueues
  private let runs: any RunJournal
  private let budget: any SourceBudget
  private let sources: [String: any Source]
  private let objects: any RawObjects
  private let ledger: any Ledger
  private let clock: any WallClock
  private let log: any LogSink
  private let observer: any Observer
  private let settings: Settings
  private let bells: Bells
  /// Rings when a run has ended, for causes may have waited for that.
  private let runEnded: Bell

  public init(
    _ queues: any MessageQueues, _ runs: any RunJournal, _ budget: any SourceBudget,
    _ sources: [String: any Source], _ objects: any RawObjects, _ ledger: any Ledger, _ clock: any WallClock,
    _ log: any LogSink, _ observer: any Observer, _ settings: Settings, bells: Bells, runEnded: Bell
  ) {
    self.queues = queues
    self.runs = runs
    self.budget = budget
    self.sources = sources
    self.objects = objects
    self.ledger = ledger
    self.clock = clock
    self.log = log
    self.observer = observer
    self.settings = settings
    self.bells = bells
    self.runEnded = runEnded
  }

  private var names: EnvironmentNames { EnvironmentNames(settings) }

  /// Works on a message that was received. What it throws left the message where it is: it shows again by itself.
  public func work(on message: ReceivedMessage) async throws(StoreError) -> End {
    let chunk: ChunkMessage
    do {
      chunk = try ChunkMessage(json: try JSON(parsing: message.body))
    } catch {
      try await bury(message, "the message is no chunk: \(error)")
      return .done
    }
    guard let known = try await runs.chunk(chunk.chunkIndex, of: chunk.runID) else {
      try await bury(message, "there is no chunk \(chunk.chunkIndex) of a run \(chunk.runID)")
      return .done
    }
    guard ChunkWork.belongs(chunk, to: known) else {
      try await bury(message, "the message is not what run \(chunk.runID) sent for its chunk \(chunk.chunkIndex)")
      return .done
    }
    guard known.chunk.finishedAt == nil else {
      _ = try await queues.delete(message.queue, receipt: message.receipt)
      return .done
    }
    // A copy of a message counts anew, so what is known of the chunk counts too.
    let number = max(message.receiveCount, known.chunk.attempts + 1)
    guard number <= ChunkAttempt.attemptsMax else {
      try await giveUp(chunk, known.chunk, message)
      return .done
    }
    let progress = progress(of: known.chunk)
    let remaining = chunk.symbols.filter { symbol in
      switch progress[symbol] {
      case .stored: false
      case .failed(let error, _): error.isRetriable
      case nil: true
      }
    }
    if let until = try await unpaid(remaining.count, chunk, message) { return .unpaid(until: until) }
    return try await attempt(number, chunk, remaining, progress, known.causeID, message)
  }

  /// Anybody may put messages into the queue; one that asks for other symbols or another place than its run is forged.
  private static func belongs(_ message: ChunkMessage, to known: ChunkAssignment) -> Bool {
    let request = known.request
    return message.symbols == known.chunk.symbols && message.dataSource == request.dataSource
      && message.domain == request.domain && message.tableName == request.tableName && message.ds == request.ds
      && message.period == request.period && message.interval == request.interval
  }

  /// Takes the requests out of the source's budget. If there are too few, the chunk is put back until there are: then.
  private func unpaid(
    _ requests: Int, _ chunk: ChunkMessage, _ message: ReceivedMessage
  ) async throws(StoreError) -> Timestamp? {
    guard requests > 0 else { return nil }
    let rate = settings.sources[chunk.dataSource]?.requestsPerMinute ?? TokenBucket.yahooRequestsPerMinute
    // A chunk that is larger than a minute's budget could wait for ever: it takes all of it.
    let price = min(requests, rate)
    let now = clock.now()
    guard let wait = try await budget.take(price, of: chunk.dataSource, perMinute: rate, at: now) else { return nil }
    _ = try await queues.putBack(message, until: now + wait, uncounted: true, at: now)
    return now + wait
  }

  /// What earlier attempts brought: objects that are stored, and symbols that the source will never have.
  private func progress(of chunk: RunChunk) -> [String: ChunkAttempt.Progress] {
    var progress: [String: ChunkAttempt.Progress] = [:]
    for result in chunk.results {
      switch result.outcome {
      case .stored(let key, let bytes, let rows):
        progress[result.symbol] = .stored(key: key, bytes: bytes, rows: rows)
      case .failed(let code, let reason):
        progress[result.symbol] = .failed(SourceError(code, reason: reason), at: clock.now())
      }
    }
    return progress
  }

  private func attempt(
    _ number: Int, _ chunk: ChunkMessage, _ remaining: [String], _ earlier: [String: ChunkAttempt.Progress],
    _ causeID: String,
    _ message: ReceivedMessage
  ) async throws(StoreError) -> End {
    if chunk.workerTimeoutSeconds != settings.chunks.workerTimeoutSeconds {
      let now = clock.now()
      _ = try await queues.putBack(
        message, until: now + .seconds(chunk.workerTimeoutSeconds), uncounted: false, at: now)
    }
    var progress = earlier
    let hops = try await ledger.entry(of: causeID)?.about.hops ?? 0
    let deadline = clock.now() + .seconds(chunk.workerTimeoutSeconds)
    for (symbol, outcome) in await fetch(remaining, chunk, deadline) {
      switch outcome {
      case .fetched(let series):
        progress[symbol] = try await store(series, symbol, chunk, parentID: causeID, hops: hops + 1)
      case .failed(let error): progress[symbol] = .failed(error, at: clock.now())
      }
    }
    let now = clock.now()
    switch ChunkAttempt(of: chunk, number: number).decision(given: progress, at: now) {
    case .finish(let results):
      try await finish(number, results, chunk, message, deadLetter: nil)
      return .done
    case .retry(let after, let left):
      try await runs.keep(
        results(progress, chunk), of: chunk.runID, chunk: chunk.chunkIndex, attempt: number, message: message,
        until: now + after)
      let fields = ["symbols": left.joined(separator: ","), "after_s": "\(after.wholeSecondsUp)"]
      log.write(line(.warning, "chunk tried again later", chunk, fields))
      return .again
    }
  }

  private func results(_ progress: [String: ChunkAttempt.Progress], _ chunk: ChunkMessage) -> [SymbolResult] {
    chunk.symbols.compactMap { symbol in
      switch progress[symbol] {
      case .stored(let key, let bytes, let rows):
        SymbolResult(symbol: symbol, outcome: .stored(key: key, bytes: bytes, rows: rows))
      case .failed(let error, _):
        SymbolResult(symbol: symbol, outcome: .failed(code: error.code, reason: error.reason))
      case nil: nil
      }
    }
  }

  /// Asks for all symbols at once; a chunk holds few.
  private func fetch(
    _ symbols: [String], _ chunk: ChunkMessage, _ deadline: Timestamp
  ) async -> [(String, FetchOutcome)] {
    guard let source = sources[chunk.dataSource] else {
      let error = SourceError(.refused, reason: "no client for source \(chunk.dataSource)")
      return symbols.map { ($0, .failed(error)) }
    }
    let limit = Span.seconds(settings.sources[chunk.dataSource]?.timeoutSeconds ?? 10)
    let timeout = min(limit, deadline - clock.now())
    return await withTaskGroup(of: (Int, FetchOutcome).self) { group in
      for (index, symbol) in symbols.enumerated() {
        group.addTask { [clock, observer] in
          let asked = clock.now()
          let outcome = await source.prices(
            of: symbol, period: chunk.period, interval: chunk.interval, timeout: timeout)
          let now = clock.now()
          observer.observe(
            .sourceAnswered(source: chunk.dataSource, took: max(.zero, now - asked), outcome.error), at: now)
          return (index, outcome)
        }
      }
      var outcomes: [(Int, FetchOutcome)] = []
      for await outcome in group { outcomes.append(outcome) }
      return outcomes.sorted { $0.0 < $1.0 }.map { (symbols[$0.0], $0.1) }
    }
  }

  /// Writes the object once for this run: a key that this run wrote before counts as written.
  private func store(
    _ series: PriceSeries, _ symbol: String, _ chunk: ChunkMessage, parentID: String, hops: Int
  ) async throws(StoreError) -> ChunkAttempt.Progress {
    let document = PriceDocument(message: chunk, series: series, fetchedAt: clock.now())
    let bytes = document.bytes
    for shift in 0..<ChunkWork.keyShiftsMax {
      let key = ObjectKey.raw(
        domain: chunk.domain, tableName: chunk.tableName, ds: chunk.ds, dataSource: chunk.dataSource, symbol: symbol,
        interval: chunk.interval, period: chunk.period, runStarted: chunk.runStarted + .seconds(shift),
        fileFormat: chunk.fileFormat)
      let draft = ObjectStore.Draft(
        bucket: names.rawBucket, key: key, body: bytes, contentType: "application/json",
        metadata: ["run-id": chunk.runID, "correlation-id": chunk.correlationID], runID: chunk.runID,
        parentID: parentID, hops: hops)
      switch try await objects.putIfAbsent(draft) {
      case .stored: return .stored(key: key, bytes: bytes.count, rows: series.points.count)
      case .exists(let runID, let size) where runID == chunk.runID:
        return .stored(key: key, bytes: size, rows: series.points.count)
      case .exists: continue
      case .noBucket:
        return .failed(SourceError(.refused, reason: "there is no bucket \(names.rawBucket)"), at: clock.now())
      }
    }
    return .failed(
      SourceError(.unavailable, reason: "\(ChunkWork.keyShiftsMax) runs of the same second hold the key"),
      at: clock.now())
  }

  private func finish(
    _ number: Int, _ results: [SymbolResult], _ chunk: ChunkMessage, _ message: ReceivedMessage,
    deadLetter: OutgoingMessage?
  ) async throws(StoreError) {
    let status = try await runs.finish(
      results, of: chunk.runID, chunk: chunk.chunkIndex, attempt: number, message: message, deadLetter: deadLetter,
      at: clock.now())
    for result in results {
      switch result.outcome {
      case .stored: continue
      case .failed(let code, let reason):
        log.write(
          line(.error, "symbol failed", chunk, ["symbol": result.symbol, "code": code.rawValue, "reason": reason]))
      }
    }
    if let status {
      log.write(line(.info, "run ended", chunk, ["status": status.rawValue]))
      runEnded.ring()
    }
  }

  /// A chunk that was taken up too often without an end, as when it kills its worker: reported, and laid aside.
  private func giveUp(_ chunk: ChunkMessage, _ known: RunChunk, _ message: ReceivedMessage) async throws(StoreError) {
    let reason = "given up after \(ChunkAttempt.attemptsMax) attempts"
    let results = chunk.symbols.map { symbol in
      known.results.first { $0.symbol == symbol }
        ?? SymbolResult(symbol: symbol, outcome: .failed(code: .timeout, reason: reason))
    }
    try await finish(message.receiveCount, results, chunk, message, deadLetter: letter(message, reason))
    bells[names.workDeadLetters].ring()
  }

  private func bury(_ message: ReceivedMessage, _ reason: String) async throws(StoreError) {
    log.write(LogLine(.error, "message buried", ["queue": message.queue, "message": message.id, "reason": reason]))
    try await queues.send([letter(message, reason)], at: clock.now())
    _ = try await queues.delete(message.queue, receipt: message.receipt)
    bells[names.workDeadLetters].ring()
  }

  private func letter(_ message: ReceivedMessage, _ reason: String) -> OutgoingMessage {
    DeadLetter.message(
      to: names.workDeadLetters, id: "dead-\(message.id)", body: message.body, rule: nil,
      target: settings.names.function(names.worker).description, code: "CHUNK_FAILED", reason: reason,
      exhausted: "MaximumRetryAttempts", retries: message.receiveCount - 1, at: clock.now())
  }

  private func line(
    _ level: LogLine.Level, _ message: String, _ chunk: ChunkMessage, _ more: [String: String]
  ) -> LogLine {
    let fields = ["run": chunk.runID, "correlation_id": chunk.correlationID, "chunk": "\(chunk.chunkIndex)"]
    return LogLine(level, message, fields.merging(more) { _, new in new })
  }
}
