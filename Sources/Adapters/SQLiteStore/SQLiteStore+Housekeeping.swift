import Engine
import Events
import GRDB
import Ingestion

extension SQLiteStore: Housekeeping {
  /// Rows of one table that one round deletes, so that no write waits long for it.
  private static let batchMax = 10_000
  /// Changes of the universe are folded once no clock will be set back before them.
  private static let foldAge = Span.days(1)
  /// How long decided slots of schedules are known one by one: no clock is set back so far.
  private static let slotsKept = Span.days(7)

  public func tidy(deliveriesKept: Span, at now: Timestamp) async throws(StoreError) -> Int {
    let limits = settings.limits
    return try await write { db in
      try SQLiteStore.foldUniverse(at: now - SQLiteStore.foldAge, db)
      var deleted = 0
      func delete(_ table: String, _ condition: String, _ bound: any DatabaseValueConvertible) throws {
        try db.run(
          """
          DELETE FROM \(table) WHERE rowid IN (SELECT rowid FROM \(table) WHERE \(condition) LIMIT \(SQLiteStore.batchMax))
          """, [bound])
        deleted += db.changesCount
      }
      try delete("claims", "expires_at < ?", now.milliseconds)
      try delete("deliveries", "done_at < ?", (now - deliveriesKept).milliseconds)
      // What is a day past its end stays, for a clock may be set back.
      let window = max(limits.manualWindow, limits.eventWindow) + .days(1)
      try delete("admissions", "at < ?", (now - window).milliseconds)
      // A slot that is so long past never comes again: what is decided is noted by the instant up to which all is.
      try delete(
        "slots", "slot < ? AND seq + count - 1 <= (SELECT expanded FROM slots_decided)",
        (now - SQLiteStore.slotsKept).milliseconds)
      try delete("reingestions", "day < ?", (now - .days(1)).dateText)
      return deleted
    }
  }

  /// Applies changes that are effective for good to the list itself. Their ids stay, so that a redelivery is known.
  private static func foldUniverse(at moment: Timestamp, _ db: Database) throws {
    let isOpen = try db.row(
      "SELECT 1 FROM universe_changes WHERE folded = 0 AND effective_at <= ? LIMIT 1", [moment.milliseconds])
    guard isOpen != nil, let universe = try universe(at: moment, db) else { return }
    try db.run("UPDATE universe SET symbols = ?", [JSON(universe.symbols).text])
    try db.run(
      "UPDATE universe_changes SET folded = 1, added = '[]', removed = '[]' WHERE folded = 0 AND effective_at <= ?",
      [moment.milliseconds])
  }
}
