import Events

/// One entry of PutMetricData: a metric at a moment, with a value or a set of them.
public struct Datum: Sendable, Hashable {
  /// Different values of one entry.
  public static let valuesMax = 150
  /// Entries of one request.
  public static let requestMax = 1_000
  /// How far an entry's time may lie before and after now.
  public static let ageMax = Span.days(14)
  public static let aheadMax = Span.hours(2)
  /// Values beyond 2^360 are refused.
  public static let magnitudeMax = Double(sign: .plus, exponent: 360, significand: 1)
  /// Counts of samples, so that neither a sum nor a mean of values within bounds leaves what a number can hold.
  public static let counts = 1 / magnitudeMax...magnitudeMax

  public let metric: MetricID
  public let unit: MetricUnit
  public let at: Timestamp
  public let rollup: Rollup

  /// What an entry brings.
  public enum Content: Sendable, Hashable {
    case value(Double)
    /// Values with how often each came; nil counts are all 1.
    case values([Double], counts: [Double]?)
    case statistics(sampleCount: Double, sum: Double, minimum: Double, maximum: Double)
  }

  /// - Parameters:
  ///   - at: nil is now.
  ///   - place: how the request names the entry, for messages: `MetricData.member.1`.
  public init(
    _ metric: MetricID, _ unit: MetricUnit, _ content: Content, at moment: Timestamp?, now: Timestamp, place: String
  ) throws(MetricError) {
    try metric.check()
    let at = moment ?? now
    guard at >= now - Datum.ageMax, at <= now + Datum.aheadMax else {
      throw MetricError(
        .invalidParameterValue,
        "The parameter \(place).Timestamp must specify a time no later than two hours in the future and no earlier than "
          + "two weeks in the past.")
    }
    self.metric = metric
    self.unit = unit
    self.at = at
    rollup = try Datum.rollup(content, place)
  }

  private static func rollup(_ content: Content, _ place: String) throws(MetricError) -> Rollup {
    switch content {
    case .value(let value):
      return Rollup(try number(value, "\(place).Value"))
    case .values(let values, let counts):
      guard !values.isEmpty, values.count <= valuesMax else {
        throw MetricError(
          .invalidParameterValue, "The collection \(place).Values must have 1 to \(valuesMax) members.")
      }
      let counts = counts ?? values.map { _ in 1 }
      guard counts.count == values.count else {
        throw MetricError(
          .invalidParameterValue, "The parameters \(place).Values and \(place).Counts must be of the same size.")
      }
      var whole: Rollup?
      for (value, count) in zip(values, counts) {
        guard Datum.counts.contains(count) else {
          throw MetricError(.invalidParameterValue, "The value \(count) for parameter \(place).Counts is invalid.")
        }
        let one = Rollup(try number(value, "\(place).Values"), count: count)
        whole = whole?.merged(with: one) ?? one
      }
      guard let whole else { throw MetricError(.invalidParameterValue, "\(place).Values is empty.") }
      return whole
    case .statistics(let samples, let sum, let minimum, let maximum):
      for (name, value) in [("Sum", sum), ("Minimum", minimum), ("Maximum", maximum)] {
        _ = try number(value, "\(place).StatisticValues.\(name)")
      }
      guard Datum.counts.contains(samples), minimum <= maximum else {
        throw MetricError(
          .invalidParameterValue,
          "The parameter \(place).StatisticValues needs a SampleCount from 2^-360 to 2^360 and a Minimum that is at most the "
            + "Maximum."
        )
      }
      return Rollup(sampleCount: samples, sum: sum, minimum: minimum, maximum: maximum)
    }
  }

  private static func number(_ value: Double, _ place: String) throws(MetricError) -> Double {
    guard value.isFinite, abs(value) <= magnitudeMax else {
      throw MetricError(.invalidParameterValue, "The value \(value) for parameter \(place) is invalid.")
    }
    return value
  }
}
