import AWSWire
import Console
import CryptoPorts
import Engine
import Events
import Foundation
import Measures
import Operations
import Rules
import SQLiteStore
import Schedules
import Simulation
import SystemPorts
import Telemetry
import Testing

@testable import HTTPServer

/// EventBridge Scheduler's API as its clients meet it.
@Suite struct SchedulerServiceTests {
  @Test func `a schedule is made, shown, changed as a whole and deleted`() async throws {
    let wire = try await SchedulerWire()
    var body = wire.schedule("rate(5 minutes)")
    body.set("Description", "often")
    body.set("FlexibleTimeWindow", ["Mode": "FLEXIBLE", "MaximumWindowInMinutes": 3])
    let made = try await wire.ok("POST", "/schedules/often", body)
    #expect(made == ["ScheduleArn": "arn:aws:scheduler:us-east-1:123456789012:schedule/default/often"])
    let shown = try await wire.ok("GET", "/schedules/often")
    #expect(shown["Description"] == "often" && shown["ScheduleExpressionTimezone"] == "UTC")
    #expect(shown["FlexibleTimeWindow"] == ["MaximumWindowInMinutes": 3, "Mode": "FLEXIBLE"])
    #expect(shown["Target"]?["RetryPolicy"] == ["MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185])
    #expect(shown["CreationDate"] == JSON(Int(wire.room.clock.now().seconds)))
    let stored = try await wire.room.engine.schedules.schedule(ScheduleName("often"))
    #expect(stored?.misfire == wire.room.engine.settings.misfire && stored?.misfire != .standard)
    // What AWS does not know is kept; what the request does not say is as it was not.
    _ = try await wire.room.engine.schedules.change(ScheduleName("often"), .wire) { old in
      var schedule = try #require(old)
      schedule.overlap = .skip
      return schedule
    }
    wire.room.clock.advance(to: wire.room.clock.now() + .seconds(90))
    _ = try await wire.ok("PUT", "/schedules/often", wire.schedule("rate(7 minutes)"))
    let changed = try await wire.ok("GET", "/schedules/often")
    #expect(changed["Description"] == nil && changed["FlexibleTimeWindow"] == ["Mode": "OFF"])
    #expect(changed["CreationDate"] == shown["CreationDate"])
    #expect(changed["LastModificationDate"] != shown["LastModificationDate"])
    #expect(try await wire.room.engine.schedules.schedule(ScheduleName("often"))?.overlap == .skip)
    var query = LedgerQuery()
    query.rule = "default/often"
    let rows = try await wire.room.store.entries(query)
    #expect(rows.contains { $0.summary.contains("UpdateSchedule by AKIDEXAMPLE") && $0.summary.contains("7 minutes") })
    _ = try await wire.ok("DELETE", "/schedules/often")
    #expect(try await wire.refused("GET", "/schedules/often") == (404, "Schedule often does not exist."))
    #expect(try await wire.refused("DELETE", "/schedules/often") == (404, "Schedule often does not exist."))
  }

  @Test(arguments: [
    ("rate(10 seconds)", "Invalid Schedule Expression rate(10 seconds)."),
    (" rate(10 minutes)", "Invalid Schedule Expression  rate(10 minutes)."),
    ("cron(0 1 * * * *)", "Invalid Schedule Expression cron(0 1 * * * *)."),
    ("at(2026-01-01)", "Invalid Schedule Expression at(2026-01-01)."),
  ])
  func `an expression that is none is refused in AWS's words`(_ text: String, _ words: String) async throws {
    let wire = try await SchedulerWire()
    #expect(try await wire.refused("POST", "/schedules/s", wire.schedule(text)) == (400, words))
  }

  @Test func `what contradicts itself is refused, member by member`() async throws {
    let wire = try await SchedulerWire()
    let now = Int(wire.room.clock.now().seconds)
    let rows: [([(String, JSON)], String)] = [
      ([("FlexibleTimeWindow", ["Mode": "OFF", "MaximumWindowInMinutes": 5])], "MaximumWindowInMinutes cannot be"),
      ([("FlexibleTimeWindow", ["Mode": "FLEXIBLE"])], "MaximumWindowInMinutes must be specified"),
      ([("ScheduleExpressionTimezone", "Mars/Olympus")], "Invalid Schedule Expression Timezone Mars/Olympus."),
      ([("StartDate", JSON(now - 301))], "The StartDate you specify cannot be earlier than 5 minutes ago."),
      ([("EndDate", JSON(now - 1))], "The EndDate you specify cannot be earlier than now."),
      (
        [("StartDate", JSON(now + 60)), ("EndDate", JSON(now + 30))],
        "The EndDate you specify cannot be earlier than the StartDate."
      ),
      ([("GroupName", "none")], "Schedule group none does not exist."),
      (
        [("ScheduleExpression", "at(2026-03-08T02:30:00)"), ("ScheduleExpressionTimezone", "America/New_York")],
        "at(2026-03-08T01:59:59) or at(2026-03-08T03:00:00)"
      ),
      (
        [("Target", ["Arn": "queue", "RoleArn": .string(SchedulerWire.role)])], "Provided Arn is not in correct format."
      ),
      (
        [("Target", ["Arn": "arn:aws:sns:us-east-1:123456789012:t", "RoleArn": .string(SchedulerWire.role)])],
        "is not served: served are functions, standard queues, event buses"
      ),
      (
        [
          (
            "Target",
            [
              "Arn": .string(SchedulerWire.queue), "RoleArn": .string(SchedulerWire.role),
              "DeadLetterConfig": ["Arn": .string(SchedulerWire.queue + ".fifo")],
            ]
          )
        ], "at 'target.deadLetterConfig.arn' failed to satisfy constraint"
      ),
      (
        [
          (
            "Target",
            [
              "Arn": .string(SchedulerWire.queue), "RoleArn": .string(SchedulerWire.role),
              "KinesisParameters": ["PartitionKey": "k"],
            ]
          )
        ], "KinesisParameters is not served"
      ),
      (
        [
          (
            "Target",
            [
              "Arn": .string(SchedulerWire.queue), "RoleArn": .string(SchedulerWire.role),
              "EventBridgeParameters": ["DetailType": "d", "Source": "s"],
            ]
          )
        ], "EventBridgeParameters are for event buses"
      ),
    ]
    for (members, words) in rows {
      var body = wire.schedule("rate(5 minutes)")
      for (name, value) in members { body.set(name, value) }
      let (status, message) = try await wire.refused("POST", "/schedules/s", body)
      #expect(message.contains(words), "\(message)")
      #expect(status == (words.hasPrefix("Schedule group") ? 404 : 400))
    }
    var once = wire.schedule("at(2020-01-01T00:00:00)")
    once.set("StartDate", JSON(now - 3_600))
    once.set("EndDate", JSON(now - 7_200))
    _ = try await wire.ok("POST", "/schedules/once", once)
  }

  @Test func `a name is taken once, and a repeated request by its token is answered as before`() async throws {
    let wire = try await SchedulerWire()
    var body = wire.schedule("rate(5 minutes)")
    body.set("ClientToken", "t-1")
    let first = try await wire.ok("POST", "/schedules/s", body)
    #expect(try await wire.ok("POST", "/schedules/s", body) == first)
    body.set("Description", "another")
    let (status, words) = try await wire.refused("POST", "/schedules/s", body)
    #expect(status == 409 && words.contains("ClientToken t-1"))
    body.set("ClientToken", "t-2")
    #expect(try await wire.refused("POST", "/schedules/s", body) == (409, "Schedule s already exists."))
    _ = try await wire.ok("DELETE", "/schedules/s", query: "clientToken=t-3")
    _ = try await wire.ok("DELETE", "/schedules/s", query: "clientToken=t-3")
    #expect(try await wire.refused("DELETE", "/schedules/s", query: "clientToken=t-4").0 == 404)
    #expect(
      try await wire.refused("PUT", "/schedules/s", wire.schedule("rate(1 day)"))
        == (404, "Schedule s does not exist."))
  }

  @Test func `schedules are listed in pages, by group, prefix and state`() async throws {
    let wire = try await SchedulerWire()
    _ = try await wire.ok("POST", "/schedule-groups/g", [:])
    for (name, group, state) in [
      ("a1", "default", "ENABLED"), ("a2", "default", "DISABLED"), ("b1", "g", "ENABLED"), ("a3", "g", "ENABLED"),
    ] {
      var body = wire.schedule("rate(5 minutes)")
      body.set("GroupName", .string(group))
      body.set("State", .string(state))
      _ = try await wire.ok("POST", "/schedules/\(name)", body)
    }
    func names(_ query: String) async throws -> [String] {
      var names: [String] = []
      var token: String?
      repeat {
        let more = token.map { "&NextToken=" + ($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "") }
        let page = try await wire.ok("GET", "/schedules", query: query + "&MaxResults=1" + (more ?? ""))
        names += page["Schedules"]?.elements?.compactMap { $0["Name"]?.string } ?? []
        token = page["NextToken"]?.string
      } while token != nil
      return names
    }
    #expect(try await names("") == ["a1", "a2", "a3", "b1"])
    #expect(try await names("NamePrefix=a") == ["a1", "a2", "a3"])
    #expect(try await names("ScheduleGroup=g") == ["a3", "b1"])
    #expect(try await names("State=DISABLED") == ["a2"])
    #expect(try await wire.refused("GET", "/schedules", query: "ScheduleGroup=none").0 == 404)
    #expect(try await wire.refused("GET", "/schedules", query: "NextToken=x").0 == 400)
  }

  @Test func `groups have tags, take their schedules with them, and one is always there`() async throws {
    let wire = try await SchedulerWire()
    let arn = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/g"
    let made = try await wire.ok("POST", "/schedule-groups/g", ["Tags": [["Key": "env", "Value": "dev"]]])
    #expect(made == ["ScheduleGroupArn": .string(arn)])
    #expect(
      try await wire.refused("POST", "/schedule-groups/g", [:]) == (409, "Schedule group g already exists."))
    #expect(
      try await wire.refused("POST", "/schedule-groups/default", [:]) == (409, "Schedule group default already exists.")
    )
    let tags = "/tags/" + arn.replacing(":", with: "%3A").replacing("/", with: "%2F")
    _ = try await wire.ok("POST", tags, ["Tags": [["Key": "a b", "Value": "c"], ["Key": "env", "Value": "prod"]]])
    #expect(
      try await wire.ok("GET", tags) == [
        "Tags": [["Key": "a b", "Value": "c"], ["Key": "env", "Value": "prod"]]
      ])
    _ = try await wire.ok("DELETE", tags, query: "TagKeys=a%20b&TagKeys=none")
    #expect(try await wire.ok("GET", tags) == ["Tags": [["Key": "env", "Value": "prod"]]])
    var body = wire.schedule("rate(5 minutes)")
    body.set("GroupName", "g")
    _ = try await wire.ok("POST", "/schedules/s", body)
    #expect(try await wire.ok("GET", "/schedules/s", query: "groupName=g")["GroupName"] == "g")
    #expect(try await wire.ok("GET", "/schedule-groups/g")["State"] == "ACTIVE")
    _ = try await wire.ok("DELETE", "/schedule-groups/g")
    #expect(try await wire.refused("GET", "/schedules/s", query: "groupName=g").0 == 404)
    #expect(try await wire.refused("GET", "/schedule-groups/g") == (404, "Schedule group g does not exist."))
    #expect(try await wire.refused("GET", tags).0 == 404)
    #expect(try await wire.refused("DELETE", "/schedule-groups/default").0 == 400)
    let listed = try await wire.ok("GET", "/schedule-groups")
    #expect(listed["ScheduleGroups"]?.elements?.compactMap { $0["Name"]?.string } == ["default"])
  }

  @Test func `a role that is here must trust Scheduler, and may do only what its policies say`() async throws {
    let wire = try await SchedulerWire()
    let permissions = wire.room.room.permissions
    func role(_ service: String, _ action: String) -> Role {
      let trust =
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"\#(service)"},"#
        + #""Action":"sts:AssumeRole","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:scheduler:*:*:schedule-group/*"}}}}"#
      let policy = #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"\#(action)","Resource":"*"}}"#
      return Role(
        name: "scheduler", id: "AROA1", description: nil, trust: trust, policies: ["p": policy], createdAt: .epoch)
    }
    _ = try await wire.room.store.create(QueueDefinition(name: "q"), at: wire.room.clock.now())
    try await permissions.save(role("lambda.amazonaws.com", "*"))
    let body = wire.schedule("at(2025-09-09T22:30:00)")
    #expect(
      try await wire.refused("POST", "/schedules/a", body) == (
        400, "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
      ))
    try await permissions.save(role("scheduler.amazonaws.com", "lambda:*"))
    _ = try await wire.ok("POST", "/schedules/a", body)
    _ = try await wire.ok("POST", "/schedules/b", wire.schedule("at(2025-09-09T22:40:00)"))
    try await wire.room.live(minutes: 45)
    let first = try #require(try await wire.room.store.entry(of: "default/a@2025-09-09T22:30:00Z"))
    #expect(first.code == .notPermitted)
    #expect(first.summary.contains("assumed-role/scheduler/scheduler is not authorized to perform: sqs:SendMessage"))
    try await permissions.save(role("scheduler.amazonaws.com", "sqs:SendMessage"))
    try await wire.room.live(minutes: 20)
    let second = try #require(try await wire.room.store.entry(of: "default/b@2025-09-09T22:40:00Z"))
    #expect(second.code == .delivered)
    for (name, count) in [("InvocationAttemptCount", 2.0), ("TargetErrorCount", 1), ("InvocationDroppedCount", 1)] {
      #expect(try await wire.room.sum(MetricID("AWS/Scheduler", name, ["ScheduleGroup": "default"])) == count)
      #expect(try await wire.room.sum(MetricID("AWS/Scheduler", name, [:])) == count)
    }
    #expect(try await wire.room.sum(MetricID("AWS/Events", "FailedInvocations", [:])) == 1)
    #expect(try await wire.room.sum(MetricID("AWS/Events", "Invocations", ["RuleName": "default/b"])) == 0)
  }

  @Test func `a scheduled role is not handed over by somebody who may not pass it`() async throws {
    let wire = try await SchedulerWire()
    let schedules =
      #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"scheduler:*","Resource":"*"}}"#
    try await wire.room.room.permissions.save(
      Role(name: "maker", id: "AROA2", description: nil, trust: "{}", policies: ["p": schedules], createdAt: .epoch))
    let maker = Caller(
      arn: ResourceName(service: "sts", region: "", account: "123456789012", resource: "assumed-role/maker/m"),
      accessKeyID: "m", role: wire.room.room.permissions.role("maker"))
    let judge = Judge(wire.room.room.permissions, wire.room.clock)
    let request = WireRequest(
      method: "POST", path: "/schedules/s", headers: ["authorization": SchedulerWire.authorization],
      body: wire.schedule("rate(1 day)").bytes)
    let demands = try Demand.of(try Route(request).decode(request), wire.room.engine.settings.names)
    #expect(demands.map(\.action) == ["scheduler:CreateSchedule", "iam:PassRole"])
    #expect(
      demands.map(\.resource) == ["arn:aws:scheduler:us-east-1:123456789012:schedule/default/s", SchedulerWire.role])
    try judge.permit(maker, demands[0])
    #expect(throws: WireError.self) { try judge.permit(maker, demands[1]) }
  }
}

extension ChangeNote {
  fileprivate static let wire = ChangeNote(operation: "Test", who: "tester", why: nil)
}

/// A room whose wire is open to all.
private struct SchedulerWire {
  static let role = "arn:aws:iam::123456789012:role/scheduler"
  static let queue = "arn:aws:sqs:us-east-1:123456789012:q"

  /// A signature that nobody checks; it says which service is meant.
  static let authorization =
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250909/us-east-1/scheduler/aws4_request, SignedHeaders=host, Signature=0"

  let room: Room
  private let responder: ServerResponder

  init() async throws {
    room = try await Room()
    let ports = room.engine.ports
    let gatekeeper = Gatekeeper(
      NoCredentials(), HMACSigner(), CryptoDigests(), room.room.permissions, room.clock,
      signingClock: room.clock, room.log, isClosed: false)
    let pages = try ConsolePages(zone: .utc, endpoint: "http://127.0.0.1:4566", environment: "dev")
    responder = ServerResponder(
      room.room, pages, gatekeeper, ConsoleSession(ports.entropy, HMACSigner(), ports.digests))
  }

  /// The body of a schedule that sends to a queue.
  func schedule(_ expression: String) -> JSON {
    [
      "ScheduleExpression": .string(expression), "FlexibleTimeWindow": ["Mode": "OFF"],
      "Target": ["Arn": .string(SchedulerWire.queue), "RoleArn": .string(SchedulerWire.role), "Input": "hello"],
    ]
  }

  func ok(_ method: String, _ path: String, query: String = "", _ body: JSON? = nil) async throws -> JSON {
    let (status, json) = try await answer(method, path, query, body)
    #expect(status == 200, "\(method) \(path): \(json.text)")
    return json
  }

  func refused(
    _ method: String, _ path: String, query: String = "", _ body: JSON? = nil
  ) async throws -> (Int, String) {
    let (status, json) = try await answer(method, path, query, body)
    return (status, json["Message"]?.string ?? json.text)
  }

  private func answer(
    _ method: String, _ path: String, _ query: String, _ body: JSON?
  ) async throws -> (Int, JSON) {
    let request = HTTPRequestMessage(
      method: method, target: query.isEmpty ? path : "\(path)?\(query)",
      headers: [
        .init(name: "host", value: "127.0.0.1:4566"),
        .init(name: "authorization", value: SchedulerWire.authorization),
      ], body: body?.bytes ?? [], remote: nil)
    guard case .full(let status, _, let bytes) = await responder.respond(to: request) else { throw CancellationError() }
    return (status, try JSON(parsing: bytes))
  }
}

private struct NoCredentials: CredentialStore {
  func credentials() throws(StoreError) -> [String: Credential] { [:] }
}
