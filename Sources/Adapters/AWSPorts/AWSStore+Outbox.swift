import Engine
import Events
import Ingestion

/// What is committed and still to be sent: the messages of runs, and dead letters.
///
/// Whoever commits sends at once; what it could not send, or what is not due for SQS yet, waits for a tick.
extension AWSStore {
  /// SQS delays a message by this much at most; what is due later stays in the outbox until then (D12).
  public static let delayMax = Span.minutes(15)
  /// Entries of the outbox that one tick looks at.
  public static let outboxMax = 256

  /// Sends what of the run is due soon, marks its claim, and leaves what is due later in the outbox.
  ///
  /// It throws nothing: what fails here is in the outbox, and sent by the next tick.
  func dispatch(
    _ run: String, _ key: String, _ messages: [OutgoingMessage], from first: Int = 0, at now: Timestamp
  ) async {
    let horizon = now + AWSStore.delayMax
    let soon = messages.dropFirst(first).prefix { $0.visibleAt <= horizon }
    let next = first + soon.count
    do throws(StoreError) {
      try await send(Array(soon), at: now)
      if next == messages.count {
        try await leaveOutbox(run, key)
      } else {
        let due = messages[next].visibleAt - AWSStore.delayMax
        let update = Expression(
          "SET #next = :next, #due = :due",
          ["next": .number(Int64(next)), "due": .number(max(due, now + .seconds(1)).milliseconds)])
        _ = try await table.write(.update(.outbox(run), update, if: .present))
      }
    } catch {
      log.write(LogLine(.warning, "messages wait in the outbox", ["run": run, "reason": error.reason]))
    }
  }

  /// The claim says that its messages are out, and nothing is left to be sent. A claim that its run has ended already, or
  /// that is another's by now, stays as it is (D9).
  private func leaveOutbox(_ run: String, _ key: String) async throws(StoreError) {
    let update = Expression("SET #status = :dispatched, #v = :v", ["dispatched": .text("dispatched"), "v": version()])
    let condition = Expression(
      "#run_id = :run AND #status = :claimed", ["run": .text(run), "claimed": .text("claimed")])
    let writes: [Write] = [.update(.claim(key), update, if: condition), .delete(.outbox(run))]
    switch try await table.transact(writes, token: entropy.uuid()) {
    case .done: return
    case .refused: _ = try await table.write(.delete(.outbox(run)))
    // A claim that is not marked would free its key one day: the tick sends again and marks it.
    case .contended, .doubtful: return
    }
  }

  /// Sends a dead letter that is in the outbox already.
  func send(_ letter: OutgoingMessage, at now: Timestamp) async {
    do throws(StoreError) {
      try await send([letter], at: now)
      _ = try await table.write(.delete(outbox(letter, due: now).key))
    } catch {
      log.write(LogLine(.warning, "a letter waits in the outbox", ["letter": letter.id, "reason": error.reason]))
    }
  }

  func outbox(_ letter: OutgoingMessage, due: Timestamp) -> Item {
    let attributes = letter.attributes.compactMap { name, attribute -> JSON.Member? in
      guard case .text(let text) = attribute.value else { return nil }
      return JSON.Member(name, .string(text))
    }
    let json: JSON = [
      "queue": .string(letter.queue), "id": .string(letter.id), "body": .string(letter.body),
      "attributes": .object(attributes.sorted { $0.key < $1.key }),
    ]
    return Item(.outbox("letter#\(letter.id)"), ["due": .number(due.milliseconds), "letter": .text(json.text)])
  }

  /// Goes on with what others committed and did not send, and with chunks whose time has come. Returns how many entries.
  public func sendDue(at now: Timestamp) async throws(StoreError) -> Int {
    var range = ControlTable.Range(id: Key.outbox("").id)
    range.filter = Expression("#due <= :now", ["now": .number(now.milliseconds)])
    var due: [Item] = []
    try await table.each(range) { item throws(StoreError) in
      due.append(item)
      return due.count < AWSStore.outboxMax
    }
    for item in due {
      if item.attributes["letter"] != nil {
        await send(try item.need("letter") { AWSStore.letter($0, at: now) }, at: now)
      } else if let run = try await known(item.key.place) {
        let messages = RunMessages(
          runID: run.id, request: run.request, chunkCount: run.chunks.count, startedAt: run.startedAt,
          settings: settings
        ).messages(of: run.chunks)
        await dispatch(run.id, run.request.idempotencyKey, messages, from: Int(item.number("next") ?? 0), at: now)
      } else {
        _ = try await table.write(.delete(item.key))
      }
    }
    return due.count
  }

  /// A run that is to be sent.
  private struct Unsent {
    let id: String
    let request: IngestionRequest
    let startedAt: Timestamp
    let chunks: [Chunk]
  }

  /// nil if the run has ended, or if another has taken its key while nothing could be sent.
  private func known(_ run: String) async throws(StoreError) -> Unsent? {
    guard let head = try await table.get(.run(run)), head.text("status") == Run.Status.running.rawValue else {
      return nil
    }
    guard let claim = try await table.get(.claim(try head.need("idempotency_key"))), claim.text("run_id") == run else {
      return nil
    }
    let count = Int(try head.needNumber("chunks"))
    let size = RunPlan.blockSize(count)
    let keys = (0..<RunPlan.blocks(count)).map { Key.plan(run, block: $0) }
    let plans = try await table.get(keys)
    var chunks: [Chunk] = []
    for (block, key) in keys.enumerated() {
      guard let plan = plans[key] else { throw StoreError(.corrupt, "run \(run) lacks block \(block)") }
      chunks += try RunPlan.chunks(plan, block: block, blockSize: size)
    }
    return Unsent(
      id: run, request: try head.need("request") { IngestionRequest($0) },
      startedAt: try head.needMoment("started_at"), chunks: chunks)
  }

  private static func letter(_ json: JSON, at now: Timestamp) -> OutgoingMessage? {
    guard let queue = json["queue"]?.string, let id = json["id"]?.string, let body = json["body"]?.string,
      let members = json["attributes"]?.members
    else { return nil }
    let attributes = members.map { ($0.key, MessageAttribute.string($0.value.string ?? "")) }
    return OutgoingMessage(
      queue: queue, id: id, body: body, attributes: Dictionary(attributes, uniquingKeysWith: { _, last in last }),
      visibleAt: now)
  }
}
