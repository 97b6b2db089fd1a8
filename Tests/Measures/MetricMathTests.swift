import Events
import Measures
import Testing

@Suite struct MetricMathTests {
  private static let instants = (0..<4).map { Timestamp(seconds: Int64($0) * 60) }

  private func value(_ text: String) throws -> [Double?] {
    let m1 = [MetricMathTests.instants[0]: 10.0, MetricMathTests.instants[1]: 20, MetricMathTests.instants[3]: 40]
    let m2 = [MetricMathTests.instants[0]: 2.0, MetricMathTests.instants[1]: 0, MetricMathTests.instants[3]: 8]
    switch try MetricMath(text).value(of: ["m1": m1, "m2": m2], period: 60, instants: MetricMathTests.instants) {
    case .scalar(let number): return [number]
    case .series(let series): return MetricMathTests.instants.map { series[$0] }
    case .list(let list): return [Double(list.count)]
    }
  }

  @Test(
    arguments: [
      ("1 + 2 * 3 ^ 2", [19]), ("-(1 - 3)", [2]), ("m1 + m2", [12, 20, nil, 48]), ("m1 / m2", [5, nil, nil, 5]),
      ("100 * m2 / m1", [20, 0, nil, 20]), ("m1 > 15", [0, 1, nil, 1]), ("m1 > 15 && m2 > 0", [0, 0, nil, 1]),
      ("SUM(m1)", [70]), ("AVG([m1])", nil), ("MAX(METRICS())", [10, 20, nil, 40]), ("FILL(m1, 0)", [10, 20, 0, 40]),
      ("FILL(m1, REPEAT)", [10, 20, 20, 40]), ("FILL(m1, LINEAR)", [10, 20, 30, 40]),
      ("FILL(DIFF(m1), LINEAR)", [nil, 10, 15, 20]), ("FILL(m1, CUBIC)", nil), ("DIFF(m1)", [nil, 10, nil, 20]),
      ("RATE(m1)", [nil, 10.0 / 60, nil, 20.0 / 120]),
      ("RUNNING_SUM(m1)", [10, 30, nil, 70]), ("IF(m2 > 0, m1, 0)", [10, 0, nil, 40]), ("PERIOD(m1)", [60]),
      ("METRIC_COUNT(METRICS())", [2]), ("TIME_SERIES(7)", [7, 7, 7, 7]), ("CEIL(m1 / 3)", [4, 7, nil, 14]),
      ("SEARCH('x')", nil), ("m3", nil), ("1 +", nil), ("(1", nil), ("m1 ? 2", nil), ("SUM()", nil),
      ("METRICS() + METRICS()", nil),
    ] as [(String, [Double?]?)])
  func `an expression comes to what the guide says, or is refused`(_ text: String, _ expected: [Double?]?) throws {
    guard let expected else {
      #expect(throws: MetricError.self) { _ = try value(text) }
      return
    }
    #expect(try value(text) == expected)
  }

  @Test func `an expression is bounded in length and depth`() {
    #expect(throws: MetricError.self) { _ = try MetricMath(String(repeating: "1+", count: 600) + "1") }
    #expect(throws: MetricError.self) { _ = try MetricMath(String(repeating: "(", count: 200)) }
    #expect(throws: MetricError.self) { _ = try MetricMath(String(repeating: "-", count: 200) + "1") }
  }

  @Test func `a dashboard's body is checked as PutDashboard checks it`() {
    #expect(Dashboard.complaints(about: #"{"widgets":[{"type":"text","properties":{"markdown":"x"}}]}"#).isEmpty)
    #expect(Dashboard.complaints(about: "{").first?.dataPath == "/")
    #expect(Dashboard.complaints(about: "{}").first?.message == "Should have required property 'widgets', an array")
    #expect(
      Dashboard.complaints(about: #"{"widgets":[{"type":"metric","properties":{}}]}"#).first?.dataPath
        == "/widgets/0/properties")
    #expect(Dashboard.isName("dev-customer_1"))
    #expect(!Dashboard.isName("a b"))
  }
}
