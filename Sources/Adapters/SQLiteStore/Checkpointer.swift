import GRDB
import GRDBSQLite
import Synchronization

/// Copies SQLite's log into the database file on a connection of its own, so that commits do not wait for it.
///
/// Source: SQLite, "Write-Ahead Logging": a passive checkpoint runs beside readers and the writer.
final class Checkpointer: Sendable {
  /// Frames (pages) of the log from which on it is copied: SQLite's own measure.
  static let framesDue = 1_000
  /// Frames from which on the writer finishes the copying itself. A log that is always written to never begins anew otherwise.
  static let framesMax = 16_384

  private let connection: DatabaseQueue
  /// How long the log was after the last commit.
  private let frames = Atomic<Int>(0)
  private let isCopying = Atomic<Bool>(false)

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
        Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue().frames.store(
          Int(frames), ordering: .relaxed)
        return SQLITE_OK
      }, context)
  }

  /// Told by the writer after each transaction, on its own connection.
  func committed(_ writer: Database) {
    let length = frames.load(ordering: .relaxed)
    if length >= Checkpointer.framesMax {
      copy(writer)
    } else if length >= Checkpointer.framesDue, !isCopying.exchange(true, ordering: .acquiringAndReleasing) {
      connection.asyncWriteWithoutTransaction { [self] db in
        copy(db)
        isCopying.store(false, ordering: .releasing)
      }
    }
  }

  func close() throws { try connection.close() }

  /// A log that cannot be copied now stays as it is: all of it is read from there, and the next commit leads here again.
  private func copy(_ db: Database) {
    sqlite3_wal_checkpoint_v2(db.sqliteConnection, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
  }
}
