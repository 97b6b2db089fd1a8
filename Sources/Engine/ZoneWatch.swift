import Events
import Schedules
import Synchronization
import Telemetry

/// Notices that the machine's time zone data has changed, also while the engine was down, and has plans made anew.
public final class ZoneWatch: Sendable {
  /// From one look to the next.
  public static let interval = Span.minutes(5)

  private let scheduler: Scheduler
  private let store: any ScheduleStore
  private let zones: any Zones
  private let clock: any WallClock
  private let log: any LogSink
  private let state = Mutex<(lookedAt: Timestamp, seen: [String: Seen])?>(nil)

  /// A zone as it was seen last, and as it is printed in the store.
  private struct Seen {
    let rules: ZoneRules
    let print: String
  }

  public init(
    _ scheduler: Scheduler, _ store: any ScheduleStore, _ zones: any Zones, _ clock: any WallClock, _ log: any LogSink
  ) {
    self.scheduler = scheduler
    self.store = store
    self.zones = zones
    self.clock = clock
    self.log = log
  }

  /// When to look again: at once after a start, then every few minutes; a clock that was set back makes it look at once too.
  public var nextDue: Timestamp {
    let now = clock.now()
    guard let last = state.withLock({ $0?.lookedAt }), last <= now else { return now }
    return last + ZoneWatch.interval
  }

  /// Looks, if it is time. Returns how many zones changed.
  public func lookDue() async throws(StoreError) -> Int {
    guard nextDue <= clock.now() else { return 0 }
    return try await look()
  }

  /// Compares the zones that schedules hang in with what they were, plans anew what hangs in one that changed, and says so.
  public func look() async throws(StoreError) -> Int {
    let now = clock.now()
    let using = scheduler.zonesInUse()
    var seen = state.withLock { $0?.seen } ?? [:]
    let known = try await store.zonePrints()
    var prints: [String: String] = [:]
    for name in using.keys {
      do throws(ZoneError) {
        let rules = try zones.zone(name)
        let print = seen[name].flatMap { $0.rules == rules ? $0.print : nil } ?? ZoneWatch.look(of: rules)
        seen[name] = Seen(rules: rules, print: print)
        prints[name] = print
      } catch {
        log.write(LogLine(.error, "a time zone cannot be read", ["zone": name, "reason": error.reason]))
      }
    }
    let changed = prints.filter { name, print in known[name].map { $0 != print } ?? false }.keys.sorted()
    let release = zones.release ?? ""
    let isNew = prints.contains { known[$0.key] == nil } || known[ZoneWatch.releaseKey] != release
    guard !changed.isEmpty || isNew else {
      state.withLock { [seen] in $0 = (now, seen) }
      return 0
    }
    var row: LedgerEntry?
    if !changed.isEmpty {
      let count = changed.reduce(0) { $0 + (using[$1] ?? 0) }
      // What changed while no engine ran was planned by the new data from the start.
      let moved = state.withLock { $0 } == nil ? nil : replan()
      row = ZoneWatch.row(changed, from: known[ZoneWatch.releaseKey], to: release, schedules: count, moved, at: now)
    }
    prints[ZoneWatch.releaseKey] = release
    try await store.note(zonePrints: prints, row: row)
    if let row { log.write(LogLine(.warning, row.summary, ["zones": changed.joined(separator: " ")])) }
    state.withLock { [seen] in $0 = (now, seen) }
    return changed.count
  }

  private func replan() -> Int {
    do {
      return try scheduler.replan().moved
    } catch {
      log.write(LogLine(.error, "schedules cannot be planned anew", ["reason": error.reason]))
      return 0
    }
  }

  /// Beside the zones' names, none of which is empty.
  private static let releaseKey = ""

  /// Changes with any clock change of the zone, past or to come.
  private static func look(of rules: ZoneRules) -> String { DerivedID.uuid(of: String(describing: rules)) }

  private static func row(
    _ zones: [String], from old: String?, to release: String, schedules: Int, _ moved: Int?, at now: Timestamp
  ) -> LedgerEntry {
    let data = old == release || release.isEmpty ? "" : " (\(old ?? "unknown") → \(release))"
    return LedgerEntry(
      causeID: "zones@\(now.preciseText)", decision: .changed, gate: .operator, code: .zonesChanged,
      summary: "the time zone data\(data) changed \(zones.joined(separator: ", ")): \(schedules) schedules hang in "
        + "\(zones.count == 1 ? "it" : "them"), and "
        + (moved.map { "\($0) next fires moved" } ?? "their next fires follow it since this start"),
      facts: JSON(present: [
        "zones": JSON(zones), "release": .string(release), "schedules": JSON(schedules),
        "moved": moved.map { JSON($0) },
      ]), at: now, took: .zero, about: LedgerEntry.Subject(triggerType: "operator"))
  }
}
