import Events

/// What a worker reports about one symbol of a chunk when it is done with it.
public struct SymbolResult: Sendable, Hashable, Codable {
  /// How it ended; the labels are the keys of the stored JSON.
  public enum Outcome: Sendable, Hashable, Codable {
    /// An object of that many bytes and rows lies under that key.
    case stored(key: String, bytes: Int, rows: Int)
    /// Nothing was stored.
    case failed(code: SourceError.Code, reason: String)
  }

  /// The symbol, as in the chunk.
  public let symbol: String
  /// How it ended.
  public let outcome: Outcome

  /// Makes a result.
  public init(symbol: String, outcome: Outcome) {
    self.symbol = symbol
    self.outcome = outcome
  }

  /// Whether an object was stored.
  public var isStored: Bool {
    switch outcome {
    case .stored: true
    case .failed: false
    }
  }
}

extension SymbolResult {
  /// The result for stores; `init(stored:)` reads it back.
  public var stored: JSON {
    switch outcome {
    case .stored(let key, let bytes, let rows):
      ["symbol": .string(symbol), "key": .string(key), "bytes": JSON(bytes), "rows": JSON(rows)]
    case .failed(let code, let reason):
      ["symbol": .string(symbol), "code": .string(code.rawValue), "reason": .string(reason)]
    }
  }

  /// Reads what `stored` wrote; nil if a member is absent or unknown.
  public init?(stored: JSON) {
    guard let symbol = stored["symbol"]?.string else { return nil }
    if let key = stored["key"]?.string, let bytes = stored["bytes"]?.int, let rows = stored["rows"]?.int {
      self.init(symbol: symbol, outcome: .stored(key: key, bytes: bytes, rows: rows))
    } else if let code = stored["code"]?.string.flatMap({ SourceError.Code(rawValue: $0) }),
      let reason = stored["reason"]?.string
    {
      self.init(symbol: symbol, outcome: .failed(code: code, reason: reason))
    } else {
      return nil
    }
  }
}

/// One attempt of a worker over a chunk, and what must follow it: another attempt later, or the report.
///
/// Pure: its dice are a function of run, chunk and attempt, so the same chunk waits equally long wherever it is decided.
/// Source: the specification §5 and D12; "full jitter" by Marc Brooker, "Exponential Backoff And Jitter" (AWS, 2015).
public struct ChunkAttempt: Sendable, Hashable {
  /// What is known of one symbol when the attempt ends; a symbol of which nothing is known was not tried.
  public enum Progress: Sendable, Hashable {
    /// Fetched and stored, in this attempt or an earlier one.
    case stored(key: String, bytes: Int, rows: Int)
    /// The last answer for it was that error, at that time.
    case failed(SourceError, at: Timestamp)
  }

  /// What to do next.
  public enum Decision: Sendable, Hashable {
    /// Nothing more can be done: one result a symbol, in the chunk's order.
    case finish([SymbolResult])
    /// Try the remaining symbols, in the chunk's order, once that time has passed.
    case retry(after: Span, remaining: [String])
  }

  /// Attempts over one chunk at most.
  public static let attemptsMax = 5
  /// The longest jitter before the second attempt; it doubles with each.
  public static let backoffBase = Span.seconds(2)
  /// The longest wait between attempts: the longest delay of an SQS message.
  public static let backoffMax = Span.seconds(900)

  /// The chunk.
  public let message: ChunkMessage
  /// Counted from 1.
  public let number: Int

  /// Makes an attempt; one beyond `attemptsMax`, as after a redelivery, is treated as the last.
  public init(of message: ChunkMessage, number: Int) {
    precondition(number >= 1, "attempts are counted from 1")
    self.message = message
    self.number = number
  }

  /// Decides what follows the attempt.
  ///
  /// - Parameters:
  ///   - progress: by symbol; later attempts overwrite earlier ones. Symbols of other chunks are ignored.
  ///   - now: wall-clock time at the end of the attempt; what has passed of a `Retry-After` since is not waited again.
  public func decision(given progress: [String: Progress], at now: Timestamp) -> Decision {
    let remaining = message.symbols.filter { symbol in
      switch progress[symbol] {
      case .stored: false
      case .failed(let error, _): error.isRetriable
      case nil: true
      }
    }
    guard !remaining.isEmpty, number < ChunkAttempt.attemptsMax else {
      return .finish(message.symbols.map { result(of: $0, progress[$0]) })
    }
    let asked = remaining.compactMap { wait(asked: progress[$0], at: now) }.max() ?? .zero
    return .retry(after: min(ChunkAttempt.backoffMax, asked + jitter), remaining: remaining)
  }

  private func result(of symbol: String, _ progress: Progress?) -> SymbolResult {
    switch progress {
    case .stored(let key, let bytes, let rows):
      SymbolResult(symbol: symbol, outcome: .stored(key: key, bytes: bytes, rows: rows))
    case .failed(let error, _):
      SymbolResult(symbol: symbol, outcome: .failed(code: error.code, reason: error.reason))
    case nil:
      SymbolResult(
        symbol: symbol, outcome: .failed(code: .timeout, reason: "the last attempt ended before it was asked for"))
    }
  }

  /// How much of what the source asked for is still to be waited; at most all of it, should the clock have stepped back.
  private func wait(asked progress: Progress?, at now: Timestamp) -> Span? {
    switch progress {
    case .failed(let error, let at):
      error.retryAfter.map { asked in
        let passed = max(.zero, now - at)
        return max(.zero, Span(milliseconds: asked.milliseconds - passed.milliseconds))
      }
    case .stored, nil: nil
    }
  }

  /// Evenly between nothing and the backoff of this attempt, so that chunks refused together do not return together.
  private var jitter: Span {
    let doubled = ChunkAttempt.backoffBase.milliseconds << Int64(number - 1)
    var dice = SplitMix64(seed: DerivedID.hash("\(message.runID)#\(message.chunkIndex)#\(number)"))
    let bound = min(doubled, ChunkAttempt.backoffMax.milliseconds)
    return Span(milliseconds: Int64.random(in: 0...bound, using: &dice))
  }
}
