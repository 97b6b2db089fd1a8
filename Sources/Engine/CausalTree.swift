import Events
import Extraction
import Ingestion
import Telemetry

/// What led to what: event → decision → run → chunks → objects → Transform → what came of it, each with its time.
public struct CausalTree: Sendable {
  /// Nodes of one tree; what is beyond is counted, not shown.
  public static let nodesMax = 600
  /// Causes that are climbed to reach the root.
  public static let climbMax = 20
  /// Causes of one parent.
  private static let childrenMax = 100

  private let engine: Runtime

  public init(_ engine: Runtime) {
    self.engine = engine
  }

  /// The whole tree that an event, cause, run or correlation id stands in; nil if nothing is known of it.
  public func tree(of id: String) async throws(StoreError) -> JSON? {
    let root = try await root(of: id)
    var growth = Growth()
    if let event = try await engine.ports.events.event(root) {
      return try await node(of: event, &growth)
    }
    guard let entry = try await entry(of: root) else { return nil }
    return try await node(of: entry, &growth)
  }

  /// What has grown so far: nothing stands in the tree twice.
  private struct Growth {
    var known: Set<String> = []
    var count = 0

    /// False if the thing is in the tree already, or the tree is full.
    mutating func take(_ id: String) -> Bool {
      guard count < nodesMax, known.insert(id).inserted else { return false }
      count += 1
      return true
    }
  }

  // MARK: The way up

  private func root(of id: String) async throws(StoreError) -> String {
    var top = id
    var seen: Set<String> = []
    for _ in 0..<CausalTree.climbMax {
      guard seen.insert(top).inserted, let parent = try await parent(of: top), parent != top else { break }
      top = parent
    }
    return top
  }

  /// Of the causes of an id, the one that ran; else the latest.
  private func entry(of id: String) async throws(StoreError) -> LedgerEntry? {
    var query = LedgerQuery()
    query.id = id
    query.limit = CausalTree.childrenMax
    let entries = try await engine.ports.ledger.entries(query)
    return entries.first { $0.decision == .dispatched } ?? entries.first
  }

  /// What caused an event, or the cause, run or correlation of that id.
  private func parent(of id: String) async throws(StoreError) -> String? {
    if let event = try await engine.ports.events.event(id) {
      return event.parentID
    }
    guard let entry = try await entry(of: id) else { return nil }
    if let event = entry.about.eventID, try await engine.ports.events.event(event) != nil { return event }
    return entry.about.parentID ?? (entry.causeID == id ? nil : entry.causeID)
  }

  // MARK: The way down

  private func node(of event: RecordedEvent, _ growth: inout Growth) async throws(StoreError) -> JSON {
    let id = event.event.id
    _ = growth.take(id)
    var query = LedgerQuery()
    query.id = id
    query.limit = CausalTree.childrenMax
    var children: [JSON] = []
    let entries = try await engine.ports.ledger.entries(query).reversed().filter { $0.about.eventID == id }
    for entry in entries where !growth.known.contains(entry.causeID) {
      children.append(try await node(of: entry, &growth))
    }
    if entries.isEmpty {
      children.append(
        JSON(present: [
          "kind": "decision", "id": .string(id), "label": "still being delivered", "state": "deferred",
        ]))
    }
    children += try await consequences(of: id, &growth)
    return JSON(present: [
      "kind": "event", "id": .string(id), "label": .string("\(event.event.source) · \(event.event.detailType)"),
      "at": .string(event.receivedAt.preciseText), "children": .array(children),
    ])
  }

  private func node(of entry: LedgerEntry, _ growth: inout Growth) async throws(StoreError) -> JSON {
    _ = growth.take(entry.causeID)
    var children: [JSON] = []
    if entry.decision == .dispatched, let id = entry.about.runID, let run = try await engine.ports.runs.run(id),
      growth.take(id)
    {
      children.append(try await node(of: run, &growth))
    }
    for delivery in try await engine.ports.deliveries.deliveries(of: entry.causeID)
    where delivery.target.service == "sqs" {
      children.append(try await node(of: delivery))
    }
    if entry.causeID != entry.about.eventID { children += try await consequences(of: entry.causeID, &growth) }
    return JSON(present: [
      "kind": "decision", "id": .string(entry.causeID), "label": .string(entry.about.rule ?? entry.about.triggerType),
      "state": .string(entry.decision.rawValue), "code": .string(entry.code.rawValue), "note": .string(entry.summary),
      "at": .string(entry.at.preciseText), "took_ms": JSON(Int(entry.took.milliseconds)), "children": .array(children),
    ])
  }

  private func node(of run: Run, _ growth: inout Growth) async throws(StoreError) -> JSON {
    let objects = try await objectEvents(of: run)
    var chunks: [JSON] = []
    for chunk in run.chunks where growth.take("\(run.id)/\(chunk.index)") {
      var results: [JSON] = []
      for result in chunk.results where growth.take("\(run.id)/\(chunk.index)/\(result.symbol)") {
        results.append(try await node(of: result, objects, &growth))
      }
      let state = chunk.finishedAt == nil ? "running" : chunk.results.allSatisfy(\.isStored) ? "succeeded" : "failed"
      chunks.append(
        JSON(present: [
          "kind": "chunk", "id": .string("\(run.id)-\(chunk.index)"),
          "label": .string("chunk \(chunk.index): \(chunk.symbols.joined(separator: " "))"), "state": .string(state),
          "at": chunk.finishedAt.map { .string($0.preciseText) },
          "note": chunk.attempts > 1 ? .string("\(chunk.attempts) attempts") : nil, "children": .array(results),
        ]))
    }
    return JSON(present: [
      "kind": "run", "id": .string(run.id), "label": .string("\(run.request.domain).\(run.request.tableName)"),
      "state": .string(run.status.rawValue), "at": .string(run.startedAt.preciseText),
      "took_ms": run.endedAt.map { JSON(Int(($0 - run.startedAt).milliseconds)) }, "children": .array(chunks),
    ])
  }

  private func node(
    of result: SymbolResult, _ objects: [String: RecordedEvent], _ growth: inout Growth
  ) async throws(StoreError) -> JSON {
    switch result.outcome {
    case .failed(let code, let reason):
      return [
        "kind": "object", "id": .string(result.symbol), "label": .string(result.symbol), "state": "failed",
        "code": .string(code.rawValue), "note": .string(reason), "children": [],
      ]
    case .stored(let key, let bytes, _):
      var children: [JSON] = []
      if let event = objects[key], growth.take("object \(key)") { children.append(try await node(of: event, &growth)) }
      return [
        "kind": "object", "id": .string(key), "label": .string(result.symbol), "state": "stored",
        "note": .string("\(bytes) bytes"), "children": .array(children),
      ]
    }
  }

  /// The events of the objects that a run stored, by their keys.
  private func objectEvents(of run: Run) async throws(StoreError) -> [String: RecordedEvent] {
    var query = EventQuery()
    query.parent = run.causeID
    query.limit = CausalTree.nodesMax
    var events: [String: RecordedEvent] = [:]
    for event in try await engine.ports.events.events(query).map(\.recorded) {
      if let key = event.event.detail["object"]?["key"]?.string { events[key] = event }
    }
    return events
  }

  /// What became of a message: waiting, in somebody's hands, or taken and gone.
  private func node(of delivery: DeliveryView) async throws(StoreError) -> JSON {
    let message = try await engine.ports.queues.message(delivery.messageID)
    let state: String
    switch (delivery.state, message) {
    case (.waiting, _): state = "waiting"
    case (.buried, _): state = "failed"
    case (.delivered, let message?): state = message.receiveCount == 0 ? "queued" : "received"
    case (.delivered, nil): state = "taken"
    }
    return JSON(present: [
      "kind": "message", "id": .string(delivery.messageID), "label": .string(delivery.target.name),
      "state": .string(state), "at": .string((delivery.doneAt ?? delivery.dueAt).preciseText),
      "note": delivery.error.map { .string($0) }, "children": [],
    ])
  }

  /// Events and causes that name that one as their parent: what consumers asked for because of it (D14).
  private func consequences(of id: String, _ growth: inout Growth) async throws(StoreError) -> [JSON] {
    var query = EventQuery()
    query.parent = id
    query.limit = CausalTree.childrenMax
    var children: [JSON] = []
    for event in try await engine.ports.events.events(query).reversed().map(\.recorded) {
      // Objects stand under the run that stored them.
      guard event.event.source != "aws.s3", !growth.known.contains(event.event.id) else { continue }
      children.append(try await node(of: event, &growth))
    }
    var rows = LedgerQuery()
    rows.parent = id
    rows.limit = CausalTree.childrenMax
    for entry in try await engine.ports.ledger.entries(rows).reversed() {
      guard entry.about.eventID == nil, !growth.known.contains(entry.causeID) else { continue }
      children.append(try await node(of: entry, &growth))
    }
    return children
  }
}
