import Events
import Testing

@testable import bellcrank

@Suite struct ServerTests {
  @Test(arguments: try Vectors.load("cli-failures"))
  func `a failing answer becomes a sentence and an exit code`(_ row: Vectors.Row) async throws {
    let answer = ServerAnswer(status: row["status"]?.int ?? 0, headers: [], body: Array(row.text("body").utf8))
    let expected = CommandFailure(
      try #require(row["exit"]?.int.flatMap { ExitStatus(rawValue: Int32($0)) }), row.text("message"))
    await #expect(throws: expected) { try await Scene([answer]).perform("status") }
  }

  @Test func `where nobody answers the way to start one is said`() async throws {
    let expected = CommandFailure(
      .unavailable, "no bellcrank server answers at http://127.0.0.1:4566; start one with: bellcrank serve")
    await #expect(throws: expected) { try await Scene().perform("runs", "list") }
  }

  @Test func `a server that is late or breaks off is told from none`() async throws {
    let late = CommandFailure(.unavailable, "the server at http://127.0.0.1:4566 did not answer within 30 s")
    await #expect(throws: late) { try await Scene(silence: .late).perform("why", "x") }
    let broken = CommandFailure(.unavailable, "the server at http://127.0.0.1:4566 gave no whole answer: reset")
    await #expect(throws: broken) { try await Scene(silence: .broken(reason: "reset")).perform("why", "x") }
  }

  @Test func `the option names the server before the variable, and the variable before the default`() async throws {
    let variables = [ServerOptions.endpointVariable: "http://b:2/"]
    let answers = [ServerAnswer.json(["runs": []]), .json(["runs": []])]
    let scene = Scene(answers, variables: variables)
    _ = try await scene.perform("runs", "list", "--endpoint", "http://a:1")
    _ = try await scene.perform("runs", "list")
    #expect(scene.client.endpoints == ["http://a:1", "http://b:2"])
  }

  @Test func `an endpoint that is none is a wrong command line`() async throws {
    await #expect(throws: (any Error).self) { try await Scene().perform("status", "--endpoint", "localhost:1") }
    let scene = Scene(variables: [ServerOptions.endpointVariable: "nonsense"])
    await #expect(throws: CommandFailure(.usage, "an endpoint is such as http://127.0.0.1:4566, not 'nonsense'")) {
      try await scene.perform("status")
    }
  }

  @Test func `ids travel percent-encoded`() async throws {
    let scene = Scene([.json([:]), .json([:])])
    _ = try await scene.perform("decisions", "show", "rule@2025-09-09T22:00:00Z/é ?")
    _ = try await scene.perform("why", "a/b")
    #expect(
      scene.client.requests.map(\.path) == [
        "/_bellcrank/decisions/rule%402025-09-09T22%3A00%3A00Z%2F%C3%A9%20%3F", "/_bellcrank/why/a%2Fb",
      ])
  }
}
