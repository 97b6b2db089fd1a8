import ConfigFiles
import Engine
import Events
import Rules
import Testing

@testable import Templates

@Suite struct TemplateReaderTests {
  static let place = StackPlace(
    names: ResourceNames(account: "123456789012", region: "us-east-1"), stackName: "shop",
    functions: ["dev-customer-data-orchestrator", "dev-customer-data-worker"], queues: ["q"],
    universeParameter: "/dev/customer-data/ingestion/symbols")

  private func read(_ resources: JSON, _ options: TemplateReader.Options = .init()) -> TemplateReader.Reading {
    TemplateReader.read(["Resources": resources], at: Self.place, options)
  }

  @Test(arguments: try Vectors.load("template-readings"))
  func `a foreign template is read, and what is not kept is named`(_ row: Vectors.Row) throws {
    var options = TemplateReader.Options()
    for member in row["parameters"]?.members ?? [] { options.parameters[member.key] = member.value.string ?? "" }
    options.functionsAsQueues = row["functions_as_queues"]?.bool == true
    let reading = TemplateReader.read(try Vectors.template(row.text("template")), at: Self.place, options)
    #expect(reading.definitions.json == row["definitions"])
    #expect(reading.notes.map(\.line) == (row["notes"]?.elements ?? []).compactMap(\.string))
    #expect(!reading.isRefused)
  }

  @Test func `what travels to a server arrives as it was`() throws {
    for name in ["orders.yaml", "synthesised.json", "serverless.yaml", "scheduler.yaml"] {
      let definitions = TemplateReader.read(
        try Vectors.template(name), at: Self.place, .init(parameters: [:], functionsAsQueues: true)
      ).definitions
      #expect(try StackDefinitions(json: try JSON(parsing: definitions.json.bytes)) == definitions)
    }
  }

  @Test(arguments: try Vectors.load("template-refusals"))
  func `what AWS would refuse is refused, and why`(_ row: Vectors.Row) {
    let reading = TemplateReader.read(row["template"] ?? .null, at: Self.place)
    #expect(reading.isRefused)
    #expect(reading.notes.filter { $0.code.isRefusal }.map(\.line) == [row.text("line")])
  }

  @Test func `a parameter that the template has not, and a value that it forbids, are refused`() {
    let template: JSON = [
      "Parameters": ["Stage": ["Type": "String", "AllowedValues": ["test", "live"]]],
      "Resources": ["Q": ["Type": "AWS::SQS::Queue", "Properties": ["QueueName": ["Ref": "Stage"]]]],
    ]
    func notes(_ parameters: [String: String]) -> [String] {
      TemplateReader.read(template, at: Self.place, .init(parameters: parameters)).notes.map(\.line)
    }
    #expect(notes(["Stage": "live"]) == [])
    #expect(
      notes(["Stage": "prod"]) == ["TEMPLATE_MALFORMED  template.Parameters: Stage is one of test, live, not prod"])
    #expect(
      notes(["Stage": "live", "Stag": "x"]) == ["TEMPLATE_MALFORMED  template.Parameters: it has no parameter Stag"])
  }

  @Test func `our own functions are told from foreign ones, whatever version of them is meant`() {
    func target(_ arn: String) -> JSON {
      [
        "Type": "AWS::Events::Rule",
        "Properties": ["Name": "r", "EventPattern": ["source": ["x"]], "Targets": [["Id": "t", "Arn": .string(arn)]]],
      ]
    }
    let own = "arn:aws:lambda:us-east-1:123456789012:function:dev-customer-data-orchestrator"
    let permission: JSON = [
      "Type": "AWS::Lambda::Permission",
      "Properties": [
        "FunctionName": "dev-customer-data-orchestrator", "Principal": "events.amazonaws.com",
        "Action": "lambda:InvokeFunction", "SourceArn": ["Fn::GetAtt": ["R", "Arn"]],
      ],
    ]
    let plain = read(["R": target(own), "P": permission])
    #expect(plain.definitions.rules.first?.targets.first?.arn.description == own)
    #expect(plain.notes.isEmpty)
    let live = read(["R": target(own + ":live"), "P": permission])
    #expect(live.definitions.rules == plain.definitions.rules)
    #expect(live.notes.map(\.code) == [.propertyNotKept])
    #expect(read(["R": target(own)]).notes.map(\.code) == [.targetNotPermitted])
    let foreign = read(["R": target("arn:aws:lambda:us-east-1:123456789012:function:away")])
    #expect(foreign.notes.map(\.code) == [.functionForeign])
    #expect(foreign.definitions.rules.first?.targets.count == 1)
  }

  @Test func `a rule whose pattern or schedule is not known is left out, for it would be another rule`() {
    for key in ["EventPattern", "ScheduleExpression", "EventBusName"] {
      var properties: JSON = ["Name": "r", "EventPattern": ["source": ["x"]]]
      properties.set(key, key == "EventPattern" ? ["source": [["Fn::ImportValue": "s"]]] : ["Fn::ImportValue": "s"])
      let reading = read(["R": ["Type": "AWS::Events::Rule", "Properties": properties]])
      #expect(reading.definitions.rules.isEmpty)
      #expect(reading.notes.map(\.code) == [.valueUnknown], "\(key)")
      #expect(reading.notes.first?.property == key)
    }
  }

  @Test func `a statement that is not known, or none at all, is named, and the others are kept`() {
    func statement(_ resource: JSON) -> JSON {
      ["Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": resource]
    }
    let document: JSON = [
      "Statement": [statement("*"), statement(["Fn::ImportValue": "s"]), ["Effect": "Perhaps"]]
    ]
    let reading = read([
      "Q": ["Type": "AWS::SQS::Queue", "Properties": ["QueueName": "q"]],
      "P": ["Type": "AWS::SQS::QueuePolicy", "Properties": ["Queues": [["Ref": "Q"]], "PolicyDocument": document]],
    ])
    #expect(reading.definitions.queues.first?.policy == [statement("*")])
    #expect(reading.notes.map(\.code) == [.valueUnknown, .propertyNotKept])
  }

  @Test func `a queue that is nowhere is named, and one that is on the server is not`() {
    let target: JSON = [
      "Id": "t", "Arn": "arn:aws:sqs:us-east-1:123456789012:there",
      "DeadLetterConfig": ["Arn": "arn:aws:sqs:us-east-1:123456789012:nowhere"],
    ]
    let rule: JSON = [
      "Type": "AWS::Events::Rule",
      "Properties": ["Name": "r", "EventPattern": ["source": ["x"]], "Targets": [target]],
    ]
    let place = StackPlace(
      names: Self.place.names, stackName: "shop", functions: [], queues: ["there"], universeParameter: "")
    let notes = TemplateReader.read(["Resources": ["R": rule]], at: place).notes
    #expect(notes.map(\.line) == ["TARGET_ABSENT  R.t: there is no queue nowhere"])
  }

  @Test func `a queue that stands in for a function lets in every rule of its function, once each`() throws {
    func rule(_ name: String) -> JSON {
      [
        "Type": "AWS::Events::Rule",
        "Properties": [
          "Name": .string(name), "EventPattern": ["source": ["x"]],
          "Targets": [
            ["Id": "a", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:away"],
            ["Id": "b", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:away:live"],
          ],
        ],
      ]
    }
    let reading = read(["One": rule("one"), "Two": rule("two")], .init(functionsAsQueues: true))
    let queue = try #require(reading.definitions.queues.first)
    #expect(reading.definitions.queues.count == 1)
    #expect(queue.name == "away-inbox")
    #expect(queue.policy.compactMap { $0["Sid"]?.string } == ["one", "two"])
    #expect(!reading.notes.contains { $0.code == .targetNotPermitted })
  }

  @Test func `a choice may stand where a list, a target or a part of one is due`() throws {
    let rule: JSON = [
      "Type": "AWS::Events::Rule",
      "Properties": [
        "Name": "r", "EventPattern": ["source": ["x"]],
        "Targets": [
          "Fn::If": [
            "Yes",
            [
              [
                "Id": "a", "Arn": "arn:aws:sqs:us-east-1:123456789012:q",
                "RetryPolicy": ["Fn::If": ["Yes", ["Ref": "AWS::NoValue"], ["MaximumRetryAttempts": 1]]],
              ], ["Fn::If": ["No", ["Id": "b"], ["Ref": "AWS::NoValue"]]],
            ], [],
          ]
        ],
      ],
    ]
    let conditions: JSON = ["Yes": ["Fn::Equals": ["1", 1]], "No": ["Fn::Not": [["Condition": "Yes"]]]]
    let reading = TemplateReader.read(
      ["Conditions": conditions, "Resources": ["R": rule, "Fn::ForEach::Many": ["x", [], [:]]]], at: Self.place)
    let targets = try #require(reading.definitions.rules.first).targets
    #expect(targets.map(\.id) == ["a"])
    #expect(targets.first?.isRetryAsked == false)
    #expect(
      reading.notes.map(\.line) == [
        "RESOURCE_NOT_KEPT  Fn::ForEach::Many: loops of AWS::LanguageExtensions are not carried out"
      ])
  }

  @Test(arguments: [
    ("AAPL,MSFT", ["AAPL", "MSFT"]), (" AAPL , ,MSFT ", ["AAPL", "MSFT"]), (#"["AAPL", "BRK.B"]"#, ["AAPL", "BRK.B"]),
    ("", []), ("[broken", ["[broken"]),
  ])
  func `the universe is a list by comma or in JSON`(value: String, symbols: [String]) {
    #expect(TemplateReader.symbols(value) == symbols)
  }

  @Test func `every code says what it is and what to do`() {
    for code in TemplateCode.allCases {
      #expect(!code.meaning.isEmpty && !code.remedy.isEmpty)
      #expect(code.rawValue.wholeMatch(of: /[A-Z]+(_[A-Z]+)+/) != nil)
    }
  }
}
