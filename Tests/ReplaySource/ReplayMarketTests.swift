import Events
import ReplaySource
import Testing

/// A Tuesday, 22:00 UTC.
private let tuesday = "2025-09-09T22:00:00Z"

private func ask(_ symbol: String, _ market: inout ReplayMarket) throws -> ReplayAnswer {
  market.answer(
    path: "/v8/finance/chart/\(symbol)", query: "range=1mo&interval=1d", now: try #require(Timestamp(tuesday)))
}

private func result(
  _ symbol: String, _ query: String = "range=1mo&interval=1d", at now: String = tuesday
) throws -> JSON {
  var market = ReplayMarket()
  let answer = market.answer(
    path: "/v8/finance/chart/\(symbol)", query: query, now: try #require(Timestamp(now)))
  #expect(answer.status == 200)
  return try #require(JSON(parsing: answer.body)["chart"]?["result"]?.elements?.first)
}

private func times(_ result: JSON) throws -> [Timestamp] {
  try #require(result["timestamp"]?.elements).map { Timestamp(seconds: Int64(try #require($0.int))) }
}

private func column(_ name: String, _ result: JSON) throws -> [Double] {
  try #require(result["indicators"]?["quote"]?.elements?.first?[name]?.elements).map { try #require($0.double) }
}

@Test func `the last real price is the close of the last recorded day`() throws {
  let closes = [
    "AAPL": 430.47, "FB": 27.78, "META": 27.78, "GOOG": 806.19, "GOOGL": 806.19, "IBM": 202.91, "MSFT": 27.95,
  ]
  for (symbol, close) in closes {
    let result = try result(symbol)
    let meta = try #require(result["meta"])
    #expect(try column("close", result).last == close, "\(symbol)")
    #expect(meta["regularMarketPrice"]?.double == close, "\(symbol)")
    #expect(meta["instrumentType"] == "EQUITY", "\(symbol)")
    #expect(meta["replay"]?["recordedTo"] == "2013-03-01", "\(symbol)")
  }
}

@Test func `made-up prices say so`() throws {
  for symbol in ["AMZN", "NVDA", "AMD", "TSLA", "INTC", "NFLX", "XOM", "%5EGSPC", "GC%3DF"] {
    let meta = try #require(try result(symbol)["meta"])
    #expect(meta["instrumentType"] == "SYNTHETIC", "\(symbol)")
    #expect(meta["exchangeName"] == "SYN", "\(symbol)")
    #expect(meta["replay"]?["recordedTo"] == nil, "\(symbol)")
  }
}

@Test func `every bar of every symbol is possible`() throws {
  for symbol in ReplayMarket.symbols {
    let result = try result(symbol, "range=max")
    let columns = try ["open", "high", "low", "close", "volume"].map { try column($0, result) }
    let count = try times(result).count
    #expect(count == (["FB", "META"].contains(symbol) ? 196 : 300), "\(symbol)")
    #expect(columns.allSatisfy { $0.count == count }, "\(symbol)")
    for day in 0..<count {
      let (open, high, low, close) = (columns[0][day], columns[1][day], columns[2][day], columns[3][day])
      #expect(low > 0 && low <= min(open, close) && high >= max(open, close), "\(symbol), day \(day)")
      #expect(columns[4][day] > 0, "\(symbol), day \(day)")
    }
  }
}

@Test(arguments: [
  // now, the last bar's opening: the weekday before, 9:30 in New York
  ("2025-09-09T22:00:00Z", "2025-09-08T13:30:00Z"),  // Tuesday
  ("2025-09-08T00:00:00Z", "2025-09-05T13:30:00Z"),  // Monday: the Friday before
  ("2025-09-07T12:00:00Z", "2025-09-05T13:30:00Z"),  // Sunday
  ("2025-09-06T00:00:00Z", "2025-09-05T13:30:00Z"),  // Saturday
  ("2025-03-08T12:00:00Z", "2025-03-07T14:30:00Z"),  // Daylight time begins on Sunday 9 March 2025,
  ("2025-03-11T12:00:00Z", "2025-03-10T13:30:00Z"),
  ("2025-11-01T12:00:00Z", "2025-10-31T13:30:00Z"),  // and ends on Sunday 2 November.
  ("2025-11-04T12:00:00Z", "2025-11-03T14:30:00Z"),
  ("2026-11-02T12:00:00Z", "2026-10-30T13:30:00Z"),  // The 1st is a Sunday.
  ("2026-03-10T12:00:00Z", "2026-03-09T13:30:00Z"),  // The 8th is a Sunday.
])
func `the last bar opens on the weekday before`(_ now: String, _ open: String) throws {
  let times = try times(try result("AAPL", "range=max", at: now))
  #expect(times.last?.description == open)
  #expect(times.allSatisfy { (2...6).contains(CivilTime($0).dayOfWeek) })
  #expect(times == times.sorted() && Set(times).count == times.count)
}

@Test(arguments: [
  ("1d", 1, "2025-09-08"), ("5d", 5, "2025-09-02"), ("1mo", 21, "2025-08-11"), ("3mo", 66, "2025-06-09"),
  ("6mo", 131, "2025-03-10"), ("ytd", 179, "2025-01-01"), ("1y", 261, "2024-09-09"), ("2y", 300, "2024-07-16"),
  ("10y", 300, "2024-07-16"), ("max", 300, "2024-07-16"),
])
func `a range begins where the calendar says`(_ range: String, _ count: Int, _ first: String) throws {
  let result = try result("AAPL", "range=\(range)&interval=1d")
  let times = try times(result)
  #expect(times.count == count)
  #expect(times.first?.dateText == first)
  #expect(result["meta"]?["range"]?.string == range)
}

@Test func `the previous close is that of the day before the range`() throws {
  let month = try column("close", try result("AAPL", "range=1mo"))
  let week = try result("AAPL", "range=5d")
  #expect(week["meta"]?["chartPreviousClose"]?.double == month[month.count - 6])
  #expect(try column("close", week) == Array(month.suffix(5)))
}

@Test func `longer intervals join days and lose nothing`() throws {
  let days = try result("AAPL", "range=max&interval=1d")
  for (interval, bars) in [("1wk", 61), ("1mo", 15), ("3mo", 5)] {
    let joined = try result("AAPL", "range=max&interval=\(interval)")
    #expect(try times(joined).count == bars, "\(interval)")
    #expect(joined["meta"]?["dataGranularity"]?.string == interval)
    #expect(try column("volume", joined).reduce(0, +) == column("volume", days).reduce(0, +), "\(interval)")
    #expect(try column("high", joined).max() == column("high", days).max(), "\(interval)")
    #expect(try column("low", joined).min() == column("low", days).min(), "\(interval)")
    #expect(try column("open", joined).first == column("open", days).first, "\(interval)")
    #expect(try column("close", joined).last == column("close", days).last, "\(interval)")
  }
}

@Test func `the answer has every member of the real endpoint's`() throws {
  let result = try result("AAPL")
  let meta = try #require(result["meta"])
  for key in [
    "currency", "symbol", "exchangeName", "fullExchangeName", "instrumentType", "firstTradeDate", "regularMarketTime",
    "hasPrePostMarketData", "gmtoffset", "timezone", "exchangeTimezoneName", "regularMarketPrice", "chartPreviousClose",
    "priceHint", "currentTradingPeriod", "dataGranularity", "range", "validRanges",
  ] {
    #expect(meta[key] != nil, "\(key)")
  }
  #expect(meta["timezone"] == "EDT" && meta["gmtoffset"] == -14_400)
  let regular = try #require(meta["currentTradingPeriod"]?["regular"])
  #expect(regular["end"]?.int == meta["regularMarketTime"]?.int)
  #expect(result["indicators"]?["adjclose"]?.elements?.first?["adjclose"]?.elements?.count == 21)
}

@Test func `equal questions at equal times get equal bytes`() throws {
  for symbol in ["AAPL", "NVDA", "nvda"] {
    var one = ReplayMarket()
    var other = ReplayMarket()
    let first = try ask(symbol, &one).body
    #expect(try ask(symbol, &other).body == first)
    #expect(try ask(symbol, &one).body == first)
  }
  #expect(try result("nvda")["meta"]?["symbol"] == "NVDA")
}

@Test(arguments: [
  ("/v8/finance/chart/NOPE", "", 404, "Not Found", "No data found, symbol may be delisted"),
  ("/v8/finance/chart/%ZZ", "", 404, "Not Found", "there is nothing here but /v8/finance/chart/{symbol}"),
  ("/", "", 404, "Not Found", "there is nothing here but /v8/finance/chart/{symbol}"),
  (
    "/v8/finance/chart/AAPL", "interval=1m", 422, "Unprocessable Entity",
    "Invalid input - interval=1m is not supported. Valid intervals: [1d, 1wk, 1mo, 3mo]"
  ),
  (
    "/v8/finance/chart/AAPL", "range=7x", 422, "Unprocessable Entity",
    "Invalid input - range=7x is not supported. Valid ranges: [1d, 5d, 1mo, 3mo, 6mo, 1y, 2y, 5y, 10y, ytd, max]"
  ),
])
func `what cannot be answered is said as the real endpoint says it`(
  _ path: String, _ query: String, _ status: Int, _ code: String, _ description: String
) throws {
  var market = ReplayMarket()
  let answer = market.answer(path: path, query: query, now: .epoch)
  #expect(answer.status == status)
  let expected: JSON = [
    "chart": ["result": .null, "error": ["code": .string(code), "description": .string(description)]]
  ]
  #expect(try JSON(parsing: answer.body) == expected)
}

@Test func `four symbols always fail, each in its way`() throws {
  var market = ReplayMarket()
  for _ in 0..<3 {
    let throttled = try ask("FAIL429", &market)
    #expect(throttled.status == 429)
    #expect(throttled.headers.first { $0.name == "Retry-After" }?.value == "1")
    #expect(try ask("FAIL500", &market).status == 500)
    let garbled = try ask("GARBLED", &market)
    #expect(garbled.status == 200)
    #expect(throws: JSONError.self) { try JSON(parsing: garbled.body) }
    let slow = try ask("SLOW", &market)
    #expect(slow.status == 200)
    #expect(slow.headers.first { $0.name == ReplayAnswer.delayHeader }?.value == "30000")
  }
}

@Test func `scripted faults befall the first requests of their symbol, in order, and no others`() throws {
  var market = ReplayMarket(faults: [
    "AAPL": [.throttled(retryAfterSeconds: 7), .unavailable, .slow(milliseconds: 20)]
  ])
  #expect(try ask("MSFT", &market).status == 200)
  let first = try ask("AAPL", &market)
  #expect(first.status == 429)
  #expect(first.headers.first { $0.name == "Retry-After" }?.value == "7")
  #expect(try ask("AAPL", &market).status == 500)
  #expect(try ask("AAPL", &market).headers.contains { $0.name == ReplayAnswer.delayHeader })
  let well = try ask("AAPL", &market)
  #expect(well.status == 200)
  #expect(!well.headers.contains { $0.name == ReplayAnswer.delayHeader })
}
