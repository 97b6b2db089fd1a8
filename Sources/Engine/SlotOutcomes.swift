import Events
import Ingestion
import Rules
import Schedules
import Telemetry

/// What a slot of a rule or a schedule comes to, as rows, events and deliveries: pure.
enum SlotOutcomes {
  /// The cause of a rule's slot.
  static func cause(of rule: Rule, _ slot: Timestamp, at now: Timestamp) -> Cause {
    var cause = Cause(id: Cause.slotID(rule: rule.name, at: slot), trigger: .schedule, arrivedAt: now)
    cause.eventID = Scheduler.eventID(rule.arn, slot)
    cause.rule = rule.name
    cause.ruleVersion = rule.version
    cause.slot = slot
    return cause
  }

  /// The cause of a schedule's slot; no event stands for it.
  static func cause(of schedule: Schedule, _ slot: Timestamp, at now: Timestamp) -> Cause {
    var cause = Cause(id: Cause.slotID(rule: schedule.name.description, at: slot), trigger: .schedule, arrivedAt: now)
    cause.rule = schedule.name.description
    cause.ruleVersion = schedule.version
    cause.slot = slot
    return cause
  }

  static func fired(_ rule: Rule, _ cause: Cause, _ slot: Timestamp, at now: Timestamp) -> RoutedEvent {
    RoutedEvent(
      event: Scheduler.event(rule.arn, slot), hops: 0, parentID: nil, receivedAt: now,
      deliveries: rule.targets.map { NewDelivery(cause: cause, target: $0, body: nil, due: now) }, rows: [])
  }

  /// The invocation of a schedule's target, at once or within its flexible window.
  static func invocation(_ schedule: Schedule, _ cause: Cause, _ slot: Timestamp, at now: Timestamp) -> NewDelivery {
    NewDelivery(cause: cause, target: schedule.target, body: nil, due: max(now, slot + schedule.delay(of: slot)))
  }

  static func skipped(_ cause: Cause, _ policy: MisfirePolicy, _ slot: Timestamp, at now: Timestamp) -> LedgerEntry {
    let late = now - slot
    return LedgerEntry(
      causeID: cause.id, decision: .skipped, gate: .misfire, code: .misfireSkipped,
      summary: "the slot was noticed \(late.wholeSecondsUp) s late; misfire policy \(policy.kind.rawValue) "
        + "within \(policy.window.wholeSecondsUp) s skips it",
      facts: [
        "late_seconds": JSON(late.wholeSecondsUp), "policy": .string(policy.kind.rawValue),
        "window_seconds": JSON(policy.window.wholeSecondsUp),
      ], at: now, took: .zero, about: cause.subject)
  }

  static func disabled(_ cause: Cause, _ pause: Pause?, at now: Timestamp) -> LedgerEntry {
    let what = cause.rule ?? "?"
    return LedgerEntry(
      causeID: cause.id, decision: .disabled, gate: .enabled, code: .ruleDisabled,
      summary: "\(ScheduleName(what) == nil ? "rule" : "schedule") \(what) is disabled"
        + (pause.map { " \($0.words)" } ?? ""),
      facts: pause.map { ["pause": $0.json] } ?? .object([]), at: now, took: now - cause.arrivedAt,
      about: cause.subject)
  }

  static func removed(_ id: Int64, _ slot: Timestamp, at now: Timestamp) -> LedgerEntry {
    var subject = LedgerEntry.Subject(triggerType: TriggerType.schedule.rawValue)
    subject.slot = slot
    return LedgerEntry(
      causeID: "schedule-\(id)@\(slot)", decision: .skipped, gate: .enabled, code: .scheduleRemoved,
      summary: "the schedule was removed before its slot of \(slot) could run", at: now, took: .zero, about: subject)
  }

  /// The row of a slot whose owner was removed while it waited.
  static func ownerRemoved(_ cause: Cause, at now: Timestamp) -> LedgerEntry {
    LedgerEntry(
      causeID: cause.id, decision: .skipped, gate: .enabled, code: .scheduleRemoved,
      summary: "\(cause.rule ?? "its schedule") was removed while the slot waited", at: now, took: .zero,
      about: cause.subject)
  }

  static func missed(_ cause: Cause, _ slot: Timestamp, at now: Timestamp) -> LedgerEntry {
    let late = (now - slot).wholeSecondsUp
    return LedgerEntry(
      causeID: cause.id, decision: .missed, gate: .misfire, code: .slotMissed,
      summary:
        "the slot of \(slot) was not decided within \(Watchdog.grace.wholeSecondsUp) s: the scheduler did not work",
      facts: ["late_seconds": JSON(late), "grace_seconds": JSON(Watchdog.grace.wholeSecondsUp)], at: now, took: .zero,
      about: cause.subject)
  }

  /// The row of a slot that does not run because an earlier one still does.
  static func overlapped(
    _ cause: Cause, _ policy: OverlapPolicy, _ blocker: Blocker, waiting: Int, at now: Timestamp
  ) -> LedgerEntry {
    let full =
      waiting == 0 ? "" : " behind \(waiting) slot\(waiting == 1 ? "" : "s") that wait\(waiting == 1 ? "s" : "")"
    return overlap(
      cause, policy, blocker, .skipped, .overlapSkipped, "and overlap policy \(policy.rawValue) skips it\(full)",
      at: now)
  }

  /// The open row of a slot that waits for an earlier one.
  static func buffered(_ cause: Cause, _ policy: OverlapPolicy, _ blocker: Blocker, at now: Timestamp) -> LedgerEntry {
    overlap(cause, policy, blocker, .deferred, .overlapBuffered, "and it waits, by \(policy.rawValue)", at: now)
  }

  private static func overlap(
    _ cause: Cause, _ policy: OverlapPolicy, _ blocker: Blocker, _ decision: Decision, _ code: ReasonCode,
    _ end: String, at now: Timestamp
  ) -> LedgerEntry {
    LedgerEntry(
      causeID: cause.id, decision: decision, gate: .misfire, code: code,
      summary: "\(blocker.words) still goes on, \(end)",
      facts: JSON(present: [
        "policy": .string(policy.rawValue), "blocking_cause": .string(blocker.causeID),
        "blocking_run": blocker.runID.map { .string($0) },
      ]), at: now, took: .zero, about: cause.subject)
  }
}
