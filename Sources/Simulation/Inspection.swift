import Extraction
import Schedules
import Engine
import Events
import Ingestion
import Rules
import Telemetry

/// Looks at a world that has settled: no cause lost, none run twice, one decision each, every run at its end.
struct Inspection {
  private let world: SimulatedWorld

  init(_ world: SimulatedWorld) {
    self.world = world
  }

  func findings() async throws -> [String] {
    var findings: [String] = []
    findings += try await eventFindings()
    findings += try await invocationFindings()
    findings += try await slotFindings()
    findings += try await runFindings()
    findings += try await objectFindings()
    findings += try await ledgerFindings()
    return findings
  }

  /// Each acknowledged event is there, and has exactly one decision for each rule that wanted it.
  private func eventFindings() async throws -> [String] {
    var findings: [String] = []
    for (id, rules) in world.promises.events.sorted(by: { $0.key < $1.key }) {
      guard try await world.store.event(id) != nil else {
        findings.append("event \(id) was acknowledged and is gone")
        continue
      }
      let causes = rules.isEmpty ? [id] : rules.map { Cause.matchID(event: id, rule: $0) }
      for cause in causes {
        let rows = try await terminalRows(of: cause)
        if rows.count != 1 { findings.append("cause \(cause) has \(rows.count) decisions: \(rows.map(\.decision))") }
      }
    }
    return findings
  }

  /// Each answered invocation has exactly one decision, and it is the one that was answered, or what became of a deferral.
  private func invocationFindings() async throws -> [String] {
    var findings: [String] = []
    for (id, answer) in world.promises.invocations.sorted(by: { $0.key < $1.key }) {
      let rows = try await terminalRows(of: id)
      guard rows.count == 1, let row = rows.first else {
        findings.append(
          "invocation \(id) was answered \(answer["decision"]?.string ?? "?") and has \(rows.count) decisions")
        continue
      }
      let told = answer["decision"]?.string
      if told != row.decision.rawValue, told != Decision.deferred.rawValue {
        findings.append("invocation \(id) was told \(told ?? "?") and is \(row.decision.rawValue)")
      }
    }
    return findings
  }

  /// Each slot between the birth of the schedule and now has exactly one decision.
  private func slotFindings() async throws -> [String] {
    var findings: [String] = []
    let name = EnvironmentNames(world.settings).scheduleRule
    guard let rule = world.engine.book.bus.rule(name), let schedule = rule.schedule else {
      return ["the schedule rule is gone"]
    }
    var instant = rule.anchor
    while let slot = schedule.next(after: instant, anchor: rule.anchor, zone: .utc), slot <= world.clock.now() {
      let rows = try await terminalRows(of: Cause.slotID(rule: name, at: slot))
      if rows.count != 1 { findings.append("slot \(slot) has \(rows.count) decisions") }
      instant = slot
    }
    return findings
  }

  /// Each dispatched cause has its one run, each run its end, and no two runs hold one key unless the first failed.
  private func runFindings() async throws -> [String] {
    var findings: [String] = []
    let runs = try await world.store.runs(limit: Int(Int32.max))
    var dispatched = LedgerQuery()
    dispatched.decision = .dispatched
    dispatched.limit = LedgerQuery.limitMax
    let causes = try await world.store.entries(dispatched).filter { $0.about.runID != nil }.map(\.causeID)
    let ran = runs.map(\.causeID)
    if Set(causes) != Set(ran) || ran.count != Set(ran).count {
      findings.append("\(causes.count) causes were dispatched and \(ran.count) runs exist for \(Set(ran).count) causes")
    }
    var keys: [String: Run] = [:]
    for run in runs.sorted(by: { $0.startedAt < $1.startedAt }) {
      if run.status == .running { findings.append("run \(run.id) never ended") }
      let key = run.request.idempotencyKey
      if let earlier = keys[key], earlier.status != .failed {
        findings.append("\(earlier.id) and \(run.id) ran under the key \(key)")
      }
      keys[key] = run
    }
    return findings + lostFindings(runs) + limitFindings(runs)
  }

  /// Nobody purges a queue in a simulated life, so no chunk may be without its message.
  private func lostFindings(_ runs: [Run]) -> [String] {
    let reason = Housekeeper.lostReason(EnvironmentNames(world.settings).workQueue)
    return runs.flatMap { run in
      run.chunks.flatMap(\.results).compactMap { result in
        guard case .failed(_, reason) = result.outcome else { return nil }
        return "\(run.id) lost the message that was to fetch \(result.symbol)"
      }
    }
  }

  /// No window holds more runs of a kind than its limit. Clocks step, so the order is that of the ledger, not of time.
  private func limitFindings(_ runs: [Run]) -> [String] {
    var findings: [String] = []
    for (trigger, rate) in [TriggerType.manual, .event].compactMap({ trigger in
      world.settings.limits.rate(of: trigger).map { (trigger, $0) }
    }) {
      let starts = runs.filter { $0.request.triggerType == trigger }.map(\.startedAt).sorted()
      for (index, start) in starts.enumerated() where index >= rate.max {
        if start - starts[index - rate.max] < rate.window {
          findings.append("more than \(rate.max) \(trigger.rawValue) runs inside \(rate.window.seconds) s at \(start)")
        }
      }
    }
    return findings
  }

  /// Each stored symbol has exactly one object of its run, and each raw object under the prefix one message for Transform.
  private func objectFindings() async throws -> [String] {
    var findings: [String] = []
    let names = EnvironmentNames(world.settings)
    let objects = try await world.store.entries(bucket: names.rawBucket, prefix: "", after: "", limit: 100_000)
    var written: [String: Int] = [:]
    for object in objects {
      guard let run = object.runID,
        let symbol = object.key.split(separator: "/").first(where: { $0.hasPrefix("symbol=") })
      else { continue }
      written["\(run) \(symbol)", default: 0] += 1
    }
    for (what, count) in written.sorted(by: { $0.key < $1.key }) where count != 1 {
      findings.append("\(what) has \(count) objects")
    }
    for run in try await world.store.runs(limit: Int(Int32.max)) {
      for result in run.chunks.flatMap(\.results) where result.isStored {
        if written["\(run.id) symbol=\(result.symbol)"] == nil {
          findings.append("\(run.id) says that \(result.symbol) is stored, and it is not")
        }
      }
    }
    let keys = objects.filter { $0.key.hasPrefix("market/prices/") && $0.key.hasSuffix(".json") && $0.runID != nil }
    let messages = try await world.store.receive(
      names.transformQueue, limit: 100_000, visibility: .hours(1), at: world.clock.now())
    let told = messages.compactMap { message -> String? in
      do { return try JSON(parsing: message.body)["detail"]?["object"]?["key"]?.string } catch { return nil }
    }
    for object in keys where told.count(where: { $0 == object.key }) != 1 {
      findings.append("Transform was told \(told.count { $0 == object.key }) times of \(object.key)")
    }
    return findings
  }

  /// Nothing waits any more, and the chain is whole.
  private func ledgerFindings() async throws -> [String] {
    var findings: [String] = []
    var open = LedgerQuery()
    open.decision = .deferred
    open.limit = LedgerQuery.limitMax
    for row in try await world.store.entries(open) { findings.append("cause \(row.causeID) was never decided") }
    let broken = try await world.store.brokenLinks()
    if !broken.isEmpty { findings.append("the ledger's chain is broken at \(broken)") }
    return findings
  }

  private func terminalRows(of cause: String) async throws -> [LedgerEntry] {
    var query = LedgerQuery()
    query.id = cause
    query.limit = LedgerQuery.limitMax
    return try await world.store.entries(query).filter { $0.causeID == cause && $0.decision.isTerminal }
  }
}
