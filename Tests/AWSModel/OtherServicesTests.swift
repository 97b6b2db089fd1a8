import AWSModel
import AWSPorts
import Engine
import Events
import Simulation
import Testing

@Suite struct OtherServicesTests {
  private let model = ModelFixture()

  private func draft(_ key: String, _ body: String, bucket: String = "raw", onlyIfAbsent: Bool = false) -> ObjectDraft {
    ObjectDraft(
      bucket: bucket, key: key, body: Array(body.utf8), contentType: "application/json",
      metadata: ["Run-Id": "r1"], onlyIfAbsent: onlyIfAbsent)
  }

  private func putError(_ object: ObjectDraft) async -> AWSError? {
    do throws(AWSError) {
      try await model.cloud.put(object)
      return nil
    } catch {
      return error
    }
  }

  @Test func `an object is stored, and stored only once for who asks for that`() async throws {
    try await model.cloud.put(draft("a/b.json", "one", onlyIfAbsent: true))
    let taken = try #require(await putError(draft("a/b.json", "two", onlyIfAbsent: true)))
    #expect(taken.code == "PreconditionFailed")
    #expect(taken.status == 412)
    #expect(model.cloud.object(bucket: "raw", key: "a/b.json") == Array("one".utf8))
    try await model.cloud.put(draft("a/b.json", "three"))
    let head = try #require(try await model.cloud.head(bucket: "raw", key: "a/b.json"))
    #expect(
      head == ObjectHead(size: 5, etag: NameDigests().md5(Array("three".utf8)), metadata: ["run-id": "r1"]))
    #expect(try await model.cloud.head(bucket: "raw", key: "nope") == nil)
    #expect(await putError(draft("a", "x", bucket: "nope"))?.code == "NoSuchBucket")
    #expect(await putError(draft(String(repeating: "k", count: 1_025), "x"))?.code == "KeyTooLongError")
    #expect(model.cloud.keys(in: "raw") == ["a/b.json"])
  }

  @Test func `a parameter has its value, version and time`() async throws {
    let first = try await model.cloud.call(.ssm, "GetParameter", ["Name": "/dev/symbols"])
    #expect(first["Parameter"]?["Value"] == "AAPL,MSFT")
    #expect(first["Parameter"]?["Version"]?.int == 1)
    model.clock.advance(by: .seconds(60))
    model.cloud.setParameter("/dev/symbols", "TSLA")
    let second = try await model.cloud.call(.ssm, "GetParameter", ["Name": "/dev/symbols"])
    #expect(second["Parameter"]?["Value"] == "TSLA")
    #expect(second["Parameter"]?["Version"]?.int == 2)
    #expect(second["Parameter"]?["LastModifiedDate"]?.double == 1_757_455_260)
    #expect(await model.error(.ssm, "GetParameter", ["Name": "/nope"])?.code == "ParameterNotFound")
  }

  private func event(_ source: String, _ detail: String = "{}", bus: String? = "dev-bus") -> JSON {
    JSON(present: [
      "Source": .string(source), "DetailType": "Test", "Detail": .string(detail),
      "EventBusName": bus.map { .string($0) },
    ])
  }

  @Test func `each event is taken or refused by itself`() async throws {
    let entries = [
      event("our.app"), event("aws.events"), event("our.app", "no json"), event("our.app", "[1]"), event(""),
      event("our.app", bus: "arn:aws:events:us-east-1:123456789012:event-bus/dev-bus"), event("our.app", bus: nil),
      event("our.app", bus: "nobody"),
    ]
    let answer = try await model.cloud.call(.eventBridge, "PutEvents", ["Entries": .array(entries)])
    #expect(answer["FailedEntryCount"]?.int == 4)
    #expect(
      answer["Entries"]?.elements?.map { $0["ErrorCode"]?.string } == [
        nil, "NotAuthorizedForSourceException", "MalformedDetail", "MalformedDetail", "InvalidArgument", nil, nil, nil,
      ])
    #expect(model.cloud.published.map(\.bus) == ["dev-bus", "dev-bus", "default"])
    #expect(model.cloud.published.first?.id == answer["Entries"]?.elements?.first?["EventId"]?.string)
  }

  @Test func `more than ten events, none, or more than a megabyte are refused`() async throws {
    for entries in [[], Array(repeating: event("our.app"), count: 11)] {
      #expect(
        await model.error(.eventBridge, "PutEvents", ["Entries": .array(entries)])?.code == "ValidationException")
    }
    let large = event("our.app", #"{"x":"\#(String(repeating: "x", count: 1_048_576))"}"#)
    #expect(await model.error(.eventBridge, "PutEvents", ["Entries": [large]])?.code == "ValidationException")
    #expect(model.cloud.published.isEmpty)
  }
}
