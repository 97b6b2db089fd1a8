import Engine
import Events
import Extraction
import Ingestion

extension AWSStore: RunJournal {
  /// How long a run may show no sign of life before its open chunks are given up: the work queue keeps a message for four
  /// days, its attempts are over within hours.
  public static let silenceMax = Span.hours(12)

  public func run(_ id: String) async throws(StoreError) -> Run? {
    var items: [Key: Item] = [:]
    try await table.each(ControlTable.Range(id: Key.run(id).id)) { item throws(StoreError) in
      items[item.key] = item
      return true
    }
    guard let head = items[.run(id)] else { return nil }
    return try run(head, items)
  }

  private func run(_ head: Item, _ items: [Key: Item]) throws(StoreError) -> Run {
    let id = String(head.key.id.dropFirst("run#".count))
    let count = Int(try head.needNumber("chunks"))
    let size = RunPlan.blockSize(count)
    var chunks: [RunChunk] = []
    for block in 0..<RunPlan.blocks(count) {
      guard let plan = items[.plan(id, block: block)] else { throw StoreError(.corrupt, "\(id) lacks block \(block)") }
      for chunk in try RunPlan.chunks(plan, block: block, blockSize: size) {
        chunks.append(try AWSStore.chunk(chunk, items[.chunk(chunk.index, of: id)]))
      }
    }
    guard let status = Run.Status(rawValue: try head.need("status")) else {
      throw StoreError(.corrupt, "run \(id) has no known status")
    }
    return Run(
      id: id, causeID: try head.need("cause_id"), request: try head.need("request") { IngestionRequest($0) },
      symbols: chunks.flatMap(\.symbols), warnings: try head.need("warnings") { $0.elements?.compactMap(\.string) },
      status: status, startedAt: try head.needMoment("started_at"),
      endedAt: head.number("ended_at").map { Timestamp(milliseconds: $0) }, chunks: chunks)
  }

  private static func chunk(_ chunk: Chunk, _ item: Item?) throws(StoreError) -> RunChunk {
    guard let item else {
      return RunChunk(index: chunk.index, symbols: chunk.symbols, results: [], attempts: 0, finishedAt: nil)
    }
    return RunChunk(
      index: chunk.index, symbols: chunk.symbols, results: try results(item),
      attempts: Int(item.number("attempts") ?? 0),
      finishedAt: item.number("finished_at").map { Timestamp(milliseconds: $0) })
  }

  private static func results(_ item: Item) throws(StoreError) -> [SymbolResult] {
    try item.need("results") { json in json.elements?.compactMap { SymbolResult(stored: $0) } }
  }

  public func chunk(_ index: Int, of run: String) async throws(StoreError) -> ChunkAssignment? {
    guard index >= 0, let head = try await table.get(.run(run)) else { return nil }
    let count = Int(try head.needNumber("chunks"))
    guard index < count else { return nil }
    let size = RunPlan.blockSize(count)
    let block = index / size
    let items = try await table.get([.plan(run, block: block), .chunk(index, of: run)])
    guard let plan = items[.plan(run, block: block)],
      let planned = try RunPlan.chunks(plan, block: block, blockSize: size).first(where: { $0.index == index })
    else { throw StoreError(.corrupt, "run \(run) lacks chunk \(index)") }
    return ChunkAssignment(
      causeID: try head.need("cause_id"), request: try head.need("request") { IngestionRequest($0) },
      chunk: try AWSStore.chunk(planned, items[.chunk(index, of: run)]))
  }

  public func runs(_ query: RunQuery) async throws(StoreError) -> [Run] {
    var runs: [Run] = []
    let before = try await query.before.asyncMap { id throws(StoreError) in try await table.get(.run(id))?.text("at") }
    for day in days(since: query.since, until: query.until, oldestFirst: false) {
      var range = ControlTable.Range(id: "runs#\(day)", ascending: false, byDay: true)
      range.before = before ?? nil
      var ids: [String] = []
      try await table.each(range) { item throws(StoreError) in
        ids.append(String(item.key.id.dropFirst("run#".count)))
        return ids.count < LedgerQuery.limitMax
      }
      for id in ids {
        guard runs.count < max(1, query.limit) else { return runs }
        if let run = try await run(id), query.wants(run) { runs.append(run) }
      }
    }
    return runs
  }

  public func keep(
    _ results: [SymbolResult], of run: String, chunk: Int, attempt: Int, message: ReceivedMessage, until: Timestamp
  ) async throws(StoreError) {
    let now = clock.now()
    _ = try await writeChunk(results, of: run, chunk: chunk, attempt: attempt, finishedAt: nil, letter: nil, at: now)
    _ = try await putBack(message, until: until, uncounted: false, at: now)
  }

  public func finish(
    _ results: [SymbolResult], of run: String, chunk: Int, attempt: Int, message: ReceivedMessage,
    deadLetter: OutgoingMessage?, at now: Timestamp
  ) async throws(StoreError) -> Run.Status? {
    guard let head = try await table.get(.run(run)) else { return nil }
    let isFirst = try await writeChunk(
      results, of: run, chunk: chunk, attempt: attempt, finishedAt: now, letter: deadLetter, at: now)
    if isFirst, let deadLetter { await send(deadLetter, at: now) }
    let status = try await count(chunk, of: run, head, at: now)
    if !deletesFinished { _ = try await delete(message.queue, receipt: message.receipt) }
    return status
  }

  /// Writes what became of a chunk, unless it is finished already. True if this finished it.
  private func writeChunk(
    _ results: [SymbolResult], of run: String, chunk: Int, attempt: Int, finishedAt: Timestamp?,
    letter: OutgoingMessage?, at now: Timestamp
  ) async throws(StoreError) -> Bool {
    let owner = version()
    var item = Item(
      .chunk(chunk, of: run),
      [
        "results": .text(JSON.array(results.map(\.stored)).text), "attempts": .number(Int64(attempt)), "v": owner,
        "expires_at": .number((now + .days(settings.retention.days)).seconds),
      ])
    if let finishedAt { item.set("finished_at", .number(finishedAt.milliseconds)) }
    let isOpen = Expression("attribute_not_exists(#id) OR attribute_not_exists(#finished_at)")
    var writes: [Write] = [.put(item, isOpen)]
    if let letter, finishedAt != nil { writes.append(.put(outbox(letter, due: now + AWSStore.dispatchLease))) }
    let written = writes
    return try await contended("chunk \(chunk) of \(run)") { () async throws(StoreError) -> Bool? in
      let outcome =
        written.count == 1
        ? try await table.write(written[0]) : try await table.transact(written, token: entropy.uuid())
      switch outcome {
      case .done: return true
      case .contended: return nil
      case .refused, .doubtful:
        let known = try await table.get(.chunk(chunk, of: run))
        if known?.attributes["v"] == owner { return true }
        return outcome == .refused && known?.number("finished_at") != nil ? false : nil
      }
    }
  }

  /// Counts a finished chunk in its block, the block in its run, and ends the run with the last; each once, however often
  /// it is asked, so that it may be asked again after a crash.
  private func count(
    _ chunk: Int, of run: String, _ head: Item, at now: Timestamp
  ) async throws(StoreError) -> Run.Status? {
    let count = Int(try head.needNumber("chunks"))
    let size = RunPlan.blockSize(count)
    let block = chunk / size
    let inBlock = min(size, count - block * size)
    guard let done = try await tally(.tally(run, block: block), add: Int64(chunk)), done == inBlock else { return nil }
    let blocks = RunPlan.blocks(count)
    if blocks > 1 {
      guard let all = try await tally(.tally(run, block: -1), add: Int64(block)), all == blocks else { return nil }
    }
    return try await end(run, at: now)
  }

  /// Adds a number to a set of numbers and says how many it has; to add it again changes nothing.
  private func tally(_ key: Key, add number: Int64) async throws(StoreError) -> Int? {
    let expiry = clock.now() + .days(settings.retention.days)
    let update = Expression(
      "ADD #done :number SET #expires_at = :expires",
      ["number": .numbers([number]), "expires": .number(expiry.seconds)])
    return try await contended(key.id) { () async throws(StoreError) -> Int?? in
      let (written, item) = try await table.update(key, update)
      switch written {
      case .done: return .some(item?.numbers("done").count)
      case .refused, .contended, .doubtful: return nil
      }
    }
  }

  /// Ends a run whose chunks are all finished: its status, its key, its breaker, and whoever waited for that (D9, D11).
  private func end(_ id: String, at now: Timestamp) async throws(StoreError) -> Run.Status? {
    guard let run = try await run(id), run.status == .running else { return nil }
    let results = run.chunks.flatMap(\.results)
    let stored = results.filter(\.isStored).count
    let status: Run.Status = stored == results.count ? .succeeded : stored == 0 ? .failed : .partlyFailed
    let ended = try await contended("the end of \(id)") { () async throws(StoreError) -> (isFirst: Bool, woke: Bool)? in
      try await writeEnd(run, status, at: now)
    }
    if ended.woke { try await wake(run.request.domain, run.request.tableName, at: now) }
    return ended.isFirst ? status : nil
  }

  /// nil if it has to be tried again.
  private func writeEnd(
    _ run: Run, _ status: Run.Status, at now: Timestamp
  ) async throws(StoreError) -> (isFirst: Bool, woke: Bool)? {
    let request = run.request
    let keys = (
      head: Key.run(run.id), claim: Key.claim(request.idempotencyKey),
      breaker: Key.breaker(request.domain, request.tableName)
    )
    let items = try await table.get([keys.head, keys.claim, keys.breaker])
    guard items[keys.head]?.text("status") == Run.Status.running.rawValue else { return (false, false) }
    let owner = version()
    var writes: [Write] = [
      .update(
        keys.head,
        Expression(
          "SET #status = :status, #ended_at = :now, #v = :v",
          ["status": .text(status.rawValue), "now": .number(now.milliseconds), "v": owner]),
        if: .unchanged(items[keys.head])),
      .delete(.running(run.id)), .delete(.outbox(run.id)),
    ]
    if let claim = items[keys.claim], claim.text("run_id") == run.id {
      let left: Admission.Claim.Status = status == .failed ? .failed : .succeeded
      writes.append(
        .update(
          keys.claim,
          Expression("SET #status = :status, #v = :v", ["status": .text(left.rawValue), "v": owner]),
          if: .unchanged(claim)))
    }
    let was = try AWSStore.breaker(items[keys.breaker])
    var breaker = was
    breaker.runEnded(run.id, failed: status == .failed, at: now, settings.limits.breaker)
    writes.append(breakerWrite(breaker, was: was, keys.breaker, items[keys.breaker], owner))
    switch try await table.transact(writes, token: entropy.uuid()) {
    case .done: return (true, was.name != breaker.name && breaker.name == "closed")
    case .refused, .contended: return nil
    case .doubtful:
      guard try await table.get(keys.head)?.attributes["v"] == owner else { return nil }
      return (true, was.name != breaker.name && breaker.name == "closed")
    }
  }

  /// Ends the chunks of runs that have shown no sign of life for `silenceMax`: SQS cannot say whether a message is left.
  public func endLostChunks(
    queue: String, reason: String, at now: Timestamp
  ) async throws(StoreError) -> [String: Run.Status] {
    var silent: [String] = []
    var range = ControlTable.Range(id: Key.running("").id)
    range.filter = Expression(
      "#started_at < :then", ["then": .number((now - AWSStore.silenceMax).milliseconds)])
    try await table.each(range) { item throws(StoreError) in
      silent.append(item.key.place)
      return silent.count < AWSStore.outboxMax
    }
    var ended: [String: Run.Status] = [:]
    for id in silent {
      guard let run = try await run(id), let head = try await table.get(.run(id)) else { continue }
      let lastDue = try await lastDue(run, head)
      let lastSeen = run.chunks.compactMap(\.finishedAt).max() ?? run.startedAt
      guard max(lastDue, lastSeen) + AWSStore.silenceMax <= now else { continue }
      for chunk in run.chunks {
        let results = chunk.symbols.map { symbol in
          chunk.results.first { $0.symbol == symbol && $0.isStored }
            ?? SymbolResult(symbol: symbol, outcome: .failed(code: .timeout, reason: reason))
        }
        if chunk.finishedAt == nil {
          _ = try await writeChunk(
            results, of: id, chunk: chunk.index, attempt: chunk.attempts, finishedAt: now, letter: nil, at: now)
        }
        if let status = try await count(chunk.index, of: id, head, at: now) { ended[id] = status }
      }
    }
    return ended
  }

  /// When the last chunk of the run was due.
  private func lastDue(_ run: Run, _ head: Item) async throws(StoreError) -> Timestamp {
    let count = run.chunks.count
    let size = RunPlan.blockSize(count)
    let block = RunPlan.blocks(count) - 1
    guard let plan = try await table.get(.plan(run.id, block: block)) else { return run.startedAt }
    let delay = try RunPlan.chunks(plan, block: block, blockSize: size).last?.delay ?? .zero
    return run.startedAt + delay
  }
}

extension RunQuery {
  fileprivate func wants(_ run: Run) -> Bool {
    if let status, run.status != status { return false }
    if let domain, run.request.domain != domain { return false }
    if let since, run.startedAt < since { return false }
    if let until, run.startedAt >= until { return false }
    return true
  }
}
