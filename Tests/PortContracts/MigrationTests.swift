import Engine
import Events
import Foundation
import GRDB
import Rules
import Schedules
import Telemetry
import Testing

@testable import SQLiteStore

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
        "clockworks", "schedule_endings",
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

  @Test func `schedules and slots of the first store that had them come over whole, with what was open`() async throws {
    try await Scratch.folder { folder in
      let path = folder.appending(path: "bellcrank.db").path
      let schedules = try SlotContract.whole()
      let old = try DatabasePool(path: path)
      try Schema.migrator.migrate(old, upTo: "5")
      try await old.write { db in
        for (index, schedule) in schedules.enumerated() {
          let work = Clockwork(schedule).text
          try db.execute(
            sql: "INSERT INTO schedules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
              10 + index, schedule.name.group, schedule.name.name, schedule.state.rawValue, work,
              schedule.since.milliseconds, schedule.start?.milliseconds, schedule.end?.milliseconds,
              schedule.pause?.until?.milliseconds, schedule.json.text,
            ])
        }
        // The last id that was given is not there any more.
        try db.execute(sql: "UPDATE sqlite_sequence SET seq = 99 WHERE name = 'schedules'")
        for (seq, schedule, outcome) in [(3, 10, 0), (4, 11, 0), (5, 12, 0), (6, 10, 2)] {
          let slot = Sample.start.after(seq == 6 ? 120 : 60).milliseconds
          try db.execute(
            sql: "INSERT INTO slots (seq, slot, schedule, outcome, decided_at) VALUES (?, ?, ?, ?, ?)",
            arguments: [seq, slot, schedule, outcome, slot + 1_000])
        }
        try db.execute(sql: "UPDATE slots_decided SET expanded = 4, through = 7")
      }
      try old.close()
      let store = try SQLiteStore(path: path, try Sample.settings())
      #expect(try await store.schedules(ScheduleQuery()) == schedules)
      let clocks = try await store.clocks(after: 0, limit: 100)
      #expect(clocks == schedules.enumerated().map { StoredClock(id: Int64(10 + $0), $1) })
      let decided = [
        ScheduleContract.slot(10, 60), ScheduleContract.slot(11, 60), ScheduleContract.slot(12, 60),
        ScheduleContract.slot(10, 120, .disabled),
      ]
      #expect(try await store.decisions(after: .epoch) == decided)
      #expect(try await store.openSlots(limit: 10).map(\.decision) == Array(decided.suffix(2)))
      #expect(try await store.decidedThrough() == Timestamp(milliseconds: 7))
      #expect(try await store.nextPauseEnd() == schedules[1].pause?.until)
      let fresh = try ScheduleContract.schedule(ScheduleContract.named("fresh"))
      #expect(try await store.save([fresh], row: ScheduleContract.row) == [100])
      try store.close()
    }
  }
}
