import Events

/// How long rollups of which period are kept. Source: CloudWatch user guide, "Metrics retention".
public enum RollupTier: Int, Sendable, Hashable, CaseIterable {
  case minute = 60
  case fiveMinutes = 300
  case hour = 3_600

  /// Seconds that one rollup of the tier covers.
  public var seconds: Int { rawValue }

  /// Older rollups of the tier are folded into the next one, or deleted in the last.
  public var kept: Span {
    switch self {
    case .minute: .days(15)
    case .fiveMinutes: .days(63)
    case .hour: .days(455)
    }
  }

  /// The tier that its old rollups are folded into.
  public var next: RollupTier? {
    switch self {
    case .minute: .fiveMinutes
    case .fiveMinutes: .hour
    case .hour: nil
    }
  }
}

/// Periods of a metric: how rollups fall into them.
public enum MetricPeriods {
  /// Datapoints that one GetMetricStatistics answers.
  public static let statisticsMax = 1_440
  /// Datapoints that one GetMetricData answers.
  public static let dataMax = 100_800

  /// The first instant of the period that a moment lies in.
  public static func start(of moment: Timestamp, period: Int) -> Timestamp {
    let seconds = moment.seconds
    return Timestamp(seconds: seconds.flooredQuotient(by: Int64(period)) * Int64(period))
  }

  /// Refuses a period that CloudWatch refuses.
  public static func check(period: Int) throws(MetricError) {
    guard [1, 5, 10, 20, 30].contains(period) || (period > 0 && period.isMultiple(of: 60)), period <= 86_400 * 7 else {
      throw MetricError(
        .invalidParameterValue,
        "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60, and not \(period).")
    }
  }

  /// Merges rollups into periods, by the period's first instant.
  ///
  /// - Parameter rollups: each with the first instant of the time that it covers.
  public static func series(
    _ rollups: some Sequence<(at: Timestamp, rollup: Rollup)>, period: Int
  ) -> [Timestamp: Rollup] {
    var series: [Timestamp: Rollup] = [:]
    for (at, rollup) in rollups {
      let start = start(of: at, period: max(60, period))
      if let before = series[start] { series[start] = before.merged(with: rollup) } else { series[start] = rollup }
    }
    return series
  }
}
