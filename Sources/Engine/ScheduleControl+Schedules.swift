import Deliveries
import Events
import Ingestion
import Rules
import Schedules

/// What operators do with one schedule of EventBridge Scheduler: another timetable, and an invocation outside of it.
extension ScheduleControl {
  /// Changes when it fires; everything else of it stays, unlike with `UpdateSchedule`, which replaces all.
  func change(_ name: ScheduleName, to text: String, _ note: ChangeNote) async throws -> Schedule {
    let expression: ScheduleExpression
    do {
      expression = try ScheduleExpression(text, dialect: .scheduler)
    } catch {
      throw ControlError(.invalidSchedule, "\(error.message) \(error.reason)")
    }
    let zones = engine.ports.zones
    return try await engine.schedules.change(name, note) { old throws(ControlError) in
      guard var schedule = old else { throw ControlError(.noSuchRule, "there is no schedule \(name)") }
      do {
        try expression.validate(in: try zones.zone(schedule.timezone), changes: schedule.changes)
      } catch let error as ScheduleError {
        throw ControlError(.invalidSchedule, "\(error.message) \(error.reason)")
      } catch {
        throw ControlError(.invalidSchedule, "the machine has no time zone \(schedule.timezone)")
      }
      schedule.expression = expression
      return schedule
    }
  }

  /// Invokes its target once, now: a cause of its own, which is no slot and takes none away.
  ///
  /// A function answers at once, as a rule's does. What goes anywhere else is stored as a delivery first, like a slot's, and tried
  /// as often; the answer says what was enqueued.
  func run(_ name: ScheduleName, requestID: String, _ note: ChangeNote) async throws -> JSON {
    guard let schedule = try await engine.schedules.schedule(name) else {
      throw ControlError(.noSuchRule, "there is no schedule \(name)")
    }
    let now = engine.ports.clock.now()
    var cause = Cause(id: requestID, trigger: .manual, arrivedAt: now)
    cause.rule = name.description
    cause.ruleVersion = schedule.version
    let invocation = ScheduleInvocation(
      schedule: engine.settings.names.schedule(name), scheduledTime: now, causeID: cause.id, attempt: 1)
    let errand: Errand
    do {
      errand = try ScheduledErrand(
        target: schedule.target, invocation: invocation, names: engine.settings.names, now: now
      ).errand()
    } catch {
      throw ControlError(.failed, "\(error.code.rawValue): \(error.reason)")
    }
    if schedule.target.arn.service == "lambda", case .invocation(let arn, let payload, _) = errand {
      return try await invoke(schedule, arn, payload, cause, note)
    }
    _ = try await engine.ports.desk.close(OperatorAction.entry("run now", of: cause, note), deadLetter: nil)
    try await engine.ports.events.record(
      NewDelivery(cause: cause, target: schedule.target, body: nil, due: now))
    engine.bells.deliveriesDue.ring()
    return [
      "schedule": .string(name.description), "enqueued": .string(errand.words), "cause_id": .string(cause.id),
      "target": .string(schedule.target.arn.description), "at": .string(now.description),
    ]
  }

  private func invoke(
    _ schedule: Schedule, _ arn: ResourceName, _ payload: String, _ cause: Cause, _ note: ChangeNote
  ) async throws -> JSON {
    let names = engine.settings.names
    guard let function = engine.functions[arn.name], arn == names.function(arn.name) else {
      throw ControlError(.noFunctionTarget, "the function of schedule \(schedule.name) is not here: \(arn)")
    }
    let use = RoleUse(
      role: schedule.target.role ?? "", action: "lambda:InvokeFunction", resource: arn,
      schedule: names.schedule(schedule.name))
    if let refusal = engine.ports.authority.refusal(use) {
      throw ControlError(.failed, "\(DeliveryError.Code.notPermitted.rawValue): \(refusal)")
    }
    _ = try await engine.ports.desk.close(OperatorAction.entry("run now", of: cause, note), deadLetter: nil)
    let context = InvocationContext(
      requestID: DerivedID.uuid(of: "invocation of \(cause.id)"), invokedAt: cause.arrivedAt, cause: cause)
    switch await function.invoke(Array(payload.utf8), context) {
    case .answered(let answer): return answer
    case .failed(let type, let message): throw ControlError(.failed, "\(type): \(message)")
    }
  }
}

extension Errand {
  /// What it does, for people: `a message to the queue jobs`.
  var words: String {
    switch self {
    case .message(let queue, _, _, _): return "a message to the queue \(queue.name)"
    case .invocation(let function, _, let isDry): return "an invocation of \(function.name)\(isDry ? ", dry" : "")"
    case .events(let events):
      let buses = Set(events.map(\.bus.name)).sorted().joined(separator: ", ")
      return "\(events.count == 1 ? "an event" : "\(events.count) events") to the bus \(buses)"
    }
  }
}
