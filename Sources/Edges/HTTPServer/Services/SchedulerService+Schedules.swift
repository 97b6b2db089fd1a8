import AWSWire
import Deliveries
import Engine
import Events
import Operations
import Rules
import Schedules

/// What a request makes of a schedule, checked as AWS checks, and how a schedule is shown.
extension SchedulerService {
  /// How long ago the start of a recurring schedule may lie.
  private static let startAgeMax = Span.minutes(5)

  /// The schedule that a request asks for.
  ///
  /// - Parameter old: what it takes the place of; nil for a new one.
  func schedule(_ name: ScheduleName, _ input: ScheduleInput, old: Schedule?) throws(WireError) -> Schedule {
    let now = context.now
    let expression = try expression(input)
    try checkDates(input, isOnce: expression.isOnce, old: old, at: now)
    let state: Rule.State = input.state == .enabled ? .enabled : .disabled
    return Schedule(
      name: name, description: input.description, state: state, expression: expression,
      timezone: input.timezone ?? "UTC", start: input.start, end: input.end, window: try window(input),
      target: try target(input.target, of: name), completion: input.completion == .delete ? .delete : .keep,
      kmsKey: input.kmsKey, createdAt: old?.createdAt ?? now, modifiedAt: now, since: now,
      changes: old?.changes ?? .standard, misfire: old?.misfire ?? context.runtime.settings.misfire,
      overlap: old?.overlap ?? .allowAll, pause: state == .disabled ? old?.pause : nil)
  }

  private func expression(_ input: ScheduleInput) throws(WireError) -> ScheduleExpression {
    let expression: ScheduleExpression
    do {
      expression = try ScheduleExpression(input.expression, dialect: .scheduler)
    } catch {
      throw WireError(.validation, error.message)
    }
    let name = input.timezone ?? "UTC"
    let zone: ZoneRules
    do {
      zone = name == "UTC" ? .utc : try context.runtime.schedules.zone(name)
    } catch {
      throw WireError(.validation, "Invalid Schedule Expression Timezone \(name).")
    }
    do {
      try expression.validate(in: zone)
    } catch {
      throw WireError(.validation, "\(error.message) \(error.reason)")
    }
    return expression
  }

  /// Of one that fires once both dates are ignored, as on AWS.
  private func checkDates(
    _ input: ScheduleInput, isOnce: Bool, old: Schedule?, at now: Timestamp
  ) throws(WireError) {
    guard !isOnce else { return }
    if let start = input.start, start != old?.start, now - start > SchedulerService.startAgeMax {
      throw WireError(.validation, "The StartDate you specify cannot be earlier than 5 minutes ago.")
    }
    if let end = input.end, end < input.start ?? now, end != old?.end || input.start != old?.start {
      let bound = input.start == nil ? "now" : "the StartDate"
      throw WireError(.validation, "The EndDate you specify cannot be earlier than \(bound).")
    }
  }

  private func window(_ input: ScheduleInput) throws(WireError) -> Int? {
    switch (input.windowMode, input.windowMinutes) {
    case (.off, nil): return nil
    case (.off, _?):
      throw WireError(
        .validation, "MaximumWindowInMinutes cannot be specified when the FlexibleTimeWindow Mode is OFF.")
    case (.flexible, nil):
      throw WireError(
        .validation, "MaximumWindowInMinutes must be specified when the FlexibleTimeWindow Mode is FLEXIBLE.")
    case (.flexible, let minutes?): return minutes
    }
  }

  // MARK: Targets

  private func target(_ input: ScheduleTargetInput, of name: ScheduleName) throws(WireError) -> Target {
    guard let arn = ResourceName(input.arn) else {
      throw WireError(.validation, "Provided Arn is not in correct format.")
    }
    if let other = input.otherParameters.first {
      throw WireError(.validation, "\(other) is not served: \(ScheduledErrand.served).")
    }
    let standard = Deliveries.RetryPolicy.standard
    let retry = Deliveries.RetryPolicy(
      retriesMax: input.retriesMax ?? standard.retriesMax,
      ageSecondsMax: input.ageSecondsMax ?? standard.ageSecondsMax)
    let target = Target(
      id: "schedule", arn: arn, input: .scheduled(input.input), retry: retry ?? standard,
      deadLetter: input.deadLetterArn.flatMap { ResourceName($0) }, role: input.roleArn,
      parameters: try parameters(input, of: arn))
    do {
      try ScheduledErrand.check(target, of: name, context.names)
    } catch {
      throw WireError(.validation, "Target is not valid: \(error.reason).")
    }
    let permissions = context.room.permissions
    if let role = permissions.role(arn: input.roleArn),
      !permissions.isAssumable(role, for: context.names.scheduleGroup(name.group))
    {
      throw WireError(
        .validation, "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")
    }
    return target
  }

  private func parameters(_ input: ScheduleTargetInput, of arn: ResourceName) throws(WireError) -> TargetParameters? {
    if input.event != nil, arn.service != "events" {
      throw WireError(.validation, "EventBridgeParameters are for event buses, not for \(arn).")
    }
    if input.messageGroupID != nil, arn.service != "sqs" {
      throw WireError(.validation, "SqsParameters are for queues, not for \(arn).")
    }
    if let event = input.event { return .event(detailType: event.detailType, source: event.source) }
    return input.messageGroupID.map { .message(groupID: $0) }
  }

  // MARK: Shapes

  func shape(_ schedule: Schedule) -> WireTree {
    .members([
      "ActionAfterCompletion": .text(schedule.completion.rawValue),
      "Arn": .text(schedule.arn(context.names).description), "CreationDate": .time(schedule.createdAt),
      "Description": schedule.description.map { .text($0) }, "EndDate": schedule.end.map { .time($0) },
      "FlexibleTimeWindow": .members([
        "MaximumWindowInMinutes": schedule.window.map { .integer($0) },
        "Mode": .text(schedule.window == nil ? "OFF" : "FLEXIBLE"),
      ]),
      "GroupName": .text(schedule.name.group), "KmsKeyArn": schedule.kmsKey.map { .text($0) },
      "LastModificationDate": .time(schedule.modifiedAt), "Name": .text(schedule.name.name),
      "ScheduleExpression": .text(schedule.expression.text),
      "ScheduleExpressionTimezone": .text(schedule.timezone), "StartDate": schedule.start.map { .time($0) },
      "State": .text(schedule.state.rawValue), "Target": shape(schedule.target),
    ])
  }

  private func shape(_ target: Target) -> WireTree {
    var input: String?
    if case .scheduled(let text) = target.input { input = text }
    var queue: WireTree?
    var event: WireTree?
    switch target.parameters {
    case .message(let groupID)?: queue = .members(["MessageGroupId": .text(groupID)])
    case .event(let detailType, let source)?:
      event = .members(["DetailType": .text(detailType), "Source": .text(source)])
    case nil: break
    }
    return .members([
      "Arn": .text(target.arn.description),
      "DeadLetterConfig": target.deadLetter.map { .members(["Arn": .text($0.description)]) },
      "EventBridgeParameters": event, "Input": input.map { .text($0) },
      "RetryPolicy": .members([
        "MaximumEventAgeInSeconds": .integer(target.retry.ageSecondsMax),
        "MaximumRetryAttempts": .integer(target.retry.retriesMax),
      ]),
      "RoleArn": target.role.map { .text($0) }, "SqsParameters": queue,
    ])
  }

  func summary(_ schedule: Schedule) -> WireTree {
    .members([
      "Arn": .text(schedule.arn(context.names).description), "CreationDate": .time(schedule.createdAt),
      "GroupName": .text(schedule.name.group), "LastModificationDate": .time(schedule.modifiedAt),
      "Name": .text(schedule.name.name), "State": .text(schedule.state.rawValue),
      "Target": .members(["Arn": .text(schedule.target.arn.description)]),
    ])
  }

  func shape(_ group: ScheduleGroup) -> WireTree {
    .members([
      "Arn": .text(context.names.scheduleGroup(group.name).description), "CreationDate": .time(group.createdAt),
      "LastModificationDate": .time(group.modifiedAt), "Name": .text(group.name), "State": .text("ACTIVE"),
    ])
  }
}
