import Alarms
import Engine
import Events
import Rules
import Telemetry

/// Looks at everything that a cause needs on its way, and says what is wrong with it and how to mend it (§9).
public struct Doctor: Sendable {
  public enum Health: String, Sendable, CaseIterable {
    case failing
    case warning
    case fine
  }

  /// One line: what was looked at, how it is, and the command that mends it.
  public struct Check: Sendable, Hashable {
    /// Stable; monitoring may count on it.
    public let name: String
    public let health: Health
    public let sentence: String
    /// nil if nothing is to be mended, or no one command mends it.
    public let fix: String?

    init(_ name: String, _ health: Health, _ sentence: String, fix: String? = nil) {
      self.name = name
      self.health = health
      self.sentence = sentence
      self.fix = fix
    }

    public var json: JSON {
      JSON(present: [
        "check": .string(name), "health": .string(health.rawValue), "sentence": .string(sentence),
        "fix": fix.map { .string($0) },
      ])
    }
  }

  /// How far back decisions and lines of the log are looked at.
  public static let lookback = Span.days(1)
  public static let logLookback = Span.hours(1)
  /// A message that has waited for so long is nobody's.
  public static let waitMax = Span.minutes(5)
  /// A loop that has not come round for so long stands still.
  public static let turnMax = Span.seconds(90)
  /// Less of the disk than this fails; less than this warns.
  public static let diskFailing = 0.02
  public static let diskWarning = 0.1
  public static let openFilesMin = 1_024
  /// Time zone data whose release is of an earlier year than that many before is old.
  public static let zoneYearsMax = 1
  /// How far the clock may have gone back.
  public static let clockBackMax = Span.seconds(2)
  /// How long a source may take to answer.
  public static let sourceTimeout = Span.seconds(5)

  let room: ControlRoom
  public init(_ room: ControlRoom) {
    self.room = room
  }

  var engine: Runtime { room.runtime }
  var names: EnvironmentNames { EnvironmentNames(engine.settings) }
  var now: Timestamp { engine.ports.clock.now() }

  /// All checks: what fails, what is doubtful, the alarms that tell of it, and what is well.
  ///
  /// - Parameter asksSources: whether each source is asked for one price, out of its budget.
  public func examine(asksSources: Bool) async throws(StoreError) -> [Check] {
    try await room.monitor.flush()
    var checks = [try await clock(), timeZones(), disk(), limits(), try await loops()]
    checks += try await rules()
    checks.append(functions())
    checks += permissions()
    checks += try await schedules()
    if asksSources { checks += try await sources() }
    checks += [
      try await breakers(), try await budgets(), try await fires(), try await decisions(), try await backlog(),
      try await shelf(), try await logs(), try await alarms(),
    ]
    // Alarms tell of causes that the others name, so they come behind them.
    func place(_ check: Check) -> Int {
      switch check.health {
      case .failing: check.name == "alarms" ? 2 : 0
      case .warning: 1
      case .fine: 3
      }
    }
    return (0...3).flatMap { wanted in checks.filter { place($0) == wanted } }
  }

  // MARK: The machine

  private func clock() async throws(StoreError) -> Check {
    if let latest = try await room.metrics.latestDecision(), latest - now > Doctor.clockBackMax {
      return Check(
        "clock", .failing, "the clock went back: the ledger's latest row is of \(latest), and now it is \(now)",
        fix: room.timekeeper == nil ? "timedatectl set-ntp true" : nil)
    }
    if let time = room.timekeeper?.reading {
      let pace = time.speed == 0 ? "stands" : "runs \(time.speed) times as fast as real time"
      return Check(
        "clock", .fine, "the clock is virtual and \(pace): it is \(time.now), and no row of the ledger is later")
    }
    return Check("clock", .fine, "it is \(now), and no row of the ledger is later")
  }

  /// Which release of the IANA data the machine has, such as `2025b`; its year says how old it is.
  private func timeZones() -> Check {
    let fix = "apt-get install tzdata"
    guard let release = engine.ports.zones.release else {
      return Check("time zones", .warning, "nothing says which release of the time zone data this is", fix: fix)
    }
    let year = Int(release.prefix(4)) ?? 0
    let isOld = year + Doctor.zoneYearsMax < CivilTime(now).year
    return Check(
      "time zones", isOld ? .warning : .fine,
      "the time zone data is release \(release)\(isOld ? ", more than a year old" : "")", fix: isOld ? fix : nil)
  }

  private func disk() -> Check {
    guard let disk = room.machine.disk(), disk.total > 0 else {
      return Check("disk", .warning, "the system does not say how full the disk is", fix: "df -h")
    }
    let share = Double(disk.free) / Double(disk.total)
    let words = "\(disk.free / 1_048_576) MiB of \(disk.total / 1_048_576) MiB are free"
    if share < Doctor.diskFailing { return Check("disk", .failing, words, fix: "df -h") }
    return Check(
      "disk", share < Doctor.diskWarning ? .warning : .fine, words, fix: share < Doctor.diskWarning ? "df -h" : nil)
  }

  private func limits() -> Check {
    guard let files = room.machine.openFilesMax() else {
      return Check("limits", .warning, "the system does not say how many files may be open", fix: "ulimit -n")
    }
    let isEnough = files >= Doctor.openFilesMin
    return Check(
      "limits", isEnough ? .fine : .warning, "the process may have \(files) files open",
      fix: isEnough ? nil : "ulimit -n 65536")
  }

  /// Loops that stand still, and messages that nobody takes.
  private func loops() async throws(StoreError) -> Check {
    let still = room.recorder.turns.filter { now - $0.value > Doctor.turnMax }.keys.sorted()
    let isWorker: (String) -> Bool = { $0.hasPrefix("worker") }
    // A worker may be busy with a long chunk; the others never are.
    if let loop = still.first(where: { !isWorker($0) }) {
      let since = room.recorder.turns[loop].map { " since \($0)" } ?? ""
      return Check("loops", .failing, "the \(loop) stands still\(since)", fix: "restart the server: bellcrank serve")
    }
    for traffic in try await room.metrics.traffic() where traffic.queue == names.workQueue {
      let depth = try await engine.ports.queues.depth(traffic.queue, at: now)
      guard depth.visible > 0, let oldest = traffic.oldestSentAt, now - oldest > Doctor.waitMax else { continue }
      return Check(
        "loops", .failing,
        "no worker takes chunks: \(depth.visible) wait in \(traffic.queue), the oldest since \(oldest)",
        fix: "restart the server: bellcrank serve")
    }
    if room.timekeeper != nil {
      return Check("loops", .fine, "where time is virtual there are none: everything is done when it is due")
    }
    return Check("loops", .fine, "every loop of the engine comes round")
  }

  // MARK: The state of causes

  private func breakers() async throws(StoreError) -> Check {
    guard let breaker = try await room.view.openBreakers().first else {
      return Check("breakers", .fine, "no circuit breaker is open")
    }
    let since = breaker.since.map { " since \($0)" } ?? ""
    return Check(
      "breakers", .failing, "the breaker of \(breaker.domain).\(breaker.table) is \(breaker.state)\(since)",
      fix: "bellcrank trigger run --set domain=\(breaker.domain) --set table_name=\(breaker.table) --set urgent=true")
  }

  private func budgets() async throws(StoreError) -> Check {
    guard let spent = try await room.view.budgets(at: now).first(where: { $0.left <= 0 }) else {
      return Check("budgets", .fine, "every source has requests left")
    }
    return Check(
      "budgets", .warning,
      "the budget of \(spent.source) is spent: \(spent.perMinute) requests a minute, none left now",
      fix: "bellcrank serve --set sources.\(spent.source).requests_per_minute=N")
  }

  /// What fires next, and what did not.
  private func fires() async throws(StoreError) -> Check {
    var query = LedgerQuery()
    query.decision = .missed
    query.since = now - Doctor.lookback
    if let missed = try await engine.ports.ledger.entries(query).first, let rule = missed.about.rule,
      let slot = missed.about.slot
    {
      return Check("fires", .failing, missed.summary, fix: "bellcrank schedule recover \(rule) \(slot)")
    }
    let undecided = try await engine.watchdog.look().undecided.min { $0.key < $1.key }
    if let undecided, let slot = undecided.value.first, now - slot > Watchdog.grace {
      return Check(
        "fires", .failing, "the slot \(slot) of \(undecided.key) fired and is not decided",
        fix: "bellcrank decisions list --rule \(undecided.key)")
    }
    let next = engine.book.bus.scheduled.compactMap { rule in
      Views.fires(of: rule, after: now, count: 1).first.map { (rule.name, $0) }
    }.min { $0.1 < $1.1 }
    guard let next else {
      return Check(
        "fires", .warning, "no schedule will fire", fix: "aws events enable-rule --name \(names.scheduleRule)")
    }
    return Check("fires", .fine, "next is \(next.0) at \(next.1)")
  }

  /// What was refused lately, by what refused it last.
  private func decisions() async throws(StoreError) -> Check {
    for decision in [Decision.loopStopped, .undeliverable, .rejected, .invalid, .rateLimited] {
      var query = LedgerQuery()
      query.decision = decision
      query.since = now - Doctor.lookback
      let entries = try await engine.ports.ledger.entries(query)
      guard let entry = entries.first else { continue }
      return Check(
        "decisions", .warning, "\(entries.count) \(decision.rawValue) within a day, the last: \(entry.summary)",
        fix: "bellcrank why \(entry.causeID)")
    }
    return Check("decisions", .fine, "nothing was refused within a day")
  }

  private func backlog() async throws(StoreError) -> Check {
    let deferred = try await room.view.deferredCount()
    let waiting = try await room.view.waitingDeliveries()
    let words = "\(deferred) causes wait their turn, \(waiting) deliveries wait for an attempt"
    var query = LedgerQuery()
    query.decision = .deferred
    query.since = now - Doctor.lookback
    for entry in try await engine.ports.ledger.entries(query).reversed() where deferred > 0 {
      guard now - entry.at > Doctor.waitMax,
        try await engine.ports.ledger.entry(of: entry.causeID)?.decision == .deferred
      else { continue }
      return Check(
        "backlog", .warning, "\(words); since \(entry.at) \(entry.causeID): \(entry.summary)",
        fix: "bellcrank why \(entry.causeID)")
    }
    return Check("backlog", .fine, words)
  }

  private func shelf() async throws(StoreError) -> Check {
    let letters = try await room.shelf.letters(nil)
    guard let last = letters.last else { return Check("dead-letters", .fine, "the shelf is empty") }
    return Check(
      "dead-letters", .warning, "\(letters.count) on the shelf, the last for \(last.code)",
      fix: "bellcrank dlq list --preview")
  }

  private func logs() async throws(StoreError) -> Check {
    var groups = [Recorder.engineGroup(engine.settings.environment)]
    groups += engine.functions.names.map(Recorder.group(ofFunction:))
    for group in groups {
      var query = LogQuery(group: group)
      query.from = now - Doctor.logLookback
      query.isForward = false
      query.limit = 1_000
      let lines = try await room.logs.records(query)
      guard let line = lines.first(where: { $0.record.message.contains(#""level":"ERROR""#) }) else { continue }
      return Check(
        "logs", .warning, "an error in \(group): \(line.record.message.prefix(200))",
        fix: "aws logs filter-log-events --log-group-name \(group) --filter-pattern '{ $.level = \"ERROR\" }'")
    }
    return Check("logs", .fine, "no error within an hour")
  }

  private func alarms() async throws(StoreError) -> Check {
    let firing = try await room.alarms.alarms().filter { $0.state == .alarm }
    guard let first = firing.first else { return Check("alarms", .fine, "no alarm rings") }
    return Check(
      "alarms", .failing, "\(firing.map(\.definition.name).joined(separator: ", ")): \(first.reason)",
      fix: "bellcrank alarm list")
  }
}
