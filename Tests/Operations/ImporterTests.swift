import Engine
import Events
import Operations
import Patterns
import Rules
import SQLiteStore
import Simulation
import Telemetry
import Templates
import Testing

@Suite struct ImporterTests {
  private static let note = ChangeNote(operation: "Import", who: "ana", why: "trial")

  private func place(_ inventory: JSON) throws -> StackPlace {
    StackPlace(
      names: ResourceNames(
        account: try #require(inventory["account"]?.string), region: try #require(inventory["region"]?.string)),
      stackName: "stack", functions: Set((inventory["functions"]?.elements ?? []).compactMap(\.string)),
      universeParameter: try #require(inventory["universe_parameter"]?.string))
  }

  private func export(_ room: Room) async throws -> String {
    let inventory = try await Importer(room.room).inventory()
    let definitions = try StackDefinitions(json: inventory)
    return TemplateWriter.template(definitions, at: try place(inventory), description: "dev").prettyText
  }

  private func take(_ template: String, into room: Room) async throws -> StackPlan {
    let importer = Importer(room.room)
    let reading = TemplateReader.read(
      try JSON(parsing: template), at: try place(try await importer.inventory()))
    #expect(!reading.isRefused)
    return try await importer.take(reading.definitions, Self.note)
  }

  /// A room whose rules and Transform's queue are gone.
  private func empty() async throws -> Room {
    let room = try await Room()
    for rule in room.engine.book.bus.rules { _ = try await room.engine.book.remove(rule.name, Self.note) }
    for queue in try await room.store.queues() { _ = try await room.store.remove(queue: queue.name) }
    for name in room.engine.functions.names {
      try await room.room.permissions.setPolicy(nil, of: room.engine.settings.names.function(name))
    }
    return room
  }

  @Test func `an export, taken over by an empty engine, is exported as the same text`() async throws {
    let first = try await Room()
    let template = try await export(first)
    let second = try await empty()
    let plan = try await take(template, into: second)
    #expect(plan.steps.filter { $0.kind == .rule && $0.action == .create }.count == 6)
    #expect(try await export(second) == template)
    #expect(second.engine.book.bus.rules.map(\.pattern?.text) == first.engine.book.bus.rules.map(\.pattern?.text))
    #expect(second.engine.book.bus.rules.map(\.targets) == first.engine.book.bus.rules.map(\.targets))
  }

  @Test func `importing twice changes nothing, and leaves one row for the first time`() async throws {
    let room = try await empty()
    let template = try await export(try await Room())
    #expect(try await take(template, into: room).changesAnything)
    let versions = room.engine.book.bus.rules.map(\.version)
    let again = try await take(template, into: room)
    #expect(!again.changesAnything)
    #expect(room.engine.book.bus.rules.map(\.version) == versions)
    var query = LedgerQuery()
    query.limit = 100
    let rows = try await room.store.entries(query).filter { $0.summary.contains("import of") }
    #expect(rows.count == 1)
  }

  @Test func `an engine that has taken a stack over runs it`() async throws {
    let room = try await empty()
    _ = try await take(try await export(try await Room()), into: room)
    try await room.live(minutes: 15)
    let runs = try await room.store.runs(RunQuery(limit: 10))
    #expect(runs.count == 1)
  }

  @Test func `a rule of a foreign stack reaches the queue that stands in for its function`() async throws {
    let room = try await Room()
    let importer = Importer(room.room)
    let template: JSON = [
      "Resources": [
        "Rule": [
          "Type": "AWS::Events::Rule",
          "Properties": [
            "Name": "orders", "EventPattern": ["source": ["shop"]],
            "Targets": [["Id": "f", "Arn": ["Fn::GetAtt": ["Handler", "Arn"]]]],
          ],
        ], "Handler": ["Type": "AWS::Lambda::Function", "Properties": ["FunctionName": "handler"]],
      ]
    ]
    let reading = TemplateReader.read(
      template, at: try place(try await importer.inventory()), .init(functionsAsQueues: true))
    _ = try await importer.take(reading.definitions, Self.note)
    let event = Event(
      id: "e1", source: "shop", detailType: "Order", account: "123456789012", region: "us-east-1",
      time: room.clock.now(), resources: [], detail: ["n": 1])
    _ = try await room.engine.publisher.publish([event])
    _ = try await room.engine.settle()
    let received = try await room.store.receive(
      "handler-inbox", limit: 10, visibility: .seconds(30), at: room.clock.now())
    #expect(try received.map { try JSON(parsing: $0.body)["detail"] } == [["n": 1]])
  }

  @Test func `the symbols become those of the template, in its order`() async throws {
    let room = try await Room()
    let importer = Importer(room.room)
    _ = try await importer.take(StackDefinitions(universe: ["msft", "AAPL", "BRK.B", "AAPL"]), Self.note)
    #expect(try await importer.definitions().universe == ["MSFT", "AAPL", "BRK.B"])
    #expect(!(try await importer.plan(StackDefinitions(universe: ["MSFT", "AAPL", "BRK.B"])).changesAnything))
  }

  @Test(arguments: [
    ("symbols", StackDefinitions(universe: ["no symbol"])),
    ("a function", StackDefinitions(permissions: [.init(function: "away", source: nil)])),
  ])
  func `what the engine can't have is refused before anything has changed`(
    _ what: String, _ wrong: StackDefinitions
  ) async throws {
    let room = try await Room()
    let importer = Importer(room.room)
    var wanted = wrong
    wanted.queues = [try StackQueue(name: "new")]
    await #expect(throws: StoreError.self, "\(what)") { _ = try await importer.take(wanted, Self.note) }
    #expect(try await room.store.queue("new") == nil)
  }

  @Test func `a queue that redrives into nothing, and a policy that is none, are refused`() async throws {
    let importer = Importer(try await Room().room)
    let lost = try StackQueue(name: "a", redrive: .init(deadLetterQueue: "gone", maxReceiveCount: 3))
    await #expect(throws: StoreError.self) { _ = try await importer.plan(StackDefinitions(queues: [lost])) }
    let open = try StackQueue(name: "a", policy: [["Effect": "Perhaps"]])
    await #expect(throws: StoreError.self) { _ = try await importer.plan(StackDefinitions(queues: [open])) }
  }

  @Test func `a rule that is there is replaced whole, and its versions go on`() async throws {
    let room = try await Room()
    let name = room.names.marketEventsRule
    let rule = try StackRule(
      name: name, description: "other", state: .disabled, pattern: #"{"source":["market"]}"#, schedule: nil, targets: []
    )
    let plan = try await Importer(room.room).take(StackDefinitions(rules: [rule]), Self.note)
    #expect(plan.steps.first { $0.name == name }?.action == .change)
    let now = try #require(room.engine.book.bus.rule(name))
    #expect(now.version == 2)
    #expect(now.state == .disabled)
    #expect(now.targets.isEmpty)
  }
}
