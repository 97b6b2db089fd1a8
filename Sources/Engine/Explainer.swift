import Events
import Ingestion
import Rules
import Telemetry

/// Answers why something happened, or why nothing did: from the ledger, the event as it came, and what was in force then.
public struct Explainer: Sendable {
  /// Causes that one answer goes into.
  public static let causesMax = 20
  /// An engine that was not heard of for so long was not running.
  static let silenceMax = Span.minutes(2)

  let engine: Runtime

  public init(_ engine: Runtime) {
    self.engine = engine
  }

  /// What an event, correlation, run or cause id came to; the headline says it in one sentence. nil if nothing is known of it.
  ///
  /// A slot may be named as `rule@instant`; one that nobody decided is answered as `whyNot` does.
  public func why(_ id: String) async throws(StoreError) -> JSON? {
    var query = LedgerQuery()
    query.id = id
    query.limit = Explainer.causesMax
    let entries = try await engine.ports.ledger.entries(query)
    let event = try await engine.ports.events.event(id)
    guard !entries.isEmpty || event != nil else { return try await undecidedSlot(id) }
    var causes: [JSON] = []
    for entry in entries { causes.append(try await explain(entry)) }
    let children = try await children(of: entries.map(\.causeID) + [id])
    let headline = entries.first.map { Explainer.headline($0) } ?? "it was taken in and is still being delivered"
    var missed: JSON?
    if let event { missed = try await self.missed(event) }
    return JSON(present: [
      "id": .string(id), "headline": .string(headline), "causes": .array(causes),
      "children": .array(children.map(\.json)),
      "event": event.map(\.event.json), "received_at": event.map { .string($0.receivedAt.preciseText) },
      "missed_rules": missed,
    ])
  }

  /// `rule@instant` of a slot without a row: what `why-not` says of that moment.
  private func undecidedSlot(_ id: String) async throws(StoreError) -> JSON? {
    guard let at = id.lastIndex(of: "@"), let slot = Timestamp(String(id[id.index(after: at)...])) else { return nil }
    return try await whyNot(String(id[..<at]), at: slot)
  }

  /// What was caused by these in turn: objects that a run stored, and what consumers asked for because of it (D14).
  private func children(of causes: [String]) async throws(StoreError) -> [LedgerEntry] {
    var children: [LedgerEntry] = []
    for cause in Set(causes).sorted() where children.count < Explainer.causesMax {
      var query = LedgerQuery()
      query.parent = cause
      query.limit = Explainer.causesMax - children.count
      children += try await engine.ports.ledger.entries(query)
    }
    return children
  }

  /// `dispatched at 22:00:00: …` or `stopped at gate rate (RATE_LIMITED): …`.
  public static func headline(_ entry: LedgerEntry) -> String {
    switch entry.decision {
    case .dispatched, .dryRun: "\(entry.decision.rawValue): \(entry.summary)"
    case .changed: "changed: \(entry.summary)"
    case .deferred: "waits at gate \(entry.gate.rawValue) (\(entry.code.rawValue)): \(entry.summary)"
    case .duplicate, .conflict, .invalid, .rejected, .rateLimited, .breakerOpen, .loopStopped, .disabled, .missed,
      .skipped, .unmatched, .undeliverable:
      "stopped at gate \(entry.gate.rawValue) (\(entry.code.rawValue)): \(entry.summary)"
    }
  }

  /// The row with what its code means, what would have let it through, its gates with the state of then, and its run.
  func explain(_ entry: LedgerEntry) async throws(StoreError) -> JSON {
    var json = entry.json
    json.set("meaning", .string(entry.code.meaning))
    if let remedy = remedy(entry) { json.set("would_let_it_through", .string(remedy)) }
    let then = try await StateOfThen(engine, entry)
    let holder = try await then.holder()?.owner
    if let command = Explainer.command(entry, holder: holder) { json.set("command", .string(command)) }
    json.set("gates", .array(try await gates(entry, then)))
    for (name, value) in then.json { json.set(name, value) }
    if entry.gate == .misfire, let slot = entry.about.slot,
      let down = try await downtime(around: slot, decidedAt: entry.at)
    {
      json.set("engine_was_down", .string(down))
    }
    if let id = entry.about.runID, let run = try await engine.ports.runs.run(id) { json.set("run", run.json) }
    return json
  }

  /// From when to when no engine was running around that moment, in words; nil if one was.
  ///
  /// - Parameter decidedAt: when a slot of that moment was decided; a start between the two says that an engine had died.
  func downtime(around moment: Timestamp, decidedAt: Timestamp? = nil) async throws(StoreError) -> String? {
    let lives = try await engine.ports.history.lifetimes(around: moment)
    guard let before = lives.before, let after = lives.after else { return nil }
    let isBetween = decidedAt.map { after.from <= $0 } ?? false
    guard isBetween || before.until < moment - Explainer.silenceMax else { return nil }
    return "the engine was not running: last heard of at \(before.until), started again at \(after.from)"
  }

  /// The gates in their order, how far the cause came, and what each gate stood on then.
  private func gates(_ entry: LedgerEntry, _ then: StateOfThen) async throws(StoreError) -> [JSON] {
    let accepted = entry.decision == .dispatched || entry.decision == .dryRun
    var reached = true
    var gates: [JSON] = []
    for gate in Gate.allCases where Explainer.applies(gate, to: entry) {
      let isHere = gate == entry.gate
      let state = !reached ? "not_reached" : isHere && !accepted ? "stopped" : "passed"
      let detail = isHere ? entry.summary : try await then.detail(of: gate)
      gates.append(
        JSON(present: [
          "gate": .string(gate.rawValue), "state": .string(state), "detail": detail.map { .string($0) },
        ]))
      if isHere { reached = false }
    }
    return gates
  }

  private static func applies(_ gate: Gate, to entry: LedgerEntry) -> Bool {
    switch gate {
    case .enabled, .delivery: entry.about.rule != nil || gate == entry.gate
    case .match: (entry.about.eventID != nil && entry.about.slot == nil) || gate == entry.gate
    case .misfire: entry.about.slot != nil
    case .operator: gate == entry.gate
    case .shape, .structure, .values, .symbols, .plan, .causation, .duplicate, .breaker, .rate, .lease, .claim,
      .dispatch:
      true
    }
  }

  /// The command that mends it, ready to be pasted; nil if no one command does.
  ///
  /// - Parameter holder: who held the table then.
  static func command(_ entry: LedgerEntry, holder: String?) -> String? {
    let rule = entry.about.rule ?? "RULE"
    switch entry.code {
    case .ruleDisabled: return "bellcrank \(ScheduleName(rule) == nil ? "rules enable" : "schedule resume") \(rule)"
    case .misfireSkipped, .slotMissed:
      return "bellcrank schedule recover \(rule) \(entry.about.slot?.description ?? "SLOT")"
    case .breakerOpen:
      return "bellcrank trigger run --set domain=\(entry.about.domain ?? "DOMAIN") "
        + "--set table_name=\(entry.about.tableName ?? "TABLE") --urgent"
    case .leaseHeld:
      guard let holder else { return nil }
      return "bellcrank lease release --domain \(entry.about.domain ?? "DOMAIN") "
        + "--table \(entry.about.tableName ?? "TABLE") --owner \(holder)"
    case .notPermitted: return "bellcrank doctor --no-sources"
    case .overlapSkipped:
      return "bellcrank schedule recover \(rule) \(entry.about.slot?.description ?? "SLOT")"
    case .retriesExhausted, .eventTooOld, .targetMissing, .inputNotShaped, .unknownDataSource, .unknownTable,
      .noSymbols,
      .loopStopped:
      return "bellcrank dlq redrive --code \(entry.code.rawValue) --dry-run"
    case .duplicateRun, .idempotencyConflict:
      return entry.about.runID.map { "bellcrank runs show \($0)" } ?? "bellcrank why \(entry.causeID)"
    case .noRuleMatched: return entry.about.eventID.map { "bellcrank why \($0)" }
    case .noTargets, .rateLimited, .dispatched, .delivered, .dryRun, .malformedEvent, .invalidDataSource,
      .invalidDomain,
      .invalidTableName, .invalidSymbols, .waitingInLine, .noIngestionAsked, .objectStale, .noObjectCreated,
      .ruleChanged, .ruleReset, .operatorAction, .ledgerRetained, .misfirePlanned, .overlapBuffered, .scheduleChanged,
      .scheduleRemoved, .backfillChanged, .zonesChanged:
      return nil
    }
  }

  /// What would have let it through, with the names and numbers of this case.
  private func remedy(_ entry: LedgerEntry) -> String? {
    let rule = entry.about.rule ?? "RULE"
    switch entry.code {
    case .noRuleMatched:
      guard let miss = entry.facts["near_misses"]?.elements?.first, let name = miss["rule"]?.string,
        let leaf = miss["failures"]?.elements?.first, let path = leaf["path"]?.string,
        let wanted = leaf["wanted"]?.string
      else { return entry.code.remedy }
      return "\(path) within \(wanted) would have matched rule \(name)"
    case .ruleDisabled: return "bellcrank \(ScheduleName(rule) == nil ? "rules enable" : "schedule resume") \(rule)"
    case .noTargets: return "aws events put-targets --rule \(rule) --targets …"
    case .rateLimited, .breakerOpen:
      guard let seconds = entry.facts["retry_after"]?.int else { return entry.code.remedy }
      let free = entry.at + .seconds(seconds)
      return "the same request from \(free) on; \(entry.code.remedy ?? "")"
    case .misfireSkipped, .slotMissed:
      return "bellcrank schedule recover \(rule) \(entry.about.slot?.description ?? "SLOT")"
    case .dispatched, .delivered, .dryRun, .duplicateRun, .idempotencyConflict, .malformedEvent, .invalidDataSource,
      .invalidDomain, .invalidTableName, .invalidSymbols, .unknownDataSource, .unknownTable, .noSymbols, .loopStopped,
      .leaseHeld, .waitingInLine, .noIngestionAsked, .objectStale, .noObjectCreated, .targetMissing, .notPermitted,
      .inputNotShaped, .retriesExhausted, .eventTooOld, .ruleChanged, .ruleReset, .operatorAction, .ledgerRetained,
      .misfirePlanned, .overlapSkipped, .overlapBuffered, .scheduleChanged, .scheduleRemoved, .backfillChanged,
      .zonesChanged:
      return entry.code.remedy
    }
  }

  /// The rules of then that did not want the event, the closest first, each with the leaves that failed.
  private func missed(_ event: RecordedEvent) async throws(StoreError) -> JSON {
    let rules = try await engine.ports.history.rules(at: event.receivedAt)
    return .array(EventBus.misses(event.event.json, of: rules).prefix(Explainer.causesMax).map(\.json))
  }
}
