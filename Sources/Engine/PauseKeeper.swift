import Events
import Rules
import Telemetry

/// Resumes rules and schedules whose pause has reached its end.
public struct PauseKeeper: Sendable {
  /// Schedules that one round resumes.
  public static let batchMax = 256
  /// Who the ledger says it was.
  public static let who = "bellcrank"

  private let book: RuleBook
  private let schedules: ScheduleKeeper
  private let store: any ScheduleStore
  private let clock: any WallClock
  private let log: any LogSink

  public init(
    _ book: RuleBook, _ schedules: ScheduleKeeper, _ store: any ScheduleStore, _ clock: any WallClock,
    _ log: any LogSink
  ) {
    self.book = book
    self.schedules = schedules
    self.store = store
    self.clock = clock
    self.log = log
  }

  /// When the next pause ends by itself; nil if none does.
  public func nextDue() async throws(StoreError) -> Timestamp? {
    [book.bus.scheduled.compactMap { $0.pause?.until }.min(), try await store.nextPauseEnd()].compactMap { $0 }.min()
  }

  /// Resumes what is due. Returns how much there was.
  public func resumeDue() async throws(StoreError) -> Int {
    let now = clock.now()
    var resumed = 0
    for rule in book.bus.scheduled {
      guard let pause = rule.pause, let until = pause.until, until <= now else { continue }
      try await tell(rule.name, pause) {
        try await book.changeAndPlan(rule.name, note(pause)) { old throws(ControlError) in
          // Somebody may have changed it meanwhile; what is not paused so any more stays as it is.
          guard var rule = old, rule.pause == pause else { throw PauseKeeper.changed(rule.name) }
          rule.state = .enabled
          return rule
        }.plan
      }
      resumed += 1
    }
    for name in try await store.pausesEnded(by: now, limit: PauseKeeper.batchMax) {
      guard let pause = try await store.schedule(name)?.pause else { continue }
      try await tell(name.description, pause) {
        try await schedules.changeAndPlan(name, note(pause)) { old throws(ControlError) in
          guard var schedule = old, schedule.pause == pause else { throw PauseKeeper.changed(name.description) }
          schedule.state = .enabled
          return schedule
        }.plan
      }
      resumed += 1
    }
    return resumed
  }

  private static func changed(_ owner: String) -> ControlError {
    ControlError(.noSuchRule, "\(owner) was changed or removed meanwhile")
  }

  private func note(_ pause: Pause) -> ChangeNote {
    ChangeNote(operation: "EndOfPause", who: PauseKeeper.who, why: "its pause \(pause.words) has reached its end")
  }

  private func tell(
    _ owner: String, _ pause: Pause, _ resume: () async throws -> RecoveryPlan?
  ) async throws(StoreError) {
    let plan: RecoveryPlan?
    do {
      plan = try await resume()
    } catch let error as StoreError {
      throw error
    } catch {
      return log.write(LogLine(.info, "\(error)", ["schedule": owner]))
    }
    log.write(LogLine(.info, "a pause has reached its end", ["schedule": owner, "pause": pause.words]))
    if let plan { log.write(LogLine(.warning, plan.words, ["schedule": owner])) }
  }
}
