import Engine
import Events
import Extraction
import Synchronization

/// Keeps virtual time from running ahead of questions to sources: they take real time, and none passes meanwhile.
public final class FetchGate: Sendable {
  /// Longest wait without looking again; a ring is never lost, so this costs nothing.
  private static let lookAgain = Span.seconds(10)

  private struct State {
    var underWay = 0
    var isShut = false
  }

  /// The machine's: whoever waits here waits in real time.
  private let clock: any WallClock
  private let changed = Bell()
  private let state = Mutex(State())

  public init(_ clock: any WallClock) {
    self.clock = clock
  }

  /// That source, each of whose questions is waited for.
  public func held(_ source: any Source) -> any Source { HeldSource(source: source, gate: self) }

  /// Acts while no question is under way; one that comes meanwhile is asked afterwards. One caller at a time.
  func whileQuiet(_ act: @Sendable () -> Void) async {
    await pass { state in
      guard state.underWay == 0 else { return false }
      state.isShut = true
      return true
    }
    act()
    state.withLock { $0.isShut = false }
    changed.ring()
  }

  fileprivate func enter() async {
    await pass { state in
      guard !state.isShut else { return false }
      state.underWay += 1
      return true
    }
  }

  fileprivate func leave() {
    state.withLock { $0.underWay -= 1 }
    changed.ring()
  }

  private func pass(_ isFree: @Sendable (inout State) -> Bool) async {
    while true {
      let mark = changed.mark
      if state.withLock({ isFree(&$0) }) { return }
      await changed.wait(since: mark, atMost: FetchGate.lookAgain, clock)
    }
  }
}

/// A source whose questions hold virtual time.
private struct HeldSource: Source {
  let source: any Source
  let gate: FetchGate

  func prices(of symbol: String, period: String, interval: String, timeout: Span) async -> FetchOutcome {
    await gate.enter()
    defer { gate.leave() }
    return await source.prices(of: symbol, period: period, interval: interval, timeout: timeout)
  }
}
