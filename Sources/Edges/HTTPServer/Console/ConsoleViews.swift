import Console
import Engine
import Events
import Ingestion
import Operations
import Patterns
import Policies
import Rules
import Schedules
import Telemetry

/// What each page of the console is rendered from.
struct ConsoleViews: Sendable {
  /// Rows of one page of a list.
  static let pageMax = 50
  /// Marks that a timeline draws.
  static let marksMax = 500
  /// Fires to come that a lane draws, and that a trigger's page lists.
  static let firesMax = 50
  /// The longest window of a timeline, in seconds.
  static let spanMax = 31 * 86_400
  /// Recorded events that the lab compares.
  static let labMax = 100

  let room: ControlRoom
  let days: BoardDays

  var runtime: Runtime { room.runtime }
  var now: Timestamp { runtime.ports.clock.now() }

  /// nil if there is no such thing.
  func view(of route: ConsoleRequest.Route, _ query: [String: String]) async throws -> JSON? {
    switch route {
    case .now: return try await overview()
    case .timeline: return try await timeline(query)
    case .triggers: return try await triggers()
    case .trigger(let name): return try await trigger(name)
    case .events: return try await events(query)
    case .ledger: return try await ledger(query)
    case .decision(let id): return try await why(id)
    case .explain: return try await explain(query)
    case .lab: return try await lab(query)
    case .runs: return try await runs(query)
    case .run(let id): return try await run(id)
    case .shelf: return try await ShelfService(room).list(nil, previews: true)
    case .letter(let id):
      guard try await room.shelf.letter(id) != nil else { return nil }
      return try await ShelfService(room).show(id)
    case .alarms: return try await alarms()
    case .board(let name): return try await ConsoleBoards(room: room, days: days).view(name, query)
    case .system: return try await system()
    case .unlock: return [:]
    case .style, .script, .live, .missing: return nil
    }
  }

  // MARK: Now and then

  private func overview() async throws -> JSON {
    var view = try await Views(runtime).status()
    view.set("checks", .array(try await Doctor(room).examine(asksSources: false).map(\.json)))
    view.set("deferred", JSON(try await room.view.deferredCount()))
    view.set("waiting_deliveries", JSON(try await room.view.waitingDeliveries()))
    let ringing = try await AlarmAdmin(room).list()["alarms"]?.elements ?? []
    view.set("alarms", .array(ringing.filter { $0["state"]?.string == "ALARM" }))
    view.set(
      "budgets",
      .array(
        try await room.view.budgets(at: now).map {
          ["source": .string($0.source), "left": JSON($0.left), "per_minute": JSON($0.perMinute)]
        }))
    return view
  }

  private func timeline(_ query: [String: String]) async throws -> JSON {
    let span = min(Self.spanMax, max(60, query["span"].flatMap { Int($0) } ?? 86_400))
    // What is to come is shown as well: a tenth of the window.
    let end = query["to"].flatMap { Timestamp($0) } ?? now + .seconds(span / 10)
    let from = end - .seconds(span)
    var ask = LedgerQuery()
    ask.since = from
    ask.until = end
    ask.limit = Self.marksMax
    let rows = try await runtime.ports.ledger.entries(ask)
    var lanes: [String: [JSON]] = [:]
    for row in rows { lanes[ConsoleViews.lane(of: row), default: []].append(row.json) }
    let rules = runtime.book.bus.rules
    var drawn = rules.map { rule -> JSON in
      let fires = Views.fires(of: rule, after: now, count: Self.firesMax)
      return [
        "name": .string(rule.name), "marks": .array(lanes.removeValue(forKey: rule.name) ?? []),
        "next_fires": JSON(fires.map(\.description)),
      ]
    }
    for (name, marks) in lanes.sorted(by: { $0.key < $1.key }) {
      drawn.append(["name": .string(name), "marks": .array(marks), "next_fires": []])
    }
    return JSON(present: [
      "problem": ConsoleViews.problem(query).map { .string($0) },
      "from": .string(from.description), "to": .string(end.description), "lanes": .array(drawn),
      "is_cut": .bool(rows.count >= Self.marksMax),
    ])
  }

  private static func lane(of row: LedgerEntry) -> String {
    row.about.rule ?? (row.decision == .unmatched ? "no rule" : "by hand")
  }

  private func ledger(_ query: [String: String]) async throws -> JSON {
    var ask = LedgerQuery()
    ask.decision = query["decision"].flatMap { Decision(rawValue: $0) }
    ask.rule = ConsoleViews.filled(query["rule"])
    ask.domain = ConsoleViews.filled(query["domain"])
    ask.id = ConsoleViews.filled(query["id"])
    ask.after = ConsoleViews.filled(query["after"])
    ask.since = query["since"].flatMap { Timestamp($0) }
    ask.until = query["until"].flatMap { Timestamp($0) }
    ask.limit = Self.pageMax
    let rows = try await runtime.ports.ledger.entries(ask)
    return JSON(present: [
      "problem": ConsoleViews.problem(query).map { .string($0) },
      "decisions": .array(rows.map(\.json)), "known_decisions": JSON(Decision.allCases.map(\.rawValue)),
      "next": rows.count == Self.pageMax ? rows.last.map { .string($0.causeID) } : nil,
    ])
  }

  /// What of a filter cannot be read; nothing is left out in silence.
  private static func problem(_ query: [String: String]) -> String? {
    for name in ["since", "until", "to"] {
      if let text = filled(query[name]), Timestamp(text) == nil {
        return "That is no instant; write it like 2025-09-09T22:00:00Z."
      }
    }
    if let word = filled(query["decision"]), Decision(rawValue: word) == nil { return "There is no such decision." }
    return nil
  }

  static func filled(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }

  // MARK: Triggers

  private func trigger(_ name: String) async throws -> JSON? {
    guard let rule = runtime.book.bus.rule(name) else { return nil }
    let defaults = runtime.settings.defaults
    var view = rule.json
    if let schedule = rule.schedule { view.set("plain_words", .string(schedule.plainWords)) }
    view.set("next_fires", JSON(Views.fires(of: rule, after: now, count: 10).map(\.description)))
    if rule.schedule != nil {
      view.set("misfire_words", .string("\(rule.misfire.kind.rawValue), \(rule.misfire.window.wholeSecondsUp) s"))
    }
    var ask = LedgerQuery()
    ask.rule = name
    ask.limit = 20
    view.set("decisions", .array(try await runtime.ports.ledger.entries(ask).map(\.json)))
    view.set("gates", .array(try await gates(rule)))
    view.set(
      "defaults",
      [
        "symbols": .string(defaults.symbols.isEmpty ? "–" : defaults.symbols.joined(separator: " ")),
        "period": .string(defaults.period), "interval": .string(defaults.interval),
        "domain": .string(defaults.domain), "table_name": .string(defaults.tableName),
      ])
    view.set("periods", JSON(IngestionRequest.periods))
    view.set("intervals", JSON(IngestionRequest.intervals))
    return view
  }

  /// How the gates stand that a cause of the rule would meet now.
  private func gates(_ rule: Rule) async throws -> [JSON] {
    func gate(_ name: Gate, _ isOpen: Bool?, _ detail: String) -> JSON {
      [
        "gate": .string(name.rawValue), "state": .string(isOpen.map { $0 ? "open" : "shut" } ?? "unknown"),
        "detail": .string(detail),
      ]
    }
    let defaults = runtime.settings.defaults
    var lines = [gate(.enabled, rule.isEnabled, rule.state.rawValue)]
    if rule.schedule != nil {
      let words = "\(rule.misfire.kind.rawValue) within \(rule.misfire.window.wholeSecondsUp) s"
      lines.append(gate(.misfire, rule.misfire.kind != .skip, words))
    }
    for target in rule.targets {
      let edge = room.permissions.edge(from: rule.arn, to: target.arn)
      lines.append(gate(.delivery, edge.decision == .allowed, "\(target.arn.name): \(edge.reason)"))
    }
    if rule.targets.isEmpty { lines.append(gate(.delivery, false, "no target")) }
    let open = try await room.view.openBreakers().first {
      $0.domain == defaults.domain && $0.table == defaults.tableName
    }
    let table = "\(defaults.domain).\(defaults.tableName)"
    lines.append(gate(.breaker, open == nil, "\(table): \(open?.state ?? "closed")"))
    let lease = try await room.view.leases(at: now).first {
      $0.domain == defaults.domain && $0.table == defaults.tableName
    }
    lines.append(gate(.lease, lease == nil, lease.map { "\($0.owner) until \($0.until)" } ?? table))
    return lines
  }

  // MARK: Events and patterns

  private func events(_ query: [String: String]) async throws -> JSON {
    var ask = EventQuery()
    ask.source = ConsoleViews.filled(query["source"])
    ask.detailType = ConsoleViews.filled(query["detail_type"])
    ask.before = ConsoleViews.filled(query["before"])
    ask.limit = Self.pageMax
    let events = try await runtime.ports.events.events(ask).map(\.recorded)
    var timeline = RuleTimeline(try await runtime.ports.history.versions())
    let shown = events.map { recorded -> JSON in
      var json = recorded.json
      let bus = timeline.bus(at: recorded.receivedAt)
      let patterned = bus.rules.filter { $0.pattern != nil }.count
      let routing = bus.route(recorded.event.json)
      let matched = routing.matched.count + routing.disabled.count
      json.set("matched", JSON(matched))
      json.set("rules", JSON(patterned))
      if matched == 0, !recorded.event.isScheduled, let miss = bus.misses(recorded.event.json).first {
        json.set("nearest", .string("\(miss.rule): \(miss.failures.map(\.sentence).joined(separator: "; "))"))
      }
      return json
    }
    let next = events.count == Self.pageMax ? events.last?.event.id : nil
    return JSON(present: ["events": .array(shown), "next": next.map { .string($0) }])
  }

  private func lab(_ query: [String: String]) async throws -> JSON {
    let first = runtime.book.bus.rules.first { $0.pattern != nil }?.pattern?.text ?? #"{"source":["ops.manual"]}"#
    let text = ConsoleViews.filled(query["pattern"]) ?? first
    var ask = EventQuery()
    ask.limit = Self.labMax
    var events = try await runtime.ports.events.events(ask).map(\.recorded)
    if let id = ConsoleViews.filled(query["event"]) {
      events = [try await runtime.ports.events.event(id)].compactMap(\.self)
    }
    let pattern: EventPattern
    do {
      pattern = try EventPattern(text)
    } catch {
      return ["pattern": .string(text), "problem": .string(error.message), "verdicts": []]
    }
    let verdicts = events.map { recorded -> JSON in
      let explanation = pattern.explain(recorded.event.json)
      return [
        "id": .string(recorded.event.id), "received_at": .string(recorded.receivedAt.preciseText),
        "source": .string(recorded.event.source), "detail_type": .string(recorded.event.detailType),
        "matched": .bool(explanation.matched),
        "because": .string(explanation.failures.map(\.sentence).joined(separator: "; ")),
      ]
    }
    return ["pattern": .string(text), "verdicts": .array(verdicts)]
  }

  private func why(_ id: String) async throws -> JSON? {
    guard var why = try await Explainer(runtime).why(id).map(Secrets.masked) else { return nil }
    if let tree = try await CausalTree(runtime).tree(of: id) { why.set("tree", tree) }
    return why
  }

  private func explain(_ query: [String: String]) async throws -> JSON {
    var view: JSON = ["rules": JSON(runtime.book.bus.rules.map(\.name))]
    if let id = ConsoleViews.filled(query["id"]) {
      guard let answer = try await why(id) else {
        view.set("problem", "Nothing is known of that id.")
        return view
      }
      view.set("answer", answer)
    } else if let rule = ConsoleViews.filled(query["rule"]), let text = ConsoleViews.filled(query["at"]) {
      guard let moment = Timestamp(text) else {
        view.set("problem", "That is no instant; write it like 2025-09-09T22:00:00Z.")
        return view
      }
      guard let answer = try await Explainer(runtime).whyNot(rule, at: moment).map(Secrets.masked) else {
        view.set("problem", "There never was such a rule.")
        return view
      }
      view.set("answer", answer)
    }
    return view
  }

  // MARK: Runs

  private func runs(_ query: [String: String]) async throws -> JSON {
    var ask = RunQuery(limit: Self.pageMax)
    ask.status = query["status"].flatMap { Run.Status(rawValue: $0) }
    ask.before = ConsoleViews.filled(query["before"])
    let runs = try await runtime.ports.runs.runs(ask)
    return JSON(present: [
      "runs": .array(runs.map(\.json)), "next": runs.count == Self.pageMax ? runs.last.map { .string($0.id) } : nil,
    ])
  }

  private func run(_ id: String) async throws -> JSON? {
    guard let run = try await runtime.ports.runs.run(id) else { return nil }
    var view: JSON = [
      "run": run.json, "environment": .string(runtime.settings.environment),
      "request": Secrets.masked(run.request.json),
    ]
    if let tree = try await CausalTree(runtime).tree(of: id) { view.set("tree", tree) }
    view.set("log", .array(try await lines(of: run)))
    return view
  }

  /// The lines of the log that name the run or its correlation id.
  private func lines(of run: Run) async throws -> [JSON] {
    var found: [JSON] = []
    for group in [Recorder.engineGroup(runtime.settings.environment)] + runtime.functions.names.map(Recorder.group) {
      var ask = LogQuery(group: group)
      ask.from = run.startedAt - .seconds(5)
      ask.until = (run.endedAt ?? now) + .seconds(5)
      ask.limit = 2_000
      for stored in try await room.logs.records(ask) {
        let message = stored.record.message
        guard message.contains(run.id) || message.contains(run.request.correlationID) else { continue }
        let line: JSON
        do { line = try JSON(parsing: message) } catch { continue }
        found.append(line)
      }
    }
    return Array(found.sorted { ($0["timestamp"]?.string ?? "") < ($1["timestamp"]?.string ?? "") }.prefix(100))
  }

  // MARK: Watching

  private func alarms() async throws -> JSON {
    var view = try await AlarmAdmin(room).list()
    view.set("boards", JSON(try await room.documents.documents(.dashboard).map(\.name)))
    view.set("classes", AlarmAdmin.classes)
    return view
  }

  private func system() async throws -> JSON {
    var audit = LedgerQuery()
    audit.decision = .changed
    audit.limit = 20
    let edges = runtime.book.bus.rules.flatMap { rule in
      rule.targets.map { target -> JSON in
        let edge = room.permissions.edge(from: rule.arn, to: target.arn)
        return [
          "rule": .string(rule.name), "target": .string(target.arn.name), "allowed": .bool(edge.decision == .allowed),
          "because": .string(edge.reason),
        ]
      }
    }
    let head = try await runtime.ports.chain.head()
    let checkpoints = try await runtime.ports.chain.checkpoints()
    let gone = checkpoints.reduce(0) { $0 + $1.rows }
    let disk = room.machine.disk().map { "\($0.free / 1_048_576) MiB of \($0.total / 1_048_576) MiB are free" }
    return [
      "checks": .array(try await Doctor(room).examine(asksSources: false).map(\.json)), "edges": .array(edges),
      "settings": runtime.settings.json, "started_at": .string(runtime.startedAt.preciseText),
      "leases": .array(
        try await room.view.leases(at: now).map {
          [
            "domain": .string($0.domain), "table": .string($0.table), "owner": .string($0.owner),
            "until": .string($0.until.description),
          ]
        }),
      "audit": .array(try await runtime.ports.ledger.entries(audit).map(\.json)),
      "storage": JSON(present: [
        "rows": head.map { JSON(Int($0.sequence) - gone) }, "head": head.map { .string("\($0.sequence):\($0.hash)") },
        "retained": JSON(gone), "disk": disk.map { .string($0) },
      ]),
    ]
  }
}

/// What must not be shown of a request, whatever its sender put into it.
enum Secrets {
  private static let names = [
    "secret", "token", "password", "passwd", "credential", "api_key", "apikey", "authorization",
  ]

  /// The same value with every member masked whose name looks like a secret's.
  static func masked(_ json: JSON) -> JSON {
    switch json {
    case .object(let members):
      .object(
        members.map { member in
          let name = member.key.lowercased()
          let isSecret = names.contains { name.contains($0) }
          return .init(member.key, isSecret ? "••••••" : masked(member.value))
        })
    case .array(let elements): .array(elements.map(masked))
    case .null, .bool, .number, .string: json
    }
  }
}
