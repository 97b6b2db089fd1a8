import Events

/// Asks again for causes that were deferred, in the order in which they came (D11, D12, D13).
public struct Releaser: Sendable {
  /// Causes that one round asks for.
  public static let batchMax = 256

  private let desk: any AdmissionDesk
  private let orchestrator: Orchestrator
  private let clock: any WallClock

  public init(_ desk: any AdmissionDesk, _ orchestrator: Orchestrator, _ clock: any WallClock) {
    self.desk = desk
    self.orchestrator = orchestrator
    self.clock = clock
  }

  /// One question for each cause whose moment has come. Returns how many were decided.
  public func releaseDue() async throws(StoreError) -> Int {
    var decided = 0
    for deferred in try await desk.deferred(at: clock.now(), limit: Releaser.batchMax) {
      if try await orchestrator.resume(deferred) { decided += 1 }
    }
    return decided
  }

  public func nextDue() async throws(StoreError) -> Timestamp? {
    try await desk.nextDeferred()
  }
}
