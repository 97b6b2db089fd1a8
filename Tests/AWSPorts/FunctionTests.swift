import AWSModel
import AWSPorts
import Engine
import Events
import Extraction
import Ingestion
import Schedules
import Simulation
import Telemetry
import Testing

/// Which instants are slots where EventBridge says when (D6, D8).
@Suite struct FixedScheduleTests {
  private static let rule = "dev-customer-ingestion-schedule"

  @Test func `a slot of a cron is one of its instants, of this rule`() throws {
    let schedule = FixedSchedule(try Cloud().settings)
    #expect(schedule.isSlot(Cloud.start, of: FixedScheduleTests.rule))
    #expect(!schedule.isSlot(Cloud.start, of: "another-rule"))
    for seconds in [-86_399, -60, -1, 1, 60, 3_600] {
      #expect(!schedule.isSlot(Cloud.start + .seconds(seconds), of: FixedScheduleTests.rule), "\(seconds)")
    }
    #expect(schedule.isSlot(Cloud.start + .days(1), of: FixedScheduleTests.rule))
  }

  @Test func `any whole minute may be a slot of a rate, nothing in between`() throws {
    let schedule = FixedSchedule(try Cloud(schedule: "rate(7 minutes)").settings)
    #expect(schedule.isSlot(Cloud.start + .seconds(60), of: FixedScheduleTests.rule))
    #expect(!schedule.isSlot(Cloud.start + .seconds(61), of: FixedScheduleTests.rule))
    #expect(!schedule.isSlot(Cloud.start + Span(milliseconds: 1), of: FixedScheduleTests.rule))
  }

  /// `trigger_time`, the clock's seconds after the slot, and whether that is the slot's cause.
  @Test(arguments: [
    ("2025-09-09T22:00:00Z", 0, true), ("2025-09-09T22:00:41Z", 45, true), ("2025-09-09T22:00:00Z", -59, true),
    ("2025-09-09T22:00:00Z", -60, false), ("2025-09-09T22:00:00Z", 86_399, true),
    ("2025-09-09T22:00:00Z", 86_400, false), ("2025-09-09T22:01:00Z", 60, false), ("2025-09-09T21:59:59Z", 0, false),
    ("yesterday", 0, false),
  ])
  func `a body of the schedule's target is its slot's cause while that is neither old nor to come`(
    time: String, seconds: Int, isCause: Bool
  ) throws {
    let schedule = FixedSchedule(try Cloud().settings)
    let cause = schedule.cause(
      of: ["trigger_type": "schedule", "trigger_time": .string(time)], at: Cloud.start + .seconds(seconds))
    #expect((cause != nil) == isCause)
    if let cause {
      #expect(cause.id == Cause.slotID(rule: FixedScheduleTests.rule, at: Cloud.start))
      #expect(cause.slot == Cloud.start && cause.trigger == .schedule && cause.rule == FixedScheduleTests.rule)
    }
  }

  @Test(
    arguments: [
      ["trigger_type": "manual", "trigger_time": "2025-09-09T22:00:00Z"], ["trigger_time": "2025-09-09T22:00:00Z"],
      ["trigger_type": "schedule"], ["trigger_type": "schedule", "trigger_time": 5], [],
    ] as [JSON])
  func `any other body is no slot`(_ body: JSON) throws {
    #expect(FixedSchedule(try Cloud().settings).cause(of: body, at: Cloud.start) == nil)
  }
}

/// The three functions as Lambda runs them.
@Suite struct FunctionTests {
  @Test func `a slot that fires twice is one run`() async throws {
    let cloud = try Cloud()
    for request in ["first", "second"] {
      let answer = try await cloud.answer(.orchestrator, cloud.slot, id: request)
      #expect(answer["statusCode"] == 200)
    }
    #expect(try await cloud.store().runs(limit: 10).count == 1)
    #expect(try cloud.sentChunks() == [0, 1])
  }

  @Test func `a body that only says that it is the schedule's is its sender's own wish`() async throws {
    let cloud = try Cloud()
    var body = cloud.slot
    body.set("trigger_time", "2025-09-09T21:30:00Z")
    _ = try await cloud.answer(.orchestrator, body, id: "forged")
    let row = try #require(try await cloud.store().entry(of: "forged"))
    #expect(row.about.triggerType == "manual" && row.about.slot == nil && row.about.rule == nil)
  }

  @Test func `a tick sends, releases and gives up, and is no cause`() async throws {
    let cloud = try Cloud(.init(eventMax: 1))
    let deaf = Answering(cloud.model) { service, _, _, _ in service == .sqs ? .failure(Cloud.silence) : nil }
    #expect(try await cloud.admit(try cloud.application("one", .event), deaf).decision == .dispatched)
    #expect(try await cloud.admit(try cloud.application("two", .event)).decision == .deferred)
    cloud.clock.pass(.minutes(2))
    #expect(try await cloud.tick() == ["statusCode": 200, "sent": 1, "released": 1, "ended": 0])
    #expect(try await cloud.tick() == ["statusCode": 200, "sent": 0, "released": 0, "ended": 0])
    #expect(try await cloud.store().entry(of: "two")?.decision == .dispatched)
    #expect(try await cloud.store().entries(LedgerQuery()).count == 2)
    cloud.clock.pass(.hours(13))
    #expect(try await cloud.tick()["ended"] == 2)
    let lines = cloud.log.lines.filter { $0.level == .error && $0.message.contains("lost") }
    #expect(lines.count == 2)
  }

  @Test func `a tick that fails says so, so that Lambda counts it as an error`() async throws {
    let cloud = try Cloud()
    cloud.model.plan(.throttled, on: .dynamoDB, "Query")
    let outcome = await cloud.function(.orchestrator).invoke(
      InputShape.tickBody.bytes, InvocationContext(requestID: "t", invokedAt: Cloud.start, cause: nil))
    #expect(outcome == .failed(type: "STORE_UNAVAILABLE", message: "ThrottlingException: simulated: rate exceeded"))
  }

  @Test func `a worker reports what is not done, and nothing else`() async throws {
    let cloud = try Cloud()
    _ = try await cloud.admit(try cloud.application("one", symbols: ["A", "B", "C", "D", "E", "F"]))
    let source = ScriptedSource()
    source.will(answer: [.failed(SourceError(.unavailable, reason: "HTTP 503"))], for: "C")
    var records = try await cloud.records()
    #expect(records.count == 3)
    records.append(["messageId": "odd", "body": "{}"])
    let function = cloud.function(.worker, source)
    let outcome = await function.invoke(JSON.object([.init("Records", .array(records))]).bytes, cloud.context("w"))
    let failed = records.filter { $0["body"]?.string?.contains("\"C\"") == true } + [records[3]]
    let ids = failed.compactMap { $0["messageId"] }
    #expect(ids.count == 2)
    #expect(outcome == .answered(["batchItemFailures": .array(ids.map { ["itemIdentifier": $0] })]))
    let run = try #require(try await cloud.store().runs(limit: 1).first)
    #expect(run.chunks.map { $0.finishedAt != nil } == [true, false, true])
    // Lambda deletes what was not reported; the worker itself deletes nothing.
    #expect(cloud.model.callCounts["sqs:DeleteMessage"] == nil)
  }

  @Test func `a chunk whose table does not answer shows again after a pause`() async throws {
    let cloud = try Cloud()
    _ = try await cloud.admit(try cloud.application("one", symbols: ["A"]))
    let records = try await cloud.records()
    cloud.model.set(Cloud.down, for: .dynamoDB)
    let outcome = await cloud.function(.worker).invoke(
      JSON.object([.init("Records", .array(records))]).bytes, cloud.context("w"))
    let id = try #require(records.first?["messageId"])
    #expect(outcome == .answered(["batchItemFailures": [["itemIdentifier": id]]]))
    cloud.model.set(.none, for: .dynamoDB)
    #expect(try await cloud.records().isEmpty)
    cloud.clock.pass(.seconds(30))
    #expect(try await cloud.records().count == 1)
  }

  @Test(arguments: ["", "no JSON", "{}", "[]", "{\"Records\":5}"])
  func `what is no batch of SQS fails as a whole`(_ payload: String) async throws {
    let cloud = try Cloud()
    let outcome = await cloud.function(.worker).invoke(Array(payload.utf8), cloud.context("w"))
    guard case .failed(let type, _) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(type == "MALFORMED_EVENT")
  }

  @Test func `chunks that the budget does not pay for are copied to a later moment, and are done with`() async throws {
    let cloud = try Cloud(requestsPerMinute: 2)
    _ = try await cloud.admit(try cloud.application("one", symbols: ["A", "B", "C", "D"]))
    let records = try await cloud.records()
    let outcome = await cloud.function(.worker).invoke(
      JSON.object([.init("Records", .array(records))]).bytes, cloud.context("w"))
    #expect(outcome == .answered(["batchItemFailures": []]))
    #expect(try await cloud.records().isEmpty)
    cloud.clock.pass(.seconds(61))
    let copies = try await cloud.records().filter { $0["attributes"]?["ApproximateReceiveCount"] == "1" }
    #expect(copies.count == 1)
  }

  @Test(arguments: [
    "", "no JSON", "{}", "[1]", "{\"trigger_type\":\"schedule\"}", "{\"bellcrank\":\"tick\"}",
    "{\"source\":\"ops.manual\",\"detail-type\":\"x\",\"detail\":{}}",
  ])
  func `the notifier takes notifications of S3 and nothing else`(_ payload: String) async throws {
    let cloud = try Cloud()
    let outcome = await cloud.function(.notifier).invoke(Array(payload.utf8), cloud.context("n"))
    guard case .failed(let type, _) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(type == "MALFORMED_EVENT")
    #expect(cloud.model.items(in: cloud.names.controlTable).isEmpty)
  }

  /// Source: Amazon S3 User Guide, "Event message structure"; keys are URL-encoded there.
  @Test func `the notifier puts an object's event on the bus`() async throws {
    let cloud = try Cloud()
    let record: JSON = [
      "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": "2025-09-09T22:00:00.000Z",
      "s3": [
        "bucket": ["name": "foreign"],
        "object": [
          "key": "market/prices/symbol%3DAAPL/a+b.json", "size": 7, "eTag": "tag", "sequencer": "0055AED6DCD90281E5",
        ],
      ],
    ]
    let answer = try await cloud.answer(.notifier, ["Records": [record]], id: "n")
    #expect(answer["statusCode"] == 200)
    let event = try #require(cloud.model.published.first)
    #expect(cloud.model.published.count == 1)
    #expect(event.source == "bellcrank.objects" && event.detailType == "Object Created" && event.bus == "default")
    #expect(event.detail["object"]?["key"] == "market/prices/symbol=AAPL/a b.json")
    #expect(event.resources == ["arn:aws:s3:::foreign"])
  }

  @Test func `an event whose putting failed is put when its cause comes again`() async throws {
    let cloud = try Cloud()
    let object = ObjectCreated(
      bucket: "foreign", key: "k", size: 1, etag: "e", sequencer: "05", time: Cloud.start)
    let cause = Cause(id: "n", trigger: .event, arrivedAt: Cloud.start)
    cloud.model.plan(.throttled, on: .eventBridge, "PutEvents")
    let error = await #expect(throws: StoreError.self) { try await cloud.store().notify([object], of: cause) }
    #expect(error?.code == .unavailable)
    #expect(cloud.model.published.isEmpty)
    #expect(try await cloud.store().notify([object], of: cause).decision == .dispatched)
    #expect(cloud.model.published.count == 1)
  }

  @Test func `entries that a bus did not take are put again, and only those`() async throws {
    let cloud = try Cloud()
    let objects = (0..<3).map {
      ObjectCreated(bucket: "foreign", key: "k\($0)", size: 1, etag: "e", sequencer: "05", time: Cloud.start)
    }
    let api = Answering(cloud.model) { _, operation, _, before in
      guard operation == "PutEvents", before == 0 else { return nil }
      return .success([
        "FailedEntryCount": 1,
        "Entries": [["EventId": "a"], ["ErrorCode": "InternalFailure", "ErrorMessage": "again"], ["EventId": "c"]],
      ])
    }
    let cause = Cause(id: "n", trigger: .event, arrivedAt: Cloud.start)
    #expect(try await cloud.store(api).notify(objects, of: cause).decision == .dispatched)
    #expect(cloud.model.published.map { $0.detail["object"]?["key"] } == ["k1"])
  }
}

extension Cloud {
  /// Every call is throttled.
  static var down: CloudFaults {
    var faults = CloudFaults.none
    faults.throttled = 1
    return faults
  }

  /// What the schedule's target sends for the slot of `start`.
  var slot: JSON {
    var body = settings.defaults.json
    body.set("trigger_type", "schedule")
    body.set("trigger_time", "2025-09-09T22:00:00Z")
    return body
  }

  func context(_ id: String) -> InvocationContext {
    InvocationContext(requestID: id, invokedAt: clock.now(), cause: nil)
  }

  func answer(_ handler: LambdaFunctions.Handler, _ payload: JSON, id: String) async throws -> JSON {
    switch await function(handler).invoke(payload.bytes, context(id)) {
    case .answered(let answer): return answer
    case .failed(let type, let message): throw StoreError(.refused, "\(type): \(message)")
    }
  }

  func tick() async throws -> JSON { try await answer(.orchestrator, InputShape.tickBody, id: "tick") }

  /// What the work queue shows, received, as Lambda hands it over.
  ///
  /// Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", example of a standard queue's message event.
  func records() async throws -> [JSON] {
    let answer = try await model.call(
      .sqs, "ReceiveMessage",
      [
        "QueueUrl": .string("http://sqs/\(settings.names.account)/\(names.workQueue)"), "MaxNumberOfMessages": 10,
        "VisibilityTimeout": 360, "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"],
      ])
    return (answer["Messages"]?.elements ?? []).map { message in
      let attributes = (message["MessageAttributes"]?.members ?? []).map { member in
        JSON.Member(
          member.key,
          [
            "stringValue": member.value["StringValue"] ?? .null, "stringListValues": [], "binaryListValues": [],
            "dataType": member.value["DataType"] ?? .null,
          ])
      }
      return [
        "messageId": message["MessageId"] ?? .null, "receiptHandle": message["ReceiptHandle"] ?? .null,
        "body": message["Body"] ?? .null, "attributes": message["Attributes"] ?? .object([]),
        "messageAttributes": .object(attributes), "md5OfBody": message["MD5OfBody"] ?? .null,
        "eventSource": "aws:sqs", "eventSourceARN": .string(settings.names.queue(names.workQueue).description),
        "awsRegion": "us-east-1",
      ]
    }
  }
}
