import Events
import Measures
import Testing

@Suite struct RollupTests {
  @Test func `a text is read as its JSON is`() throws {
    var rollup = Rollup(0)
    for value in [1, -2.5, 1e300, 3, 3, 0.1, 9_007_199_254_740_992] { rollup = rollup.merged(with: Rollup(value)) }
    for one in [rollup, Rollup(0), Rollup(-7), Rollup(1e-200)] { #expect(Rollup(text: one.json.text) == one) }
    for text in [
      "", "[", "[1,2,3,4,5,[],[]", "[1,2,3,4,5,[],[]]x", "[1,2,3,4,[],[]]", "[1,2,3,4,5,[1],[]]", "{}", "[[[]]]",
      "[1,2,3,4,x,[],[]]",
    ] {
      #expect(Rollup(text: text) == nil, "\(text)")
    }
  }

  /// Values of a seed: of all magnitudes, some zero, some negative.
  private func values(_ seed: UInt64, count: Int = 200) -> [Double] {
    var dice = SplitMix64(seed: seed)
    return (0..<count).map { _ in
      let roll = dice.next()
      if roll % 10 == 0 { return 0 }
      let magnitude = Double(sign: .plus, exponent: Int(roll % 40) - 10, significand: 1 + Double(roll % 997) / 997)
      return roll % 7 == 0 ? -magnitude : magnitude
    }
  }

  private func rollup(_ values: [Double]) throws -> Rollup {
    let parts = values.map { Rollup($0) }
    let first = try #require(parts.first)
    return parts.dropFirst().reduce(first) { $0.merged(with: $1) }
  }

  @Test func `merging is the same in any order, whatever was stored in between`() throws {
    for seed in 0..<50 as Range<UInt64> {
      let values = values(seed)
      let whole = try rollup(values)
      let left = try rollup(Array(values.prefix(77)))
      let right = try rollup(Array(values.dropFirst(77).reversed()))
      let stored = try #require(Rollup(json: try JSON(parsing: left.json.text)))
      #expect(stored == left, "seed \(seed)")
      let merged = right.merged(with: stored)
      #expect(merged.sampleCount == whole.sampleCount)
      #expect(merged.minimum == whole.minimum && merged.maximum == whole.maximum)
      #expect(abs(merged.sum - whole.sum) <= abs(whole.sum) * 1e-9 + 1e-6)
      for share in [0.0, 0.5, 0.9, 0.99, 1] { #expect(merged.quantile(share) == whole.quantile(share), "seed \(seed)") }
    }
  }

  @Test func `a percentile is at most half a percent off`() throws {
    for seed in 0..<50 as Range<UInt64> {
      let values = values(seed).sorted()
      let rollup = try rollup(values)
      for percent in [1, 25, 50, 75, 90, 95, 99] {
        let exact = values[Int((Double(percent) / 100 * Double(values.count - 1)).rounded(.down))]
        let found = rollup.quantile(Double(percent) / 100)
        #expect(abs(found - exact) <= abs(exact) * 0.005 + 1e-9, "seed \(seed) p\(percent): \(found), exact \(exact)")
      }
    }
  }

  @Test func `statistics are those of CloudWatch`() throws {
    let rollup = try rollup((1...100).map(Double.init))
    func value(_ name: String) throws -> Double { try #require(try Statistic(name).value(of: rollup)) }
    #expect(try value("SampleCount") == 100)
    #expect(try value("Sum") == 5_050)
    #expect(try value("Average") == 50.5)
    #expect(try value("Minimum") == 1)
    #expect(try value("Maximum") == 100)
    #expect(abs(try value("p90") - 90) < 0.5)
    #expect(abs(try value("tm90") - 45.5) < 0.5)
    #expect(abs(try value("IQM") - 50.5) < 0.5)
    #expect(abs(try value("TC(10%:90%)") - 80) < 0.001)
    #expect(abs(try value("PR(:50)") - 50) <= 1)
    #expect(abs(try value("wm90") - 50) < 1)
  }

  @Test func `sums that outgrow every number are stored and read without one that is none`() throws {
    let huge = Double.greatestFiniteMagnitude
    for rollup in [
      Rollup(sampleCount: huge, sum: huge, minimum: 1, maximum: huge), Rollup(huge, count: huge),
      Rollup(-huge, count: huge), Rollup(sampleCount: .leastNonzeroMagnitude, sum: huge, minimum: 1, maximum: 2),
    ] {
      let twice = rollup.merged(with: rollup)
      let stored = try #require(Rollup(json: try JSON(parsing: twice.json.text)))
      #expect(stored == twice)
      for name in ["Sum", "Average", "p50", "tm90", "wm90", "ts90", "TC(10%:90%)", "PR(1:2)", "IQM"] {
        #expect(try Statistic(name).value(of: stored)?.isFinite ?? true, "\(name)")
      }
    }
  }

  @Test(arguments: [("p90", 100.0), ("p50", 20), ("p10", 100), ("p100", nil), ("Sum", nil), ("tm90", nil)])
  func `a percentile says little of few samples`(_ name: String, _ least: Double?) throws {
    #expect(try Statistic(name).samplesMin == least)
  }

  @Test(arguments: ["", "p101", "p", "tm", "TM(90%:10%)", "PR(:)", "median", "p-1", "sum"])
  func `what is no statistic is refused`(_ text: String) {
    #expect(throws: MetricError.self) { _ = try Statistic(text) }
  }

  @Test func `a datum is bounded as PutMetricData bounds it`() throws {
    let now = Timestamp(seconds: 1_757_455_200)
    func datum(_ content: Datum.Content, at: Timestamp? = nil, name: String = "m") throws {
      _ = try Datum(MetricID("App", name), .count, content, at: at, now: now, place: "MetricData.member.1")
    }
    try datum(.value(1))
    try datum(.values([1, 2], counts: [3, 4]))
    for content in [
      Datum.Content.value(.infinity), .value(.nan), .values([], counts: nil), .values([1], counts: [1, 2]),
      .values([1], counts: [0]), .statistics(sampleCount: 0, sum: 0, minimum: 0, maximum: 0),
      .statistics(sampleCount: 1, sum: 1, minimum: 2, maximum: 1),
      .statistics(sampleCount: 1.7e308, sum: 1, minimum: 1, maximum: 2),
      .statistics(sampleCount: .leastNonzeroMagnitude, sum: 1e108, minimum: 1, maximum: 2),
      .values([1, 2], counts: [1.7e308, 1.7e308]),
      .value(Datum.magnitudeMax * 2),
    ] {
      #expect(throws: MetricError.self) { try datum(content) }
    }
    #expect(throws: MetricError.self) { try datum(.value(1), at: now - .days(15)) }
    #expect(throws: MetricError.self) { try datum(.value(1), at: now + .hours(3)) }
    #expect(throws: MetricError.self) { try datum(.value(1), name: "") }
  }

  @Test func `a metric is known again by its key, whatever the order of its dimensions`() {
    let one = MetricID("AWS/SQS", "x", [Dimension("b", "2"), Dimension("a", "\"1\"")])
    #expect(one == MetricID("AWS/SQS", "x", [Dimension("a", "\"1\""), Dimension("b", "2")]))
    #expect(MetricID(key: one.key) == one)
    #expect(MetricID(key: "[]") == nil)
    #expect(MetricID(key: "nonsense") == nil)
  }
}
