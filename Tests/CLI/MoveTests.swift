import Events
import Testing

@testable import bellcrank

@Suite struct MoveTests {
  private let inventory: JSON = [
    "environment": "dev", "account": "123456789012", "region": "us-east-1",
    "functions": ["dev-customer-data-orchestrator"], "universe_parameter": "/dev/customer-data/ingestion/symbols",
    "rules": [
      [
        "name": "tick", "state": "ENABLED", "schedule_expression": "rate(1 hour)",
        "targets": [["Id": "q", "Arn": "arn:aws:sqs:us-east-1:123456789012:jobs"]],
      ]
    ],
    "queues": [
      [
        "name": "jobs", "visibility_timeout": 30, "delay_seconds": 0, "message_retention_period": 345_600,
        "receive_wait": 0,
      ]
    ], "buckets": ["files-of-dev"], "buses": [], "permissions": [], "universe": ["AAPL"],
  ]
  private let steps: JSON = [
    "dry_run": false, "steps": [["kind": "queue", "name": "jobs", "action": "create", "what": []]],
  ]

  private func file(_ resources: String) throws -> TemporaryFile {
    try TemporaryFile("Parameters: {Stage: {Type: String, Default: test}}\nResources:\n\(resources)\n")
  }

  @Test func `an import sends what it read, and names what it did not keep`() async throws {
    let file = try file(
      """
        Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Stage}-jobs", Tags: []}}
        Role: {Type: AWS::IAM::Role}
      """)
    let scene = Scene([.json(inventory), .json(steps)], variables: ["USER": "ana"])
    let status = try await scene.perform(
      "import", "--from", "cfn", file.path, "--parameter", "Stage=live", "--reason", "trial")
    #expect(status == .done)
    #expect(scene.client.requests.map(\.path) == ["/_bellcrank/inventory", "/_bellcrank/import"])
    let body = try JSON(parsing: try #require(scene.client.requests.last).body)
    #expect(body["dry_run"] == false)
    #expect(body["who"] == "ana")
    #expect(body["why"] == "trial")
    #expect(body["definitions"]?["queues"]?.elements?.first?["name"] == "live-jobs")
    #expect(scene.printer.lines.first == "PROPERTY_NOT_KEPT  Jobs.Tags: tags are not kept")
    #expect(scene.printer.text.contains("RESOURCE_NOT_KEPT  Role: AWS::IAM::Role"))
    #expect(scene.printer.text.contains("queue  jobs  created"))
    #expect(scene.printer.talk == ["1 created, 0 changed, 0 unchanged, 0 left"])
  }

  @Test func `a template that AWS would refuse sends nothing`() async throws {
    let file = try file("  Rule: {Type: AWS::Events::Rule, Properties: {Name: r}}")
    let scene = Scene([.json(inventory)])
    await #expect(throws: CommandFailure(.invalidInput, "AWS would refuse the template; nothing was changed")) {
      _ = try await scene.perform("import", file.path)
    }
    #expect(scene.client.requests.map(\.path) == ["/_bellcrank/inventory"])
    #expect(scene.printer.text.contains("RULE_INVALID  Rule: it has neither a pattern nor a schedule"))
  }

  @Test func `strict sends nothing if anything would not be kept`() async throws {
    let file = try file("  Role: {Type: AWS::IAM::Role}")
    let scene = Scene([.json(inventory)])
    await #expect(throws: CommandFailure(.refused, "1 things would not be kept; nothing was changed")) {
      _ = try await scene.perform("import", "--strict", file.path)
    }
    #expect(scene.client.requests.count == 1)
  }

  @Test func `a dry run asks the server for the plan only`() async throws {
    let file = try file("  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}")
    let scene = Scene([.json(inventory), .json(steps)])
    #expect(try await scene.perform("import", "--dry-run", "-o", "json", file.path) == .done)
    #expect(try JSON(parsing: try #require(scene.client.requests.last).body)["dry_run"] == true)
    #expect(try JSON(parsing: scene.printer.text)["steps"] == steps["steps"])
    #expect(scene.printer.talk.first?.hasPrefix("dry run, nothing was done") == true)
  }

  @Test func `what is no template, and a file that is not there, are said to be`() async throws {
    let scene = Scene([.json(inventory)])
    let broken = try TemporaryFile("{\"Resources\": ")
    await #expect(throws: CommandFailure.self) { _ = try await scene.perform("import", broken.path) }
    await #expect(throws: CommandFailure.self) { _ = try await scene.perform("import", broken.path + ".gone") }
    #expect(scene.client.requests.isEmpty)
  }

  @Test func `an export is a template, and nothing else goes to stdout`() async throws {
    let scene = Scene([.json(inventory)])
    #expect(try await scene.perform("export", "--to", "cfn") == .done)
    let template = try JSON(parsing: scene.printer.text)
    #expect(template["Resources"]?["TickRule"]?["Properties"]?["ScheduleExpression"] == "rate(1 hour)")
    #expect(template["Resources"]?["SymbolUniverse"]?["Properties"]?["Value"] == "AAPL")
    #expect(scene.printer.talk.isEmpty)
  }

  @Test func `what of a server no template takes is told beside the template`() async throws {
    var inventory = inventory
    inventory.set(
      "schedules",
      [
        [
          "group": "default", "name": "once", "state": "ENABLED", "schedule_expression": "at(2030-01-31T09:00:00)",
          "timezone": "UTC", "completion": "DELETE",
          "target": ["Id": "schedule", "Arn": "arn:aws:sqs:us-east-1:123456789012:jobs", "ScheduledInput": .null],
        ]
      ])
    inventory.set("schedules_left_out", true)
    let scene = Scene([.json(inventory)])
    #expect(try await scene.perform("export") == .done)
    let properties = try JSON(parsing: scene.printer.text)["Resources"]?["OnceSchedule"]?["Properties"]
    #expect(properties?["Target"]?["Arn"] == ["Fn::GetAtt": ["JobsQueue", "Arn"]])
    #expect(properties?["Target"]?["RoleArn"] == ["Ref": "SchedulerRoleArn"])
    #expect(
      scene.printer.talk == [
        "PROPERTY_NOT_KEPT  default/once.ActionAfterCompletion: CloudFormation has no property for DELETE, so deployed it "
          + "stays after its last slot",
        "the server has more schedules than a template takes; the first 1 are in it",
      ])
  }

  @Test(arguments: ["Stage", "=x", ""])
  func `a parameter without a key or a value is none`(argument: String) {
    #expect(ParameterValue(argument: argument) == nil)
    #expect(ParameterValue(argument: "a=b=c")?.value == "b=c")
  }
}
