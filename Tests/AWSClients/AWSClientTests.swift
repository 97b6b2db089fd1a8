import AWSClients
import AWSPorts
import AWSWire
import Engine
import Events
import Testing

@Suite struct AWSClientTests {
  private let clock = SteppingClock()

  private func client(_ transport: ScriptedTransport, variables: [String: String] = [:]) throws -> AWSClient {
    let all = [
      "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s",
      "AWS_EC2_METADATA_DISABLED": "true",
    ].merging(variables) { $1 }
    return AWSClient(
      transport, CredentialProvider(all, transport, clock) { _ in nil }, try Endpoints(all), RetryPolicy.standard,
      clock, LoadedDice())
  }

  private func error(_ body: () async throws -> Void) async throws -> AWSError {
    try #require(await #expect(throws: AWSError.self) { try await body() })
  }

  @Test(arguments: [
    (AWSService.dynamoDB, "GetItem", "DynamoDB_20120810.GetItem", "1.0"),
    (.sqs, "SendMessageBatch", "AmazonSQS.SendMessageBatch", "1.0"),
    (.eventBridge, "PutEvents", "AWSEvents.PutEvents", "1.1"), (.ssm, "GetParameter", "AmazonSSM.GetParameter", "1.1"),
  ])
  func `an operation goes to its service, by its name, signed`(
    service: AWSService, operation: String, target: String, version: String
  ) async throws {
    let transport = ScriptedTransport([.answer(200, ["Answer": 1])])
    let answer = try await client(transport).call(service, operation, ["A": "ü"])
    #expect(answer == ["Answer": 1])
    let sent = try #require(transport.sent.first)
    #expect(sent.isSecure && sent.request.host == "\(service.rawValue).us-east-1.amazonaws.com")
    #expect(sent.request.method == "POST" && sent.request.path == "/")
    #expect(sent.request.headers["x-amz-target"] == target)
    #expect(sent.request.headers["content-type"] == "application/x-amz-json-\(version)")
    #expect(sent.request.body == Array("{\"A\":\"ü\"}".utf8))
    let signature = try #require(SigV4(of: sent.request))
    #expect(signature.service == service.rawValue && signature.signedAt == clock.now().wholeSecond)
    #expect(sent.timeout == RetryPolicy.standard(service).attemptTimeout)
  }

  @Test func `an empty answer is an object without members`() async throws {
    let transport = ScriptedTransport([.success(AWSAnswer(status: 200))])
    #expect(try await client(transport).call(.dynamoDB, "PutItem", [:]) == .object([]))
  }

  @Test func `an answer that is no JSON may have been a success`() async throws {
    let transport = ScriptedTransport([.success(AWSAnswer(status: 200, body: Array("<html>".utf8)))])
    let error = try await error { _ = try await client(transport).call(.sqs, "SendMessage", [:]) }
    #expect(error.code == AWSError.noAnswer && error.isDoubtful && error.status == 200)
  }

  @Test func `a refusal is told at once, with its body`() async throws {
    let body: JSON = ["__type": "a#ConditionalCheckFailedException", "message": "m", "Item": ["id": ["S": "x"]]]
    let transport = ScriptedTransport([.answer(400, body)])
    let error = try await error { _ = try await client(transport).call(.dynamoDB, "PutItem", [:]) }
    #expect(error.code == "ConditionalCheckFailedException" && error.body == body && !error.isDoubtful)
    #expect(transport.sent.count == 1 && clock.pauses.isEmpty)
  }

  @Test func `a throttle is waited out, and each attempt is signed anew`() async throws {
    let throttle = ScriptedTransport.Outcome.answer(400, ["__type": "ThrottlingException"], ["retry-after": "2"])
    let transport = ScriptedTransport([throttle, throttle, .answer(200, [:])])
    _ = try await client(transport).call(.sqs, "SendMessage", [:])
    #expect(clock.pauses.map(\.milliseconds) == [2_000, 2_000])
    #expect(Set(transport.sent.compactMap { $0.request.headers["x-amz-date"] }).count == 3)
  }

  @Test func `after nine attempts DynamoDB's error is told as it is`() async throws {
    let busy = ScriptedTransport.Outcome.answer(400, ["__type": "ProvisionedThroughputExceededException"])
    let transport = ScriptedTransport(Array(repeating: busy, count: 20))
    let error = try await error { _ = try await client(transport).call(.dynamoDB, "GetItem", [:]) }
    #expect(error.code == "ProvisionedThroughputExceededException" && !error.isDoubtful)
    #expect(transport.sent.count == 9)
  }

  @Test func `a refusal after a lost answer is doubtful, for its own effect may be what refused it`() async throws {
    for lost in [ScriptedTransport.Outcome.silence(.broken), .silence(.timeout), .answer(500, [:])] {
      let transport = ScriptedTransport([lost, .answer(400, ["__type": "ConditionalCheckFailedException"])])
      let error = try await error { _ = try await client(transport).call(.dynamoDB, "PutItem", [:]) }
      #expect(error.code == "ConditionalCheckFailedException" && error.isDoubtful)
    }
  }

  @Test func `what was never sent was never done`() async throws {
    let transport = ScriptedTransport([.silence(.notConnected), .answer(400, ["__type": "ValidationException"])])
    let refused = try await error { _ = try await client(transport).call(.dynamoDB, "PutItem", [:]) }
    #expect(refused.code == "ValidationException" && !refused.isDoubtful)
    let silent = try await error { _ = try await client(ScriptedTransport([])).call(.ssm, "GetParameter", [:]) }
    #expect(silent.code == AWSError.noAnswer && silent.status == 0 && !silent.isDoubtful)
  }

  @Test func `a transaction has one token for all its attempts, and keeps its caller's`() async throws {
    let transport = ScriptedTransport([.silence(.timeout), .answer(200, [:]), .answer(200, [:])])
    let client = try client(transport)
    _ = try await client.call(.dynamoDB, "TransactWriteItems", ["TransactItems": []])
    _ = try await client.call(.dynamoDB, "TransactWriteItems", ["ClientRequestToken": "mine"])
    let tokens = try transport.sent.map { try JSON(parsing: $0.request.body)["ClientRequestToken"]?.string }
    #expect(tokens[0] == LoadedDice().uuid() && tokens[1] == tokens[0] && tokens[2] == "mine")
  }

  @Test func `the deadline bounds each attempt and ends the attempts`() async throws {
    let transport = ScriptedTransport(Array(repeating: .silence(.broken), count: 20)) { [clock] in
      clock.advance(Span(milliseconds: 400))
    }
    let deadline = clock.now() + .seconds(1)
    let error = try await error {
      try await AWSDeadline.$current.withValue(deadline) {
        _ = try await client(transport).call(.dynamoDB, "PutItem", [:])
      }
    }
    #expect(error.code == AWSError.noAnswer && error.isDoubtful)
    // 25 and 50 ms are the pauses after the first two.
    #expect(transport.sent.map(\.timeout.milliseconds) == [1_000, 576, 127])
    #expect(clock.now() < deadline + .seconds(1))
  }

  @Test func `after the deadline nothing is sent`() async throws {
    let transport = ScriptedTransport([.answer(200, [:])])
    let error = try await error {
      try await AWSDeadline.$current.withValue(clock.now()) {
        _ = try await client(transport).call(.dynamoDB, "PutItem", [:])
      }
    }
    #expect(error.code == AWSError.noAnswer && !error.isDoubtful && transport.sent.isEmpty)
  }

  @Test func `a clock that is off is set right by the service's, for all calls that follow`() async throws {
    let skewed = ScriptedTransport.Outcome.answer(
      403, ["__type": "InvalidSignatureException"], ["date": "Tue, 09 Sep 2025 22:20:00 GMT"])
    let transport = ScriptedTransport([skewed, .answer(200, [:]), .answer(200, [:])])
    let client = try client(transport)
    _ = try await client.call(.dynamoDB, "GetItem", [:])
    _ = try await client.call(.sqs, "SendMessage", [:])
    #expect(
      transport.sent.map { $0.request.headers["x-amz-date"] } == [
        "20250909T220000Z", "20250909T222000Z", "20250909T222000Z",
      ])
  }

  @Test func `without credentials nothing is sent, and the error says so`() async throws {
    let transport = ScriptedTransport([])
    let client = try client(transport, variables: ["AWS_ACCESS_KEY_ID": ""])
    let error = try await error { _ = try await client.call(.sqs, "SendMessage", [:]) }
    #expect(error.code == AWSClient.noCredentials && !error.isDoubtful && transport.sent.isEmpty)
  }

  // MARK: Objects

  private func draft(_ metadata: [String: String] = [:]) -> ObjectDraft {
    ObjectDraft(
      bucket: "raw", key: "a b/ü=1.json", body: Array("{}".utf8), contentType: "application/json", metadata: metadata,
      onlyIfAbsent: true)
  }

  @Test func `an object is put under its key, once encoded, with its metadata, if there is none`() async throws {
    let transport = ScriptedTransport([.success(AWSAnswer(status: 200))])
    try await client(transport).put(draft(["Run-Id": "r"]))
    let request = try #require(transport.sent.first?.request)
    #expect(request.method == "PUT" && request.host == "raw.s3.us-east-1.amazonaws.com")
    #expect(request.path == "/a%20b/%C3%BC%3D1.json" && request.body == Array("{}".utf8))
    #expect(request.headers["if-none-match"] == "*" && request.headers["x-amz-meta-run-id"] == "r")
    #expect(request.headers["content-type"] == "application/json")
    #expect(
      request.headers["x-amz-content-sha256"] == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
    let signature = try #require(SigV4(of: request))
    #expect(signature.signedHeaders.contains("if-none-match") && signature.unsignedHeaders(of: request).isEmpty)
  }

  @Test func `a key that is taken is no reason to try again, two writers at once are`() async throws {
    func xml(_ code: String) -> [UInt8] { Array("<Error><Code>\(code)</Code></Error>".utf8) }
    let transport = ScriptedTransport([
      .success(AWSAnswer(status: 409, body: xml("ConditionalRequestConflict"))),
      .success(AWSAnswer(status: 412, body: xml("PreconditionFailed"))),
    ])
    let error = try await error { try await client(transport).put(draft()) }
    #expect(error.code == "PreconditionFailed" && error.status == 412 && !error.isDoubtful)
    #expect(transport.sent.count == 2)
  }

  @Test func `metadata that HTTP cannot carry is refused before it is sent`() async throws {
    let transport = ScriptedTransport([])
    for value in ["ü", "a\r\nx-amz-acl: public-read"] {
      let error = try await error { try await client(transport).put(draft(["note": value])) }
      #expect(error.code == "InvalidArgument")
    }
    #expect(transport.sent.isEmpty)
  }

  @Test func `a head is an object's size, tag and metadata, and nil where there is none`() async throws {
    let headers = ["content-length": "12", "etag": "\"abc\"", "x-amz-meta-run-id": "r", "x-amz-id-2": "z"]
    let transport = ScriptedTransport([
      .success(AWSAnswer(status: 200, headers: headers)), .silence(.timeout), .success(AWSAnswer(status: 404)),
    ])
    let client = try client(transport)
    #expect(
      try await client.head(bucket: "raw", key: "k") == ObjectHead(size: 12, etag: "abc", metadata: ["run-id": "r"]))
    #expect(try await client.head(bucket: "raw", key: "none") == nil)
    #expect(transport.sent.allSatisfy { $0.request.method == "HEAD" && $0.request.body.isEmpty })
  }
}
