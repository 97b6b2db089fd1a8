import GRDB
import GRDBSQLite
import Synchronization

/// Copies SQLite's log into the database file on a connection of its own, so that commits do not wait for it.
///
/// A copy that has nothing to copy is never begun, nor two at once: before 3.51.3 SQLite may take such a one for that of a log
/// which a commit has begun anew meanwhile, and lose what is in it. As long as part of the log is not copied, no commit can do so.
/// Source: SQLite, "Write-Ahead Logging", passive checkpoints and the WAL-reset bug.
final class Checkpointer: Sendable {
  /// Frames (pages) of the log from which on it is copied: SQLite's own measure.
  static let framesDue = 1_000
  /// Frames from which on the writer finishes the copying itself. A log that is always written to never begins anew otherwise.
  static let framesMax = 16_384

  private struct State {
    /// How long the log was after the last commit.
    var frames = 0
    /// How much of it is copied; never less than that is.
    var copied = 0
    /// Grows when the log begins anew.
    var turn = 0
    var isCopying = false
  }

  private let connection: DatabaseQueue
  private let state = Mutex(State())

  /// - Parameter configuration: of the writer's connection.
  init(path: String, _ configuration: Configuration) throws {
    connection = try DatabaseQueue(path: path, configuration: configuration)
  }

  /// Takes the copying over from the writer's connection, which this has to outlive.
  func takeOver(from writer: Database) throws {
    try writer.execute(sql: "PRAGMA wal_autocheckpoint = 0")
    let context = Unmanaged.passUnretained(self).toOpaque()
    sqlite3_wal_hook(
      writer.sqliteConnection,
      { context, _, _, frames in
        guard let context else { return SQLITE_OK }
        Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue().grew(to: Int(frames))
        return SQLITE_OK
      }, context)
  }

  private func grew(to frames: Int) {
    state.withLock { state in
      if frames < state.frames {
        state.copied = 0
        state.turn += 1
      }
      state.frames = frames
    }
  }

  /// Told by the writer after each transaction, on its own connection.
  func committed(_ writer: Database) {
    let (begins, isLong) = state.withLock { state in
      let begins = !state.isCopying && state.frames >= Checkpointer.framesDue && state.frames > state.copied
      if begins { state.isCopying = true }
      return (begins, state.frames >= Checkpointer.framesMax)
    }
    guard begins else { return }
    if isLong { copy(writer) } else { connection.asyncWriteWithoutTransaction { [self] db in copy(db) } }
  }

  /// After the writer's connection.
  func close() throws { try connection.close() }

  /// A log that cannot be copied now stays as it is: all of it is read from there, and a later commit leads here again.
  private func copy(_ db: Database) {
    let turn = state.withLock(\.turn)
    var copied: Int32 = -1
    if let connection = db.sqliteConnection {
      sqlite3_wal_checkpoint_v2(connection, "main", SQLITE_CHECKPOINT_PASSIVE, nil, &copied)
    }
    state.withLock { state in
      // Once all is copied the log may have begun anew before this is noted.
      if state.turn == turn { state.copied = max(state.copied, Int(copied)) }
      state.isCopying = false
    }
  }
}
