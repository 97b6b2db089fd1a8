import Events

/// Targets to add to a rule, or to replace.
public struct PutTargetsInput: Sendable, Hashable {
  public let rule: EventsOperation.RuleReference
  /// 1 to 100.
  public let targets: [TargetShape]

  init(_ members: Members, _ validation: inout Validation) throws(WireError) {
    rule = try EventsOperation.RuleReference(members, &validation, name: "Rule")
    var targets: [TargetShape] = []
    for member in try validation.requiredStructures(members, "Targets", 1...100) {
      targets.append(try TargetShape(member, &validation))
    }
    self.targets = targets
    try validation.settle()
    for target in targets { try target.check() }
  }
}

/// What a rule sends to and how, as EventBridge writes it.
public struct TargetShape: Sendable, Hashable {
  /// A template and what to fill in.
  public struct InputTransformer: Sendable, Hashable {
    /// Names and the JSON paths of their values.
    public let inputPathsMap: [String: String]
    public let inputTemplate: String

    public init(inputPathsMap: [String: String], inputTemplate: String) {
      self.inputPathsMap = inputPathsMap
      self.inputTemplate = inputTemplate
    }
  }

  /// What an HTTP target's request carries.
  public struct HttpParameters: Sendable, Hashable {
    public let pathParameterValues: [String]
    public let headerParameters: [String: String]
    public let queryStringParameters: [String: String]

    public init(
      pathParameterValues: [String], headerParameters: [String: String], queryStringParameters: [String: String]
    ) {
      self.pathParameterValues = pathParameterValues
      self.headerParameters = headerParameters
      self.queryStringParameters = queryStringParameters
    }
  }

  /// How long and how often to try; nil for AWS's defaults (D20).
  public struct RetryPolicy: Sendable, Hashable {
    /// 0 to 185.
    public let maximumRetryAttempts: Int?
    /// 60 to 86,400.
    public let maximumEventAgeInSeconds: Int?

    public init(maximumRetryAttempts: Int?, maximumEventAgeInSeconds: Int?) {
      self.maximumRetryAttempts = maximumRetryAttempts
      self.maximumEventAgeInSeconds = maximumEventAgeInSeconds
    }
  }

  public let id: String
  /// Has the form of an ARN.
  public let arn: String
  public let roleArn: String?
  /// JSON text sent instead of the event.
  public let input: String?
  public let inputPath: String?
  public let inputTransformer: InputTransformer?
  /// `SqsParameters.MessageGroupId`.
  public let messageGroupId: String?
  public let httpParameters: HttpParameters?
  /// `DeadLetterConfig.Arn`: a queue.
  public let deadLetterArn: String?
  public let retryPolicy: RetryPolicy?
  /// Parameters of services that are not served (`EcsParameters`, …), kept as they came.
  public let otherParameters: [JSON.Member]

  public init(
    id: String, arn: String, roleArn: String? = nil, input: String? = nil, inputPath: String? = nil,
    inputTransformer: InputTransformer? = nil, messageGroupId: String? = nil, httpParameters: HttpParameters? = nil,
    deadLetterArn: String? = nil, retryPolicy: RetryPolicy? = nil, otherParameters: [JSON.Member] = []
  ) {
    self.id = id
    self.arn = arn
    self.roleArn = roleArn
    self.input = input
    self.inputPath = inputPath
    self.inputTransformer = inputTransformer
    self.messageGroupId = messageGroupId
    self.httpParameters = httpParameters
    self.deadLetterArn = deadLetterArn
    self.retryPolicy = retryPolicy
    self.otherParameters = otherParameters
  }
}

extension TargetShape {
  /// Parameters of services that are not served.
  private static let otherNames: Set<String> = [
    "KinesisParameters", "RunCommandParameters", "EcsParameters", "BatchParameters", "RedshiftDataParameters",
    "SageMakerPipelineParameters", "AppSyncParameters",
  ]

  init(_ members: Members, _ validation: inout Validation) throws(WireError) {
    self.init(
      id: try validation.requiredText(members, "Id", .targetID),
      arn: try validation.requiredText(members, "Arn", .resourceARN),
      roleArn: try validation.text(members, "RoleArn", .resourceARN),
      input: try validation.text(members, "Input", .targetInput),
      inputPath: try validation.text(members, "InputPath", .targetInputPath),
      inputTransformer: try TargetShape.transformer(members, &validation),
      messageGroupId: try TargetShape.groupID(members, &validation),
      httpParameters: try TargetShape.http(members),
      deadLetterArn: try TargetShape.deadLetter(members, &validation),
      retryPolicy: try TargetShape.retryPolicy(members, &validation),
      otherParameters: (members.json.members ?? []).filter { TargetShape.otherNames.contains($0.key) })
  }

  private static func transformer(
    _ members: Members, _ validation: inout Validation
  ) throws(WireError) -> InputTransformer? {
    guard let transformer = try members.structure("InputTransformer") else { return nil }
    let paths = try transformer.textMap("InputPathsMap") ?? [:]
    let place = transformer.place("InputPathsMap")
    validation.bound(paths.count, 0...100, "{\(paths.count) members}", at: place, "have length")
    for (key, path) in paths.sorted(by: { $0.key < $1.key }) {
      validation.check(key, .inputPathKey, at: place)
      validation.check(path, .targetInputPath, at: "\(place).\(key).member")
    }
    return InputTransformer(
      inputPathsMap: paths, inputTemplate: try validation.requiredText(transformer, "InputTemplate", .inputTemplate))
  }

  private static func groupID(_ members: Members, _ validation: inout Validation) throws(WireError) -> String? {
    guard let parameters = try members.structure("SqsParameters") else { return nil }
    return try validation.text(parameters, "MessageGroupId", .messageGroupID)
  }

  private static func deadLetter(_ members: Members, _ validation: inout Validation) throws(WireError) -> String? {
    guard let config = try members.structure("DeadLetterConfig") else { return nil }
    return try validation.text(config, "Arn", .resourceARN)
  }

  private static func http(_ members: Members) throws(WireError) -> HttpParameters? {
    guard let parameters = try members.structure("HttpParameters") else { return nil }
    return HttpParameters(
      pathParameterValues: try parameters.texts("PathParameterValues") ?? [],
      headerParameters: try parameters.textMap("HeaderParameters") ?? [:],
      queryStringParameters: try parameters.textMap("QueryStringParameters") ?? [:])
  }

  private static func retryPolicy(
    _ members: Members, _ validation: inout Validation
  ) throws(WireError) -> RetryPolicy? {
    guard let policy = try members.structure("RetryPolicy") else { return nil }
    return RetryPolicy(
      maximumRetryAttempts: try validation.integer(policy, "MaximumRetryAttempts", 0...185),
      maximumEventAgeInSeconds: try validation.integer(policy, "MaximumEventAgeInSeconds", 60...86_400))
  }

  /// What the model cannot say.
  func check() throws(WireError) {
    guard ResourceName(arn) != nil else {
      throw WireError(.validation, "Parameter \(arn) is not valid. Reason: Provided Arn is not in correct format.")
    }
    let shapes = (input != nil ? 1 : 0) + (inputPath != nil ? 1 : 0) + (inputTransformer != nil ? 1 : 0)
    guard shapes <= 1 else {
      let message = "Only one of Input, InputPath, or InputTransformer must be provided for target \(id)."
      throw WireError(.validation, message)
    }
    guard let input, !input.isEmpty else { return }
    do {
      _ = try JSON(parsing: input)
    } catch {
      throw WireError(.validation, "JSON syntax error in input for target \(id): \(error.message)")
    }
  }

  /// The target in EventBridge's JSON.
  var json: JSON {
    var json = JSON(present: [
      "Id": .string(id), "Arn": .string(arn), "RoleArn": JSON(text: roleArn),
      "Input": JSON(text: input), "InputPath": JSON(text: inputPath),
      "InputTransformer": inputTransformer.map {
        ["InputPathsMap": JSON(map: $0.inputPathsMap), "InputTemplate": .string($0.inputTemplate)]
      },
      "SqsParameters": messageGroupId.map { ["MessageGroupId": .string($0)] },
      "HttpParameters": httpParameters.map {
        [
          "PathParameterValues": JSON($0.pathParameterValues), "HeaderParameters": JSON(map: $0.headerParameters),
          "QueryStringParameters": JSON(map: $0.queryStringParameters),
        ]
      },
      "DeadLetterConfig": deadLetterArn.map { ["Arn": .string($0)] },
      "RetryPolicy": retryPolicy.map {
        JSON(present: [
          "MaximumRetryAttempts": $0.maximumRetryAttempts.map { JSON($0) },
          "MaximumEventAgeInSeconds": $0.maximumEventAgeInSeconds.map { JSON($0) },
        ])
      },
    ])
    for member in otherParameters { json.set(member.key, member.value) }
    return json
  }
}

extension JSON {
  /// An object of texts, sorted by key so that equal maps have equal bytes.
  init(map: [String: String]) {
    self = .object(map.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) })
  }

  /// A text that may be absent.
  init?(text: String?) {
    guard let text else { return nil }
    self = .string(text)
  }
}
