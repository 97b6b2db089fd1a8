import Alarms
import Engine
import Events
import Measures

/// Answers questions about metrics: CloudWatch's GetMetricData, GetMetricStatistics and ListMetrics.
public struct MetricReader: Sendable {
  /// How far back ListMetrics looks for a metric that is active.
  public static let listAgeMax = Span.days(14)

  private let store: any MetricStore
  private let monitor: Monitor
  private let clock: any WallClock

  public init(_ store: any MetricStore, _ monitor: Monitor, _ clock: any WallClock) {
    self.store = store
    self.monitor = monitor
    self.clock = clock
  }

  /// Metrics that had a value in the last two weeks, by namespace and name.
  public func list(namespace: String?, name: String?) async throws(StoreError) -> [(
    metric: MetricID, lastAt: Timestamp
  )] {
    try await monitor.flush()
    let oldest = clock.now() - MetricReader.listAgeMax
    return try await store.metrics(namespace: namespace, name: name).filter { $0.lastAt >= oldest }
  }

  /// The periods of a metric that have data, by their first instant.
  public func periods(
    of metric: MetricID, unit: MetricUnit?, period: Int, in range: Range<Timestamp>
  ) async throws(StoreError) -> [Timestamp: Rollup] {
    try await monitor.flush()
    return try await stored(metric, unit, period, range)
  }

  /// The periods by unit; each unit is a series of its own.
  public func periodsByUnit(
    of metric: MetricID, unit: MetricUnit?, period: Int, in range: Range<Timestamp>
  ) async throws(StoreError) -> [MetricUnit: [Timestamp: Rollup]] {
    try await monitor.flush()
    let rollups = try await store.rollups(of: metric, unit: unit, in: MetricReader.aligned(range, period))
    return Dictionary(grouping: rollups, by: \.minute.unit).mapValues { rows in
      MetricPeriods.series(rows.map { (at: $0.minute.at, rollup: $0.rollup) }, period: period)
    }
  }

  private func stored(
    _ metric: MetricID, _ unit: MetricUnit?, _ period: Int, _ range: Range<Timestamp>
  ) async throws(StoreError) -> [Timestamp: Rollup] {
    let rollups = try await store.rollups(of: metric, unit: unit, in: MetricReader.aligned(range, period))
    return MetricPeriods.series(rollups.map { (at: $0.minute.at, rollup: $0.rollup) }, period: period)
  }

  private static func aligned(_ range: Range<Timestamp>, _ period: Int) -> Range<Timestamp> {
    MetricPeriods.start(of: range.lowerBound, period: max(60, period))..<range.upperBound
  }

  /// The series of each query; an expression may name those before and behind it.
  ///
  /// - Throws: `MetricError` for an expression that cannot be computed, `StoreError` from the store.
  public func data(
    _ queries: [MetricQuery], in range: Range<Timestamp>
  ) async throws -> [String: MetricMath.Series] {
    try await monitor.flush()
    return try await data(queries, in: range, shiftedBy: 0)
  }

  /// - Parameter window: seconds, not 0 for windows that end with the range instead of at multiples of the period.
  func data(
    _ queries: [MetricQuery], in range: Range<Timestamp>, shiftedBy window: Int
  ) async throws -> [String: MetricMath.Series] {
    var series: [String: MetricMath.Series] = [:]
    var period = 60
    for query in queries {
      guard case .metric(let metric, let name, let seconds, let unit) = query.source else { continue }
      period = max(60, seconds)
      let statistic = try Statistic(name)
      let periods =
        window == 0
        ? try await stored(metric, unit, seconds, range)
        : try await windows(of: metric, unit, window, range)
      series[query.id] = periods.compactMapValues { statistic.value(of: $0) }
    }
    if window != 0 { period = window }
    let instants = MetricReader.instants(in: range, period: period, fromEnd: window != 0)
    var waiting = queries.compactMap { query -> (String, String)? in
      guard case .expression(let text, _) = query.source else { return nil }
      return (query.id, text)
    }
    while !waiting.isEmpty {
      let ready = try waiting.firstIndex {
        try MetricMath($0.1).names.allSatisfy { series[$0] != nil || ["REPEAT", "LINEAR"].contains($0) }
      }
      guard let ready else {
        throw MetricError(
          .validation, "Expressions name each other in a circle: \(waiting.map(\.0).joined(separator: ", "))")
      }
      let (id, text) = waiting.remove(at: ready)
      let math = try MetricMath(text)
      switch try math.value(of: series, period: period, instants: instants) {
      case .scalar(let number) where !number.isFinite: series[id] = [:]
      case .scalar(let number):
        series[id] = Dictionary(instants.map { ($0, number) }, uniquingKeysWith: { first, _ in first })
      // A product of huge values may leave what a number can hold; then there is no datapoint.
      case .series(let made): series[id] = made.filter(\.value.isFinite)
      case .list:
        throw MetricError(.validation, "Error in expression '\(id)': it returns several time series; aggregate them")
      }
    }
    return series
  }

  private static func instants(in range: Range<Timestamp>, period: Int, fromEnd: Bool) -> [Timestamp] {
    let start = fromEnd ? range.lowerBound : MetricPeriods.start(of: range.lowerBound, period: period)
    let count = Int((range.upperBound - start).seconds) / period + 1
    return (0..<min(count, MetricPeriods.dataMax)).map { start + .seconds($0 * period) }.filter {
      $0 < range.upperBound
    }
  }

  /// Windows that end with the range: alarms look at the last whole minutes, wherever the clock stands.
  private func windows(
    of metric: MetricID, _ unit: MetricUnit?, _ window: Int, _ range: Range<Timestamp>
  ) async throws(StoreError) -> [Timestamp: Rollup] {
    var windows: [Timestamp: Rollup] = [:]
    for (minute, rollup) in try await store.rollups(of: metric, unit: unit, in: range) {
      let offset = (minute.at - range.lowerBound).milliseconds / 1_000
      let start = range.lowerBound + .seconds(Int(offset) / window * window)
      windows[start] = windows[start]?.merged(with: rollup) ?? rollup
    }
    return windows
  }

  /// An alarm's datapoints up to now, the oldest first: the last whole minutes in steps of its period.
  ///
  /// - Returns: nil if the alarm ignores a percentile of few samples, and its latest period has only few.
  func datapoints(of alarm: AlarmDefinition, at now: Timestamp) async throws -> [AlarmEvaluation.Datapoint]? {
    let window = max(60, alarm.period)
    let end = MetricPeriods.start(of: now, period: RollupTier.minute.seconds)
    let count = alarm.evaluationPeriods + AlarmEvaluation.extraPeriods
    let start = end - .seconds(window * count)
    let values: MetricMath.Series
    switch alarm.subject {
    case .metric(let metric, let name, let unit):
      let statistic = try Statistic(name)
      let windows = try await windows(of: metric, unit, window, start..<end)
      let latest = windows.max { $0.key < $1.key }?.value.sampleCount ?? .infinity
      if alarm.lowSamples == .ignore, latest < statistic.samplesMin ?? 0 { return nil }
      values = windows.compactMapValues { statistic.value(of: $0) }
    case .queries(let queries):
      let series = try await data(queries, in: start..<end, shiftedBy: window)
      values = queries.first { $0.returnsData }.flatMap { series[$0.id] } ?? [:]
    }
    return (0..<count).map { place in
      let at = start + .seconds(window * place)
      return AlarmEvaluation.Datapoint(at: at, value: values[at])
    }
  }
}
