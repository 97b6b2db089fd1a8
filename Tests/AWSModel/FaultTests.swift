import AWSModel
import AWSPorts
import Engine
import Events
import Simulation
import Testing

@Suite struct FaultTests {
  private let model = ModelFixture()
  private let claim: JSON = [
    "TableName": "control", "Item": ["id": ["S": "a"]], "ConditionExpression": "attribute_not_exists(id)",
  ]
  private let add: JSON = [
    "TableName": "control", "Key": ["id": ["S": "n"]], "UpdateExpression": "ADD n :one",
    "ExpressionAttributeValues": [":one": ["N": "1"]],
  ]

  static let fates: [(CallFault, String, Bool, Bool)] = [
    (.throttled, "ThrottlingException", false, false), (.conflicted, "TransactionConflictException", false, false),
    (.lostBefore, AWSError.noAnswer, true, false), (.lostAfter, AWSError.noAnswer, true, true),
    (.repeated, "ConditionalCheckFailedException", true, true), (.brokenBefore, "InternalServerError", true, false),
    (.brokenAfter, "InternalServerError", true, true),
  ]

  @Test(arguments: fates)
  func `each fault says what it is and does what it says`(
    _ fault: CallFault, _ code: String, _ isDoubtful: Bool, _ isDone: Bool
  ) async throws {
    model.cloud.plan(fault, on: .dynamoDB, "PutItem")
    let error = try #require(await model.error("PutItem", claim))
    #expect(error.code == code)
    #expect(error.isDoubtful == isDoubtful)
    #expect(model.cloud.items(in: "control").count == (isDone ? 1 : 0))
    #expect(model.cloud.calls.map(\.fault) == [fault])
    #expect((await model.error("PutItem", claim) != nil) == isDone, "a planned fault strikes once")
  }

  @Test func `one service can fail while the others are well`() async throws {
    var faults = CloudFaults()
    faults.throttled = 1
    model.cloud.set(faults, for: .sqs)
    #expect(await model.queueError("SendMessage", ["MessageBody": "x"])?.code == "RequestThrottled")
    #expect(await model.error("UpdateItem", add) == nil)
  }

  @Test func `a planned fault waits for its call`() async throws {
    model.cloud.plan(.lostBefore, on: .dynamoDB, "UpdateItem", callsBefore: 2)
    var failures: [Bool] = []
    for _ in 0..<4 { failures.append(await model.error("UpdateItem", add) != nil) }
    #expect(failures == [false, false, true, false])
  }

  @Test func `a conflict in a transaction names one of its items`() async throws {
    let items: [JSON] = (0..<3).map { ["Put": ["TableName": "control", "Item": ["id": ["S": .string("k\($0)")]]]] }
    model.cloud.plan(.conflicted, on: .dynamoDB, "TransactWriteItems")
    let error = try #require(await model.error("TransactWriteItems", ["TransactItems": .array(items)]))
    #expect(error.code == "TransactionCanceledException")
    let codes = error.body["CancellationReasons"]?.elements?.compactMap { $0["Code"]?.string } ?? []
    #expect(codes.sorted() == ["None", "None", "TransactionConflict"])
    #expect(model.cloud.items(in: "control").isEmpty)
  }

  @Test func `a repeated transaction with a token succeeds once`() async throws {
    let put: JSON = [
      "Put": ["TableName": "control", "Item": ["id": ["S": "a"]], "ConditionExpression": "attribute_not_exists(id)"]
    ]
    model.cloud.plan(.repeated, on: .dynamoDB, "TransactWriteItems")
    let answer = try await model.dynamo("TransactWriteItems", ["TransactItems": [put], "ClientRequestToken": "t"])
    #expect(answer == [:])
    model.cloud.plan(.repeated, on: .dynamoDB, "TransactWriteItems")
    _ = try await model.dynamo("DeleteItem", ["TableName": "control", "Key": ["id": ["S": "a"]]])
    #expect(
      await model.error("TransactWriteItems", ["TransactItems": [put]])?.code == "TransactionCanceledException",
      "without a token the second one meets the first")
  }

  @Test func `the same seed and the same calls have the same answers, and another seed has others`() async throws {
    func run(_ seed: UInt64) async -> [String] {
      let model = ModelFixture(seed: seed)
      model.cloud.set(.all(0.1))
      var codes: [String] = []
      for _ in 0..<200 { codes.append(await model.error("UpdateItem", add)?.code ?? "done") }
      return codes
    }
    let first = await run(7)
    #expect(await run(7) == first)
    #expect(await run(8) != first)
    #expect(Set(first).count >= 5)
  }

  @Test func `an answer that is lost says nothing of what was done, and the table tells`() async throws {
    var faults = CloudFaults()
    faults.lostAfter = 0.5
    model.cloud.set(faults)
    for _ in 0..<50 { _ = await model.error("UpdateItem", add) }
    #expect(model.cloud.items(in: "control").first?["n"] == ["N": "50"])
  }

  @Test func `messages come twice, late, and out of order, and none is lost`() async throws {
    var faults = CloudFaults()
    faults.duplicated = 0.3
    faults.delayed = 0.3
    faults.reordered = 0.5
    faults.partlyFailed = 0.2
    model.cloud.set(faults)
    var sent: [String] = []
    var open = (0..<40).map { "m\($0)" }
    while !open.isEmpty {
      let entries: [JSON] = open.prefix(10).map { ["Id": .string($0), "MessageBody": .string($0)] }
      let answer = try await model.sqs("SendMessageBatch", ["Entries": .array(entries)])
      let done = answer["Successful"]?.elements?.compactMap { $0["Id"]?.string } ?? []
      #expect(answer["Failed"]?.elements?.allSatisfy { $0["SenderFault"] == false } ?? true)
      sent += done
      open.removeAll { done.contains($0) }
    }
    var received: [String] = []
    for _ in 0..<200 {
      for message in try await model.sqs("ReceiveMessage", ["MaxNumberOfMessages": 10])["Messages"]?.elements ?? [] {
        received.append(try #require(message["Body"]?.string))
        _ = try await model.sqs("DeleteMessage", ["ReceiptHandle": try #require(message["ReceiptHandle"])])
      }
      model.clock.advance(by: .seconds(1))
    }
    #expect(Set(received).union(model.cloud.bodies(in: "work-dlq")) == Set(sent))
    #expect(received != received.sorted { $0.count < $1.count })
    #expect(model.cloud.bodies(in: "work").isEmpty)
  }

  @Test func `what is received twice at once is delivered twice`() async throws {
    var faults = CloudFaults()
    faults.duplicated = 1
    model.cloud.set(faults)
    _ = try await model.sqs("SendMessage", ["MessageBody": "x"])
    let first = try await model.sqs("ReceiveMessage", [:])["Messages"]?.elements?.first
    let second = try await model.sqs("ReceiveMessage", [:])["Messages"]?.elements?.first
    #expect(first?["MessageId"] == second?["MessageId"])
    #expect(first?["MessageId"] != nil)
  }

  @Test func `an index and an eventual read lag, a consistent one does not`() async throws {
    var faults = CloudFaults()
    faults.stale = 1
    faults.lagMax = .seconds(10)
    model.cloud.set(faults)
    let key: JSON = ["pk": ["S": "t"], "sk": ["S": "1"]]
    let read: JSON = ["TableName": "ledger", "Key": key]
    var consistent = read
    consistent.set("ConsistentRead", true)
    let day: JSON = [
      "TableName": "ledger", "IndexName": "by-day", "KeyConditionExpression": "d = :d",
      "ExpressionAttributeValues": [":d": ["S": "d1"]],
    ]
    var item = key
    item.set("d", ["S": "d1"])
    item.set("at_ms", ["N": "1"])
    _ = try await model.dynamo("PutItem", ["TableName": "ledger", "Item": item])
    #expect(try await model.dynamo("GetItem", read) == [:])
    #expect(try await model.dynamo("Query", day)["Count"]?.int == 0)
    #expect(try await model.dynamo("GetItem", consistent)["Item"] != nil)
    model.clock.advance(by: .seconds(10))
    #expect(try await model.dynamo("GetItem", read)["Item"] != nil)
    #expect(try await model.dynamo("Query", day)["Count"]?.int == 1)
    _ = try await model.dynamo("DeleteItem", ["TableName": "ledger", "Key": key])
    #expect(try await model.dynamo("Query", day)["Count"]?.int == 1, "a deleted item is still seen")
  }

  @Test func `batches may leave some of their items, and never all`() async throws {
    let writes: [JSON] = (0..<20).map { ["PutRequest": ["Item": ["id": ["S": .string("k\($0)")]]]] }
    var faults = CloudFaults()
    faults.partlyFailed = 1
    model.cloud.set(faults)
    let written = try await model.dynamo("BatchWriteItem", ["RequestItems": ["control": .array(writes)]])
    #expect(written["UnprocessedItems"]?["control"]?.elements?.count == 19)
    #expect(model.cloud.items(in: "control").count == 1)
    let keys: [JSON] = (0..<5).map { ["id": ["S": .string("k\($0)")]] }
    let read = try await model.dynamo("BatchGetItem", ["RequestItems": ["control": ["Keys": .array(keys)]]])
    #expect(read["UnprocessedKeys"]?["control"]?["Keys"]?.elements?.count == 4)
  }

  @Test func `another writer can step in between a read and a write`() async throws {
    let cloud = model.cloud
    let rival: JSON = ["TableName": "control", "Item": ["id": ["S": "a"], "by": ["S": "rival"]]]
    cloud.onCall { service, operation, _ in
      guard service == .dynamoDB, operation == "PutItem" else { return }
      do { _ = try await cloud.call(.dynamoDB, "PutItem", rival) } catch { Issue.record(error) }
    }
    let error = await model.error("PutItem", claim)
    #expect(error?.code == "ConditionalCheckFailedException")
    #expect(cloud.items(in: "control").first?["by"] == ["S": "rival"])
    #expect(cloud.calls.map(\.operation) == ["PutItem", "PutItem"])
  }

  @Test func `capacity is counted by second, table, index and key, and the hottest comes first`() async throws {
    for _ in 0..<5 { _ = try await model.dynamo("UpdateItem", add) }
    model.clock.advance(by: .seconds(1))
    _ = try await model.dynamo("UpdateItem", add)
    let large = JSON.string(String(repeating: "x", count: 2_000))
    let item: JSON = ["pk": ["S": "t"], "sk": ["S": "1"], "d": ["S": "d"], "at_ms": ["N": "1"], "x": ["S": large]]
    _ = try await model.dynamo(
      "TransactWriteItems", ["TransactItems": [["Put": ["TableName": "ledger", "Item": item]]]])
    _ = await model.error(
      "PutItem",
      ["TableName": "control", "Item": ["id": ["S": "n"]], "ConditionExpression": "attribute_not_exists(id)"])
    _ = try await model.dynamo("GetItem", ["TableName": "ledger", "Key": ["pk": ["S": "t"], "sk": ["S": "1"]]])
    let keys = model.cloud.consumed(per: .key)
    #expect(keys.map(\.name) == ["control#n", "ledger#t", "ledger/by-day#d"])
    #expect(keys.map(\.total.writeUnits) == [7, 4, 2])
    #expect(keys.map(\.peak.writeUnits) == [5, 4, 2])
    #expect(keys.map(\.total.readUnits) == [0, 0.5, 0])
    #expect(model.cloud.consumed(per: .table).map(\.name) == ["control", "ledger", "ledger/by-day"])
    #expect(model.cloud.callCounts["dynamodb:UpdateItem"] == 6)
    #expect(model.cloud.calls.first?.resource == "control")
    model.cloud.clearRecord()
    #expect(model.cloud.consumed(per: .key).isEmpty)
  }

  @Test func `a partition key that is written too often in a second is throttled until the next`() async throws {
    var faults = CloudFaults()
    faults.limitsPartitions = true
    model.cloud.set(faults)
    model.cloud.keepCalls(false)
    for _ in 0..<1_000 { _ = try await model.dynamo("UpdateItem", add) }
    #expect(await model.error("UpdateItem", add)?.code == "ThrottlingException")
    let transaction: JSON = ["TransactItems": [["Put": ["TableName": "control", "Item": ["id": ["S": "n"]]]]]]
    let reasons = await model.error("TransactWriteItems", transaction)?.body["CancellationReasons"]
    #expect(reasons?.elements?.first?["Code"] == "ThrottlingError")
    #expect(await model.error("PutItem", claim) == nil, "another key has its own")
    model.clock.advance(by: .seconds(1))
    #expect(await model.error("UpdateItem", add) == nil)
    #expect(model.cloud.calls.isEmpty)
    #expect(model.cloud.callCounts["dynamodb:UpdateItem"] == 1_002)
  }

  @Test func `the sweeper takes what has outlived its time, and only numbers count`() async throws {
    let now = model.clock.now().seconds
    for (id, value) in [
      ("over", ["N": .string(String(now - 1))]), ("now", ["N": .string(String(now))]), ("text", ["S": "1"]),
    ] as [(String, JSON)] {
      _ = try await model.dynamo(
        "PutItem", ["TableName": "control", "Item": ["id": ["S": .string(id)], "expires_at": value]])
    }
    #expect(model.cloud.sweep("control", timeToLive: "expires_at") == 1)
    #expect(model.cloud.items(in: "control").compactMap { $0["id"]?["S"]?.string } == ["now", "text"])
  }
}
