import AWSModel
import AWSPorts
import Engine
import Events
import Ingestion
import Synchronization

/// What must be so when a life on AWS has settled.
extension AWSWorld {
  private struct Row {
    let id: String
    let place: String
    let json: JSON

    func text(_ name: String) -> String? { json[name]?["S"]?.string }
    func number(_ name: String) -> Int? { json[name]?["N"]?.string.flatMap { Int($0) } }
  }

  private func rows() -> [Row] {
    cloud.items(in: EnvironmentNames(settings).controlTable).compactMap { json in
      guard let id = json["id"]?["S"]?.string, let place = json["place"]?["S"]?.string else { return nil }
      return Row(id: id, place: place, json: json)
    }
  }

  func leftovers() -> [String] {
    rows().filter { ["outbox", "running", "line#events", "line#others"].contains($0.id) || $0.place == "open" }
      .map { "\($0.id) \($0.place) is left over" }
  }

  func findings() -> [String] {
    let rows = rows()
    var findings = leftovers()
    let decisions = rows.filter { $0.id.hasPrefix("cause#") && $0.place == "decision" }
    let decided = Set(decisions.map { String($0.id.dropFirst("cause#".count)) })
    let rule = EnvironmentNames(settings).scheduleRule
    let (slots, events, promised, told) = life.withLock { ($0.slots, $0.events, $0.promised, $0.runsTold) }
    findings += slots.map { Cause.slotID(rule: rule, at: $0) }.filter { !decided.contains($0) }
      .map { "slot \($0) is undecided" }
    findings += events.filter { event in !decided.contains { $0.hasPrefix(event.id) } }
      .map { "event \($0.id) of \($0.source) is undecided" }
    findings += promised.filter { !decided.contains($0) }.map { "invocation \($0) is undecided" }
    let heads = rows.filter { $0.id.hasPrefix("run#") && $0.place == "head" }
    let runs = Set(heads.map { String($0.id.dropFirst("run#".count)) })
    findings += told.filter { !runs.contains($0) }.map { "run \($0) was told and is not there" }
    findings += heads.filter { $0.text("status") == "running" }.map { "\($0.id) never ended" }
    findings += doubleRuns(heads)
    let dispatched = decisions.filter { $0.text("decision") == "dispatched" }
    if dispatched.count != heads.count {
      findings.append("\(dispatched.count) causes are dispatched, \(heads.count) runs are there")
    }
    for head in heads { findings += gaps(head, rows) + unsent(head, rows) }
    return findings + limits(heads)
  }

  /// Chunks that were given up as lost, of a run that kept its key: then its messages would have been sent some day.
  private func unsent(_ head: Row, _ rows: [Row]) -> [String] {
    let run = String(head.id.dropFirst("run#".count))
    let claim = rows.first { $0.id == "idem#\(head.text("idempotency_key") ?? "")" }
    guard claim?.text("run_id") == run else { return [] }
    let reason = Housekeeper.lostReason(EnvironmentNames(settings).workQueue)
    return rows.filter { $0.id == head.id && $0.text("results")?.contains(reason) == true }
      .map { "\(head.id) lost its \($0.place)" }
  }

  /// Runs of one key that could not have followed each other: the one before had not failed.
  private func doubleRuns(_ heads: [Row]) -> [String] {
    Dictionary(grouping: heads) { $0.text("idempotency_key") ?? "" }.flatMap { key, heads -> [String] in
      let sorted = heads.sorted { ($0.number("started_at") ?? 0) < ($1.number("started_at") ?? 0) }
      return zip(sorted, sorted.dropFirst()).compactMap { before, after in
        // One that could not be sent loses its key when its claim's lease is over, long before it ends.
        let start = before.number("started_at") ?? 0
        let freed = min(before.number("ended_at") ?? .max, start + Int(AWSStore.claimLease.milliseconds))
        let isOver = before.text("status") == "failed" && freed <= (after.number("started_at") ?? 0)
        return isOver ? nil : "\(key) ran twice: \(before.id) was \(before.text("status") ?? "?")"
      }
    }
  }

  /// Chunks that are not finished, and objects that are said to be stored and are not.
  private func gaps(_ head: Row, _ rows: [Row]) -> [String] {
    let own = rows.filter { $0.id == head.id && $0.place.hasPrefix("chunk#") }
    var findings: [String] = []
    if own.filter({ $0.number("finished_at") != nil }).count != head.number("chunks") {
      findings.append("\(head.id) has unfinished chunks and is \(head.text("status") ?? "?")")
    }
    for chunk in own {
      let results: [JSON]
      do { results = try JSON(parsing: chunk.text("results") ?? "[]").elements ?? [] } catch { results = [] }
      for key in results.compactMap({ $0["key"]?.string })
      where cloud.object(bucket: EnvironmentNames(settings).rawBucket, key: key) == nil {
        findings.append("\(head.id) says that it stored \(key)")
      }
    }
    return findings
  }

  /// Runs of a kind in any of its windows are within its limit (D12).
  private func limits(_ heads: [Row]) -> [String] {
    var starts: [TriggerType: [Int]] = [:]
    for head in heads {
      let request: JSON
      do { request = try JSON(parsing: head.text("request") ?? "") } catch { continue }
      guard let trigger = request["trigger_type"]?.string.flatMap({ TriggerType(rawValue: $0) }) else { continue }
      starts[trigger, default: []].append(head.number("started_at") ?? 0)
    }
    return starts.flatMap { trigger, moments -> [String] in
      guard let rate = settings.limits.rate(of: trigger) else { return [] }
      let sorted = moments.sorted()
      return sorted.indices.compactMap { index in
        let end = sorted[index] + Int(rate.window.milliseconds)
        let count = sorted[index...].prefix { $0 < end }.count
        return count > rate.max ? "\(count) \(trigger.rawValue) runs in one window from \(sorted[index])" : nil
      }
    }
  }
}
