/// The prices of one trading day, or of several made one.
struct Bar: Sendable, Hashable {
  let open: Double
  let high: Double
  let low: Double
  let close: Double
  let volume: Int
  /// The close with later splits and dividends taken in, as the data's source gives it.
  let adjustedClose: Double

  /// One bar for several, oldest first; nil for none.
  init?(joining bars: some Collection<Bar>) {
    guard let first = bars.first else { return nil }
    var joined = first
    for bar in bars.dropFirst() {
      joined = Bar(
        open: joined.open, high: max(joined.high, bar.high), low: min(joined.low, bar.low), close: bar.close,
        volume: joined.volume + bar.volume, adjustedClose: bar.adjustedClose)
    }
    self = joined
  }

  init(open: Double, high: Double, low: Double, close: Double, volume: Int, adjustedClose: Double) {
    self.open = open
    self.high = high
    self.low = low
    self.close = close
    self.volume = volume
    self.adjustedClose = adjustedClose
  }
}
