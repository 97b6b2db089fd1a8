import Events
import Extraction
import Foundation
import Testing

private let start = Timestamp(seconds: 1_757_428_300)

/// A bucket under test, and how much it has granted.
private struct Meter {
  var bucket = TokenBucket(requestsPerMinute: TokenBucket.yahooRequestsPerMinute, at: start)
  var granted = 0

  /// nil if it was granted, else the wait.
  mutating func take(_ count: Int, at now: Timestamp) -> Span? {
    switch bucket.take(count, at: now) {
    case .granted(let next):
      bucket = next
      granted += count
      return nil
    case .wait(let span, let next):
      bucket = next
      return span
    }
  }
}

@Test func `a full bucket grants a minute's requests at once, then one every 600 milliseconds`() {
  var meter = Meter()
  for _ in 0..<20 { #expect(meter.take(5, at: start) == nil) }
  #expect(meter.take(1, at: start) == Span(milliseconds: 600))
  #expect(meter.take(5, at: start) == Span(milliseconds: 3_000))
  #expect(meter.take(1, at: start + Span(milliseconds: 599)) == Span(milliseconds: 1))
  #expect(meter.take(1, at: start + Span(milliseconds: 600)) == nil)
  #expect(meter.take(1, at: start + Span(milliseconds: 600)) == Span(milliseconds: 600))
}

@Test func `waiting as long as it says is always enough, and a millisecond less never is`() throws {
  for seed in UInt64(0)..<200 {
    var dice = SplitMix64(seed: seed)
    let rate = Int.random(in: 1...1_000, using: &dice)
    var bucket = TokenBucket(requestsPerMinute: rate, at: start)
    guard case .granted(let empty) = bucket.take(rate, at: start) else {
      Issue.record("seed \(seed): a full bucket refused")
      continue
    }
    bucket = empty
    let count = Int.random(in: 1...rate, using: &dice)
    guard case .wait(let span, _) = bucket.take(count, at: start) else {
      Issue.record("seed \(seed): an empty bucket granted")
      continue
    }
    guard case .granted = bucket.take(count, at: start + span),
      case .wait(Span(milliseconds: 1), _) = bucket.take(count, at: start + Span(milliseconds: span.milliseconds - 1))
    else {
      Issue.record("seed \(seed): \(span) was too short or too long")
      continue
    }
  }
}

@Test func `a late clock grants nothing extra and is told to catch up`() {
  var meter = Meter()
  #expect(meter.take(100, at: start) == nil)
  #expect(meter.take(1, at: start - .seconds(30)) == Span(milliseconds: 30_600))
  #expect(meter.take(1, at: start) == Span(milliseconds: 600))
}

@Test func `two workers with clocks apart get no more together than one`() {
  for seed in UInt64(0)..<50 {
    var dice = SplitMix64(seed: seed)
    var meter = Meter()
    for second in 0..<600 {
      let skew = Span.seconds(Int.random(in: 0..<60, using: &dice))
      _ = meter.take(Int.random(in: 1...5, using: &dice), at: start + .seconds(second) - skew)
    }
    #expect(meter.granted <= 100 + 1_000, "seed \(seed)")
    #expect(meter.granted > 900, "seed \(seed)")
  }
}

@Test func `a clock that is set back finds the bucket empty, not stuck`() {
  var meter = Meter()
  #expect(meter.take(1, at: start + .hours(5)) == nil)
  #expect(meter.take(1, at: start) == Span(milliseconds: 600))
  #expect(meter.take(1, at: start + Span(milliseconds: 600)) == nil)
  #expect(meter.take(100, at: start + .seconds(61)) == nil)
}

@Test func `a bucket overflows, also after an age`() {
  var meter = Meter()
  #expect(meter.take(100, at: start) == nil)
  #expect(meter.bucket.available(at: start + .seconds(30)) == 50)
  let age = Timestamp(milliseconds: .max / 4)
  #expect(meter.bucket.available(at: age) == 100)
  #expect(meter.take(100, at: age) == nil)
  #expect(meter.take(1, at: age) == Span(milliseconds: 600))
}

@Test func `a stored bucket is the same bucket`() throws {
  var meter = Meter()
  #expect(meter.take(33, at: start + .seconds(7)) == nil)
  let data = try JSONEncoder().encode(meter.bucket)
  #expect(try JSONDecoder().decode(TokenBucket.self, from: data) == meter.bucket)
}

@Test(arguments: [
  #"{"requestsPerMinute":100,"level":6000001,"counted":0}"#, #"{"requestsPerMinute":100,"level":-1,"counted":0}"#,
  #"{"requestsPerMinute":0,"level":0,"counted":0}"#,
])
func `a stored bucket that holds more than it can is refused`(_ text: String) {
  #expect(throws: DecodingError.self) { try JSONDecoder().decode(TokenBucket.self, from: Data(text.utf8)) }
}
