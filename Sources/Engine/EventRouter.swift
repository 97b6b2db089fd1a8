import Events
import Ingestion
import Matchers
import Rules
import Synchronization
import Telemetry

/// Says what an event entails under the rules of the moment; it stores nothing.
public final class EventRouter: Sendable {
  private let book: RuleBook
  private let workspaces = WorkspacePool()
  private let sampler = Mutex(NearMissSampler())

  /// Near misses that a row names at most.
  public static let nearMissesMax = 5

  public init(_ book: RuleBook) {
    self.book = book
  }

  /// The rules of the moment, for a batch that shall be routed by the same ones.
  var bus: EventBus { book.bus }

  /// What an event entails under these rules: a delivery for each target of each rule that wants it, or the row that says why not.
  ///
  /// The envelope is written once: the matcher reads that text, and the store keeps it.
  func route(
    _ event: Event, by bus: EventBus, hops: Int, parentID: String?, at now: Timestamp
  ) -> RoutedEvent {
    let envelope = event.json
    let text = EventText(envelope)
    return workspaces.lend { workspace in
      let routing = bus.route(text, in: workspace)
      let look = routing.isEmpty ? look(at: event, envelope, text, by: bus, workspace, at: now) : nil
      return EventRouter.routed(
        event, text, routing, look, hops: hops, parentID: parentID, at: now)
    }
  }

  private func look(
    at event: Event, _ envelope: JSON, _ text: EventText, by bus: EventBus, _ workspace: MatchWorkspace,
    at now: Timestamp
  ) -> NearMissLook {
    switch sampler.withLock({ $0.verdict(on: event, edition: bus.edition, at: now) }) {
    case .look: .looked(bus.nearMisses(envelope, text, in: workspace, max: EventRouter.nearMissesMax))
    case .skip(let like): .skipped(like: like)
    }
  }

  private static func routed(
    _ event: Event, _ text: EventText, _ routing: EventBus.Routing, _ look: NearMissLook?, hops: Int,
    parentID: String?, at now: Timestamp
  ) -> RoutedEvent {
    var deliveries: [NewDelivery] = []
    var rows: [LedgerEntry] = []
    for rule in routing.matched {
      let cause = cause(of: event, rule, hops: hops, parentID: parentID, at: now)
      deliveries += rule.targets.map { NewDelivery(cause: cause, target: $0, body: nil, due: now) }
      if rule.targets.isEmpty { rows.append(noTargets(cause, at: now)) }
    }
    for rule in routing.disabled {
      let cause = cause(of: event, rule, hops: hops, parentID: parentID, at: now)
      rows.append(SlotOutcomes.disabled(cause, rule.pause, at: now))
    }
    if let look { rows.append(unmatched(event, look, hops: hops, parentID: parentID, at: now)) }
    return RoutedEvent(
      event: event, text: text, hops: hops, parentID: parentID, receivedAt: now, deliveries: deliveries, rows: rows,
      nearMisses: look)
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

  private static func unmatched(
    _ event: Event, _ look: NearMissLook, hops: Int, parentID: String?, at now: Timestamp
  ) -> LedgerEntry {
    var subject = LedgerEntry.Subject(triggerType: "event")
    subject.eventID = event.id
    subject.parentID = parentID
    subject.hops = hops
    let nobody = "no rule wanted source \(event.source), detail-type \(event.detailType)"
    var summary = nobody
    var facts: JSON = ["near_misses": .array(look.misses.map(\.json))]
    switch look {
    case .looked(let misses) where !misses.isEmpty:
      let named = misses.map { "\($0.rule) by \($0.failures.map(\.sentence).joined())" }
      summary = "missed \(named.joined(separator: "; "))"
    case .looked: break
    case .skipped(let like):
      summary = "\(nobody); too many came to look for near misses" + (like.map { ", see \($0)" } ?? "")
      facts.set("near_misses_skipped", true)
      if let like { facts.set("near_misses_like", .string(like)) }
    }
    return LedgerEntry(
      causeID: event.id, decision: .unmatched, gate: .match, code: .noRuleMatched, summary: summary, facts: facts,
      at: now, took: .zero, about: subject)
  }
}
