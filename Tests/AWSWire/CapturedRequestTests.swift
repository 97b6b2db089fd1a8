import AWSWire
import Events
import Testing

struct CapturedRequestTests {
  @Test(arguments: try Row.load("wire-requests").filter { $0.json["unsupported"] == nil })
  func `what real clients send is understood`(_ row: Row) throws {
    let request = try WireRequest(row)
    let route = Route(request)
    #expect(try route.service.name == row.text("service"))
    #expect(try route.decode(request).name == row.text("operation"))
    #expect(route.scope?.accessKeyID == "AKIDEXAMPLE")
    #expect(route.scope?.region == "us-east-1")
  }

  @Test(arguments: try Row.load("wire-requests").filter { $0.json["unsupported"] != nil })
  func `an operation that is not served is refused by name with a status that nobody retries`(_ row: Row) throws {
    let request = try WireRequest(row)
    let error = try request.refusal()
    let response = WireEncoder.encode(error, for: Route(request), requestID: "id-1")
    #expect((400..<429).contains(response.status))
    #expect(try error.message.contains(row.text("operation")) || error.message.contains(row.text("path")))
    #expect(response.text.contains(error.message))
  }

  @Test func `the form of an old SQS client means what the JSON of a new one means`() throws {
    let rows = try Row.load("wire-requests").filter { $0.json["service"] == "sqs" && $0.json["unsupported"] == nil }
    let old = rows.filter { $0.json["source"]?.string?.hasPrefix("botocore") == true }
    let new = rows.filter { $0.json["source"]?.string?.hasPrefix("boto3") == true }
    try #require(old.count == 12)
    for (old, new) in zip(old, new) {
      #expect(try WireRequest(old).decoded() == WireRequest(new).decoded(), "\(old.testDescription)")
    }
  }

  @Test func `a schedule arrives with all that was said of it, from path, query and body`() throws {
    guard case .scheduler(.createSchedule(let input)) = try captured("CreateSchedule") else { throw Unexpected() }
    #expect(input.name == "nightly" && input.group == "market" && input.clientToken == "token-1")
    #expect(input.start == Timestamp("2025-09-09T22:00:00Z") && input.end == Timestamp("2026-09-09T22:00:00Z"))
    #expect(input.windowMode == .flexible && input.windowMinutes == 15 && input.completion == .delete)
    #expect(input.target.input == #"{"at": "<aws.scheduler.scheduled-time>"}"#)
    #expect(input.target.retriesMax == 3 && input.target.ageSecondsMax == 600)
    guard case .scheduler(.listSchedules(let list)) = try captured("ListSchedules") else { throw Unexpected() }
    #expect(list.group == "market" && list.namePrefix == "n" && list.state == .enabled && list.page.limit == 2)
    #expect(list.page.nextToken == "a/b+c=")
    guard case .scheduler(.untagResource(let arn, let keys)) = try captured("UntagResource") else { throw Unexpected() }
    #expect(arn == "arn:aws:scheduler:us-east-1:000000000000:schedule-group/market" && keys == ["a", "b c"])
  }

  @Test func `targets arrive with all that was said of them`() throws {
    guard case .events(.putTargets(let input)) = try captured("PutTargets") else { throw Unexpected() }
    #expect(input.rule.name == "dev-customer-ingestion-schedule")
    let first = try #require(input.targets.first)
    #expect(first.inputTransformer?.inputPathsMap == ["at": "$.time"])
    #expect(first.inputTransformer?.inputTemplate == #"{"trigger_time": <at>}"#)
    #expect(first.retryPolicy == .init(maximumRetryAttempts: 0, maximumEventAgeInSeconds: nil))
    #expect(first.deadLetterArn == "arn:aws:sqs:us-east-1:000000000000:dlq")
    #expect(input.targets.last?.messageGroupId == "g")
    #expect(input.targets.last?.input == #"{"a": 1}"#)
  }

  @Test func `each entry of PutEvents is good or refused by itself`() throws {
    guard case .events(.putEvents(let input)) = try captured("PutEvents") else { throw Unexpected() }
    try #require(input.entries.count == 3)
    let first = try input.entries[0].get()
    #expect(first.time == Timestamp("2025-09-09T22:00:00Z"))
    #expect(first.detail == ["domain": "market"])
    #expect(first.resources == ["arn:x"])
    #expect(
      input.entries[1] == .failure(.init(.notAuthorizedForSource, "Not authorized for the source.")))
    let reason = "Parameter DetailType is not valid. Reason: DetailType is a required argument."
    #expect(input.entries[2] == .failure(.init(.invalidArgument, reason)))
  }

  @Test func `a message keeps its text and typed attributes`() throws {
    guard case .sqs(.sendMessage(let url, let message)) = try captured("SendMessage") else { throw Unexpected() }
    #expect(url == "http://localhost:4566/000000000000/dev-customer-ingestion-queue")
    #expect(message.body == "héllo & <b>")
    #expect(message.delaySeconds == 5)
    #expect(message.attributes["colour"] == MessageAttribute("blue"))
    #expect(message.attributes["bytes"] == MessageAttribute(dataType: "Binary", value: .binary([0, 1, 255])))
  }

  @Test func `a delay out of range spoils its own entry of a batch only`() throws {
    guard case .sqs(.sendMessageBatch(_, let entries)) = try captured("SendMessageBatch") else { throw Unexpected() }
    #expect(try entries.first?.value.get().body == "1")
    guard case .failure(let refusal) = entries.last?.value else { throw Unexpected() }
    #expect(refusal.code == "InvalidParameterValue")
    #expect(refusal.senderFault)
  }

  @Test func `an object's key is decoded once and its checksum verified`() throws {
    guard case .s3(.putObject(let input)) = try captured("PutObject") else { throw Unexpected() }
    #expect(input.key == "market/prices/ds=2025-09-09/A+B ü.json")
    #expect(input.metadata == ["run": "7"])
    #expect(input.contentType == "application/json")
    #expect(input.checksum?.algorithm == .crc32)
    #expect(input.body == Array(#"{"p": 1}"#.utf8))
  }

  @Test func `a function is named by name or by ARN`() throws {
    let rows = try Row.load("wire-requests").filter { $0.json["operation"] == "Invoke" }
    var inputs: [LambdaOperation.InvokeInput] = []
    for row in rows {
      guard case .lambda(.invoke(let input)) = try WireRequest(row).decoded() else { throw Unexpected() }
      inputs.append(input)
    }
    try #require(inputs.count == 4)
    #expect(inputs.allSatisfy { $0.function.name == "dev-customer-data-orchestrator" })
    #expect(inputs.map(\.invocationType) == [.requestResponse, .event, .dryRun, .requestResponse])
    #expect(inputs[0].logType == .tail)
    #expect(inputs[0].function.qualifier == "$LATEST")
    #expect(inputs[0].payload == ["dry_run": true])
    #expect(inputs[1].function.account == "000000000000")
    #expect(inputs[2].payload == nil)
  }

  private func captured(_ operation: String) throws -> WireOperation {
    let row = try #require(try Row.load("wire-requests").first { $0.json["operation"]?.string == operation })
    return try WireRequest(row).decoded()
  }
}

/// A case that the test did not ask for.
struct Unexpected: Error {}
