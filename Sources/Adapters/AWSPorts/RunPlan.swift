import Engine
import Events
import Ingestion

/// A run's chunks, cut into blocks of one item each: a worker reads one block, and no block's tally grows hot.
struct RunPlan: Sendable {
  /// Blocks of one run at most: they are all written in the one transaction of admission.
  static let blocksMax = 64
  /// Chunks of a block at least.
  static let blockSizeMin = 64

  let chunks: [Chunk]
  let blockSize: Int

  /// Throws `refused` for chunks that are not numbered from 0 on.
  init(_ application: Application) throws(StoreError) {
    chunks = application.chunks
    guard chunks.enumerated().allSatisfy({ $0.offset == $0.element.index }) else {
      throw StoreError(.refused, "the chunks of \(application.cause.runID) are not numbered from 0 on")
    }
    blockSize = RunPlan.blockSize(chunks.count)
  }

  static func blockSize(_ chunks: Int) -> Int {
    max(blockSizeMin, (chunks + blocksMax - 1) / blocksMax)
  }

  static func blocks(_ chunks: Int) -> Int {
    let size = blockSize(chunks)
    return (chunks + size - 1) / size
  }

  /// The run, its blocks, and what reminds of it until its messages are sent and it has ended.
  func writes(
    _ application: Application, _ settings: Settings, order: String, owner: Attribute, at now: Timestamp
  ) -> [Write] {
    let request = application.request
    let run = application.cause.runID
    let expiry = Attribute.number((now + .days(settings.retention.days)).seconds)
    let head = Item(
      .run(run),
      [
        "cause_id": .text(application.cause.id), "idempotency_key": .text(request.idempotencyKey),
        "request": .text(request.json.text), "warnings": .text(JSON(application.warnings).text),
        "status": .text(Run.Status.running.rawValue), "started_at": .number(now.milliseconds),
        "chunks": .number(Int64(chunks.count)), "hops": .number(Int64(application.cause.hops)),
        "day": .text("runs#\(now.dateText)"), "at": .text(order), "v": owner,
        "expires_at": expiry,
      ])
    var writes: [Write] = [.put(head, .absent)]
    for (block, start) in stride(from: 0, to: chunks.count, by: blockSize).enumerated() {
      let part = chunks[start..<min(start + blockSize, chunks.count)]
      let json = JSON.array(
        part.map { ["symbols": JSON($0.symbols), "delay_ms": JSON(Int($0.delay.milliseconds))] })
      writes.append(.put(Item(.plan(run, block: block), ["chunks": .text(json.text), "expires_at": expiry])))
    }
    let due = (now + AWSStore.dispatchLease).milliseconds
    writes.append(.put(Item(.outbox(run), ["due": .number(due), "next": .number(0)])))
    writes.append(.put(Item(.running(run), ["started_at": .number(now.milliseconds)])))
    return writes
  }

  /// The chunks of a block, read back.
  static func chunks(_ plan: Item, block: Int, blockSize: Int) throws(StoreError) -> [Chunk] {
    try plan.need("chunks") { json in
      json.elements?.enumerated().compactMap { offset, chunk in
        guard let symbols = chunk["symbols"]?.elements?.compactMap(\.string), let delay = chunk["delay_ms"]?.int else {
          return nil
        }
        return Chunk(index: block * blockSize + offset, symbols: symbols, delay: Span(milliseconds: Int64(delay)))
      }
    }
  }
}
