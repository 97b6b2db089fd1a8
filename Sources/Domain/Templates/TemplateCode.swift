import Events

/// What an import of a template says of each resource and property that it does not keep as it stands there.
///
/// Raw values stand in answers and in scripts, so they are never renamed.
public enum TemplateCode: String, Sendable, Hashable, CaseIterable {
  case templateMalformed = "TEMPLATE_MALFORMED"
  case ruleInvalid = "RULE_INVALID"
  case queueInvalid = "QUEUE_INVALID"
  case scheduleInvalid = "SCHEDULE_INVALID"
  case nameInvalid = "NAME_INVALID"
  case nameTaken = "NAME_TAKEN"
  case resourceNotKept = "RESOURCE_NOT_KEPT"
  case propertyNotKept = "PROPERTY_NOT_KEPT"
  case valueUnknown = "VALUE_UNKNOWN"
  case conditionFalse = "CONDITION_FALSE"
  case nameGenerated = "NAME_GENERATED"
  case busFolded = "BUS_FOLDED"
  case targetNotServed = "TARGET_NOT_SERVED"
  case targetNotPermitted = "TARGET_NOT_PERMITTED"
  case targetAbsent = "TARGET_ABSENT"
  case functionBuiltIn = "FUNCTION_BUILT_IN"
  case functionForeign = "FUNCTION_FOREIGN"
  case functionAsQueue = "FUNCTION_AS_QUEUE"
  case notificationAsRule = "NOTIFICATION_AS_RULE"

  /// Whether nothing of the template is taken over because of it.
  public var isRefusal: Bool {
    switch self {
    case .templateMalformed, .ruleInvalid, .queueInvalid, .scheduleInvalid, .nameInvalid, .nameTaken: true
    case .resourceNotKept, .propertyNotKept, .valueUnknown, .conditionFalse, .nameGenerated, .busFolded,
      .targetNotServed, .targetNotPermitted, .targetAbsent, .functionBuiltIn, .functionForeign, .functionAsQueue,
      .notificationAsRule:
      false
    }
  }

  /// What it is, in one sentence.
  public var meaning: String {
    switch self {
    case .templateMalformed: "the file is no CloudFormation template, or has no such parameter or value of one"
    case .ruleInvalid: "EventBridge would not take the rule, so nothing of the template is taken over"
    case .queueInvalid: "SQS would not take the queue, so nothing of the template is taken over"
    case .scheduleInvalid: "EventBridge Scheduler would not take the schedule, so nothing of the template is taken over"
    case .nameInvalid: "the name has characters or a length that AWS does not take"
    case .nameTaken: "two resources of the template have the same name"
    case .resourceNotKept: "the engine has nothing of that kind"
    case .propertyNotKept: "the resource is taken over, but this property of it does nothing here"
    case .valueUnknown: "the value is known only where the template is deployed"
    case .conditionFalse: "the condition of the resource is false with these parameters"
    case .nameGenerated: "the template leaves the name to CloudFormation; here it is the stack's and the resource's"
    case .busFolded: "rules live on the default bus, to which every other bus forwards its events"
    case .targetNotServed:
      "targets here are queues, the engine's functions and, of schedules, event buses; this one is left out"
    case .targetNotPermitted: "no policy in the template lets the rule use the target, so here as on AWS it is refused"
    case .targetAbsent:
      "the queue or bus is neither in the template nor on the server, so what is sent there is not taken"
    case .functionBuiltIn: "the function is one that the engine runs itself; its code and settings are the engine's"
    case .functionForeign: "the function is not here: what its rule or schedule sends ends in the dead letters"
    case .functionAsQueue: "a queue stands in for the function and gets what the function would have got"
    case .notificationAsRule: "the notification of the bucket became a rule, so its events have the shape of the bus"
    }
  }

  /// What to do about it.
  public var remedy: String {
    switch self {
    case .templateMalformed: "cfn-lint says where; a synthesised template is in cdk.out"
    case .ruleInvalid: "the message is EventBridge's; try a pattern with bellcrank pattern test"
    case .queueInvalid: "the message names the property and its range"
    case .scheduleInvalid: "the message names the property; try an expression with bellcrank schedule next"
    case .nameInvalid: "rename it in the template; bellcrank import --parameter sets what a name is made of"
    case .nameTaken: "rename one of them; bellcrank import --parameter sets what a name is made of"
    case .resourceNotKept: "nothing to do, if what is tested does not need it"
    case .propertyNotKept: "nothing to do, if what is tested does not need it"
    case .valueUnknown: "if it is a parameter: bellcrank import --parameter KEY=VALUE"
    case .conditionFalse: "if it should be true: bellcrank import --parameter KEY=VALUE"
    case .nameGenerated: "bellcrank import --stack-name NAME sets its first part"
    case .busFolded: "nothing to do; a pattern that names its source keeps the buses apart"
    case .targetNotServed: "add a queue as a second target to see what it would get"
    case .targetNotPermitted: "add an AWS::SQS::QueuePolicy or an AWS::Lambda::Permission for events.amazonaws.com"
    case .targetAbsent: "make it before events come: aws sqs create-queue, aws events create-event-bus"
    case .functionBuiltIn: "nothing to do"
    case .functionForeign: "bellcrank import --functions-as-queues makes a queue that catches it"
    case .functionAsQueue: "aws sqs receive-message on the queue shows what comes"
    case .notificationAsRule: "read detail.bucket.name and detail.object.key instead of Records"
    }
  }
}

/// One thing that an import does not keep as the template has it.
public struct TemplateNote: Sendable, Hashable {
  public let code: TemplateCode
  /// The resource by its logical id; empty for the template as a whole.
  public let resource: String
  /// `Targets.0.SqsParameters`; nil for the resource as a whole.
  public let property: String?
  /// Why, about this one.
  public let reason: String

  public init(_ code: TemplateCode, _ resource: String, _ reason: String) {
    self.init(code, resource, nil, reason)
  }

  public init(_ code: TemplateCode, _ resource: String, _ property: String?, _ reason: String) {
    self.code = code
    self.resource = resource
    self.property = property
    self.reason = reason
  }

  public var json: JSON {
    JSON(present: [
      "code": .string(code.rawValue), "resource": .string(resource), "property": property.map { .string($0) },
      "reason": .string(reason), "remedy": .string(code.remedy),
    ])
  }

  /// `PROPERTY_NOT_KEPT  Orders.Tags: tags are not kept`
  public var line: String {
    let place = [resource.isEmpty ? "template" : resource, property].compactMap { $0 }.joined(separator: ".")
    return "\(code.rawValue)  \(place): \(reason)"
  }
}
