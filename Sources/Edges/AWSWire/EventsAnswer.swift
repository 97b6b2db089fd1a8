import Events

/// An answer of EventBridge.
public enum EventsAnswer: Sendable, Hashable {
  case putRule(ruleArn: String)
  case describeRule(RuleShape)
  /// EnableRule, DisableRule and DeleteRule answer nothing.
  case done
  case listRules([RuleShape], nextToken: String?)
  case putTargets(failed: [FailedTarget])
  case listTargetsByRule([TargetShape], nextToken: String?)
  case removeTargets(failed: [FailedTarget])
  /// The id of each event, or why it was refused, in the order of the request.
  case putEvents([Result<String, PutEventsInput.Refusal>])
  case testEventPattern(Bool)
  case listRuleNamesByTarget([String], nextToken: String?)
  case listEventBuses([BusShape], nextToken: String?)
  case describeEventBus(BusShape)

  /// A rule as EventBridge shows it.
  public struct RuleShape: Sendable, Hashable {
    public let name: String
    public let arn: String
    public let eventPattern: String?
    public let scheduleExpression: String?
    public let state: RuleState
    public let description: String?
    public let roleArn: String?
    public let eventBusName: String
    /// The account that made it; only DescribeRule says it.
    public let createdBy: String?

    public init(
      name: String, arn: String, eventPattern: String?, scheduleExpression: String?, state: RuleState,
      description: String?, roleArn: String?, eventBusName: String, createdBy: String? = nil
    ) {
      self.name = name
      self.arn = arn
      self.eventPattern = eventPattern
      self.scheduleExpression = scheduleExpression
      self.state = state
      self.description = description
      self.roleArn = roleArn
      self.eventBusName = eventBusName
      self.createdBy = createdBy
    }
  }

  /// A target that was not added or removed, and why.
  public struct FailedTarget: Sendable, Hashable {
    public let targetId: String
    public let errorCode: String
    public let errorMessage: String

    public init(targetId: String, errorCode: String, errorMessage: String) {
      self.targetId = targetId
      self.errorCode = errorCode
      self.errorMessage = errorMessage
    }
  }

  /// A bus as EventBridge shows it.
  public struct BusShape: Sendable, Hashable {
    public let name: String
    public let arn: String
    public let description: String?
    /// JSON text: who may publish (D29).
    public let policy: String?
    public let creationTime: Timestamp?
    public let lastModifiedTime: Timestamp?
    /// `DeadLetterConfig.Arn`; only DescribeEventBus says it.
    public let deadLetterArn: String?

    public init(
      name: String, arn: String, description: String? = nil, policy: String? = nil, creationTime: Timestamp? = nil,
      lastModifiedTime: Timestamp? = nil, deadLetterArn: String? = nil
    ) {
      self.deadLetterArn = deadLetterArn
      self.name = name
      self.arn = arn
      self.description = description
      self.policy = policy
      self.creationTime = creationTime
      self.lastModifiedTime = lastModifiedTime
    }
  }

  /// The body; nil if there is none.
  var json: JSON? {
    switch self {
    case .putRule(let ruleArn): return ["RuleArn": .string(ruleArn)]
    case .describeRule(let rule): return rule.json
    case .done: return nil
    case .listRules(let rules, let nextToken):
      return JSON(present: ["Rules": .array(rules.map(\.json)), "NextToken": JSON(text: nextToken)])
    case .putTargets(let failed), .removeTargets(let failed):
      return ["FailedEntryCount": JSON(failed.count), "FailedEntries": .array(failed.map(\.json))]
    case .listTargetsByRule(let targets, let nextToken):
      return JSON(present: ["Targets": .array(targets.map(\.json)), "NextToken": JSON(text: nextToken)])
    case .putEvents(let results): return EventsAnswer.json(of: results)
    case .testEventPattern(let matches): return ["Result": .bool(matches)]
    case .listRuleNamesByTarget(let names, let nextToken):
      return JSON(present: ["RuleNames": JSON(names), "NextToken": JSON(text: nextToken)])
    case .listEventBuses(let buses, let nextToken):
      return JSON(present: ["EventBuses": .array(buses.map(\.json)), "NextToken": JSON(text: nextToken)])
    case .describeEventBus(let bus): return bus.json
    }
  }

  private static func json(of results: [Result<String, PutEventsInput.Refusal>]) -> JSON {
    var failed = 0
    var entries: [JSON] = []
    for result in results {
      switch result {
      case .success(let id): entries.append(["EventId": .string(id)])
      case .failure(let refusal):
        failed += 1
        entries.append(["ErrorCode": .string(refusal.code.rawValue), "ErrorMessage": .string(refusal.message)])
      }
    }
    return ["FailedEntryCount": JSON(failed), "Entries": .array(entries)]
  }
}

extension EventsAnswer.RuleShape {
  var json: JSON {
    JSON(present: [
      "Name": .string(name), "Arn": .string(arn), "EventPattern": JSON(text: eventPattern),
      "ScheduleExpression": JSON(text: scheduleExpression), "State": .string(state.rawValue),
      "Description": JSON(text: description), "RoleArn": JSON(text: roleArn), "EventBusName": .string(eventBusName),
      "CreatedBy": JSON(text: createdBy),
    ])
  }
}

extension EventsAnswer.FailedTarget {
  var json: JSON {
    ["TargetId": .string(targetId), "ErrorCode": .string(errorCode), "ErrorMessage": .string(errorMessage)]
  }
}

extension EventsAnswer.BusShape {
  var json: JSON {
    JSON(present: [
      "Name": .string(name), "Arn": .string(arn), "Description": JSON(text: description), "Policy": JSON(text: policy),
      "CreationTime": creationTime.map { JSON($0.seconds) },
      "LastModifiedTime": lastModifiedTime.map { JSON($0.seconds) },
      "DeadLetterConfig": deadLetterArn.map { ["Arn": .string($0)] },
    ])
  }
}

extension JSON {
  /// Whole seconds.
  init(_ seconds: Int64) { self.init(Int(seconds)) }
}
