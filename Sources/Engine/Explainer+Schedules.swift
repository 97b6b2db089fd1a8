import Events
import Rules
import Schedules
import Telemetry

extension Explainer {
  /// Why a schedule of EventBridge Scheduler started nothing at a moment; nil if there never was such a schedule.
  ///
  /// What was decided then stands in the ledger; what was not is answered by the schedule as it was then.
  func whyNot(_ name: ScheduleName, at moment: Timestamp) async throws(StoreError) -> JSON? {
    if let entry = try await slotRow(name.description, at: moment) {
      return try await decided(name.description, entry, at: moment)
    }
    let now = try await engine.ports.schedules.schedule(name)
    switch try await then(name, at: moment, now: now) {
    case .there(let schedule): return try await answer(schedule, now: now, at: moment)
    case .removed(let row):
      return absent(name, now, at: moment, "schedule \(name) had been removed: \(row.summary), at \(row.at)")
    case .notYet(let since):
      let words = since.map { "; it came into being at \($0)" } ?? ""
      return absent(name, now, at: moment, "schedule \(name) did not exist yet\(words)")
    case .unknown:
      guard let row = try await change(of: name.description, before: engine.ports.clock.now()) else { return nil }
      return absent(name, now, at: moment, "schedule \(name) is not there: \(row.summary), at \(row.at)")
    }
  }

  private func absent(_ name: ScheduleName, _ now: Schedule?, at moment: Timestamp, _ sentence: String) -> JSON {
    let slot = moment.wholeSecond
    return stopped(
      name, at: moment, .enabled, "NO_SUCH_SCHEDULE", sentence,
      change: now == nil
        ? "create the schedule" : "the schedule is there now; what it missed can be run by hand",
      command: now.map { _ in "bellcrank backfill \(name) --from \(slot) --to \(slot + .minutes(1))" })
  }

  private func answer(_ then: Schedule, now: Schedule?, at moment: Timestamp) async throws(StoreError) -> JSON {
    var json: JSON
    do throws(ZoneError) {
      json = answer(then, isThere: now != nil, try engine.ports.zones.zone(then.timezone), at: moment)
    } catch {
      json = stopped(
        then.name, at: moment, .match, "NO_ZONE", error.reason, change: "install the time zone data",
        command: "bellcrank doctor --no-sources")
    }
    for (key, value) in members(then, now: now) { json.set(key, value) }
    return json
  }

  /// The row of a slot that comes within a minute of the moment.
  private func slotRow(_ owner: String, at moment: Timestamp) async throws(StoreError) -> LedgerEntry? {
    var query = LedgerQuery()
    query.rule = owner
    query.limit = LedgerQuery.limitMax
    query.since = moment
    query.oldestFirst = true
    return try await engine.ports.ledger.entries(query).first { entry in
      entry.about.slot.map { $0 >= moment && $0 < moment + Explainer.slotWidth } ?? false
    }
  }

  private func answer(_ schedule: Schedule, isThere: Bool, _ zone: ZoneRules, at moment: Timestamp) -> JSON {
    let timetable = schedule.clock.timetable(in: zone)
    let name = schedule.name
    let before = Timestamp(milliseconds: moment.milliseconds - 1)
    let open = Timetable(
      schedule.expression, zone: zone, changes: schedule.changes, anchor: timetable.anchor,
      epoch: min(timetable.epoch, before), end: timetable.end)
    guard let slot = open.next(after: before), slot < moment + Explainer.slotWidth else {
      let previous = timetable.previous(before: moment)?.description ?? "no time"
      let next = timetable.next(after: moment)?.description ?? "no time"
      return stopped(
        name, at: moment, .match, "NO_SLOT",
        "\(moment) is no slot of \(schedule.expression.text) in \(schedule.timezone): it fires at \(previous) before and "
          + "\(next) after", change: "a schedule that has the moment", command: nil)
    }
    if slot <= timetable.epoch {
      return stopped(
        name, at: moment, .misfire, "BEFORE_EPOCH",
        "\(slot) is before \(Timestamp(milliseconds: timetable.epoch.milliseconds + 1)), from when this schedule counts",
        change: "run the slot by hand", command: "bellcrank backfill \(name) --from \(slot) --to \(slot + .minutes(1))")
    }
    let now = engine.ports.clock.now()
    guard schedule.isEnabled else {
      let why = schedule.pause.map { " \($0.words)" } ?? ""
      return stopped(
        name, at: moment, .enabled, ReasonCode.ruleDisabled.rawValue,
        "schedule \(name) \(slot > now ? "is" : "was") disabled\(why)", change: "enable the schedule",
        command: isThere ? "bellcrank schedule enable \(name)" : nil)
    }
    if slot > now {
      return stopped(
        name, at: moment, .misfire, "NOT_YET_DUE",
        "the slot of \(slot) has not come: it fires in \((slot - now).wholeSecondsUp) s", change: nil, command: nil)
    }
    let late = (now - slot).wholeSecondsUp
    let isFresh = now - slot <= Watchdog.grace
    return stopped(
      name, at: moment, .misfire, isFresh ? "BEING_DECIDED" : "SLOT_MISSED",
      isFresh
        ? "the slot of \(slot) came \(late) s ago and is under way"
        : "nothing came of the slot of \(slot) within \(late) s: it waits for its target, or the engine was down",
      change: nil, command: "bellcrank why \(Cause.slotID(rule: name.description, at: slot))")
  }

  private func stopped(
    _ name: ScheduleName, at moment: Timestamp, _ gate: Gate, _ code: String, _ sentence: String, change: String?,
    command: String?
  ) -> JSON {
    answer(
      name.description, at: moment, stoppedAt: gate, code, sentence, change: change, command: command,
      gates: [["gate": .string(gate.rawValue), "state": "stopped", "detail": .string(sentence)]])
  }
}
