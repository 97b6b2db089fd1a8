import Events
import Testing

@testable import bellcrank

@Suite struct InspectionTests {
  @Test(arguments: try Vectors.load("cli-views"))
  func `a view of the server is laid out for people`(_ row: Vectors.Row) async throws {
    let scene = Scene([.json(row["answer"] ?? .null)])
    let arguments = try #require(row["arguments"]?.elements).compactMap(\.string)
    #expect(try await scene.perform(arguments) == .done)
    #expect(scene.printer.lines == row["lines"]?.elements?.compactMap(\.string))
    #expect(scene.client.requests.map(\.path) == [row.text("path")])
  }

  @Test func `json is the server's own document and jsonl its rows`() async throws {
    let document: JSON = ["decisions": [["cause_id": "a"], ["cause_id": "b"]]]
    let json = Scene([.json(document)])
    _ = try await json.perform("decisions", "list", "-o", "json")
    #expect(try JSON(parsing: json.printer.text) == document)
    let lines = Scene([.json(document)])
    _ = try await lines.perform("decisions", "list", "-o", "jsonl")
    #expect(lines.printer.lines == [#"{"cause_id":"a"}"#, #"{"cause_id":"b"}"#])
  }

  @Test func `nothing found is said on stderr and prints no data`() async throws {
    let scene = Scene([.json(["decisions": []])])
    #expect(try await scene.perform("decisions", "list") == .done)
    #expect(scene.printer.text.isEmpty)
    #expect(scene.printer.talk == ["no decision fits"])
  }

  @Test func `a rule that is not there is a no`() async throws {
    await #expect(throws: CommandFailure(.refused, "there is no rule x; see: bellcrank rules list")) {
      try await Scene([.json(["rules": []])]).perform("rules", "show", "x")
    }
  }

  @Test func `rules are switched by AWS's own operations, which answer nothing`() async throws {
    let empty = ServerAnswer(status: 200, headers: [], body: [])
    let scene = Scene([empty, empty])
    #expect(try await scene.perform("rules", "disable", "a") == .done)
    #expect(try await scene.perform("rules", "enable", "a") == .done)
    let targets = scene.client.requests.compactMap { $0.headers.first { $0.name == "X-Amz-Target" }?.value }
    #expect(targets == ["AWSEvents.DisableRule", "AWSEvents.EnableRule"])
    #expect(
      scene.client.requests.map { String(decoding: $0.body, as: UTF8.self) } == [#"{"Name":"a"}"#, #"{"Name":"a"}"#])
    #expect(scene.printer.talk == ["rule a is disabled", "rule a is enabled"])
  }

  @Test func `a lease is asked for and let go of by name`() async throws {
    let scene = Scene([.json(["until": "2025-09-09T22:30:00.000Z"]), .json([:])])
    _ = try await scene.perform("lease", "hold", "--domain", "market", "--table", "prices", "--for", "30m")
    _ = try await scene.perform("lease", "release", "--domain", "market", "--table", "prices", "--owner", "me")
    #expect(
      scene.client.requests.map { String(decoding: $0.body, as: UTF8.self) } == [
        #"{"action":"hold","domain":"market","table_name":"prices","owner":"operator","seconds":1800}"#,
        #"{"action":"release","domain":"market","table_name":"prices","owner":"me"}"#,
      ])
    #expect(scene.printer.lines == ["until  2025-09-09T22:30:00.000Z"])
  }

  @Test func `letting go of what one does not hold is a no`() async throws {
    await #expect(throws: CommandFailure(.refused, "operator does not hold market.prices")) {
      try await Scene([.json(["released": false])]).perform(
        "lease", "release", "--domain", "market", "--table", "prices")
    }
  }
}
