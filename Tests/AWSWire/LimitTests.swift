import AWSWire
import Events
import Testing

struct LimitTests {
  @Test(arguments: try Row.load("wire-limits"))
  func `EventBridge takes what its model allows and names what it forbids`(_ row: Row) throws {
    let body = try JSON(parsing: expanded(try #require(row.json["body"]).text))
    let request = WireRequest.events(try row.text("operation"), body)
    guard let complaint = row.json["complaint"]?.string else {
      #expect(throws: Never.self) { _ = try request.decoded() }
      return
    }
    let error = try request.refusal()
    #expect(error.code == .validation)
    #expect(error.message.contains(complaint), "\(error.message)")
  }

  @Test(arguments: try Row.load("wire-scheduler-limits"))
  func `Scheduler takes what its model allows and names what it forbids`(_ row: Row) throws {
    let body = try row.json["body"].flatMap { $0 == .null ? nil : try JSON(parsing: expanded($0.text)) }
    let request = WireRequest.scheduler(
      try row.text("method"), expanded(try row.text("path")), query: expanded(try row.text("query")), body)
    guard let complaint = row.json["complaint"]?.string else {
      #expect(try request.decoded().name == row.text("operation"))
      return
    }
    let error = try request.refusal()
    #expect(error.code == .validation)
    #expect(error.message.contains(complaint), "\(error.message)")
  }

  @Test func `what a schedule lacks is named in one message, under its place`() throws {
    let request = WireRequest.scheduler("POST", "/schedules/n", ["Target": ["Arn": "a"], "FlexibleTimeWindow": [:]])
    #expect(
      try request.refusal().message == "3 validation errors detected: Value null at 'scheduleExpression' failed to "
        + "satisfy constraint: Member must not be null; Value null at 'flexibleTimeWindow.mode' failed to satisfy "
        + "constraint: Member must not be null; Value null at 'target.roleArn' failed to satisfy constraint: Member "
        + "must not be null")
  }

  /// Long runs are written `{{a*4096}}`.
  private func expanded(_ text: String) -> String {
    var out = ""
    for part in text.split(separator: "{{", omittingEmptySubsequences: false) {
      let halves = part.split(separator: "}}", maxSplits: 1, omittingEmptySubsequences: false)
      let run = halves[0].split(separator: "*")
      if halves.count == 2, run.count == 2, let count = Int(run[1]) {
        out += String(repeating: String(run[0]), count: count) + halves[1]
      } else {
        out += part
      }
    }
    return out
  }

  @Test func `several violations come in one message`() throws {
    let error = try WireRequest.events("PutRule", ["Name": "a b", "State": "ON", "EventPattern": "{}"]).refusal()
    #expect(
      error.message == #"2 validation errors detected: Value 'a b' at 'name' failed to satisfy constraint: "#
        + #"Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+; Value 'ON' at 'state' failed to "#
        + #"satisfy constraint: Member must satisfy enum value set: "#
        + #"[ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]"#)
  }

  @Test func `a rule needs a pattern or a schedule, and a schedule the default bus`() throws {
    let bare = try WireRequest.events("PutRule", ["Name": "r", "EventPattern": ""]).refusal()
    #expect(bare.message == "Parameter(s) EventPattern or ScheduleExpression must be specified.")
    let bus = "arn:aws:events:us-east-1:000000000000:event-bus/"
    let body: (String) -> JSON = { ["Name": "r", "ScheduleExpression": "rate(1 day)", "EventBusName": .string($0)] }
    #expect(throws: Never.self) { _ = try WireRequest.events("PutRule", body(bus + "default")).decoded() }
    let other = try WireRequest.events("PutRule", body(bus + "dev-custom")).refusal()
    #expect(other.message == "ScheduleExpression is supported only on the default event bus.")
  }

  @Test func `a target has one kind of input, which is JSON, and an ARN`() throws {
    let target: (KeyValuePairs<String, JSON>) throws -> WireError = { more in
      var json: JSON = ["Id": "7", "Arn": "arn:aws:sqs:us-east-1:000000000000:q"]
      for (key, value) in more { json.set(key, value) }
      return try WireRequest.events("PutTargets", ["Rule": "r", "Targets": [json]]).refusal()
    }
    #expect(
      try target(["Input": "1", "InputPath": "$.detail"]).message
        == "Only one of Input, InputPath, or InputTransformer must be provided for target 7.")
    #expect(try target(["Input": "{"]).message.hasPrefix("JSON syntax error in input for target 7: "))
    #expect(
      try target(["Arn": "queue"]).message
        == "Parameter queue is not valid. Reason: Provided Arn is not in correct format.")
  }

  @Test func `entries are refused in the words of AWS`() throws {
    let good: JSON = ["Source": "s", "DetailType": "d", "Detail": "{}"]
    let table: [(String, JSON, PutEventsInput.Refusal.Code, String)] = [
      ("Source", "", .invalidArgument, "Parameter Source is not valid. Reason: Source is a required argument."),
      ("Detail", .null, .invalidArgument, "Parameter Detail is not valid. Reason: Detail is a required argument."),
      ("Detail", "{", .malformedDetail, "Detail is malformed."),
      ("Detail", "[1]", .malformedDetail, "Detail is malformed."),
      ("Source", "aws.events", .notAuthorizedForSource, "Not authorized for the source."),
    ]
    for (name, value, code, message) in table {
      var entry = good
      entry.set(name, value)
      let operation = try WireRequest.events("PutEvents", ["Entries": [good, entry]]).decoded()
      guard case .events(.putEvents(let input)) = operation else { throw Unexpected() }
      #expect(try input.entries[0].get().source == "s")
      #expect(input.entries[1] == .failure(.init(code, message)))
    }
  }

  @Test func `the size of all entries is limited, time included`() throws {
    let fixed = "s".utf8.count + "d".utf8.count + #"{"k":""}"#.utf8.count + WireLimits.putEventsTimeBytes
    let request: (Int) -> WireRequest = { bytes in
      let detail = #"{"k":""# + String(repeating: "x", count: bytes - fixed) + #""}"#
      let entry: JSON = ["Source": "s", "DetailType": "d", "Detail": .string(detail), "Time": 1_757_455_200]
      return .events("PutEvents", ["Entries": [entry]])
    }
    #expect(throws: Never.self) { _ = try request(WireLimits.putEventsBytesMax).decoded() }
    let error = try request(WireLimits.putEventsBytesMax + 1).refusal()
    #expect(error.message == "Total size of the entries in the request is over the limit.")
  }

  @Test(arguments: ["1e400", "-1e18", "253402300800", #""yesterday""#, "true"])
  func `a time that is no moment is refused, not trapped on`(_ time: String) throws {
    let body = #"{"Entries": [{"Source": "s", "DetailType": "d", "Detail": "{}", "Time": \#(time)}]}"#
    let error = try WireRequest.events("PutEvents", try JSON(parsing: body)).refusal()
    #expect(error.code == .serialization)
  }

  @Test(arguments: ["{", "[]", "1", #"{"Name": 1}"#, #"{"Name": "r", "EventBusName": []}"#, "\u{FF}"])
  func `a malformed body is a SerializationException`(_ body: String) throws {
    let headers = ["x-amz-target": "AWSEvents.DescribeRule"]
    let request = WireRequest(method: "POST", path: "/", headers: headers, body: Array(body.utf8))
    #expect(try request.refusal().code == .serialization)
  }
}
