import Deliveries
import Events
import Rules
import Schedules

/// Prints definitions as a CloudFormation template: the same definitions always give the same text.
///
/// Functions are parameters, for their code is not the template's; everything else that rules need to work on AWS is in
/// it: policies of queues, permissions of functions.
/// Source: CloudFormation template reference; EventBridge user guide, "Using resource-based policies".
public struct TemplateWriter {
  let definitions: StackDefinitions
  private let place: StackPlace
  /// What ARNs stand for: a `Ref` or `Fn::GetAtt`.
  var references: [String: JSON] = [:]
  private var taken: Set<String> = [TemplateWriter.roleParameter]
  var parameters: [JSON.Member] = []
  private var resources: [JSON.Member] = []
  private var ruleIDs: [String: String] = [:]
  private var queueIDs: [String: String] = [:]
  private var busIDs: [String: String] = [:]
  /// The logical ids of groups of schedules, by name.
  var groupIDs: [String: String] = [:]

  /// - Parameter description: the template's own.
  public static func template(_ definitions: StackDefinitions, at place: StackPlace, description: String) -> JSON {
    var writer = TemplateWriter(definitions, place)
    writer.name()
    writer.writeQueues()
    writer.writeBuckets()
    writer.writeBuses()
    writer.writeRules()
    writer.writeGroups()
    writer.writeSchedules()
    writer.writePolicies()
    writer.writePermissions()
    writer.writeUniverse()
    var template: JSON = ["AWSTemplateFormatVersion": "2010-09-09", "Description": .string(description)]
    if !writer.parameters.isEmpty { template.set("Parameters", .object(writer.parameters)) }
    template.set("Resources", .object(writer.resources))
    return template
  }

  private init(_ definitions: StackDefinitions, _ place: StackPlace) {
    var sorted = definitions
    sorted.rules.sort { $0.name < $1.name }
    sorted.queues.sort { $0.name < $1.name }
    sorted.buckets.sort()
    sorted.buses.sort()
    sorted.groups.sort { $0.name < $1.name }
    sorted.schedules.sort { $0.name < $1.name }
    self.definitions = sorted
    self.place = place
  }

  // MARK: Names

  /// Gives every resource its logical id, and every function its parameter.
  private mutating func name() {
    for queue in definitions.queues {
      let id = logicalID(queue.name, "Queue")
      queueIDs[queue.name] = id
      references[place.names.queue(queue.name).description] = ["Fn::GetAtt": [.string(id), "Arn"]]
    }
    for rule in definitions.rules {
      let id = logicalID(rule.name, "Rule")
      ruleIDs[rule.name] = id
      references[place.names.rule(rule.name).description] = ["Fn::GetAtt": [.string(id), "Arn"]]
    }
    for bus in definitions.buses {
      let id = logicalID(bus, "Bus")
      busIDs[bus] = id
      references[place.names.bus(bus).description] = ["Fn::GetAtt": [.string(id), "Arn"]]
    }
    for group in definitions.groups { groupIDs[group.name] = logicalID(group.name, "Group") }
    let targets = definitions.rules.flatMap(\.targets) + definitions.schedules.map(\.target)
    let functions = Set(targets.map(\.arn).filter { $0.service == "lambda" })
    for function in functions.sorted(by: { $0.description < $1.description }) {
      let id = logicalID(function.name, "Arn")
      references[function.description] = ["Ref": .string(id)]
      parameters.append(
        .init(
          id,
          [
            "Type": "String", "Default": .string(function.description),
            "Description": .string("ARN of the function \(function.name)"),
          ]))
    }
  }

  /// Letters and digits of the name, each part with a capital: `DevCustomerTransformQueue`.
  mutating func logicalID(_ name: String, _ kind: String) -> String {
    let parts = name.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    var stem = parts.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    if !stem.hasSuffix(kind) { stem += kind }
    var id = stem
    var number = 2
    while !taken.insert(id).inserted {
      id = "\(stem)\(number)"
      number += 1
    }
    return id
  }

  /// An ARN as the template writes it: what is in it by reference, the account and region of any other by substitution.
  func reference(_ arn: String) -> JSON {
    if let known = references[arn] { return known }
    guard let name = ResourceName(arn), name.account == place.names.account,
      name.region == place.names.region || name.region.isEmpty
    else { return .string(arn) }
    let region = name.region.isEmpty ? "" : "${AWS::Region}"  // Roles have none.
    let start = "arn:${AWS::Partition}:\(name.service):\(region):${AWS::AccountId}:"
    return ["Fn::Sub": .string(start + TemplateWriter.plain(name.resource))]
  }

  /// A text within `Fn::Sub`.
  private static func plain(_ text: String) -> String { text.replacing("${", with: "${!") }

  mutating func add(_ id: String, _ type: String, _ properties: JSON, isKept: Bool = false) {
    var resource: JSON = ["Type": .string(type)]
    if isKept {
      resource.set("DeletionPolicy", "Retain")
      resource.set("UpdateReplacePolicy", "Retain")
    }
    resource.set("Properties", properties)
    resources.append(.init(id, resource))
  }

  // MARK: Resources

  private mutating func writeQueues() {
    for queue in definitions.queues {
      add(
        queueIDs[queue.name] ?? queue.name, "AWS::SQS::Queue",
        JSON(present: [
          "QueueName": .string(queue.name), "VisibilityTimeout": JSON(queue.visibilityTimeout),
          "DelaySeconds": JSON(queue.delaySeconds), "MessageRetentionPeriod": JSON(queue.messageRetentionPeriod),
          "ReceiveMessageWaitTimeSeconds": JSON(queue.receiveWait),
          "RedrivePolicy": queue.redrive.map {
            [
              "deadLetterTargetArn": reference(place.names.queue($0.deadLetterQueue).description),
              "maxReceiveCount": JSON($0.maxReceiveCount),
            ]
          },
        ]), isKept: true)
    }
  }

  private mutating func writeBuckets() {
    for bucket in definitions.buckets {
      add(
        logicalID(bucket, "Bucket"), "AWS::S3::Bucket",
        [
          "BucketName": .string(bucket),
          "NotificationConfiguration": ["EventBridgeConfiguration": ["EventBridgeEnabled": true]],
        ], isKept: true)
    }
  }

  private mutating func writeBuses() {
    for bus in definitions.buses {
      add(busIDs[bus] ?? bus, "AWS::Events::EventBus", ["Name": .string(bus)])
    }
  }

  private mutating func writeRules() {
    for rule in definitions.rules {
      add(
        ruleIDs[rule.name] ?? rule.name, "AWS::Events::Rule",
        JSON(present: [
          "Name": .string(rule.name), "Description": rule.description.map { .string($0) },
          "State": .string(rule.state.rawValue), "EventPattern": rule.patternJSON,
          "ScheduleExpression": rule.schedule.map { .string($0.text) }, "RoleArn": rule.role.map(reference),
          "Targets": rule.targets.isEmpty ? nil : .array(rule.targets.map(target)),
        ]))
    }
  }

  private func target(_ target: Target) -> JSON {
    var json = target.json
    json.set("Arn", reference(target.arn.description))
    if let role = target.role { json.set("RoleArn", reference(role)) }
    if let letters = target.deadLetter { json.set("DeadLetterConfig", ["Arn": reference(letters.description)]) }
    json.remove("RetryPolicyAsked")
    if !target.isRetryAsked { json.remove("RetryPolicy") }
    return json
  }

  /// Lets in what rules send and bury, after what the queue's policy says besides.
  private mutating func writePolicies() {
    for queue in definitions.queues {
      let arn = place.names.queue(queue.name)
      let resource = reference(arn.description)
      var derived: [JSON] = []
      var known: Set<String> = []
      for rule in definitions.rules
      where rule.targets.contains(where: { $0.arn == arn || $0.deadLetter == arn }) {
        let source = place.names.rule(rule.name).description
        known.insert(
          StackPolicy.canonical(
            StackPolicy.statement("", "sqs:SendMessage", source: .string(source), resource: .string(arn.description))))
        derived.append(
          StackPolicy.statement(
            ruleIDs[rule.name] ?? "", "sqs:SendMessage", source: reference(source), resource: resource))
      }
      let others = queue.policy.filter { !known.contains(StackPolicy.canonical($0)) }.map(portable)
      guard let id = queueIDs[queue.name], !(others + derived).isEmpty else { continue }
      add(
        logicalID("\(id)Policy", ""), "AWS::SQS::QueuePolicy",
        ["Queues": [["Ref": .string(id)]], "PolicyDocument": StackPolicy.document(others + derived)])
    }
  }

  /// A value whose ARNs are written as the template writes them.
  private func portable(_ json: JSON) -> JSON {
    switch json {
    case .string(let text): return text.hasPrefix("arn:") ? reference(text) : json
    case .array(let elements): return .array(elements.map(portable))
    case .object(let members): return .object(members.map { .init($0.key, portable($0.value)) })
    case .null, .bool, .number: return json
    }
  }

  /// Lets each rule invoke the functions that it has as targets.
  private mutating func writePermissions() {
    for rule in definitions.rules {
      for (index, target) in rule.targets.enumerated() where target.arn.service == "lambda" {
        let isRepeated = rule.targets[..<index].contains { $0.arn == target.arn }
        guard !isRepeated, let id = ruleIDs[rule.name] else { continue }
        add(
          logicalID("\(id)Permission", ""), "AWS::Lambda::Permission",
          [
            "Action": "lambda:InvokeFunction", "FunctionName": reference(target.arn.description),
            "Principal": .string(StackPolicy.events),
            "SourceArn": reference(place.names.rule(rule.name).description),
          ])
      }
    }
  }

  private mutating func writeUniverse() {
    guard let symbols = definitions.universe, !symbols.isEmpty else { return }
    add(
      logicalID("SymbolUniverse", ""), "AWS::SSM::Parameter",
      [
        "Name": .string(place.universeParameter), "Type": "StringList",
        "Value": .string(symbols.joined(separator: ",")),
        "Description": "Symbols that a request without a list asks for",
      ])
  }
}
