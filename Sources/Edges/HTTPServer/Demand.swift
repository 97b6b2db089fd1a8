import AWSWire
import Events
import Rules

/// What an operation wants to do, in the words of policies.
struct Demand: Sendable, Hashable {
  /// `lambda:InvokeFunction`
  let action: String
  /// An ARN, or `*`.
  let resource: String
  var context: [String: [String]] = [:]

  init(_ action: String, _ resource: String = "*", context: [String: [String]] = [:]) {
    self.action = action
    self.resource = resource
    self.context = context
  }

  init(_ action: String, _ resource: ResourceName) {
    self.init(action, resource.description)
  }

  /// Everything an operation needs to be allowed; nothing for what anybody may do.
  static func of(_ operation: WireOperation, _ names: ResourceNames) throws(WireError) -> [Demand] {
    switch operation {
    case .events(let operation): return events(operation, names)
    case .lambda(let operation): return [lambda(operation, names)]
    case .sqs(let operation): return [sqs(operation, names)]
    case .s3(let operation): return [s3(operation, names)]
    case .sts(.getCallerIdentity): return []
    case .cloudWatch(let operation, let input):
      var context: [String: [String]] = [:]
      if let namespace = try input.text("Namespace") { context["cloudwatch:namespace"] = [namespace] }
      return [Demand("cloudwatch:\(operation.rawValue)", "*", context: context)]
    case .logs(let operation, let input):
      // Both, if both are there: whichever the operation looks at is allowed then.
      let named = [try input.text("logGroupName"), try input.text("logGroupIdentifier")].compactMap { $0 }
      let groups = Set(named.map { ResourceName($0)?.name ?? $0 }).sorted()
      let action = "logs:\(operation.rawValue)"
      return groups.isEmpty
        ? [Demand(action)] : groups.map { Demand(action, arn("logs", "log-group:\($0):*", names)) }
    case .iam(let operation, let input):
      return [Demand("iam:\(operation.rawValue)", try role(of: operation, input, names) ?? "*")]
    case .buses(let operation, let input):
      let bus = try input.text(operation == .createEventBus || operation == .deleteEventBus ? "Name" : "EventBusName")
      return [Demand("events:\(operation.rawValue)", busARN(bus, names))]
    case .moves(let operation, let input): return try moves(operation, input, names)
    case .permission(let operation):
      return [Demand("lambda:\(operation.kind.rawValue)", names.function(operation.function.name))]
    case .scheduler(let operation): return scheduler(operation, names)
    }
  }

  /// The role that an IAM operation is about; a member that it has not says nothing.
  private static func role(
    of operation: IAMOperation, _ input: WireInput, _ names: ResourceNames
  ) throws(WireError) -> String? {
    switch operation {
    case .simulatePrincipalPolicy, .getContextKeysForPrincipalPolicy: return try input.text("PolicySourceArn")
    case .listRoles, .simulateCustomPolicy, .getContextKeysForCustomPolicy: return nil
    case .createRole:
      return try input.text("RoleName").map { name throws(WireError) in
        "arn:aws:iam::\(names.account):role\(try input.text("Path") ?? "/")\(name)"
      }
    case .getRole, .deleteRole, .updateAssumeRolePolicy, .listRolePolicies, .getRolePolicy, .putRolePolicy,
      .deleteRolePolicy, .listAttachedRolePolicies:
      return try input.text("RoleName").map { "arn:aws:iam::\(names.account):role/\($0)" }
    }
  }

  /// Source: SQS developer guide, "Configuring queue permissions" for message moves.
  private static func moves(
    _ operation: MoveOperation, _ input: WireInput, _ names: ResourceNames
  ) throws(WireError) -> [Demand] {
    let action = "sqs:\(operation.rawValue)"
    switch operation {
    case .cancelMessageMoveTask:
      let handle = try input.text("TaskHandle").flatMap { MoveHandle($0) }
      return [Demand(action, handle?.source.description ?? "*")]
    case .listMessageMoveTasks: return [Demand(action, try input.text("SourceArn") ?? "*")]
    case .startMessageMoveTask:
      let source = try input.text("SourceArn") ?? "*"
      let taking = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"].map { Demand($0, source) }
      // Where a move without a destination leads is known to its service, which asks then.
      let sending = try input.text("DestinationArn").map { [Demand("sqs:SendMessage", $0)] } ?? []
      return [Demand(action, source)] + taking + sending
    }
  }

  private static func arn(_ service: String, _ resource: String, _ names: ResourceNames) -> ResourceName {
    ResourceName(service: service, region: names.region, account: names.account, resource: resource)
  }

  /// An ARN is taken at its word: of a bus that is not ours the service says that it is not here.
  private static func busARN(_ reference: String?, _ names: ResourceNames) -> ResourceName {
    reference.flatMap { ResourceName($0) } ?? names.bus(reference ?? "default")
  }

  private static func events(_ operation: EventsOperation, _ names: ResourceNames) -> [Demand] {
    let action = "events:\(operation.name)"
    switch operation {
    case .putRule(let input): return [Demand(action, names.rule(input.name))]
    case .describeRule(let rule), .enableRule(let rule), .disableRule(let rule), .deleteRule(let rule),
      .listTargetsByRule(let rule, _), .removeTargets(let rule, _):
      return [Demand(action, names.rule(rule.name))]
    case .putTargets(let input): return [Demand(action, names.rule(input.rule.name))]
    case .listRules, .testEventPattern, .listRuleNamesByTarget, .listEventBuses: return [Demand(action)]
    case .describeEventBus(let bus): return [Demand(action, busARN(bus, names))]
    case .putEvents(let input):
      let entries = input.entries.compactMap { entry in
        do { return try entry.get() } catch { return nil }
      }
      return Array(
        Set(
          entries.map { entry in
            Demand(
              action, busARN(entry.eventBusName, names).description,
              context: ["events:source": [entry.source], "events:detail-type": [entry.detailType]])
          }))
    }
  }

  private static func lambda(_ operation: LambdaOperation, _ names: ResourceNames) -> Demand {
    switch operation {
    case .invoke(let input): Demand("lambda:InvokeFunction", names.function(input.function.name))
    case .getFunction(let function), .getFunctionConfiguration(let function):
      Demand("lambda:\(operation.name)", names.function(function.name))
    case .listFunctions: Demand("lambda:ListFunctions")
    }
  }

  private static func sqs(_ operation: SQSOperation, _ names: ResourceNames) -> Demand {
    func queue(_ url: String) -> ResourceName { names.queue(url.split(separator: "/").last.map(String.init) ?? "") }
    return switch operation {
    case .createQueue(let input): Demand("sqs:CreateQueue", names.queue(input.queueName))
    case .getQueueUrl(let name, _): Demand("sqs:GetQueueUrl", names.queue(name))
    case .listQueues: Demand("sqs:ListQueues")
    case .sendMessage(let url, _), .sendMessageBatch(let url, _): Demand("sqs:SendMessage", queue(url))
    case .receiveMessage(let input): Demand("sqs:ReceiveMessage", queue(input.queueUrl))
    case .deleteMessage(let url, _), .deleteMessageBatch(let url, _): Demand("sqs:DeleteMessage", queue(url))
    case .changeMessageVisibility(let input): Demand("sqs:ChangeMessageVisibility", queue(input.queueUrl))
    case .getQueueAttributes(let url, _): Demand("sqs:GetQueueAttributes", queue(url))
    case .setQueueAttributes(let url, _): Demand("sqs:SetQueueAttributes", queue(url))
    case .purgeQueue(let url): Demand("sqs:PurgeQueue", queue(url))
    case .deleteQueue(let url): Demand("sqs:DeleteQueue", queue(url))
    }
  }

  private static func s3(_ operation: S3Operation, _ names: ResourceNames) -> Demand {
    func object(_ bucket: String, _ key: String) -> String { "\(names.bucket(bucket))/\(key)" }
    return switch operation {
    case .putObject(let input): Demand("s3:PutObject", object(input.bucket, input.key))
    case .getObject(let input), .headObject(let input): Demand("s3:GetObject", object(input.bucket, input.key))
    case .deleteObject(let bucket, let key): Demand("s3:DeleteObject", object(bucket, key))
    case .listObjectsV2(let input): Demand("s3:ListBucket", names.bucket(input.bucket))
    case .createBucket(let bucket, _): Demand("s3:CreateBucket", names.bucket(bucket))
    case .headBucket(let bucket): Demand("s3:ListBucket", names.bucket(bucket))
    case .listBuckets: Demand("s3:ListAllMyBuckets")
    }
  }

  /// Whoever makes a schedule hands it a role, so they must be allowed to.
  private static func scheduler(_ operation: SchedulerOperation, _ names: ResourceNames) -> [Demand] {
    let action = "scheduler:\(operation.name)"
    func schedule(_ name: String, _ group: String?) -> ResourceName {
      names.schedule(ScheduleName(group: group ?? ScheduleName.defaultGroup, name))
    }
    switch operation {
    case .createSchedule(let input), .updateSchedule(let input):
      return [
        Demand(action, schedule(input.name, input.group)),
        Demand(
          "iam:PassRole", input.target.roleArn, context: ["iam:PassedToService": ["scheduler.amazonaws.com"]]),
      ]
    case .getSchedule(let reference), .deleteSchedule(let reference, _):
      return [Demand(action, schedule(reference.name, reference.group))]
    case .createScheduleGroup(let name, _, _), .getScheduleGroup(let name), .deleteScheduleGroup(let name, _):
      return [Demand(action, names.scheduleGroup(name))]
    case .listSchedules, .listScheduleGroups: return [Demand(action)]
    case .tagResource(let arn, _), .untagResource(let arn, _), .listTagsForResource(let arn):
      return [Demand(action, arn)]
    }
  }
}
