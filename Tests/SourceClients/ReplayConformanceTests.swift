import Events
import Extraction
import ReplaySource
import SourceClients
import Synchronization
import Testing

/// The replay as if it were across a network.
private final class Replay: HTTPTransport {
  private let market: Mutex<ReplayMarket>

  init(_ market: ReplayMarket) {
    self.market = Mutex(market)
  }

  func get(
    _ url: String, headers: [(name: String, value: String)], timeout: Span
  ) async throws(TransportError) -> HTTPAnswer {
    let parts = url.dropFirst("http://replay.test".count).split(separator: "?").map(String.init)
    let answer = market.withLock {
      $0.answer(path: parts[0], query: parts[1], now: Timestamp(seconds: 1_757_455_200))
    }
    return HTTPAnswer(status: answer.status, headers: answer.headers, body: answer.body)
  }
}

private func ask(_ symbol: String, interval: String = "1d") async -> FetchOutcome {
  await YahooFinanceClient(
    transport: Replay(ReplayMarket()), baseURL: "http://replay.test", userAgent: "bellcrank/test"
  )
  .prices(of: symbol, period: "1mo", interval: interval, timeout: .seconds(10))
}

@Test func `every symbol of the replay is read by the client`() async throws {
  for symbol in ReplayMarket.symbols {
    guard case .fetched(let series) = await ask(symbol) else {
      Issue.record("\(symbol) was not fetched")
      continue
    }
    #expect(series.points.count == 21, "\(symbol)")
    #expect(series.currency == "USD" && series.granularity == "1d" && !series.isIntraday)
    let last = try #require(series.points.last)
    #expect((last.time + series.exchangeOffset).dateText == "2025-09-08")
  }
}

@Test(arguments: [
  ("NOPE", "1d", SourceError.Code.unknownSymbol), ("AAPL", "1m", .refused), ("FAIL429", "1d", .throttled),
  ("FAIL500", "1d", .unavailable), ("GARBLED", "1d", .malformed),
])
func `each failure of the replay is read as what it is`(
  _ symbol: String, _ interval: String, _ code: SourceError.Code
) async {
  guard case .failed(let error) = await ask(symbol, interval: interval) else {
    Issue.record("\(symbol) was fetched")
    return
  }
  #expect(error.code == code)
  #expect(error.retryAfter == (code == .throttled ? .seconds(1) : nil))
}
