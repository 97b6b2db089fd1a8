import ArgumentParser
import Events
import Testing

@testable import bellcrank

@Suite struct PatternBacktestTests {
  private static func step(_ lookedAt: Int, _ matched: Int, next: String?, recorded: Int? = nil) -> ServerAnswer {
    .json(
      JSON(present: [
        "looked_at": JSON(lookedAt), "matched": JSON(matched), "scheduled": 0, "today": 0, "gained": 0, "lost": 0,
        "by_day": [["day": "2025-09-09", "matched": JSON(matched)]],
        "by_source": [["source": "shop.orders", "matched": JSON(matched)]],
        "first": .array((0..<matched).map { ["id": .string("\(lookedAt)-\($0)")] }), "gained_first": [],
        "lost_first": [], "recorded": recorded.map { JSON($0) },
        "recorded_since": recorded.map { _ in "2025-08-01T00:00:00.000Z" }, "retention_days": recorded.map { _ in 400 },
        "next": next.map { .string($0) },
      ]))
  }

  @Test func `stretches add up, and each begins where the one before ended`() async throws {
    let scene = Scene([
      Self.step(100, 2, next: "101:250:0", recorded: 250), Self.step(100, 1, next: "201:250:0"),
      Self.step(50, 3, next: nil),
    ])
    let pattern = #"{"source":["shop.orders"]}"#
    let status = try await scene.perform(
      "pattern", "backtest", "--pattern", pattern, "--against", "7d", "--limit", "4", "-o", "json")
    #expect(status == .done)
    let asked = try scene.client.requests.map { try JSON(parsing: $0.body) }
    #expect(scene.client.requests.allSatisfy { $0.path == "/_bellcrank/backtest" && $0.method == .post })
    #expect(asked.map { $0["place"]?.string } == [nil, "101:250:0", "201:250:0"])
    #expect(asked.allSatisfy { $0["pattern"]?.string == pattern && $0["since"]?.string == "2025-09-02T22:00:00.000Z" })
    #expect(asked.allSatisfy { $0["limit"] == 4 && $0["until"] == nil && $0["rule"] == nil })
    let found = try JSON(parsing: scene.printer.text)
    #expect(found["looked_at"] == 250 && found["matched"] == 6)
    #expect(found["by_day"]?.text == #"[{"day":"2025-09-09","matched":6}]"#)
    #expect(found.list("first").map { $0.cell("id") } == ["100-0", "100-1", "100-0", "50-0"])
    #expect(found["recorded_since"] == "2025-08-01T00:00:00.000Z" && found["retention_days"] == 400)
    #expect(
      scene.printer.progress == [
        "[#########---------------] 40 %, 100 of 250 events", "[###################-----] 80 %, 200 of 250 events", nil,
      ])
  }

  @Test func `progress tells how fast it goes once that is known`() {
    #expect(
      Progress(done: 500_000, of: 1_000_000, took: .seconds(2)).text(unit: "events")
        == "[############------------] 50 %, 500000 of 1000000 events, 250000/s")
    #expect(Progress(done: 0, of: 0, took: .seconds(0)).text(unit: "events").hasSuffix("100 %, 0 of 0 events"))
  }

  @Test(arguments: [
    [], ["--pattern", "{}", "--against", "7d", "--since", "2025-09-01"], ["--pattern", "{}", "--against", "7"],
    ["--pattern", "{}", "--limit", "101"],
  ])
  func `options that do not go together are a wrong command line`(_ arguments: [String]) {
    #expect(throws: (any Error).self) { try PatternBacktestCommand.parse(arguments) }
  }
}
