import Events
import Ingestion
import Rules
import Schedules
import Telemetry

/// Why an operator's wish was not carried out; nothing has changed.
public struct ControlError: Error, Sendable, Hashable {
  /// Raw values are the codes that people and programs see, so they are never renamed.
  public enum Code: String, Sendable, CaseIterable {
    case noSuchRule = "NO_SUCH_RULE"
    case notScheduled = "NOT_SCHEDULED"
    case invalidSchedule = "INVALID_SCHEDULE"
    case invalidSlot = "INVALID_SLOT"
    case slotPending = "SLOT_PENDING"
    case invalidPause = "INVALID_PAUSE"
    case invalidPolicy = "INVALID_POLICY"
    case invalidRange = "INVALID_RANGE"
    case noSuchBackfill = "NO_SUCH_BACKFILL"
    case noFunctionTarget = "NO_FUNCTION_TARGET"
    case failed = "FUNCTION_FAILED"
  }

  public let code: Code
  /// For people; programs read `code`.
  public let reason: String

  public init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }
}

/// What operators do with schedules (§9): each act is in the ledger with who, when and why.
public struct ScheduleControl: Sendable {
  /// Times that one slot may be recovered.
  public static let recoveriesMax = 100

  let engine: Runtime

  public init(_ engine: Runtime) {
    self.engine = engine
  }

  /// Pauses or resumes a schedule; everything else of it stays.
  public func set(_ name: String, _ state: Rule.State, _ note: ChangeNote) async throws -> Rule {
    try await engine.book.change(name, note) { old in
      var rule = try ScheduleControl.scheduled(old, name)
      rule.state = state
      return rule
    }
  }

  /// Changes when a schedule fires; state, description and targets stay, unlike with `put-rule` (D27).
  public func change(_ name: String, to expression: String, _ note: ChangeNote) async throws -> SlotOwner {
    if let scheduleName = ScheduleName(name) {
      return .schedule(try await change(scheduleName, to: expression, note))
    }
    let schedule: ScheduleExpression
    do {
      schedule = try ScheduleExpression(expression, dialect: .rules)
    } catch {
      throw ControlError(.invalidSchedule, error.message)
    }
    let rule = try await engine.book.change(name, note) { old in
      var rule = try ScheduleControl.scheduled(old, name)
      rule.schedule = schedule
      return rule
    }
    return .rule(rule)
  }

  /// Runs now what the schedule would run at its next slot; a manual run, within the manual limits (§9).
  public func run(_ name: String, requestID: String, _ note: ChangeNote) async throws -> JSON {
    if let scheduleName = ScheduleName(name) { return try await run(scheduleName, requestID: requestID, note) }
    let rule = try ScheduleControl.scheduled(engine.book.bus.rule(name), name)
    let now = engine.ports.clock.now()
    var cause = Cause(id: requestID, trigger: .manual, arrivedAt: now)
    cause.rule = rule.name
    cause.ruleVersion = rule.version
    let event = Scheduler.event(rule.arn, now.wholeSecond)
    return try await invoke(rule, event, cause, "run now", note)
  }

  /// Runs a slot by hand that failed, was missed or was skipped, with the slot's own `ds` (§7).
  ///
  /// A slot whose run succeeded stays as it is: its key suppresses the repetition (D9).
  ///
  /// A schedule's slot is started by a backfill of one slot, whose answer this is.
  public func recover(_ name: String, slot: Timestamp, _ note: ChangeNote) async throws -> JSON {
    guard ScheduleName(name) == nil else {
      let ask = BackfillAsk(from: slot, to: slot + Span(milliseconds: 1))
      return try await BackfillControl(engine).start(name, ask, note).progress
    }
    let rule = try ScheduleControl.scheduled(engine.book.bus.rule(name), name)
    try await check(slot, of: rule)
    var cause = Cause(
      id: try await freeID(rule, slot), trigger: .backfill, arrivedAt: engine.ports.clock.now())
    cause.rule = rule.name
    cause.ruleVersion = rule.version
    cause.slot = slot
    cause.parentID = Cause.slotID(rule: rule.name, at: slot)
    return try await invoke(rule, Scheduler.event(rule.arn, slot), cause, "recovery of \(slot)", note)
  }

  static func scheduled(_ rule: Rule?, _ name: String) throws(ControlError) -> Rule {
    guard let rule else { throw ControlError(.noSuchRule, "there is no rule \(name)") }
    guard rule.schedule != nil else { throw ControlError(.notScheduled, "rule \(name) has no schedule") }
    return rule
  }

  private func check(_ slot: Timestamp, of rule: Rule) async throws {
    let now = engine.ports.clock.now()
    guard let schedule = rule.schedule, slot <= now else {
      throw ControlError(.invalidSlot, "\(slot) has not come yet")
    }
    let id = Cause.slotID(rule: rule.name, at: slot)
    if try await engine.ports.ledger.entry(of: id) != nil { return }
    // A slot without a row is one of the schedule's: or else an earlier version of it may have had it.
    let before = Timestamp(milliseconds: slot.milliseconds - 1)
    guard schedule.next(after: before, anchor: min(rule.anchor, before), zone: .utc) == slot else {
      let nearest = schedule.previous(before: slot, anchor: rule.anchor, zone: .utc)
      throw ControlError(
        .invalidSlot,
        "\(slot) is no slot of \(rule.name), \(schedule.text); the one before it is \(nearest?.description ?? "none")")
    }
    guard now - slot > Watchdog.grace else {
      throw ControlError(
        .slotPending, "\(slot) is still being decided; ask again in \(Watchdog.grace.wholeSecondsUp) s")
    }
  }

  /// The id of the next recovery of a slot: each is a cause of its own.
  private func freeID(_ rule: Rule, _ slot: Timestamp) async throws -> String {
    for number in 1...ScheduleControl.recoveriesMax {
      let id = Cause.recoveryID(rule: rule.name, at: slot, number)
      if try await engine.ports.ledger.entry(of: id) == nil { return id }
    }
    throw ControlError(.invalidSlot, "\(slot) was recovered \(ScheduleControl.recoveriesMax) times")
  }

  /// Hands the rule's own input to its function, and writes down who wanted it.
  private func invoke(
    _ rule: Rule, _ event: Event, _ cause: Cause, _ what: String, _ note: ChangeNote
  ) async throws -> JSON {
    guard let target = rule.targets.first(where: { $0.arn.service == "lambda" }),
      let function = engine.functions[target.arn.name]
    else { throw ControlError(.noFunctionTarget, "rule \(rule.name) has no function as a target") }
    let names = RuleNames(name: rule.name, arn: rule.arn)
    let body = try target.input.body(for: event, rule: names, ingestionTime: cause.arrivedAt)
    _ = try await engine.ports.desk.close(OperatorAction.entry(what, of: cause, note), deadLetter: nil)
    let context = InvocationContext(
      requestID: DerivedID.uuid(of: "invocation of \(cause.id)"), invokedAt: cause.arrivedAt, cause: cause)
    switch await function.invoke(Array(body.utf8), context) {
    case .answered(let answer): return answer
    case .failed(let type, let message): throw ControlError(.failed, "\(type): \(message)")
    }
  }
}

/// The ledger row of something that an operator did: pure.
public enum OperatorAction {
  /// - Parameters:
  ///   - what: `run now`, `redrive`: what was done, in two or three words.
  ///   - cause: what it set off.
  public static func entry(_ what: String, of cause: Cause, _ note: ChangeNote) -> LedgerEntry {
    var subject = cause.subject
    subject.triggerType = "operator"
    subject.eventID = nil
    subject.parentID = cause.id
    return LedgerEntry(
      causeID: "operator/\(cause.id)", decision: .changed, gate: .operator, code: .operatorAction,
      summary: "\(what) by \(note.who)\(note.why.map { ": \($0)" } ?? "")",
      facts: JSON(present: [
        "operation": .string(note.operation), "who": .string(note.who), "why": note.why.map { .string($0) },
        "what": .string(what),
      ]), at: cause.arrivedAt, took: .zero, about: subject)
  }
}
