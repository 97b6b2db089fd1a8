import Events

/// Stops runs of one (domain, table) after too many failures in a row, and lets one through to see whether it works again (D11).
///
/// Closed → open after `failuresMax` consecutive failed runs inside `window`; open → half-open after `rest`;
/// half-open lets one probe through: its success closes, its failure opens again.
public struct CircuitBreaker: Sendable, Hashable, Codable {
  public enum State: Sendable, Hashable, Codable {
    /// - Parameter failures: when the runs of the present streak failed, the oldest first.
    case closed(failures: [Timestamp])
    case open(since: Timestamp)
    case probing(run: String, since: Timestamp)
  }

  public struct Settings: Sendable, Hashable, Codable {
    public let failuresMax: Int
    public let window: Span
    public let rest: Span

    public init(failuresMax: Int = 5, window: Span = .seconds(3_600), rest: Span = .seconds(3_600)) {
      self.failuresMax = failuresMax
      self.window = window
      self.rest = rest
    }
  }

  public enum Answer: Sendable, Hashable {
    case pass
    /// Pass, and be the one run that shows whether it works again.
    case probe
    /// - Parameter retryAfter: until the next probe is allowed; the rest period again while a probe is under way.
    case refuse(retryAfter: Span)
  }

  public private(set) var state = State.closed(failures: [])

  public init() {}

  /// Whether a run may start.
  ///
  /// - Parameter urgent: may be the probe before the rest is over (D19).
  public func ask(urgent: Bool, at now: Timestamp, _ settings: Settings) -> Answer {
    switch state {
    case .closed: .pass
    case .open(let since) where urgent || now - since >= settings.rest: .probe
    case .open(let since): .refuse(retryAfter: max(.zero, since + settings.rest - now))
    // A probe that never reports must not keep the table shut: after a rest period another one may try.
    case .probing(_, let since) where now - since >= settings.rest: .probe
    case .probing(_, let since): .refuse(retryAfter: max(.zero, since + settings.rest - now))
    }
  }

  /// The run that was let through as the probe has been dispatched.
  public mutating func probeStarted(_ run: String, at now: Timestamp) {
    state = .probing(run: run, since: now)
  }

  /// A run has ended. A run that is not the probe says nothing to a breaker that is not closed.
  public mutating func runEnded(_ run: String, failed: Bool, at now: Timestamp, _ settings: Settings) {
    switch state {
    case .closed(let failures):
      guard failed else {
        state = .closed(failures: [])
        return
      }
      let streak = failures.filter { now - $0 < settings.window } + [now]
      state = streak.count >= settings.failuresMax ? .open(since: now) : .closed(failures: streak)
    case .probing(let probe, _) where probe == run:
      state = failed ? .open(since: now) : .closed(failures: [])
    case .open, .probing:
      return
    }
  }

  /// The whole state, for stores; `init(stored:)` reads it back.
  public var stored: JSON {
    switch state {
    case .closed(let failures):
      ["state": .string(name), "failures": .array(failures.map { JSON(Int($0.milliseconds)) })]
    case .open(let since): ["state": .string(name), "since": JSON(Int(since.milliseconds))]
    case .probing(let run, let since):
      ["state": .string(name), "since": JSON(Int(since.milliseconds)), "run": .string(run)]
    }
  }

  /// Reads what `stored` wrote; nil if a member is absent or unknown.
  public init?(stored: JSON) {
    func moment(_ json: JSON?) -> Timestamp? { json?.int.map { Timestamp(milliseconds: Int64($0)) } }
    switch (stored["state"]?.string, stored["failures"]?.elements, moment(stored["since"]), stored["run"]?.string) {
    case ("closed", let failures?, _, _): state = .closed(failures: failures.compactMap { moment($0) })
    case ("open", _, let since?, _): state = .open(since: since)
    case ("half_open", _, let since?, let run?): state = .probing(run: run, since: since)
    case (_, _, _, _): return nil
    }
  }

  /// The state by name and since when, as histories keep it.
  public var json: JSON {
    switch state {
    case .closed: ["state": .string(name)]
    case .open(let since), .probing(_, let since): ["state": .string(name), "since": .string(since.description)]
    }
  }

  /// `closed`, `open` or `half_open`, as the ledger and metrics name it.
  public var name: String {
    switch state {
    case .closed: "closed"
    case .open: "open"
    case .probing: "half_open"
    }
  }
}
