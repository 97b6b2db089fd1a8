import Events
import Foundation
import Ingestion
import Testing

@Suite struct CircuitBreakerTests {
  /// Steps of a row: the second, then `fail` or `end` of a run, `probe` that is dispatched, `ask` or `urgent` with the
  /// answer it gets, `open` for five failures at once, or what the breaker `is`.
  @Test(arguments: try RequestVector.load("breakers"))
  func `a breaker goes through its life as the table says`(_ vector: RequestVector) throws {
    let settings = CircuitBreaker.Settings()
    var breaker = CircuitBreaker()
    for step in try #require(vector.row["steps"]?.elements).compactMap(\.string) {
      let words = step.split(separator: " ").map(String.init)
      let now = Timestamp(seconds: try #require(Int64(words[0])))
      let rest = words.dropFirst(2).joined(separator: " ")
      switch words[1] {
      case "fail": breaker.runEnded(rest, failed: true, at: now, settings)
      case "end": breaker.runEnded(rest, failed: false, at: now, settings)
      case "open":
        for _ in 1...settings.failuresMax { breaker.runEnded("run", failed: true, at: now, settings) }
      case "probe": breaker.probeStarted(rest, at: now)
      case "is": #expect(breaker.name == rest, "\(step)")
      case "ask", "urgent":
        let answer = breaker.ask(urgent: words[1] == "urgent", at: now, settings)
        #expect(text(answer) == rest, "\(step)")
      default: Issue.record("no such step: \(step)")
      }
    }
  }

  @Test func `a breaker survives being stored in each of its states`() throws {
    var breaker = CircuitBreaker()
    for happens in 0..<3 {
      switch happens {
      case 0: breaker.runEnded("a", failed: true, at: Timestamp(seconds: 5), .init())
      case 1:
        for _ in 1...5 { breaker.runEnded("a", failed: true, at: Timestamp(seconds: 6), .init()) }
      default: breaker.probeStarted("p", at: Timestamp(seconds: 7))
      }
      #expect(
        try JSONDecoder().decode(CircuitBreaker.self, from: try JSONEncoder().encode(breaker)) == breaker)
    }
  }

  private func text(_ answer: CircuitBreaker.Answer) -> String {
    switch answer {
    case .pass: "pass"
    case .probe: "probe"
    case .refuse(let retryAfter): "refuse \(retryAfter.wholeSecondsUp)"
    }
  }
}
