import Events
import Extraction
import Ingestion
import Rules
import Schedules
import Telemetry

/// What the engine shows of itself, as JSON: the CLI, the console and scripts read the same members.
extension Run {
  /// The run with its chunks; what became of each symbol lies under `results`.
  public var json: JSON {
    let results = chunks.flatMap(\.results)
    return JSON(present: [
      "run_id": .string(id), "status": .string(status.rawValue), "cause_id": .string(causeID),
      "correlation_id": .string(request.correlationID), "idempotency_key": .string(request.idempotencyKey),
      "trigger_type": .string(request.triggerType.rawValue), "data_source": .string(request.dataSource),
      "domain": .string(request.domain), "table_name": .string(request.tableName), "ds": .string(request.ds),
      "started_at": .string(startedAt.preciseText), "ended_at": endedAt.map { .string($0.preciseText) },
      "took_ms": endedAt.map { JSON(Int(($0 - startedAt).milliseconds)) }, "symbols": JSON(symbols),
      "stored": JSON(results.filter(\.isStored).count), "failed": JSON(results.filter { !$0.isStored }.count),
      "warnings": JSON(warnings), "chunks": .array(chunks.map(\.json)),
    ])
  }
}

extension RunChunk {
  public var json: JSON {
    JSON(present: [
      "index": JSON(index), "symbols": JSON(symbols), "attempts": JSON(attempts),
      "finished_at": finishedAt.map { .string($0.preciseText) }, "results": .array(results.map(\.json)),
    ])
  }
}

extension SymbolResult {
  public var json: JSON {
    switch outcome {
    case .stored(let key, let bytes, let rows):
      ["symbol": .string(symbol), "stored": true, "key": .string(key), "bytes": JSON(bytes), "rows": JSON(rows)]
    case .failed(let code, let reason):
      ["symbol": .string(symbol), "stored": false, "code": .string(code.rawValue), "reason": .string(reason)]
    }
  }
}

extension RecordedEvent {
  public var json: JSON {
    JSON(present: [
      "event": event.json, "received_at": .string(receivedAt.preciseText), "hops": JSON(hops),
      "parent_id": parentID.map { .string($0) },
    ])
  }
}

/// Read-only answers about the engine's state.
public struct Views: Sendable {
  /// Fires that a schedule's view lists.
  public static let firesShown = 3
  /// Changes among which the last plan is looked for.
  private static let changesSeen = 200

  private let engine: Runtime

  public init(_ engine: Runtime) {
    self.engine = engine
  }

  public func decisions(_ query: LedgerQuery) async throws(StoreError) -> JSON {
    ["decisions": .array(try await engine.ports.ledger.entries(query).map(\.json))]
  }

  public func runs(limit: Int, status: Run.Status? = nil) async throws(StoreError) -> JSON {
    var query = RunQuery(limit: limit)
    query.status = status
    return ["runs": .array(try await engine.ports.runs.runs(query).map(\.json))]
  }

  /// nil if there is no such run.
  public func run(_ id: String) async throws(StoreError) -> JSON? {
    try await engine.ports.runs.run(id)?.json
  }

  /// The rules with plain words and the next fires of their schedules.
  public func rules() -> JSON {
    let now = engine.ports.clock.now()
    return [
      "rules": .array(
        engine.book.bus.rules.map { rule in
          var json = rule.json
          if let schedule = rule.schedule {
            json.set("plain_words", .string(schedule.plainWords))
            json.set("next_fires", JSON(Views.fires(of: rule, after: now).map(\.description)))
          }
          return json
        })
    ]
  }

  /// The next instants of a rule's schedule; none if it has none or is disabled.
  public static func fires(of rule: Rule, after now: Timestamp, count: Int = firesShown) -> [Timestamp] {
    guard rule.isEnabled, let schedule = rule.schedule else { return [] }
    return schedule.instants(after: now, count: count, anchor: rule.anchor, zone: .utc)
  }

  /// One look at everything: what the console's first page and `bellcrank status` show.
  public func status() async throws(StoreError) -> JSON {
    let now = engine.ports.clock.now()
    var depths: [JSON] = []
    for queue in try await engine.ports.queues.queues() {
      let depth = try await engine.ports.queues.depth(queue.name, at: now)
      depths.append([
        "queue": .string(queue.name), "visible": JSON(depth.visible), "in_flight": JSON(depth.inFlight),
        "delayed": JSON(depth.delayed),
      ])
    }
    var recent = LedgerQuery()
    recent.limit = 20
    return JSON(present: [
      "environment": .string(engine.settings.environment), "now": .string(now.preciseText),
      "account": .string(engine.settings.names.account), "region": .string(engine.settings.names.region),
      "rules": rules()["rules"] ?? .array([]), "queues": .array(depths),
      "decisions": try await decisions(recent)["decisions"] ?? .array([]),
      "runs": try await runs(limit: 10)["runs"] ?? .array([]), "last_plan": try await lastPlan(),
    ])
  }

  /// What became last of slots that were missed or rested through; nil if the latest changes tell of none.
  private func lastPlan() async throws(StoreError) -> JSON? {
    var changes = LedgerQuery()
    changes.decision = .changed
    changes.limit = Views.changesSeen
    return try await engine.ports.ledger.entries(changes).first { $0.code == .misfirePlanned }.map {
      ["at": .string($0.at.preciseText), "words": .string($0.summary)]
    }
  }
}
