import Events
import Ingestion
import Rules
import Telemetry

/// Answers why something happened, or why nothing did: from the ledger, the event as it came, and the rules.
public struct Explainer: Sendable {
  /// Causes that one answer goes into.
  public static let causesMax = 20

  private let engine: Runtime

  public init(_ engine: Runtime) {
    self.engine = engine
  }

  /// What an event, correlation, run or cause id came to; the headline says it in one sentence. nil if nothing is known of it.
  public func why(_ id: String) async throws(StoreError) -> JSON? {
    var query = LedgerQuery()
    query.id = id
    query.limit = Explainer.causesMax
    let entries = try await engine.ports.ledger.entries(query)
    let event = try await engine.ports.events.event(id)
    guard !entries.isEmpty || event != nil else { return nil }
    var causes: [JSON] = []
    for entry in entries { causes.append(try await explain(entry)) }
    let children = try await children(of: entries.map(\.causeID) + [id])
    let headline = entries.first.map { Explainer.headline($0) } ?? "it was taken in and is still being delivered"
    return JSON(present: [
      "id": .string(id), "headline": .string(headline), "causes": .array(causes),
      "children": .array(children.map(\.json)),
      "event": event.map(\.event.json), "missed_rules": event.map { missed($0.event) },
    ])
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

  private func explain(_ entry: LedgerEntry) async throws(StoreError) -> JSON {
    var json = entry.json
    json.set("meaning", .string(entry.code.meaning))
    if let remedy = remedy(entry) { json.set("would_let_it_through", .string(remedy)) }
    json.set("gates", .array(gates(entry)))
    if let id = entry.about.runID, let run = try await engine.ports.runs.run(id) { json.set("run", run.json) }
    return json
  }

  /// The gates in their order, and how far the cause came.
  private func gates(_ entry: LedgerEntry) -> [JSON] {
    let accepted = entry.decision == .dispatched || entry.decision == .dryRun
    var reached = true
    return Gate.allCases.compactMap { gate -> JSON? in
      guard Explainer.applies(gate, to: entry) else { return nil }
      let state = !reached ? "not_reached" : gate == entry.gate && !accepted ? "stopped" : "passed"
      if gate == entry.gate { reached = false }
      return ["gate": .string(gate.rawValue), "state": .string(state)]
    }
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
    case .ruleDisabled: return "aws events enable-rule --name \(rule)"
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
      .inputNotShaped, .retriesExhausted, .eventTooOld, .ruleChanged, .ruleReset, .operatorAction:
      return entry.code.remedy
    }
  }

  /// The rules that did not want the event, the closest first, each with the leaves that failed.
  private func missed(_ event: Event) -> JSON {
    .array(engine.book.bus.misses(event.json).prefix(Explainer.causesMax).map(\.json))
  }
}
