import Events
import Synchronization

/// A clock that stands still until it is told otherwise; who sleeps on it wakes when it has been advanced far enough.
///
/// Sleeps count the time that passes, as those of a real machine do: a clock that is set back makes none of them longer.
/// It reads no machine, so it stands beside the port that it is one side of: a served environment may live by it, and every
/// simulation does.
public final class VirtualClock: WallClock {
  private struct Sleeper {
    let ticket: UInt64
    /// On the scale of `passed`.
    let due: Span
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct Watcher {
    let sleepersMin: Int
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var now: Timestamp
    /// The time that has passed since the clock was made, whatever it showed.
    var passed = Span.zero
    var ticketsGiven: UInt64 = 0
    var sleepers: [Sleeper] = []
    var watchers: [Watcher] = []
  }

  private let state: Mutex<State>

  /// A clock that shows that moment.
  public init(_ now: Timestamp) {
    state = Mutex(State(now: now))
  }

  public func now() -> Timestamp { state.withLock { $0.now } }

  /// Lets time pass, and wakes those whose time it was, the earliest first.
  ///
  /// - Parameter span: not negative; `set(to:)` is for clocks that go back.
  public func advance(by span: Span) {
    precondition(span >= .zero, "time does not run backwards; a clock can only be set back")
    let woken = state.withLock { state in
      state.now = state.now + span
      state.passed = state.passed + span
      let passed = state.passed
      let woken = state.sleepers.filter { $0.due <= passed }
      state.sleepers.removeAll { $0.due <= passed }
      return woken
    }
    for sleeper in woken.sorted(by: { ($0.due, $0.ticket) < ($1.due, $1.ticket) }) {
      sleeper.continuation.resume(returning: true)
    }
  }

  /// Lets time pass until that moment; one that is past changes nothing.
  public func advance(to moment: Timestamp) {
    advance(by: max(.zero, moment - now()))
  }

  /// Shows another moment, later or earlier, without any time passing: nobody wakes.
  public func set(to moment: Timestamp) {
    state.withLock { $0.now = moment }
  }

  /// When the first of those who sleep will wake; nil if nobody sleeps.
  public var nextWake: Timestamp? {
    state.withLock { state in
      state.sleepers.map(\.due).min().map { due in
        state.now + Span(milliseconds: due.milliseconds - state.passed.milliseconds)
      }
    }
  }

  /// Returns once at least that many tasks sleep: what a test awaits instead of sleeping itself.
  public func sleepers(atLeast count: Int) async {
    await withCheckedContinuation { continuation in
      let isMet = state.withLock { state in
        if state.sleepers.count >= count { return true }
        state.watchers.append(Watcher(sleepersMin: count, continuation: continuation))
        return false
      }
      if isMet { continuation.resume() }
    }
  }

  public func sleep(for span: Span) async throws(CancellationError) {
    guard span > .zero else { return }
    let ticket = state.withLock { state in
      state.ticketsGiven += 1
      return state.ticketsGiven
    }
    let isOver = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in fallAsleep(ticket, for: span, continuation) }
    } onCancel: {
      wake(ticket)
    }
    if !isOver { throw CancellationError() }
  }

  private func fallAsleep(_ ticket: UInt64, for span: Span, _ continuation: CheckedContinuation<Bool, Never>) {
    let met = state.withLock { state -> [Watcher]? in
      if Task.isCancelled { return nil }
      state.sleepers.append(Sleeper(ticket: ticket, due: state.passed + span, continuation: continuation))
      let count = state.sleepers.count
      let met = state.watchers.filter { $0.sleepersMin <= count }
      state.watchers.removeAll { $0.sleepersMin <= count }
      return met
    }
    guard let met else {
      continuation.resume(returning: false)
      return
    }
    for watcher in met { watcher.continuation.resume() }
  }

  /// Ends a sleep before its time.
  private func wake(_ ticket: UInt64) {
    let sleeper = state.withLock { state -> Sleeper? in
      guard let index = state.sleepers.firstIndex(where: { $0.ticket == ticket }) else { return nil }
      return state.sleepers.remove(at: index)
    }
    sleeper?.continuation.resume(returning: false)
  }
}
