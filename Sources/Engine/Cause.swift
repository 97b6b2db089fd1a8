import Events
import Ingestion
import Telemetry

/// What may start a run: a slot, an event that a rule matched, an invocation.
public struct Cause: Sendable, Hashable {
  /// Deterministic (D8): the same cause has the same id however often it is delivered.
  public let id: String
  public let trigger: TriggerType
  public let arrivedAt: Timestamp
  public var eventID: String?
  public var parentID: String?
  public var rule: String?
  public var ruleVersion: Int?
  public var slot: Timestamp?
  /// Causes above this one (D14).
  public var hops: Int

  public init(id: String, trigger: TriggerType, arrivedAt: Timestamp, hops: Int = 0) {
    self.id = id
    self.trigger = trigger
    self.arrivedAt = arrivedAt
    self.hops = hops
  }

  /// The id of a schedule slot.
  public static func slotID(rule: String, at instant: Timestamp) -> String { "\(rule)@\(instant)" }

  /// The id of a cause that runs a slot after its time, counted from 1.
  public static func recoveryID(rule: String, at instant: Timestamp, _ number: Int) -> String {
    "\(slotID(rule: rule, at: instant))/recovery-\(number)"
  }

  /// The id of an event that a rule matched.
  public static func matchID(event: String, rule: String) -> String { "\(event)/\(rule)" }

  /// What its request is known by unless its caller says otherwise (D8): a slot that is run again by hand, or an event that is
  /// delivered again, shares the key of the first time, so it runs only if that has not succeeded.
  public var correlationID: String {
    switch (trigger, rule, slot, eventID) {
    case (.backfill, let rule?, let slot?, _): return Cause.slotID(rule: rule, at: slot)
    case (.replay, let rule?, _, let event?): return Cause.matchID(event: event, rule: rule)
    case (.schedule, _, _, _), (.event, _, _, _), (.manual, _, _, _), (.backfill, _, _, _), (.replay, _, _, _):
      return id
    }
  }

  /// The run that this cause starts, if it starts one: the same each time it is asked.
  public var runID: String { "run-" + DerivedID.uuid(of: "run of \(id)") }

  /// What its ledger row says it is about.
  public var subject: LedgerEntry.Subject {
    var subject = LedgerEntry.Subject(triggerType: trigger.rawValue)
    subject.eventID = eventID
    subject.parentID = parentID
    subject.rule = rule
    subject.ruleVersion = ruleVersion
    subject.slot = slot
    subject.hops = hops
    return subject
  }

  /// The cause as it is stored while it waits.
  public var json: JSON {
    JSON(present: [
      "id": .string(id), "trigger": .string(trigger.rawValue), "arrived_at": .string(arrivedAt.preciseText),
      "event_id": eventID.map { .string($0) }, "parent_id": parentID.map { .string($0) },
      "rule": rule.map { .string($0) }, "rule_version": ruleVersion.map { JSON($0) },
      "slot": slot.map { .string($0.description) }, "hops": JSON(hops),
    ])
  }

  public init?(json: JSON) {
    guard let id = json["id"]?.string, let trigger = json["trigger"]?.string.flatMap({ TriggerType(rawValue: $0) }),
      let arrivedAt = json["arrived_at"]?.string.flatMap({ Timestamp($0) })
    else { return nil }
    self.init(id: id, trigger: trigger, arrivedAt: arrivedAt, hops: json["hops"]?.int ?? 0)
    eventID = json["event_id"]?.string
    parentID = json["parent_id"]?.string
    rule = json["rule"]?.string
    ruleVersion = json["rule_version"]?.int
    slot = json["slot"]?.string.flatMap { Timestamp($0) }
  }
}
