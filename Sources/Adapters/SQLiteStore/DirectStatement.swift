import Engine
import GRDB
import GRDBSQLite

/// A statement that is run many thousand times in a row: its values are bound as they are, without a box around each.
struct DirectStatement {
  private static let copied = unsafeBitCast(OpaquePointer(bitPattern: -1), to: sqlite3_destructor_type.self)

  private let db: Database
  private let statement: Statement

  init(_ db: Database, sql: String) throws {
    self.db = db
    statement = try db.cachedStatement(sql: sql)
  }

  /// - Parameter place: of the value, from 1.
  func bind(_ place: Int32, _ number: Int64?) {
    if let number {
      sqlite3_bind_int64(statement.sqliteStatement, place, number)
    } else {
      sqlite3_bind_null(statement.sqliteStatement, place)
    }
  }

  func bind(_ place: Int32, _ text: String) {
    var text = text
    text.withUTF8 { bind(place, $0) }
  }

  /// - Parameter text: UTF-8; it is copied.
  func bind(_ place: Int32, _ text: UnsafeBufferPointer<UInt8>) {
    text.withMemoryRebound(to: CChar.self) { bytes in
      // Without a first byte it would be NULL.
      _ = sqlite3_bind_text(
        statement.sqliteStatement, place, bytes.baseAddress ?? UnsafePointer(bitPattern: 1), Int32(bytes.count),
        DirectStatement.copied)
    }
  }

  /// Runs it with the values that were bound.
  func run() throws {
    let code = sqlite3_step(statement.sqliteStatement)
    let message = code == SQLITE_DONE ? nil : db.lastErrorMessage
    sqlite3_reset(statement.sqliteStatement)
    if let message { throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message) }
  }
}
