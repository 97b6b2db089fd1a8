import Deliveries
import Engine
import Events
import Rules
import Telemetry
import Testing

/// What `EventJournal` and `SlotJournal` promise.
@Suite struct JournalContract {
  @Test(arguments: Adapter.all)
  func `an event comes back as it went in, with its deliveries and rows`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let row = Sample.entry("e1", .unmatched)
      let routed = Sample.routed("e1", to: ["t1", "t2"], rows: [row])
      try await stage.store.record([routed])
      try stage.reopen()
      let recorded = try #require(try await stage.store.event("e1"))
      #expect(recorded.event == routed.event)
      #expect(recorded.hops == 1)
      #expect(recorded.parentID == "parent-1")
      #expect(recorded.receivedAt == Sample.start)
      #expect(try await stage.store.entry(of: "e1") == row)
      let due = try await stage.store.due(at: Sample.start, limit: 10)
      #expect(due.map(\.target.id) == ["t1", "t2"])
      #expect(due.allSatisfy { $0.cause == Sample.cause("e1/some-rule", event: "e1") })
      #expect(due.allSatisfy { $0.event?.event == routed.event && $0.event?.hops == 1 && $0.body == nil })
      #expect(try await stage.store.event("e2") == nil)
    }
  }

  @Test(arguments: Adapter.all)
  func `an event whose id is known is left as it is, and the others are taken`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      try await stage.store.record([Sample.routed("e1", to: ["t1"])])
      let again = RoutedEvent(
        event: Sample.event("e1", ["other": true]), hops: 9, parentID: nil, receivedAt: Sample.start.after(5),
        deliveries: Sample.routed("e1", to: ["t2"]).deliveries, rows: [Sample.entry("e1", .unmatched)])
      try await stage.store.record([again, Sample.routed("e2", to: ["t1"])])
      #expect(try await stage.store.event("e1")?.event == Sample.event("e1"))
      #expect(try await stage.store.entry(of: "e1") == nil)
      #expect(
        try await stage.store.due(at: Sample.start, limit: 10).map(\.cause.id) == ["e1/some-rule", "e2/some-rule"])
    }
  }

  @Test(arguments: Adapter.all)
  func `the events taken in last come first`(_ adapter: Adapter) async throws {
    try await adapter.run { stage async throws in
      try await stage.store.record(["e1", "e2", "e3"].map { Sample.routed($0, to: []) })
      #expect(try await stage.store.events(limit: 2).map(\.event.id) == ["e3", "e2"])
    }
  }

  @Test(arguments: Adapter.all)
  func `sixteen who publish the same event at once publish it once`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let store = stage.store
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<16 { group.addTask { try await store.record([Sample.routed("e1", to: ["t1"])]) } }
        try await group.waitForAll()
      }
      #expect(try await store.events(limit: 10).count == 1)
      #expect(try await store.due(at: Sample.start, limit: 10).count == 1)
    }
  }

  @Test(arguments: Adapter.all)
  func `slots fire or pass and move the cursor of their own rule`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      #expect(try await stage.store.cursors().isEmpty)
      try await stage.store.record([
        SlotRecord(rule: "r1", slot: Sample.start, outcome: .fires(Sample.routed("s1", to: ["t1"]))),
        SlotRecord(rule: "r2", slot: Sample.start, outcome: .passes(Sample.entry("r2@1", .skipped))),
        SlotRecord(rule: "r1", slot: Sample.start.after(60), outcome: .passes(Sample.entry("r1@2", .disabled))),
      ])
      try stage.reopen()
      #expect(try await stage.store.cursors() == ["r1": Sample.start.after(60), "r2": Sample.start])
      #expect(try await stage.store.due(at: Sample.start, limit: 10).map(\.cause.id) == ["s1/some-rule"])
      #expect(try await stage.store.event("s1") != nil)
      #expect(try await stage.store.entry(of: "r2@1")?.decision == .skipped)
      #expect(try await stage.store.entry(of: "r1@2")?.decision == .disabled)
    }
  }

  @Test(arguments: Adapter.all)
  func `a slot at or before its rule's cursor is left as it is`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      try await stage.store.record([
        SlotRecord(rule: "r1", slot: Sample.start, outcome: .passes(Sample.entry("r1@1", .skipped)))
      ])
      try await stage.store.record([
        SlotRecord(rule: "r1", slot: Sample.start, outcome: .fires(Sample.routed("again", to: ["t1"]))),
        SlotRecord(rule: "r1", slot: Sample.start.after(-60), outcome: .fires(Sample.routed("before", to: ["t1"]))),
        SlotRecord(rule: "r1", slot: Sample.start.after(60), outcome: .fires(Sample.routed("next", to: ["t1"]))),
      ])
      #expect(try await stage.store.due(at: Sample.start, limit: 10).map(\.cause.id) == ["next/some-rule"])
      #expect(try await stage.store.events(limit: 10).map(\.event.id) == ["next"])
      #expect(try await stage.store.cursors() == ["r1": Sample.start.after(60)])
    }
  }
}
