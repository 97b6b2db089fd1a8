import Events
import Ingestion
import Patterns
import Rules
import Schedules
import Telemetry

extension Explainer {
  /// How far on both sides of a moment events are looked for.
  public static let lookAround = Span.minutes(15)
  /// Events on each side of a moment that are compared with the pattern.
  public static let eventsMax = 1_000
  /// A moment means the slot that begins within this.
  static let slotWidth = Span.minutes(1)

  /// Why a rule started nothing at a moment, also where nothing happened at all: the gates in order, the first that
  /// stopped it, the smallest change that lets it through, and the command for it. nil if there never was such a rule.
  ///
  /// Rule, settings and gates are those of then.
  public func whyNot(_ name: String, at moment: Timestamp) async throws(StoreError) -> JSON? {
    if let schedule = ScheduleName(name) { return try await whyNot(schedule, at: moment) }
    let versions = try await engine.ports.history.versions(of: name)
    guard !versions.isEmpty else { return nil }
    let then = versions.last { $0.at <= moment }
    guard let rule = then?.rule else { return try await absent(name, at: moment, then, versions) }
    if rule.schedule != nil, let answer = try await slotAnswer(rule, at: moment) { return answer }
    if let answer = try await letGo(rule, at: moment) { return answer }
    return rule.pattern == nil
      ? try await noSlot(rule, at: moment) : try await eventAnswer(rule, RuleTimeline(versions), at: moment)
  }

  // MARK: The rule was not there

  private func absent(
    _ name: String, at moment: Timestamp, _ then: RuleVersion?, _ versions: [RuleVersion]
  ) async throws(StoreError) -> JSON {
    let row = then == nil ? nil : try await change(of: name, before: moment)
    let later = versions.first { $0.at > moment && $0.rule != nil }
    var sentence = then == nil ? "rule \(name) did not exist yet" : "rule \(name) had been removed"
    if let row { sentence += ": \(row.summary)" }
    if let later { sentence += "; it came into being at \(later.at)" }
    let isThere = engine.book.bus.rule(name) != nil
    return answer(
      name, at: moment, stoppedAt: .enabled, "NO_SUCH_RULE", sentence,
      change: isThere ? "the rule is there now; what it missed can be run by hand" : "create the rule",
      command: isThere ? "bellcrank rules show \(name)" : nil,
      gates: [["gate": .string(Gate.enabled.rawValue), "state": "stopped", "detail": .string(sentence)]])
  }

  /// The last change of a rule before that moment, or the last whose change ends in these words.
  func change(
    of name: String, before moment: Timestamp, saying words: String? = nil
  ) async throws(StoreError) -> LedgerEntry? {
    var query = LedgerQuery()
    query.rule = name
    query.decision = .changed
    query.until = Timestamp(milliseconds: moment.milliseconds + 1)
    query.limit = words == nil ? 1 : LedgerQuery.limitMax
    let rows = try await engine.ports.ledger.entries(query)
    guard let words else { return rows.first }
    return rows.first { ($0.facts["changes"]?.elements ?? []).contains { $0.string?.hasSuffix(words) ?? false } }
  }

  /// What happened then was let go of by retention; nil if it was not.
  private func letGo(_ rule: Rule, at moment: Timestamp) async throws(StoreError) -> JSON? {
    guard let last = try await engine.ports.chain.checkpoints().last,
      let oldest = try await engine.ports.chain.oldest(), moment < oldest
    else { return nil }
    let sentence =
      "what happened then was let go of: the ledger begins at \(oldest), and a checkpoint of \(last.at) stands in for the "
      + "rows up to \(last.last.sequence)"
    return try await unfinished(rule, at: moment, .match, "BEYOND_RETENTION", sentence, "bellcrank verify")
  }

  // MARK: Schedules

  /// nil if the moment is no slot of the rule of then, nor of the one that came right after.
  private func slotAnswer(_ rule: Rule, at moment: Timestamp) async throws(StoreError) -> JSON? {
    guard let schedule = rule.schedule else { return nil }
    let before = Timestamp(milliseconds: moment.milliseconds - 1)
    guard let slot = schedule.next(after: before, anchor: min(rule.anchor, before), zone: .utc),
      slot < moment + Explainer.slotWidth
    else { return nil }
    let id = Cause.slotID(rule: rule.name, at: slot)
    if let entry = try await engine.ports.ledger.entry(of: id) {
      return try await decided(rule.name, entry, at: moment)
    }
    let now = engine.ports.clock.now()
    if slot > now { return try await future(rule, slot, at: moment) }
    if let delivery = try await engine.ports.deliveries.deliveries(of: id).first(where: { $0.state == .waiting }) {
      let sentence =
        "the slot fired and waits for attempt \(delivery.attempts + 1) on \(delivery.target.name) at "
        + "\(delivery.dueAt)\(delivery.error.map { "; the last one said: \($0)" } ?? "")"
      return try await unfinished(rule, at: moment, .delivery, "DELIVERY_WAITING", sentence, "bellcrank why \(id)")
    }
    if slot <= rule.anchor {
      let sentence =
        "\(slot) is no later than \(rule.anchor), when this schedule was set: slots before that are never visited"
      return try await unfinished(
        rule, at: moment, .misfire, "BEFORE_EPOCH", sentence, "bellcrank schedule run \(rule.name)")
    }
    if let answer = try await letGo(rule, at: moment) { return answer }
    return try await undecided(rule, slot, at: moment)
  }

  /// A slot that came and has no row: nobody was there, or somebody still decides.
  private func undecided(_ rule: Rule, _ slot: Timestamp, at moment: Timestamp) async throws(StoreError) -> JSON {
    if let sentence = try await downtime(around: slot) {
      return try await unfinished(
        rule, at: moment, .misfire, "ENGINE_DOWN", sentence, "bellcrank schedule recover \(rule.name) \(slot)")
    }
    let late = engine.ports.clock.now() - slot
    let sentence =
      late <= Watchdog.grace
      ? "the slot of \(slot) is being decided: it came \(late.wholeSecondsUp) s ago"
      : "nothing was decided about the slot of \(slot), \(late.wholeSecondsUp) s after it came: the scheduler stands still"
    return try await unfinished(
      rule, at: moment, .misfire, late <= Watchdog.grace ? "BEING_DECIDED" : "SLOT_MISSED", sentence,
      late <= Watchdog.grace
        ? "bellcrank why \(Cause.slotID(rule: rule.name, at: slot))" : "bellcrank doctor --no-sources")
  }

  private func future(_ rule: Rule, _ slot: Timestamp, at moment: Timestamp) async throws(StoreError) -> JSON {
    guard rule.isEnabled else {
      let sentence = "the slot of \(slot) will not fire: the rule is disabled"
      return try await unfinished(
        rule, at: moment, .enabled, "RULE_DISABLED", sentence, "bellcrank rules enable \(rule.name)")
    }
    let wait = slot - engine.ports.clock.now()
    return try await unfinished(
      rule, at: moment, .misfire, "NOT_YET_DUE",
      "the slot of \(slot) has not come: it fires in \(wait.wholeSecondsUp) s",
      "bellcrank schedule run \(rule.name)")
  }

  /// The moment is no slot of a rule that has a schedule and no pattern.
  private func noSlot(_ rule: Rule, at moment: Timestamp) async throws(StoreError) -> JSON {
    guard let schedule = rule.schedule else { preconditionFailure("\(rule.name) has neither schedule nor pattern") }
    let before = schedule.previous(before: moment, anchor: rule.anchor, zone: .utc)
    let after = schedule.next(after: moment, anchor: rule.anchor, zone: .utc)
    var sentence =
      "\(moment) is no slot of \(schedule.text): it fires at \(before?.description ?? "no time") before and "
      + "\(after?.description ?? "no time") after"
    let now = engine.book.bus.rule(rule.name)
    if let now, now.schedule != rule.schedule, let text = now.schedule?.text {
      sentence += "; since \(now.anchor) the schedule is \(text)"
    }
    let civil = CivilTime(moment)
    let wanted = "cron(\(civil.minute) \(civil.hour) * * ? *)"
    var json = try await unfinished(
      rule, at: moment, .match, "NO_SLOT", sentence, "bellcrank schedule run \(rule.name)")
    json.set(
      "would_let_it_through",
      .string("a schedule that has the moment, such as \(wanted) beside the present one; or run it by hand"))
    if let before {
      json.set("nearest_before", .string(Cause.slotID(rule: rule.name, at: before)))
    }
    return json
  }

  // MARK: Answers

  /// There is a row: what `why` says of it.
  func decided(_ rule: String, _ entry: LedgerEntry, at moment: Timestamp) async throws(StoreError) -> JSON {
    let explained = try await explain(entry)
    var json = answer(
      rule, at: moment, stoppedAt: entry.decision == .dispatched ? nil : entry.gate, entry.code.rawValue,
      Explainer.headline(entry), change: explained["would_let_it_through"]?.string,
      command: explained["command"]?.string,
      gates: explained["gates"]?.elements ?? [])
    let down = explained["engine_was_down"]?.string.map { "; \($0)" } ?? ""
    json.set("headline", .string(Explainer.headline(entry) + down))
    json.set("ran", .bool(entry.decision == .dispatched))
    json.set("causes", [explained])
    return json
  }

  /// There is no row: the gates up to the one that stopped it, and behind it what the others stood on then.
  func unfinished(
    _ rule: Rule, at moment: Timestamp, _ gate: Gate, _ code: String, _ sentence: String, _ command: String?
  ) async throws(StoreError) -> JSON {
    let trigger: TriggerType = rule.pattern == nil ? .schedule : .event
    let then = try await StateOfThen(engine, at: moment, rule: rule, trigger: trigger, domain: nil, table: nil)
    var gates: [JSON] = []
    var reached = true
    for each in Gate.allCases where each != .operator && (each != .match || rule.pattern != nil || gate == .match) {
      if each == .misfire, rule.schedule == nil { continue }
      let isHere = each == gate
      // A disabled rule stops everything, whatever else would have been found behind it.
      let isDisabled = each == .enabled && !rule.isEnabled
      let state = !reached ? "not_reached" : isHere || isDisabled ? "stopped" : "passed"
      let detail = isHere ? sentence : try await then.detail(of: each)
      gates.append(
        JSON(present: [
          "gate": .string(each.rawValue), "state": .string(state), "detail": detail.map { .string($0) },
        ]))
      if isHere || isDisabled { reached = false }
    }
    guard rule.isEnabled else {
      let off = try await change(of: rule.name, before: moment, saying: "→ \(Rule.State.disabled.rawValue)")
      let why = "rule \(rule.name) was disabled" + (off.map { ": \($0.summary), at \($0.at)" } ?? "")
      return answer(
        rule.name, at: moment, stoppedAt: .enabled, ReasonCode.ruleDisabled.rawValue, why, change: "enable the rule",
        command: "bellcrank rules enable \(rule.name)", gates: gates, then: then.json)
    }
    return answer(
      rule.name, at: moment, stoppedAt: gate, code, sentence, change: nil, command: command, gates: gates,
      then: then.json)
  }

  func answer(
    _ rule: String, at moment: Timestamp, stoppedAt gate: Gate?, _ code: String, _ sentence: String, change: String?,
    command: String?, gates: [JSON], then: [(String, JSON)] = []
  ) -> JSON {
    let headline = gate.map { "stopped at gate \($0.rawValue) (\(code)): \(sentence)" } ?? sentence
    var json = JSON(present: [
      "id": .string("\(rule)@\(moment)"), "rule": .string(rule), "at": .string(moment.description),
      "headline": .string(headline), "ran": false, "stopped_at": gate.map { .string($0.rawValue) },
      "code": .string(code), "would_let_it_through": change.map { .string($0) }, "command": command.map { .string($0) },
      "gates": .array(gates),
    ])
    for (name, value) in then { json.set(name, value) }
    return json
  }
}
