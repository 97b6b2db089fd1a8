import Events

/// One row of the ledger: what was decided about a cause, by which gate, and on what grounds (D32).
public struct LedgerEntry: Sendable, Hashable {
  /// Which cause: `rule@instant` of a slot, `event/rule` of a match, the event's id when no rule wanted it, a request id.
  public let causeID: String
  public let decision: Decision
  /// The gate that decided; for an accepted cause the last one.
  public let gate: Gate
  public let code: ReasonCode
  /// One sentence for people, with the numbers in it.
  public let summary: String
  /// The numbers and names that decided, for programs and for `why`.
  public let facts: JSON
  public let at: Timestamp
  /// From the cause's arrival to its decision.
  public let took: Span
  public let about: Subject

  /// What the row is about: the ids and names by which it is found again.
  public struct Subject: Sendable, Hashable {
    /// `schedule`, `event`, `manual`, `backfill`, `replay` or `object`.
    public var triggerType: String
    public var eventID: String?
    public var parentID: String?
    public var rule: String?
    public var ruleVersion: Int?
    public var runID: String?
    public var correlationID: String?
    public var idempotencyKey: String?
    public var domain: String?
    public var tableName: String?
    public var ds: String?
    /// The nominal instant of a slot.
    public var slot: Timestamp?
    /// Causes above this one in its chain (D14).
    public var hops = 0

    public init(triggerType: String) {
      self.triggerType = triggerType
    }
  }

  public init(
    causeID: String, decision: Decision, gate: Gate, code: ReasonCode, summary: String, facts: JSON = .object([]),
    at: Timestamp, took: Span, about: Subject
  ) {
    self.causeID = causeID
    self.decision = decision
    self.gate = gate
    self.code = code
    self.summary = summary
    self.facts = facts
    self.at = at
    self.took = took
    self.about = about
  }

  /// The row as JSON, absent members left out: what the CLI prints and what the hash chain signs.
  public var json: JSON {
    JSON(present: [
      "cause_id": .string(causeID), "decision": .string(decision.rawValue), "gate": .string(gate.rawValue),
      "code": .string(code.rawValue), "summary": .string(summary), "facts": facts,
      "at": .string(at.preciseText), "took_ms": JSON(Int(took.milliseconds)),
      "trigger_type": .string(about.triggerType), "event_id": about.eventID.map { .string($0) },
      "parent_id": about.parentID.map { .string($0) }, "rule": about.rule.map { .string($0) },
      "rule_version": about.ruleVersion.map { JSON($0) }, "run_id": about.runID.map { .string($0) },
      "correlation_id": about.correlationID.map { .string($0) },
      "idempotency_key": about.idempotencyKey.map { .string($0) }, "domain": about.domain.map { .string($0) },
      "table_name": about.tableName.map { .string($0) }, "ds": about.ds.map { .string($0) },
      "slot": about.slot.map { .string($0.description) }, "hops": JSON(about.hops),
    ])
  }

  /// Reads what `json` wrote; nil if a member is absent or unknown.
  public init?(json: JSON) {
    guard let causeID = json["cause_id"]?.string,
      let decision = json["decision"]?.string.flatMap({ Decision(rawValue: $0) }),
      let gate = json["gate"]?.string.flatMap({ Gate(rawValue: $0) }),
      let code = json["code"]?.string.flatMap({ ReasonCode(rawValue: $0) }), let summary = json["summary"]?.string,
      let at = json["at"]?.string.flatMap({ Timestamp($0) }), let took = json["took_ms"]?.int,
      let trigger = json["trigger_type"]?.string
    else { return nil }
    var about = Subject(triggerType: trigger)
    about.eventID = json["event_id"]?.string
    about.parentID = json["parent_id"]?.string
    about.rule = json["rule"]?.string
    about.ruleVersion = json["rule_version"]?.int
    about.runID = json["run_id"]?.string
    about.correlationID = json["correlation_id"]?.string
    about.idempotencyKey = json["idempotency_key"]?.string
    about.domain = json["domain"]?.string
    about.tableName = json["table_name"]?.string
    about.ds = json["ds"]?.string
    about.slot = json["slot"]?.string.flatMap { Timestamp($0) }
    about.hops = json["hops"]?.int ?? 0
    self.init(
      causeID: causeID, decision: decision, gate: gate, code: code, summary: summary,
      facts: json["facts"] ?? .object([]), at: at, took: Span(milliseconds: Int64(took)), about: about)
  }
}
