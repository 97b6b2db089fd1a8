import Events

/// The part of an instrument's history that was asked for, in the words of the chart endpoint.
struct Chart {
  /// The ranges that the endpoint takes.
  static let ranges = ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"]
  /// The intervals that daily bars can be joined to.
  static let intervals = ["1d", "1wk", "1mo", "3mo"]

  private typealias Day = (session: Session, bar: Bar)

  private let instrument: Instrument
  private let range: String
  private let interval: String
  private let now: Timestamp
  private let history: [Day]
  /// Where in the history the range begins.
  private let start: Int

  /// The bars lie on the last weekdays before `now`; range and interval are among those above.
  init(of instrument: Instrument, range: String, interval: String, now: Timestamp) {
    self.instrument = instrument
    self.range = range
    self.interval = interval
    self.now = now
    let days = Array(zip(Session.last(instrument.bars.count, before: now), instrument.bars))
    history = days
    switch range {
    case "1d": start = days.count - 1
    case "5d": start = max(0, days.count - 5)
    default:
      let first = Chart.firstDate(of: range, today: CivilTime(now))
      start = days.firstIndex { $0.0.date.dateText >= first } ?? days.count
    }
  }

  /// The answer's body.
  var json: JSON {
    let days = joined
    let bars = days.map(\.bar)
    let quote: JSON = [
      "open": .array(bars.map { JSON($0.open) }), "high": .array(bars.map { JSON($0.high) }),
      "low": .array(bars.map { JSON($0.low) }), "close": .array(bars.map { JSON($0.close) }),
      "volume": .array(bars.map { JSON($0.volume) }),
    ]
    let adjusted: JSON = ["adjclose": .array(bars.map { JSON($0.adjustedClose) })]
    let result: JSON = [
      "meta": meta, "timestamp": .array(days.map { JSON(Int($0.session.open.seconds)) }),
      "indicators": ["quote": [quote], "adjclose": [adjusted]],
    ]
    return ["chart": ["result": [result], "error": .null]]
  }

  /// The first date of a range that is counted by the calendar, `yyyy-mm-dd`.
  private static func firstDate(of range: String, today: CivilTime) -> String {
    let months: [String: Int] = ["1mo": 1, "3mo": 3, "6mo": 6, "1y": 12, "2y": 24, "5y": 60, "10y": 120]
    guard let back = months[range] else {
      return range == "ytd" ? String(today.dateText.prefix(4)) + "-01-01" : ""
    }
    let month = today.year * 12 + today.month - 1 - back
    let day = min(today.day, CivilTime.daysIn(month: month % 12 + 1, year: month / 12))
    return CivilTime(year: month / 12, month: month % 12 + 1, day: day)?.dateText ?? ""
  }

  /// The range's days, those of one interval made one; a joined bar is dated by its first day.
  private var joined: [Day] {
    var groups: [(key: Int, days: [Day])] = []
    for day in history[start...] {
      let key = groupKey(day.session.date)
      if groups.last?.key == key {
        groups[groups.count - 1].days.append(day)
      } else {
        groups.append((key, [day]))
      }
    }
    return groups.compactMap { group in
      guard let first = group.days.first, let bar = Bar(joining: group.days.map(\.bar)) else { return nil }
      return (first.session, bar)
    }
  }

  /// Equal for the days that one bar of the interval covers.
  private func groupKey(_ date: CivilTime) -> Int {
    switch interval {
    case "1wk":
      // Day 0 was a Thursday, so Mondays are where (days + 3) divides by seven.
      Int(CivilTime.daysSinceEpoch(year: date.year, month: date.month, day: date.day) + 3) / 7
    case "1mo": date.year * 12 + date.month - 1
    case "3mo": (date.year * 12 + date.month - 1) / 3
    default: Int(CivilTime.daysSinceEpoch(year: date.year, month: date.month, day: date.day))
    }
  }

  /// Members and order are the endpoint's; `replay` is ours and says what the prices really are.
  private var meta: JSON {
    guard let first = history.first, let last = history.last else {
      preconditionFailure("an instrument has at least one bar")
    }
    let previousClose = start > 0 ? history[start - 1].bar.close : first.bar.open
    return [
      "currency": "USD", "symbol": .string(instrument.symbol), "exchangeName": .string(instrument.exchange),
      "fullExchangeName": .string(instrument.fullExchange), "instrumentType": .string(instrumentType),
      "firstTradeDate": JSON(Int(first.session.open.seconds)),
      "regularMarketTime": JSON(Int(last.session.close.seconds)), "hasPrePostMarketData": false,
      "gmtoffset": JSON(last.session.offsetSeconds), "timezone": .string(last.session.zone),
      "exchangeTimezoneName": "America/New_York", "regularMarketPrice": JSON(last.bar.close),
      "chartPreviousClose": JSON(previousClose), "priceHint": 2,
      "currentTradingPeriod": tradingPeriods(of: last.session), "dataGranularity": .string(interval),
      "range": .string(range), "validRanges": JSON(Chart.ranges), "replay": provenance,
    ]
  }

  private var instrumentType: String {
    switch instrument.origin {
    case .recorded: "EQUITY"
    case .synthetic: "SYNTHETIC"
    }
  }

  private var provenance: JSON {
    switch instrument.origin {
    case .recorded(let from, let to):
      ["source": "Quandl WIKI Prices (public domain)", "recordedFrom": .string(from), "recordedTo": .string(to)]
    case .synthetic: ["source": "a seeded walk, no real prices"]
    }
  }

  private func tradingPeriods(of session: Session) -> JSON {
    func period(_ from: Timestamp, _ to: Timestamp) -> JSON {
      [
        "timezone": .string(session.zone), "start": JSON(Int(from.seconds)), "end": JSON(Int(to.seconds)),
        "gmtoffset": JSON(session.offsetSeconds),
      ]
    }
    return [
      "pre": period(session.at(hour: 4, minute: 0), session.open), "regular": period(session.open, session.close),
      "post": period(session.close, session.at(hour: 20, minute: 0)),
    ]
  }
}
