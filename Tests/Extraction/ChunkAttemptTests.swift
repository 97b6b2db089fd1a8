import Events
import Extraction
import Foundation
import Testing

private let now = Timestamp(seconds: 1_757_428_300)
private let stored = ChunkAttempt.Progress.stored(key: "k", bytes: 10, rows: 1)

private func failed(
  _ code: SourceError.Code, retryAfter: Span? = nil, before: Span = .zero
) -> ChunkAttempt.Progress {
  .failed(SourceError(code, reason: "so it was said", retryAfter: retryAfter), at: now - before)
}

/// The wait before the next attempt; nil if the chunk is finished.
private func wait(_ attempt: ChunkAttempt, _ progress: [String: ChunkAttempt.Progress]) -> Span? {
  switch attempt.decision(given: progress, at: now) {
  case .finish: nil
  case .retry(let after, _): after
  }
}

@Test func `a chunk whose symbols are all stored is finished, in the chunk's order`() {
  let attempt = ChunkAttempt(of: .sample(), number: 1)
  let result = SymbolResult.Outcome.stored(key: "k", bytes: 10, rows: 1)
  #expect(
    attempt.decision(given: ["MSFT": stored, "AAPL": stored, "XOM": failed(.timeout)], at: now)
      == .finish([.init(symbol: "AAPL", outcome: result), .init(symbol: "MSFT", outcome: result)]))
}

@Test(arguments: SourceError.Code.allCases)
func `only what may go better later is tried again`(_ code: SourceError.Code) {
  let decision = ChunkAttempt(of: .sample(), number: 1).decision(
    given: ["AAPL": failed(code), "MSFT": stored], at: now)
  switch code {
  case .throttled, .unavailable, .timeout, .malformed:
    guard case .retry(_, ["AAPL"]) = decision else {
      Issue.record("\(code) led to \(decision)")
      return
    }
  case .unknownSymbol, .refused:
    #expect(
      decision
        == .finish([
          .init(symbol: "AAPL", outcome: .failed(code: code, reason: "so it was said")),
          .init(symbol: "MSFT", outcome: .stored(key: "k", bytes: 10, rows: 1)),
        ]))
  }
}

@Test func `symbols that were not reached are tried again with those that failed, in the chunk's order`() {
  let message = ChunkMessage.sample(symbols: ["AAPL", "AMD", "MSFT", "NVDA", "TSLA"])
  let decision = ChunkAttempt(of: message, number: 1).decision(
    given: ["TSLA": failed(.throttled), "MSFT": stored, "AMD": failed(.unknownSymbol)], at: now)
  guard case .retry(_, let remaining) = decision else {
    Issue.record("\(decision)")
    return
  }
  #expect(remaining == ["AAPL", "NVDA", "TSLA"])
}

@Test func `the last attempt ends the chunk whatever is left, and one after it too`() {
  for number in [ChunkAttempt.attemptsMax, ChunkAttempt.attemptsMax + 1] {
    let decision = ChunkAttempt(of: .sample(), number: number).decision(given: ["AAPL": failed(.throttled)], at: now)
    #expect(
      decision
        == .finish([
          .init(symbol: "AAPL", outcome: .failed(code: .throttled, reason: "so it was said")),
          .init(
            symbol: "MSFT", outcome: .failed(code: .timeout, reason: "the last attempt ended before it was asked for")),
        ]))
  }
  #expect(wait(ChunkAttempt(of: .sample(), number: ChunkAttempt.attemptsMax - 1), [:]) != nil)
}

@Test func `the wait is spread between nothing and twice as much each time`() throws {
  for number in 1..<ChunkAttempt.attemptsMax {
    let bound = Int64(2_000) << Int64(number - 1)
    let waits = (0..<200).compactMap { seed in
      wait(ChunkAttempt(of: .sample(runID: "run-\(seed)"), number: number), [:])?.milliseconds
    }
    #expect(waits.count == 200)
    #expect(waits.allSatisfy { (0...bound).contains($0) }, "attempt \(number)")
    #expect(try #require(waits.min()) < bound / 10, "attempt \(number)")
    #expect(try #require(waits.max()) > bound - bound / 10, "attempt \(number)")
  }
}

@Test func `the same chunk waits equally long wherever it is decided, other chunks do not`() {
  let attempt = ChunkAttempt(of: .sample(), number: 2)
  #expect(wait(attempt, [:]) == wait(attempt, ["AAPL": failed(.timeout)]))
  #expect(wait(attempt, [:]) != wait(ChunkAttempt(of: .sample(chunkIndex: 2), number: 2), [:]))
  #expect(wait(attempt, [:]) != wait(ChunkAttempt(of: .sample(runID: "run-2"), number: 2), [:]))
}

@Test func `the wait is never shorter than the source asks nor longer than a message can be delayed`() throws {
  for seed in 0..<100 {
    let attempt = ChunkAttempt(of: .sample(runID: "run-\(seed)"), number: 1)
    let asked = try #require(
      wait(
        attempt,
        [
          "AAPL": failed(.throttled, retryAfter: .seconds(30)),
          "MSFT": failed(.unavailable, retryAfter: .seconds(60)),
        ]))
    #expect((Span.seconds(60)...Span.seconds(62)).contains(asked), "seed \(seed)")
    #expect(wait(attempt, ["AAPL": failed(.throttled, retryAfter: .hours(2))]) == ChunkAttempt.backoffMax)
  }
}

@Test func `what has passed since the source asked is not waited again`() throws {
  let attempt = ChunkAttempt(of: .sample(), number: 1)
  let jitter = try #require(wait(attempt, [:]))
  func waited(_ passed: Span) -> Span? {
    wait(attempt, ["AAPL": failed(.throttled, retryAfter: .seconds(60), before: passed), "MSFT": stored])
  }
  #expect(waited(.seconds(20)) == .seconds(40) + jitter)
  #expect(waited(.seconds(80)) == jitter)
  #expect(waited(.seconds(-500)) == .seconds(60) + jitter)  // The clock stepped back.
}

@Test func `a symbol that a source does not know is not waited for, whatever it asks`() {
  let attempt = ChunkAttempt(of: .sample(symbols: ["AAPL", "MSFT"]), number: 1)
  let one = wait(attempt, ["AAPL": failed(.refused, retryAfter: .seconds(600)), "MSFT": failed(.timeout)])
  #expect(one.map { $0 < .seconds(3) } == true)
}

@Test func `results are stored under stable keys and codes`() throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys]
  let results = [
    SymbolResult(symbol: "AAPL", outcome: .stored(key: "k", bytes: 10, rows: 1)),
    SymbolResult(symbol: "ZZZ", outcome: .failed(code: .unknownSymbol, reason: "none")),
  ]
  let data = try encoder.encode(results)
  #expect(
    String(decoding: data, as: UTF8.self)
      == #"[{"outcome":{"stored":{"bytes":10,"key":"k","rows":1}},"symbol":"AAPL"},"#
      + #"{"outcome":{"failed":{"code":"SOURCE_UNKNOWN_SYMBOL","reason":"none"}},"symbol":"ZZZ"}]"#)
  #expect(try JSONDecoder().decode([SymbolResult].self, from: data) == results)
  #expect(results.map(\.isStored) == [true, false])
}

@Test func `a negative request to wait counts as none`() {
  #expect(SourceError(.throttled, reason: "", retryAfter: .seconds(-5)).retryAfter == .zero)
}
