import ClockPorts
import Engine
import Events
import Foundation
import Rules
import SQLiteStore
import Schedules
import Timers

/// `Measure fill|restart|spread|delivering|herd|cancel DIRECTORY`: one measurement a process, so that each starts with an empty memory.
@main
enum Main {
  static let million = 1_000_000
  static let batch = 10_000
  static let zones = ["UTC", "America/New_York", "Asia/Seoul", "Europe/Berlin"]

  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3 else {
      fatalError("Measure fill|restart|spread|delivering|herd|cancel DIRECTORY [COUNT]")
    }
    let count = arguments.count > 3 ? Int(arguments[3]) ?? million : million
    switch arguments[1] {
    case "fill": try await fill(arguments[2], count)
    case "restart": try await restart(arguments[2])
    case "spread": try await spread(arguments[2], perSecond: 10_000, seconds: 20, delivers: false)
    case "delivering": try await spread(arguments[2], perSecond: 10_000, seconds: 20, delivers: true)
    case "herd": try await herd(arguments[2], count: 100_000)
    case "cancel": try await cancel(arguments[2])
    default: fatalError("no measurement is named \(arguments[1])")
    }
  }

  /// Twenty expressions in four zones, none of which fires while it is measured.
  private static func expressions() throws -> [ScheduleExpression] {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "cron20.txt")
    return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map {
      try ScheduleExpression("cron(\($0))", dialect: .scheduler)
    }
  }

  private static let note = ChangeNote(operation: "CreateSchedule", who: "benchmark", why: nil)

  /// A million schedules through the batch port, each batch durable before its producer makes the next.
  private static func fill(_ directory: String, _ count: Int) async throws {
    let bench = try await Bench(directory)
    let expressions = try expressions()
    let before = Machine.residentMiB()
    let start = Machine.time()
    let processor = Machine.processorTime()
    // Two producers, as two clients would be: one makes its batch while the other's is stored.
    try await withThrowingTaskGroup(of: Void.self) { group in
      for producer in 0..<2 {
        group.addTask {
          for first in stride(from: producer * batch, to: count, by: 2 * batch) {
            let now = SystemClock().now()
            let later = now + .days(30)
            let schedules = (first..<min(first + batch, count)).map { number in
              bench.schedule(
                "extract-table-\(number)", expressions[number % expressions.count], zone: zones[number / 20 % 4],
                start: later, at: now)
            }
            try await bench.runtime.schedules.create(schedules, note)
          }
        }
      }
      try await group.waitForAll()
    }
    let took = Double(Machine.time() - start) / 1e9
    report(
      "insert",
      [
        ("schedules", Double(count)), ("seconds", took), ("per_second", Double(count) / took),
        ("processor_seconds", Double(Machine.processorTime() - processor) / 1e9),
        ("resident_mib", Machine.residentMiB()), ("resident_before_mib", before), ("peak_mib", Machine.peakMiB()),
        ("bytes_each", (Machine.residentMiB() - before) * 1_048_576 / Double(count)),
      ])
  }

  /// From the start of the process, with all schedules read, to the first slot decided.
  private static func restart(_ directory: String) async throws {
    let start = Machine.time()
    let processor = Machine.processorTime()
    let bench = try await Bench(directory)
    let loaded = Double(Machine.time() - start) / 1e9
    let now = SystemClock().now()
    let once = try ScheduleExpression("rate(1 minute)", dialect: .scheduler)
    try await bench.runtime.schedules.create([bench.schedule("first-\(now.milliseconds)", once, at: now)], note)
    // A rate begins with a whole second: until that comes nothing is due, and that is not waited for here.
    try await Task.sleep(for: .milliseconds(1_000 - now.milliseconds % 1_000))
    let due = Machine.time()
    let decided = try await bench.runtime.scheduler.tick()
    let took = Double(Machine.time() - due) / 1e9
    report(
      "restart",
      [
        ("schedules", Double(bench.runtime.scheduler.count)), ("loaded_seconds", loaded),
        ("first_fire_seconds", loaded + took), ("decided", Double(decided)),
        ("processor_seconds", Double(Machine.processorTime() - processor) / 1e9),
        ("resident_mib", Machine.residentMiB()), ("peak_mib", Machine.peakMiB()),
      ])
  }

  /// Fires spread evenly over time beside a million that rest: the scheduler's loop alone, or all loops, which expand the slots and
  /// deliver them to a queue meanwhile.
  private static func spread(_ directory: String, perSecond: Int, seconds: Int, delivers: Bool) async throws {
    let bench = try await Bench(directory)
    let minute = try ScheduleExpression("rate(1 day)", dialect: .scheduler)
    let now = SystemClock().now()
    // After the last batch is stored, ten thousand fires with each second.
    let lead = 15_000
    let count = perSecond * seconds
    for first in stride(from: 0, to: count, by: batch) {
      let schedules = (first..<min(first + batch, count)).map { number in
        bench.schedule(
          "spread-\(now.milliseconds)-\(number)", minute,
          start: now + Span(milliseconds: Int64(lead + number * 1_000 / perSecond)), at: now)
      }
      try await bench.runtime.schedules.create(schedules, note)
    }
    let ready = SystemClock().now() - now
    try await run(
      bench, delivers ? "delivering" : "spread", count, delivers: delivers,
      more: [("per_second", Double(perSecond)), ("ready_ms", Double(ready.milliseconds))])
  }

  /// Many due in the same second, beside a million that rest.
  private static func herd(_ directory: String, count: Int) async throws {
    let bench = try await Bench(directory)
    let now = SystemClock().now()
    let due = Timestamp(seconds: now.seconds + 12)
    let once = try ScheduleExpression("at(\(CivilTime(due).text))", dialect: .scheduler)
    for first in stride(from: 0, to: count, by: batch) {
      let schedules = (first..<min(first + batch, count)).map { number in
        bench.schedule("herd-\(now.milliseconds)-\(number)", once, at: now)
      }
      try await bench.runtime.schedules.create(schedules, note)
    }
    try await run(bench, "herd", count, delivers: true, more: [])
    // Fair: where in the order of decisions a schedule comes has nothing to do with when it was made.
    let decisions = try await bench.store.decisions(after: Timestamp(milliseconds: due.milliseconds - 1))
    report(
      "herd order", [("decided", Double(decisions.count)), ("distinct", Double(Set(decisions.map(\.schedule)).count))])
  }

  private static func run(
    _ bench: Bench, _ name: String, _ count: Int, delivers: Bool, more: [(String, Double)]
  ) async throws {
    _ = bench.lateness.take()
    let processor = Machine.processorTime()
    let loops = Task { if delivers { await bench.runtime.run() } else { try await decide(bench.runtime.scheduler) } }
    let start = Machine.time()
    while bench.lateness.count < count, Machine.time() - start < 120_000_000_000 {
      try await Task.sleep(for: .milliseconds(50))
    }
    let spent = Double(Machine.processorTime() - processor) / 1e9
    var done: [(String, Double)] = []
    if delivers {
      // Until the last has its message, its ledger row and nothing more to do.
      while Machine.time() - start < 300_000_000_000, try await !bench.isDelivered() {
        try await Task.sleep(for: .milliseconds(50))
      }
      done = [("delivered_seconds", Double(Machine.time() - start) / 1e9)]
    }
    loops.cancel()
    _ = await loops.result
    report(
      name,
      percentiles(bench.lateness.take()) + more + done + [
        ("resident_schedules", Double(bench.runtime.scheduler.count)), ("processor_seconds", spent),
        ("resident_mib", Machine.residentMiB()),
      ])
  }

  /// The scheduler's loop by itself: what is due is decided, then it sleeps until something is due.
  private static func decide(_ scheduler: Scheduler) async throws {
    while !Task.isCancelled {
      if try await scheduler.tick() > 0 { continue }
      let wake = scheduler.nextWake() ?? SystemClock().now() + .seconds(1)
      try await SystemClock().sleep(for: min(.seconds(1), max(Span(milliseconds: 1), wake - SystemClock().now())))
    }
  }

  /// What taking one of many off the wheel costs, and removing a stored schedule.
  private static func cancel(_ directory: String) async throws {
    for count in [10_000, 100_000, million] {
      var dice = SplitMix64(seed: 1)
      var wheel = TimerWheel(now: 0)
      for timer in 0..<count { wheel.insert(UInt32(timer), due: Int64(dice.next() % 100_000_000_000)) }
      let victims = (0..<10_000).map { _ in UInt32(dice.next() % UInt64(count)) }
      let start = Machine.processorTime()
      for victim in victims { wheel.cancel(victim) }
      let took = Double(Machine.processorTime() - start) / Double(victims.count)
      report("cancel on the wheel", [("timers", Double(count)), ("nanoseconds", took)])
    }
    let bench = try await Bench(directory)
    let start = Machine.time()
    for number in 0..<1_000 {
      _ = try await bench.runtime.schedules.remove(ScheduleName("extract-table-\(number * 7)"), note)
    }
    report(
      "remove durably",
      [
        ("schedules", Double(bench.runtime.scheduler.count)),
        ("milliseconds", Double(Machine.time() - start) / 1e6 / 1_000),
      ])
  }
}
