/// Timers by the millisecond at which they are due: adding and cancelling take the same time however many there are.
///
/// A hierarchical wheel of eleven levels with 64 places each, a bit for each place that is not empty. A timer lies on the level
/// of the highest six bits in which its due differs from the wheel's own time, and goes down a level when that place comes.
/// Timers are numbers that the caller gives, small and dense; each is in the wheel at most once.
/// Source: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987).
public struct TimerWheel: Sendable {
  private static let levels = 11
  /// The place of what is due at once, behind all others.
  private static let overdue = levels * 64
  private static let none = UInt32.max
  private static let idle = Int64.min

  /// A timer that was taken out because it is due.
  public struct Expired: Sendable, Hashable {
    public let timer: UInt32
    public let due: Int64
  }

  /// Everything that is due at or before it has been handed out, or lies in the place of what is due at once.
  public private(set) var now: Int64
  /// How many timers wait.
  public private(set) var count = 0
  private var due: [Int64] = []
  private var next: [UInt32] = []
  private var previous: [UInt32] = []
  /// The first timer of each place; one place more for what is due at once.
  private var heads = [UInt32](repeating: TimerWheel.none, count: overdue + 1)
  private var occupied = [UInt64](repeating: 0, count: levels)

  /// - Parameter now: milliseconds since the epoch, not negative.
  public init(now: Int64) {
    self.now = max(0, now)
  }

  /// When that timer is due; nil if it does not wait.
  public func due(of timer: UInt32) -> Int64? {
    guard Int(timer) < due.count, due[Int(timer)] != TimerWheel.idle else { return nil }
    return due[Int(timer)]
  }

  /// Lets a timer wait until `due`; one that waits already waits for this instead. What is past is due at once.
  public mutating func insert(_ timer: UInt32, due moment: Int64) {
    let index = Int(timer)
    if index >= due.count {
      let more = index + 1 - due.count
      due.append(contentsOf: repeatElement(TimerWheel.idle, count: more))
      next.append(contentsOf: repeatElement(TimerWheel.none, count: more))
      previous.append(contentsOf: repeatElement(TimerWheel.none, count: more))
    }
    if due[index] != TimerWheel.idle { cancel(timer) }
    due[index] = max(0, moment)
    count += 1
    link(timer)
  }

  /// Takes a timer out; one that does not wait is left alone.
  public mutating func cancel(_ timer: UInt32) {
    let index = Int(timer)
    guard index < due.count, due[index] != TimerWheel.idle else { return }
    unlink(timer)
    due[index] = TimerWheel.idle
    count -= 1
  }

  /// Takes out all that is due at or before `moment`, the earliest first; of one millisecond in no particular order.
  ///
  /// - Parameter moment: one before `now` hands out only what was put in late.
  /// - Returns: at most `max` timers; more may be due, and then time has not moved beyond them.
  public mutating func expire(upTo moment: Int64, max limit: Int) -> [Expired] {
    var expired: [Expired] = []
    while expired.count < limit {
      // What is due at once may have been due later than `moment`, if the clock went back.
      if takeOverdue(upTo: moment, limit, &expired) { continue }
      guard let (level, place, start) = firstPlace(), start <= moment else {
        if expired.count < limit, moment > now { now = moment }
        return expired
      }
      now = Swift.max(now, start)
      open(level, place)
    }
    return expired
  }

  /// No timer is due before it: when the wheel has to be looked at again; nil if none waits.
  public var nextWake: Int64? {
    if heads[TimerWheel.overdue] != TimerWheel.none { return nextDue }
    return firstPlace()?.start
  }

  /// When the next timer is due; nil if none waits. It looks at all that share its place.
  public var nextDue: Int64? {
    let late = soonest(in: TimerWheel.overdue)
    guard let first = firstPlace() else { return late }
    let coming = first.level == 0 ? first.start : soonest(in: first.level * 64 + first.place)
    return [late, coming].compactMap { $0 }.min()
  }

  private func soonest(in place: Int) -> Int64? {
    var soonest: Int64?
    var timer = heads[place]
    while timer != TimerWheel.none {
      soonest = Swift.min(soonest ?? Int64.max, due[Int(timer)])
      timer = next[Int(timer)]
    }
    return soonest
  }

  /// Sets the wheel's time back, so that timers may be put in for moments that had passed; none is lost or doubled.
  public mutating func rewind(to moment: Int64) {
    guard moment < now else { return }
    let waiting = due.indices.filter { due[$0] != TimerWheel.idle }
    heads = [UInt32](repeating: TimerWheel.none, count: heads.count)
    occupied = [UInt64](repeating: 0, count: occupied.count)
    now = Swift.max(0, moment)
    for index in waiting { link(UInt32(index)) }
  }

  // MARK: Places

  /// The place of a timer: what is not after `now` is due at once.
  private func place(of moment: Int64) -> Int {
    guard moment > now else { return TimerWheel.overdue }
    let level = (63 - (moment ^ now).leadingZeroBitCount) / 6
    return level * 64 + Int(moment >> Int64(level * 6)) & 63
  }

  private mutating func link(_ timer: UInt32) {
    let place = place(of: due[Int(timer)])
    let head = heads[place]
    next[Int(timer)] = head
    previous[Int(timer)] = TimerWheel.none
    if head != TimerWheel.none { previous[Int(head)] = timer }
    heads[place] = timer
    if place < TimerWheel.overdue { occupied[place / 64] |= 1 << UInt64(place % 64) }
  }

  private mutating func unlink(_ timer: UInt32) {
    let (before, after) = (previous[Int(timer)], next[Int(timer)])
    if after != TimerWheel.none { previous[Int(after)] = before }
    guard before == TimerWheel.none else {
      next[Int(before)] = after
      return
    }
    // Where it was put is where it would be put now: time has not reached its place, or the place would have been opened.
    let place = place(of: due[Int(timer)])
    heads[place] = after
    if after == TimerWheel.none, place < TimerWheel.overdue { occupied[place / 64] &= ~(1 << UInt64(place % 64)) }
  }

  /// The first place that is not empty, and the moment at which it begins.
  private func firstPlace() -> (level: Int, place: Int, start: Int64)? {
    for level in 0..<TimerWheel.levels where occupied[level] != 0 {
      let shift = Int64(level * 6)
      let current = Int(now >> shift) & 63
      // On each level all timers lie at or after the place of now, for the bits above are those of now.
      let ahead = occupied[level] & (UInt64.max << UInt64(current))
      guard ahead != 0 else { preconditionFailure("a timer on level \(level) lies behind the wheel's time") }
      let place = ahead.trailingZeroBitCount
      let above = shift + 6 >= 63 ? 0 : now & (-1 << (shift + 6))
      return (level, place, above | Int64(place) << shift)
    }
    return nil
  }

  /// Puts the timers of a place where they belong now that its time has come.
  private mutating func open(_ level: Int, _ place: Int) {
    let index = level * 64 + place
    var timer = heads[index]
    heads[index] = TimerWheel.none
    occupied[level] &= ~(1 << UInt64(place))
    while timer != TimerWheel.none {
      let following = next[Int(timer)]
      link(timer)
      timer = following
    }
  }

  /// Takes out what lies in the place of what is due at once, as far as it is due; false if nothing was.
  private mutating func takeOverdue(upTo moment: Int64, _ limit: Int, _ expired: inout [Expired]) -> Bool {
    let before = expired.count
    var timer = heads[TimerWheel.overdue]
    while timer != TimerWheel.none, expired.count < limit {
      let following = next[Int(timer)]
      if due[Int(timer)] <= moment {
        expired.append(Expired(timer: timer, due: due[Int(timer)]))
        cancel(timer)
      }
      timer = following
    }
    return expired.count > before
  }
}
