import AWSWire
import ArgumentParser
import Events
import HTTPServer
import Testing

@testable import bellcrank

@Suite struct EventPutTests {
  @Test func `one event is sent as PutEvents takes it, and its rules are named`() async throws {
    let scene = Scene([
      .json(
        ["FailedEntryCount": 0, "Entries": [["EventId": "e-1"]]],
        headers: [.init(name: "X-Bellcrank-Matched-Rules", value: "rule-a,rule-b")])
    ])
    let status = try await scene.perform(
      "event", "put", "--source", "ops.manual", "--detail-type", "Adhoc Ingestion", "--detail", #"{"symbols":["A"]}"#,
      "--resource", "arn:x", "--time", "2025-09-09T22:00:00.5Z")
    #expect(status == .done)
    let request = try #require(scene.client.requests.first)
    #expect(request.method == .post)
    #expect(request.path == "/")
    #expect(request.headers.contains(.init(name: "X-Amz-Target", value: "AWSEvents.PutEvents")))
    #expect(
      try JSON(parsing: request.body) == [
        "Entries": [
          [
            "Source": "ops.manual", "DetailType": "Adhoc Ingestion", "Detail": #"{"symbols":["A"]}"#,
            "Resources": ["arn:x"], "Time": 1_757_455_200.5,
          ]
        ]
      ])
    #expect(scene.printer.lines == ["EVENT  MATCHED RULES", "e-1    rule-a, rule-b"])
    #expect(scene.printer.talk == ["1 of 1 events taken"])
  }

  @Test func `an event that misses a rule by a leaf says so, for people and for programs`() async throws {
    let header = #"r:source:%5B%22a%22%5D:%22b%22,s:detail.x:%5B1%5D:;;@e-1"#
    let entries: JSON = [["EventId": "e-1"], ["EventId": "e-2"], ["EventId": "e-3"]]
    let answer = ServerAnswer.json(
      ["FailedEntryCount": 0, "Entries": entries],
      headers: [
        .init(name: EventPutSession.matchedRulesHeader, value: ";t;"), .init(name: NearMissHeader.name, value: header),
      ])
    let file = try TemporaryFile(String(repeating: #"{"source":"b","detail-type":"t"}"# + "\n", count: 3))
    let scene = Scene([answer, answer])
    #expect(try await scene.perform("event", "put", "--file", file.path) == .done)
    #expect(
      scene.printer.lines == [
        "EVENT  MATCHED RULES  MISSED BY A LEAF",
        #"e-1    -              r by source, which wanted ["a"] and had "b"; s by detail.x, which wanted [1] and was absent"#,
        "e-2    t",
        "e-3    -              not looked at; see bellcrank why e-1",
      ])
    let json = Scene([answer])
    #expect(try await json.perform("event", "put", "--file", file.path, "-o", "jsonl") == .done)
    #expect(
      json.printer.lines == [
        #"{"event_id":"e-1","matched_rules":[],"near_misses":[{"rule":"r","failures":[{"path":"source","wanted":"[\"a\"]","had":"\"b\""}]},{"rule":"s","failures":[{"path":"detail.x","wanted":"[1]","had":null}]}]}"#,
        #"{"event_id":"e-2","matched_rules":["t"]}"#,
        #"{"event_id":"e-3","matched_rules":[],"near_misses_skipped":true,"near_misses_like":"e-1"}"#,
      ])
  }

  @Test func `a refused entry is named and ends with 1`() async throws {
    let scene = Scene([
      .json(
        [
          "FailedEntryCount": 1,
          "Entries": [["ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."], ["EventId": "e-2"]],
        ], headers: [.init(name: EventPutSession.matchedRulesHeader, value: ";")])
    ])
    let file = try TemporaryFile(
      "{\"Source\":\"a\",\"DetailType\":\"b\",\"Detail\":\"x\"}\n{\"source\":\"a\",\"detail-type\":\"b\"}\n")
    #expect(try await scene.perform("event", "put", "--file", file.path, "-o", "jsonl") == .refused)
    #expect(
      scene.printer.lines == [
        #"{"error_code":"MalformedDetail","error_message":"Detail is malformed."}"#,
        #"{"event_id":"e-2","matched_rules":[]}"#,
      ])
    #expect(
      scene.printer.talk == ["event 1 was refused: MalformedDetail: Detail is malformed.", "1 of 2 events taken"])
  }

  @Test func `a file goes in batches, and an unreadable line stops it after those before it`() async throws {
    let line = #"{"source":"s","detail-type":"t","detail":{"n":1},"time":"2025-09-09T22:00:00Z"}"#
    let file = try TemporaryFile(String(repeating: line + "\n", count: 12) + "oops\n" + line)
    let scene = Scene([batch(10), batch(2)])
    let message = "line 13: the line is no JSON: unexpected character 'o' (line 1, column 1)"
    await #expect(throws: CommandFailure(.invalidInput, message)) {
      try await scene.perform("event", "put", "--file", file.path)
    }
    let sent = try scene.client.requests.map { try JSON(parsing: $0.body).list("Entries").count }
    #expect(sent == [WireLimits.putEventsEntriesMax, 2])
    #expect(scene.printer.lines.count == 13)
    #expect(scene.printer.talk == ["12 of 12 events taken"])
  }

  @Test func `a batch stays under the bytes that PutEvents takes`() async throws {
    let detail = String(repeating: "x", count: 300_000)
    let line = #"{"Source":"s","DetailType":"t","Detail":{"n":"\#(detail)"}}"#
    let file = try TemporaryFile(String(repeating: line + "\n", count: 4))
    let scene = Scene([batch(3), batch(1)])
    #expect(try await scene.perform("event", "put", "--file", file.path) == .done)
    #expect(scene.client.requests.allSatisfy { $0.body.count < WireLimits.putEventsBytesMax + 1_000 })
  }

  @Test func `what was taken before the server went away is printed`() async throws {
    let line = #"{"source":"s","detail-type":"t"}"#
    let file = try TemporaryFile(String(repeating: line + "\n", count: 11))
    let scene = Scene([batch(10)])
    let failure = await #expect(throws: CommandFailure.self) {
      try await scene.perform("event", "put", "--file", file.path, "-o", "jsonl")
    }
    #expect(failure?.status == .unavailable)
    #expect(scene.printer.lines.count == 10)
  }

  @Test func `a detail that is no object is not sent`() async throws {
    for detail in ["[]", "{", "3"] {
      let scene = Scene()
      let failure = await #expect(throws: CommandFailure.self) {
        try await scene.perform("event", "put", "--source", "a", "--detail-type", "b", "--detail", detail)
      }
      #expect(failure?.status == .invalidInput)
      #expect(scene.client.requests.isEmpty)
    }
  }

  @Test(arguments: [[], ["--source", "a"], ["--file", "f", "--source", "a"], ["--file", "f", "--detail", "{}"]])
  func `options that do not go together are a wrong command line`(_ arguments: [String]) {
    #expect(throws: (any Error).self) { try EventPutCommand.parse(arguments) }
  }

  private func batch(_ count: Int) -> ServerAnswer {
    .json(["FailedEntryCount": 0, "Entries": .array((0..<count).map { ["EventId": .string("e-\($0)")] })])
  }
}
