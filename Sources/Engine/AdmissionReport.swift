import Events
import Ingestion
import Telemetry

extension ReasonCode {
  /// The ledger's word for a refusal: the same word.
  public init(_ code: RefusalCode) {
    switch code {
    case .malformedEvent: self = .malformedEvent
    case .invalidDataSource: self = .invalidDataSource
    case .invalidDomain: self = .invalidDomain
    case .invalidTableName: self = .invalidTableName
    case .invalidSymbols: self = .invalidSymbols
    case .unknownDataSource: self = .unknownDataSource
    case .unknownTable: self = .unknownTable
    case .noSymbols: self = .noSymbols
    case .loopStopped: self = .loopStopped
    case .rateLimited: self = .rateLimited
    case .idempotencyConflict: self = .idempotencyConflict
    case .breakerOpen: self = .breakerOpen
    }
  }
}

/// What admission's verdict looks like in the ledger and in the answer: pure, so that every store writes the same.
public enum AdmissionReport {
  /// The row that a verdict writes.
  public static func entry(_ verdict: Admission.Verdict, _ application: Application, at now: Timestamp) -> LedgerEntry {
    let finding = finding(of: verdict, application, at: now)
    return LedgerEntry(
      causeID: application.cause.id, decision: finding.decision, gate: finding.gate, code: finding.code,
      summary: finding.summary, facts: finding.facts, at: now, took: now - application.cause.arrivedAt,
      about: subject(application, runID: finding.runID))
  }

  /// What the verdict answers to whoever waits for it.
  public static func answer(_ verdict: Admission.Verdict, _ application: Application) -> OrchestratorAnswer {
    let request = application.request
    func accepted(_ decision: Decision, runID: String?, messages: Int) -> OrchestratorAnswer {
      .accepted(
        .init(
          decision: decision.rawValue, runID: runID, request: request, symbols: application.symbols,
          chunks: application.chunks, messages: messages, warnings: application.warnings))
    }
    switch verdict {
    case .admit:
      return request.dryRun
        ? accepted(.dryRun, runID: nil, messages: 0)
        : accepted(.dispatched, runID: application.cause.runID, messages: application.messages.count)
    case .duplicate(let run, _): return accepted(.duplicate, runID: run, messages: 0)
    case .wait: return accepted(request.dryRun ? .dryRun : .deferred, runID: nil, messages: 0)
    case .conflict(let run):
      let text = "key \(request.idempotencyKey) belongs to \(run), which asked for something else"
      return .refused(Refusal(.idempotencyConflict, field: "correlation_id", text), retryAfter: nil)
    case .breakerOpen(let retryAfter):
      let text = "the breaker of \(request.domain).\(request.tableName) is open"
      return .refused(Refusal(.breakerOpen, text), retryAfter: retryAfter)
    case .rateLimited(let retryAfter, let count, let limit):
      let text = "\(count) \(request.triggerType.rawValue) runs in the window, \(limit) are allowed"
      return .refused(Refusal(.rateLimited, text), retryAfter: retryAfter)
    case .loopStopped(let hops, let today):
      return .refused(Refusal(.loopStopped, loopText(hops, today, request)), retryAfter: nil)
    }
  }

  /// The row of a request that did not get as far as admission.
  public static func refused(
    _ refusal: Refusal, _ cause: Cause, _ request: IngestionRequest?, correlationID: String?, at now: Timestamp
  ) -> LedgerEntry {
    var subject = cause.subject
    subject.correlationID = request?.correlationID ?? correlationID
    subject.domain = request?.domain
    subject.tableName = request?.tableName
    subject.ds = request?.ds
    subject.idempotencyKey = request?.idempotencyKey
    let (decision, gate): (Decision, Gate) =
      switch refusal.code.family {
      case .structure: (.invalid, .structure)
      case .identityValue: (.invalid, .values)
      case .businessRule: (.rejected, .symbols)
      case .limit: (.rateLimited, .rate)
      case .conflict: (.conflict, .duplicate)
      case .breaker: (.breakerOpen, .breaker)
      }
    return LedgerEntry(
      causeID: cause.id, decision: decision, gate: gate, code: ReasonCode(refusal.code),
      summary: refusal.violations.map(\.message).joined(separator: "; "),
      facts: [
        "violations": .array(
          refusal.violations.map { violation in
            JSON(present: [
              "code": .string(violation.code.rawValue), "field": violation.field.map { .string($0) },
              "message": .string(violation.message),
            ])
          })
      ], at: now, took: now - cause.arrivedAt, about: subject)
  }

  private struct Finding {
    var decision: Decision
    var gate: Gate
    var code: ReasonCode
    var summary: String
    var facts: JSON
    var runID: String?
  }

  private static func finding(
    of verdict: Admission.Verdict, _ application: Application, at now: Timestamp
  ) -> Finding {
    let request = application.request
    let table = "\(request.domain).\(request.tableName)"
    switch verdict {
    case .admit: return admitted(application)
    case .duplicate(let run, let status):
      return Finding(
        decision: .duplicate, gate: .duplicate, code: .duplicateRun,
        summary: "\(request.idempotencyKey) is the key of \(run), which is \(status.rawValue)",
        facts: ["first_run_id": .string(run), "status": .string(status.rawValue)], runID: run)
    case .conflict(let run):
      return Finding(
        decision: .conflict, gate: .duplicate, code: .idempotencyConflict,
        summary: "\(request.idempotencyKey) is the key of \(run), which asked for something else",
        facts: ["first_run_id": .string(run)])
    case .breakerOpen(let retryAfter):
      return Finding(
        decision: .breakerOpen, gate: .breaker, code: .breakerOpen,
        summary: "the breaker of \(table) is open; the next probe may go in \(retryAfter.wholeSecondsUp) s",
        facts: ["retry_after": JSON(retryAfter.wholeSecondsUp)])
    case .rateLimited(let retryAfter, let count, let limit):
      return Finding(
        decision: .rateLimited, gate: .rate, code: .rateLimited,
        summary: "\(count) of \(limit) \(request.triggerType.rawValue) runs are used; the next is free in "
          + "\(retryAfter.wholeSecondsUp) s",
        facts: ["count": JSON(count), "limit": JSON(limit), "retry_after": JSON(retryAfter.wholeSecondsUp)])
    case .loopStopped(let hops, let today):
      return Finding(
        decision: .loopStopped, gate: .causation, code: .loopStopped, summary: loopText(hops, today, request),
        facts: ["hops": JSON(hops), "reingestions_today": JSON(today)])
    case .wait(let wait, let until):
      var finding = waiting(wait, until, table, at: now)
      if request.dryRun {  // It consumes nothing, so it does not wait either; it says that the real one would.
        finding.decision = .dryRun
        finding.summary = "would wait: \(finding.summary)"
      }
      return finding
    }
  }

  private static func admitted(_ application: Application) -> Finding {
    let plan: JSON = [
      "symbols": JSON(application.symbols.count), "chunks": JSON(application.chunks.count),
      "warnings": JSON(application.warnings),
    ]
    let size = "\(counted(application.symbols.count, "symbol")) in \(counted(application.chunks.count, "chunk"))"
    guard !application.request.dryRun else {
      return Finding(
        decision: .dryRun, gate: .claim, code: .dryRun, summary: "would have dispatched \(size)", facts: plan)
    }
    return Finding(
      decision: .dispatched, gate: .dispatch, code: .dispatched, summary: "dispatched \(size)", facts: plan,
      runID: application.cause.runID)
  }

  private static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  private static func waiting(
    _ wait: Admission.Wait, _ until: Timestamp, _ table: String, at now: Timestamp
  ) -> Finding {
    let (gate, code, text): (Gate, ReasonCode, String) =
      switch wait {
      case .breaker: (.breaker, .breakerOpen, "the breaker of \(table) is open")
      case .rate: (.rate, .rateLimited, "the limit of event-driven runs is used up")
      case .lease: (.lease, .leaseHeld, "somebody holds \(table)")
      case .line: (.rate, .waitingInLine, "earlier events still wait")
      }
    return Finding(
      decision: .deferred, gate: gate, code: code,
      summary: "\(text); asked again in \((until - now).wholeSecondsUp) s",
      facts: ["until": .string(until.preciseText)])
  }

  private static func loopText(_ hops: Int, _ today: Int, _ request: IngestionRequest) -> String {
    "\(hops) causes above it; \(today) re-ingestions of \(request.domain).\(request.tableName) ds=\(request.ds) "
      + "for reason \(request.reason ?? "none") today"
  }

  private static func subject(_ application: Application, runID: String?) -> LedgerEntry.Subject {
    var subject = application.cause.subject
    subject.runID = runID
    subject.correlationID = application.request.correlationID
    subject.idempotencyKey = application.request.idempotencyKey
    subject.domain = application.request.domain
    subject.tableName = application.request.tableName
    subject.ds = application.request.ds
    return subject
  }
}
