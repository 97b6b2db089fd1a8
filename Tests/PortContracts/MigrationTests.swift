import Engine
import Events
import Foundation
import Rules
import Schedules
import Telemetry
import Testing

/// A database of the release before this one, which knows no schedules.
@Suite struct MigrationTests {
  @Test func `the first start on a database without schedules keeps all there is, and takes schedules`() async throws {
    let adapter = try #require(Adapter.all.last { $0.close != nil })
    try await adapter.run { stage in
      _ = try await stage.store.admit(try Sample.application("one"), at: Sample.start)
      try await stage.store.record([
        SlotRecord(rule: "r1", slot: Sample.start, outcome: .passes(Sample.entry("r1@1", .skipped)))
      ])
      let rules = try await stage.store.rules()
      let file = try DatabaseFile(stage.folder.appending(path: "bellcrank.db").path)
      for table in [
        "schedule_groups", "schedules", "slots", "slots_decided", "waiting_slots", "backfills", "zone_prints",
        "schedule_endings",
      ] {
        try await file.execute("DROP TABLE \(table)")
      }
      for index in ["runs_open", "deliveries_open"] { try await file.execute("DROP INDEX IF EXISTS \(index)") }
      try await file.execute("DELETE FROM grdb_migrations WHERE identifier IN ('5', '6')")
      let before = try await file.dump().filter { !$0.hasPrefix("grdb_migrations") }
      try file.close()
      try stage.reopen()
      let after = try DatabaseFile(stage.folder.appending(path: "bellcrank.db").path)
      #expect(before.isSubset(of: try await after.dump()))
      try after.close()
      #expect(try await stage.store.rules() == rules)
      #expect(try await stage.store.cursors() == ["r1": Sample.start])
      #expect(try await stage.store.runs(limit: 10).count == 1)
      #expect(try await stage.store.decidedThrough() == nil)
      #expect(try await stage.store.openSlots(limit: 1).isEmpty)
      let schedule = Schedule(
        name: ScheduleName("s"), expression: try ScheduleExpression("rate(1 minute)", dialect: .scheduler),
        target: Sample.target("t"), createdAt: Sample.start, modifiedAt: Sample.start, since: Sample.start)
      let ids = try await stage.store.save([schedule], row: Sample.row)
      let slot = SlotDecision(
        schedule: try #require(ids.first), slot: Sample.start, outcome: .fires, decidedAt: Sample.start)
      try await stage.store.decide([slot], through: nil, plans: [])
      #expect(try await stage.store.openSlots(limit: 2).map(\.decision) == [slot])
      #expect(try await stage.store.brokenLinks().isEmpty)
    }
  }
}
