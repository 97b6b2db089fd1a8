import ConfigFiles
import ConfigModel
import Deliveries
import Engine
import Events
import Rules
import Testing

@testable import Templates

@Suite struct RoundTripTests {
  private static let now = Timestamp(seconds: 1_757_455_200)

  /// What an environment starts with, and where it is.
  private static func environment(_ name: String) throws -> (StackDefinitions, StackPlace) {
    let settings = try ConfigFile.read(path: Vectors.config(name), ConfigOverrides(variables: [:], flags: [:])).settings
    let seed = try EnvironmentSeed(settings, at: now)
    let names = EnvironmentNames(settings)
    let orchestrator = settings.names.function(names.orchestrator)
    let definitions = StackDefinitions(
      rules: seed.rules.map { StackRule($0) },
      queues: try seed.queues.map {
        try StackQueue(
          name: $0.name, visibilityTimeout: $0.visibilityTimeout, messageRetentionPeriod: $0.messageRetentionPeriod)
      }, buckets: seed.buckets, buses: [names.ingestionBus],
      permissions: seed.rules.filter { $0.targets.contains { $0.arn == orchestrator } }.map {
        StackPermission(function: names.orchestrator, source: $0.arn.description)
      }, universe: ["AAPL", "BRK.B", "MSFT"])
    let place = StackPlace(
      names: settings.names, stackName: "stack", functions: [names.orchestrator, names.worker],
      universeParameter: names.universeParameter)
    return (definitions, place)
  }

  @Test(arguments: ["dev", "staging", "prod"])
  func `our own environment is the same after it was a template`(name: String) throws {
    let (definitions, place) = try Self.environment(name)
    let template = TemplateWriter.template(definitions, at: place, description: "Triggers of \(name)")
    let reading = TemplateReader.read(try JSON(parsing: template.prettyText), at: place)
    #expect(reading.notes == [])
    #expect(
      reading.definitions.rules.map(\.canonical) == definitions.rules.sorted { $0.name < $1.name }.map(\.canonical))
    #expect(Set(reading.definitions.permissions) == Set(definitions.permissions))
    #expect(reading.definitions.universe == definitions.universe)
    let again = TemplateWriter.template(reading.definitions, at: place, description: "Triggers of \(name)")
    #expect(again.prettyText == template.prettyText)
    let plan = StackPlan(from: reading.definitions, to: reading.definitions)
    #expect(!plan.changesAnything)
  }

  @Test(arguments: ["orders.yaml", "synthesised.json", "serverless.yaml", "scheduler.yaml"], [true, false])
  func `what was read of a foreign template is the same after it was ours`(name: String, asQueues: Bool) throws {
    let place = TemplateReaderTests.place
    let read = TemplateReader.read(try Vectors.template(name), at: place, .init(functionsAsQueues: asQueues))
    let template = TemplateWriter.template(read.definitions, at: place, description: name)
    let again = TemplateReader.read(template, at: place)
    #expect(!again.isRefused)
    #expect(TemplateWriter.template(again.definitions, at: place, description: name).prettyText == template.prettyText)
    #expect(Set(again.definitions.rules.map(\.canonical)) == Set(read.definitions.rules.map(\.canonical)))
    #expect(!StackPlan(from: again.definitions, to: read.definitions).changesAnything)
  }

  @Test func `a template of ours holds what AWS needs so that rules reach their targets`() throws {
    let (definitions, place) = try Self.environment("dev")
    let template = TemplateWriter.template(definitions, at: place, description: "dev")
    let resources = (template["Resources"]?.members ?? []).map(\.value)
    func count(_ type: String) -> Int { resources.filter { $0["Type"]?.string == type }.count }
    #expect(count("AWS::Events::Rule") == 6)
    #expect(count("AWS::Lambda::Permission") == 5)
    // One for Transform's queue, and one for the queue of dead letters, which every rule may fill.
    let policies = resources.filter { $0["Type"]?.string == "AWS::SQS::QueuePolicy" }
    let statements = policies.map { StackPolicy.statements($0["Properties"]?["PolicyDocument"] ?? .null).count }
    #expect(statements.sorted() == [1, 6])
    #expect(!template.text.replacing("DevCustomerDataOrchestratorArn", with: "").contains(":rule/"))
  }

  @Test func `functions are parameters, and the same template can be read for another account`() throws {
    let (definitions, place) = try Self.environment("dev")
    let template = TemplateWriter.template(definitions, at: place, description: "dev")
    let other = StackPlace(
      names: ResourceNames(account: "999988887777", region: "eu-west-1"), stackName: "stack",
      functions: place.functions, universeParameter: place.universeParameter)
    let arn = other.names.function("dev-customer-data-orchestrator").description
    let reading = TemplateReader.read(
      template, at: other, .init(parameters: ["DevCustomerDataOrchestratorArn": arn]))
    #expect(reading.notes == [])
    let queues = reading.definitions.rules.flatMap(\.targets).map(\.arn).filter { $0.service == "sqs" }
    #expect(queues.allSatisfy { $0.account == "999988887777" && $0.region == "eu-west-1" })
  }

  @Test func `a retry policy that nobody asked for is not written, and one that somebody did is`() throws {
    func rule(_ asked: Bool) throws -> StackRule {
      let target = Target(
        id: "t", arn: TemplateReaderTests.place.names.queue("q"), input: .whole, deadLetter: nil, isRetryAsked: asked)
      return try StackRule(
        name: "r", description: nil, state: .enabled, pattern: #"{"source":["x"]}"#, schedule: nil, targets: [target])
    }
    for asked in [true, false] {
      let definitions = StackDefinitions(rules: [try rule(asked)])
      let template = TemplateWriter.template(definitions, at: TemplateReaderTests.place, description: "r")
      #expect(template.text.contains("MaximumRetryAttempts") == asked)
      let read = TemplateReader.read(template, at: TemplateReaderTests.place).definitions
      #expect(read.rules == definitions.rules)
    }
  }

  @Test func `what is not in the template is written without the account, and read back with it`() throws {
    let place = TemplateReaderTests.place
    let target = Target(
      id: "t", arn: place.names.queue("elsewhere"), input: .whole, deadLetter: place.names.queue("gone"),
      role: "arn:aws:iam::123456789012:role/sender")
    let rule = try StackRule(
      name: "r", description: nil, state: .disabled, pattern: #"{"source":["x"]}"#, schedule: "rate(1 day)",
      role: "arn:aws:iam::123456789012:role/path/r${x}", targets: [target])
    let template = TemplateWriter.template(StackDefinitions(rules: [rule]), at: place, description: "r")
    #expect(!template.text.contains("123456789012"))
    #expect(TemplateReader.read(template, at: place).definitions.rules == [rule])
  }

  @Test func `names that would have the same logical id get two`() throws {
    let definitions = StackDefinitions(queues: [try StackQueue(name: "a-b"), try StackQueue(name: "a_b")])
    let template = TemplateWriter.template(definitions, at: TemplateReaderTests.place, description: "x")
    #expect(template["Resources"]?.members?.map(\.key) == ["ABQueue", "ABQueue2"])
  }

  @Test func `a plan tells what is new, what changes, what is the same and what is left`() throws {
    let old = StackDefinitions(
      queues: [try StackQueue(name: "a"), try StackQueue(name: "b"), try StackQueue(name: "c")], buckets: ["one"],
      universe: ["AAPL"])
    let new = StackDefinitions(
      queues: [try StackQueue(name: "a"), try StackQueue(name: "b", delaySeconds: 5), try StackQueue(name: "d")],
      buckets: ["two"], universe: ["AAPL", "MSFT"])
    let steps = StackPlan(from: old, to: new).steps
    #expect(
      steps.map { "\($0.kind) \($0.name) \($0.action)" } == [
        "queue a unchanged", "queue b change", "queue d create", "queue c left", "bucket two create", "bucket one left",
        "universe symbols change",
      ])
    #expect(steps[1].what == ["delay_seconds 0 → 5"])
  }
}
