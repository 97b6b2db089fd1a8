import ArgumentParser
import Events
import Testing

@testable import bellcrank

@Suite struct PatternTestTests {
  @Test func `cases get the verdicts of the pattern tables`() throws {
    var cases = PatternCases()
    // A case's event is an object; what the language says of others is not asked here.
    for row in try Vectors.load("patterns") where row["event"]?.members != nil {
      let event = JSON.string(row["event"]?.text ?? "")
      let line: JSON = ["id": row["id"] ?? .null, "pattern": .string(row.text("pattern")), "event": event]
      let answer = cases.answer(.bytes(line.bytes))
      #expect(answer["verdict"] == row["verdict"], "\(row.text("id")): \(answer.text)")
      #expect(answer["id"] == row["id"])
    }
  }

  @Test(arguments: try Vectors.load("cli-pattern-cases"))
  func `whatever a line holds, it has one answer`(_ row: Vectors.Row) {
    var cases = PatternCases()
    let answer = cases.answer(.bytes(Array(row.text("line").utf8)))
    #expect(answer.members?.map(\.key) == ["id", "verdict", "message"])
    #expect(answer["verdict"] == row["verdict"])
    #expect(answer["id"] == row["id"])
    #expect(answer["message"] == row["message"])
  }

  @Test func `a file of cases is answered line by line, in order`() async throws {
    let count = 3_000
    let lines = (0..<count).map { number in
      number % 3 == 2
        ? "no JSON" : #"{"id":\#(number),"pattern":"{\"a\":[0]}","event":"{\"a\":\#(number % 3)}"}"#
    }
    let file = try TemporaryFile(lines.joined(separator: "\n") + "\n")
    let scene = Scene()
    #expect(try await scene.perform("pattern", "test", "--cases", file.path) == .done)
    let answers = try scene.printer.lines.map { try JSON(parsing: $0) }
    #expect(answers.map { $0.cell("verdict") } == (0..<count).map { ["match", "nomatch", "invalid"][$0 % 3] })
    #expect(answers[4]["id"] == 4)
  }

  @Test func `one event is told yes or no, with the leaves that said no`() async throws {
    let yes = Scene()
    #expect(try await yes.perform("pattern", "test", "--pattern", #"{"a":[1]}"#, "--event", #"{"a":1}"#) == .done)
    #expect(yes.printer.text == "match\n")
    let no = Scene()
    #expect(try await no.perform("pattern", "test", "--pattern", #"{"a":[1]}"#, "--event", #"{"b":1}"#) == .refused)
    #expect(
      no.printer.text == """
        nomatch
        LEAF  WANTED  HAD
        a     [1]     (absent)

        """)
  }

  @Test func `an invalid pattern or event is an input error, and says which`() async throws {
    let scene = Scene()
    let failure = await #expect(throws: CommandFailure.self) {
      try await scene.perform("pattern", "test", "--pattern", "[", "--event", "{}")
    }
    #expect(failure?.status == .invalidInput)
    #expect(failure?.message.hasPrefix("Event pattern is not valid.") == true)
    #expect(scene.printer.text == "invalid\n")
    await #expect(
      throws: CommandFailure(.invalidInput, "Event is not valid. Reason: an event is an object, and this is: array")
    ) {
      try await Scene().perform("pattern", "test", "--pattern", #"{"a":[1]}"#, "--event", "[]")
    }
  }

  @Test func `pattern and event may come from files`() async throws {
    let pattern = try TemporaryFile(#"{"a":[1]}"#)
    let event = try TemporaryFile(#"{"a":1}"#)
    let scene = Scene()
    let status = try await scene.perform(
      "pattern", "test", "--pattern", "@\(pattern.path)", "--event", "@\(event.path)", "-o", "jsonl")
    #expect(status == .done)
    #expect(scene.printer.lines == [#"{"verdict":"match","message":"","failures":[]}"#])
  }

  @Test(arguments: [
    ["--pattern", "{}"], ["--event", "{}"], [], ["--cases", "f", "--event", "{}"], ["--cases", "f", "-o", "json"],
    ["--pattern", "-", "--event", "-"],
  ])
  func `options that do not go together are a wrong command line`(_ arguments: [String]) {
    #expect(throws: (any Error).self) { try PatternTestCommand.parse(arguments) }
  }
}
