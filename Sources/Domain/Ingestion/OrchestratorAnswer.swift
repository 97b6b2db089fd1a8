import Events

/// What the orchestrator answers, in the members that callers and scripts rely on.
public enum OrchestratorAnswer: Sendable, Hashable {
  case accepted(Acceptance)
  /// - Parameter retryAfter: when asking again may help; rounded up to seconds.
  case refused(Refusal, retryAfter: Span?)

  /// A cause that was answered without an error.
  public struct Acceptance: Sendable, Hashable {
    /// In the vocabulary of D32.
    public let decision: String
    /// Of a duplicate, the first run; nil where no run exists yet.
    public let runID: String?
    public let request: IngestionRequest
    /// Resolved (D7).
    public let symbols: [String]
    public let chunks: [Chunk]
    /// Messages put into the work queue.
    public let messages: Int
    public let warnings: [String]

    public init(
      decision: String, runID: String?, request: IngestionRequest, symbols: [String], chunks: [Chunk], messages: Int,
      warnings: [String]
    ) {
      self.decision = decision
      self.runID = runID
      self.request = request
      self.symbols = symbols
      self.chunks = chunks
      self.messages = messages
      self.warnings = warnings
    }

    /// 202 while the decision is open (D13), else 200.
    public var statusCode: Int { decision == "deferred" ? 202 : 200 }

    /// Seconds from the dispatch until the last chunk may start.
    public var delaySeconds: Double { chunks.map(\.delay.seconds).max() ?? 0 }
  }

  public var statusCode: Int {
    switch self {
    case .accepted(let acceptance): acceptance.statusCode
    case .refused(let refusal, _): refusal.statusCode
    }
  }

  /// The answer as the function returns it.
  ///
  /// `chunks` lists the whole plan, so a dry run shows it (D18). `retry_after` is left out where waiting does not help.
  public var json: JSON {
    switch self {
    case .accepted(let acceptance): OrchestratorAnswer.json(acceptance)
    case .refused(let refusal, let retryAfter): OrchestratorAnswer.json(refusal, retryAfter)
    }
  }

  private static func json(_ acceptance: Acceptance) -> JSON {
    let request = acceptance.request
    return [
      "statusCode": JSON(acceptance.statusCode), "decision": .string(acceptance.decision),
      "run_id": acceptance.runID.map { .string($0) } ?? .null, "correlation_id": .string(request.correlationID),
      "idempotency_key": .string(request.idempotencyKey), "trigger_type": .string(request.triggerType.rawValue),
      "domain": .string(request.domain), "table_name": .string(request.tableName), "ds": .string(request.ds),
      "symbols": JSON(acceptance.symbols), "chunks": .array(acceptance.chunks.map { json($0) }),
      "messages": JSON(acceptance.messages), "delay_seconds": JSON(acceptance.delaySeconds),
      "warnings": JSON(acceptance.warnings), "dry_run": .bool(request.dryRun),
    ]
  }

  private static func json(_ chunk: Chunk) -> JSON {
    ["index": JSON(chunk.index), "symbols": JSON(chunk.symbols), "delay_seconds": JSON(chunk.delay.seconds)]
  }

  private static func json(_ refusal: Refusal, _ retryAfter: Span?) -> JSON {
    var error = json(refusal.first)
    error.set("violations", .array(refusal.violations.map { json($0) }))
    return JSON(present: [
      "statusCode": JSON(refusal.statusCode), "decision": .string(refusal.code.decision), "error": error,
      "retry_after": retryAfter.map { JSON($0.wholeSecondsUp) },
    ])
  }

  private static func json(_ violation: Violation) -> JSON {
    [
      "code": .string(violation.code.rawValue), "field": violation.field.map { .string($0) } ?? .null,
      "message": .string(violation.message),
    ]
  }
}
