import Events
import Ingestion
import Patterns
import Rules
import Schedules
import Telemetry

extension Explainer {
  /// How far on both sides of a moment events are looked for.
  public static let lookAround = Span.minutes(15)
  /// Events of that time that are compared with the pattern.
  public static let eventsMax = 2_000
  /// A moment means the slot that begins within this.
  static let slotWidth = Span.minutes(1)

  /// Why a rule started nothing at a moment, also where nothing happened at all: the gates in order, the first that
  /// stopped it, the smallest change that lets it through, and the command for it. nil if there never was such a rule.
  ///
  /// Rule, settings and gates are those of then.
  public func whyNot(_ name: String, at moment: Timestamp) async throws(StoreError) -> JSON? {
    let versions = try await engine.ports.history.versions(of: name)
    guard !versions.isEmpty else { return nil }
    let then = versions.last { $0.at <= moment }
    guard let rule = then?.rule else { return try await absent(name, at: moment, then, versions) }
    if rule.schedule != nil, let answer = try await slotAnswer(rule, at: moment) { return answer }
    if let pattern = rule.pattern {
      return try await eventAnswer(rule, pattern.text, at: moment)
    }
    return try await noSlot(rule, at: moment)
  }

  // MARK: The rule was not there

  private func absent(
    _ name: String, at moment: Timestamp, _ then: RuleVersion?, _ versions: [RuleVersion]
  ) async throws(StoreError) -> JSON {
    let row = then == nil ? nil : try await removal(of: name, before: moment)
    let later = versions.first { $0.at > moment && $0.rule != nil }
    var sentence = then == nil ? "rule \(name) did not exist yet" : "rule \(name) had been removed"
    if let row { sentence += ": \(row.summary)" }
    if let later { sentence += "; it came into being at \(later.at)" }
    let isThere = engine.book.bus.rule(name) != nil
    return answer(
      name, at: moment, stoppedAt: .enabled, "NO_SUCH_RULE", sentence,
      change: isThere ? "the rule is there now; what it missed can be run by hand" : "create the rule",
      command: isThere
        ? "bellcrank rules show \(name)" : "aws events put-rule --name \(name) --schedule-expression 'cron(…)'",
      gates: [["gate": .string(Gate.enabled.rawValue), "state": "stopped", "detail": .string(sentence)]])
  }

  private func removal(of name: String, before moment: Timestamp) async throws(StoreError) -> LedgerEntry? {
    var query = LedgerQuery()
    query.rule = name
    query.decision = .changed
    query.until = Timestamp(milliseconds: moment.milliseconds + 1)
    query.limit = 1
    return try await engine.ports.ledger.entries(query).first
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
    if let entry = try await engine.ports.ledger.entry(of: id) { return try await decided(rule, entry, at: moment) }
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
        rule, at: moment, .enabled, "RULE_DISABLED", sentence, "aws events enable-rule --name \(rule.name)")
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
    let civil = CivilTime(moment)
    let wanted = "cron(\(civil.minute) \(civil.hour) * * ? *)"
    let now = engine.book.bus.rule(rule.name)
    if let now, now.schedule != rule.schedule, let text = now.schedule?.text {
      sentence += "; since \(now.anchor) the schedule is \(text)"
    }
    var json = try await unfinished(
      rule, at: moment, .match, "NO_SLOT", sentence, "bellcrank schedule change \(rule.name) '\(wanted)'")
    json.set(
      "would_let_it_through",
      .string("a schedule of \(wanted) fires then; to run now: bellcrank schedule run \(rule.name)"))
    if let before {
      json.set("nearest_before", .string(Cause.slotID(rule: rule.name, at: before)))
    }
    return json
  }

  // MARK: Patterns

  private func eventAnswer(_ rule: Rule, _ pattern: String, at moment: Timestamp) async throws(StoreError) -> JSON {
    var query = LedgerQuery()
    query.rule = rule.name
    query.since = moment - Explainer.lookAround
    query.until = moment + Explainer.lookAround
    query.limit = LedgerQuery.limitMax
    let rows = try await engine.ports.ledger.entries(query).filter { $0.decision != .changed }
    let nearest = rows.min { abs(($0.at - moment).milliseconds) < abs(($1.at - moment).milliseconds) }
    if let nearest { return try await decided(rule, nearest, at: moment) }
    let candidates = try await candidates(rule, at: moment)
    guard let (event, miss) = candidates.first else { return try await silence(rule, at: moment) }
    let leaves = miss.failures.map(\.sentence).joined(separator: "; ")
    let sentence =
      "no event of \(Explainer.lookAround.wholeSecondsUp / 60) min around matched; the closest was \(event.event.id) "
      + "of \(event.event.source) at \(event.receivedAt), missed by \(leaves)"
    var json = try await unfinished(
      rule, at: moment, .match, ReasonCode.noRuleMatched.rawValue, sentence, "bellcrank why \(event.event.id)")
    if let leaf = miss.failures.first {
      json.set(
        "would_let_it_through",
        .string("\(leaf.path) within \(leaf.wanted), or a pattern that takes \(leaf.had ?? "its absence")"))
    }
    json.set("closest", miss.json)
    json.set("event", event.event.json)
    return json
  }

  /// Events of that time that missed the rule, the closest first: by the leaves that failed, then by time.
  private func candidates(
    _ rule: Rule, at moment: Timestamp
  ) async throws(StoreError) -> [(event: RecordedEvent, miss: EventBus.NearMiss)] {
    var query = EventQuery()
    query.since = moment - Explainer.lookAround
    query.until = moment + Explainer.lookAround
    query.limit = Explainer.eventsMax
    let bus = EventBus(rules: [rule])
    let events = try await engine.ports.events.events(query).map(\.recorded)
    let misses = events.compactMap { event in bus.misses(event.event.json).first.map { (event: event, miss: $0) } }
    return misses.sorted { left, right in
      if left.miss.failures.count != right.miss.failures.count {
        return left.miss.failures.count < right.miss.failures.count
      }
      return abs((left.event.receivedAt - moment).milliseconds) < abs((right.event.receivedAt - moment).milliseconds)
    }
  }

  private func silence(_ rule: Rule, at moment: Timestamp) async throws(StoreError) -> JSON {
    var query = EventQuery()
    query.until = moment
    query.limit = 1
    let last = try await engine.ports.events.events(query).first?.recorded
    if let down = try await downtime(around: moment) {
      let sentence = "\(down); whoever sent an event then had an error, and may send it again"
      return try await unfinished(rule, at: moment, .match, "ENGINE_DOWN", sentence, "bellcrank doctor --no-sources")
    }
    let sentence =
      "no event came within \(Explainer.lookAround.wholeSecondsUp / 60) min of \(moment)"
      + (last.map { "; the last one before was \($0.event.id) of \($0.event.source) at \($0.receivedAt)" } ?? "")
    return try await unfinished(
      rule, at: moment, .match, "NO_EVENT", sentence,
      "bellcrank event put --source SOURCE --detail-type TYPE --detail '{}'")
  }

  // MARK: Answers

  /// There is a row: what `why` says of it.
  private func decided(_ rule: Rule, _ entry: LedgerEntry, at moment: Timestamp) async throws(StoreError) -> JSON {
    let explained = try await explain(entry)
    var json = answer(
      rule.name, at: moment, stoppedAt: entry.decision == .dispatched ? nil : entry.gate, entry.code.rawValue,
      Explainer.headline(entry), change: explained["would_let_it_through"]?.string, command: Explainer.command(entry),
      gates: explained["gates"]?.elements ?? [])
    let down = explained["engine_was_down"]?.string.map { "; \($0)" } ?? ""
    json.set("headline", .string(Explainer.headline(entry) + down))
    json.set("ran", .bool(entry.decision == .dispatched))
    json.set("causes", [explained])
    return json
  }

  /// There is no row: the gates up to the one that stopped it, and behind it what the others stood on then.
  private func unfinished(
    _ rule: Rule, at moment: Timestamp, _ gate: Gate, _ code: String, _ sentence: String, _ command: String
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
      let off = try await removal(of: rule.name, before: moment)
      let why = "rule \(rule.name) was disabled" + (off.map { ": \($0.summary), at \($0.at)" } ?? "")
      return answer(
        rule.name, at: moment, stoppedAt: .enabled, ReasonCode.ruleDisabled.rawValue, why, change: "enable the rule",
        command: "aws events enable-rule --name \(rule.name)", gates: gates, then: then.json)
    }
    return answer(
      rule.name, at: moment, stoppedAt: gate, code, sentence, change: nil, command: command, gates: gates,
      then: then.json)
  }

  private func answer(
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
