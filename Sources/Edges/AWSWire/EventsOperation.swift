import Events

/// An operation of EventBridge, its members named as AWS names them.
///
/// Source: botocore, `events/2015-10-07/service-2.json`.
public enum EventsOperation: Sendable, Hashable {
  case putRule(PutRuleInput)
  case describeRule(RuleReference)
  case enableRule(RuleReference)
  case disableRule(RuleReference)
  case deleteRule(RuleReference)
  case listRules(ListRulesInput)
  case putTargets(PutTargetsInput)
  case listTargetsByRule(RuleReference, Page)
  case removeTargets(RuleReference, ids: [String])
  case putEvents(PutEventsInput)
  case testEventPattern(eventPattern: String, event: String)
  case listRuleNamesByTarget(targetArn: String, eventBusName: String?, Page)
  case listEventBuses(namePrefix: String?, Page)
  case describeEventBus(name: String?)

  /// Which part of a list is wanted.
  public struct Page: Sendable, Hashable {
    /// Entries of one answer; nil if the client leaves it to the service.
    public let limit: Int?
    /// What the answer before handed out.
    public let nextToken: String?
  }

  /// A rule by its name.
  public struct RuleReference: Sendable, Hashable {
    public let name: String
    /// A name or an ARN; nil for the default bus.
    public let eventBusName: String?
  }

  /// Which rules to list.
  public struct ListRulesInput: Sendable, Hashable {
    public let namePrefix: String?
    public let eventBusName: String?
    public let page: Page
  }

  /// AWS's name of the operation.
  public var name: String {
    switch self {
    case .putRule: "PutRule"
    case .describeRule: "DescribeRule"
    case .enableRule: "EnableRule"
    case .disableRule: "DisableRule"
    case .deleteRule: "DeleteRule"
    case .listRules: "ListRules"
    case .putTargets: "PutTargets"
    case .listTargetsByRule: "ListTargetsByRule"
    case .removeTargets: "RemoveTargets"
    case .putEvents: "PutEvents"
    case .testEventPattern: "TestEventPattern"
    case .listRuleNamesByTarget: "ListRuleNamesByTarget"
    case .listEventBuses: "ListEventBuses"
    case .describeEventBus: "DescribeEventBus"
    }
  }

  init(_ action: String, body: [UInt8]) throws(WireError) {
    let decode: (Members, inout Validation) throws(WireError) -> EventsOperation
    switch action {
    case "PutRule": decode = { (m, v) throws(WireError) in .putRule(try PutRuleInput(m, &v)) }
    case "DescribeRule": decode = { (m, v) throws(WireError) in .describeRule(try RuleReference(m, &v)) }
    case "EnableRule": decode = { (m, v) throws(WireError) in .enableRule(try RuleReference(m, &v)) }
    case "DisableRule": decode = { (m, v) throws(WireError) in .disableRule(try RuleReference(m, &v)) }
    case "DeleteRule": decode = { (m, v) throws(WireError) in .deleteRule(try RuleReference(m, &v)) }
    case "ListRules": decode = { (m, v) throws(WireError) in .listRules(try ListRulesInput(m, &v)) }
    case "PutTargets": decode = { (m, v) throws(WireError) in .putTargets(try PutTargetsInput(m, &v)) }
    case "ListTargetsByRule":
      decode = { (m, v) throws(WireError) in .listTargetsByRule(try RuleReference(m, &v, name: "Rule"), try Page(m, &v))
      }
    case "RemoveTargets": decode = EventsOperation.removeTargets
    case "PutEvents": decode = { (m, v) throws(WireError) in .putEvents(try PutEventsInput(m, &v)) }
    case "TestEventPattern": decode = EventsOperation.testEventPattern
    case "ListRuleNamesByTarget": decode = EventsOperation.listRuleNamesByTarget
    case "ListEventBuses":
      decode = { (m, v) throws(WireError) in
        .listEventBuses(namePrefix: try v.text(m, "NamePrefix", .busName), try Page(m, &v))
      }
    case "DescribeEventBus":
      decode = { (m, v) throws(WireError) in .describeEventBus(name: try v.text(m, "Name", .busNameOrARN)) }
    default:
      throw WireError(.unknownOperation, "The action \(printable(action)) is not served for events.")
    }
    var validation = Validation()
    let operation = try decode(try Members(body: body), &validation)
    try validation.settle()
    self = operation
  }

  private static func removeTargets(
    _ members: Members, _ validation: inout Validation
  ) throws(WireError) -> EventsOperation {
    let rule = try RuleReference(members, &validation, name: "Rule")
    let ids = try members.texts("Ids")
    if let ids {
      validation.bound(ids.count, 1...100, "[\(ids.count) members]", at: "ids", "have length")
      for (index, id) in ids.enumerated() { validation.check(id, .targetID, at: "ids.\(index + 1).member") }
    } else {
      validation.missing("ids")
    }
    return .removeTargets(rule, ids: ids ?? [])
  }

  private static func testEventPattern(
    _ members: Members, _ validation: inout Validation
  ) throws(WireError) -> EventsOperation {
    .testEventPattern(
      eventPattern: try validation.requiredText(members, "EventPattern", .eventPattern),
      event: try validation.requiredText(members, "Event", .anyText))
  }

  private static func listRuleNamesByTarget(
    _ members: Members, _ validation: inout Validation
  ) throws(WireError) -> EventsOperation {
    .listRuleNamesByTarget(
      targetArn: try validation.requiredText(members, "TargetArn", .resourceARN),
      eventBusName: try validation.text(members, "EventBusName", .busNameOrARN), try Page(members, &validation))
  }
}

extension EventsOperation.RuleReference {
  init(_ members: Members, _ validation: inout Validation, name: String = "Name") throws(WireError) {
    self.name = try validation.requiredText(members, name, .ruleName)
    eventBusName = try validation.text(members, "EventBusName", .busNameOrARN)
    _ = try members.flag("Force")  // Only managed rules look at it, and there are none.
  }
}

extension EventsOperation.Page {
  init(_ members: Members, _ validation: inout Validation) throws(WireError) {
    limit = try validation.integer(members, "Limit", 1...100)
    nextToken = try validation.text(members, "NextToken", .nextToken)
  }
}

extension EventsOperation.ListRulesInput {
  init(_ members: Members, _ validation: inout Validation) throws(WireError) {
    namePrefix = try validation.text(members, "NamePrefix", .ruleName)
    eventBusName = try validation.text(members, "EventBusName", .busNameOrARN)
    page = try EventsOperation.Page(members, &validation)
  }
}
