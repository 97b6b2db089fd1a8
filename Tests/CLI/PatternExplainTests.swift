import ArgumentParser
import Events
import Testing

@testable import bellcrank

@Suite struct PatternExplainTests {
  @Test(arguments: try Vectors.load("cli-advice"))
  func `one event is told by which leaves it misses, and what would mend each`(_ row: Vectors.Row) async throws {
    let scene = Scene()
    let status = try await scene.perform(
      "pattern", "explain", "--pattern", row.text("pattern"), "--event", (row["event"] ?? .null).text)
    #expect(status == (row["matched"] == true ? .done : .refused))
    #expect(scene.printer.lines == row["lines"]?.elements?.compactMap(\.string))
    #expect(scene.client.requests.isEmpty)
  }

  @Test func `json has each leaf with its codes and changes`() async throws {
    let scene = Scene()
    _ = try await scene.perform(
      "pattern", "explain", "--pattern", #"{"a":[5]}"#, "--event", #"{"a":"5"}"#, "-o", "jsonl")
    let answer = try JSON(parsing: scene.printer.text)
    #expect(answer.members?.map(\.key) == ["matched", "failures"])
    let leaf = try #require(answer.list("failures").first)
    #expect(
      leaf.members?.map(\.key) == ["path", "wanted", "had", "hints", "change_event", "change_pattern"])
    #expect(leaf.list("hints").map { $0.cell("code") } == ["TYPE_DIFFERS"])
    let change: JSON = ["action": "set", "place": "a", "value": 5, "sentence": "set a to 5"]
    #expect(leaf["change_event"] == change)
    #expect(leaf["change_pattern"]?["wanted"] == #"[5,"5"]"#)
  }

  @Test func `a stored event is asked for by its id, and a no is a no`() async throws {
    let miss: JSON = ["rule": "b", "state": "ENABLED", "matched": false, "failures": []]
    let scene = Scene([.json(["event": ["id": "e"], "rules": [miss]])])
    #expect(try await scene.perform("pattern", "explain", "--stored", "e/1", "--rule", "b") == .refused)
    #expect(scene.client.requests.map(\.path) == ["/_bellcrank/explain/e%2F1?rule=b"])
  }

  @Test func `a pattern is held against a stored event as against any other`() async throws {
    let scene = Scene([.json(["event": ["id": "e"], "rules": []])])
    let status = try await scene.perform("pattern", "explain", "--stored", "e", "--pattern", #"{"id":["e"]}"#)
    #expect(status == .done)
    #expect(scene.printer.text == "match\n")
  }

  @Test func `what cannot be read is an input error, and says which`() async throws {
    for arguments in [["--pattern", "[", "--event", "{}"], ["--pattern", #"{"a":[1]}"#, "--event", "[]"]] {
      let failure = await #expect(throws: CommandFailure.self) {
        try await Scene().perform(["pattern", "explain"] + arguments)
      }
      #expect(failure?.status == .invalidInput)
    }
  }

  @Test(arguments: [
    [], ["--pattern", "{}"], ["--event", "{}"], ["--pattern", "-", "--event", "-"], ["--stored", "e", "--event", "{}"],
    ["--stored", "e", "--rule", "r", "--pattern", "{}"], ["--pattern", "{}", "--event", "{}", "--rule", "r"],
  ])
  func `options that do not go together are a wrong command line`(_ arguments: [String]) {
    #expect(throws: (any Error).self) { try PatternExplainCommand.parse(arguments) }
  }
}
