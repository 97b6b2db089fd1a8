import Events

/// The gates that depend on what others did: causation, duplicate, breaker, rate, lease and claim, in that order (D10).
///
/// Pure: an adapter reads the facts, asks, and applies the verdict, all in one transaction.
public enum Admission {
  public struct Limits: Sendable, Hashable {
    /// Manual runs per rolling `manualWindow` and environment.
    public let manualMax: Int
    public let manualWindow: Span
    /// Event-driven runs per rolling `eventWindow` and environment; the excess waits.
    public let eventMax: Int
    public let eventWindow: Span
    public let breaker: CircuitBreaker.Settings
    /// How long a key suppresses its own repetition.
    public let claimLife: Span
    public let hopsMax: Int
    /// Re-ingestions of one (domain, table, ds, reason) a UTC day.
    public let reingestionsMax: Int

    public init(
      manualMax: Int = 10, manualWindow: Span = .hours(1), eventMax: Int = 100, eventWindow: Span = .minutes(1),
      breaker: CircuitBreaker.Settings = .init(), claimLife: Span = .days(7), hopsMax: Int = 3,
      reingestionsMax: Int = 3
    ) {
      self.manualMax = manualMax
      self.manualWindow = manualWindow
      self.eventMax = eventMax
      self.eventWindow = eventWindow
      self.breaker = breaker
      self.claimLife = claimLife
      self.hopsMax = hopsMax
      self.reingestionsMax = reingestionsMax
    }

    /// The rolling limit that applies to that kind of trigger; nil where there is none (D12).
    public func rate(of trigger: TriggerType) -> (max: Int, window: Span)? {
      switch trigger {
      case .manual: (manualMax, manualWindow)
      case .event: (eventMax, eventWindow)
      case .schedule, .backfill, .replay: nil
      }
    }
  }

  /// What the request itself brings to the gates.
  public struct Ask: Sendable, Hashable {
    public let trigger: TriggerType
    public let payloadHash: String
    public let runID: String
    public let urgent: Bool
    /// Causes above this one in its chain.
    public let hops: Int
    /// Whether it was told to wait before, and so is not refused any more (D13).
    public let resumes: Bool

    public init(
      trigger: TriggerType, payloadHash: String, runID: String, urgent: Bool, hops: Int, resumes: Bool
    ) {
      self.trigger = trigger
      self.payloadHash = payloadHash
      self.runID = runID
      self.urgent = urgent
      self.hops = hops
      self.resumes = resumes
    }

    /// Events always wait; others only when they were told so, for then their caller has gone (D11, D13).
    var waits: Bool { trigger == .event || resumes }
    /// Only a person may try an open breaker before its rest is over (D11).
    var probesEarly: Bool { urgent && trigger == .manual }
  }

  /// The life of an idempotency key (D9).
  public struct Claim: Sendable, Hashable {
    public enum Status: String, Sendable, Hashable, Codable {
      case claimed, dispatched, succeeded, failed
    }

    public let runID: String
    public let payloadHash: String
    public let status: Status
    /// While claimed: until when its owner is believed to be at work.
    public let leaseUntil: Timestamp
    public let expiresAt: Timestamp

    public init(runID: String, payloadHash: String, status: Status, leaseUntil: Timestamp, expiresAt: Timestamp) {
      self.runID = runID
      self.payloadHash = payloadHash
      self.status = status
      self.leaseUntil = leaseUntil
      self.expiresAt = expiresAt
    }

    /// Whether the key is free for another run: expired, failed, or left behind by an owner whose lease ran out.
    public func isFree(at now: Timestamp) -> Bool {
      if expiresAt <= now { return true }
      switch status {
      case .failed: return true
      case .claimed: return leaseUntil <= now
      case .dispatched, .succeeded: return false
      }
    }
  }

  /// What the store knows when the gates are asked.
  public struct Facts: Sendable, Hashable {
    public var claim: Claim?
    public var breaker = CircuitBreaker()
    /// Other admissions of the same kind of trigger inside its window, the oldest first.
    public var admitted: [Timestamp] = []
    /// Somebody else who holds the table (D13).
    public var lease: Lease?
    /// Until when a deferred cause waits that came earlier and has to go first; nil if there is none.
    public var aheadUntil: Timestamp?
    /// Re-ingestions already admitted today under the same (domain, table, ds, reason).
    public var reingestionsToday = 0

    public init() {}
  }

  /// Who holds a (domain, table), and until when.
  public struct Lease: Sendable, Hashable {
    public let owner: String
    public let until: Timestamp

    public init(owner: String, until: Timestamp) {
      self.owner = owner
      self.until = until
    }
  }

  public enum Verdict: Sendable, Hashable {
    case admit(breaker: CircuitBreaker)
    case loopStopped(hops: Int, reingestionsToday: Int)
    case duplicate(of: String, status: Claim.Status)
    case conflict(with: String)
    case breakerOpen(retryAfter: Span)
    case rateLimited(retryAfter: Span, count: Int, limit: Int)
    /// Waits; asked again at that moment or when what it waits for changes.
    case wait(Wait, until: Timestamp)
  }

  public enum Wait: String, Sendable, Hashable, Codable {
    case breaker, rate, lease, line
  }

  /// How long a cause behind others waits at least before it is asked again.
  public static let linePause = Span.seconds(1)

  /// Asks the gates in their order; the first that does not pass decides.
  public static func decide(_ ask: Ask, _ facts: Facts, _ limits: Limits, at now: Timestamp) -> Verdict {
    if ask.hops > limits.hopsMax || facts.reingestionsToday >= limits.reingestionsMax {
      return .loopStopped(hops: ask.hops, reingestionsToday: facts.reingestionsToday)
    }
    if let claim = facts.claim, !claim.isFree(at: now), claim.runID != ask.runID || claim.status != .claimed {
      return claim.payloadHash == ask.payloadHash
        ? .duplicate(of: claim.runID, status: claim.status) : .conflict(with: claim.runID)
    }
    if let ahead = facts.aheadUntil, ask.trigger == .event {
      return .wait(.line, until: max(ahead, now + linePause))
    }
    var breaker = facts.breaker
    switch breaker.ask(urgent: ask.probesEarly, at: now, limits.breaker) {
    case .pass: break
    case .probe: breaker.probeStarted(ask.runID, at: now)
    case .refuse(let retryAfter):
      return ask.waits
        ? .wait(.breaker, until: now + retryAfter) : .breakerOpen(retryAfter: retryAfter)
    }
    if let rate = limits.rate(of: ask.trigger) {
      let recent = facts.admitted.filter { now - $0 < rate.window }
      if recent.count >= rate.max {
        let free = recent[recent.count - rate.max] + rate.window
        return ask.waits
          ? .wait(.rate, until: free)
          : .rateLimited(retryAfter: free - now, count: recent.count, limit: rate.max)
      }
    }
    if let lease = facts.lease, lease.until > now {
      return .wait(.lease, until: lease.until)
    }
    return .admit(breaker: breaker)
  }
}
