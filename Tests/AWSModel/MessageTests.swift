import AWSModel
import AWSPorts
import Engine
import Events
import Simulation
import Testing

@Suite struct MessageTests {
  private let model = ModelFixture()

  private func send(_ body: String, delay: Int? = nil) async throws {
    _ = try await model.sqs(
      "SendMessage", JSON(present: ["MessageBody": .string(body), "DelaySeconds": delay.map { JSON($0) }]))
  }

  private func receive(_ limit: Int = 10, _ more: JSON = [:], from queue: String = "work") async throws -> [JSON] {
    var input: JSON = ["MaxNumberOfMessages": JSON(limit)]
    for member in more.members ?? [] { input.set(member.key, member.value) }
    return try await model.sqs("ReceiveMessage", input, queue: queue)["Messages"]?.elements ?? []
  }

  private func bodies(_ messages: [JSON]) -> [String] { messages.compactMap { $0["Body"]?.string } }

  private func handle(_ message: JSON?) throws -> JSON {
    ["ReceiptHandle": try #require(message?["ReceiptHandle"])]
  }

  @Test func `a queue is found by its name`() async throws {
    let answer = try await model.cloud.call(.sqs, "GetQueueUrl", ["QueueName": "work"])
    #expect(answer == ["QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/work"])
    #expect(await model.error(.sqs, "GetQueueUrl", ["QueueName": "nope"])?.code == "QueueDoesNotExist")
    let nowhere: JSON = ["QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/nope", "MessageBody": "x"]
    #expect(await model.error(.sqs, "SendMessage", nowhere)?.code == "QueueDoesNotExist")
  }

  @Test func `a message is hidden while someone has it, and gone when it is deleted`() async throws {
    try await send("one")
    let first = try await receive()
    #expect(bodies(first) == ["one"])
    #expect(try await receive().isEmpty)
    model.clock.advance(by: .seconds(29))
    #expect(try await receive().isEmpty)
    model.clock.advance(by: .seconds(1))
    let second = try await receive(10, ["MessageSystemAttributeNames": ["All"]])
    #expect(second.first?["Attributes"]?["ApproximateReceiveCount"] == "2")
    #expect(second.first?["MessageId"] == first.first?["MessageId"])
    _ = try await model.sqs("DeleteMessage", handle(first.first))
    #expect(model.cloud.bodies(in: "work") == ["one"], "the handle of an earlier receive deletes nothing")
    _ = try await model.sqs("DeleteMessage", handle(second.first))
    #expect(model.cloud.bodies(in: "work").isEmpty)
    _ = try await model.sqs("DeleteMessage", handle(second.first))
  }

  @Test func `a delayed message waits`() async throws {
    try await send("later", delay: 900)
    model.clock.advance(by: .seconds(899))
    #expect(try await receive().isEmpty)
    model.clock.advance(by: .seconds(1))
    #expect(bodies(try await receive()) == ["later"])
  }

  @Test func `visibility can be stretched and given up`() async throws {
    try await send("one")
    var change = try handle(try await receive().first)
    change.set("VisibilityTimeout", 100)
    _ = try await model.sqs("ChangeMessageVisibility", change)
    model.clock.advance(by: .seconds(99))
    #expect(try await receive().isEmpty)
    change.set("VisibilityTimeout", 0)
    _ = try await model.sqs("ChangeMessageVisibility", change)
    #expect(await model.queueError("ChangeMessageVisibility", change)?.code == "MessageNotInflight")
    #expect(bodies(try await receive()) == ["one"])
    change.set("VisibilityTimeout", 43_201)
    #expect(await model.queueError("ChangeMessageVisibility", change)?.code == "InvalidParameterValueException")
  }

  @Test func `what has been received too often goes to the dead letters`() async throws {
    try await send("poison")
    for _ in 0..<2 {
      #expect(bodies(try await receive()) == ["poison"])
      model.clock.advance(by: .seconds(30))
    }
    #expect(try await receive().isEmpty)
    #expect(model.cloud.bodies(in: "work").isEmpty)
    let dead = try await receive(1, ["MessageSystemAttributeNames": ["All"]], from: "work-dlq")
    #expect(bodies(dead) == ["poison"])
    #expect(
      dead.first?["Attributes"]?["DeadLetterQueueSourceArn"] == "arn:aws:sqs:us-east-1:123456789012:work")
  }

  @Test func `messages keep their order through hiding and coming back`() async throws {
    for body in ["a", "b", "c", "d"] { try await send(body) }
    #expect(bodies(try await receive(2)) == ["a", "b"])
    model.clock.advance(by: .seconds(10))
    #expect(bodies(try await receive(1)) == ["c"])
    model.clock.advance(by: .seconds(25))
    #expect(bodies(try await receive()) == ["a", "b", "d"])
    #expect(model.cloud.bodies(in: "work") == ["a", "b", "c", "d"])
  }

  @Test func `a message that is older than the queue keeps is gone`() async throws {
    try await send("old")
    model.clock.advance(by: .days(4))
    #expect(try await receive().isEmpty)
    #expect(model.cloud.bodies(in: "work").isEmpty)
  }

  @Test func `counts tell the visible from the hidden and the delayed`() async throws {
    for body in ["a", "b", "c"] { try await send(body) }
    try await send("d", delay: 60)
    _ = try await receive(2)
    let answer = try await model.sqs("GetQueueAttributes", ["AttributeNames": ["All"]])
    let counts = ["", "NotVisible", "Delayed"].map { answer["Attributes"]?["ApproximateNumberOfMessages\($0)"]?.string }
    #expect(counts == ["1", "2", "1"])
    #expect(answer["Attributes"]?["RedrivePolicy"]?.string?.contains(#""maxReceiveCount":2"#) == true)
    let one = try await model.sqs("GetQueueAttributes", ["AttributeNames": ["VisibilityTimeout"]])
    #expect(one == ["Attributes": ["VisibilityTimeout": "30"]])
    _ = try await model.sqs("PurgeQueue", [:])
    #expect(model.cloud.bodies(in: "work").isEmpty)
    #expect(await model.queueError("PurgeQueue", [:])?.code == "PurgeQueueInProgress")
  }

  @Test func `a batch is sent, and its bad entries are named`() async throws {
    let entries: [JSON] = [
      ["Id": "a", "MessageBody": "one"], ["Id": "b", "MessageBody": "two", "DelaySeconds": 901],
      ["Id": "c", "MessageBody": "bad \u{0001}"], ["Id": "d", "MessageBody": "four", "DelaySeconds": 5],
    ]
    let answer = try await model.sqs("SendMessageBatch", ["Entries": .array(entries)])
    #expect(answer["Successful"]?.elements?.compactMap { $0["Id"]?.string } == ["a", "d"])
    let failed = try #require(answer["Failed"]?.elements)
    #expect(failed.map { $0["Code"]?.string } == ["InvalidParameterValue", "InvalidMessageContents"])
    #expect(failed.allSatisfy { $0["SenderFault"] == true })
    #expect(model.cloud.bodies(in: "work") == ["one", "four"])
    let received = try await receive()
    let handles = [handle, handle].enumerated().map { index, _ -> JSON in
      ["Id": .string("\(index)"), "ReceiptHandle": index == 0 ? received[0]["ReceiptHandle"] ?? .null : "junk"]
    }
    let deleted = try await model.sqs("DeleteMessageBatch", ["Entries": .array(handles)])
    #expect(deleted["Successful"]?.elements?.count == 1)
    #expect(deleted["Failed"]?.elements?.first?["Code"] == "ReceiptHandleIsInvalid")
  }

  private static func entries(_ count: Int, body: String = "x") -> JSON {
    ["Entries": .array((0..<count).map { ["Id": .string("e\($0)"), "MessageBody": .string(body)] })]
  }

  static let refusals: [(String, JSON, String)] = [
    ("SendMessage", ["MessageBody": ""], "InvalidParameterValueException"),
    (
      "SendMessage", ["MessageBody": .string(String(repeating: "x", count: 1_048_577))],
      "InvalidParameterValueException"
    ),
    ("SendMessage", ["MessageBody": "x", "DelaySeconds": 901], "InvalidParameterValueException"),
    ("SendMessage", ["MessageBody": "\u{0}"], "InvalidMessageContents"),
    ("SendMessage", ["MessageBod": "x"], "ValidationException"),
    ("SendMessageBatch", entries(0), "EmptyBatchRequest"),
    ("SendMessageBatch", entries(11), "TooManyEntriesInBatchRequest"),
    ("SendMessageBatch", entries(10, body: String(repeating: "x", count: 104_858)), "BatchRequestTooLong"),
    (
      "SendMessageBatch",
      ["Entries": [["Id": "a", "MessageBody": "x"], ["Id": "a", "MessageBody": "y"]]], "BatchEntryIdsNotDistinct"
    ),
    ("SendMessageBatch", ["Entries": [["Id": "a b", "MessageBody": "x"]]], "InvalidBatchEntryId"),
    ("ReceiveMessage", ["MaxNumberOfMessages": 11], "InvalidParameterValueException"),
    ("ReceiveMessage", ["WaitTimeSeconds": 21], "InvalidParameterValueException"),
    ("DeleteMessage", ["ReceiptHandle": "junk"], "ReceiptHandleIsInvalid"),
    ("TagQueue", [:], "UnknownOperationException"),
  ]

  @Test(arguments: refusals)
  func `what SQS refuses is refused with its code`(_ operation: String, _ input: JSON, _ code: String) async throws {
    #expect(await model.queueError(operation, input)?.code == code)
    #expect(model.cloud.bodies(in: "work").isEmpty)
  }

  @Test func `a batch of one megabyte fits`() async throws {
    let answer = try await model.sqs("SendMessageBatch", Self.entries(10, body: String(repeating: "x", count: 104_857)))
    #expect(answer["Failed"] == nil)
    #expect(model.cloud.bodies(in: "work").count == 10)
  }
}
