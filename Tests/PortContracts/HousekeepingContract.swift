import Deliveries
import Engine
import Events
import Ingestion
import Telemetry
import Testing

/// What `Housekeeping` promises.
@Suite struct HousekeepingContract {
  @Test(arguments: Adapter.all)
  func `keys that have expired go, and no others`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      _ = try await stage.store.admit(try Sample.application("old", .schedule, key: "k"), at: Sample.start)
      let week = Sample.start + .days(7)
      let manual = try Sample.application("manual", asks: ["table_name": "dividends"])
      _ = try await stage.store.admit(manual, at: Sample.start + .days(6))
      _ = try await stage.store.admit(try Sample.application("new", .schedule, key: "l"), at: week)
      #expect(try await tidy(stage, at: week) == 0)
      #expect(try await tidy(stage, at: week.after(1)) == 1)
      #expect(try await tidy(stage, at: week.after(1)) == 0)
      try stage.reopen()
      let again = try await stage.store.admit(try Sample.application("again", .schedule, key: "l"), at: week.after(1))
      #expect(again.decision == .duplicate)
    }
  }

  @Test(arguments: Adapter.all)
  func `deliveries go once they are done with for long enough; those that wait stay`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      try await stage.store.record([Sample.routed("event-1", to: ["one", "two"])])
      let due = try await stage.store.due(at: Sample.start, limit: 10)
      let first = try #require(due.first)
      var delivery = first.delivery
      delivery.accepted()
      try await stage.store.commit(
        [DeliveryResult(rowID: first.rowID, delivery: delivery, cause: first.cause, message: nil)], at: Sample.start)
      #expect(try await tidy(stage, at: Sample.start + .days(1)) == 0)
      #expect(try await tidy(stage, at: Sample.start + .days(1) + .seconds(1)) == 1)
      #expect(try await stage.store.due(at: Sample.start, limit: 10).map(\.rowID) == due.dropFirst().map(\.rowID))
    }
  }

  @Test(arguments: Adapter.all)
  func `folding leaves the universe as it is, and still knows the changes`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let changes = [
        UniverseChange(id: "c1", added: ["NVDA"], removed: ["MSFT"], effectiveAt: Sample.start),
        UniverseChange(id: "c2", added: ["AMD"], removed: [], effectiveAt: Sample.start + .days(9)),
      ]
      for change in changes { try await stage.store.note(change, base: ["AAPL", "MSFT"]) }
      for day in [0, 1, 2, 8] {
        let now = Sample.start + .days(day)
        _ = try await tidy(stage, at: now)
        for change in changes { try await stage.store.note(change, base: []) }
        #expect(try await stage.store.universe(at: now) == ["AAPL", "NVDA"], "day \(day)")
      }
      try stage.reopen()
      #expect(try await stage.store.universe(at: Sample.start + .days(9)) == ["AAPL", "NVDA", "AMD"])
    }
  }

  private func tidy(_ stage: Stage, at now: Timestamp) async throws -> Int {
    try await stage.store.tidy(deliveriesKept: .days(1), at: now)
  }
}
