import Events
import Rules
import Schedules
import Timers

/// Everything that fires by the clock, and when each does so next: rules and schedules on one wheel, a million of them in memory.
///
/// Of a schedule it holds what says when it fires; expressions that many share are held once. Not thread-safe.
struct Agenda {
  /// Whose timer it is.
  enum Owner: Hashable {
    case rule(String)
    case schedule(Int64)
  }

  /// What of a clock may be the same for many.
  private struct Clockwork: Hashable {
    let expression: ScheduleExpression
    let timezone: String
    let changes: ClockChangeRule
    let misfire: MisfirePolicy

    /// The text tells most of them apart; the rest is compared.
    func hash(into hasher: inout Hasher) {
      hasher.combine(expression.text)
      hasher.combine(timezone)
    }
  }

  /// A timer that is due, with all that its decision needs.
  struct Due {
    let timer: UInt32
    let owner: Owner
    /// Its next instant, which has come.
    let slot: Timestamp
    let timetable: Timetable
    let misfire: MisfirePolicy
    let isEnabled: Bool
  }

  private static let isEnabledFlag: UInt8 = 1
  private static let isTakenFlag: UInt8 = 2
  private static let isFreeFlag: UInt8 = 4
  /// Its zone changed while it was taken out.
  private static let isStaleFlag: UInt8 = 8
  /// It is due and stands in the line.
  private static let isInLineFlag: UInt8 = 16

  private var wheel: TimerWheel
  /// What is due, in the order in which it is taken out, from `lineStart` on. One that was removed since is not in line any more.
  private var line: [TimerWheel.Expired] = []
  private var lineStart = 0
  private let zones: any Zones
  private var loaded: [String: ZoneRules] = ["UTC": .utc]
  private var clockworks: [Clockwork] = []
  /// By clockwork: its part of the timetables.
  private var dials: [Timetable.Dial] = []
  private var clockworkNumbers: [Clockwork: UInt32] = [:]
  /// By clockwork: how many timers have it; one that none has makes room for another.
  private var uses: [Int] = []
  private var freeNumbers: [UInt32] = []
  /// By timer: the number of its clockwork, its epoch, the id of its schedule or, negative, of its rule, its flags.
  private var numbers: [UInt32] = []
  private var epochs: [Int64] = []
  private var owners: [Int64] = []
  private var flags: [UInt8] = []
  /// Where a rate counts from, for those that do not count from just after their epoch; where it ends, for those that end.
  private var anchors: [UInt32: Int64] = [:]
  private var ends: [UInt32: Int64] = [:]
  private var free: [UInt32] = []
  private var timerOfSchedule: [Int64: UInt32] = [:]
  private var timerOfRule: [String: UInt32] = [:]
  private var ruleNames: [UInt32: String] = [:]

  init(at now: Timestamp, zones: any Zones) {
    wheel = TimerWheel(now: now.milliseconds)
    self.zones = zones
  }

  /// How many things may still fire or rest.
  var count: Int { timerOfSchedule.count + timerOfRule.count }
  var scheduleCount: Int { timerOfSchedule.count }

  /// Enrols a schedule, in the place of the one with that id. One that fires when it did before keeps its next instant, also
  /// while it is taken out: what is decided of it is not looked at again, and what is due of it stays due.
  ///
  /// - Parameter cursor: the last instant that is decided; earlier ones do not come again.
  /// - Throws: if the machine does not know its zone; then it does not fire.
  mutating func put(_ stored: StoredClock, cursor: Timestamp?) throws(ZoneError) {
    let timetable: Timetable
    do throws(ZoneError) {
      timetable = stored.clock.timetable(in: try zone(stored.clock.timezone))
    } catch {
      remove(schedule: stored.id)
      throw error
    }
    if let timer = timerOfSchedule[stored.id], keeps(timetable, timer) {
      let old = numbers[Int(timer)]
      numbers[Int(timer)] = number(of: timetable, stored.misfire)
      letGo(old)
      flags[Int(timer)] &= ~Agenda.isEnabledFlag
      if stored.isEnabled { flags[Int(timer)] |= Agenda.isEnabledFlag }
      return
    }
    remove(schedule: stored.id)
    let timer = enrol(timetable, stored.misfire, isEnabled: stored.isEnabled, owner: stored.id)
    timerOfSchedule[stored.id] = timer
    insert(timer, timetable.next(after: max(cursor ?? timetable.epoch, timetable.epoch)))
  }

  /// Enrols a rule with a schedule, in the place of the one of that name; does nothing for one without.
  mutating func put(_ rule: Rule, cursor: Timestamp) {
    remove(rule: rule.name)
    guard let timetable = rule.timetable else { return }
    let timer = enrol(timetable, rule.misfire, isEnabled: rule.isEnabled, owner: -1)
    timerOfRule[rule.name] = timer
    ruleNames[timer] = rule.name
    insert(timer, timetable.next(after: max(cursor, timetable.epoch)))
  }

  mutating func remove(schedule id: Int64) {
    guard let timer = timerOfSchedule.removeValue(forKey: id) else { return }
    retire(timer)
  }

  mutating func remove(rule name: String) {
    guard let timer = timerOfRule.removeValue(forKey: name) else { return }
    ruleNames[timer] = nil
    retire(timer)
  }

  var ruleNamesEnrolled: [String] { Array(timerOfRule.keys) }

  func has(schedule id: Int64) -> Bool { timerOfSchedule[id] != nil }

  /// Whether a schedule is here that fires at the same instants.
  func keepsTime(of stored: StoredClock) -> Bool {
    guard let timer = timerOfSchedule[stored.id], let zone = loaded[stored.clock.timezone] else { return false }
    return keeps(stored.clock.timetable(in: zone), timer)
  }

  /// The instant that comes next of a schedule; nil if none does, or there is no such schedule.
  func nextInstant(ofSchedule id: Int64) -> Timestamp? {
    timerOfSchedule[id].flatMap { timer in
      wheel.due(of: timer) ?? line[lineStart...].first { $0.timer == timer && isInLine(timer) }?.due
    }.map { Timestamp(milliseconds: $0) }
  }

  private func isInLine(_ timer: UInt32) -> Bool { flags[Int(timer)] & Agenda.isInLineFlag != 0 }

  /// When the next instant comes.
  var nextDue: Timestamp? { earlier(wheel.nextDue) }
  /// No instant comes before it.
  var nextWake: Timestamp? { earlier(wheel.nextWake) }

  private func earlier(_ moment: Int64?) -> Timestamp? {
    let first = lineStart < line.count ? line[lineStart].due : nil
    return [moment, first].compactMap { $0 }.min().map { Timestamp(milliseconds: $0) }
  }

  /// Takes out what is due, the earliest first and of one instant in an order that changes from instant to instant. Each has to be
  /// put back with `resume`.
  mutating func take(upTo now: Timestamp, max: Int) -> [Due] {
    fillLine(upTo: now.milliseconds)
    var taken: [TimerWheel.Expired] = []
    while taken.count < max, lineStart < line.count {
      let one = line[lineStart]
      lineStart += 1
      if isInLine(one.timer) { taken.append(one) }
    }
    if lineStart == line.count { (line, lineStart) = ([], 0) }
    var dues: [Due] = []
    dues.reserveCapacity(taken.count)
    for one in taken {
      let index = Int(one.timer)
      flags[index] = flags[index] & ~Agenda.isInLineFlag | Agenda.isTakenFlag
      let owner = owners[index]
      dues.append(
        Due(
          timer: one.timer, owner: owner < 0 ? .rule(ruleNames[one.timer] ?? "") : .schedule(owner),
          slot: Timestamp(milliseconds: one.due), timetable: timetable(of: one.timer),
          misfire: clockworks[Int(numbers[index])].misfire, isEnabled: flags[index] & Agenda.isEnabledFlag != 0))
    }
    return dues
  }

  /// Lines up all that is due, once what stood in the line is taken out: who comes first among a hundred thousand of one instant
  /// is drawn anew each time, whichever way they lie in the wheel.
  private mutating func fillLine(upTo now: Int64) {
    if lineStart < line.count, line[line.count - 1].due > now {
      // The clock went back: what is not due any more has to wait again.
      for one in line[lineStart...] where isInLine(one.timer) {
        flags[Int(one.timer)] &= ~Agenda.isInLineFlag
        wheel.insert(one.timer, due: one.due)
      }
      lineStart = line.count
    }
    guard lineStart == line.count else { return }
    // It opens moments again that had passed, and what is new may be due in them.
    wheel.rewind(to: now)
    let lots = wheel.expire(upTo: now, max: Int.max).map { (one: $0, lot: Agenda.lot($0.timer, $0.due)) }
    line = lots.sorted { ($0.one.due, $0.lot) < ($1.one.due, $1.lot) }.map(\.one)
    lineStart = 0
    for one in line { flags[Int(one.timer)] |= Agenda.isInLineFlag }
  }

  /// Puts a timer back that was taken out, to wait for that instant; one that was changed or removed meanwhile stays out.
  ///
  /// - Parameter last: what comes before that instant is dealt with, whatever its zone has become meanwhile.
  mutating func resume(_ timer: UInt32, at next: Timestamp?, after last: Timestamp) {
    let index = Int(timer)
    guard flags[index] & Agenda.isTakenFlag != 0 else { return }
    let isStale = flags[index] & Agenda.isStaleFlag != 0
    flags[index] &= ~(Agenda.isTakenFlag | Agenda.isStaleFlag)
    let instant = isStale ? timetable(of: timer).next(after: last) : next
    if flags[index] & Agenda.isFreeFlag != 0 {
      free.append(timer)
    } else {
      insert(timer, instant)
    }
  }

  /// Puts a timer back that was taken out, to be due as it was.
  mutating func putBack(_ due: Due) {
    resume(due.timer, at: due.slot, after: due.slot - Span(milliseconds: 1))
  }

  /// Reads zones anew and works out what comes next of all that hang in one that changed. The names of those, and how many moved.
  mutating func replan(from now: Timestamp) throws(ZoneError) -> (zones: [String], moved: Int) {
    var changed: [String: ZoneRules] = [:]
    for (name, old) in loaded where name != "UTC" {
      let fresh = try zones.zone(name)
      if fresh != old { changed[name] = fresh }
    }
    guard !changed.isEmpty else { return ([], 0) }
    loaded.merge(changed) { _, fresh in fresh }
    for (number, work) in clockworks.enumerated() {
      guard let zone = changed[work.timezone] else { continue }
      dials[number] = Timetable.Dial(work.expression, zone: zone, changes: work.changes)
    }
    var moved = 0
    for timer in timerOfSchedule.values {
      guard changed[clockworks[Int(numbers[Int(timer)])].timezone] != nil else { continue }
      if flags[Int(timer)] & Agenda.isTakenFlag != 0 { flags[Int(timer)] |= Agenda.isStaleFlag }
      // What is due already was due by the rules of its time.
      guard let old = wheel.due(of: timer), old > now.milliseconds else { continue }
      let next = timetable(of: timer).next(after: max(now, Timestamp(milliseconds: epochs[Int(timer)])))
      if next?.milliseconds != old { moved += 1 }
      insert(timer, next)
    }
    return (changed.keys.sorted(), moved)
  }

  /// How many schedules hang in each zone but UTC.
  var zonesInUse: [String: Int] {
    var counts: [UInt32: Int] = [:]
    for timer in timerOfSchedule.values { counts[numbers[Int(timer)], default: 0] += 1 }
    var inUse: [String: Int] = [:]
    for (number, count) in counts where clockworks[Int(number)].timezone != "UTC" {
      inUse[clockworks[Int(number)].timezone, default: 0] += count
    }
    return inUse
  }

  // MARK: Timers

  private mutating func zone(_ name: String) throws(ZoneError) -> ZoneRules {
    if let known = loaded[name] { return known }
    let rules = try zones.zone(name)
    loaded[name] = rules
    return rules
  }

  private mutating func enrol(
    _ timetable: Timetable, _ misfire: MisfirePolicy, isEnabled: Bool, owner: Int64
  ) -> UInt32 {
    let number = number(of: timetable, misfire)
    let timer: UInt32
    if let reused = free.popLast() {
      timer = reused
    } else {
      timer = UInt32(numbers.count)
      numbers.append(0)
      epochs.append(0)
      owners.append(0)
      flags.append(0)
    }
    let index = Int(timer)
    numbers[index] = number
    epochs[index] = timetable.epoch.milliseconds
    owners[index] = owner
    flags[index] = isEnabled ? Agenda.isEnabledFlag : 0
    if timetable.expression.isRate, timetable.anchor.milliseconds != epochs[index] + 1 {
      anchors[timer] = timetable.anchor.milliseconds
    }
    if let end = timetable.end { ends[timer] = end.milliseconds }
    return timer
  }

  /// The number of its clockwork, for one more timer.
  private mutating func number(of timetable: Timetable, _ misfire: MisfirePolicy) -> UInt32 {
    let work = Clockwork(
      expression: timetable.expression, timezone: timetable.zone.name, changes: timetable.changes, misfire: misfire)
    if let known = clockworkNumbers[work] {
      uses[Int(known)] += 1
      return known
    }
    let number: UInt32
    if let reused = freeNumbers.popLast() {
      number = reused
      clockworks[Int(number)] = work
      dials[Int(number)] = timetable.dial
      uses[Int(number)] = 1
    } else {
      number = UInt32(clockworks.count)
      clockworks.append(work)
      dials.append(timetable.dial)
      uses.append(1)
    }
    clockworkNumbers[work] = number
    return number
  }

  /// One timer less has that clockwork.
  private mutating func letGo(_ number: UInt32) {
    uses[Int(number)] -= 1
    guard uses[Int(number)] == 0 else { return }
    clockworkNumbers[clockworks[Int(number)]] = nil
    freeNumbers.append(number)
  }

  /// How many clockworks are held, to be used or in use.
  var clockworkCount: Int { clockworks.count }

  /// Whether a timer fires by that timetable already.
  private func keeps(_ timetable: Timetable, _ timer: UInt32) -> Bool {
    let mine = self.timetable(of: timer)
    return mine.dial == timetable.dial && (mine.epoch, mine.end) == (timetable.epoch, timetable.end)
      && (!mine.expression.isRate || mine.anchor == timetable.anchor)
  }

  private func timetable(of timer: UInt32) -> Timetable {
    let epoch = epochs[Int(timer)]
    return Timetable(
      dials[Int(numbers[Int(timer)])], anchor: Timestamp(milliseconds: anchors[timer] ?? epoch + 1),
      epoch: Timestamp(milliseconds: epoch), end: ends[timer].map { Timestamp(milliseconds: $0) })
  }

  private mutating func insert(_ timer: UInt32, _ instant: Timestamp?) {
    if let instant { wheel.insert(timer, due: instant.milliseconds) } else { wheel.cancel(timer) }
  }

  /// Gives a timer's number back; while it is taken out, only once it comes back.
  private mutating func retire(_ timer: UInt32) {
    wheel.cancel(timer)
    letGo(numbers[Int(timer)])
    flags[Int(timer)] &= ~Agenda.isInLineFlag
    anchors[timer] = nil
    ends[timer] = nil
    if flags[Int(timer)] & Agenda.isTakenFlag != 0 {
      flags[Int(timer)] |= Agenda.isFreeFlag
    } else {
      free.append(timer)
    }
  }

  /// Where a timer stands among those of the same instant: nobody is always the last.
  private static func lot(_ timer: UInt32, _ due: Int64) -> UInt64 {
    var dice = SplitMix64(seed: UInt64(timer) << 32 ^ UInt64(bitPattern: due))
    return dice.next()
  }
}
