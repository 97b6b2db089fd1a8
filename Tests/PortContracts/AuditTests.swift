import Engine
import Events
import Foundation
import Ingestion
import SQLiteStore
import Telemetry
import Testing

/// Whoever writes to the file behind our back is found out, whatever they touch.
@Suite struct AuditTests {
  /// What was done to the file, and what the audit must call it.
  static let tampering: [(sql: String, code: LedgerFault.Code)] = [
    ("UPDATE ledger SET json = REPLACE(json, 'c2', 'cX') WHERE cause_id = 'c2'", .rowChanged),
    ("UPDATE ledger SET hash = REPLACE(hash, SUBSTR(hash, 1, 1), 'f') || 'x' WHERE cause_id = 'c2'", .rowChanged),
    ("UPDATE ledger SET decision = 'duplicate' WHERE cause_id = 'c2'", .columnChanged),
    ("UPDATE ledger SET cause_id = 'cX' WHERE cause_id = 'c2'", .columnChanged),
    ("UPDATE ledger SET run_id = NULL WHERE cause_id = 'c2'", .columnChanged),
    ("UPDATE ledger SET at = at + 5000 WHERE cause_id = 'c2'", .columnChanged),
    ("DELETE FROM ledger WHERE cause_id = 'c2'", .rowsMissing),
    ("DELETE FROM ledger WHERE cause_id = 'c4'", .rowsMissing),
    ("DELETE FROM ledger WHERE cause_id = 'c0'", .rowsMissing),
    ("DELETE FROM ledger", .rowsMissing),
  ]

  @Test(arguments: tampering.indices)
  func `tampering is found, by its name`(_ place: Int) async throws {
    let adapter = try #require(Adapter.all.last)
    try await adapter.run { stage in
      for number in 0..<5 {
        _ = try await stage.store.admit(try Sample.application("c\(number)", .schedule), at: Sample.start)
      }
      #expect(try await stage.store.audit(after: nil, limit: 100).faults == [])
      let file = try DatabaseFile(stage.folder.appending(path: "bellcrank.db").path)
      try await file.execute(Self.tampering[place].sql)
      try file.close()
      let faults = try await stage.store.audit(after: nil, limit: 100).faults
      #expect(faults.contains { $0.code == Self.tampering[place].code }, "\(Self.tampering[place].sql): \(faults)")
    }
  }

  @Test(arguments: Adapter.all)
  func `an audit in stretches finds what one in a piece finds`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      for number in 0..<7 {
        _ = try await stage.store.admit(try Sample.application("c\(number)", .schedule), at: Sample.start)
      }
      var rows = 0
      var place: LedgerLink?
      repeat {
        let stretch = try await stage.store.audit(after: place, limit: 3)
        #expect(stretch.faults == [] && stretch.rows <= 3)
        rows += stretch.rows
        place = stretch.next
      } while place != nil
      #expect(rows == 7)
      let head = try #require(try await stage.store.head())
      #expect(try await stage.store.link(at: head.sequence) == head)
      #expect(try await stage.store.link(at: head.sequence + 1) == nil)
    }
  }

  @Test(arguments: Adapter.all)
  func `a cause stands decided, open, or nowhere`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      _ = try await stage.store.admit(try Sample.application("done", .schedule), at: Sample.start)
      #expect(try await stage.store.close(Sample.entry("open", .deferred), deadLetter: nil))
      try await stage.store.record([Sample.routed("e", to: ["queue"])])
      let standings = try await stage.store.standing(of: ["done", "open", "e/some-rule", "nobody"])
      #expect(standings["done"] == CauseStanding(decided: 1, isOpen: false))
      #expect(standings["open"] == CauseStanding(decided: 0, isOpen: true))
      #expect(standings["e/some-rule"] == CauseStanding(decided: 0, isOpen: true))
      #expect(standings["nobody"] == nil)
    }
  }
}
