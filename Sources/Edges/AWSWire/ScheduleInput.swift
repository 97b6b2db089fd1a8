import Events

/// A schedule to create, or what one shall be from now on.
///
/// Source: EventBridge Scheduler API, `CreateSchedule` and `UpdateSchedule`, whose members are the same.
public struct ScheduleInput: Sendable, Hashable {
  public enum WindowMode: String, Sendable, CaseIterable {
    case off = "OFF"
    case flexible = "FLEXIBLE"
  }

  public enum State: String, Sendable, CaseIterable {
    case enabled = "ENABLED"
    case disabled = "DISABLED"
  }

  public enum Completion: String, Sendable, CaseIterable {
    case keep = "NONE"
    case delete = "DELETE"
  }

  public let name: String
  /// nil for the default group.
  public let group: String?
  public let description: String?
  public let expression: String
  public let timezone: String?
  public let start: Timestamp?
  public let end: Timestamp?
  public let windowMode: WindowMode
  /// 1 to 1,440.
  public let windowMinutes: Int?
  public let target: ScheduleTargetInput
  public let state: State
  public let completion: Completion
  public let kmsKey: String?
  public let clientToken: String?

  init(_ members: Members, _ validation: inout Validation) throws(WireError) {
    name = try validation.requiredText(members, "Name", .scheduleName)
    group = try validation.text(members, "GroupName", .scheduleName)
    description = try validation.text(members, "Description", .scheduleDescription)
    expression = try validation.requiredText(members, "ScheduleExpression", .scheduleText)
    timezone = try validation.text(members, "ScheduleExpressionTimezone", .scheduleTimezone)
    start = try members.moment("StartDate")
    end = try members.moment("EndDate")
    if let window = try members.structure("FlexibleTimeWindow") {
      if window.value("Mode") == nil { validation.missing(window.place("Mode")) }
      windowMode = try validation.choice(window, "Mode", of: WindowMode.self) ?? .off
      windowMinutes = try validation.integer(window, "MaximumWindowInMinutes", 1...1_440)
    } else {
      validation.missing(members.place("FlexibleTimeWindow"))
      (windowMode, windowMinutes) = (.off, nil)
    }
    if let target = try members.structure("Target") {
      self.target = try ScheduleTargetInput(target, &validation)
    } else {
      validation.missing(members.place("Target"))
      target = try ScheduleTargetInput(Members(ScheduleInput.placeholder), &validation)
    }
    state = try validation.choice(members, "State", of: State.self) ?? .enabled
    completion = try validation.choice(members, "ActionAfterCompletion", of: Completion.self) ?? .keep
    kmsKey = try validation.text(members, "KmsKeyArn", .scheduleKeyARN)
    clientToken = try validation.text(members, "ClientToken", .clientToken)
    try validation.settle()
  }

  /// Stands for a target that is missing, until that is refused.
  private static let placeholder: JSON = ["Arn": "none", "RoleArn": "arn:aws:iam::000000000000:role/none"]
}

/// What a schedule invokes. Source: EventBridge Scheduler API, `Target`.
public struct ScheduleTargetInput: Sendable, Hashable {
  /// `EventBridgeParameters`.
  public struct EventParameters: Sendable, Hashable {
    public let detailType: String
    public let source: String
  }

  public let arn: String
  public let roleArn: String
  public let input: String?
  public let deadLetterArn: String?
  /// 0 to 185.
  public let retriesMax: Int?
  /// 60 to 86,400.
  public let ageSecondsMax: Int?
  public let messageGroupID: String?
  public let event: EventParameters?
  /// Parameters of services that are not served, by AWS's names.
  public let otherParameters: [String]

  private static let otherNames = ["EcsParameters", "KinesisParameters", "SageMakerPipelineParameters"]

  init(_ members: Members, _ validation: inout Validation) throws(WireError) {
    arn = try validation.requiredText(members, "Arn", .scheduleTargetARN)
    roleArn = try validation.requiredText(members, "RoleArn", .scheduleRoleARN)
    input = try validation.text(members, "Input", .scheduleInput)
    if let letters = try members.structure("DeadLetterConfig") {
      deadLetterArn = try validation.text(letters, "Arn", .scheduleDeadLetterARN)
    } else {
      deadLetterArn = nil
    }
    if let policy = try members.structure("RetryPolicy") {
      retriesMax = try validation.integer(policy, "MaximumRetryAttempts", 0...185)
      ageSecondsMax = try validation.integer(policy, "MaximumEventAgeInSeconds", 60...86_400)
    } else {
      (retriesMax, ageSecondsMax) = (nil, nil)
    }
    if let queue = try members.structure("SqsParameters") {
      messageGroupID = try validation.text(queue, "MessageGroupId", .scheduleGroupID)
    } else {
      messageGroupID = nil
    }
    if let event = try members.structure("EventBridgeParameters") {
      self.event = EventParameters(
        detailType: try validation.requiredText(event, "DetailType", .scheduleDetailType),
        source: try validation.requiredText(event, "Source", .scheduleSource))
    } else {
      event = nil
    }
    otherParameters = ScheduleTargetInput.otherNames.filter { members.value($0) != nil }
  }
}
