import Engine
import Events
import Synchronization

/// Where a simulated process dies and when its store fails: decided by seeded dice at every write.
public final class FaultPlan: Sendable {
  /// What happens to one write.
  enum Fate: Sendable {
    case done
    /// The process dies before the write has happened.
    case crashBefore
    /// The write has happened; the process dies before it hears so.
    case crashAfter
    /// The store refuses; nothing has happened and the process goes on.
    case refused
  }

  private struct State {
    var dice: SplitMix64
    var isArmed = false
    var hasCrashed = false
    var crashes = 0
  }

  /// One write in so many ends in a crash, and one in so many is refused.
  public static let crashesOneIn: UInt64 = 25
  public static let refusalsOneIn: UInt64 = 40

  private let state: Mutex<State>

  public init(seed: UInt64) {
    state = Mutex(State(dice: SplitMix64(seed: seed)))
  }

  /// Faults happen only while armed.
  public func arm(_ isArmed: Bool) { state.withLock { $0.isArmed = isArmed } }

  var isArmed: Bool { state.withLock { $0.isArmed } }

  /// Whether the process has died; it stays dead until revived.
  public var hasCrashed: Bool { state.withLock { $0.hasCrashed } }

  public var crashes: Int { state.withLock { $0.crashes } }

  public func revive() { state.withLock { $0.hasCrashed = false } }

  /// Performs a write under that fate.
  func write<Value: Sendable>(
    _ body: @Sendable () async throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    switch next() {
    case .done: return try await body()
    case .refused: throw StoreError(.unavailable, "simulated: the disk is busy")
    case .crashBefore: throw StoreError(.unavailable, "simulated: crashed before the write")
    case .crashAfter:
      _ = try await body()
      throw StoreError(.unavailable, "simulated: crashed after the write")
    }
  }

  /// A dead process writes nothing more.
  private func next() -> Fate {
    state.withLock { state in
      if state.hasCrashed { return .crashBefore }
      guard state.isArmed else { return .done }
      let roll = state.dice.next()
      if roll % FaultPlan.crashesOneIn == 0 {
        state.hasCrashed = true
        state.crashes += 1
        return roll & (1 << 40) == 0 ? .crashBefore : .crashAfter
      }
      return (roll >> 8) % FaultPlan.refusalsOneIn == 0 ? .refused : .done
    }
  }
}

/// A defect that is planted on purpose, so that a test can see whether the simulation notices it.
public enum PlantedFault: String, Sendable, CaseIterable {
  /// Events are acknowledged but not committed.
  case acknowledgedBeforeCommit
  /// A slot moves the schedule on without being decided.
  case slotForgotten
  /// A chunk's message is deleted when it is taken, not when it is done.
  case deletedBeforeDone
  /// An object that the run has stored already is not recognised.
  case ownObjectNotKnown
  /// Deferred causes are never asked again.
  case deferredForgotten
}
