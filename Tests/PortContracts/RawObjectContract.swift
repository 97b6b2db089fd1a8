import Engine
import Events
import Ingestion
import Telemetry
import Testing

/// What `RawObjects` promises.
@Suite struct RawObjectContract {
  @Test(arguments: Side.all)
  func `a key is stored once: its run and others hear whose it is`(_ side: Side) async throws {
    try await side.run { stage in
      let objects = try await stage.objects()
      let key = "market/prices/ds=2025-09-09/가 나+&%.json"
      #expect(try await objects.putIfAbsent(draft(key, "abc", run: "run-1")) == .stored)
      #expect(try await objects.putIfAbsent(draft(key, "other", run: "run-1")) == .exists(runID: "run-1", size: 3))
      let again = try await stage.objects()
      #expect(try await again.putIfAbsent(draft(key, "abcdef", run: "run-2")) == .exists(runID: "run-1", size: 3))
      #expect(try await again.putIfAbsent(draft(key + "x", "abcdef", run: "run-2")) == .stored)
      #expect(try await again.putIfAbsent(draft(key + "x", "", run: "run-1")) == .exists(runID: "run-2", size: 6))
    }
  }

  @Test(arguments: Side.all)
  func `an object that no run wrote is nobody's`(_ side: Side) async throws {
    try await side.run { stage in
      let objects = try await stage.objects()
      #expect(try await objects.putIfAbsent(draft("k", "", run: nil)) == .stored)
      #expect(try await objects.putIfAbsent(draft("k", "abc", run: "run-1")) == .exists(runID: nil, size: 0))
    }
  }

  @Test(arguments: Side.all)
  func `without its bucket nothing is stored`(_ side: Side) async throws {
    try await side.run { stage in
      let lost = draft("k", "abc", run: "run-1", bucket: "there-is-no-such-bucket")
      let objects = try await stage.objects()
      #expect(try await objects.putIfAbsent(lost) == .noBucket)
    }
  }

  @Test(arguments: Side.all)
  func `sixteen who write an absent key at once: one stores, the others see whose it is`(_ side: Side) async throws {
    try await side.run { stage in
      let objects = try await stage.objects()
      let puts = try await withThrowingTaskGroup(of: (Int, RawObjectPut).self) { group in
        for number in 0..<16 {
          let draft = draft("k", String(repeating: "x", count: number), run: "run-\(number)")
          group.addTask { (number, try await objects.putIfAbsent(draft)) }
        }
        return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
      }
      let winners = puts.filter { $0.value == .stored }.map(\.key)
      try #require(winners.count == 1)
      #expect(puts.values.filter { $0 == .exists(runID: "run-\(winners[0])", size: winners[0]) }.count == 15)
    }
  }

  private func draft(
    _ key: String, _ text: String, run: String?, bucket: String = "data-pipeline-raw-dev-123456789012"
  ) -> ObjectStore.Draft {
    ObjectStore.Draft(
      bucket: bucket, key: key, body: Array(text.utf8), contentType: "application/json",
      metadata: ["correlation-id": "c"], runID: run, parentID: nil, hops: 0)
  }
}

/// What `ObjectNotifier` promises (D22).
@Suite struct NotifierContract {
  @Test(arguments: Side.all)
  func `a key's notifications are put on the bus in the order of their sequencers, each once`(
    _ side: Side
  ) async throws {
    try await side.run { stage in
      var told = 0
      func isNews(_ sequencer: String, _ key: String = "k") async throws -> Bool {
        told += 1
        let cause = Cause(id: "notified \(told)", trigger: .event, arrivedAt: Sample.start)
        let row = try await stage.notifier().notify([object(key, sequencer)], of: cause)
        #expect(try await stage.store.entry(of: cause.id) == row)
        #expect(try await stage.notifier().notify([object(key, sequencer)], of: cause) == row)
        if row.decision != .dispatched { #expect(row.code == .objectStale) }
        return row.decision == .dispatched
      }
      #expect(try await isNews("0055AED6DCD90281E5"))
      #expect(try await !isNews("0055AED6DCD90281E5"))
      #expect(try await !isNews("0055AED6DCD90281E4"))
      #expect(try await isNews("0055AED6DCD90281E5", "other"))
      try stage.reopen()
      // The shorter is padded with zeros on the right: AWS, "Event message structure", sequencer.
      #expect(try await !isNews("0055AED6DCD90281E500"))
      #expect(try await isNews("0055aed6dcd90281e6"))
      #expect(try await !isNews("0055AED6DCD90281E6"))
      #expect(try await isNews("0056"))
      #expect(
        try await published(stage) == [
          "k#0055AED6DCD90281E5", "other#0055AED6DCD90281E5", "k#0055aed6dcd90281e6", "k#0056",
        ])
    }
  }

  @Test(arguments: Side.all)
  func `one cause tells of many objects in their order, and its row of how many were news`(_ side: Side) async throws {
    try await side.run { stage in
      let first = try await stage.notifier().notify([object("k3", "05")], of: cause("first"))
      #expect(first.decision == .dispatched)
      let many = (0..<25).map { object("k\($0)", $0 == 3 ? "04" : "05") }
      let row = try await stage.notifier().notify(many, of: cause("many"))
      #expect(row.decision == .dispatched)
      #expect(row.facts["stale"] == 1)
      #expect(row.facts["events"]?.elements?.count == 24)
      #expect(try await published(stage) == ["k3#05"] + (0..<25).filter { $0 != 3 }.map { "k\($0)#05" })
    }
  }

  @Test(arguments: Side.all)
  func `a notification of nothing is skipped`(_ side: Side) async throws {
    try await side.run { stage in
      let row = try await stage.notifier().notify([], of: cause("nothing"))
      #expect(row.decision == .skipped)
      #expect(try await stage.store.entry(of: "nothing") == row)
      #expect(try await published(stage).isEmpty)
    }
  }

  @Test(arguments: Side.all)
  func `an object's event tells what its notification told`(_ side: Side) async throws {
    try await side.run { stage in
      _ = try await stage.notifier().notify([object("a b/가.json", "0A")], of: cause("one"))
      let detail = try #require(try await stage.published().first)
      #expect(detail["bucket"]?["name"] == "somebody-elses")
      #expect(detail["object"]?["key"] == "a b/가.json")
      #expect(detail["object"]?["size"] == 7)
      #expect(detail["object"]?["etag"] == "900150983cd24fb0d6963f7d28e17f72")
      #expect(detail["object"]?["sequencer"] == "0A")
    }
  }

  @Test(arguments: Side.all)
  func `sixteen who are told of the same object at once put it on the bus once`(_ side: Side) async throws {
    try await side.run { stage in
      let notifier = try await stage.notifier()
      let decisions = try await withThrowingTaskGroup(of: Decision.self) { group in
        for number in 0..<16 {
          group.addTask {
            try await notifier.notify([self.object("k", "05")], of: self.cause("notified \(number)")).decision
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(decisions.filter { $0 == .dispatched }.count == 1)
      #expect(decisions.filter { $0 == .duplicate }.count == 15)
      #expect(try await published(stage) == ["k#05"])
    }
  }

  private func cause(_ id: String) -> Cause { Cause(id: id, trigger: .event, arrivedAt: Sample.start) }

  private func object(_ key: String, _ sequencer: String) -> ObjectCreated {
    ObjectCreated(
      bucket: "somebody-elses", key: key, size: 7, etag: "900150983cd24fb0d6963f7d28e17f72", sequencer: sequencer,
      time: Sample.start)
  }

  /// The keys and sequencers of the events on the bus.
  private func published(_ stage: Post) async throws -> [String] {
    try await stage.published().map { detail in
      "\(detail["object"]?["key"]?.string ?? "?")#\(detail["object"]?["sequencer"]?.string ?? "?")"
    }
  }
}
