import Events
import Rules

/// Reads a CloudFormation template into what an engine can keep, and names what it can't.
///
/// Pure: the same template, parameters and place give the same definitions and notes, in the order of the template.
/// Source: CloudFormation template reference; AWS SAM specification.
public struct TemplateReader {
  /// What came of reading a template.
  public struct Reading: Sendable, Hashable {
    public let definitions: StackDefinitions
    /// In the order in which they were met.
    public let notes: [TemplateNote]

    /// Whether nothing may be taken over.
    public var isRefused: Bool { notes.contains { $0.code.isRefusal } }
  }

  /// How a template is to be read.
  public struct Options: Sendable, Hashable {
    /// Values of parameters, over their defaults.
    public var parameters: [String: String]
    /// Whether a queue stands in for each function that is not here.
    public var functionsAsQueues: Bool

    public init(parameters: [String: String] = [:], functionsAsQueues: Bool = false) {
      self.parameters = parameters
      self.functionsAsQueues = functionsAsQueues
    }
  }

  let intrinsics: Intrinsics
  let options: Options
  var definitions = StackDefinitions()
  var notes: [TemplateNote] = []
  /// Rules that a queue's policy must let in although the template has no statement for them: rule, queue.
  var edges: [(rule: String, queue: String)] = []
  /// Statements for queues, by name.
  var policies: [String: [JSON]] = [:]

  /// The logical ids of rules and schedules, by name.
  var logicalIDs: [String: String] = [:]

  var place: StackPlace { intrinsics.place }

  /// Reads the whole template.
  public static func read(_ template: JSON, at place: StackPlace, _ options: Options = Options()) -> Reading {
    guard let resources = template["Resources"]?.members, !resources.isEmpty else {
      return Reading(
        definitions: StackDefinitions(), notes: [TemplateNote(.templateMalformed, "", "it has no Resources")])
    }
    let plain = ServerlessTransform(template)
    var reader = TemplateReader(plain.template, options, at: place)
    reader.notes += plain.notes
    for resource in plain.template["Resources"]?.members ?? [] where !reader.intrinsics.absent.contains(resource.key) {
      reader.read(resource.key, resource.value)
    }
    reader.finish()
    return Reading(
      definitions: reader.definitions, notes: reader.notes.filter { !plain.generated.contains($0.resource) })
  }

  /// The template with its Serverless events as plain resources, and every function that has a value in its place.
  ///
  /// For whoever looks at a template without a place to read it for: names stand for themselves.
  public static func settled(_ template: JSON) -> JSON {
    let place = StackPlace(
      names: ResourceNames(account: "123456789012", region: "us-east-1"), stackName: "stack", functions: [],
      universeParameter: "")
    var plain = ServerlessTransform(template).template
    let intrinsics = Intrinsics(plain, given: [:], at: place)
    if let resources = plain["Resources"] { plain.set("Resources", intrinsics.settled(resources)) }
    return plain
  }

  private init(_ template: JSON, _ options: Options, at place: StackPlace) {
    self.options = options
    let intrinsics = Intrinsics(template, given: options.parameters, at: place)
    var notes = TemplateReader.notes(on: options.parameters, template)
    var absent: Set<String> = []
    for resource in template["Resources"]?.members ?? [] {
      guard let condition = resource.value["Condition"]?.string else { continue }
      do {
        if try intrinsics.holds(condition) { continue }
        notes.append(TemplateNote(.conditionFalse, resource.key, "\(condition) is false"))
      } catch {
        notes.append(TemplateNote(.valueUnknown, resource.key, "Condition", error.reason))
      }
      absent.insert(resource.key)
    }
    self.intrinsics = intrinsics.leavingOut(absent)
    self.notes = notes
  }

  /// What CloudFormation would say of the given parameters.
  private static func notes(on given: [String: String], _ template: JSON) -> [TemplateNote] {
    given.sorted { $0.key < $1.key }.compactMap { name, value in
      guard let parameter = template["Parameters"]?[name] else {
        return TemplateNote(.templateMalformed, "", "Parameters", "it has no parameter \(name)")
      }
      let allowed = (parameter["AllowedValues"]?.elements ?? []).compactMap { Intrinsics.scalar($0) }
      guard !allowed.isEmpty, !allowed.contains(value) else { return nil }
      return TemplateNote(
        .templateMalformed, "", "Parameters", "\(name) is one of \(allowed.joined(separator: ", ")), not \(value)")
    }
  }

  private mutating func read(_ id: String, _ resource: JSON) {
    guard !id.hasPrefix("Fn::ForEach") else {
      notes.append(TemplateNote(.resourceNotKept, id, "loops of AWS::LanguageExtensions are not carried out"))
      return
    }
    let properties = resource["Properties"].flatMap { intrinsics.unfolded($0) } ?? .object([])
    switch resource["Type"]?.string ?? "" {
    case "AWS::Events::Rule": readRule(id, properties)
    case "AWS::Events::EventBus": readBus(id, properties)
    case "AWS::SQS::Queue": readQueue(id, properties)
    case "AWS::SQS::QueuePolicy": readQueuePolicy(id, properties)
    case "AWS::S3::Bucket": readBucket(id, properties)
    case "AWS::SSM::Parameter": readParameter(id, properties)
    case "AWS::Scheduler::Schedule": readSchedule(id, properties)
    case "AWS::Scheduler::ScheduleGroup": readGroup(id, properties)
    case "AWS::Lambda::Function", "AWS::Serverless::Function": readFunction(id)
    case "AWS::Lambda::Permission": readPermission(id, properties)
    case "": notes.append(TemplateNote(.templateMalformed, id, "it has no Type"))
    case let type: notes.append(TemplateNote(.resourceNotKept, id, TemplateReader.reason(of: type)))
    }
  }

  /// Why a kind of resource is not kept.
  private static func reason(of type: String) -> String {
    let known: [(prefix: String, reason: String)] = [
      ("AWS::IAM::", "nothing here assumes a role of a template; bellcrank serve has its own"),
      ("AWS::CloudWatch::", "alarms and dashboards are made with aws cloudwatch put-metric-alarm and put-dashboard"),
      ("AWS::Lambda::EventSourceMapping", "the engine's worker takes from its own queue; nothing else polls a queue"),
      ("AWS::Lambda::", "the engine runs only its own functions"),
      ("AWS::Events::EventBusPolicy", "who may publish is set with aws events put-permission"),
      ("AWS::Events::", "archives, connections and API destinations are not served"),
      ("AWS::S3::BucketPolicy", "buckets here have no policy"),
      ("AWS::Logs::", "log groups are made with aws logs create-log-group"),
      ("AWS::CDK::Metadata", "it describes the tool that made the template"),
      ("AWS::CloudFormation::", "nested stacks and custom resources are not carried out"),
      ("Custom::", "custom resources are not carried out"),
    ]
    let reason = known.first { type.hasPrefix($0.prefix) }?.reason ?? "the engine has nothing of that kind"
    return "\(type): \(reason)"
  }

  // MARK: Values

  /// The value of a property; nil if it is absent, and also, with a note, if it is not known.
  mutating func value(_ id: String, _ properties: JSON, _ key: String, under prefix: String = "") -> JSON? {
    guard let written = properties[key] else { return nil }
    do {
      return try intrinsics.resolve(written)
    } catch {
      notes.append(TemplateNote(.valueUnknown, id, prefix + key, error.reason))
      return nil
    }
  }

  /// The value of a property as text.
  mutating func text(_ id: String, _ properties: JSON, _ key: String, under prefix: String = "") -> String? {
    value(id, properties, key, under: prefix).flatMap { Intrinsics.scalar($0) }
  }

  /// The value of a property as a whole number, which may be spelt as a text.
  mutating func number(_ id: String, _ properties: JSON, _ key: String, under prefix: String = "") -> Int? {
    value(id, properties, key, under: prefix).flatMap { $0.int ?? Intrinsics.scalar($0).flatMap { Int($0) } }
  }

  /// The name of a resource; nil, with a note, if it is not known.
  mutating func name(_ id: String, _ kind: Intrinsics.Kind) -> String? {
    do {
      let found = try intrinsics.name(of: id, kind)
      if found.isGenerated { notes.append(TemplateNote(.nameGenerated, id, kind.nameProperty, found.name)) }
      return found.name
    } catch {
      notes.append(TemplateNote(.valueUnknown, id, kind.nameProperty, error.reason))
      return nil
    }
  }

  /// Names the properties that nothing here looks at.
  mutating func noteRest(_ id: String, _ properties: JSON, kept: Set<String>, under prefix: String = "") {
    for member in properties.members ?? [] where !kept.contains(member.key) {
      let reason = member.key == "Tags" ? "tags are not kept" : "the engine has nothing for it"
      notes.append(TemplateNote(.propertyNotKept, id, prefix + member.key, reason))
    }
  }

  mutating func refuse(_ id: String, _ error: StackError) {
    notes.append(TemplateNote(error.code, id, error.reason))
  }

  // MARK: The end

  /// Puts policies to their queues, and asks of each rule whether its targets would let it in.
  private mutating func finish() {
    for (rule, queue) in edges {
      let arn = place.names.queue(queue).description
      policies[queue, default: []].append(
        StackPolicy.statement(
          rule, "sqs:SendMessage", source: .string(place.names.rule(rule).description), resource: .string(arn)))
    }
    for index in definitions.queues.indices {
      var seen: Set<String> = []
      var ids: Set<String> = []
      definitions.queues[index].policy = (policies[definitions.queues[index].name] ?? []).compactMap { statement in
        guard seen.insert(StackPolicy.canonical(statement)).inserted else { return nil }
        var statement = statement
        if let id = statement["Sid"]?.string, !ids.insert(id).inserted { statement.remove("Sid") }
        return statement
      }
    }
    checkTargets()
    checkScheduleTargets()
    checkNames()
  }

  private mutating func checkTargets() {
    let queues = Dictionary(definitions.queues.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for rule in definitions.rules {
      let id = logicalIDs[rule.name] ?? rule.name
      let arn = place.names.rule(rule.name)
      for target in rule.targets {
        for queue in [target.arn, target.deadLetter].compactMap({ $0 }) where queue.service == "sqs" {
          guard queues[queue.name] == nil, !place.queues.contains(queue.name) else { continue }
          notes.append(TemplateNote(.targetAbsent, id, target.id, "there is no queue \(queue.name)"))
        }
        if let queue = queues[target.arn.name], target.arn.service == "sqs",
          !StackPolicy.permits(queue.policy, rule: arn, queue: target.arn)
        {
          notes.append(TemplateNote(.targetNotPermitted, id, target.id, "the queue \(queue.name)"))
        }
        if target.arn.service == "lambda", place.functions.contains(target.arn.name),
          !definitions.permissions.contains(where: {
            $0.function == target.arn.name && ($0.source == nil || $0.source == arn.description)
          })
        {
          notes.append(TemplateNote(.targetNotPermitted, id, target.id, "the function \(target.arn.name)"))
        }
      }
    }
  }

  private mutating func checkNames() {
    let kinds = [
      ("rules", definitions.rules.map(\.name)), ("queues", definitions.queues.map(\.name)),
      ("buckets", definitions.buckets), ("buses", definitions.buses),
      ("schedule groups", definitions.groups.map(\.name)),
      ("schedules", definitions.schedules.map(\.name.description)),
    ]
    for (kind, names) in kinds {
      var seen: Set<String> = []
      for name in names where !seen.insert(name).inserted {
        notes.append(TemplateNote(.nameTaken, "", "two \(kind) are called \(name)"))
      }
    }
  }
}
