import Events
import Extraction

/// One answer of the chart endpoint, read.
///
/// The endpoint is not documented by its owner. The shapes that are read are those it was seen to answer in 2025; examples
/// of each, with made-up prices, are in `Tests/Vectors/chart-answers.json`.
struct ChartAnswer {
  private let answer: HTTPAnswer
  private let symbol: String

  /// Seconds since the epoch that are believed: the years 0 to 4000 or so.
  private static let times = -62_000_000_000...64_000_000_000

  /// - Parameter symbol: the one that was asked for.
  init(_ answer: HTTPAnswer, symbol: String) {
    self.answer = answer
    self.symbol = symbol
  }

  /// What the answer means for the symbol. Total: whatever a server says has an outcome.
  var outcome: FetchOutcome {
    do {
      try checkStatus()
      return .fetched(try series())
    } catch {
      return .failed(error)
    }
  }

  /// Throws unless the status promises a chart.
  private func checkStatus() throws(SourceError) {
    let status = answer.status
    switch status {
    case 200: return
    case 404:
      // A wrong base URL answers 404 as well: only the endpoint's own words say that the symbol is at fault.
      throw chartError ?? SourceError(.refused, reason: "404 without a chart: is the base URL right?")
    case 408: throw SourceError(.timeout, reason: said("the source gave up waiting"))
    case 429: throw SourceError(.throttled, reason: said("too many requests"), retryAfter: retryAfter)
    case 500...599: throw SourceError(.unavailable, reason: said("the source failed"), retryAfter: retryAfter)
    default: throw SourceError(.refused, reason: said("the source refused the request"))
    }
  }

  /// The status, and the endpoint's own description if it gave one.
  private func said(_ meaning: String) -> String {
    "\(answer.status) \(chartError?.reason ?? meaning)"
  }

  /// What `chart.error` says, in any status; nil if it says nothing.
  private var chartError: SourceError? {
    do {
      return error(in: try JSON(parsing: answer.body))
    } catch {
      return nil  // Plain text or HTML: then the status is all there is.
    }
  }

  private func error(in json: JSON) -> SourceError? {
    guard let error = json["chart"]?["error"], let code = error["code"]?.string else { return nil }
    let reason = error["description"]?.string ?? code
    return SourceError(code == "Not Found" ? .unknownSymbol : .refused, reason: String(reason.prefix(300)))
  }

  private func series() throws(SourceError) -> PriceSeries {
    guard answer.body.count <= HTTPAnswerLimits.bodyBytesMax else {
      throw malformed("the body is larger than \(HTTPAnswerLimits.bodyBytesMax) bytes")
    }
    let json = try parsed()
    if let error = error(in: json) { throw error }
    guard let result = json["chart"]?["result"]?.elements?.first, let meta = result["meta"] else {
      throw malformed("there is no chart.result[0].meta")
    }
    // Prices stored under another symbol's name are worse than none.
    guard let name = meta["symbol"]?.string, name.uppercased() == symbol.uppercased() else {
      throw malformed("asked for \(symbol), answered \(meta["symbol"]?.text ?? "no symbol")")
    }
    guard let granularity = meta["dataGranularity"]?.string else { throw malformed("there is no dataGranularity") }
    guard let offset = meta["gmtoffset"]?.int, (-86_400...86_400).contains(offset) else {
      throw malformed("there is no gmtoffset")
    }
    return PriceSeries(
      symbol: symbol, currency: meta["currency"]?.string, exchange: meta["exchangeName"]?.string,
      granularity: granularity, exchangeOffset: .seconds(offset), points: try points(in: result))
  }

  private func parsed() throws(SourceError) -> JSON {
    do {
      return try JSON(parsing: answer.body)
    } catch {
      throw malformed(error.message)
    }
  }

  /// A quiet period has no `timestamp` at all; otherwise each column is as long as it, with null for a gap.
  private func points(in result: JSON) throws(SourceError) -> [PriceSeries.Point] {
    guard let stamps = result["timestamp"] else { return [] }
    guard let times = stamps.elements, let quote = result["indicators"]?["quote"]?.elements?.first else {
      throw malformed("there is no indicators.quote[0] beside the timestamps")
    }
    let open = try column("open", of: quote, count: times.count)
    let high = try column("high", of: quote, count: times.count)
    let low = try column("low", of: quote, count: times.count)
    let close = try column("close", of: quote, count: times.count)
    let volume = try column("volume", of: quote, count: times.count)
    var points: [PriceSeries.Point] = []
    for (index, time) in times.enumerated() {
      guard let seconds = time.int, ChartAnswer.times.contains(seconds) else {
        throw malformed("timestamp[\(index)] is no time")
      }
      points.append(
        PriceSeries.Point(
          time: Timestamp(seconds: Int64(seconds)), open: open[index], high: high[index], low: low[index],
          close: close[index], volume: try whole(volume[index], at: index)))
    }
    return points
  }

  private func column(_ name: String, of quote: JSON, count: Int) throws(SourceError) -> [Double?] {
    guard let elements = quote[name]?.elements, elements.count == count else {
      throw malformed("\(name) has not one value for each of \(count) timestamps")
    }
    var values: [Double?] = []
    for (index, element) in elements.enumerated() {
      switch element {
      case .null: values.append(nil)
      case .number(let number) where number.double.isFinite: values.append(number.double)
      case .number, .bool, .string, .array, .object: throw malformed("\(name)[\(index)] is no finite number")
      }
    }
    return values
  }

  /// Volumes of currencies and coins come with fractions; the fraction is dropped.
  private func whole(_ volume: Double?, at index: Int) throws(SourceError) -> Int? {
    guard let volume else { return nil }
    guard abs(volume) < 9_007_199_254_740_992 else { throw malformed("volume[\(index)] is too large") }
    return Int(volume)
  }

  private func malformed(_ reason: String) -> SourceError {
    SourceError(.malformed, reason: reason)
  }

  private var retryAfter: Span? {
    answer.header("Retry-After").flatMap { RetryAfter($0, answeredAt: answer.header("Date"))?.span }
  }
}
