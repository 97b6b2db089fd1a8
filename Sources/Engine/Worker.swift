import Events
import Synchronization

/// Takes chunks off the work queue, one at a time, and works on them.
public final class Worker: Sendable {
  private let queues: any WorkQueues
  private let chunks: ChunkWork
  private let clock: any WallClock
  private let observer: any Observer
  private let settings: Settings
  /// While no chunk is taken up, for the budget of the only source is used up; a clock that was set back ends it.
  private let rest = Mutex<Range<Timestamp>?>(nil)

  public init(
    _ queues: any WorkQueues, _ chunks: ChunkWork, _ clock: any WallClock, _ observer: any Observer,
    _ settings: Settings
  ) {
    self.queues = queues
    self.chunks = chunks
    self.clock = clock
    self.observer = observer
    self.settings = settings
  }

  private var names: EnvironmentNames { EnvironmentNames(settings) }

  /// Works on the next chunk. False if none is visible, or if the source has no budget left for it.
  public func workOnce() async throws(StoreError) -> Bool {
    let now = clock.now()
    guard restEnd(at: now) == nil, let next = try await queues.nextVisible(names.workQueue), next <= now else {
      return false
    }
    let visibility = Span.seconds(settings.chunks.workerTimeoutSeconds)
    let received = try await queues.receive(names.workQueue, limit: 1, visibility: visibility, at: now)
    guard let message = received.first else { return false }
    try await observed(message)
    return true
  }

  /// Each message is an invocation of the worker function, as it is on AWS; within an invocation it belongs to that one.
  private func observed(_ message: ReceivedMessage) async throws(StoreError) {
    guard LogOrigin.current == nil else { return try await work(on: message) }
    let function = names.worker
    let requestID = DerivedID.uuid(of: "\(message.id)#\(message.receiveCount)")
    let start = clock.now()
    observer.observe(.invocationStarted(function: function, requestID: requestID), at: start)
    let result: Result<Void, StoreError> = await LogOrigin.$current.withValue(
      LogOrigin(function: function, requestID: requestID)
    ) {
      do throws(StoreError) { return .success(try await self.work(on: message)) } catch { return .failure(error) }
    }
    let end = clock.now()
    var outcome = FunctionOutcome.answered(["batchItemFailures": []])
    if case .failure(let error) = result { outcome = .failed(type: error.code.rawValue, message: error.reason) }
    observer.observe(
      .invocationEnded(function: function, requestID: requestID, took: max(.zero, end - start), outcome), at: end)
    try result.get()
  }

  /// When the next chunk can be worked on; nil if there is none.
  public func nextDue() async throws(StoreError) -> Timestamp? {
    guard let next = try await queues.nextVisible(names.workQueue) else { return nil }
    return restEnd(at: clock.now()).map { max($0, next) } ?? next
  }

  private func restEnd(at now: Timestamp) -> Timestamp? {
    rest.withLock { $0.flatMap { $0.contains(now) ? $0.upperBound : nil } }
  }

  private func work(on message: ReceivedMessage) async throws(StoreError) {
    switch try await chunks.work(on: message) {
    case .done, .again: return
    case .unpaid(let until):
      // With one source every chunk behind this one would be told the same.
      let now = clock.now()
      if settings.sources.count == 1 { rest.withLock { $0 = now..<max(now, until) } }
    }
  }
}
