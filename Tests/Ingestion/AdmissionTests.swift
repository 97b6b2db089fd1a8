import Events
import Ingestion
import Testing

@Suite struct AdmissionTests {
  private let now = Timestamp(seconds: 1_757_455_200)
  private let limits = Admission.Limits()

  @Test(arguments: try RequestVector.load("admissions"))
  func `the gates are asked in the order of D10, and the first that is shut decides`(_ vector: RequestVector) throws {
    let trigger = try #require(vector.row["trigger"]?.string.flatMap { TriggerType(rawValue: $0) })
    var facts = Admission.Facts()
    var hops = 0
    for gate in try #require(vector.row["shut"]?.elements).compactMap(\.string) {
      try shut(gate, &facts, &hops)
    }
    let ask = Admission.Ask(
      trigger: trigger, payloadHash: "hash", runID: "run-2", urgent: vector.row["urgent"]?.bool ?? false, hops: hops,
      resumes: vector.row["resumes"]?.bool ?? false)
    #expect(name(of: Admission.decide(ask, facts, limits, at: now)) == vector.row["verdict"]?.string)
  }

  @Test func `a refusal says when the next may come: when the oldest that counts leaves the window`() {
    var facts = Admission.Facts()
    facts.admitted = (0..<12).map { now - .minutes(50 - $0) }
    let verdict = Admission.decide(ask(.manual), facts, limits, at: now)
    #expect(verdict == .rateLimited(retryAfter: .minutes(12), count: 12, limit: 10))
  }

  @Test func `admissions outside the window do not count`() {
    var facts = Admission.Facts()
    facts.admitted = (0..<10).map { _ in now - .hours(1) }
    #expect(name(of: Admission.decide(ask(.manual), facts, limits, at: now)) == "admit")
  }

  @Test func `those in line are asked again when the last before them is, and not at once`() {
    var facts = Admission.Facts()
    facts.aheadUntil = now + .seconds(30)
    #expect(Admission.decide(ask(.event), facts, limits, at: now) == .wait(.line, until: now + .seconds(30)))
    facts.aheadUntil = now - .seconds(30)
    #expect(Admission.decide(ask(.event), facts, limits, at: now) == .wait(.line, until: now + Admission.linePause))
  }

  @Test func `the probe that is admitted is known to the breaker that is kept`() throws {
    var facts = Admission.Facts()
    var hops = 0
    try shut("breaker", &facts, &hops)
    let later = now + limits.breaker.rest
    guard case .admit(let breaker) = Admission.decide(ask(.schedule), facts, limits, at: later) else {
      Issue.record("not admitted")
      return
    }
    #expect(breaker.state == .probing(run: "run-2", since: later))
  }

  private func ask(_ trigger: TriggerType) -> Admission.Ask {
    Admission.Ask(trigger: trigger, payloadHash: "hash", runID: "run-2", urgent: false, hops: 0, resumes: false)
  }

  private func shut(_ gate: String, _ facts: inout Admission.Facts, _ hops: inout Int) throws {
    func claim(
      _ status: Admission.Claim.Status, run: String = "run-1", hash: String = "hash", lease: Int = 60, expires: Int = 60
    ) -> Admission.Claim {
      Admission.Claim(
        runID: run, payloadHash: hash, status: status, leaseUntil: now + .seconds(lease),
        expiresAt: now + .seconds(expires))
    }
    switch gate {
    case "loop": hops = 4
    case "three hops": hops = 3
    case "reingestions": facts.reingestionsToday = 3
    case "duplicate": facts.claim = claim(.succeeded)
    case "conflict": facts.claim = claim(.dispatched, hash: "other")
    case "expired": facts.claim = claim(.succeeded, expires: 0)
    case "failed": facts.claim = claim(.failed)
    case "claimed": facts.claim = claim(.claimed)
    case "lapsed": facts.claim = claim(.claimed, lease: 0)
    case "own": facts.claim = claim(.claimed, run: "run-2")
    case "line": facts.aheadUntil = now
    case "breaker":
      for _ in 1...5 { facts.breaker.runEnded("bad", failed: true, at: now, limits.breaker) }
    case "rate": facts.admitted = Array(repeating: now, count: 100)
    case "lease": facts.lease = Admission.Lease(owner: "ops", until: now + .seconds(60))
    case "old lease": facts.lease = Admission.Lease(owner: "ops", until: now)
    default: Issue.record("no such gate: \(gate)")
    }
  }

  private func name(of verdict: Admission.Verdict) -> String {
    switch verdict {
    case .admit(let breaker): breaker.name == "half_open" ? "probe" : "admit"
    case .loopStopped: "loop"
    case .duplicate: "duplicate"
    case .conflict: "conflict"
    case .breakerOpen: "breaker refuses"
    case .rateLimited: "rate refuses"
    case .wait(let wait, _): "\(wait.rawValue) waits"
    }
  }
}
