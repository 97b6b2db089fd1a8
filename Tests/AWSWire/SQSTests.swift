import AWSWire
import Events
import Testing

struct SQSTests {
  private let url: JSON = "http://localhost:4566/000000000000/q"

  @Test(arguments: try Row.load("wire-sqs-refusals"))
  func `SQS refuses in its own words`(_ row: Row) throws {
    let request = WireRequest.sqs(try row.text("operation"), try #require(row.json["body"]))
    let error = try request.refusal()
    #expect(try error.code.rawValue == row.text("code"))
    #expect(try error.message == row.text("message"))
  }

  @Test func `a message of the greatest size is taken and one byte more is not`() throws {
    let request: (Int) -> WireRequest = { count in
      .sqs("SendMessage", ["QueueUrl": self.url, "MessageBody": .string(String(repeating: "x", count: count))])
    }
    #expect(throws: Never.self) { _ = try request(WireLimits.messageBytesMax).decoded() }
    #expect(try request(WireLimits.messageBytesMax + 1).refusal().code == .invalidParameterValue)
  }

  @Test func `a batch is as limited as a message`() throws {
    let half = JSON.string(String(repeating: "x", count: WireLimits.messageBytesMax / 2 + 1))
    let entries: [JSON] = ["a", "b"].map { ["Id": .string($0), "MessageBody": half] }
    let error = try WireRequest.sqs("SendMessageBatch", ["QueueUrl": url, "Entries": .array(entries)]).refusal()
    #expect(error.code == .batchRequestTooLong)
    #expect(error.message == "Batch requests cannot be longer than 1048576 bytes. You have sent 1048578 bytes.")
  }

  @Test(arguments: try Row.load("wire-sqs-digests"))
  func `the digest of attributes covers these bytes`(_ row: Row) throws {
    let body: JSON = [
      "QueueUrl": url, "MessageBody": "x", "MessageAttributes": try #require(row.json["attributes"]),
    ]
    guard case .sqs(.sendMessage(_, let message)) = try WireRequest.sqs("SendMessage", body).decoded() else {
      throw Unexpected()
    }
    #expect(try message.attributes.digestBytes.hexadecimal == row.text("bytes"))
  }

  @Test func `a form posted to a queue's path is for that queue`() throws {
    let request = WireRequest.form("Action=PurgeQueue&Version=2012-11-05", path: "/000000000000/q")
    #expect(try request.decoded() == .sqs(.purgeQueue(queueUrl: "http://localhost:4566/000000000000/q")))
  }

  @Test func `wanted attributes may be named by prefix`() throws {
    let names: JSON = [
      "QueueUrl": url, "MessageAttributeNames": ["a.*", "exact"], "AttributeNames": ["SentTimestamp"],
    ]
    guard case .sqs(.receiveMessage(let input)) = try WireRequest.sqs("ReceiveMessage", names).decoded() else {
      throw Unexpected()
    }
    #expect(input.wants(messageAttribute: "a.b"))
    #expect(input.wants(messageAttribute: "exact"))
    #expect(!input.wants(messageAttribute: "b.a"))
    #expect(input.wants(systemAttribute: "SentTimestamp"))
    #expect(!input.wants(systemAttribute: "SenderId"))
    #expect(input.maxNumberOfMessages == 1)
  }

  @Test func `a redrive policy survives its text`() throws {
    let policy = try #require(
      RedrivePolicy(#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dlq","maxReceiveCount":"3"}"#))
    #expect(policy.maxReceiveCount == 3)
    #expect(RedrivePolicy(policy.text) == policy)
  }

  @Test(arguments: ["", "f", "fo", "foo", "foob", "\u{0}\u{7F}é"])
  func `base64 gives back what it took`(_ text: String) {
    #expect([UInt8](base64: Array(text.utf8).base64) == Array(text.utf8))
  }
}
