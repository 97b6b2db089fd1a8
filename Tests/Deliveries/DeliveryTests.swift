import Deliveries
import Events
import Foundation
import Testing

/// One row of `Tests/Vectors/deliveries.json`: what a target answers, each time the delivery's moment has come.
struct DeliveryVector: Decodable, Sendable, CustomTestStringConvertible {
  let source: String
  let name: String
  let retries: Int
  /// Seconds.
  let age: Int
  let answers: [String]?
  /// The one answer that the target gives until the delivery ends.
  let repeats: String?
  let end: String
  let attempts: Int?
  let exhausted: String?
  let retry_attempts: Int?
  let code: String?

  var testDescription: String { name }

  static func load() throws -> [DeliveryVector] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/deliveries.json")
    return try JSONDecoder().decode([DeliveryVector].self, from: try Data(contentsOf: file))
  }
}

@Suite struct DeliveryTests {
  private static let start = Timestamp(seconds: 1_757_455_200)

  @Test(arguments: try DeliveryVector.load())
  func `every delivery ends as the table says`(_ vector: DeliveryVector) throws {
    let policy = try #require(RetryPolicy(retriesMax: vector.retries, ageSecondsMax: vector.age))
    var delivery = Delivery(id: vector.name, policy: policy, createdAt: DeliveryTests.start, due: DeliveryTests.start)
    var now = DeliveryTests.start
    for answer in vector.answers ?? Array(repeating: vector.repeats ?? "", count: RetryPolicy.retriesLimit + 1) {
      if case .waiting(let until) = delivery.state { now = until }
      if answer == "accepted" {
        delivery.accepted()
      } else {
        let code = try #require(DeliveryError.Code(rawValue: answer))
        delivery.refused(DeliveryError(code, "because"), at: now)
      }
    }
    switch delivery.state {
    case .waiting(let until):
      #expect(vector.end == "waiting")
      #expect(until > now)
    case .delivered: #expect(vector.end == "delivered")
    case .buried(let why):
      #expect(vector.end == "buried")
      #expect(why.error.code.rawValue == vector.code)
      #expect(why.exhausted == vector.exhausted)
      if let retries = vector.retry_attempts { #expect(why.retryAttempts == retries) }
      #expect(why.retryAttempts == delivery.attempts - 1)
    }
    if let attempts = vector.attempts { #expect(delivery.attempts == attempts) }
  }

  @Test func `the wait is jittered between one millisecond and a doubling, capped bound`() throws {
    var longest: [Int: Int64] = [:]
    for number in 0..<300 {
      for attempts in 0..<12 {
        let wait = try wait(id: "delivery-\(number)", afterAttempts: attempts)
        let bound = min(300_000, Int64(1_000) << Int64(attempts + 1))
        #expect((1...bound).contains(wait), "delivery-\(number) after \(attempts + 1) attempts")
        longest[attempts] = max(longest[attempts] ?? 0, wait)
      }
    }
    for (attempts, wait) in longest {
      let bound = min(300_000, Int64(1_000) << Int64(attempts + 1))
      #expect(wait > bound * 8 / 10, "of 300 waits after \(attempts + 1) attempts none comes near the bound")
    }
  }

  @Test func `the same delivery waits equally long wherever it is decided, another one does not`() throws {
    #expect(try wait(id: "a", afterAttempts: 5) == wait(id: "a", afterAttempts: 5))
    #expect(try wait(id: "a", afterAttempts: 5) != wait(id: "b", afterAttempts: 5))
    #expect(try wait(id: "a", afterAttempts: 180) <= 300_000)
  }

  @Test func `a policy exists only within what EventBridge takes`() {
    #expect(RetryPolicy(retriesMax: 0, ageSecondsMax: 60) != nil)
    #expect(RetryPolicy(retriesMax: 185, ageSecondsMax: 86_400) == .standard)
    #expect(RetryPolicy(retriesMax: 186, ageSecondsMax: 60) == nil)
    #expect(RetryPolicy(retriesMax: -1, ageSecondsMax: 60) == nil)
    #expect(RetryPolicy(retriesMax: 0, ageSecondsMax: 59) == nil)
    #expect(RetryPolicy(retriesMax: 0, ageSecondsMax: 86_401) == nil)
  }

  /// Milliseconds between that refusal and the next attempt.
  private func wait(id: String, afterAttempts attempts: Int) throws -> Int64 {
    var delivery = Delivery(
      id: id, policy: .standard, createdAt: DeliveryTests.start, attempts: attempts, due: DeliveryTests.start)
    delivery.refused(DeliveryError(.throttled, "429"), at: DeliveryTests.start)
    guard case .waiting(let until) = delivery.state else {
      Issue.record("\(id) does not wait")
      return 0
    }
    return (until - DeliveryTests.start).milliseconds
  }
}
