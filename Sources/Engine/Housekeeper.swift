import Events
import Synchronization

/// Ends what nobody works on any more, and deletes what nobody will ask for again.
///
/// It is no part of `settle()`: nothing that was promised waits for it.
public final class Housekeeper: Sendable {
  /// Between two rounds.
  public static let pause = Span.minutes(5)
  /// How long a delivery that is done stays readable.
  public static let deliveriesKept = Span.days(7)

  /// Why the symbols of a chunk failed whose message was purged or deleted.
  public static func lostReason(_ queue: String) -> String { "its message is gone from \(queue)" }

  private let runs: any RunJournal
  private let store: any Housekeeping
  private let clock: any WallClock
  private let log: any LogSink
  private let workQueue: String
  /// Rings when a run has ended, for causes may have waited for that.
  private let runEnded: Bell
  private let due: Mutex<Timestamp>

  public init(
    _ runs: any RunJournal, _ store: any Housekeeping, _ clock: any WallClock, _ log: any LogSink, workQueue: String,
    runEnded: Bell
  ) {
    self.runs = runs
    self.store = store
    self.clock = clock
    self.log = log
    self.workQueue = workQueue
    self.runEnded = runEnded
    due = Mutex(clock.now())
  }

  /// When the next round is due.
  public var nextDue: Timestamp { due.withLock { $0 } }

  /// One round, if its time has come. Returns the runs ended and the rows deleted.
  public func tidyDue() async throws(StoreError) -> Int {
    let now = clock.now()
    let isDue = due.withLock { due in
      // A clock that was set back must not keep it waiting.
      guard due <= now || due - now > Housekeeper.pause else { return false }
      due = now + Housekeeper.pause
      return true
    }
    return isDue ? try await tidy(at: now) : 0
  }

  private func tidy(at now: Timestamp) async throws(StoreError) -> Int {
    let ended = try await runs.endLostChunks(
      queue: workQueue, reason: Housekeeper.lostReason(workQueue), at: now)
    for (run, status) in ended.sorted(by: { $0.key < $1.key }) {
      log.write(LogLine(.error, "run ended: a chunk's message is gone", ["run": run, "status": status.rawValue]))
    }
    if !ended.isEmpty { runEnded.ring() }
    let deleted = try await store.tidy(deliveriesKept: Housekeeper.deliveriesKept, at: now)
    return ended.count + deleted
  }
}
