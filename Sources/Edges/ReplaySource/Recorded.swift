/// Real daily prices of one instrument, oldest first, as traded on their days.
///
/// Source: Quandl WIKI Prices, declared public domain by their publisher; `Tests/Tools/make_replay_prices.py` has the
/// particulars and writes the tables.
struct Recorded: Sendable {
  /// The first of the recorded days, `yyyy-mm-dd`.
  let from: String
  /// The last of the recorded days, `yyyy-mm-dd`.
  let to: String
  let bars: [Bar]

  /// - Parameter rows: `open high low close volume adjusted-close`, a semicolon after each row.
  init(from: String, to: String, rows: String) {
    self.from = from
    self.to = to
    bars = rows.split(whereSeparator: { $0 == ";" || $0 == "\n" }).map { row in
      let fields = row.split(separator: " ")
      let prices = fields.compactMap { Double($0) }
      guard fields.count == 6, prices.count == 6, let volume = Int(fields[4]) else {
        preconditionFailure("the generated table has a bad row: \(row)")
      }
      return Bar(
        open: prices[0], high: prices[1], low: prices[2], close: prices[3], volume: volume, adjustedClose: prices[5])
    }
  }
}
