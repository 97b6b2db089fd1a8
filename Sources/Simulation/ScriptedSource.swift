import Engine
import Events
import Extraction
import Synchronization

/// A data source that answers what it was told to, and otherwise with prices that are a function of the symbol.
public final class ScriptedSource: Source {
  /// One question that it was asked.
  public struct Call: Sendable, Hashable {
    public let symbol: String
    public let period: String
    public let interval: String
    public let timeout: Span
  }

  private struct State {
    var script: [String: [FetchOutcome]] = [:]
    var outage: SourceError?
    var calls: [Call] = []
  }

  private let state = Mutex(State())

  public init() {}

  /// The next answers for that symbol, one a question; afterwards it answers with prices again.
  public func will(answer outcomes: [FetchOutcome], for symbol: String) {
    state.withLock { $0.script[symbol, default: []] += outcomes }
  }

  /// While set, every question that the script does not answer fails like this.
  public var outage: SourceError? {
    get { state.withLock { $0.outage } }
    set { state.withLock { $0.outage = newValue } }
  }

  /// What it was asked so far, in that order.
  public var calls: [Call] { state.withLock { $0.calls } }

  public func prices(of symbol: String, period: String, interval: String, timeout: Span) async -> FetchOutcome {
    state.withLock { state in
      state.calls.append(Call(symbol: symbol, period: period, interval: interval, timeout: timeout))
      if let answers = state.script[symbol], let next = answers.first {
        state.script[symbol] = Array(answers.dropFirst())
        return next
      }
      if let outage = state.outage { return .failed(outage) }
      return .fetched(ScriptedSource.series(of: symbol, interval: interval))
    }
  }

  /// Five bars of 2025 whose prices follow from the symbol.
  public static func series(of symbol: String, interval: String) -> PriceSeries {
    var dice = SplitMix64(seed: DerivedID.hash(symbol))
    let first = Timestamp(seconds: 1_735_828_200)  // 2025-01-02T14:30:00Z, an opening bell in New York.
    let points = (0..<5).map { day in
      let cents = Int.random(in: 1_000...50_000, using: &dice)
      func price(_ difference: Int) -> Double { Double(cents + difference) / 100 }
      return PriceSeries.Point(
        time: first + .days(day), open: price(0), high: price(150), low: price(-150), close: price(50),
        volume: cents * 100)
    }
    return PriceSeries(
      symbol: symbol, currency: "USD", exchange: "NMS", granularity: interval, exchangeOffset: .hours(-5),
      points: points)
  }
}
