import Deliveries
import Events
import Rules
import Schedules

/// Schedules of EventBridge Scheduler and their groups, as a template has them.
///
/// Source: CloudFormation template reference, `AWS::Scheduler::Schedule`, `AWS::Scheduler::ScheduleGroup`.
extension TemplateWriter {
  /// What a role is asked for by where a schedule has none.
  static let roleParameter = "SchedulerRoleArn"

  /// What of these definitions CloudFormation has no property for, though an engine heeds it.
  public static func losses(_ definitions: StackDefinitions) -> [TemplateNote] {
    definitions.schedules.filter { $0.completion == .delete }.sorted { $0.name < $1.name }.map { schedule in
      TemplateNote(
        .propertyNotKept, schedule.name.description, "ActionAfterCompletion",
        "CloudFormation has no property for DELETE, so deployed it stays after its last slot")
    }
  }

  mutating func writeGroups() {
    for group in definitions.groups {
      let tags = group.tags.sorted { $0.key < $1.key }.map { tag -> JSON in
        ["Key": .string(tag.key), "Value": .string(tag.value)]
      }
      add(
        groupIDs[group.name] ?? group.name, "AWS::Scheduler::ScheduleGroup",
        JSON(present: ["Name": .string(group.name), "Tags": tags.isEmpty ? nil : .array(tags)]))
    }
  }

  mutating func writeSchedules() {
    for schedule in definitions.schedules {
      let group = schedule.name.group
      let id = logicalID(
        group == ScheduleName.defaultGroup ? schedule.name.name : schedule.name.description, "Schedule")
      let window: JSON =
        schedule.window.map { ["Mode": "FLEXIBLE", "MaximumWindowInMinutes": JSON($0)] } ?? ["Mode": "OFF"]
      let target = scheduleTarget(schedule.target)
      add(
        id, "AWS::Scheduler::Schedule",
        JSON(present: [
          "Name": .string(schedule.name.name),
          "GroupName": group == ScheduleName.defaultGroup
            ? nil : groupIDs[group].map { ["Ref": .string($0)] } ?? .string(group),
          "Description": schedule.description.map { .string($0) }, "State": .string(schedule.state.rawValue),
          "ScheduleExpression": .string(schedule.expression.text),
          "ScheduleExpressionTimezone": .string(schedule.timezone),
          "StartDate": schedule.start.map { .string($0.preciseText) },
          "EndDate": schedule.end.map { .string($0.preciseText) }, "FlexibleTimeWindow": window,
          "KmsKeyArn": schedule.kmsKey.map(reference), "Target": target,
        ]))
    }
  }

  private mutating func scheduleTarget(_ target: Target) -> JSON {
    var input: String?
    if case .scheduled(let text) = target.input { input = text }
    let retry: JSON? =
      target.isRetryAsked
      ? [
        "MaximumEventAgeInSeconds": JSON(target.retry.ageSecondsMax),
        "MaximumRetryAttempts": JSON(target.retry.retriesMax),
      ] : nil
    var json = JSON(present: [
      "Arn": reference(target.arn.description), "RoleArn": target.role.map(reference) ?? role(),
      "Input": input.map { .string($0) }, "RetryPolicy": retry,
      "DeadLetterConfig": target.deadLetter.map { ["Arn": reference($0.description)] },
    ])
    if let parameters = target.parameters { json.set(parameters.name, parameters.json) }
    return json
  }

  /// What to write for a role that only whoever deploys the template knows: AWS makes no schedule without one.
  private mutating func role() -> JSON {
    let name = TemplateWriter.roleParameter
    if !parameters.contains(where: { $0.key == name }) {
      parameters.append(
        .init(
          name,
          [
            "Type": "String",
            "Description": "ARN of a role that scheduler.amazonaws.com may assume and that may use the targets",
          ]))
    }
    return ["Ref": .string(name)]
  }
}
