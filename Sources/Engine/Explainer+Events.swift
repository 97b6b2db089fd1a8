import Events
import Patterns
import Rules
import Telemetry

extension Explainer {
  /// What came nearest to a moment: an event that the rule wanted, or one that missed it.
  private enum Nearest {
    case decided(LedgerEntry)
    case missed(RecordedEvent, EventBus.NearMiss)
  }

  /// Why a rule with a pattern started nothing at a moment.
  func eventAnswer(_ rule: Rule, _ timeline: RuleTimeline, at moment: Timestamp) async throws(StoreError) -> JSON {
    let now = engine.ports.clock.now()
    guard moment <= now else {
      let wait = (moment - now).wholeSecondsUp
      return try await unfinished(
        rule, at: moment, .match, "NOT_YET_DUE", "that moment comes in \(wait) s, and no event can be told beforehand",
        nil)
    }
    if let down = try await downtime(around: moment) {
      let sentence = "\(down); whoever sent an event then had an error, and may send it again"
      return try await unfinished(rule, at: moment, .match, "ENGINE_DOWN", sentence, "bellcrank doctor --no-sources")
    }
    switch try await nearest(rule, timeline, to: moment) {
    case .decided(let entry): return try await decided(rule.name, entry, at: moment)
    case .missed(let event, let miss):
      guard rule.isEnabled else { break }
      return try await missed(rule, event, miss, at: moment)
    case nil: break
    }
    return try await silence(rule, at: moment)
  }

  private func missed(
    _ rule: Rule, _ event: RecordedEvent, _ miss: EventBus.NearMiss, at moment: Timestamp
  ) async throws(StoreError) -> JSON {
    let leaves = miss.failures.map(\.sentence).joined(separator: "; ")
    let sentence =
      "the event that came closest, \(event.event.id) of \(event.event.source) at \(event.receivedAt), missed by \(leaves)"
    var json = try await unfinished(
      rule, at: moment, .match, ReasonCode.noRuleMatched.rawValue, sentence, "bellcrank why \(event.event.id)")
    if let leaf = miss.failures.first {
      let had = leaf.had.map { "takes \($0)" } ?? "does not ask for it"
      json.set("would_let_it_through", .string("\(leaf.path) within \(leaf.wanted), or a pattern that \(had)"))
    }
    json.set("closest", miss.json)
    json.set("event", event.event.json)
    return json
  }

  /// By distance in time: decisions of the rule, and events that missed the rule of their own time by one leaf; where there
  /// are none of them, the event that missed by the fewest.
  private func nearest(
    _ rule: Rule, _ timeline: RuleTimeline, to moment: Timestamp
  ) async throws(StoreError) -> Nearest? {
    func distance(_ other: Timestamp) -> Int64 { abs((other - moment).milliseconds) }
    let decided = try await decisions(of: rule, around: moment).min { distance($0.at) < distance($1.at) }
    let misses = try await events(around: moment).compactMap { event -> (RecordedEvent, EventBus.NearMiss)? in
      guard let then = timeline.rules(at: event.receivedAt).first(where: { $0.name == rule.name }) else { return nil }
      return EventBus.misses(event.event.json, of: [then]).first.map { (event, $0) }
    }
    let close = misses.filter { $0.1.failures.count == 1 }.min { distance($0.0.receivedAt) < distance($1.0.receivedAt) }
    switch (decided, close) {
    case (let entry?, let miss?):
      return distance(entry.at) <= distance(miss.0.receivedAt) ? .decided(entry) : .missed(miss.0, miss.1)
    case (let entry?, nil): return .decided(entry)
    case (nil, let miss?): return .missed(miss.0, miss.1)
    case (nil, nil):
      let best = misses.min { left, right in
        (left.1.failures.count, distance(left.0.receivedAt)) < (right.1.failures.count, distance(right.0.receivedAt))
      }
      return best.map { .missed($0.0, $0.1) }
    }
  }

  /// The rule's rows on both sides of the moment, the nearest first of each side.
  private func decisions(of rule: Rule, around moment: Timestamp) async throws(StoreError) -> [LedgerEntry] {
    var before = LedgerQuery()
    before.rule = rule.name
    before.since = moment - Explainer.lookAround
    before.until = Timestamp(milliseconds: moment.milliseconds + 1)
    before.limit = Explainer.causesMax
    var after = before
    after.since = before.until
    after.until = moment + Explainer.lookAround
    after.oldestFirst = true
    let rows = try await engine.ports.ledger.entries(before) + engine.ports.ledger.entries(after)
    return rows.filter { $0.decision != .changed }
  }

  /// The events on both sides of the moment that went over the bus; scheduled ones go to their own rule only.
  private func events(around moment: Timestamp) async throws(StoreError) -> [RecordedEvent] {
    var before = EventQuery()
    before.since = moment - Explainer.lookAround
    before.until = Timestamp(milliseconds: moment.milliseconds + 1)
    before.limit = Explainer.eventsMax
    var after = before
    after.since = before.until
    after.until = moment + Explainer.lookAround
    after.oldestFirst = true
    let events = try await engine.ports.events.events(before) + engine.ports.events.events(after)
    return events.map(\.recorded).filter { !$0.event.isScheduled }
  }

  private func silence(_ rule: Rule, at moment: Timestamp) async throws(StoreError) -> JSON {
    var query = EventQuery()
    query.until = moment
    query.limit = 1
    let last = try await engine.ports.events.events(query).first?.recorded
    let sentence =
      "no event came within \(Explainer.lookAround.wholeSecondsUp / 60) min of \(moment)"
      + (last.map { "; the last one before was \($0.event.id) of \($0.event.source) at \($0.receivedAt)" } ?? "")
    return try await unfinished(rule, at: moment, .match, "NO_EVENT", sentence, Explainer.trial(of: rule))
  }

  /// An event that the rule would want, as far as the pattern names its envelope; nil if it does not.
  private static func trial(of rule: Rule) -> String? {
    guard let text = rule.pattern?.text else { return nil }
    let pattern: JSON
    do { pattern = try JSON(parsing: text) } catch { return nil }
    guard let source = pattern["source"]?.elements?.first?.string,
      let type = pattern["detail-type"]?.elements?.first?.string
    else { return nil }
    return "bellcrank event put --source '\(source)' --detail-type '\(type)' --detail '{}'"
  }
}

extension Event {
  /// Whether it is the event of a schedule's slot, which never passes a bus.
  public var isScheduled: Bool { Event.isScheduled(source: source, detailType: detailType) }

  static func isScheduled(source: String, detailType: String) -> Bool {
    source == "aws.events" && detailType == "Scheduled Event"
  }
}
