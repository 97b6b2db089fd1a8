import Events
import Extraction
import SourceClients
import Testing

/// A server that always says the same, and remembers nothing.
private struct Scripted: HTTPTransport {
  let answer: Result<HTTPAnswer, TransportError>
  var check: @Sendable (String, [(name: String, value: String)], Span) -> Void = { _, _, _ in }

  func get(
    _ url: String, headers: [(name: String, value: String)], timeout: Span
  ) async throws(TransportError) -> HTTPAnswer {
    check(url, headers, timeout)
    return try answer.get()
  }
}

private func outcome(_ transport: Scripted, of symbol: String) async -> FetchOutcome {
  await YahooFinanceClient(transport: transport, baseURL: "http://source.test//", userAgent: "bellcrank/test")
    .prices(of: symbol, period: "1mo", interval: "1d", timeout: .seconds(10))
}

/// What a row of the table says must come out.
private func expected(_ row: JSON) throws -> FetchOutcome {
  let symbol = try #require(row["symbol"]?.string)
  guard let fetched = row["fetched"] else {
    let failed = try #require(row["failed"])
    let code = try #require(failed["code"]?.string.flatMap(SourceError.Code.init(rawValue:)))
    let reason = try #require(failed["reason"]?.string)
    return .failed(SourceError(code, reason: reason, retryAfter: failed["retry_after"]?.int.map { .seconds($0) }))
  }
  let points = try #require(fetched["points"]?.elements).map { row in
    let values = try #require(row.elements)
    return PriceSeries.Point(
      time: Timestamp(seconds: Int64(try #require(values[0].int))), open: values[1].double, high: values[2].double,
      low: values[3].double, close: values[4].double, volume: values[5].int)
  }
  return .fetched(
    PriceSeries(
      symbol: symbol, currency: fetched["currency"]?.string, exchange: fetched["exchange"]?.string,
      granularity: try #require(fetched["granularity"]?.string),
      exchangeOffset: .seconds(try #require(fetched["offset"]?.int)), points: points))
}

@Test(arguments: try Vectors.load("chart-answers"))
func `each answer of the source has the outcome that the table lists`(_ row: JSON) async throws {
  let headers = (row["headers"]?.members ?? []).map { (name: $0.key, value: $0.value.string ?? "") }
  let body = try row["body"]?.bytes ?? Array(#require(row["text"]?.string).utf8)
  let answer = HTTPAnswer(status: try #require(row["status"]?.int), headers: headers, body: body)
  let outcome = await outcome(Scripted(answer: .success(answer)), of: try #require(row["symbol"]?.string))
  let expected = try expected(row)
  #expect(outcome == expected, "\(row.label)")
}

@Test func `a broken answer of any kind is an outcome and not a crash`() async throws {
  let rows = try Vectors.load("chart-answers")
  let whole = try #require(rows.first?["body"]).bytes
  for length in 0..<whole.count {
    let outcome = await outcome(
      Scripted(answer: .success(HTTPAnswer(status: 200, headers: [], body: Array(whole.prefix(length))))), of: "AAPL")
    guard case .failed(let error) = outcome, error.code == .malformed else {
      Issue.record("cut off after \(length) bytes: \(outcome)")
      return
    }
  }
  for seed in UInt64(0)..<2_000 {
    var dice = SplitMix64(seed: seed)
    var body = whole
    for _ in 0..<Int.random(in: 1...8, using: &dice) {
      body[Int.random(in: 0..<body.count, using: &dice)] = UInt8.random(in: 0x20...0x7E, using: &dice)
    }
    _ = await outcome(Scripted(answer: .success(HTTPAnswer(status: 200, headers: [], body: body))), of: "AAPL")
  }
}

@Test func `a body beyond the limit is refused unread`() async throws {
  let body = [UInt8](repeating: UInt8(ascii: " "), count: HTTPAnswerLimits.bodyBytesMax + 1)
  let outcome = await outcome(Scripted(answer: .success(HTTPAnswer(status: 200, headers: [], body: body))), of: "AAPL")
  #expect(outcome == .failed(SourceError(.malformed, reason: "the body is larger than 8388608 bytes")))
}

@Test(arguments: TransportError.Code.allCases)
func `each failure of the network has its code`(_ code: TransportError.Code) async {
  let codes: [TransportError.Code: SourceError.Code] = [
    .timeout: .timeout, .unreachable: .unavailable, .bodyTooLarge: .malformed, .badURL: .refused,
  ]
  let outcome = await outcome(Scripted(answer: .failure(TransportError(code, reason: "it broke"))), of: "AAPL")
  #expect(outcome == codes[code].map { .failed(SourceError($0, reason: "it broke")) })
}

@Test(arguments: [
  ("AAPL", "AAPL"), ("^GSPC", "%5EGSPC"), ("GC=F", "GC%3DF"), ("BRK-B", "BRK-B"), ("005930.KS", "005930.KS"),
  ("A/../B?x#y", "A%2F..%2FB%3Fx%23y"),
])
func `the question is asked of one URL, percent-encoded, with a name and a time limit`(
  _ symbol: String, _ encoded: String
) async {
  await confirmation { asked in
    let transport = Scripted(answer: .failure(TransportError(.timeout, reason: ""))) { url, headers, timeout in
      #expect(
        url == "http://source.test/v8/finance/chart/\(encoded)?range=1mo&interval=1d&includePrePost=false")
      #expect(headers.first { $0.name == "User-Agent" }?.value == "bellcrank/test")
      #expect(timeout == .seconds(10))
      asked()
    }
    _ = await outcome(transport, of: symbol)
  }
}
