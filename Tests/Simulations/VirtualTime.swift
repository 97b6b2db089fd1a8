import Engine
import Events
import Synchronization

/// An executor whose tasks run one after the other on the thread that waits for them, and a clock that moves on when all
/// of them sleep: many workers at the same time, in no time, and the same each time.
final class VirtualTime: TaskExecutor, WallClock {
  private struct Sleeper {
    let due: Timestamp
    /// Who sleeps until the same moment wakes in the order of falling asleep.
    let ticket: Int
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var now: Timestamp
    var jobs: [UnownedJob] = []
    /// Whoever wakes first comes last.
    var sleepers: [Sleeper] = []
    var tickets = 0
    var isDone = false
  }

  private let state: Mutex<State>

  init(_ now: Timestamp) { state = Mutex(State(now: now)) }

  func now() -> Timestamp { state.withLock { $0.now } }

  func sleep(for span: Span) async throws(CancellationError) {
    await withCheckedContinuation { continuation in
      state.withLock { state in
        state.tickets += 1
        let due = state.now + max(.zero, span)
        // A new sleeper wakes after all others of its moment, so it stands before them.
        var (low, high) = (0, state.sleepers.count)
        while low < high {
          let middle = (low + high) / 2
          if state.sleepers[middle].due > due { low = middle + 1 } else { high = middle }
        }
        state.sleepers.insert(Sleeper(due: due, ticket: state.tickets, continuation: continuation), at: low)
      }
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.jobs.append(job) }
  }

  /// Runs the task and all that it starts to its end, on this thread.
  func run(_ body: @escaping @Sendable () async -> Void) {
    state.withLock { $0.isDone = false }
    // Its end is awaited below: the loop goes on until it says so.
    Task(executorPreference: self) {
      await body()
      self.state.withLock { $0.isDone = true }
    }
    while !state.withLock({ $0.isDone }) {
      let jobs = state.withLock { state in
        let jobs = state.jobs
        state.jobs = []
        return jobs
      }
      for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
      if jobs.isEmpty { wakeNext() }
    }
  }

  private func wakeNext() {
    let next = state.withLock { state -> Sleeper? in
      guard !state.isDone, let next = state.sleepers.popLast() else { return nil }
      state.now = max(state.now, next.due)
      return next
    }
    guard let next else {
      precondition(state.withLock { $0.isDone || !$0.jobs.isEmpty }, "all wait for each other")
      return
    }
    next.continuation.resume()
  }
}
