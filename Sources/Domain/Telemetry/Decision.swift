/// The one answer to a cause: every schedule slot, event–rule match and invocation ends in exactly one (D32).
public enum Decision: String, Sendable, Hashable, Codable, CaseIterable {
  case dispatched
  case dryRun = "dry_run"
  case duplicate
  case conflict
  case invalid
  case rejected
  case rateLimited = "rate_limited"
  case breakerOpen = "breaker_open"
  case loopStopped = "loop_stopped"
  case disabled
  case missed
  case skipped
  case unmatched
  case undeliverable
  /// No cause: an operator changed a definition, and the row says who, when and why (§9).
  case changed
  /// Not decided yet: the cause waits its turn and will get one of the others.
  case deferred

  /// Whether the cause is answered for good.
  public var isTerminal: Bool { self != .deferred }
}

/// What a cause has to pass, in this order (D10).
public enum Gate: String, Sendable, Hashable, Codable, CaseIterable {
  /// Somebody's own doing; no cause passes it.
  case `operator`
  case enabled
  case match
  case misfire
  case delivery
  case shape
  case structure
  case values
  case symbols
  case plan
  case causation
  case duplicate
  case breaker
  case rate
  case lease
  case claim
  case dispatch
}
