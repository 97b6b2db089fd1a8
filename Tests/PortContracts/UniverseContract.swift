import Engine
import Events
import Extraction
import Ingestion
import Testing

/// What `UniverseStore` promises (D5, D7).
@Suite struct UniverseContract {
  @Test(arguments: Side.all)
  func `there is no universe before the first change, which starts from the base`(_ side: Side) async throws {
    try await side.run { stage in
      #expect(try await stage.store.universe(at: Sample.start) == nil)
      try await note(stage, "c1", added: ["NVDA"], removed: ["MSFT"], after: 0)
      try stage.reopen()
      #expect(try await stage.store.universe(at: Sample.start) == ["AAPL", "NVDA"])
    }
  }

  @Test(arguments: Side.all)
  func `a change is in the universe from its effective moment on`(_ side: Side) async throws {
    try await side.run { stage in
      try await note(stage, "c1", added: ["NVDA"], after: 3_600)
      #expect(try await stage.store.universe(at: Sample.start.after(3_599)) == ["AAPL", "MSFT"])
      #expect(try await stage.store.universe(at: Sample.start.after(3_600)) == ["AAPL", "MSFT", "NVDA"])
    }
  }

  @Test(arguments: Side.all)
  func `changes take effect in the order of their moments, not of their arrival`(_ side: Side) async throws {
    try await side.run { stage in
      try await note(stage, "late", removed: ["NVDA"], after: 200)
      try await note(stage, "early", added: ["NVDA", "AMD"], after: 100)
      try await note(stage, "same moment", added: ["NVDA"], after: 200)
      #expect(try await stage.store.universe(at: Sample.start.after(100)) == ["AAPL", "MSFT", "NVDA", "AMD"])
      #expect(try await stage.store.universe(at: Sample.start.after(200)) == ["AAPL", "MSFT", "AMD", "NVDA"])
    }
  }

  @Test(arguments: Side.all)
  func `the same change a second time is ignored, and so is a later base`(_ side: Side) async throws {
    try await side.run { stage in
      try await note(stage, "c1", added: ["NVDA"], after: 0)
      try await note(stage, "c2", removed: ["NVDA"], after: 10)
      try await note(stage, "c1", added: ["AMD"], after: 20, base: ["TSLA"])
      #expect(try await stage.store.universe(at: Sample.start.after(30)) == ["AAPL", "MSFT"])
    }
  }

  @Test(arguments: Side.all)
  func `changes that processes note in the same millisecond are all noted`(_ side: Side) async throws {
    try await side.run { stage in
      for symbol in ["NVDA", "AMD", "TSLA"] {
        try await note(stage, "add \(symbol)", added: [symbol], after: 0)
        try stage.reopen()
      }
      let symbols = try await stage.store.universe(at: Sample.start) ?? []
      #expect(Set(symbols) == ["AAPL", "MSFT", "NVDA", "AMD", "TSLA"])
    }
  }

  private func note(
    _ stage: Post, _ id: String, added: [String] = [], removed: [String] = [], after seconds: Int,
    base: [String] = ["AAPL", "MSFT"]
  ) async throws {
    let change = UniverseChange(id: id, added: added, removed: removed, effectiveAt: Sample.start.after(seconds))
    try await stage.store.note(change, base: base)
  }
}

/// What `SourceBudget` promises (D12).
@Suite struct BudgetContract {
  @Test(arguments: Side.all)
  func `a minute's requests are granted at once, the next wait for their share`(_ side: Side) async throws {
    try await side.run { stage in
      #expect(try await take(stage, 98) == nil)
      try stage.reopen()
      #expect(try await take(stage, 2) == nil)
      #expect(try await take(stage, 5) == .seconds(3))
      #expect(try await take(stage, 5, at: Sample.start.after(2)) == .seconds(1))
      #expect(try await take(stage, 5, at: Sample.start.after(3)) == nil)
      #expect(try await take(stage, 1, at: Sample.start.after(3)) == Span(milliseconds: 600))
    }
  }

  @Test(arguments: Side.all)
  func `every answer is that of one token bucket, as time goes on`(_ side: Side) async throws {
    try await side.run { stage in
      var dice = SplitMix64(seed: 1)
      var now = Sample.start
      var bucket = TokenBucket(requestsPerMinute: 100, at: now)
      for step in 0..<200 {
        now = now + (step % 50 == 49 ? .minutes(2) : Span(milliseconds: Int64(dice.next() % 4_000)))
        let requests = 1 + Int(dice.next() % 20)
        let answer = try await take(stage, requests, at: now)
        switch bucket.take(requests, at: now) {
        case .granted(let left):
          #expect(answer == nil, "step \(step)")
          bucket = left
        case .wait(let span, _): #expect(answer == span, "step \(step)")
        }
      }
    }
  }

  @Test(arguments: Side.all)
  func `each source has its own budget, and another rate starts it anew`(_ side: Side) async throws {
    try await side.run { stage async throws in
      #expect(try await take(stage, 100) == nil)
      #expect(try await take(stage, 100, of: "other") == nil)
      #expect(try await take(stage, 1) != nil)
      #expect(try await stage.store.take(10, of: "yahoo_finance", perMinute: 10, at: Sample.start) == nil)
      #expect(try await stage.store.take(1, of: "yahoo_finance", perMinute: 10, at: Sample.start) == .seconds(6))
    }
  }

  @Test(arguments: Side.all)
  func `sixteen workers at once are granted a minute's requests together`(_ side: Side) async throws {
    try await side.run { stage in
      let store = stage.store
      let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<30 {
          group.addTask {
            try await store.take(5, of: "yahoo_finance", perMinute: 100, at: Sample.start) == nil
          }
        }
        var granted = 0
        for try await isGranted in group where isGranted { granted += 5 }
        return granted
      }
      #expect(granted == 100)
    }
  }

  private func take(
    _ stage: Post, _ requests: Int, of source: String = "yahoo_finance", at now: Timestamp = Sample.start
  ) async throws -> Span? {
    try await stage.store.take(requests, of: source, perMinute: 100, at: now)
  }
}
