import Engine
import GRDB
import Synchronization

/// Writes that arrive together share one transaction, so that many waiters pay for one flush to disk.
///
/// Writes that share one run in a savepoint each: a failing one takes nothing of the others with it.
final class GroupCommit: Sendable {
  /// Writes that one transaction takes.
  static let batchMax = 512

  private struct Job: Sendable {
    let run: @Sendable (Database) throws -> Void
    /// Told once it is durable, or why it is not.
    let done: @Sendable ((any Error)?) -> Void
  }

  /// Rings once a transaction that changed something is durable.
  let committed = Bell()
  private let writer: any DatabaseWriter
  private let afterCommit: @Sendable (Database) -> Void
  private let queue = Mutex(WriteQueue<Job>())

  /// - Parameter afterCommit: called after each transaction, before the next.
  init(_ writer: any DatabaseWriter, afterCommit: @escaping @Sendable (Database) -> Void = { _ in }) {
    self.writer = writer
    self.afterCommit = afterCommit
  }

  /// Runs the body in the next transaction; durable when it returns.
  ///
  /// - Parameter isUrgent: goes before all others that wait, with others that are urgent.
  func write<Value: Sendable>(
    isUrgent: Bool = false, _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(StoreError) -> Value {
    let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<Value, any Error>, Never>) in
      let box = Mutex<Result<Value, any Error>?>(nil)
      let job = Job(
        run: { db in
          do {
            let value = try body(db)
            box.withLock { $0 = .success(value) }
          } catch {
            box.withLock { $0 = .failure(error) }
            throw error
          }
        },
        done: { error in
          let value = box.withLock { $0 }
          switch (value, error) {
          case (.failure(let own)?, _): continuation.resume(returning: .failure(own))
          case (_, let error?): continuation.resume(returning: .failure(error))
          case (.success(let value)?, nil): continuation.resume(returning: .success(value))
          case (nil, nil): continuation.resume(returning: .failure(StoreError(.unavailable, "the write was not run")))
          }
        })
      enqueue([job], isUrgent: isUrgent)
    }
    do {
      return try result.get()
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(error)
    }
  }

  /// Runs the bodies one after the other, in one transaction unless something urgent comes between them; all that did not throw are
  /// durable when it returns.
  ///
  /// - Throws: the first error of one of them.
  func write(each bodies: [@Sendable (Database) throws -> Void]) async throws(StoreError) {
    guard !bodies.isEmpty else { return }
    let outcome = Mutex<(left: Int, error: (any Error)?)>((bodies.count, nil))
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      enqueue(
        bodies.map { body in
          Job(
            run: { db in
              do {
                try body(db)
              } catch {
                outcome.withLock { $0.error = $0.error ?? error }
                throw error
              }
            },
            done: { error in
              let isLast = outcome.withLock { outcome in
                outcome.error = outcome.error ?? error
                outcome.left -= 1
                return outcome.left == 0
              }
              if isLast { continuation.resume() }
            })
        }, isUrgent: false)
    }
    if let error = outcome.withLock({ $0.error }) { throw StoreError(error) }
  }

  private func enqueue(_ jobs: [Job], isUrgent: Bool) {
    let starts = queue.withLock { $0.add(jobs, isUrgent: isUrgent) }
    if starts {
      writer.asyncWriteWithoutTransaction { [self] db in drain(db) }
    }
  }

  private func drain(_ db: Database) {
    while var turn = queue.withLock({ $0.next(max: GroupCommit.batchMax) }) {
      let before = db.totalChangesCount
      var failures: [Int: any Error] = [:]
      do {
        try db.inTransaction(.immediate) {
          // Alone in its transaction a write needs no savepoint: it is undone with it.
          if turn.jobs.count == 1, let job = turn.jobs.first {
            try job.run(db)
            return .commit
          }
          for (index, job) in turn.jobs.enumerated() {
            let whole = turn
            if index > 0, queue.withLock({ $0.makesWay(whole, from: index) }) {
              turn.jobs.removeSubrange(index...)
              break
            }
            failures[index] = attempt(job, db)
            // A full disk may make SQLite undo the whole transaction: then nothing of the batch has been kept.
            guard db.isInsideTransaction else { throw StoreError(.unavailable, "SQLite undid the transaction") }
          }
          return .commit
        }
        if db.totalChangesCount != before { committed.ring() }
        for (index, job) in turn.jobs.enumerated() { job.done(failures[index]) }
        afterCommit(db)
      } catch {
        for job in turn.jobs { job.done(error) }
      }
    }
  }

  /// Undoes a write that fails, and says why it did; the transaction goes on.
  private func attempt(_ job: Job, _ db: Database) -> (any Error)? {
    do {
      try db.inSavepoint {
        try job.run(db)
        return .commit
      }
      return nil
    } catch {
      return error
    }
  }
}

extension StoreError {
  /// What SQLite or GRDB said, in the store's own words.
  init(_ error: any Error) {
    switch error {
    case let error as StoreError: self = error
    case let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB:
      self.init(.corrupt, error.description)
    case let error as RowDecodingError: self.init(.corrupt, error.description)
    default: self.init(.unavailable, String(describing: error))
    }
  }
}
