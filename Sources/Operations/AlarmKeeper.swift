import Alarms
import Engine
import Events
import Measures
import Synchronization

/// Keeps the alarms: evaluates them every minute, tells of each change of state, and remembers it.
public final class AlarmKeeper: Sendable {
  public static let alarmsMax = 5_000

  private let documents: any Documents
  private let journal: any AlarmJournal
  private let reader: MetricReader
  private let publisher: Publisher
  private let notifier: Notifier
  private let clock: any WallClock
  private let log: any LogSink
  private let names: ResourceNames
  /// One change of an alarm at a time: an evaluation never writes over a definition that was just changed.
  private let turnstile = Turnstile()
  private let evaluatedAt = Mutex<Timestamp?>(nil)

  public init(
    _ documents: any Documents, _ journal: any AlarmJournal, _ reader: MetricReader, _ publisher: Publisher,
    _ notifier: Notifier, _ clock: any WallClock, _ log: any LogSink, names: ResourceNames
  ) {
    self.documents = documents
    self.journal = journal
    self.reader = reader
    self.publisher = publisher
    self.notifier = notifier
    self.clock = clock
    self.log = log
    self.names = names
  }

  public func arn(_ name: String) -> ResourceName {
    ResourceName(service: "cloudwatch", region: names.region, account: names.account, resource: "alarm:\(name)")
  }

  /// All alarms by name.
  public func alarms() async throws(StoreError) -> [Alarm] {
    try await documents.documents(.alarm).map { document throws(StoreError) in
      guard let alarm = Alarm(json: document.json) else {
        throw StoreError(.corrupt, "alarm \(document.name) is not what was written")
      }
      return alarm
    }
  }

  public func alarm(_ name: String) async throws(StoreError) -> Alarm? {
    try await documents.document(.alarm, name).flatMap { Alarm(json: $0.json) }
  }

  /// Creates or replaces an alarm; its state stays, as with CloudWatch.
  public func put(_ definition: AlarmDefinition, onlyIfAbsent: Bool = false) async throws(StoreError) {
    try await turnstile.pass { () throws(StoreError) in
      let now = clock.now()
      let before = try await alarm(definition.name)
      if before != nil, onlyIfAbsent { return }
      var alarm = before ?? Alarm(definition, at: now)
      alarm.definition = definition
      if before != nil { alarm.definition.tags = before?.definition.tags ?? definition.tags }
      alarm.configuredAt = now
      let item = AlarmHistoryItem(
        alarm: definition.name, at: now, kind: .configurationUpdate,
        summary: "Alarm \"\(definition.name)\" \(before == nil ? "created" : "updated")",
        data: ["version": "1.0", "type": before == nil ? "Create" : "Update", "updatedAlarm": definition.json])
      try await save(alarm, [item], at: now)
    }
  }

  /// Deletes those that exist, and returns the names that do not.
  public func delete(_ names: [String]) async throws(StoreError) -> [String] {
    try await turnstile.pass { () throws(StoreError) in
      var missing: [String] = []
      let now = clock.now()
      for name in names {
        guard try await documents.remove(.alarm, name, at: now) else {
          missing.append(name)
          continue
        }
        let item = AlarmHistoryItem(
          alarm: name, at: now, kind: .configurationUpdate, summary: "Alarm \"\(name)\" deleted",
          data: ["version": "1.0", "type": "Delete"])
        try await journal.save([], [item], at: now)
      }
      return missing
    }
  }

  /// Lets actions be taken or not; names that are unknown are ignored, as CloudWatch does.
  public func setActions(_ names: [String], enabled: Bool) async throws(StoreError) {
    try await turnstile.pass { () throws(StoreError) in
      let now = clock.now()
      for name in names {
        guard var alarm = try await alarm(name) else { continue }
        alarm.definition.actionsEnabled = enabled
        let item = AlarmHistoryItem(
          alarm: name, at: now, kind: .configurationUpdate,
          summary: "Alarm \"\(name)\" actions \(enabled ? "enabled" : "disabled")",
          data: ["version": "1.0", "type": "Update", "updatedAlarm": alarm.definition.json])
        try await save(alarm, [item], at: now)
      }
    }
  }

  /// Changes the tags of an alarm; false if there is none of that name.
  public func tag(_ name: String, _ edit: @escaping @Sendable (inout [String: String]) -> Void) async throws(StoreError)
    -> Bool
  {
    try await turnstile.pass { () throws(StoreError) in
      guard var alarm = try await alarm(name) else { return false }
      edit(&alarm.definition.tags)
      try await save(alarm, [], at: clock.now())
      return true
    }
  }

  /// Sets a state by hand, until the next evaluation finds another. False if there is no such alarm.
  public func setState(
    _ name: String, _ state: AlarmState, reason: String, data: JSON?
  ) async throws(StoreError) -> Bool {
    try await turnstile.pass { () throws(StoreError) in
      guard var alarm = try await alarm(name) else { return false }
      let now = clock.now()
      if let transition = alarm.set(state, reason, data, at: now) {
        try await tell(transition, at: now)
      } else {
        try await save(alarm, [], at: now)
      }
      return true
    }
  }

  /// Evaluates all alarms once a minute; earlier calls do nothing. Returns how many changed.
  public func evaluateDue() async throws(StoreError) -> Int {
    let minute = MetricPeriods.start(of: clock.now(), period: RollupTier.minute.seconds)
    let isDue = evaluatedAt.withLock { last in
      guard last != minute else { return false }
      last = minute
      return true
    }
    return isDue ? try await evaluate() : 0
  }

  /// Evaluates all alarms now. Returns how many changed.
  public func evaluate() async throws(StoreError) -> Int {
    var changed = 0
    for name in try await alarms().map(\.definition.name) where try await evaluate(name) { changed += 1 }
    return changed
  }

  /// Evaluates one alarm now. True if it changed.
  func evaluate(_ name: String) async throws(StoreError) -> Bool {
    try await turnstile.pass { () throws(StoreError) in
      guard var alarm = try await alarm(name) else { return false }
      let now = clock.now()
      let datapoints: [AlarmEvaluation.Datapoint]
      do {
        guard let enough = try await reader.datapoints(of: alarm.definition, at: now) else { return false }
        datapoints = enough
      } catch let error as StoreError {
        throw error
      } catch {
        // An expression that cannot be computed has no data, and the log says why.
        log.write(LogLine(.error, "alarm not evaluated", ["alarm": name, "reason": "\(error)"]))
        datapoints = []
      }
      guard let transition = alarm.evaluate(datapoints, at: now) else { return false }
      try await tell(transition, at: now)
      return true
    }
  }

  public func history(
    of alarm: String?, kind: AlarmHistoryItem.Kind?, in range: Range<Timestamp>, _ page: AlarmHistoryPage
  ) async throws(StoreError) -> [(place: Int64, item: AlarmHistoryItem)] {
    try await journal.history(of: alarm, kind: kind, in: range, page)
  }

  /// The event first, whose id is derived, then the state with its history and what webhooks shall hear: a crash between
  /// them tells the event again, and again it is known.
  private func tell(_ transition: Alarm.Transition, at now: Timestamp) async throws(StoreError) {
    let alarm = transition.alarm
    let name = alarm.definition.name
    let event = transition.event(arn: arn(name))
    _ = try await publisher.publish([event])
    var items = [AlarmHistoryItem(transition)]
    for action in alarm.actions {
      items.append(
        AlarmHistoryItem(
          alarm: name, at: now, kind: .action, summary: notifier.summary(of: action),
          data: ["version": "1.0", "actionArn": .string(action), "stateValue": .string(alarm.state.rawValue)]))
    }
    try await journal.save(
      [DocumentChange(.alarm, name, alarm.json)] + notifier.notifications(of: transition, event, at: now), items,
      at: now)
    notifier.due.ring()
    log.write(
      LogLine(
        alarm.state == .alarm ? .error : .info, "alarm changed",
        [
          "alarm": name, "from": transition.previous.state.rawValue, "to": alarm.state.rawValue,
          "severity": alarm.definition.severity?.rawValue ?? "none", "reason": alarm.reason,
        ]))
  }

  private func save(_ alarm: Alarm, _ items: [AlarmHistoryItem], at now: Timestamp) async throws(StoreError) {
    try await journal.save([DocumentChange(.alarm, alarm.definition.name, alarm.json)], items, at: now)
  }
}
