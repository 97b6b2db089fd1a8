import Extraction
import Ingestion
import Engine
import Events
import Patterns
import Rules
import Simulation
import Telemetry

/// The demo's scenes: each does something to the engine and prints what the engine made of it.
struct DemoStory: Sendable {
  /// Two minutes before dev's schedule fires.
  static let opening = CivilTime("2025-09-09T21:58:00").map(\.asUTC) ?? .epoch

  private let runtime: Runtime
  private let clock: VirtualClock
  private let printer: any Printer

  init(_ runtime: Runtime, _ clock: VirtualClock, _ printer: any Printer) {
    self.runtime = runtime
    self.clock = clock
    self.printer = printer
  }

  private var names: EnvironmentNames { EnvironmentNames(runtime.settings) }

  func tell() async throws {
    try printer.line("bellcrank demo: environment \(runtime.settings.environment), virtual clock at \(clock.now())")
    try await schedule()
    try await universe()
    try await veto()
    try await redelivery()
    try await manual()
    try await badRequest()
    try await nearMiss()
    try await transform()
    try await ledger()
  }

  // MARK: Scenes

  private func schedule() async throws {
    try scene("The clock is advanced to the fire of \(names.scheduleRule)")
    guard let due = runtime.scheduler.nextDue() else { throw CommandFailure(.unavailable, "no schedule is due") }
    try await runtime.play(to: due, on: clock)
    try await show(cause: Cause.slotID(rule: names.scheduleRule, at: due))
    try await showRuns(1)
  }

  private func universe() async throws {
    try scene("The symbol universe gains NVDA and AMD, to be ingested at once")
    let event = try await put(
      "symbol.universe", "Universe Updated",
      [
        "added_symbols": ["NVDA", "AMD"], "removed_symbols": ["XOM"], "effective_date": "2025-09-10",
        "immediate_ingestion": true,
      ])
    try await show(cause: Cause.matchID(event: event, rule: names.symbolUniverseRule))
    try await showRuns(1)
  }

  private func veto() async throws {
    try scene("Transform is done and asks for no re-ingestion: trigger_reingestion is false")
    let event = try await put(
      "transform.pipeline", "Processing Complete", reingestion(false, reason: "data_quality_issue"))
    try await show(cause: event)
  }

  private func redelivery() async throws {
    try scene("Transform asks for a re-ingestion, and the event is delivered twice")
    let event = try await put(
      "transform.pipeline", "Processing Complete", reingestion(true, reason: "data_quality_issue"))
    let cause = Cause.matchID(event: event, rule: names.transformPipelineRule)
    try await show(cause: cause)
    guard let recorded = try await runtime.ports.events.event(event) else {
      throw CommandFailure(.unavailable, "event \(event) is gone")
    }
    let answer = try await invoke(recorded.event.json)
    try printer.line(
      "  second delivery answers \(answer.cell("statusCode")) \(answer.cell("decision")), first run \(answer.cell("run_id"))"
    )
    let runs = try await runtime.ports.runs.runs(limit: 100).count { $0.causeID == cause }
    try printer.line("  runs of this event: \(runs)")
  }

  private func manual() async throws {
    let limit = runtime.settings.limits.manualMax
    try scene("Manual runs: \(limit) an hour are allowed; here is one more")
    for number in 1...(limit + 1) {
      let answer = try await invoke([
        "symbols": ["AAPL"], "period": "1d", "correlation_id": .string("manual-\(number)"),
      ])
      _ = try await runtime.settle()
      guard number == 1 || number > limit else { continue }
      let retry = answer["retry_after"].map { ", retry after \($0.cell) s" } ?? ""
      let code = answer["error"].map { " \($0.cell("code"))" } ?? ""
      try printer.line("  manual-\(number): \(answer.cell("statusCode")) \(answer.cell("decision"))\(code)\(retry)")
    }
  }

  private func badRequest() async throws {
    try scene("A bad request gets its code, and every violation is named")
    let answer = try await invoke(["data_source": "yahoo finance!", "symbols": "AAPL"])
    try printer.line("  \(answer.cell("statusCode")) \(answer.cell("decision"))")
    for violation in answer["error"]?.list("violations") ?? [] {
      try printer.line("  \(violation.cell("code")): \(violation.cell("message"))")
    }
  }

  private func nearMiss() async throws {
    let rule = "team-reprocess"
    try scene("A team's own rule, the pattern of §2 as it stands, misses events of extract.pipeline by a leaf")
    let pattern = try EventPattern(
      #"{"source":["transform.pipeline"],"detail-type":["Processing Complete"],"detail":{"trigger_reingestion":[true]}}"#
    )
    let settings = runtime.settings
    let target = Target(
      id: "team", arn: settings.names.queue(names.transformQueue), input: .whole, deadLetter: nil)
    _ = try await runtime.book.change(rule, ChangeNote(operation: "PutRule", who: "the demo", why: nil)) { _ in
      Rule(
        name: rule, arn: settings.names.rule(rule), description: nil, state: .enabled, pattern: pattern,
        schedule: nil, misfire: settings.misfire, targets: [target], version: 1, anchor: .epoch)
    }
    let event = try await put("extract.pipeline", "Processing Complete", reingestion(true, reason: "late_data"))
    guard let recorded = try await runtime.ports.events.event(event) else {
      throw CommandFailure(.unavailable, "event \(event) is gone")
    }
    for miss in runtime.book.bus.misses(recorded.event.json) where miss.failures.count == 1 {
      try printer.line("  missed \(miss.rule) by \(miss.failures.map(\.sentence).joined())")
    }
    try await show(cause: Cause.matchID(event: event, rule: names.transformPipelineRule))
  }

  private func transform() async throws {
    try scene("Objects have landed, and Transform's queue has filled")
    let objects = try await runtime.ports.index.entries(bucket: names.rawBucket, prefix: "", after: "", limit: 1_000)
    try printer.line("  \(objects.count) objects in \(names.rawBucket), the first:")
    try printer.line("  \(objects.first?.key ?? "none")")
    let depth = try await runtime.ports.queues.depth(names.transformQueue, at: clock.now())
    try printer.line("  \(depth.visible) messages in \(names.transformQueue), the first:")
    let messages = try await runtime.ports.queues.receive(
      names.transformQueue, limit: 1, visibility: .zero, at: clock.now())
    try printer.line("  \(messages.first?.body ?? "none")")
  }

  private func ledger() async throws {
    var query = LedgerQuery()
    query.limit = LedgerQuery.limitMax
    let rows = try await runtime.ports.ledger.entries(query).filter { $0.about.rule != names.objectRule }
    let objects = LedgerQuery().ruled(names.objectRule)
    let delivered = try await runtime.ports.ledger.entries(objects).count
    try scene("The ledger: one row a cause (and \(delivered) rows of \(names.objectRule), delivered to Transform)")
    let table = Table(
      ["at", "trigger", "decision", "code", "summary"],
      rows.reversed().map { row in
        [
          String(CivilTime(row.at).timeText), row.about.triggerType, row.decision.rawValue, row.code.rawValue,
          row.summary,
        ]
      })
    try printer.line(table.text)
    let broken = try await runtime.ports.chain.brokenLinks()
    try printer.line(
      "\nThe chain of \(rows.count + delivered) decisions is \(broken.isEmpty ? "whole" : "broken at \(broken)").")
  }

  // MARK: What scenes are made of

  private func scene(_ title: String) throws(CommandFailure) {
    try printer.line("\n\(CivilTime(clock.now()).timeText) UTC  \(title)")
  }

  private func reingestion(_ wanted: Bool, reason: String) -> JSON {
    [
      "domain": "market", "table_name": "prices", "partition": "ds=2025-09-09", "trigger_reingestion": .bool(wanted),
      "symbols": ["AAPL", "MSFT"], "reason": .string(reason),
    ]
  }

  /// Puts an event on the bus, lets everything that follows happen, and returns its id.
  private func put(_ source: String, _ detailType: String, _ detail: JSON) async throws -> String {
    let event = Event(
      id: runtime.ports.entropy.uuid(), source: source, detailType: detailType, account: runtime.settings.names.account,
      region: runtime.settings.names.region, time: clock.now(), resources: [], detail: detail)
    _ = try await runtime.publisher.publish([event])
    try await runtime.play(to: clock.now() + .seconds(30), on: clock)
    return event.id
  }

  private func invoke(_ payload: JSON) async throws -> JSON {
    let context = InvocationContext(requestID: runtime.ports.entropy.uuid(), invokedAt: clock.now(), cause: nil)
    switch await runtime.orchestrator.invoke(payload.bytes, context) {
    case .answered(let answer): return answer
    case .failed(let type, let message): throw CommandFailure(.unavailable, "\(type): \(message)")
    }
  }

  private func show(cause: String) async throws {
    guard let row = try await runtime.ports.ledger.entry(of: cause) else {
      throw CommandFailure(.unavailable, "cause \(cause) has no decision")
    }
    try printer.line("  \(row.decision.rawValue) \(row.code.rawValue): \(row.summary)")
  }

  private func showRuns(_ count: Int) async throws {
    for run in try await runtime.ports.runs.runs(limit: count) {
      let results = run.chunks.flatMap(\.results)
      let rows = results.reduce(0) { sum, result in
        switch result.outcome {
        case .stored(_, _, let stored): sum + stored
        case .failed: sum
        }
      }
      try printer.line(
        "  run \(run.status.rawValue): \(results.filter(\.isStored).count) of \(run.symbols.count) symbols stored "
          + "(\(run.symbols.joined(separator: ", "))), \(rows) daily prices")
    }
  }
}

extension LedgerQuery {
  fileprivate func ruled(_ rule: String) -> LedgerQuery {
    var query = self
    query.rule = rule
    query.limit = LedgerQuery.limitMax
    return query
  }
}
