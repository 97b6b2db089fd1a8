import Events
import Rules

/// What resources are called where they are deployed, as far as it can be known before.
///
/// Source: CloudFormation template reference, "Return values" of each type.
extension Intrinsics {
  /// A kind of resource whose name or ARN a template may ask for.
  enum Kind: String, CaseIterable {
    case rule = "AWS::Events::Rule"
    case bus = "AWS::Events::EventBus"
    case queue = "AWS::SQS::Queue"
    case bucket = "AWS::S3::Bucket"
    case function = "AWS::Lambda::Function"
    case serverlessFunction = "AWS::Serverless::Function"
    case alias = "AWS::Lambda::Alias"
    case version = "AWS::Lambda::Version"
    case parameter = "AWS::SSM::Parameter"
    case role = "AWS::IAM::Role"
    case topic = "AWS::SNS::Topic"
    case table = "AWS::DynamoDB::Table"
    case logGroup = "AWS::Logs::LogGroup"
    case stateMachine = "AWS::StepFunctions::StateMachine"
    case stream = "AWS::Kinesis::Stream"
    case schedule = "AWS::Scheduler::Schedule"
    case scheduleGroup = "AWS::Scheduler::ScheduleGroup"

    /// The property that names it.
    var nameProperty: String {
      switch self {
      case .rule, .bus, .parameter, .schedule, .scheduleGroup, .alias, .stream: "Name"
      case .queue: "QueueName"
      case .bucket: "BucketName"
      case .function, .serverlessFunction: "FunctionName"
      case .version: "Version"
      case .role: "RoleName"
      case .topic: "TopicName"
      case .table: "TableName"
      case .logGroup: "LogGroupName"
      case .stateMachine: "StateMachineName"
      }
    }

    /// Characters of a name at most.
    var nameMax: Int {
      switch self {
      case .rule, .role, .function, .serverlessFunction, .schedule, .scheduleGroup: 64
      case .bucket: 63
      case .queue, .stateMachine: 80
      case .bus, .alias, .version, .parameter, .topic, .table, .logGroup, .stream: 128
      }
    }
  }

  func kind(of id: String) -> Kind? { resources[id]?["Type"]?.string.flatMap { Kind(rawValue: $0) } }

  /// The name, and whether the template leaves it to CloudFormation.
  func name(of id: String, _ kind: Kind, _ depth: Int = 0) throws(Unresolved) -> (name: String, isGenerated: Bool) {
    if let given = resources[id]?["Properties"]?[kind.nameProperty], let value = try resolve(given, depth: depth + 1) {
      guard let text = Intrinsics.scalar(value) else { throw Unresolved("the name of \(id) is no text") }
      return (text, false)
    }
    var name = "\(place.stackName)-\(id)"
    if kind == .bucket { name = name.lowercased() }
    if name.count > kind.nameMax {
      // What is cut off must still tell two long names apart.
      name = name.prefix(kind.nameMax - 9) + "-" + DerivedID.uuid(of: name).prefix(8)
    }
    return (name, true)
  }

  /// What `Ref` gives.
  func physicalID(of id: String, _ depth: Int) throws(Unresolved) -> String {
    let kind = try present(id)
    switch kind {
    case .queue:
      let name = try name(of: id, kind, depth).name
      return "https://sqs.\(place.names.region).amazonaws.com/\(place.names.account)/\(name)"
    case .topic, .stateMachine, .alias, .version: return try arn(of: id, kind, depth)
    case .rule, .bus, .bucket, .function, .serverlessFunction, .parameter, .role, .table, .logGroup, .stream,
      .schedule, .scheduleGroup:
      return try name(of: id, kind, depth).name
    }
  }

  /// What `Fn::GetAtt` gives.
  func attribute(_ attribute: String, of id: String, _ depth: Int) throws(Unresolved) -> String {
    let kind = try present(id)
    switch (kind, attribute) {
    case (.queue, "QueueName"), (.bus, "Name"), (.topic, "TopicName"), (.stateMachine, "Name"):
      return try name(of: id, kind, depth).name
    case (.queue, "QueueUrl"): return try physicalID(of: id, depth)
    case (.topic, "TopicArn"), (.function, "Arn"), (.serverlessFunction, "Arn"), (.queue, "Arn"), (.rule, "Arn"),
      (.bucket, "Arn"), (.bus, "Arn"), (.role, "Arn"), (.table, "Arn"), (.logGroup, "Arn"), (.stateMachine, "Arn"),
      (.stream, "Arn"), (.schedule, "Arn"), (.scheduleGroup, "Arn"):
      return try arn(of: id, kind, depth)
    case (_, let other): throw Unresolved("\(other) of \(id) is known only when it is deployed")
    }
  }

  private func present(_ id: String) throws(Unresolved) -> Kind {
    guard !absent.contains(id) else { throw Unresolved("\(id) is not made, for its condition is false") }
    guard let resource = resources[id] else { throw Unresolved("there is no parameter or resource \(id)") }
    guard let kind = kind(of: id) else {
      let type = resource["Type"]?.string ?? "without a type"
      throw Unresolved("what becomes of \(id) (\(type)) is known only when it is deployed")
    }
    return kind
  }

  func arn(of id: String, _ kind: Kind, _ depth: Int) throws(Unresolved) -> String {
    if kind == .alias || kind == .version {
      let properties = resources[id]?["Properties"]
      guard let function = properties?["FunctionName"].map({ $0 }),
        let text = try resolve(function, depth: depth + 1)?.string
      else { throw Unresolved("\(id) names no function") }
      // The number of a version is not known before; rules here look at the function alone.
      let qualifier = kind == .version ? "1" : try name(of: id, kind, depth).name
      return "\(FunctionTarget.arn(of: text, place)):\(qualifier)"
    }
    let name = try name(of: id, kind, depth).name
    switch kind {
    case .rule: return place.arn("events", "rule/\(name)").description
    case .bus: return place.arn("events", "event-bus/\(name)").description
    case .queue: return place.arn("sqs", name).description
    case .bucket: return place.names.bucket(name).description
    case .function, .serverlessFunction: return place.arn("lambda", "function:\(name)").description
    case .parameter: return place.arn("ssm", "parameter\(name.hasPrefix("/") ? "" : "/")\(name)").description
    case .role: return place.arn("iam", "role/\(name)", isGlobal: true).description
    case .topic: return place.arn("sns", name).description
    case .table: return place.arn("dynamodb", "table/\(name)").description
    case .logGroup: return place.arn("logs", "log-group:\(name):*").description
    case .stateMachine: return place.arn("states", "stateMachine:\(name)").description
    case .stream: return place.arn("kinesis", "stream/\(name)").description
    case .schedule:
      let group = try resources[id]?["Properties"]?["GroupName"].flatMap { written throws(Unresolved) in
        try resolve(written, depth: depth + 1)?.string
      }
      return place.arn("scheduler", "schedule/\(group ?? ScheduleName.defaultGroup)/\(name)").description
    case .scheduleGroup: return place.arn("scheduler", "schedule-group/\(name)").description
    case .alias, .version: preconditionFailure("aliases and versions were answered above")
    }
  }
}

/// A function as rules and permissions name it.
struct FunctionTarget: Hashable {
  let name: String
  /// Alias or version; nil for the function itself.
  let qualifier: String?

  init?(_ arn: ResourceName) {
    let parts = arn.resource.split(separator: ":").map(String.init)
    guard arn.service == "lambda", parts.count >= 2, parts[0] == "function" else { return nil }
    name = parts[1]
    qualifier = parts.count > 2 ? parts[2] : nil
  }

  /// The ARN of a function that is given by its name or by its ARN.
  static func arn(of text: String, _ place: StackPlace) -> String {
    text.hasPrefix("arn:") ? text : place.arn("lambda", "function:\(text)").description
  }
}
