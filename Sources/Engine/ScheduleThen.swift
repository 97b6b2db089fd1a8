import Events
import Rules
import Schedules
import Telemetry

/// A schedule as it was at a moment, by the ledger rows of its changes, which hold it before and after each.
enum ScheduleThen: Sendable {
  /// In force, as far as it is recorded.
  case there(Schedule)
  /// It had been removed, by the change of that row.
  case removed(LedgerEntry)
  /// It did not exist yet; the moment when it came into being, if that is known.
  case notYet(Timestamp?)
  /// No row of then and nothing of now tells of it.
  case unknown

  /// - Parameters:
  ///   - before: the last change at or before the moment; nil if there is none.
  ///   - groupRemoved: the last removal of its group at or before the moment.
  ///   - after: the first change after the moment.
  ///   - now: the schedule of now, which nothing changed since if there is no later change.
  init(
    at moment: Timestamp, before: LedgerEntry?, groupRemoved: LedgerEntry?, after: LedgerEntry?, now: Schedule?
  ) {
    // What was made in a batch has no row of its own, so a removal of the group may be older than what came anew after it.
    if let before, before.at >= groupRemoved?.at ?? .epoch {
      guard let schedule = ScheduleThen.schedule(before, "after") else {
        self = .removed(before)
        return
      }
      self = .there(schedule)
      return
    }
    if let schedule = after.map({ ScheduleThen.schedule($0, "before") }) ?? now {
      if schedule.createdAt <= moment {
        self = .there(schedule)
      } else if let groupRemoved {
        self = .removed(groupRemoved)
      } else {
        self = .notYet(schedule.createdAt)
      }
    } else if let groupRemoved {
      self = .removed(groupRemoved)
    } else if let after {
      self = .notYet(after.at)
    } else {
      self = .unknown
    }
  }

  /// What a row says that the schedule was before or after the change; nil if there was none.
  private static func schedule(_ row: LedgerEntry, _ side: String) -> Schedule? {
    guard let json = row.facts[side] else { return nil }
    do {
      return try Schedule(json: json)
    } catch {
      return nil  // It was written by a version that says it otherwise.
    }
  }
}

extension Explainer {
  /// Changes of a schedule among all rows that name it.
  private static func isChange(_ row: LedgerEntry) -> Bool { row.code == .scheduleChanged }

  /// The schedule as it was then.
  func then(_ name: ScheduleName, at moment: Timestamp, now: Schedule?) async throws(StoreError) -> ScheduleThen {
    ScheduleThen(
      at: moment, before: try await scheduleChange(of: name.description, until: moment),
      groupRemoved: try await scheduleChange(of: "\(name.group)/", until: moment, saying: "group removed"),
      after: try await scheduleChange(of: name.description, after: moment), now: now)
  }

  private func scheduleChange(
    of name: String, until moment: Timestamp, saying words: String = ""
  ) async throws(StoreError) -> LedgerEntry? {
    var query = LedgerQuery()
    query.rule = name
    query.decision = .changed
    query.until = Timestamp(milliseconds: moment.milliseconds + 1)
    query.limit = LedgerQuery.limitMax
    return try await engine.ports.ledger.entries(query).first {
      Explainer.isChange($0) && (words.isEmpty || $0.summary.contains(words))
    }
  }

  private func scheduleChange(of name: String, after moment: Timestamp) async throws(StoreError) -> LedgerEntry? {
    var query = LedgerQuery()
    query.rule = name
    query.decision = .changed
    query.since = Timestamp(milliseconds: moment.milliseconds + 1)
    query.limit = LedgerQuery.limitMax
    query.oldestFirst = true
    return try await engine.ports.ledger.entries(query).first(where: Explainer.isChange)
  }

  /// Members for the answer: the schedule of then, and what of it has changed since.
  func members(_ then: Schedule, now: Schedule?) -> [(String, JSON)] {
    var members: [(String, JSON)] = [
      (
        "rule_then",
        [
          "version": JSON(then.version), "state": .string(then.state.rawValue),
          "schedule": .string("\(then.expression.text) in \(then.timezone)"),
        ]
      )
    ]
    // One that came anew under the name is another, whatever its version says.
    let since = now == then ? [] : ScheduleChange.differences(then, now)
    if !since.isEmpty { members.append(("rule_changed_since", JSON(since))) }
    return members
  }
}
