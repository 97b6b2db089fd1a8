import Ingestion
import Deliveries
import Events
import Patterns
import Rules

extension EnvironmentSeed {
  /// What that environment starts with: the schedule and four event rules of D4, the object rule of D22, the queues and the bucket of D28.
  public init(_ settings: Settings, at now: Timestamp) throws {
    let names = EnvironmentNames(settings)
    let kept = 1_209_600  // Fourteen days, the most that SQS keeps a message.
    self.init(
      environment: settings.environment,
      rules: try EnvironmentSeed.rules(settings, names, at: now),
      queues: [
        QueueDefinition(
          name: names.workQueue, visibilityTimeout: settings.chunks.workerTimeoutSeconds, messageRetentionPeriod: kept),
        QueueDefinition(name: names.workDeadLetters, messageRetentionPeriod: kept),
        QueueDefinition(name: names.triggerDeadLetters, messageRetentionPeriod: kept),
        QueueDefinition(name: names.transformQueue, messageRetentionPeriod: kept),
      ],
      buckets: [names.rawBucket])
  }

  private static func rules(_ settings: Settings, _ names: EnvironmentNames, at now: Timestamp) throws -> [Rule] {
    func rule(_ name: String, _ description: String, _ pattern: JSON?, _ target: Target) throws -> Rule {
      Rule(
        name: name, arn: settings.names.rule(name), description: description, state: .enabled,
        pattern: try pattern.map { try EventPattern($0.text) }, schedule: pattern == nil ? settings.schedule : nil,
        misfire: settings.misfire, targets: [target], version: 1, anchor: now)
    }
    let orchestrator = settings.names.function(names.orchestrator)
    let letters = settings.names.queue(names.triggerDeadLetters)
    let events = Target(id: "orchestrator", arn: orchestrator, input: .whole, deadLetter: letters)
    return [
      try rule(
        names.scheduleRule, "Scheduled ingestion of \(settings.environment)", nil,
        Target(
          id: "orchestrator", arn: orchestrator, input: try scheduledInput(settings), retry: .none,
          deadLetter: letters)),
      try rule(
        names.transformPipelineRule, "Re-ingestion that Transform asks for",
        [
          "source": ["transform.pipeline", "extract.pipeline"], "detail-type": ["Processing Complete"],
          "detail": ["trigger_reingestion": [true]],
        ], events),
      try rule(
        names.symbolUniverseRule, "Changes of the symbol universe",
        ["source": ["symbol.universe"], "detail-type": ["Universe Updated"]], events),
      try rule(
        names.marketEventsRule, "Market close",
        ["source": ["market.events"], "detail-type": ["Market Close"]], events),
      try rule(
        names.opsManualRule, "Runs that operators ask for over the bus",
        ["source": ["ops.manual"], "detail-type": ["Adhoc Ingestion"]], events),
      try rule(
        names.objectRule, "Raw objects for Transform", objectPattern(settings, names),
        Target(
          id: "transform", arn: settings.names.queue(names.transformQueue), input: try transformInput(),
          deadLetter: letters)),
    ]
  }

  /// The environment's body with the instant of the event in it (D6).
  private static func scheduledInput(_ settings: Settings) throws -> TargetInput {
    let members = (settings.defaults.json.members ?? []) + [.init("trigger_type", "schedule")]
    let constant = JSON.object(members).text.dropLast()
    return .transformer(
      try InputTransformer(paths: [("time", "$.time")], template: constant + #","trigger_time":<time>}"#))
  }

  /// Objects of the raw bucket under the prefix and with the suffix of §4; on the bus the pattern filters (D30).
  private static func objectPattern(_ settings: Settings, _ names: EnvironmentNames) -> JSON {
    let escaped = [settings.transform.prefix, settings.transform.suffix].map { text in
      text.replacing("\\", with: "\\\\").replacing("*", with: "\\*")
    }
    return [
      "source": ["aws.s3"], "detail-type": ["Object Created"],
      "detail": [
        "bucket": ["name": [.string(names.rawBucket)]],
        "object": ["key": [["wildcard": .string(escaped.joined(separator: "*"))]]],
      ],
    ]
  }

  /// Exactly the "Transform EventBridge Event" of §4: the bucket as a string, the object by key and size (D22).
  private static func transformInput() throws -> TargetInput {
    .transformer(
      try InputTransformer(
        paths: [
          ("id", "$.id"), ("account", "$.account"), ("time", "$.time"), ("region", "$.region"),
          ("bucket", "$.detail.bucket.name"), ("key", "$.detail.object.key"), ("size", "$.detail.object.size"),
        ],
        template: #"{"version":"0","id":<id>,"detail-type":"Object Created","source":"aws.s3","account":<account>,"#
          + #""time":<time>,"region":<region>,"detail":{"bucket":<bucket>,"object":{"key":<key>,"size":<size>}}}"#))
  }
}
