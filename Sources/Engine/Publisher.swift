import Ingestion
import Events
import Patterns
import Rules
import Telemetry

/// Takes events in: routes them by the rules of the moment, commits them with all that follows, then says yes.
public struct Publisher: Sendable {
  private let router: EventRouter
  private let journal: any EventJournal
  private let ledger: any Ledger
  private let clock: any WallClock
  private let deliveriesDue: Bell

  public init(
    _ router: EventRouter, _ journal: any EventJournal, _ ledger: any Ledger, _ clock: any WallClock,
    deliveriesDue: Bell
  ) {
    self.router = router
    self.journal = journal
    self.ledger = ledger
    self.clock = clock
    self.deliveriesDue = deliveriesDue
  }

  /// What an accepted event set off.
  public struct Receipt: Sendable, Hashable {
    public let eventID: String
    public let matchedRules: [String]
    /// nil if a rule wanted the event.
    public let nearMisses: NearMissLook?
  }

  /// Commits the events, all or nothing; durable when it returns.
  ///
  /// - Parameter cause: what made the events; nil if only they say so themselves (D14).
  public func publish(_ events: [Event], causedBy cause: Cause? = nil) async throws(StoreError) -> [Receipt] {
    let routed = try await route(events, causedBy: cause)
    try await journal.record(routed)
    announce(routed)
    return routed.map { event in
      Receipt(
        eventID: event.event.id, matchedRules: Set(event.deliveries.compactMap(\.cause.rule)).sorted(),
        nearMisses: event.nearMisses)
    }
  }

  /// The events with all that follows from them by the rules of the moment; nothing is stored yet.
  func route(_ events: [Event], causedBy cause: Cause? = nil) async throws(StoreError) -> [RoutedEvent] {
    let now = clock.now()
    let bus = router.bus
    var routed: [RoutedEvent] = []
    for event in events {
      var (hops, parent) = try await lineage(of: event)
      if let cause { (hops, parent) = (max(hops, cause.hops + 1), cause.id) }
      routed.append(router.route(event, by: bus, hops: hops, parentID: parent, at: now))
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
