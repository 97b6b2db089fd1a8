import Events

/// Whether a rule listens.
public enum RuleState: String, Sendable, Codable, CaseIterable {
  case enabled = "ENABLED"
  case disabled = "DISABLED"
  case enabledWithAllCloudTrailManagementEvents = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
}

/// A label on a resource.
public struct Tag: Sendable, Hashable {
  public let key: String
  public let value: String
}

/// A rule to create or replace (D27).
public struct PutRuleInput: Sendable, Hashable {
  public let name: String
  /// nil or a text that is not empty; one of this and `eventPattern` is there.
  public let scheduleExpression: String?
  /// JSON text, not yet looked at.
  public let eventPattern: String?
  public let state: RuleState
  public let description: String?
  public let roleArn: String?
  public let tags: [Tag]
  /// A name or an ARN; nil for the default bus.
  public let eventBusName: String?

  init(_ members: Members, _ validation: inout Validation) throws(WireError) {
    name = try validation.requiredText(members, "Name", .ruleName)
    let schedule = try validation.text(members, "ScheduleExpression", .scheduleExpression)
    let pattern = try validation.text(members, "EventPattern", .eventPattern)
    state = try validation.choice(members, "State", of: RuleState.self) ?? .enabled
    description = try validation.text(members, "Description", .ruleDescription)
    roleArn = try validation.text(members, "RoleArn", .resourceARN)
    eventBusName = try validation.text(members, "EventBusName", .busNameOrARN)
    var tags: [Tag] = []
    for tag in try members.structures("Tags") ?? [] {
      tags.append(
        Tag(
          key: try validation.requiredText(tag, "Key", .tagKey),
          value: try validation.requiredText(tag, "Value", .tagValue)))
    }
    self.tags = tags
    scheduleExpression = schedule == "" ? nil : schedule
    eventPattern = pattern == "" ? nil : pattern
    try validation.settle()
    guard scheduleExpression != nil || eventPattern != nil else {
      throw WireError(.validation, "Parameter(s) EventPattern or ScheduleExpression must be specified.")
    }
    if scheduleExpression != nil, let bus = eventBusName, bus != "default", ResourceName(bus)?.name != "default" {
      throw WireError(.validation, "ScheduleExpression is supported only on the default event bus.")
    }
  }
}
