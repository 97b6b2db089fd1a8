import Deliveries
import Events
import Rules
import Schedules

/// Schedules of EventBridge Scheduler and their groups.
///
/// Source: CloudFormation template reference, `AWS::Scheduler::Schedule`, `AWS::Scheduler::ScheduleGroup`.
extension TemplateReader {
  /// How the operations begin that are targets by their ARN, and those that are served.
  private static let universal = "aws-sdk:"
  private static let operations = ["lambda:invoke", "sqs:sendMessage", "eventbridge:putEvents"]

  mutating func readGroup(_ id: String, _ properties: JSON) {
    noteRest(id, properties, kept: ["Name", "Tags"])
    guard let name = name(id, .scheduleGroup) else { return }
    var tags: [String: String] = [:]
    for tag in value(id, properties, "Tags")?.elements ?? [] {
      if let key = tag["Key"].flatMap({ Intrinsics.scalar($0) }) {
        tags[key] = tag["Value"].flatMap { Intrinsics.scalar($0) } ?? ""
      }
    }
    do {
      definitions.groups.append(try StackScheduleGroup(name: name, tags: tags))
    } catch {
      refuse(id, error)
    }
  }

  mutating func readSchedule(_ id: String, _ properties: JSON) {
    noteRest(
      id, properties,
      kept: [
        "Name", "GroupName", "Description", "State", "ScheduleExpression", "ScheduleExpressionTimezone",
        "FlexibleTimeWindow", "StartDate", "EndDate", "KmsKeyArn", "Target",
      ])
    guard let name = name(id, .schedule) else { return }
    let known = notes.count
    let group = text(id, properties, "GroupName") ?? ScheduleName.defaultGroup
    let description = text(id, properties, "Description")
    let expression = text(id, properties, "ScheduleExpression")
    let timezone = text(id, properties, "ScheduleExpressionTimezone") ?? "UTC"
    let start = moment(id, properties, "StartDate")
    let end = moment(id, properties, "EndDate")
    let state = state(id, properties)
    let window = window(id, properties)
    let key = text(id, properties, "KmsKeyArn")
    // One without its group, its clock or its state would be another schedule: better that it is not there.
    guard notes.count == known else { return }
    guard let expression else { return invalid(id, "ScheduleExpression", "it is needed") }
    guard let target = readTarget(id, name, properties["Target"] ?? .object([])) else { return }
    do {
      let schedule = try StackSchedule(
        name: ScheduleName(group: group, name), description: description, state: state, expression: expression,
        timezone: timezone, start: start, end: end, window: window, target: target, kmsKey: key)
      definitions.schedules.append(schedule)
      logicalIDs[schedule.name.description] = id
    } catch {
      refuse(id, error)
    }
  }

  private mutating func invalid(_ id: String, _ property: String, _ reason: String) {
    notes.append(TemplateNote(.scheduleInvalid, id, property, reason))
  }

  private mutating func moment(_ id: String, _ properties: JSON, _ key: String) -> Timestamp? {
    guard let text = text(id, properties, key) else { return nil }
    guard let moment = Timestamp(text) else {
      invalid(id, key, "it is a moment such as 2026-01-31T09:00:00Z, not \(text.prefix(40))")
      return nil
    }
    return moment
  }

  private mutating func state(_ id: String, _ properties: JSON) -> Rule.State {
    guard let text = text(id, properties, "State") else { return .enabled }
    guard let state = Rule.State(rawValue: text) else {
      invalid(id, "State", "it is ENABLED or DISABLED, not \(text.prefix(40))")
      return .enabled
    }
    return state
  }

  private mutating func window(_ id: String, _ properties: JSON) -> Int? {
    guard let written = properties["FlexibleTimeWindow"] else {
      invalid(id, "FlexibleTimeWindow", "it is needed")
      return nil
    }
    let prefix = "FlexibleTimeWindow."
    noteRest(id, written, kept: ["Mode", "MaximumWindowInMinutes"], under: prefix)
    let known = notes.count
    let mode = text(id, written, "Mode", under: prefix)
    let minutes = number(id, written, "MaximumWindowInMinutes", under: prefix)
    guard notes.count == known else { return nil }
    switch (mode, minutes) {
    case ("OFF", nil): return nil
    case ("OFF", _?): invalid(id, prefix + "MaximumWindowInMinutes", "there is none with the mode OFF")
    case ("FLEXIBLE", let minutes?): return minutes
    case ("FLEXIBLE", nil): invalid(id, prefix + "MaximumWindowInMinutes", "the mode FLEXIBLE needs it")
    case (let mode, _): invalid(id, prefix + "Mode", "it is OFF or FLEXIBLE, as a text, not \(mode ?? "absent")")
    }
    return nil
  }

  // MARK: Targets

  private mutating func readTarget(_ id: String, _ name: String, _ target: JSON) -> Target? {
    let prefix = "Target."
    noteRest(
      id, target,
      kept: ["Arn", "RoleArn", "Input", "RetryPolicy", "DeadLetterConfig", "SqsParameters", "EventBridgeParameters"],
      under: prefix)
    guard target["Arn"] != nil else {
      invalid(id, prefix + "Arn", "it is needed")
      return nil
    }
    guard let arn = scheduledDestination(id, text(id, target, "Arn", under: prefix)) else { return nil }
    let known = notes.count
    let input = value(id, target, "Input", under: prefix)
    let parameters = parameters(id, target, of: arn)
    guard notes.count == known else { return nil }
    if let input, input.string == nil {
      invalid(id, prefix + "Input", "it is a text, which holds the JSON")
      return nil
    }
    if target["RoleArn"] == nil { invalid(id, prefix + "RoleArn", "it is needed") }
    return Target(
      id: StackSchedule.targetID, arn: arn, input: .scheduled(input?.string),
      retry: retry(id, target, prefix, invalid: .scheduleInvalid) ?? .standard,
      deadLetter: deadLetter(id, target, prefix),
      role: text(id, target, "RoleArn", under: prefix), parameters: parameters)
  }

  /// Where a schedule's invocations go here; nil, with a note, if they go nowhere.
  private mutating func scheduledDestination(_ id: String, _ written: String?) -> ResourceName? {
    let property = "Target.Arn"
    guard let arn = written.flatMap({ ResourceName($0) }) else {
      return destination(id, rule: nil, written, property)
    }
    switch arn.service {
    case "events" where arn.resource.hasPrefix("event-bus/") && place.isHere(arn):
      return arn
    case "scheduler" where arn.resource.hasPrefix(TemplateReader.universal):
      let operation = String(arn.resource.dropFirst(TemplateReader.universal.count))
      if TemplateReader.operations.contains(operation) { return arn }
      let served = TemplateReader.operations.joined(separator: ", ")
      notes.append(TemplateNote(.targetNotServed, id, property, "\(arn): of operations \(served) are served"))
      return nil
    case _: return destination(id, rule: nil, written, property)
    }
  }

  private mutating func parameters(_ id: String, _ target: JSON, of arn: ResourceName) -> TargetParameters? {
    if let written = target["EventBridgeParameters"] {
      let prefix = "Target.EventBridgeParameters."
      let known = notes.count
      let detailType = text(id, written, "DetailType", under: prefix)
      let source = text(id, written, "Source", under: prefix)
      guard notes.count == known else { return nil }
      guard arn.service == "events" else {
        invalid(id, "Target.EventBridgeParameters", "they are for event buses, not for \(arn)")
        return nil
      }
      guard let detailType, let source, !source.hasPrefix("aws.") else {
        invalid(
          id, "Target.EventBridgeParameters", "it has a DetailType and a Source that does not begin with aws.")
        return nil
      }
      return .event(detailType: detailType, source: source)
    }
    guard arn.service != "events" else {
      invalid(id, "Target.EventBridgeParameters", "an event bus needs it")
      return nil
    }
    guard let written = target["SqsParameters"] else { return nil }
    guard arn.service == "sqs" else {
      // What stands in for a function is a queue too, so only the operations and functions are left.
      invalid(id, "Target.SqsParameters", "they are for queues, not for \(arn)")
      return nil
    }
    return text(id, written, "MessageGroupId", under: "Target.SqsParameters.").map { .message(groupID: $0) }
  }

  // MARK: The end

  /// Names queues and buses of schedules that are nowhere.
  mutating func checkScheduleTargets() {
    let queues = Set(definitions.queues.map(\.name)).union(place.queues)
    let buses = Set(definitions.buses).union(place.buses).union(["default"])
    for schedule in definitions.schedules {
      let id = logicalIDs[schedule.name.description] ?? schedule.name.description
      for arn in [schedule.target.arn, schedule.target.deadLetter].compactMap({ $0 }) {
        if arn.service == "sqs", !queues.contains(arn.name) {
          notes.append(TemplateNote(.targetAbsent, id, "Target", "there is no queue \(arn.name)"))
        }
        if arn.service == "events", !buses.contains(arn.name) {
          notes.append(TemplateNote(.targetAbsent, id, "Target", "there is no event bus \(arn.name)"))
        }
      }
    }
  }
}
