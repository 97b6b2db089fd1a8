import Events

/// A template of the Serverless Application Model as the plain one that its transform makes of it, as far as triggers go.
///
/// Source: AWS SAM specification, "AWS::Serverless::Function", `Events`; "Generated CloudFormation resources".
struct ServerlessTransform {
  private(set) var template: JSON
  private(set) var notes: [TemplateNote] = []
  /// Permissions and roles that the transform made and nobody wrote: nothing is said of them.
  private(set) var generated: Set<String> = []

  /// Leaves a template without the transform as it is.
  init(_ template: JSON) {
    self.template = template
    let transforms = template["Transform"].map { $0.elements ?? [$0] } ?? []
    guard transforms.contains(where: { $0.string?.hasPrefix("AWS::Serverless") == true }) else { return }
    if template["Globals"] != nil {
      notes.append(TemplateNote(.propertyNotKept, "", "Globals", "defaults for functions, whose settings are not kept"))
    }
    var resources = template["Resources"] ?? .object([])
    for resource in template["Resources"]?.members ?? []
    where resource.value["Type"]?.string == "AWS::Serverless::Function" {
      for event in resource.value["Properties"]?["Events"]?.members ?? [] {
        add(event, of: resource, to: &resources)
      }
    }
    self.template.set("Resources", resources)
  }

  private mutating func add(_ event: JSON.Member, of function: JSON.Member, to resources: inout JSON) {
    let properties = event.value["Properties"] ?? .object([])
    let id = function.key + event.key
    let condition = function.value["Condition"]
    func resource(_ type: String, _ properties: JSON) -> JSON {
      JSON(present: ["Type": .string(type), "Condition": condition, "Properties": properties])
    }
    let arn: JSON = ["Fn::GetAtt": [.string(function.key), "Arn"]]
    let place = "Events.\(event.key)"
    switch event.value["Type"]?.string {
    case "Schedule", "EventBridgeRule", "CloudWatchEvent":
      resources.set(id, resource("AWS::Events::Rule", rule(properties, id, function.key, place)))
      generated.insert("\(id)Permission")
      resources.set(
        "\(id)Permission",
        resource(
          "AWS::Lambda::Permission",
          [
            "Action": "lambda:InvokeFunction", "FunctionName": ["Ref": .string(function.key)],
            "Principal": .string(StackPolicy.events), "SourceArn": ["Fn::GetAtt": [.string(id), "Arn"]],
          ]))
    case "ScheduleV2":
      resources.set(id, resource("AWS::Scheduler::Schedule", schedule(properties, id, arn, function.key, place)))
      // It makes a role that may do just that, unless one is given; and a queue for dead letters where one is wanted.
      if properties["RoleArn"] == nil {
        generated.insert("\(id)Role")
        resources.set("\(id)Role", resource("AWS::IAM::Role", .object([])))
      }
      if let queue = ServerlessTransform.queue(properties, id) {
        resources.set(queue, resource("AWS::SQS::Queue", .object([])))
      }
    case "S3": notify(properties, arn, function.key, place, &resources)
    case let type:
      notes.append(
        TemplateNote(.resourceNotKept, function.key, place, "an event of type \(type ?? "none") is not read"))
    }
  }

  private mutating func rule(_ properties: JSON, _ id: String, _ function: String, _ place: String) -> JSON {
    let enabled = properties["Enabled"]?.bool
    let state = enabled.map { JSON.string($0 ? "ENABLED" : "DISABLED") } ?? properties["State"]
    let target = JSON(present: [
      "Id": properties["Target"]?["Id"] ?? .string("\(id)LambdaTarget"),
      "Arn": ["Fn::GetAtt": [.string(function), "Arn"]], "Input": properties["Input"],
      "InputPath": properties["InputPath"], "InputTransformer": properties["InputTransformer"],
      "RetryPolicy": properties["RetryPolicy"], "DeadLetterConfig": letters(properties, function, place),
    ])
    noteRest(
      properties,
      [
        "Enabled", "State", "Target", "Input", "InputPath", "InputTransformer", "RetryPolicy", "DeadLetterConfig",
        "Name", "RuleName", "Description", "Pattern", "Schedule", "EventBusName",
      ], function, place)
    return JSON(present: [
      "Name": properties["Name"] ?? properties["RuleName"], "Description": properties["Description"], "State": state,
      "EventPattern": properties["Pattern"], "ScheduleExpression": properties["Schedule"],
      "EventBusName": properties["EventBusName"], "Targets": [target],
    ])
  }

  /// Source: SAM specification, `ScheduleV2`: its name is the logical id, unless `OmitName` leaves it to CloudFormation.
  private mutating func schedule(
    _ properties: JSON, _ id: String, _ arn: JSON, _ function: String, _ place: String
  ) -> JSON {
    let kept = [
      "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "EndDate", "State", "Description",
      "KmsKeyArn",
    ]
    let config = properties["DeadLetterConfig"]
    let queue = ServerlessTransform.queue(properties, id).map { JSON.string($0) }
    let letters: JSON? = config?["Arn"] ?? queue.map { ["Fn::GetAtt": [$0, "Arn"]] }
    let target = JSON(present: [
      "Arn": arn, "RoleArn": properties["RoleArn"] ?? ["Fn::GetAtt": [.string("\(id)Role"), "Arn"]],
      "Input": properties["Input"], "RetryPolicy": properties["RetryPolicy"],
      "DeadLetterConfig": letters.map { ["Arn": $0] },
    ])
    noteRest(
      properties,
      Set(kept + ["Name", "OmitName", "FlexibleTimeWindow", "RoleArn", "Input", "RetryPolicy", "DeadLetterConfig"]),
      function, place)
    var members = kept.compactMap { key in properties[key].map { JSON.Member(key, $0) } }
    if let name = properties["Name"] {
      members.append(.init("Name", name))
    } else if properties["OmitName"]?.bool != true {
      members.append(.init("Name", .string(id)))
    }
    members.append(.init("FlexibleTimeWindow", properties["FlexibleTimeWindow"] ?? ["Mode": "OFF"]))
    return .object(members + [.init("Target", target)])
  }

  /// The logical id of the queue that SAM makes for what a schedule could not deliver; nil if none is asked for or one is named.
  private static func queue(_ properties: JSON, _ id: String) -> String? {
    guard let config = properties["DeadLetterConfig"], config["Arn"] == nil else { return nil }
    return config["QueueLogicalId"]?.string ?? "\(id)Queue"
  }

  /// SAM may make the queue itself; here only one that is there is kept.
  private mutating func letters(_ properties: JSON, _ function: String, _ place: String) -> JSON? {
    guard let config = properties["DeadLetterConfig"] else { return nil }
    if let arn = config["Arn"] { return ["Arn": arn] }
    notes.append(
      TemplateNote(.propertyNotKept, function, "\(place).DeadLetterConfig", "the queue that SAM makes is not made here")
    )
    return nil
  }

  private mutating func notify(
    _ properties: JSON, _ arn: JSON, _ function: String, _ place: String, _ resources: inout JSON
  ) {
    guard let bucket = properties["Bucket"]?["Ref"]?.string, var resource = resources[bucket] else {
      notes.append(TemplateNote(.resourceNotKept, function, place, "its bucket is not in the template"))
      return
    }
    var made = resource["Properties"] ?? .object([])
    var configuration = made["NotificationConfiguration"] ?? .object([])
    var lambdas = configuration["LambdaConfigurations"]?.elements ?? []
    for event in properties["Events"].map({ $0.elements ?? [$0] }) ?? [] {
      lambdas.append(JSON(present: ["Event": event, "Function": arn, "Filter": properties["Filter"]]))
    }
    configuration.set("LambdaConfigurations", .array(lambdas))
    made.set("NotificationConfiguration", configuration)
    resource.set("Properties", made)
    resources.set(bucket, resource)
  }

  private mutating func noteRest(_ properties: JSON, _ kept: Set<String>, _ function: String, _ place: String) {
    for member in properties.members ?? [] where !kept.contains(member.key) {
      notes.append(
        TemplateNote(.propertyNotKept, function, "\(place).\(member.key)", "the engine has nothing for it"))
    }
  }
}
