import Events

/// What the replay says to a request, for an HTTP server to send.
public struct ReplayAnswer: Sendable {
  /// The header that asks the server to wait that many milliseconds before it sends the answer.
  public static let delayHeader = "x-replay-delay-milliseconds"

  /// 200, 404, 422, 429 or 500.
  public let status: Int
  /// In the order to send; `Content-Length` and `Date` are the server's.
  public let headers: [(name: String, value: String)]
  /// The whole body.
  public let body: [UInt8]
}

/// Something going wrong at the source, on purpose.
public enum ReplayFault: Sendable, Hashable {
  /// 429 with `Retry-After`.
  case throttled(retryAfterSeconds: Int)
  /// 500.
  case unavailable
  /// 200, but only the first half of the body.
  case garbled
  /// The right answer, to be sent late: see `ReplayAnswer.delayHeader`.
  case slow(milliseconds: Int)
}

/// A market-data source without a network: the chart endpoint of Yahoo Finance, replayed with bundled daily prices.
///
/// Recorded symbols have real prices of 2011 to 2013, others a seeded walk with `instrumentType` `SYNTHETIC`; either way
/// the last bar is moved to the weekday before `now`. The same requests at the same times get the same bytes.
/// Four symbols always fail: `FAIL429`, `FAIL500`, `GARBLED` and `SLOW`.
public struct ReplayMarket: Sendable {
  /// Every symbol that has prices, sorted, without those that always fail.
  public static let symbols =
    (Instrument.recorded + Instrument.synthetic.keys.filter { ReplayMarket.standing[$0] == nil }).sorted()

  /// The symbols that always fail, and how.
  private static let standing: [String: ReplayFault] = [
    "FAIL429": .throttled(retryAfterSeconds: 1), "FAIL500": .unavailable, "GARBLED": .garbled,
    "SLOW": .slow(milliseconds: 30_000),
  ]

  private static let prefix = "/v8/finance/chart/"

  /// What is still to go wrong, by symbol, next first.
  private var faults: [String: [ReplayFault]]

  /// - Parameter faults: by symbol, one for each of its first requests; later ones are answered well.
  public init(faults: [String: [ReplayFault]] = [:]) {
    self.faults = faults
  }

  /// Answers one request, and uses up the symbol's next fault.
  ///
  /// - Parameters:
  ///   - path: `/v8/finance/chart/{symbol}`, percent-encoded.
  ///   - query: what follows the question mark: `range` (`1d` if absent) and `interval` (`1d`); others are ignored.
  ///   - now: prices end on the weekday before its UTC date.
  public mutating func answer(path: String, query: String, now: Timestamp) -> ReplayAnswer {
    guard path.hasPrefix(ReplayMarket.prefix),
      let symbol = path.dropFirst(ReplayMarket.prefix.count).percentDecoded(plusIsBlank: false)?.uppercased()
    else { return failure(404, "Not Found", "there is nothing here but \(ReplayMarket.prefix){symbol}") }
    let answered = chart(of: symbol, query: query, now: now)
    guard let fault = nextFault(of: symbol) else { return answered }
    switch fault {
    case .throttled(let seconds):
      return text(429, "Too Many Requests\r\n", [("Retry-After", String(seconds))])
    case .unavailable:
      return text(500, "Internal Server Error\r\n", [])
    case .garbled:
      return ReplayAnswer(
        status: answered.status, headers: answered.headers, body: Array(answered.body.prefix(answered.body.count / 2)))
    case .slow(let milliseconds):
      return ReplayAnswer(
        status: answered.status, headers: answered.headers + [(ReplayAnswer.delayHeader, String(milliseconds))],
        body: answered.body)
    }
  }

  private mutating func nextFault(of symbol: String) -> ReplayFault? {
    if let queue = faults[symbol], let next = queue.first {
      faults[symbol] = Array(queue.dropFirst())
      return next
    }
    return ReplayMarket.standing[symbol]
  }

  private func chart(of symbol: String, query: String, now: Timestamp) -> ReplayAnswer {
    let range = parameter("range", of: query) ?? "1d"
    let interval = parameter("interval", of: query) ?? "1d"
    guard Chart.intervals.contains(interval) else {
      return unprocessable("interval=\(interval)", "intervals", Chart.intervals)
    }
    guard Chart.ranges.contains(range) else { return unprocessable("range=\(range)", "ranges", Chart.ranges) }
    guard let instrument = Instrument(symbol) else {
      return failure(404, "Not Found", "No data found, symbol may be delisted")
    }
    return json(200, Chart(of: instrument, range: range, interval: interval, now: now).json)
  }

  private func parameter(_ name: String, of query: String) -> String? {
    let pairs = query.split(separator: "&").map {
      $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    }
    return pairs.first { $0.count == 2 && $0[0] == name }?[1].percentDecoded
  }

  private func unprocessable(_ given: String, _ kind: String, _ valid: [String]) -> ReplayAnswer {
    let list = valid.joined(separator: ", ")
    return failure(
      422, "Unprocessable Entity", "Invalid input - \(given) is not supported. Valid \(kind): [\(list)]")
  }

  private func failure(_ status: Int, _ code: String, _ description: String) -> ReplayAnswer {
    json(
      status, ["chart": ["result": .null, "error": ["code": .string(code), "description": .string(description)]]])
  }

  private func json(_ status: Int, _ json: JSON) -> ReplayAnswer {
    ReplayAnswer(status: status, headers: [("Content-Type", "application/json;charset=utf-8")], body: json.bytes)
  }

  private func text(_ status: Int, _ text: String, _ headers: [(name: String, value: String)]) -> ReplayAnswer {
    ReplayAnswer(
      status: status, headers: [("Content-Type", "text/plain;charset=utf-8")] + headers, body: Array(text.utf8))
  }
}
