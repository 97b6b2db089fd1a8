import Engine
import Events
import Measures
import Synchronization
import Telemetry

/// Stores what the recorder noted, counts the ledger's new rows, and samples the state of queues, breakers and budgets.
public final class Monitor: Sendable {
  /// Rows of the ledger that one round counts.
  public static let rowsMax = 5_000
  /// Rows older than this are not counted: their minutes are beyond retention or were counted in an earlier life.
  public static let rowAgeMax = Span.days(14)
  private static let cursorName = "ledger"
  private static let trafficName = "traffic"

  private let recorder: Recorder
  private let metrics: any MetricStore
  private let logs: any LogStore
  private let documents: any Documents
  private let view: any StateView
  private let queues: any WorkQueues
  private let watchdog: Watchdog
  private let clock: any WallClock
  /// Rounds do not overlap, so that no row is counted twice.
  private let turnstile = Turnstile()
  private let sampledAt = Mutex<Timestamp?>(nil)

  public init(
    _ recorder: Recorder, _ metrics: any MetricStore, _ logs: any LogStore, _ documents: any Documents,
    _ view: any StateView, _ queues: any WorkQueues, _ watchdog: Watchdog, _ clock: any WallClock
  ) {
    self.recorder = recorder
    self.metrics = metrics
    self.logs = logs
    self.documents = documents
    self.view = view
    self.queues = queues
    self.watchdog = watchdog
    self.clock = clock
  }

  /// Brings the store up to date; what it answers afterwards holds everything that was noted before.
  public func flush() async throws(StoreError) {
    try await turnstile.pass { () throws(StoreError) in
      let taken = recorder.take()
      do throws(StoreError) {
        try await logs.append(taken.records)
        if !taken.minutes.isEmpty { try await metrics.add(taken.minutes, saving: [], at: clock.now()) }
      } catch {
        recorder.giveBack(taken.minutes)
        throw error
      }
      while try await countRows() {}
    }
  }

  /// Counts the next rows of the ledger together with moving the cursor. False if there was none.
  private func countRows() async throws(StoreError) -> Bool {
    let before = try await documents.document(.progress, Monitor.cursorName)?.json["sequence"]?.int ?? 0
    let rows = try await metrics.ledgerRows(after: Int64(before), limit: Monitor.rowsMax)
    guard let last = rows.last else { return false }
    let now = clock.now()
    var minutes: [MetricMinute: Rollup] = [:]
    for row in rows where now - row.entry.at < Monitor.rowAgeMax {
      for sample in LedgerMetrics.samples(of: row.entry) { Monitor.add(sample, &minutes) }
    }
    let cursor = DocumentChange(.progress, Monitor.cursorName, ["sequence": JSON(Int(last.sequence))])
    try await metrics.add(minutes, saving: [cursor], at: now)
    return rows.count == Monitor.rowsMax
  }

  /// Looks at the state once a minute; earlier calls do nothing. True if it looked.
  public func sample() async throws(StoreError) -> Bool {
    let now = clock.now()
    let minute = MetricPeriods.start(of: now, period: RollupTier.minute.seconds)
    let isDue = sampledAt.withLock { last in
      guard last != minute else { return false }
      last = minute
      return true
    }
    guard isDue else { return false }
    try await sampleQueues(at: now)
    var samples: [Sample] = []
    let breakers = try await view.openBreakers()
    samples.append(Sample(MetricID(Namespace.triggers, "BreakersOpen"), .count, Double(breakers.count), at: now))
    for breaker in breakers {
      let metric = MetricID(Namespace.triggers, "BreakerOpen", ["Domain": breaker.domain, "TableName": breaker.table])
      samples.append(Sample(metric, .count, 1, at: now))
    }
    samples.append(
      Sample(
        MetricID(Namespace.triggers, "DeferredCauses"), .count, Double(try await view.deferredCount()), at: now))
    samples.append(
      Sample(
        MetricID(Namespace.triggers, "WaitingDeliveries"), .count, Double(try await view.waitingDeliveries()), at: now))
    for budget in try await view.budgets(at: now) {
      let used = Double(budget.perMinute - budget.left) / Double(max(1, budget.perMinute)) * 100
      samples.append(
        Sample(MetricID(Namespace.triggers, "SourceBudgetUsed", ["Source": budget.source]), .percent, used, at: now))
    }
    let behind = max(0, (try await metrics.latestDecision().map { ($0 - now).seconds } ?? 0))
    samples.append(Sample(MetricID(Namespace.triggers, "ClockBehindLedger"), .seconds, behind, at: now))
    let finding = try await watchdog.look()
    let undecided = finding.undecided.values.reduce(0) { $0 + $1.count }
    samples.append(Sample(MetricID(Namespace.triggers, "UndecidedFires"), .count, Double(undecided), at: now))
    recorder.note(samples)
    return true
  }

  /// AWS/SQS: what went through since the last look, and what lies there now.
  private func sampleQueues(at now: Timestamp) async throws(StoreError) {
    let before = try await documents.document(.progress, Monitor.trafficName)?.json ?? .object([])
    var minutes: [MetricMinute: Rollup] = [:]
    var totals: [JSON.Member] = []
    for traffic in try await metrics.traffic() {
      let queue = traffic.queue
      func add(_ name: String, _ unit: MetricUnit, _ value: Double) {
        Monitor.add(Sample(MetricID(Namespace.sqs, name, ["QueueName": queue]), unit, value, at: now), &minutes)
      }
      func grown(_ name: String, _ total: Int) -> Double { Double(max(0, total - (before[queue]?[name]?.int ?? 0))) }
      let sent = grown("sent", traffic.sent)
      add("NumberOfMessagesSent", .count, sent)
      add("NumberOfMessagesReceived", .count, grown("received", traffic.received))
      add("NumberOfMessagesDeleted", .count, grown("deleted", traffic.deleted))
      if sent > 0 { add("SentMessageSize", .bytes, grown("bytes", traffic.sentBytes) / sent) }
      let depth = try await queues.depth(queue, at: now)
      add("ApproximateNumberOfMessagesVisible", .count, Double(depth.visible))
      add("ApproximateNumberOfMessagesNotVisible", .count, Double(depth.inFlight))
      add("ApproximateNumberOfMessagesDelayed", .count, Double(depth.delayed))
      let age = traffic.oldestSentAt.map { max(0, (now - $0).seconds) } ?? 0
      add("ApproximateAgeOfOldestMessage", .seconds, age)
      totals.append(
        .init(
          queue,
          [
            "sent": JSON(traffic.sent), "bytes": JSON(traffic.sentBytes), "received": JSON(traffic.received),
            "deleted": JSON(traffic.deleted),
          ]))
    }
    let progress = DocumentChange(.progress, Monitor.trafficName, .object(totals))
    try await metrics.add(minutes, saving: [progress], at: now)
  }

  private static func add(_ sample: Sample, _ minutes: inout [MetricMinute: Rollup]) {
    let start = MetricPeriods.start(of: sample.at, period: RollupTier.minute.seconds)
    let minute = MetricMinute(metric: sample.metric, unit: sample.unit, at: start)
    let rollup = Rollup(sample.value)
    minutes[minute] = minutes[minute]?.merged(with: rollup) ?? rollup
  }
}
