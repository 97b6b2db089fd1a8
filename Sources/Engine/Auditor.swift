import Events
import Rules
import Schedules
import Telemetry

/// Proves the ledger in steps that are short, so that nobody waits for it: no row was changed or removed, and every slot
/// and every event–rule match has exactly one decision.
public struct Auditor: Sendable {
  /// Rows of the chain, slots or events that one step looks at.
  public static let rowsMax = 20_000
  public static let slotsMax = 5_000
  public static let eventsMax = 1_000
  /// Around a change of a rule, either version may have been the one that routed.
  static let blur = Span.seconds(5)

  private let engine: Runtime

  public init(_ engine: Runtime) {
    self.engine = engine
  }

  /// Where an audit has come to; it is handed back to go on.
  public enum Place: Sendable, Hashable {
    case chain(after: LedgerLink?)
    case slots(rule: String, version: Int, after: Timestamp?)
    case matches(after: Int64)
  }

  /// What one step found.
  public struct Step: Sendable {
    public var rows = 0
    public var slots = 0
    public var matches = 0
    public var faults: [LedgerFault] = []
    /// nil once all was looked at.
    public var next: Place?
  }

  public func step(_ place: Place) async throws(StoreError) -> Step {
    switch place {
    case .chain(let link): try await chain(after: link)
    case .slots(let rule, let version, let after): try await slots(of: rule, version, after: after)
    case .matches(let sequence): try await matches(after: sequence)
    }
  }

  // MARK: The chain

  private func chain(after link: LedgerLink?) async throws(StoreError) -> Step {
    var step = Step()
    if link == nil { step.faults += try await checkpoints() }
    let stretch = try await engine.ports.chain.audit(after: link, limit: Auditor.rowsMax)
    step.rows = stretch.rows
    step.faults += stretch.faults
    if let next = stretch.next {
      step.next = .chain(after: next)
    } else {
      step.next = .slots(rule: "", version: 0, after: nil)
    }
    return step
  }

  /// The newest checkpoint must be what the row says that stands in the chain for it, and so must the seal of all before it.
  private func checkpoints() async throws(StoreError) -> [LedgerFault] {
    let checkpoints = try await engine.ports.chain.checkpoints()
    guard let last = checkpoints.last else { return [] }
    var faults: [LedgerFault] = []
    let row = try await proof(of: last)
    let isTrue =
      row?.facts["hash"]?.string == last.last.hash && row?.facts["first"]?.int == Int(last.first)
      && row?.facts["rows"]?.int == last.rows
    if !isTrue {
      let reason = "the checkpoint at row \(last.last.sequence) is not the one that the ledger tells of"
      faults.append(LedgerFault(.checkpointChanged, reason))
    }
    let seal = LedgerCheckpoint.seal(Array(checkpoints.dropLast())) { engine.ports.digests.sha256($0) }
    if row?.facts["checkpoints_before"]?.string != seal {
      let reason = "a checkpoint before row \(last.last.sequence) is not the one that the ledger tells of"
      faults.append(LedgerFault(.checkpointChanged, reason))
    }
    return faults
  }

  /// The row that tells of a checkpoint; nil if there is none that can be read.
  private func proof(of checkpoint: LedgerCheckpoint) async throws(StoreError) -> LedgerEntry? {
    do {
      return try await engine.ports.ledger.entry(of: RetentionReport.causeID(checkpoint))
    } catch {
      guard error.code == .corrupt else { throw error }
      return nil
    }
  }

  /// Whether a link that somebody kept is still in the chain.
  public func knows(_ link: LedgerLink) async throws(StoreError) -> LedgerFault? {
    let found = try await engine.ports.chain.link(at: link.sequence)
    if found == link { return nil }
    if found == nil, let last = try await engine.ports.chain.checkpoints().last, link.sequence <= last.last.sequence {
      return LedgerFault(.headUnknown, "row \(link.sequence) was let go of, and no checkpoint stands right there")
    }
    return LedgerFault(.headUnknown, "row \(link.sequence) does not have the hash \(link.hash)")
  }

  /// Before this nothing is known any more: rows were let go of by their place, and their times may lie around the cut.
  private func horizon() async throws(StoreError) -> Timestamp {
    guard try await !engine.ports.chain.checkpoints().isEmpty else { return .epoch }
    return (try await engine.ports.chain.oldest() ?? engine.ports.clock.now()) + Auditor.blur
  }

  // MARK: Slots

  private func slots(of name: String, _ version: Int, after: Timestamp?) async throws(StoreError) -> Step {
    var step = Step()
    guard let (rule, began, end, next) = try await epoch(name, version) else {
      step.next = .matches(after: 0)
      return step
    }
    guard let schedule = rule.schedule else {
      step.next = .slots(rule: next.name, version: next.version, after: nil)
      return step
    }
    let start = max(after ?? max(rule.anchor, began), try await horizon())
    let slots = schedule.instants(after: start, count: Auditor.slotsMax, anchor: rule.anchor, zone: .utc)
      .prefix { $0 <= end }
    let ids = slots.map { Cause.slotID(rule: rule.name, at: $0) }
    let standings = try await engine.ports.ledger.standing(of: ids)
    for id in ids {
      step.faults += Auditor.fault(standings[id], .slotUndecided, "the slot \(id)")
    }
    step.slots = slots.count
    step.next =
      slots.count == Auditor.slotsMax
      ? .slots(rule: name, version: version, after: slots.last)
      : .slots(rule: next.name, version: next.version, after: nil)
    return step
  }

  private static func fault(_ standing: CauseStanding?, _ code: LedgerFault.Code, _ what: String) -> [LedgerFault] {
    guard let standing else { return [LedgerFault(code, "\(what) has no decision")] }
    return standing.decided > 1 ? [LedgerFault(.decidedTwice, "\(what) has \(standing.decided) decisions")] : []
  }

  /// The version of a rule that comes at or behind that place, when it was in force, and the place behind it.
  private func epoch(
    _ name: String, _ version: Int
  ) async throws(StoreError) -> (rule: Rule, began: Timestamp, end: Timestamp, next: (name: String, version: Int))? {
    let all = try await engine.ports.history.versions()
    guard
      let index = all.firstIndex(where: {
        ($0.name == name ? $0.version >= version : $0.name > name) && $0.rule != nil
      }), let rule = all[index].rule
    else { return nil }
    let found = all[index]
    let now = engine.ports.clock.now()
    var end = now - Watchdog.grace
    if index + 1 < all.count, all[index + 1].name == found.name {
      // A slot of the very moment of a change may be nobody's.
      end = min(end, all[index + 1].at - Auditor.blur)
    }
    return (rule, found.at, end, (found.name, found.version + 1))
  }

  // MARK: Matches

  private func matches(after sequence: Int64) async throws(StoreError) -> Step {
    var step = Step()
    var query = EventQuery()
    query.after = sequence
    query.limit = Auditor.eventsMax
    let events = try await engine.ports.events.events(query)
    guard let last = events.last else { return step }
    var timeline = try await RuleTimeline(engine.ports.history.versions())
    let horizon = try await horizon()
    var wanted: [(id: String, what: String)] = []
    for event in events.map(\.recorded) where event.receivedAt >= horizon && !event.event.isScheduled {
      guard !timeline.isBlurred(at: event.receivedAt) else { continue }
      let routing = timeline.bus(at: event.receivedAt).route(event.event.json)
      let rules = (routing.matched + routing.disabled).map(\.name)
      if rules.isEmpty { wanted.append((event.event.id, "the event \(event.event.id)")) }
      for rule in rules {
        let id = Cause.matchID(event: event.event.id, rule: rule)
        wanted.append((id, "the match \(id)"))
      }
    }
    let standings = try await engine.ports.ledger.standing(of: wanted.map(\.id))
    for (id, what) in wanted { step.faults += Auditor.fault(standings[id], .matchUndecided, what) }
    step.matches = wanted.count
    step.next = .matches(after: last.sequence)
    return step
  }

}
