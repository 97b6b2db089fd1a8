import Events
import Ingestion
import Patterns
import Rules
import Schedules
import Telemetry

/// What was in force when a cause was decided: the rule in its version, the settings, and what each gate stood on.
struct StateOfThen: Sendable {
  /// Rows that are counted for a rate of then.
  private static let countMax = LedgerQuery.limitMax

  private let engine: Runtime
  private let at: Timestamp
  private let trigger: TriggerType?
  private let table: String?
  /// The rule as it was; nil if the cause has none, or its version is beyond retention.
  let rule: Rule?
  private let ruleNow: Rule?
  private let settings: JSON?
  private let hops: Int

  init(_ engine: Runtime, _ entry: LedgerEntry) async throws(StoreError) {
    let about = entry.about
    var rule: Rule?
    if let name = about.rule, let version = about.ruleVersion {
      rule = try await engine.ports.rules.rule(name, version: version)
    }
    try await self.init(
      engine, at: entry.at, rule: rule, trigger: TriggerType(rawValue: about.triggerType),
      domain: about.domain, table: about.tableName, hops: about.hops)
  }

  init(
    _ engine: Runtime, at moment: Timestamp, rule: Rule?, trigger: TriggerType?, domain: String?, table: String?,
    hops: Int = 0
  ) async throws(StoreError) {
    self.engine = engine
    at = moment
    self.rule = rule
    self.trigger = trigger
    self.hops = hops
    let defaults = engine.settings.defaults
    self.table = "\(domain ?? defaults.domain).\(table ?? defaults.tableName)"
    ruleNow = rule.flatMap { engine.book.bus.rule($0.name) }
    settings = try await engine.ports.history.state(.configuration, engine.settings.environment, at: moment)?.json
  }

  /// Members for the explained row: the rule of then, what of it and of the settings has changed since.
  var json: [(String, JSON)] {
    var members: [(String, JSON)] = []
    if let rule {
      var then: JSON = ["version": JSON(rule.version), "state": .string(rule.state.rawValue)]
      if let schedule = rule.schedule { then.set("schedule", .string(schedule.text)) }
      if let pattern = rule.pattern { then.set("pattern", .string(pattern.text)) }
      members.append(("rule_then", then))
      let since = RuleChange.differences(rule, ruleNow)
      if !since.isEmpty { members.append(("rule_changed_since", JSON(since))) }
    }
    let changes = settingsChanges
    if !changes.isEmpty { members.append(("settings_changed_since", JSON(changes))) }
    return members
  }

  /// `limits.manual_per_hour 10 → 20` for each setting that is another one now.
  private var settingsChanges: [String] {
    guard let settings else { return [] }
    return (engine.settings.json.members ?? []).compactMap { member in
      let before = settings[member.key]
      return before == member.value ? nil : "\(member.key) \(before?.text ?? "none") → \(member.value.text)"
    }
  }

  private func setting(_ name: String) -> String { (settings ?? engine.settings.json)[name]?.text ?? "unknown" }

  /// What the gate stood on then, in words; nil where there is nothing to say of it.
  func detail(of gate: Gate) async throws(StoreError) -> String? {
    switch gate {
    case .enabled: return rule.map { "version \($0.version) was \($0.state.rawValue)" }
    case .match: return rule?.pattern.map { "the pattern was \($0.text)" }
    case .misfire:
      return rule.map {
        "the misfire policy was \($0.misfire.kind.rawValue) within \($0.misfire.window.wholeSecondsUp) s"
      }
    case .delivery: return try await permission()
    case .causation: return "\(hops) of \(setting("limits.hops")) causes above it"
    case .breaker: return try await breaker().map { "the breaker of \(table ?? "") was \($0.state)\($0.since)" }
    case .rate: return try await rate()
    case .lease: return try await lease()
    case .operator, .shape, .structure, .values, .symbols, .plan, .duplicate, .claim, .dispatch: return nil
    }
  }

  private func permission() async throws(StoreError) -> String? {
    guard let target = rule?.targets.first?.arn else { return nil }
    let policy = try await engine.ports.history.state(.policy, target.description, at: at)
    guard let policy else { return "its target was \(target.name)" }
    return policy.json["policy"] == nil
      ? "\(target.name) had no policy" : "\(target.name) had a policy since \(policy.at)"
  }

  /// The breaker's state of then; closed where no other was ever written.
  func breaker() async throws(StoreError) -> (state: String, since: String)? {
    guard let table else { return nil }
    let record = try await engine.ports.history.state(.breaker, table, at: at)
    return (record?.json["state"]?.string ?? "closed", record.map { " since \($0.at)" } ?? "")
  }

  /// Who held the table; nil if nobody did.
  func holder() async throws(StoreError) -> (owner: String, until: String)? {
    guard let table, let record = try await engine.ports.history.state(.lease, table, at: at),
      let owner = record.json["owner"]?.string, let until = record.json["until"]?.string,
      Timestamp(until).map({ $0 > at }) ?? false
    else { return nil }
    return (owner, until)
  }

  private func lease() async throws(StoreError) -> String {
    let holder = try await holder()
    return holder.map { "\($0.owner) held \(table ?? "") until \($0.until)" } ?? "nobody held \(table ?? "")"
  }

  /// How much of the rolling limit was used, counted in the ledger.
  private func rate() async throws(StoreError) -> String? {
    guard let trigger, let rate = engine.settings.limits.rate(of: trigger) else { return "no limit for this trigger" }
    var query = LedgerQuery()
    query.decision = .dispatched
    query.since = at - rate.window
    query.until = at
    query.limit = StateOfThen.countMax
    let used = try await engine.ports.ledger.entries(query).filter { $0.about.triggerType == trigger.rawValue }.count
    let key = trigger == .manual ? "limits.manual_per_hour" : "limits.events_per_minute"
    return "\(used) of \(setting(key)) \(trigger.rawValue) runs were used"
  }
}
