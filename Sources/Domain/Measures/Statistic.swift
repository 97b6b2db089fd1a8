/// What is asked of a metric's values over a period.
///
/// Source: CloudWatch user guide, "CloudWatch statistics definitions".
public enum Statistic: Sendable, Hashable {
  case sampleCount, sum, average, minimum, maximum
  /// `p95`: 0 to 100.
  case percentile(Double)
  /// `tm90`, `TM(10%:90%)`: the mean of the values between two shares of the samples, 0 to 100.
  case trimmedMean(Double, Double)
  /// `wm98`: as the trimmed mean, but values outside count as the bounds.
  case winsorizedMean(Double, Double)
  /// `tc90`: how many samples lie between the shares.
  case trimmedCount(Double, Double)
  /// `ts90`: their sum.
  case trimmedSum(Double, Double)
  /// `PR(:300)`: the share of samples, in percent, with values above the first and at most the second bound.
  case percentileRank(Double?, Double?)
  /// The mean of the middle half.
  case interquartileMean

  /// The five that every metric has, as `GetMetricStatistics` names them.
  public static let standard: [(name: String, statistic: Statistic)] = [
    ("SampleCount", .sampleCount), ("Average", .average), ("Sum", .sum), ("Minimum", .minimum), ("Maximum", .maximum),
  ]

  /// Reads a statistic by its name.
  public init(_ text: String) throws(MetricError) {
    if let known = Statistic.standard.first(where: { $0.name == text }) {
      self = known.statistic
      return
    }
    if text == "IQM" {
      self = .interquartileMean
      return
    }
    if let made = Statistic.short(text) ?? Statistic.long(text) {
      self = made
      return
    }
    throw MetricError(
      .invalidParameterValue,
      "The value \(text) for parameter Statistic is not supported: SampleCount, Average, Sum, Minimum, Maximum, IQM, pNN, "
        + "tmNN, wmNN, tcNN, tsNN, TM(a:b), WM(a:b), TC(a:b), TS(a:b) or PR(a:b).")
  }

  /// `p99.9`, `tm90`.
  private static func short(_ text: String) -> Statistic? {
    let word = String(text.prefix { $0.isLetter })
    guard let share = number(text.dropFirst(word.count)), (0...100).contains(share) else { return nil }
    switch word {
    case "p": return .percentile(share)
    case "tm": return .trimmedMean(0, share)
    case "wm": return .winsorizedMean(0, share)
    case "tc": return .trimmedCount(0, share)
    case "ts": return .trimmedSum(0, share)
    default: return nil
    }
  }

  /// `TM(10%:90%)`, `PR(100:200)`.
  private static func long(_ text: String) -> Statistic? {
    let word = String(text.prefix { $0.isLetter })
    let rest = text.dropFirst(word.count)
    guard rest.first == "(", rest.last == ")" else { return nil }
    let sides = rest.dropFirst().dropLast().split(separator: ":", omittingEmptySubsequences: false)
    guard sides.count == 2 else { return nil }
    if word == "PR" {
      let low = number(sides[0])
      let high = number(sides[1])
      guard low != nil || sides[0].isEmpty, high != nil || sides[1].isEmpty, low != nil || high != nil else {
        return nil
      }
      return .percentileRank(low, high)
    }
    guard let low = share(sides[0], else: 0), let high = share(sides[1], else: 100), low < high else { return nil }
    switch word {
    case "TM": return .trimmedMean(low, high)
    case "WM": return .winsorizedMean(low, high)
    case "TC": return .trimmedCount(low, high)
    case "TS": return .trimmedSum(low, high)
    default: return nil
    }
  }

  private static func share(_ text: Substring, else fallback: Double) -> Double? {
    guard !text.isEmpty else { return fallback }
    guard text.last == "%", let share = number(text.dropLast()), (0...100).contains(share) else { return nil }
    return share
  }

  private static func number(_ text: Substring) -> Double? {
    guard !text.isEmpty, text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-") }) else { return nil }
    return Double(text)
  }

  /// The statistic of those values; nil if there is no sample, or if it is no number that can be told.
  public func value(of rollup: Rollup) -> Double? {
    guard rollup.sampleCount > 0, let value = computed(of: rollup), value.isFinite else { return nil }
    return value
  }

  /// Samples below which a percentile says little; nil for what is no percentile.
  ///
  /// Source: CloudWatch user guide, "Percentile-based alarms and low data samples".
  public var samplesMin: Double? {
    guard case .percentile(let share) = self else { return nil }
    let tail = share >= 50 ? 100 - share : share
    return tail > 0 ? 1_000 / tail : nil
  }

  private func computed(of rollup: Rollup) -> Double? {
    switch self {
    case .sampleCount: return rollup.sampleCount
    case .sum: return rollup.sum
    case .average: return rollup.sum / rollup.sampleCount
    case .minimum: return rollup.minimum
    case .maximum: return rollup.maximum
    case .percentile(let share): return rollup.quantile(share / 100)
    case .interquartileMean: return Slice(rollup, 25, 75).mean
    case .trimmedMean(let low, let high): return Slice(rollup, low, high).mean
    case .trimmedCount(let low, let high): return Slice(rollup, low, high).count
    case .trimmedSum(let low, let high): return Slice(rollup, low, high).sum
    case .winsorizedMean(let low, let high):
      let slice = Slice(rollup, low, high)
      let below = rollup.sampleCount * low / 100
      let above = rollup.sampleCount * (100 - high) / 100
      let outside = below * rollup.quantile(low / 100) + above * rollup.quantile(high / 100)
      return (slice.sum + outside) / rollup.sampleCount
    case .percentileRank(let low, let high):
      let inside = rollup.distribution.filter { value, _ in
        value > (low ?? -.infinity) && value <= (high ?? .infinity)
      }
      return inside.reduce(0) { $0 + $1.count } / rollup.sampleCount * 100
    }
  }

  /// The samples between two shares of all of them.
  private struct Slice {
    private(set) var count = 0.0
    private(set) var sum = 0.0

    init(_ rollup: Rollup, _ low: Double, _ high: Double) {
      let from = rollup.sampleCount * low / 100
      let until = rollup.sampleCount * high / 100
      var seen = 0.0
      for (value, samples) in rollup.distribution {
        let inside = min(seen + samples, until) - max(seen, from)
        seen += samples
        guard inside > 0 else { continue }
        count += inside
        sum += inside * value
      }
    }

    var mean: Double? { count > 0 ? sum / count : nil }
  }
}
