import Events
import Extraction
import Ingestion
import Rules
import Schedules
import Telemetry

/// Decides about every cause: read, validated, resolved, planned, then admitted in one atomic step (D1, D10).
public struct Orchestrator: Function {
  let settings: Settings
  private let book: any ScheduleBook
  let desk: any AdmissionDesk
  let universe: any UniverseStore
  /// nil where it may publish nothing, as on AWS: then it refuses raw notifications.
  private let notifier: (any ObjectNotifier)?
  let clock: any WallClock
  private let entropy: any Entropy
  private let digests: any Digests
  private let log: any LogSink
  private let bells: Bells
  private let deferredDue: Bell

  public init(
    _ settings: Settings, _ book: any ScheduleBook, _ desk: any AdmissionDesk, _ universe: any UniverseStore,
    _ notifier: (any ObjectNotifier)?, _ clock: any WallClock, _ entropy: any Entropy, _ digests: any Digests,
    _ log: any LogSink, bells: Bells, deferredDue: Bell
  ) {
    self.settings = settings
    self.book = book
    self.desk = desk
    self.universe = universe
    self.notifier = notifier
    self.clock = clock
    self.entropy = entropy
    self.digests = digests
    self.log = log
    self.bells = bells
    self.deferredDue = deferredDue
  }

  private var names: EnvironmentNames { EnvironmentNames(settings) }

  public func invoke(_ payload: [UInt8], _ context: InvocationContext) async -> FunctionOutcome {
    do {
      return .answered(try await answer(payload, context))
    } catch {
      log.write(LogLine(.error, "orchestrator failed", ["request": context.requestID, "reason": error.reason]))
      return .failed(type: error.code.rawValue, message: error.reason)
    }
  }

  /// What keeps a cause waiting that was asked again.
  public enum Hold: Sendable, Hashable {
    /// The common rate of its kind of trigger.
    case rate(until: Timestamp)
    /// The breaker or the lease of its table.
    case table(until: Timestamp)
    /// One that came earlier and waits itself.
    case line
  }

  /// Asks again for a cause that waited. nil if it is decided now.
  public func resume(_ deferred: DeferredCause) async throws(StoreError) -> Hold? {
    let ask = Ask(deferred.request, deferred.warnings, deferred.request.json.text, resumes: true)
    return try await decide(ask, deferred.cause).hold
  }

  private func answer(_ payload: [UInt8], _ context: InvocationContext) async throws(StoreError) -> JSON {
    let json: JSON
    do {
      json = payload.isEmpty ? .object([]) : try JSON(parsing: payload)
    } catch {
      return try await refuse(
        Refusal(.malformedEvent, "the payload is not JSON: \(error.message)"), cause(context), payload)
    }
    switch InputShape(json) {
    case .request:
      let cause = cause(context)
      return try await process(json, .request, cause, triggerTime: cause.slot ?? cause.arrivedAt, payload)
    case .tick:
      return try await passTick(cause(context))
    case .objectRecords:
      return try await notify(json, cause(context), payload)
    case .scheduled, .envelope:
      guard let event = Event(given: json) else {
        let text = "the event lacks one of id, source, detail-type, account, region, time, or its time is no instant"
        return try await refuse(Refusal(.malformedEvent, text), cause(context), payload)
      }
      return try await translate(event, context, payload)
    }
  }

  private func translate(
    _ event: Event, _ context: InvocationContext, _ payload: [UInt8]
  ) async throws(StoreError) -> JSON {
    let cause = cause(context, of: event)
    switch EventTranslation.of(event) {
    case .scheduled:
      return try await process(settings.defaults.json, .request, cause, triggerTime: event.time, payload)
    case .request(let body):
      return try await process(body, .request, cause, triggerTime: event.time, payload)
    case .reingestion(let body):
      return try await process(body, .reingestion, cause, triggerTime: event.time, payload)
    case .universe(let change, let then):
      try await universe.note(change, base: settings.defaults.symbols)
      guard let body = then else { return try await noteOnly(change, cause) }
      return try await process(body, .universe, cause, triggerTime: event.time, payload)
    case .refused(let refusal):
      return try await refuse(refusal, cause, payload)
    case .objects:
      return try await refuse(
        Refusal(.malformedEvent, field: "source", "object events start no ingestion; they go to Transform"), cause,
        payload)
    case .notOurs(let reason):
      return try await refuse(Refusal(.malformedEvent, field: "detail-type", reason), cause, payload)
    }
  }

  /// The cause that is delivered, or else the invocation itself.
  private func cause(_ context: InvocationContext) -> Cause {
    context.cause ?? Cause(id: context.requestID, trigger: .manual, arrivedAt: context.invokedAt)
  }

  /// An event that was handed over directly is the same cause as if its rule had delivered it (D8); so is a slot of a
  /// schedule whose instant has come. Any other scheduled event, as of a console's test, is somebody's own wish.
  private func cause(_ context: InvocationContext, of event: Event) -> Cause {
    if let cause = context.cause, cause.rule != nil { return cause }
    let isScheduled = event.detailType == "Scheduled Event" && event.source == "aws.events"
    guard let rule = rule(for: event) else { return cause(context) }
    let id =
      isScheduled ? Cause.slotID(rule: rule, at: event.time) : Cause.matchID(event: event.id, rule: rule)
    var cause = Cause(id: id, trigger: isScheduled ? .schedule : .event, arrivedAt: context.invokedAt)
    if isScheduled { cause.slot = event.time }
    cause.eventID = event.id
    cause.rule = rule
    return cause
  }

  /// The rule that delivers such events; nil for a scheduled event that is no slot of its rule.
  private func rule(for event: Event) -> String? {
    switch event.source {
    case "aws.events":
      let name = event.resources.first.flatMap { ResourceName($0)?.name } ?? names.scheduleRule
      return event.time <= clock.now() && book.isSlot(event.time, of: name) ? name : nil
    case "transform.pipeline", "extract.pipeline": return names.transformPipelineRule
    case "symbol.universe": return names.symbolUniverseRule
    case "market.events": return names.marketEventsRule
    default: return names.opsManualRule
    }
  }

  private func process(
    _ body: JSON, _ kind: RequestReader.Kind, _ cause: Cause, triggerTime: Timestamp, _ payload: [UInt8]
  ) async throws(StoreError) -> JSON {
    let derived = cause.trigger == .manual ? entropy.uuid() : cause.correlationID
    switch RequestReader.read(
      body, trigger: cause.trigger, correlationID: derived, triggerTime: triggerTime, kind: kind,
      defaults: settings.defaults, catalog: settings.catalog)
    {
    case .failure(let refusal):
      return try await refuse(refusal, cause, payload, correlationID: body["correlation_id"]?.string ?? derived)
    case .success(let read):
      let text = String(decoding: payload, as: UTF8.self)
      return try await decide(Ask(read.request, read.warnings, text, resumes: false), cause).answer
    }
  }

  /// A request on its way to admission.
  struct Ask {
    let request: IngestionRequest
    let warnings: [String]
    /// What the function was given, or the stored request of a cause that waited.
    let payload: String
    let resumes: Bool

    init(_ request: IngestionRequest, _ warnings: [String], _ payload: String, resumes: Bool) {
      self.request = request
      self.warnings = warnings
      self.payload = payload
      self.resumes = resumes
    }
  }

  private func decide(_ ask: Ask, _ cause: Cause) async throws(StoreError) -> (answer: JSON, hold: Hold?) {
    let now = clock.now()
    // Forced symbols ask nobody (D7).
    let known = ask.request.forceSymbols ? nil : try await universe.universe(at: now)
    let universe = known.map { Universe(symbols: $0, source: .parameter) }
    switch SymbolResolution.resolve(
      ask.request, universe: universe ?? Universe(symbols: settings.defaults.symbols, source: .defaults))
    {
    case .failure(let refusal):
      let answer = try await refuse(refusal, cause, Array(ask.payload.utf8), ask.request)
      return (answer, nil)
    case .success(let resolution):
      let application = application(ask, resolution, cause, at: now)
      let result = try await desk.admit(application, at: now)
      return (report(result, application), hold(result))
    }
  }

  private func hold(_ result: AdmissionResult) -> Hold? {
    switch result {
    case .decided(_, .wait(.rate, let until)): .rate(until: until)
    case .decided(_, .wait(.breaker, let until)), .decided(_, .wait(.lease, let until)): .table(until: until)
    case .decided(_, .wait(.line, _)): .line
    case .decided, .already: nil
    }
  }

  func application(
    _ ask: Ask, _ resolution: SymbolResolution, _ cause: Cause, at now: Timestamp
  ) -> Application {
    let request = ask.request
    let symbols = resolution.symbols
    var cause = cause
    cause.hops = max(cause.hops, request.hops)
    if cause.parentID == nil { cause.parentID = request.causationID }
    let most = settings.catalog.dataSources[request.dataSource]?.chunkSizeMax ?? ChunkSettings.chunkSizeMax
    let rate = settings.sources[request.dataSource]?.requestsPerMinute ?? ChunkPlan.requestsPerMinute
    let chunks = ChunkPlan.make(
      symbols, chunkSize: min(request.overrides.chunkSize ?? settings.chunks.size, most), requestsPerMinute: rate)
    let messages = RunMessages(
      runID: cause.runID, request: request, chunkCount: chunks.count, startedAt: now, settings: settings
    ).messages(of: chunks)
    return Application(
      cause: cause, request: request, symbols: symbols, chunks: chunks,
      warnings: ask.warnings + resolution.warnings.filter { !ask.warnings.contains($0) },
      payloadHash: digests.sha256(Array(request.payloadText.utf8)), messages: messages,
      deadLetter: .init(
        queue: names.triggerDeadLetters, rule: cause.rule.map { settings.names.rule($0).description },
        target: settings.names.function(names.orchestrator).description, payload: ask.payload),
      resumes: ask.resumes)
  }

  /// Logs the decision, wakes who waits for it, and turns it into the answer.
  private func report(_ result: AdmissionResult, _ application: Application) -> JSON {
    switch result {
    case .decided(let entry, let verdict):
      write(entry)
      switch verdict {
      case .admit: bells[names.workQueue].ring()
      case .wait: deferredDue.ring()
      case .loopStopped: bells[names.triggerDeadLetters].ring()
      case .duplicate, .conflict, .breakerOpen, .rateLimited: break
      }
      return AdmissionReport.answer(verdict, application).json
    case .already(let entry):
      return repeated(entry, application)
    }
  }

  /// The answer to a redelivery: the run is named again, a refusal or an open row is told again.
  private func repeated(_ entry: LedgerEntry, _ application: Application) -> JSON {
    if let code = RefusalCode(rawValue: entry.code.rawValue) {
      let retryAfter = entry.facts["retry_after"]?.int.map { Span.seconds($0) }
      return OrchestratorAnswer.refused(Refusal(code, entry.summary), retryAfter: retryAfter).json
    }
    let decision: Decision = entry.about.runID != nil ? .duplicate : entry.decision
    return OrchestratorAnswer.accepted(
      .init(
        decision: decision.rawValue, runID: entry.about.runID, request: application.request,
        symbols: application.symbols, chunks: application.chunks, messages: 0, warnings: application.warnings)
    ).json
  }

  private func refuse(
    _ refusal: Refusal, _ cause: Cause, _ payload: [UInt8], _ request: IngestionRequest? = nil,
    correlationID: String? = nil
  ) async throws(StoreError) -> JSON {
    let now = clock.now()
    let entry = AdmissionReport.refused(refusal, cause, request, correlationID: correlationID, at: now)
    let letter = refusal.code.goesToDeadLetter ? deadLetter(refusal, cause, payload, at: now) : nil
    if try await desk.close(entry, deadLetter: letter) {
      write(entry)
      if letter != nil { bells[names.triggerDeadLetters].ring() }
    }
    return OrchestratorAnswer.refused(refusal, retryAfter: nil).json
  }

  private func deadLetter(
    _ refusal: Refusal, _ cause: Cause, _ payload: [UInt8], at now: Timestamp
  ) -> OutgoingMessage {
    DeadLetter.message(
      to: names.triggerDeadLetters, id: "dead-\(cause.id)", body: String(decoding: payload, as: UTF8.self),
      rule: cause.rule.map { settings.names.rule($0).description },
      target: settings.names.function(names.orchestrator).description, code: refusal.code.rawValue,
      reason: refusal.first.message, exhausted: nil, retries: 0, at: now)
  }

  /// A change of the universe that asks for no ingestion is decided too.
  private func noteOnly(_ change: UniverseChange, _ cause: Cause) async throws(StoreError) -> JSON {
    let now = clock.now()
    let facts: JSON = [
      "added": JSON(change.added), "removed": JSON(change.removed),
      "effective_at": .string(change.effectiveAt.description),
    ]
    let entry = LedgerEntry(
      causeID: cause.id, decision: .skipped, gate: .shape, code: .noIngestionAsked,
      summary: "universe: \(change.added.count) added, \(change.removed.count) removed from \(change.effectiveAt)",
      facts: facts, at: now, took: now - cause.arrivedAt, about: cause.subject)
    if try await desk.close(entry, deadLetter: nil) { write(entry) }
    return [
      "statusCode": 200, "decision": .string(entry.decision.rawValue), "run_id": .null, "universe": facts,
    ]
  }

  /// Here loops of the engine do what the tick is for on AWS, so it only is a cause that has its decision.
  private func passTick(_ cause: Cause) async throws(StoreError) -> JSON {
    let now = clock.now()
    let entry = LedgerEntry(
      causeID: cause.id, decision: .skipped, gate: .shape, code: .noIngestionAsked,
      summary: "a tick asks for no ingestion", at: now, took: now - cause.arrivedAt, about: cause.subject)
    if try await desk.close(entry, deadLetter: nil) { write(entry) }
    return ["statusCode": 200, "decision": .string(entry.decision.rawValue), "run_id": .null]
  }

  /// Raw notifications of S3 become events on the bus, each object's once and never an older after a newer (D22).
  private func notify(_ json: JSON, _ cause: Cause, _ payload: [UInt8]) async throws(StoreError) -> JSON {
    guard let notifier else {
      return try await refuse(
        Refusal(.malformedEvent, field: "Records", "raw notifications of S3 go to the notifier"), cause, payload)
    }
    let objects: [ObjectCreated]
    switch ObjectCreated.records(json) {
    case .failure(let refusal): return try await refuse(refusal, cause, payload)
    case .success(let read): objects = read
    }
    let entry = try await notifier.notify(objects, of: cause)
    write(entry)
    return [
      "statusCode": 200, "decision": .string(entry.decision.rawValue), "run_id": .null,
      "events": entry.facts["events"] ?? [], "stale": entry.facts["stale"] ?? 0,
    ]
  }

  private func write(_ entry: LedgerEntry) {
    let level: LogLine.Level =
      switch entry.decision {
      case .dispatched, .dryRun, .duplicate, .deferred, .skipped, .unmatched, .disabled, .changed: .info
      case .rateLimited, .breakerOpen, .conflict: .warning
      case .invalid: entry.gate == .structure ? .error : .warning
      case .rejected, .loopStopped, .undeliverable, .missed: .error
      }
    var fields = ["cause": entry.causeID, "decision": entry.decision.rawValue, "code": entry.code.rawValue]
    fields["correlation_id"] = entry.about.correlationID
    fields["run"] = entry.about.runID
    fields["rule"] = entry.about.rule
    log.write(LogLine(level, entry.summary, fields))
  }
}
