import Events
import Synchronization

/// Wakes loops that have nothing to do; a ring is never lost, however late somebody starts to wait.
public final class Bell: Sendable {
  /// How often it had rung when somebody last looked.
  public struct Mark: Sendable, Hashable, CustomStringConvertible {
    fileprivate let rings: UInt64

    public var description: String { String(rings) }
  }

  private struct State {
    var rings: UInt64 = 0
    var nextWaiter: UInt64 = 0
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
  }

  private let state = Mutex(State())

  public init() {}

  /// Taken before looking for work, so that a ring after the look is noticed.
  public var mark: Mark { state.withLock { Mark(rings: $0.rings) } }

  public func ring() {
    let waiting = state.withLock { state in
      state.rings += 1
      defer { state.waiting = [:] }
      return state.waiting.values
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Returns when it has rung since the mark, when the span has passed, or when the task is cancelled.
  public func wait(since mark: Mark, atMost span: Span, _ clock: any WallClock) async {
    guard span > .zero, state.withLock({ $0.rings == mark.rings }) else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.nextRing(since: mark) }
      group.addTask {
        do { try await clock.sleep(for: span) } catch { return }  // Cancelled: the bell rang first.
      }
      await group.next()
      group.cancelAll()
    }
  }

  private func nextRing(since mark: Mark) async {
    let ticket = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let now = state.withLock { state in
          if state.rings != mark.rings || Task.isCancelled { return true }
          state.waiting[ticket] = continuation
          return false
        }
        if now { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
    }
  }
}

/// One bell a name; made when first asked for.
public final class Bells: Sendable {
  private let bells = Mutex<[String: Bell]>([:])

  public init() {}

  public subscript(name: String) -> Bell {
    bells.withLock { bells in
      if let bell = bells[name] { return bell }
      let bell = Bell()
      bells[name] = bell
      return bell
    }
  }
}

/// Lets one task through at a time, in the order in which they came.
public final class Turnstile: Sendable {
  private struct State {
    var taken = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  public init() {}

  public func pass<Value: Sendable, Failure: Error>(
    _ body: @Sendable () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    await enter()
    do {
      let value = try await body()
      leave()
      return value
    } catch {
      leave()
      throw error
    }
  }

  private func enter() async {
    await withCheckedContinuation { continuation in
      let free = state.withLock { state in
        if state.taken {
          state.waiting.append(continuation)
          return false
        }
        state.taken = true
        return true
      }
      if free { continuation.resume() }
    }
  }

  private func leave() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.waiting.isEmpty else {
        state.taken = false
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }
}
