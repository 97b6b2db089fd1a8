import Engine
import Events
import Foundation
import GRDB

extension SQLiteStore: EventArchive {
  public func extent(of range: ArchiveRange) async throws(StoreError) -> ArchiveExtent? {
    try await read { db in
      guard let oldest = try db.moment("SELECT MIN(received_at) FROM events") else { return nil }
      let row = try db.row(
        """
        SELECT COUNT(*) AS count, MIN(seq) AS first, MAX(seq) AS last FROM events
        WHERE received_at >= ? AND received_at < ?
        """, SQLiteStore.bounds(range))
      var places: ClosedRange<Int64>?
      if let first = row?["first"] as Int64?, let last = row?["last"] as Int64? { places = first...last }
      return ArchiveExtent(recordedSince: oldest, count: row?["count"] ?? 0, places: places)
    }
  }

  public func page(
    of range: ArchiveRange, places: ClosedRange<Int64>, rowsMax: Int, bytesMax: Int
  ) async throws(StoreError) -> [ArchivedEvent] {
    try await read { db in
      // By the row's number alone: through the index of times, every page would be sorted anew.
      let rows = try Row.fetchCursor(
        db.cachedStatement(
          sql: """
            SELECT seq, id, received_at, json FROM events NOT INDEXED
            WHERE seq >= ? AND seq <= ? AND received_at >= ? AND received_at < ? ORDER BY seq LIMIT ?
            """),
        arguments: [places.lowerBound, places.upperBound] + SQLiteStore.bounds(range) + [rowsMax])
      var events: [ArchivedEvent] = []
      var bytesLeft = bytesMax
      while bytesLeft > 0, let row = try rows.next() {
        let bytes = try row.withUnsafeData(atIndex: 3) { $0.map { [UInt8]($0) } ?? [] }
        bytesLeft -= bytes.count
        events.append(
          ArchivedEvent(
            sequence: row[0], id: row[1], receivedAt: Timestamp(milliseconds: row[2]), bytes: bytes))
      }
      return events
    }
  }

  private static func bounds(_ range: ArchiveRange) -> StatementArguments {
    [range.since?.milliseconds ?? Int64.min, range.until?.milliseconds ?? Int64.max]
  }
}
