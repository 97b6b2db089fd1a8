import Ingestion
import Events
import Patterns
import Rules
import Telemetry

/// Takes events in: routes them by the rules of the moment, commits them with all that follows, then says yes.
public struct Publisher: Sendable {
  private let book: RuleBook
  private let journal: any EventJournal
  private let ledger: any Ledger
  private let clock: any WallClock
  private let deliveriesDue: Bell

  public init(
    _ book: RuleBook, _ journal: any EventJournal, _ ledger: any Ledger, _ clock: any WallClock, deliveriesDue: Bell
  ) {
    self.book = book
    self.journal = journal
    self.ledger = ledger
    self.clock = clock
    self.deliveriesDue = deliveriesDue
  }

  /// What an accepted event set off.
  public struct Receipt: Sendable, Hashable {
    public let eventID: String
    public let matchedRules: [String]
  }

  /// Commits the events, all or nothing; durable when it returns.
  public func publish(_ events: [Event]) async throws(StoreError) -> [Receipt] {
    let routed = try await route(events)
    try await journal.record(routed)
    announce(routed)
    return routed.map { event in
      Receipt(
        eventID: event.event.id, matchedRules: Set(event.deliveries.compactMap(\.cause.rule)).sorted())
    }
  }

  /// The events with all that follows from them by the rules of the moment; nothing is stored yet.
  func route(_ events: [Event]) async throws(StoreError) -> [RoutedEvent] {
    let now = clock.now()
    let bus = book.bus
    var routed: [RoutedEvent] = []
    for event in events {
      let (hops, parent) = try await lineage(of: event)
      routed.append(Publisher.route(event, by: bus, hops: hops, parentID: parent, at: now))
    }
    return routed
  }

  /// Wakes whoever delivers, once the events are stored.
  func announce(_ stored: [RoutedEvent]) {
    if stored.contains(where: { !$0.deliveries.isEmpty }) { deliveriesDue.ring() }
  }

  /// How far down its chain an event is: what its producer says, and what we know of the cause that it names (D14).
  private func lineage(of event: Event) async throws(StoreError) -> (hops: Int, parentID: String?) {
    let told = max(0, min(event.detail["hops"]?.int ?? 0, 1_000))
    guard let causation = event.detail["causation_id"]?.string else { return (told, nil) }
    if let parent = try await journal.event(causation) { return (max(told, parent.hops + 1), causation) }
    if let row = try await ledger.entry(of: causation) { return (max(told, row.about.hops + 1), causation) }
    var query = LedgerQuery()
    query.id = causation
    let hops = try await ledger.entries(query).map { $0.about.hops + 1 }.max()
    return (max(told, hops ?? 0), causation)
  }

  /// What an event entails under these rules: a delivery for each target of each rule that wants it, or the row that says why not.
  public static func route(
    _ event: Event, by bus: EventBus, hops: Int, parentID: String?, at now: Timestamp
  ) -> RoutedEvent {
    let envelope = event.json
    let routing = bus.route(envelope)
    var deliveries: [NewDelivery] = []
    var rows: [LedgerEntry] = []
    for rule in routing.matched {
      let cause = cause(of: event, rule, hops: hops, parentID: parentID, at: now)
      deliveries += rule.targets.map { NewDelivery(cause: cause, target: $0, body: nil, due: now) }
      if rule.targets.isEmpty { rows.append(noTargets(cause, at: now)) }
    }
    for rule in routing.disabled {
      let cause = cause(of: event, rule, hops: hops, parentID: parentID, at: now)
      rows.append(disabled(cause, at: now))
    }
    if routing.matched.isEmpty, routing.disabled.isEmpty {
      rows.append(unmatched(event, bus.nearMisses(envelope), hops: hops, parentID: parentID, at: now))
    }
    return RoutedEvent(
      event: event, hops: hops, parentID: parentID, receivedAt: now, deliveries: deliveries, rows: rows)
  }

  private static func cause(
    of event: Event, _ rule: Rule, hops: Int, parentID: String?, at now: Timestamp
  ) -> Cause {
    var cause = Cause(
      id: Cause.matchID(event: event.id, rule: rule.name), trigger: .event, arrivedAt: now, hops: hops)
    cause.eventID = event.id
    cause.parentID = parentID
    cause.rule = rule.name
    cause.ruleVersion = rule.version
    return cause
  }

  static func noTargets(_ cause: Cause, at now: Timestamp) -> LedgerEntry {
    LedgerEntry(
      causeID: cause.id, decision: .undeliverable, gate: .delivery, code: .noTargets,
      summary: "rule \(cause.rule ?? "?") has no target", at: now, took: now - cause.arrivedAt, about: cause.subject)
  }

  static func disabled(_ cause: Cause, at now: Timestamp) -> LedgerEntry {
    LedgerEntry(
      causeID: cause.id, decision: .disabled, gate: .enabled, code: .ruleDisabled,
      summary: "rule \(cause.rule ?? "?") is disabled", at: now, took: now - cause.arrivedAt, about: cause.subject)
  }

  private static func unmatched(
    _ event: Event, _ nearMisses: [EventBus.NearMiss], hops: Int, parentID: String?, at now: Timestamp
  ) -> LedgerEntry {
    var subject = LedgerEntry.Subject(triggerType: "event")
    subject.eventID = event.id
    subject.parentID = parentID
    subject.hops = hops
    let misses = nearMisses.prefix(nearMissesMax)
    let named = misses.map { "\($0.rule) by \($0.failures.map(\.sentence).joined())" }
    return LedgerEntry(
      causeID: event.id, decision: .unmatched, gate: .match, code: .noRuleMatched,
      summary: named.isEmpty
        ? "no rule wanted source \(event.source), detail-type \(event.detailType)"
        : "missed \(named.joined(separator: "; "))",
      facts: ["near_misses": .array(misses.map(\.json))], at: now, took: .zero, about: subject)
  }

  /// Near misses that a row names at most.
  public static let nearMissesMax = 5
}

extension LeafFailure {
  /// `detail.trigger_reingestion, which wanted [true] and had false`
  public var sentence: String {
    "\(path), which wanted \(wanted) and \(had.map { "had \($0)" } ?? "was absent")"
  }

  public var json: JSON {
    ["path": .string(path), "wanted": .string(wanted), "had": had.map { .string($0) } ?? .null]
  }
}

extension EventBus.NearMiss {
  public var json: JSON {
    ["rule": .string(rule), "failures": .array(failures.map(\.json))]
  }
}
