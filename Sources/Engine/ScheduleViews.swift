import Events
import Rules
import Schedules
import Telemetry

/// Which rules and schedules to list; absent members match everything.
public struct ScheduleListing: Sendable, Hashable {
  public static let limitMax = 1_000

  public enum Kind: Sendable, Hashable {
    case all, schedules
  }

  /// Whether rules are listed as well.
  public var kind = Kind.all
  /// Schedules of that group only; rules have none.
  public var group: String?
  public var state: Rule.State?
  /// How its name begins; a schedule's own, without its group.
  public var prefix: String?
  /// Only what stands behind that one: the next page.
  public var after: String?
  public var limit = 100
  public var language = WordsLanguage.english
  /// On whose clocks a schedule is said beside its own.
  public var zones: [ZoneRules] = []

  public init() {}
}

/// What is shown of rules with a schedule and of schedules: the rules first, then schedules by group and name.
public struct ScheduleViews: Sendable {
  /// Fires that one view shows at most.
  public static let firesMax = 1_000
  /// Clock changes of each zone that one view shows.
  public static let clockChangesShown = 2
  /// Decisions and waiting slots that one view shows.
  public static let decisionsShown = 10

  private let engine: Runtime

  public init(_ engine: Runtime) {
    self.engine = engine
  }

  /// One page; `next` is the `after` of the page behind it.
  public func list(_ listing: ScheduleListing) async throws(StoreError) -> JSON {
    let limit = min(max(1, listing.limit), ScheduleListing.limitMax)
    var owners: [SlotOwner] = []
    let after = listing.after.flatMap { ScheduleName($0) }
    if listing.kind == .all, listing.group == nil, after == nil {
      owners = engine.book.bus.scheduled.filter { rule in
        rule.name > (listing.after ?? "") && rule.name.hasPrefix(listing.prefix ?? "")
          && listing.state.map { $0 == rule.state } ?? true
      }.sorted { $0.name < $1.name }.prefix(limit).map { .rule($0) }
    }
    if owners.count < limit {
      var query = ScheduleQuery()
      query.group = listing.group
      query.namePrefix = listing.prefix
      query.state = listing.state
      query.after = after
      query.limit = limit - owners.count
      owners += try await engine.ports.schedules.schedules(query).map { .schedule($0) }
    }
    var clocks = Clocks(engine.ports.zones)
    let now = engine.ports.clock.now()
    let rows = owners.map { row(of: $0, listing.language, listing.zones, &clocks, count: 1, at: now) }
    return JSON(present: [
      "schedules": .array(rows), "next": owners.count == limit ? owners.last.map { .string($0.name) } : nil,
    ])
  }

  /// Everything of one.
  ///
  /// - Parameters:
  ///   - count: how many of its next fires.
  ///   - shown: on whose clocks it is said beside its own, with their changes.
  public func show(
    _ owner: SlotOwner, count: Int, _ language: WordsLanguage, _ shown: [ZoneRules]
  ) async throws(StoreError) -> JSON {
    var clocks = Clocks(engine.ports.zones)
    let now = engine.ports.clock.now()
    var json = row(
      of: owner, language, shown, &clocks, count: min(max(0, count), ScheduleViews.firesMax), at: now)
    if let timetable = clocks.timetable(of: owner) {
      let changes = timetable.clockChanges(after: now, count: ScheduleViews.clockChangesShown, shownIn: shown)
      json.set("clock_changes", .array(changes.map { $0.json(in: language) }))
    }
    for member in owner.json.members ?? [] where json[member.key] == nil { json.set(member.key, member.value) }
    json.set("overlap", .string(owner.overlap.rawValue))
    switch owner {
    case .rule: break
    case .schedule(let schedule):
      json.set("gap", .string(schedule.changes.gap.rawValue))
      json.set("fold", .string(schedule.changes.fold.rawValue))
    }
    var query = LedgerQuery()
    query.rule = owner.name
    query.limit = ScheduleViews.decisionsShown
    json.set("decisions", .array(try await engine.ports.ledger.entries(query).map(\.json)))
    let standing = try await engine.ports.schedules.overlap(of: owner.name)
    json.set("waiting_count", JSON(standing.waiting))
    let waiting = try await engine.ports.schedules.waitingSlots(of: owner.name, limit: ScheduleViews.decisionsShown)
    json.set("waiting", JSON(waiting.map(\.description)))
    if let blocker = standing.blocker { json.set("under_way", .string(blocker.words)) }
    return json
  }

  /// What is shown after a change of it.
  public func brief(_ owner: SlotOwner) -> JSON {
    var clocks = Clocks(engine.ports.zones)
    var json = owner.json
    let row = row(of: owner, .english, [], &clocks, count: Views.firesShown, at: engine.ports.clock.now())
    for member in row.members ?? [] { json.set(member.key, member.value) }
    return json
  }

  private func row(
    of owner: SlotOwner, _ language: WordsLanguage, _ shown: [ZoneRules], _ clocks: inout Clocks, count: Int,
    at now: Timestamp
  ) -> JSON {
    var json = JSON(present: [
      "name": .string(owner.name), "state": .string(owner.isEnabled ? "ENABLED" : "DISABLED"),
      "pause": owner.pause?.json, "schedule_expression": owner.expression.map { .string($0.text) },
      "timezone": .string(owner.timezone),
      "plain_words": owner.expression.map { .string($0.plainWords(in: language)) },
      "overlap": .string(owner.overlap.rawValue),
    ])
    switch owner {
    case .rule: json.set("kind", "rule")
    case .schedule: json.set("kind", "schedule")
    }
    guard let timetable = clocks.timetable(of: owner) else {
      json.set("zone_unknown", true)
      return json
    }
    json.set("plain_words", .string(timetable.plainWords(in: language, zones: shown, after: now)))
    let fires = owner.isEnabled ? timetable.instants(after: now, count: count) : []
    json.set("next_fires", JSON(fires.map(\.description)))
    return json
  }

  /// Zones are read once a view, however many schedules hang in them.
  private struct Clocks {
    private let zones: any Zones
    private var known: [String: ZoneRules?] = ["UTC": .utc]

    init(_ zones: any Zones) {
      self.zones = zones
    }

    /// nil if the machine does not know its zone.
    mutating func timetable(of owner: SlotOwner) -> Timetable? {
      switch owner {
      case .rule(let rule): return rule.timetable
      case .schedule(let schedule): return zone(schedule.timezone).map { schedule.clock.timetable(in: $0) }
      }
    }

    private mutating func zone(_ name: String) -> ZoneRules? {
      if let known = known[name] { return known }
      var rules: ZoneRules?
      do throws(ZoneError) {
        rules = try zones.zone(name)
      } catch {
        rules = nil
      }
      known[name] = rules
      return rules
    }
  }
}
