import Events

/// The prices of one symbol as the source gave them, oldest first.
public struct PriceSeries: Sendable, Hashable {
  /// One bar; a value that the source left out, as in a gap of trading, is nil.
  public struct Point: Sendable, Hashable {
    /// When the bar begins.
    public let time: Timestamp
    /// The first price, in the series' currency.
    public let open: Double?
    /// The highest price, in the series' currency.
    public let high: Double?
    /// The lowest price, in the series' currency.
    public let low: Double?
    /// The last price, in the series' currency.
    public let close: Double?
    /// Units traded.
    public let volume: Int?

    /// Makes a bar; prices are finite.
    public init(time: Timestamp, open: Double?, high: Double?, low: Double?, close: Double?, volume: Int?) {
      let prices = [open, high, low, close].compactMap { $0 }
      precondition(prices.allSatisfy(\.isFinite), "a price is a finite number")
      self.time = time
      self.open = open
      self.high = high
      self.low = low
      self.close = close
      self.volume = volume
    }
  }

  /// The symbol that was asked for.
  public let symbol: String
  /// ISO 4217, or the source's own word (`GBp`); nil if the source names none.
  public let currency: String?
  /// The source's code of the exchange: `NMS`; nil if it names none.
  public let exchange: String?
  /// How far apart the source says the bars lie: `1d`.
  public let granularity: String
  /// How far the exchange's clock is ahead of UTC; negative west of Greenwich.
  public let exchangeOffset: Span
  /// The bars, oldest first.
  public let points: [Point]

  /// Makes a series of bars in the order given.
  public init(
    symbol: String, currency: String?, exchange: String?, granularity: String, exchangeOffset: Span,
    points: [Point]
  ) {
    self.symbol = symbol
    self.currency = currency
    self.exchange = exchange
    self.granularity = granularity
    self.exchangeOffset = exchangeOffset
    self.points = points
  }

  /// Whether a bar is a part of a day (`1m`, `4h`), so that a date alone does not tell bars apart.
  public var isIntraday: Bool {
    granularity.hasSuffix("m") || granularity.hasSuffix("h")
  }
}

/// The object that is stored for one symbol of a run.
public struct PriceDocument: Sendable, Hashable {
  /// The chunk that asked for the prices.
  public let message: ChunkMessage
  /// The prices of one of its symbols.
  public let series: PriceSeries
  /// When the source's answer was complete.
  public let fetchedAt: Timestamp

  /// Traps if the series is of a symbol that the chunk does not hold.
  public init(message: ChunkMessage, series: PriceSeries, fetchedAt: Timestamp) {
    precondition(message.symbols.contains(series.symbol), "\(series.symbol) is not in the chunk that was fetched")
    self.message = message
    self.series = series
    self.fetchedAt = fetchedAt
  }

  /// Where it is stored (§4).
  public var key: String { ObjectKey.raw(message, symbol: series.symbol) }

  /// The object's content; gaps are null, so a row's absence always means that the source had no such bar.
  public var json: JSON {
    [
      "data_source": .string(message.dataSource), "data_type": .string(message.dataType),
      "domain": .string(message.domain), "table_name": .string(message.tableName), "symbol": .string(series.symbol),
      "period": .string(message.period), "interval": .string(message.interval), "ds": .string(message.ds),
      "run_id": .string(message.runID), "correlation_id": .string(message.correlationID),
      "fetched_at": .string(fetchedAt.description), "currency": series.currency.map { .string($0) } ?? .null,
      "row_count": JSON(series.points.count), "prices": .array(series.points.map(row)),
    ]
  }

  /// The content in UTF-8, as it is stored.
  public var bytes: [UInt8] { json.bytes }

  private func row(_ point: PriceSeries.Point) -> JSON {
    [
      "date": .string(date(of: point)), "open": point.open.map { JSON($0) } ?? .null,
      "high": point.high.map { JSON($0) } ?? .null, "low": point.low.map { JSON($0) } ?? .null,
      "close": point.close.map { JSON($0) } ?? .null, "volume": point.volume.map { JSON($0) } ?? .null,
    ]
  }

  /// The date at the exchange: a Sydney session begins on the evening before in UTC. Parts of a day need the time too.
  private func date(of point: PriceSeries.Point) -> String {
    series.isIntraday ? point.time.description : (point.time + series.exchangeOffset).dateText
  }
}
