import Events

/// One symbol that the replay knows, with all of its prices.
struct Instrument: Sendable {
  /// Whether the prices were ever paid.
  enum Origin: Sendable, Hashable {
    /// Real prices of those days.
    case recorded(from: String, to: String)
    /// A seeded walk: never real, and never said to be.
    case synthetic
  }

  let symbol: String
  let exchange: String
  let fullExchange: String
  let origin: Origin
  /// Oldest first.
  let bars: [Bar]

  /// nil if the replay knows no such symbol.
  init?(_ symbol: String) {
    switch symbol {
    case "AAPL": self.init(symbol, "NMS", .aapl)
    case "FB", "META": self.init(symbol, "NMS", .fb)
    case "GOOG", "GOOGL": self.init(symbol, "NMS", .goog)
    case "IBM": self.init(symbol, "NYQ", .ibm)
    case "MSFT": self.init(symbol, "NMS", .msft)
    default:
      guard let start = Instrument.synthetic[symbol] else { return nil }
      self.init(syntheticFrom: start, symbol)
    }
  }

  /// The symbols with real prices; META is recorded as FB, and GOOG is what the source files under GOOGL.
  static let recorded = ["AAPL", "FB", "GOOG", "GOOGL", "IBM", "META", "MSFT"]

  /// The made-up symbols, with the price at which each walk begins. The last four are for tests of faults.
  static let synthetic: [String: Double] = [
    "AMD": 120, "AMZN": 180, "GC=F": 1_900, "INTC": 35, "NFLX": 400, "NVDA": 450, "TSLA": 240, "XOM": 105,
    "^GSPC": 4_500, "FAIL429": 100, "FAIL500": 100, "GARBLED": 100, "SLOW": 100,
  ]

  private init(_ symbol: String, _ exchange: String, _ recorded: Recorded) {
    self.symbol = symbol
    self.exchange = exchange
    fullExchange = exchange == "NYQ" ? "NYSE" : "NasdaqGS"
    origin = .recorded(from: recorded.from, to: recorded.to)
    bars = recorded.bars
  }

  /// A walk of 300 days whose steps are seeded by the symbol.
  private init(syntheticFrom start: Double, _ symbol: String) {
    self.symbol = symbol
    exchange = "SYN"
    fullExchange = "Synthetic"
    origin = .synthetic
    var dice = SplitMix64(seed: DerivedID.hash("replay \(symbol)"))
    var last = start
    bars = (0..<300).map { _ in
      let open = cents(last * (1 + step(&dice) * 0.005))
      let close = cents(open * (1 + step(&dice) * 0.02))
      let high = cents(max(open, close) * (1 + abs(step(&dice)) * 0.01))
      let low = cents(min(open, close) * (1 - abs(step(&dice)) * 0.01))
      let volume = Int(5_000_000 * (1.5 + step(&dice)))
      last = close
      return Bar(open: open, high: high, low: low, close: close, volume: volume, adjustedClose: close)
    }
  }
}

/// A bell-like number between -1 and 1: the mean of four even ones.
private func step(_ dice: inout SplitMix64) -> Double {
  let even = (0..<4).map { _ in Double(dice.next() >> 11) / 9_007_199_254_740_992 }
  return even.reduce(0, +) / 2 - 1
}

private func cents(_ price: Double) -> Double { (price * 100).rounded() / 100 }
