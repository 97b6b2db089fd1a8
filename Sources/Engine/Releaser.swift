import Events
import Ingestion
import Synchronization

/// Asks again for causes that were deferred, in the order in which they came (D11, D12, D13).
///
/// A backlog costs as much as its head: while events wait for the common rate nobody behind the first is asked, and when a
/// table's breaker or lease holds its first cause back, those behind it are moved in one go.
public final class Releaser: Sendable {
  /// Causes that one round asks for.
  public static let batchMax = 256

  private let desk: any AdmissionDesk
  private let orchestrator: Orchestrator
  private let clock: any WallClock
  private let log: any LogSink
  /// While no event is asked, for the rate is used up; a clock that was set back before its start ends it.
  private let eventsRest = Mutex<Range<Timestamp>?>(nil)

  public init(_ desk: any AdmissionDesk, _ orchestrator: Orchestrator, _ clock: any WallClock, _ log: any LogSink) {
    self.desk = desk
    self.orchestrator = orchestrator
    self.clock = clock
    self.log = log
  }

  /// One question for each cause whose moment has come. Returns how many were decided.
  public func releaseDue() async throws(StoreError) -> Int {
    var decided = try await release(.others)
    if restEnd(at: clock.now()) == nil { decided += try await release(.events) }
    return decided
  }

  public func nextDue() async throws(StoreError) -> Timestamp? {
    let others = try await desk.nextDeferred(.others)
    guard let waiting = try await desk.nextDeferred(.events) else { return others }
    let events = restEnd(at: clock.now()).map { max($0, waiting) } ?? waiting
    return others.map { min($0, events) } ?? events
  }

  /// One that cannot be asked for is logged and asked again with the next round; it keeps nobody else waiting.
  private func release(_ kind: DeferredKind) async throws(StoreError) -> Int {
    var decided = 0
    var held: Set<String> = []
    var failure: StoreError?
    let now = clock.now()
    for deferred in try await desk.deferred(kind, at: now, limit: Releaser.batchMax) {
      let table = "\(deferred.request.domain).\(deferred.request.tableName)"
      if held.contains(table) { continue }
      do {
        switch try await orchestrator.resume(deferred) {
        case nil: decided += 1
        case .line: continue
        case .rate where kind == .others: continue
        case .rate(let until):
          eventsRest.withLock { $0 = now..<max(now, until) }
          return decided
        case .table(let until):
          held.insert(table)
          try await desk.postpone(
            domain: deferred.request.domain, table: deferred.request.tableName, after: deferred.place, until: until)
        }
      } catch {
        failure = error
        log.write(LogLine(.error, "deferred cause not asked", ["cause": deferred.cause.id, "reason": error.reason]))
      }
    }
    if let failure, decided == 0 { throw failure }
    return decided
  }

  /// When events may be asked again; nil if they may be now.
  private func restEnd(at now: Timestamp) -> Timestamp? {
    eventsRest.withLock { $0.flatMap { $0.contains(now) ? $0.upperBound : nil } }
  }
}
