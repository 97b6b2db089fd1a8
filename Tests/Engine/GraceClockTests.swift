import Events
import Testing

@testable import Engine

@Suite struct GraceClockTests {
  private static let start = World.start

  /// What is found at each of these looks, in seconds after the start.
  private func looks(_ seconds: [Int]) -> [Int?] {
    var graces = GraceClock(.seconds(120), startedAt: GraceClockTests.start)
    return seconds.map { second in
      graces.look(at: GraceClockTests.start.after(second)).map { Int(($0 - GraceClockTests.start).seconds) }
    }
  }

  @Test func `a clock that goes evenly has had its grace so long ago`() {
    #expect(looks([60, 120, 121, 181, 240]) == [nil, nil, 1, 61, 120])
  }

  @Test func `many looks in a row are no time`() {
    #expect(looks([60] + Array(repeating: 3_660, count: 5)) == Array(repeating: nil, count: 6))
  }

  @Test func `what a jump brought is found a grace after the first look that saw it`() {
    #expect(looks([60, 120, 180, 3_781, 3_841, 3_900, 3_901, 3_961]) == [nil, nil, 60, 90, 150, 209, 3_781, 3_841])
  }

  @Test func `two jumps in a row are two jumps`() {
    let found = looks([60, 120, 180, 3_780, 7_380, 7_440, 7_500, 7_560])
    #expect(found == [nil, nil, 60, 90, 120, 180, 7_380, 7_440])
  }

  @Test func `a clock that is set back has its grace at once, and jumps when it is set right again`() {
    #expect(looks([60, 120, 180, -3_420, -3_360]) == [nil, nil, 60, -3_540, -3_480])
    let found = looks([60, 120, 180, -3_420, 180, 240, 300, 301])
    #expect(found == [nil, nil, 60, -3_540, -3_510, -3_450, 180, 181])
  }

  @Test func `looks that come seldom find what was there four looks before`() {
    #expect(looks((1...7).map { $0 * 3_600 }) == [nil, nil, nil, nil, 3_600, 7_200, 10_800])
  }

  @Test func `through any steps nothing is found too early, and all of it soon after the last of them`() {
    for seed in UInt64(0)..<200 {
      var dice = SplitMix64(seed: seed)
      var graces = GraceClock(.seconds(120), startedAt: GraceClockTests.start)
      // The truth: when the clock was set to what, on a clock that nobody sets.
      var (passed, now) = (0, GraceClockTests.start)
      var steps = [(passed: passed, now: now)]
      for _ in 0..<300 {
        if dice.next() % 8 == 0 {
          // One that is shorter than what is between looks cannot be told from time.
          let size = 150 + Int(dice.next() % 20_000)
          now = now + .seconds(dice.next() % 2 == 0 ? size : -size)
          steps.append((passed, now))
        }
        let real = 30 + Int(dice.next() % 36)
        (passed, now) = (passed + real, now + .seconds(real))
        guard let due = graces.look(at: now) else { continue }
        let earlier = passed - 120
        let ends = steps.dropFirst().map(\.passed) + [earlier]
        let shown = zip(steps, ends).filter { $0.0.passed <= earlier }.map { step, end in
          step.now + .seconds(min(end, earlier) - step.passed)
        }
        #expect(due <= shown.max() ?? .epoch, "seed \(seed)")
        if let last = steps.last, passed - last.passed > 2 * 120 {
          #expect(due == now - .seconds(120), "seed \(seed)")
        }
      }
    }
  }
}
