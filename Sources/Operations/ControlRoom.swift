import Alarms
import Engine
import Events
import Synchronization

/// Everything an operator sees and does, around one runtime: its ports, its loops, its first contents.
///
/// Nothing here stands on the path of a cause: when it stands still, causes go on, and it catches up from the ledger.
public struct ControlRoom: Sendable {
  /// Between two rounds of the monitor.
  public static let pause = Span.seconds(5)
  /// Between two rounds of retention.
  public static let retentionPause = Span.minutes(5)
  /// Between two steps of move tasks.
  public static let moverPause = Span.seconds(1)
  /// Days that the log groups of the environment are kept.
  public static let logDays = 30

  public let runtime: Runtime
  public let recorder: Recorder
  public let monitor: Monitor
  public let reader: MetricReader
  public let alarms: AlarmKeeper
  public let notifier: Notifier
  public let documents: any Documents
  public let logs: any LogStore
  public let metrics: any MetricStore
  public let view: any StateView
  public let shelf: Shelf
  public let mover: Mover
  public let permissions: Permissions
  public let machine: any Machine
  /// Who lets time pass where it is virtual; nil on the real clock.
  public let timekeeper: Timekeeper?

  /// What the control room keeps its things in: one store plays all of these parts.
  public typealias Store = Documents & LogStore & MetricStore & StateView & AlarmJournal & ShelfStore

  /// What an environment is watched with; the first start writes it.
  public init(
    _ runtime: Runtime, _ recorder: Recorder, _ store: any Store, _ webhook: any WebhookClient, _ signer: any Signer,
    _ permissions: Permissions, _ machine: any Machine, _ timekeeper: Timekeeper?, webhooks: [WebhookSettings]
  ) async throws {
    self.runtime = runtime
    self.recorder = recorder
    self.permissions = permissions
    self.machine = machine
    self.timekeeper = timekeeper
    documents = store
    logs = store
    metrics = store
    view = store
    shelf = Shelf(store, runtime)
    mover = Mover(store, store, shelf, runtime)
    let ports = runtime.ports
    monitor = Monitor(recorder, store, store, store, store, ports.queues, runtime.watchdog, ports.clock)
    reader = MetricReader(store, monitor, ports.clock)
    notifier = Notifier(store, webhook, signer, ports.clock, ports.log, webhooks: webhooks)
    alarms = AlarmKeeper(
      store, store, reader, runtime.publisher, notifier, ports.clock, ports.log, names: runtime.settings.names)
    try await seed()
  }

  /// Alarms, boards and log groups, once: what a user deleted stays deleted.
  private func seed() async throws {
    let now = runtime.ports.clock.now()
    guard try await documents.document(.progress, "seed") == nil else { return }
    for alarm in try DefaultAlarms.make(runtime.settings) { try await alarms.put(alarm, onlyIfAbsent: true) }
    let boards = DefaultDashboards.make(runtime.settings).map { name, body in
      DocumentChange(.dashboard, name, ["body": .string(body.text)], onlyIfAbsent: true)
    }
    let groups = [Recorder.engineGroup(runtime.settings.environment)] + runtime.functions.names.map(Recorder.group)
    for group in groups {
      _ = try await logs.createLogGroup(group, .plain, at: now)
      _ = try await logs.keepLogGroup(group, days: ControlRoom.logDays)
    }
    try await DefaultPermissions.write(runtime.settings, to: permissions, documents, runtime.ports.entropy, at: now)
    try await documents.save(boards + [DocumentChange(.progress, "seed", ["done": true])], at: now)
  }

  /// One round: what was noted is stored, state is sampled, alarms are evaluated, webhooks are told.
  ///
  /// For virtual time as well: production calls it from `run()`.
  public func tick() async throws(StoreError) -> Int {
    try await monitor.flush()
    if try await monitor.sample() {
      try await monitor.flush()
      try await beat()
    }
    let changed = try await alarms.evaluateDue()
    return try await notifier.sendDue() + changed
  }

  /// One round of retention. Returns the rows that are gone.
  public func expire() async throws(StoreError) -> Int {
    let now = runtime.ports.clock.now()
    let checkpoint = try await runtime.ports.chain.retain(runtime.settings.retention, at: now)
    if let checkpoint {
      runtime.ports.log.write(
        LogLine(.info, "the ledger was cut", ["rows": "\(checkpoint.rows)", "up_to": "\(checkpoint.last.sequence)"]))
    }
    return try await metrics.foldMetrics(at: now) + logs.expireLogs(at: now) + (checkpoint?.rows ?? 0)
  }

  /// Says that this process lives, so that it is known later when no engine was running.
  private func beat() async throws(StoreError) {
    try await runtime.ports.history.heartbeat(of: runtime.startedAt, at: runtime.ports.clock.now())
  }

  /// By what clock clients wait: by the machine's, whatever the environment's shows.
  public var waitingClock: any WallClock { timekeeper?.machine ?? runtime.ports.clock }

  /// Runs the loops until the task is cancelled; then stores what was noted last. Where time is virtual, the engine's loops
  /// are among them.
  public func run() async {
    if let timekeeper {
      await timekeeper.run(in: self)
    } else {
      await runLoops()
    }
    do {
      try await monitor.flush()
      try await beat()
    } catch {
      runtime.ports.log.write(LogLine(.error, "the last flush failed", ["reason": error.reason]))
    }
  }

  private func runLoops() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await loop("monitor", every: ControlRoom.pause) { _ = try await tick() } }
      group.addTask { await loop("mover", every: ControlRoom.moverPause) { _ = try await mover.step() } }
      group.addTask { await loop("retention", every: ControlRoom.retentionPause) { while try await expire() > 0 {} } }
    }
  }

  /// These loops are the control room's own: none of the engine's can stop them.
  private func loop(_ name: String, every span: Span, _ work: @escaping @Sendable () async throws -> Void) async {
    while !Task.isCancelled {
      do {
        // What has begun is finished also when the loop is told to stop.
        try await Task(operation: work).value
      } catch {
        runtime.ports.log.write(LogLine(.error, "loop failed", ["loop": name, "reason": "\(error)"]))
      }
      do { try await runtime.ports.clock.sleep(for: span) } catch { return }
    }
  }
}
