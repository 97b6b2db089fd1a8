import Crypto
import Engine
import Events
import GRDB

/// Every durable port of the embedded runtime, in one SQLite database.
///
/// One writer that shares its commits, readers on snapshots; WAL and `synchronous=FULL`, so what is answered is on disk.
public final class SQLiteStore: Sendable {
  /// Readers at the same time.
  static let readersMax = 4

  private let database: any DatabaseWriter
  /// Whether readers have connections of their own, and so need snapshots.
  private let hasReaders: Bool
  private let commits: GroupCommit
  /// nil without a file.
  private let checkpointer: Checkpointer?
  /// What admission is bounded by; the adapter only passes it on.
  let settings: Settings

  /// Opens the database file, and creates or migrates it.
  public init(path: String, _ settings: Settings) throws(StoreError) {
    var configuration = Configuration()
    configuration.maximumReaderCount = SQLiteStore.readersMax
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA synchronous = FULL")
      try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
      // 64 MiB: the indexes of a ledger with ten million rows are touched all over.
      try db.execute(sql: "PRAGMA cache_size = -65536")
    }
    do {
      database = try DatabasePool(path: path, configuration: configuration)
      hasReaders = true
      try Schema.migrator.migrate(database)
      let checkpointer = try Checkpointer(path: path, configuration)
      try database.writeWithoutTransaction { db in try checkpointer.takeOver(from: db) }
      self.checkpointer = checkpointer
      commits = GroupCommit(database) { db in checkpointer.committed(db) }
    } catch {
      throw StoreError(error)
    }
    self.settings = settings
  }

  /// A database that lives as long as this object: for the demo and the simulator.
  public init(inMemory settings: Settings) throws(StoreError) {
    do {
      database = try DatabaseQueue()
      hasReaders = false
      checkpointer = nil
      try Schema.migrator.migrate(database)
    } catch {
      throw StoreError(error)
    }
    commits = GroupCommit(database)
    self.settings = settings
  }

  /// Closes the files; nothing may be asked afterwards.
  public func close() throws(StoreError) {
    do {
      try database.close()
      try checkpointer?.close()
    } catch {
      throw StoreError(error)
    }
  }

  /// Rings when something was committed.
  public var committed: Bell { commits.committed }

  /// - Parameter isUrgent: goes before all writes that wait.
  func write<Value: Sendable>(
    isUrgent: Bool = false, _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(StoreError) -> Value {
    try await commits.write(isUrgent: isUrgent, body)
  }

  /// Runs the bodies one after the other; what is urgent may come between them.
  func write(each bodies: [@Sendable (Database) throws -> Void]) async throws(StoreError) {
    try await commits.write(each: bodies)
  }

  func read<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(StoreError) -> Value {
    do {
      // One connection serves one at a time: what it reads cannot change under it, also without a transaction.
      return hasReaders ? try await database.read(body) : try await database.unsafeRead(body)
    } catch {
      throw StoreError(error)
    }
  }
}

extension Database {
  /// Runs a statement whose plan is kept.
  func run(_ sql: String, _ arguments: StatementArguments = []) throws {
    try cachedStatement(sql: sql).execute(arguments: arguments)
  }

  func row(_ sql: String, _ arguments: StatementArguments = []) throws -> Row? {
    try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
  }

  func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
    try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
  }

  func count(_ sql: String, _ arguments: StatementArguments = []) throws -> Int {
    try Int.fetchOne(cachedStatement(sql: sql), arguments: arguments) ?? 0
  }

  func moment(_ sql: String, _ arguments: StatementArguments = []) throws -> Timestamp? {
    try Int64.fetchOne(cachedStatement(sql: sql), arguments: arguments).map { Timestamp(milliseconds: $0) }
  }
}

extension Row {
  func moment(_ column: String) -> Timestamp { Timestamp(milliseconds: self[column]) }

  func optionalMoment(_ column: String) -> Timestamp? {
    (self[column] as Int64?).map { Timestamp(milliseconds: $0) }
  }

  /// A column that holds JSON text of ours.
  func json(_ column: String) throws -> JSON {
    let text: String = self[column]
    do { return try JSON(parsing: text) } catch { throw StoreError(.corrupt, "\(column): \(error.message)") }
  }

  /// A column that holds a JSON list of strings.
  func strings(_ column: String) throws -> [String] {
    (try json(column).elements ?? []).compactMap(\.string)
  }

  /// A value made of a column's JSON, or the report that it is not what was written.
  func decoded<Value>(_ column: String, _ make: (JSON) throws -> Value?) throws -> Value {
    guard let value = try make(try json(column)) else {
      throw StoreError(.corrupt, "\(column) is not what was written")
    }
    return value
  }
}
