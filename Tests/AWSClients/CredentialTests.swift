import AWSClients
import AWSWire
import Events
import Synchronization
import Testing

@Suite struct CredentialTests {
  private static let container = "http://169.254.170.2/v2/role"

  private func answer(_ key: String, until: Timestamp?) -> ScriptedTransport.Outcome {
    .answer(
      200,
      JSON(present: [
        "AccessKeyId": .string(key), "SecretAccessKey": "s", "Token": "t",
        "Expiration": until.map { .string($0.description) },
      ]))
  }

  private func provider(
    _ variables: [String: String], _ transport: ScriptedTransport, _ clock: SteppingClock,
    files: [String: String] = [:]
  ) -> CredentialProvider {
    CredentialProvider(variables, transport, clock) { files[$0].map { Array($0.utf8) } }
  }

  @Test func `the environment comes first and needs no network`() async throws {
    let transport = ScriptedTransport([])
    let variables = [
      "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/role",
    ]
    let found = try await provider(variables, transport, SteppingClock()).credentials()
    #expect(found == Credentials(accessKeyID: "a", secret: "s", sessionToken: "t", expiresAt: nil))
    #expect(transport.sent.isEmpty)
  }

  @Test(arguments: [
    (["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/role"], "169.254.170.2/v2/role", nil),
    (
      [
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials?x=1",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "not this one",
      ], "169.254.170.23/v1/credentials?x=1", "from file"
    ),
    (
      ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://h/c", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "plain"], "h/c",
      "plain"
    ),
  ])
  func `a container's endpoint is asked where the variables say`(
    variables: [String: String], url: String, token: String?
  ) async throws {
    let clock = SteppingClock()
    let transport = ScriptedTransport([answer("c", until: clock.now() + .hours(1))])
    let found = try await provider(variables, transport, clock, files: ["/token": "from file\n"]).credentials()
    #expect(found.accessKeyID == "c" && found.sessionToken == "t" && found.expiresAt == clock.now() + .hours(1))
    let sent = try #require(transport.sent.first)
    let query = sent.request.query.isEmpty ? "" : "?\(sent.request.query)"
    #expect(sent.request.host + sent.request.path + query == url)
    #expect(sent.request.headers["authorization"] == token)
  }

  @Test(arguments: [
    ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/steal"],
    ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1.example.com/steal"],
    ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "nonsense"],
    [
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/c", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/none",
    ],
  ])
  func `a token goes nowhere without TLS but to this machine, and a missing one is an error`(
    variables: [String: String]
  ) async throws {
    let transport = ScriptedTransport([])
    await #expect(throws: CredentialError.self) {
      _ = try await provider(variables, transport, SteppingClock()).credentials()
    }
    #expect(transport.sent.isEmpty)
  }

  @Test func `an instance's role takes a token, the role's name and its keys`() async throws {
    let clock = SteppingClock()
    let transport = ScriptedTransport([
      .success(AWSAnswer(status: 200, body: Array("proof".utf8))),
      .success(AWSAnswer(status: 200, body: Array("role-1\n".utf8))), answer("i", until: clock.now() + .hours(6)),
    ])
    let found = try await provider(
      ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1338/"], transport, clock
    ).credentials()
    #expect(found.accessKeyID == "i")
    #expect(
      transport.sent.map { "\($0.request.method) \($0.request.host)\($0.request.path)" } == [
        "PUT 127.0.0.1:1338/latest/api/token", "GET 127.0.0.1:1338/latest/meta-data/iam/security-credentials/",
        "GET 127.0.0.1:1338/latest/meta-data/iam/security-credentials/role-1",
      ])
    #expect(
      transport.sent.map { $0.request.headers } == [
        ["x-aws-ec2-metadata-token-ttl-seconds": "21600"], ["x-aws-ec2-metadata-token": "proof"],
        ["x-aws-ec2-metadata-token": "proof"],
      ])
  }

  @Test func `where instances are switched off nobody is asked, and the error says where was looked`() async throws {
    let transport = ScriptedTransport([])
    let provider = provider(["AWS_EC2_METADATA_DISABLED": "true"], transport, SteppingClock())
    let error = await #expect(throws: CredentialError.self) { _ = try await provider.credentials() }
    #expect(error?.reason.contains("AWS_ACCESS_KEY_ID") == true)
    #expect(transport.sent.isEmpty)
  }

  // MARK: Refresh

  private let variables = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/role"]

  @Test func `credentials are kept until five minutes before their end, and then fetched anew`() async throws {
    let clock = SteppingClock()
    let transport = ScriptedTransport([
      answer("1", until: clock.now() + .minutes(10)), answer("2", until: clock.now() + .hours(2)),
    ])
    let provider = provider(variables, transport, clock)
    #expect(try await provider.credentials().accessKeyID == "1")
    clock.advance(Span(milliseconds: 299_999))
    #expect(try await provider.credentials().accessKeyID == "1")
    #expect(transport.sent.count == 1)
    clock.advance(Span(milliseconds: 1))
    #expect(try await provider.credentials().accessKeyID == "2")
    #expect(transport.sent.count == 2)
  }

  @Test func `old ones serve while a refresh fails, are not begged for, and end all the same`() async throws {
    let clock = SteppingClock()
    let transport = ScriptedTransport([
      answer("1", until: clock.now() + .minutes(10)), .silence(.timeout), .silence(.timeout), .silence(.timeout),
      answer("2", until: clock.now() + .hours(2)),
    ])
    let provider = provider(variables, transport, clock)
    _ = try await provider.credentials()
    clock.advance(.minutes(6))
    for _ in 0..<3 { #expect(try await provider.credentials().accessKeyID == "1") }
    #expect(transport.sent.count == 2)
    clock.advance(CredentialProvider.pause)
    #expect(try await provider.credentials().accessKeyID == "1")
    #expect(transport.sent.count == 3)
    clock.advance(.minutes(4))
    await #expect(throws: CredentialError.self) { _ = try await provider.credentials() }
    #expect(try await provider.credentials().accessKeyID == "2")
  }

  @Test func `many who ask at once fetch once`() async throws {
    let clock = SteppingClock()
    let transport = ScriptedTransport([answer("1", until: clock.now() + .hours(1))]) {
      for _ in 0..<100 { await Task.yield() }
    }
    let provider = provider(variables, transport, clock)
    let keys = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<20 { group.addTask { try await provider.credentials().accessKeyID } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(keys == Array(repeating: "1", count: 20))
    #expect(transport.sent.count == 1)
  }
}
