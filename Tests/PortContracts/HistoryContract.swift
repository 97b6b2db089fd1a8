import Engine
import Events
import Ingestion
import Rules
import Telemetry
import Testing

/// What `StateHistory` promises, and what the ports promise that answer about the past.
@Suite struct HistoryContract {
  private let start = Sample.start

  @Test(arguments: Adapter.all)
  func `the state of a moment is the last that was written by then`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let store = stage.store
      for (seconds, word) in [(0, "a"), (10, "b"), (10, "b"), (20, "c")] {
        try await store.note(StateRecord(.breaker, "m.p", at: start.after(seconds), ["state": .string(word)]))
      }
      try await store.note(StateRecord(.breaker, "other", at: start, ["state": "x"]))
      try stage.reopen()
      func state(_ seconds: Int) async throws -> String? {
        try await stage.store.state(.breaker, "m.p", at: start.after(seconds))?.json["state"]?.string
      }
      #expect(try await state(-1) == nil)
      for (seconds, word) in [(0, "a"), (9, "a"), (10, "b"), (99, "c")] { #expect(try await state(seconds) == word) }
      // What says nothing new is not written again.
      let all = try await stage.store.states(.breaker, "m.p", in: start..<start.after(99), limit: 10)
      #expect(all.map(\.json) == [["state": "c"], ["state": "b"], ["state": "a"]])
      #expect(try await stage.store.states(.breaker, nil, in: start..<start.after(1), limit: 10).count == 2)
      #expect(
        try await stage.store.states(.breaker, nil, in: start..<start.after(99), limit: 1).map(\.at) == [
          start.after(20)
        ])
      #expect(try await stage.store.state(.lease, "m.p", at: start) == nil)
    }
  }

  @Test(arguments: Adapter.all)
  func `breakers and holds write their own history`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let store = stage.store
      try await store.fail(runs: 5, from: start)
      let opened = try #require(try await store.state(.breaker, "market.prices", at: start.after(99)))
      #expect(opened.json["state"] == "open" && opened.at == start.after(4))
      #expect(try await store.state(.breaker, "market.prices", at: start.after(3)) == nil)
      _ = try await store.hold(domain: "a", table: "b", owner: "ops", until: start.after(50), at: start)
      _ = try await store.letGo(domain: "a", table: "b", owner: "ops", at: start.after(5))
      #expect(try await store.state(.lease, "a.b", at: start.after(4))?.json["owner"] == "ops")
      #expect(try await store.state(.lease, "a.b", at: start.after(5))?.json == [:])
    }
  }

  @Test(arguments: Adapter.all)
  func `a rule answers for every moment, also those at which it was not there`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      var rule = try #require(try await stage.store.rules().first)
      rule.version = 2
      rule.description = "another"
      try await stage.store.save(rule, row: Sample.row, at: start.after(10))
      #expect(try await stage.store.remove(rule.name, row: Sample.row, at: start.after(20)))
      try stage.reopen()
      func then(_ seconds: Int) async throws -> Rule? {
        try await stage.store.rules(at: start.after(seconds)).first { $0.name == rule.name }
      }
      for seconds in [-1, 20] { #expect(try await then(seconds) == nil) }
      #expect(try await then(9)?.version == 1)
      #expect(try await then(19) == rule)
      let versions = try await stage.store.versions(of: rule.name)
      #expect(versions.map(\.version) == [1, 2, 3] && versions.map { $0.rule == nil } == [false, false, true])
      #expect(try await stage.store.lastVersion(of: rule.name) == 3)
      #expect(try await stage.store.lastVersion(of: "nobody") == 0)
      let names = try await stage.store.versions().map(\.name)
      #expect(names == names.sorted())
    }
  }

  @Test(arguments: Adapter.all)
  func `a lifetime goes on with every beat and never shrinks`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      for (began, beat) in [(0, 0), (0, 60), (0, 30), (100, 100)] {
        try await stage.store.heartbeat(of: start.after(began), at: start.after(beat))
      }
      try stage.reopen()
      let lives = try await stage.store.lifetimes(around: start.after(99))
      #expect(lives.before == Lifetime(from: start, until: start.after(60)))
      #expect(lives.after == Lifetime(from: start.after(100), until: start.after(100)))
      #expect(try await stage.store.lifetimes(around: start.after(-1)).before == nil)
    }
  }

  @Test(arguments: Adapter.all)
  func `events, runs and decisions come in pages, each once`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let store = stage.store
      try await store.record((0..<7).map { Sample.routed("e\($0)", to: []) })
      var events = EventQuery()
      events.limit = 3
      var seen: [String] = []
      while let last = try await store.events(events).map(\.recorded.event.id).nonEmpty(into: &seen) {
        events.before = last
      }
      #expect(seen == (0..<7).reversed().map { "e\($0)" })
      events = EventQuery()
      events.after = try await store.events(limit: 7).isEmpty ? nil : 0
      events.limit = 2
      #expect(try await store.events(events).map(\.recorded.event.id) == ["e0", "e1"])
      for number in 0..<5 { _ = try await store.admit(try Sample.application("c\(number)", .schedule), at: start) }
      var runs = RunQuery(limit: 2)
      var ids: [String] = []
      while let last = try await store.runs(runs).map(\.id).nonEmpty(into: &ids) { runs.before = last }
      #expect(ids.count == 5 && Set(ids).count == 5)
      var rows = LedgerQuery()
      rows.limit = 2
      rows.decision = .dispatched
      var causes: [String] = []
      while let last = try await store.entries(rows).map(\.causeID).nonEmpty(into: &causes) { rows.after = last }
      #expect(causes == ["c4", "c3", "c2", "c1", "c0"])
    }
  }
}

extension [String] {
  /// Adds the page to what was seen; its last element, nil if it is empty.
  fileprivate func nonEmpty(into seen: inout [String]) -> String? {
    seen += self
    return last
  }
}
