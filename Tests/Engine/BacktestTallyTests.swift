import Engine
import Events
import Testing

@Suite struct BacktestTallyTests {
  private func tally(_ sources: Range<Int>, days: Range<Int> = 0..<1, samples: Int = 2) -> BacktestTally {
    BacktestTally(
      json: [
        "looked_at": 10, "matched": JSON(sources.count), "scheduled": 1, "today": 2, "gained": 3, "lost": 4,
        "by_source": .array(sources.map { ["source": .string("s\($0)"), "matched": 1] }),
        "by_day": .array(days.map { ["day": .string("2025-09-0\($0)"), "matched": 5] }),
        "first": .array(sources.prefix(samples).map { JSON($0) }), "gained_first": [1], "lost_first": [2],
      ], samplesMax: 3)
  }

  @Test func `a tally is read as it was written`() {
    let one = tally(0..<4, days: 1..<3)
    #expect(BacktestTally(json: one.json, samplesMax: 3) == one)
  }

  @Test func `stretches add up, and the first of them all stay the first`() {
    var sum = tally(0..<2)
    sum.add(tally(1..<4))
    #expect(sum.lookedAt == 20 && sum.matched == 5 && sum.scheduled == 2)
    #expect(sum.today == 4 && sum.gained == 6 && sum.lost == 8)
    #expect(sum.sources == ["s0": 1, "s1": 2, "s2": 1, "s3": 1])
    #expect(sum.days == ["2025-09-00": 10])
    #expect(sum.first == [0, 1, 1])
    #expect(sum.gainedFirst == [1, 1])
    #expect(sum.json["by_source"]?.elements?.first?["source"] == "s1")
  }

  @Test func `more sources than are counted apart are counted together`() {
    var sum = tally(0..<BacktestTally.partsMax)
    sum.add(tally(5_000..<5_003))
    #expect(sum.sources.count == BacktestTally.partsMax + 1)
    #expect(sum.sources[BacktestTally.rest] == 3)
    #expect(sum.sources["s0"] == 1)
  }
}
