import ArgumentParser
import Events
import Operations
import Testing

@testable import bellcrank

@Suite struct ClockTests {
  private let stands: JSON = [
    "mode": "virtual", "now": "2026-11-01T00:00:00.000Z", "speed": 0, "next_due": "2026-11-01T22:00:00.000Z",
  ]

  private static let spellings: [(words: [String], action: String, body: JSON)] = [
    (["advance", "30d"], "advance", ["seconds": 2_592_000]),
    (["advance", "90s"], "advance", ["seconds": 90]),
    (["to", "2026-12-01T00:00:00Z"], "advance", ["to": "2026-12-01T00:00:00.000Z"]),
    (["to", "2026-12-01"], "advance", ["to": "2026-12-01T00:00:00.000Z"]),
    (["advance", "--to", "2026-12-01"], "advance", ["to": "2026-12-01T00:00:00.000Z"]),
    (["advance", "to", "2026-12-01"], "advance", ["to": "2026-12-01T00:00:00.000Z"]),
    (["speed", "1000x"], "speed", ["speed": 1_000]), (["speed", "60"], "speed", ["speed": 60]),
    (["advance", "speed", "1000x"], "speed", ["speed": 1_000]), (["stop"], "stop", [:]),
  ]

  @Test(arguments: spellings.indices)
  func `a clock is moved in these words`(_ place: Int) async throws {
    let (words, action, body) = Self.spellings[place]
    let scene = Scene([.json(stands)])
    #expect(try await scene.perform(["clock"] + words) == .done)
    let request = try #require(scene.client.requests.first)
    #expect(request.path == "/_bellcrank/clock/\(action)")
    #expect(try JSON(parsing: request.body) == body)
    #expect(request.timeout > .days(1) || action != "advance")
  }

  @Test(arguments: [
    ["advance"], ["advance", "30"], ["advance", "-1d"], ["advance", "0d"], ["advance", "30d", "40d"],
    ["advance", "30d", "--to", "2026-12-01"], ["to", "tomorrow"], ["speed", "0x"], ["speed", "100001x"],
    ["speed", "x"],
  ])
  func `what moves no clock is refused before anybody is asked`(_ words: [String]) async throws {
    let scene = Scene([.json(stands)])
    await #expect(throws: (any Error).self) { try await scene.perform(["clock"] + words) }
    #expect(scene.client.requests.isEmpty)
  }

  @Test func `who moves a clock is named, and why`() async throws {
    let scene = Scene([.json(stands)], variables: ["USER": "ana"])
    _ = try await scene.perform("clock", "advance", "1d", "--reason", "a dry month")
    let request = try #require(scene.client.requests.first)
    #expect(try JSON(parsing: request.body) == ["who": "ana", "why": "a dry month", "seconds": 86_400])
  }

  @Test func `a clock is shown with its pace and what is due next`() async throws {
    var runs = stands
    runs.set("speed", 1_000)
    let scene = Scene([.json(stands), .json(runs), .json(["mode": "real", "now": "2026-11-26T12:00:00.000Z"])])
    for _ in 0..<3 { #expect(try await scene.perform("clock", "show") == .done) }
    #expect(
      scene.printer.lines == [
        "clock     virtual", "now       2026-11-01T00:00:00.000Z", "speed     stands",
        "next due  2026-11-01T22:00:00.000Z",
        "clock     virtual", "now       2026-11-01T00:00:00.000Z", "speed     1000x",
        "next due  2026-11-01T22:00:00.000Z",
        "clock  real", "now    2026-11-26T12:00:00.000Z",
      ])
  }

  @Test func `an advance that was stopped before its end is the answer no`() async throws {
    var stopped = stands
    stopped.set("reached", false)
    stopped.set("to", "2026-11-01T00:00:00.000Z")
    let scene = Scene([.json(stopped)])
    #expect(try await scene.perform("clock", "advance", "1d") == .refused)
    #expect(scene.printer.talk == ["stopped before its end, at 2026-11-01T00:00:00.000Z"])
  }

  @Test func `a real clock is not moved, and the answer says so by its code`() async throws {
    let refusal: JSON = ["error": ["code": "CLOCK_IS_REAL", "message": "nothing was changed"]]
    let scene = Scene([.json(refusal, status: 409)])
    let failure = await #expect(throws: CommandFailure.self) { try await scene.perform("clock", "advance", "1d") }
    #expect(failure == CommandFailure(.refused, "CLOCK_IS_REAL: nothing was changed"))
  }

  @Test func `a status says that the clock is virtual`() async throws {
    let scene = Scene([
      .json(["now": "2026-11-01T00:00:00.000Z", "clock": stands]),
      .json(["now": "2026-11-01T00:00:00.000Z", "clock": ["mode": "real", "now": "2026-11-01T00:00:00.000Z"]]),
    ])
    for _ in 0..<2 { _ = try await scene.perform("status") }
    #expect(scene.printer.lines.filter { $0.hasPrefix("clock") } == ["clock  virtual, stands"])
  }

  @Test(arguments: [["--at", "2026-11-01"], ["--clock", "virtual", "--at", "2300-01-01"], ["--clock", "slow"]])
  func `a server takes no beginning that is none`(_ words: [String]) {
    #expect(throws: (any Error).self) { try Bellcrank.parseAsRoot(["serve"] + words) }
  }

  @Test func `a virtual clock begins where it is told`() throws {
    let parsed = try Bellcrank.parseAsRoot(["serve", "--clock", "virtual", "--at", "2026-11-01"])
    let serve = try #require(parsed as? ServeCommand)
    #expect(serve.clock == .virtual)
    #expect(serve.at == Timestamp("2026-11-01T00:00:00Z"))
  }
}
