import Events

/// Symbols that one worker fetches.
public struct Chunk: Sendable, Hashable {
  /// Counted from 0.
  public let index: Int
  /// At least one.
  public let symbols: [String]
  /// How long after the dispatch the worker may start.
  public let delay: Span

  public init(index: Int, symbols: [String], delay: Span) {
    self.index = index
    self.symbols = symbols
    self.delay = delay
  }
}

/// How a run's symbols are spread over workers and over time, so that the source's limit holds (§5, D12).
public enum ChunkPlan {
  /// Requests a minute that Yahoo Finance bears.
  public static let requestsPerMinute = 100

  /// Chunks of the symbols in their order; each waits for as long as the symbols before it take.
  ///
  /// - Parameter chunkSize: at least 1.
  /// - Parameter requestsPerMinute: at least 1.
  public static func make(
    _ symbols: [String], chunkSize: Int, requestsPerMinute: Int = ChunkPlan.requestsPerMinute
  ) -> [Chunk] {
    precondition(chunkSize >= 1 && requestsPerMinute >= 1, "a plan needs room for one symbol and one request")
    return stride(from: 0, to: symbols.count, by: chunkSize).enumerated().map { index, start in
      let milliseconds = (start * 60_000 + requestsPerMinute - 1) / requestsPerMinute
      return Chunk(
        index: index, symbols: Array(symbols[start..<min(start + chunkSize, symbols.count)]),
        delay: Span(milliseconds: Int64(milliseconds)))
    }
  }

  /// Seconds that so many requests take at that rate: `max(0, n / 100 × 60)` (§5).
  public static func calculateDelay(
    _ symbolCount: Int, requestsPerMinute: Int = ChunkPlan.requestsPerMinute
  ) -> Double {
    max(0, Double(symbolCount) * 60 / Double(requestsPerMinute))
  }
}
