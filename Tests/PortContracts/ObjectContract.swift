import Engine
import Events
import Ingestion
import Telemetry
import Testing

/// What `ObjectIndex` promises (D22).
@Suite struct ObjectContract {
  private static let bucket = "data-pipeline-raw-dev-123456789012"

  @Test(arguments: Adapter.all)
  func `an object and its event are stored together and come back as they went in`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let entry = entry("market/prices/가 나.json", blob: "b1", metadata: ["run-id": "r", "x": "값"], run: "run-1")
      let event = Sample.routed("e1", to: ["t1"])
      #expect(try await stage.store.commit(entry, event, onlyIfAbsent: true) == .stored(replaced: nil))
      try stage.reopen()
      #expect(try await stage.store.entry(bucket: ObjectContract.bucket, key: entry.key) == entry)
      #expect(try await stage.store.event("e1")?.event == event.event)
      #expect(try await stage.store.due(at: Sample.start, limit: 10).count == 1)
      #expect(try await stage.store.entry(bucket: ObjectContract.bucket, key: "market/prices") == nil)
      #expect(try await stage.store.entry(bucket: "other", key: entry.key) == nil)
    }
  }

  @Test(arguments: Adapter.all)
  func `a second write replaces and names the blob it replaced, unless only an absent key was asked for`(
    _ adapter: Adapter
  ) async throws {
    try await adapter.run { stage in
      let first = entry("k", blob: "b1")
      let second = entry("k", blob: "b2", size: 9, run: "run-2")
      _ = try await stage.store.commit(first, Sample.routed("e1", to: []), onlyIfAbsent: false)
      #expect(
        try await stage.store.commit(second, Sample.routed("e2", to: ["t1"]), onlyIfAbsent: true) == .exists(first))
      #expect(try await stage.store.event("e2") == nil)
      #expect(try await stage.store.nextDue() == nil)
      #expect(
        try await stage.store.commit(second, Sample.routed("e2", to: ["t1"]), onlyIfAbsent: false)
          == .stored(replaced: "b1"))
      #expect(try await stage.store.entry(bucket: ObjectContract.bucket, key: "k") == second)
      #expect(try await stage.store.event("e2") != nil)
    }
  }

  @Test(arguments: Adapter.all)
  func `without its bucket nothing is stored, the event neither`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let lost = entry("k", blob: "b1", bucket: "unknown")
      #expect(try await stage.store.commit(lost, Sample.routed("e1", to: ["t1"]), onlyIfAbsent: false) == .noBucket)
      #expect(try await stage.store.event("e1") == nil)
      #expect(try await stage.store.createBucket("unknown", at: Sample.start.after(1)))
      #expect(try await !stage.store.createBucket("unknown", at: Sample.start.after(2)))
      let buckets = try await stage.store.buckets()
      #expect(buckets.map(\.name) == [ObjectContract.bucket, "unknown"])
      #expect(buckets.map(\.createdAt) == [Sample.start, Sample.start.after(1)])
      #expect(
        try await stage.store.commit(lost, Sample.routed("e1", to: []), onlyIfAbsent: false) == .stored(replaced: nil))
    }
  }

  @Test(arguments: Adapter.all)
  func `sixteen who write an absent key at once: one stores, the others see whose it is`(
    _ adapter: Adapter
  ) async throws {
    try await adapter.run { stage in
      let store = stage.store
      let commits = try await withThrowingTaskGroup(of: ObjectCommit.self) { group in
        for number in 0..<16 {
          group.addTask {
            try await store.commit(
              self.entry("k", blob: "b\(number)"), Sample.routed("e\(number)", to: []), onlyIfAbsent: true)
          }
        }
        var commits: [ObjectCommit] = []
        for try await commit in group { commits.append(commit) }
        return commits
      }
      let kept = try #require(try await store.entry(bucket: ObjectContract.bucket, key: "k"))
      #expect(commits.filter { $0 == .stored(replaced: nil) }.count == 1)
      #expect(commits.filter { $0 == .exists(kept) }.count == 15)
      #expect(try await store.events(limit: 100).count == 1)
    }
  }

  @Test(arguments: Adapter.all)
  func `a listing has the keys of its prefix in byte order, from after the marker`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      let keys = [
        "100%/a", "100%/b", "100x/a", "A", "a", "a/", "a/b", "a_b", "aab", "a\u{10FFFF}", "é", "e\u{301}", "값/1", "값/2",
        "😀/x",
      ]
      for (number, key) in keys.enumerated() {
        _ = try await stage.store.commit(
          entry(key, blob: "b\(number)"), Sample.routed("e\(number)", to: []), onlyIfAbsent: false)
      }
      _ = try await stage.store.createBucket("other", at: Sample.start)
      _ = try await stage.store.commit(
        entry("a/other", blob: "o", bucket: "other"), Sample.routed("o", to: []), onlyIfAbsent: false)
      try stage.reopen()
      let sorted = keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      for prefix in ["", "1", "100%", "100%/", "a", "a_", "a/", "a\u{10FFFF}", "e", "값", "값/", "😀", "none"] {
        let expected = sorted.filter { $0.utf8.starts(with: prefix.utf8) }
        #expect(try await list(stage, prefix).map(Array.init) == expected.map { Array($0.utf8) }, "\(prefix)")
        for marker in [expected.first, expected.last, "b", ""].compactMap({ $0 }) {
          let rest = expected.filter { marker.utf8.lexicographicallyPrecedes($0.utf8) }
          #expect(
            try await list(stage, prefix, after: marker).map(Array.init) == rest.map { Array($0.utf8) },
            "\(prefix) after \(marker)")
        }
      }
      #expect(try await list(stage, "a", limit: 2).map { String($0) } == ["a", "a/"])
    }
  }

  @Test(arguments: Adapter.all)
  func `of two writes that cross the one with the later sequencer stays, and both events are told`(
    _ adapter: Adapter
  ) async throws {
    try await adapter.run { stage in
      let late = entry("k", blob: "late", sequencer: "02")
      let early = entry("k", blob: "early", sequencer: "01")
      #expect(
        try await stage.store.commit(late, Sample.routed("e2", to: []), onlyIfAbsent: false) == .stored(replaced: nil))
      #expect(
        try await stage.store.commit(early, Sample.routed("e1", to: []), onlyIfAbsent: false)
          == .stored(replaced: "early"))
      try stage.reopen()
      #expect(try await stage.store.entry(bucket: ObjectContract.bucket, key: "k")?.blobID == "late")
      for id in ["e1", "e2"] { #expect(try await stage.store.event(id) != nil) }
    }
  }

  @Test(arguments: Adapter.all)
  func `a removed key names its blob and is gone`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      _ = try await stage.store.commit(entry("k", blob: "b1"), Sample.routed("e1", to: []), onlyIfAbsent: false)
      #expect(try await stage.store.remove(bucket: ObjectContract.bucket, key: "k") == "b1")
      try stage.reopen()
      #expect(try await stage.store.remove(bucket: ObjectContract.bucket, key: "k") == nil)
      #expect(try await stage.store.entry(bucket: ObjectContract.bucket, key: "k") == nil)
    }
  }

  @Test(arguments: Adapter.all)
  func `a key's notifications are taken in the order of their sequencers, each once`(_ adapter: Adapter) async throws {
    try await adapter.run { stage in
      var told = 0
      func advance(_ sequencer: String, _ key: String = "k") async throws -> Bool {
        let event = Sample.routed("\(key)#\(sequencer)", to: [])
        let notice = ObjectNotice(bucket: "any", key: key, sequencer: sequencer, event: event)
        let cause = Cause(id: "notified \(told)", trigger: .manual, arrivedAt: Sample.start)
        told += 1
        let row = try await stage.store.record([notice], of: cause, at: Sample.start)
        #expect(try await stage.store.entry(of: cause.id) == row)
        // Told again, the cause has its row already, and the news is no news.
        #expect(try await stage.store.record([notice], of: cause, at: Sample.start.after(9)) == row)
        guard row.decision == .dispatched else {
          #expect(row.code == .objectStale)
          return false
        }
        #expect(try await stage.store.event(event.event.id) != nil)
        return true
      }
      #expect(try await advance("0055AED6DCD90281E5"))
      #expect(try await !advance("0055AED6DCD90281E5"))
      #expect(try await !advance("0055AED6DCD90281E4"))
      #expect(try await advance("0055AED6DCD90281E5", "other"))
      try stage.reopen()
      // The shorter is padded with zeros on the right: AWS, "Event message structure", sequencer.
      #expect(try await !advance("0055AED6DCD90281E500"))
      #expect(try await !advance("0055"))
      #expect(try await advance("0055aed6dcd90281e6"))
      #expect(try await !advance("0055AED6DCD90281E6"))
      #expect(try await advance("0056"))
    }
  }

  private func entry(
    _ key: String, blob: String, size: Int = 3, bucket: String = ObjectContract.bucket,
    metadata: [String: String] = [:], run: String? = nil, sequencer: String = "0055AED6DCD90281E5"
  ) -> ObjectEntry {
    ObjectEntry(
      bucket: bucket, key: key, size: size, etag: "900150983cd24fb0d6963f7d28e17f72", contentType: "application/json",
      sequencer: sequencer, blobID: blob, modifiedAt: Sample.start, metadata: metadata, runID: run)
  }

  private func list(
    _ stage: Stage, _ prefix: String, after marker: String = "", limit: Int = 100
  ) async throws -> [String.UTF8View] {
    try await stage.store.entries(bucket: ObjectContract.bucket, prefix: prefix, after: marker, limit: limit)
      .map(\.key.utf8)
  }
}
