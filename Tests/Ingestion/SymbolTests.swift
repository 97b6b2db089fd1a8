import Events
import Ingestion
import Testing

@Suite struct SymbolResolutionTests {
  private let universe = Universe(symbols: ["AAPL", "MSFT"], source: .parameter)
  private let nothing = Universe(symbols: [], source: .defaults)

  private func resolve(_ body: JSON, _ universe: Universe) throws -> SymbolResolution {
    try SymbolResolution.resolve(try Sample.request(body), universe: universe).get()
  }

  @Test func `no list means the whole universe`() throws {
    let resolution = try resolve([:], universe)
    #expect(resolution.symbols == ["AAPL", "MSFT"])
    #expect(resolution.warnings.isEmpty)
  }

  @Test func `a universe may be larger than a request`() throws {
    let many = (0..<500).map { "S\($0)" }
    #expect(try resolve([:], Universe(symbols: many, source: .parameter)).symbols == many)
  }

  @Test func `unknown symbols are dropped and named`() throws {
    let resolution = try resolve(["symbols": ["TSLA", "MSFT", "XOM"]], universe)
    #expect(resolution.symbols == ["MSFT"])
    #expect(resolution.warnings == ["not in the symbol universe, dropped: TSLA, XOM"])
  }

  @Test func `forced symbols are taken as given`() throws {
    let resolution = try resolve(["symbols": ["TSLA"], "force_symbols": true], universe)
    #expect(resolution.symbols == ["TSLA"])
    #expect(resolution.warnings.isEmpty)
  }

  @Test func `an explicit list outlives an empty universe, with a warning`() throws {
    let resolution = try resolve(["symbols": ["TSLA"]], nothing)
    #expect(resolution.symbols == ["TSLA"])
    #expect(resolution.warnings.count == 1)
  }

  @Test func `nothing left is NO_SYMBOLS`() throws {
    let cases: [(JSON, Universe)] = [
      (["symbols": ["TSLA"]], universe), ([:], nothing), (["force_symbols": true], universe),
    ]
    for (body, universe) in cases {
      guard case .failure(let refusal) = SymbolResolution.resolve(try Sample.request(body), universe: universe) else {
        Issue.record("\(body.text) left symbols")
        continue
      }
      #expect(refusal.code == .noSymbols)
      #expect(refusal.statusCode == 422)
    }
  }
}

@Suite struct UniverseTests {
  private let detail: JSON = [
    "added_symbols": ["NVDA", "amd"], "removed_symbols": ["XOM"], "effective_date": "2025-09-10",
    "immediate_ingestion": true,
  ]

  private func change(_ detail: JSON) throws -> UniverseChange {
    try UniverseChange.read(try Sample.event("symbol.universe", "Universe Updated", detail)).get()
  }

  @Test func `a change takes effect at UTC midnight of its date`() throws {
    let change = try change(detail)
    #expect(change.id == "87654321-4321-4321-4321-210987654321")
    #expect(change.added == ["NVDA", "AMD"])
    #expect(change.removed == ["XOM"])
    #expect(try change.effectiveAt == Sample.time("2025-09-10T00:00:00Z"))
  }

  @Test(arguments: [[:], ["effective_date": "2025-09-09"], ["effective_date": "2020-01-01"]] as [JSON])
  func `a change without a date, or with a past one, takes effect at once`(_ detail: JSON) throws {
    #expect(try change(detail).effectiveAt == Sample.time("2025-09-09T16:30:45Z"))
  }

  @Test func `every malformed member of a change is named`() throws {
    let detail: JSON = ["added_symbols": ["A B", 1], "removed_symbols": "XOM", "effective_date": "10.09.2025"]
    let event = try Sample.event("symbol.universe", "Universe Updated", detail)
    guard case .failure(let refusal) = UniverseChange.read(event) else {
      Issue.record("the change was read")
      return
    }
    #expect(
      refusal.violations.map(\.field) == [
        "added_symbols[0]", "added_symbols[1]", "removed_symbols", "effective_date",
      ])
    #expect(EventTranslation.of(event) == .refused(refusal))
  }

  @Test func `a change starts from the defaults where there is no parameter, and makes it`() throws {
    let before = Universe(symbols: ["AAPL", "XOM", "AMD"], source: .defaults)
    let after = before.applying(try change(detail))
    #expect(after == Universe(symbols: ["AAPL", "AMD", "NVDA"], source: .parameter))
    #expect(after.applying(try change(detail)) == after)
  }
}

@Suite struct ChunkPlanTests {
  @Test func `five symbols a chunk, each chunk after the requests before it`() {
    let symbols = (0..<12).map { "S\($0)" }
    let chunks = ChunkPlan.make(symbols, chunkSize: 5)
    #expect(chunks.map(\.symbols.count) == [5, 5, 2])
    #expect(chunks.map(\.index) == [0, 1, 2])
    #expect(chunks.flatMap(\.symbols) == symbols)
    #expect(chunks.map(\.delay) == [.zero, Span(milliseconds: 3_000), Span(milliseconds: 6_000)])
    #expect(ChunkPlan.make([], chunkSize: 5).isEmpty)
  }

  @Test func `no minute sees more requests than the source bears`() {
    for (rate, size) in [(100, 5), (100, 1), (7, 3), (60, 50)] {
      let chunks = ChunkPlan.make((0..<400).map { "S\($0)" }, chunkSize: size, requestsPerMinute: rate)
      for chunk in chunks {
        let before = chunk.index * size
        #expect(chunk.delay.seconds >= ChunkPlan.calculateDelay(before, requestsPerMinute: rate))
        #expect(chunk.delay.seconds < ChunkPlan.calculateDelay(before, requestsPerMinute: rate) + 0.001)
      }
    }
  }

  @Test(arguments: [(0, 0.0), (5, 3.0), (100, 60.0), (55, 33.0), (1_500, 900.0), (-1, 0.0)])
  func `calculate_delay is §5's`(_ count: Int, _ seconds: Double) {
    #expect(ChunkPlan.calculateDelay(count) == seconds)
  }
}
