import Engine
import Events
import Measures
import Policies

/// What an environment may do from its first start, by least privilege (§8): a role for each function, a statement for each rule.
///
/// Every ARN is exact: the tables of §8 forbid wildcards in functions and buses, their own patterns notwithstanding.
public enum DefaultPermissions {
  /// Writes what is not there yet.
  static func write(
    _ settings: Settings, to permissions: Permissions, _ documents: any Documents, _ entropy: any Entropy,
    at now: Timestamp
  ) async throws {
    for role in try roles(settings, entropy, at: now) { try await permissions.save(role, onlyIfAbsent: true) }
    for (resource, statements) in edges(settings) {
      let text = JSON.object([.init("Version", "2012-10-17"), .init("Statement", .array(statements))]).text
      try await permissions.setPolicy(try PolicyDocument(text, as: .resource), of: resource)
    }
    let door = EnvironmentNames(settings).ingestionBus
    try await documents.save(
      [DocumentChange(.eventBus, door, ["description": "The door for other accounts"], onlyIfAbsent: true)], at: now)
  }

  // MARK: Roles

  static func roles(_ settings: Settings, _ entropy: any Entropy, at now: Timestamp) throws -> [Role] {
    let names = EnvironmentNames(settings)
    func role(_ function: String, _ description: String, _ statements: [JSON]) throws -> Role {
      let document = policy(statements + common(function, settings))
      _ = try PolicyDocument(document, as: .identity)
      return Role(
        name: function, id: "AROA" + entropy.uuid().replacing("-", with: "").uppercased().prefix(17),
        description: description, trust: trust, policies: ["least-privilege": document], createdAt: now)
    }
    let queue = settings.names.queue(names.workQueue)
    let parameter = ResourceName(
      service: "ssm", region: settings.names.region, account: settings.names.account,
      resource: "parameter\(names.universeParameter)")
    return [
      try role(
        names.orchestrator, "Decides about causes and dispatches runs of \(settings.environment)",
        [
          allow("SendChunks", ["sqs:SendMessage", "sqs:GetQueueAttributes"], queue.description),
          allow("PublishEvents", ["events:PutEvents"], settings.names.bus("default").description),
          allow("ReadSymbolUniverse", ["ssm:GetParameter"], parameter.description),
        ]),
      try role(
        names.worker, "Works on the chunks of \(settings.environment)",
        [
          allow(
            "TakeChunks",
            ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"],
            queue.description),
          allow("StoreObjects", ["s3:PutObject"], settings.names.bucket(names.rawBucket).description + "/*"),
        ]),
    ]
  }

  /// What every function needs: its own log, and its own metrics.
  private static func common(_ function: String, _ settings: Settings) -> [JSON] {
    let group = ResourceName(
      service: "logs", region: settings.names.region, account: settings.names.account,
      resource: "log-group:\(Recorder.group(ofFunction: function)):*")
    var metrics = allow("PublishMetrics", ["cloudwatch:PutMetricData"], "*")
    metrics.set("Condition", ["StringEquals": ["cloudwatch:namespace": .string(Namespace.triggers)]])
    return [allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], group.description), metrics]
  }

  private static let trust = policy([
    [
      "Effect": "Allow", "Principal": ["Service": "lambda.amazonaws.com"], "Action": "sts:AssumeRole",
    ]
  ])

  private static func policy(_ statements: [JSON]) -> String {
    JSON.object([.init("Version", "2012-10-17"), .init("Statement", .array(statements))]).text
  }

  private static func allow(_ id: String, _ actions: [String], _ resource: String) -> JSON {
    [
      "Sid": .string(id), "Effect": "Allow", "Action": .array(actions.map { .string($0) }),
      "Resource": .string(resource),
    ]
  }

  // MARK: Policies of resources

  /// Which rule may use which target: one statement for each, with the rule's ARN as its condition.
  static func edges(_ settings: Settings) -> [(ResourceName, [JSON])] {
    let names = EnvironmentNames(settings)
    let orchestrator = settings.names.function(names.orchestrator)
    let rules = [
      names.scheduleRule, names.transformPipelineRule, names.symbolUniverseRule, names.marketEventsRule,
      names.opsManualRule,
    ]
    return [
      (orchestrator, rules.map { edge($0, "lambda:InvokeFunction", orchestrator, settings) }),
      (
        settings.names.queue(names.transformQueue),
        [edge(names.objectRule, "sqs:SendMessage", settings.names.queue(names.transformQueue), settings)]
      ),
    ]
  }

  private static func edge(_ rule: String, _ action: String, _ target: ResourceName, _ settings: Settings) -> JSON {
    [
      "Sid": .string(rule), "Effect": "Allow", "Principal": ["Service": "events.amazonaws.com"],
      "Action": .string(action), "Resource": .string(target.description),
      "Condition": ["ArnLike": ["AWS:SourceArn": .string(settings.names.rule(rule).description)]],
    ]
  }
}
