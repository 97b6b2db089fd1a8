import Engine
import Events

extension Runtime {
  /// Lets virtual time run to a moment: every instant at which something is due is visited, in order, and all of it is done.
  ///
  /// - Parameter clock: the clock that this runtime was made with.
  public func play(to moment: Timestamp, on clock: VirtualClock) async throws(StoreError) {
    _ = try await settle()
    while let due = try await nextDue(), due <= moment {
      clock.set(to: max(due, clock.now()))
      _ = try await settle()
    }
    clock.set(to: max(moment, clock.now()))
    _ = try await settle()
  }
}
