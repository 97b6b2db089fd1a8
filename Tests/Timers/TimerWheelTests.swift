import Events
import Testing
import Timers

@Suite struct TimerWheelTests {
  @Test func `nothing is handed out early, late, twice or never, whatever is put in, cancelled or set back`() {
    for seed in 0..<60 as Range<UInt64> {
      var dice = SplitMix64(seed: seed)
      var now = Int64.random(in: 0...2_000_000_000_000, using: &dice)
      var wheel = TimerWheel(now: now)
      var waiting: [UInt32: Int64] = [:]
      for step in 0..<400 {
        switch Int.random(in: 0..<10, using: &dice) {
        case 0..<5:
          let timer = UInt32.random(in: 0..<50, using: &dice)
          let reach = Int64(1) << Int64.random(in: 0...41, using: &dice)
          let due = max(0, now + Int64.random(in: -100...reach, using: &dice))
          wheel.insert(timer, due: due)
          waiting[timer] = due
        case 5:
          let timer = UInt32.random(in: 0..<60, using: &dice)
          wheel.cancel(timer)
          waiting[timer] = nil
        case 6 where now > 10_000_000:
          now -= Int64.random(in: 0...7_200_000, using: &dice)
          wheel.rewind(to: now)
        default:
          let soonest = waiting.values.min() ?? now
          now = max(now, Bool.random(using: &dice) ? soonest : now + (1 << Int64.random(in: 0...30, using: &dice)))
          let limit = Int.random(in: 1...20, using: &dice)
          while true {
            let expired = wheel.expire(upTo: now, max: limit)
            for timer in expired.map(\.timer) {
              guard let due = waiting.removeValue(forKey: timer) else {
                Issue.record("seed \(seed), step \(step): timer \(timer) was not waiting")
                return
              }
              #expect(due <= now, "seed \(seed), step \(step)")
            }
            if expired.count < limit { break }
          }
          #expect(waiting.values.allSatisfy { $0 > now }, "seed \(seed), step \(step)")
        }
        #expect(wheel.count == waiting.count, "seed \(seed), step \(step)")
        #expect(wheel.nextDue == waiting.values.min(), "seed \(seed), step \(step)")
        #expect(wheel.nextWake ?? 0 <= waiting.values.min() ?? 0, "seed \(seed), step \(step)")
        for (timer, due) in waiting { #expect(wheel.due(of: timer) == due) }
      }
    }
  }

  @Test func `the earlier is handed out first`() {
    var wheel = TimerWheel(now: 1_000)
    let dues: [Int64] = [5_000, 1_001, 70_000, 3_000, 1_000, 900]
    for (timer, due) in dues.enumerated() { wheel.insert(UInt32(timer), due: due) }
    let order = wheel.expire(upTo: 100_000, max: 10).map { dues[Int($0.timer)] }
    #expect(order.dropFirst(2) == [1_001, 3_000, 5_000, 70_000] && Set(order.prefix(2)) == [1_000, 900])
  }
}
