import Console
import Engine
import Events
import Extraction
import Ingestion
import Rules
import Schedules
import Telemetry

/// What the engine would show, made of its own types wherever those can be made without a store.
enum Samples {
  struct Unreadable: Error {}

  static let now = "2025-09-09T14:45:30.000Z"

  /// A busy afternoon: a run at work, one that failed in part, and decisions of most kinds.
  static func status() throws -> JSON {
    let rules = try [
      scheduleRule("dev-customer-ingestion-schedule", "cron(0 22 * * ? *)"),
      scheduleRule("dev-closing-prices", "cron(30 15 ? * MON-FRI *)"),
      ["name": "dev-customer-ingestion-ops-manual", "state": "ENABLED", "event_pattern": "{}"],
      ["name": "dev-customer-ingestion-market-events", "state": "DISABLED", "event_pattern": "{}"],
    ]
    return [
      "environment": "dev", "now": .string(now), "account": "123456789012", "region": "us-east-1",
      "rules": .array(rules),
      "queues": [
        queue("dev-customer-ingestion-queue", visible: 12, inFlight: 2, delayed: 8),
        queue("dev-customer-ingestion-dlq", visible: 1), queue("dev-customer-ingestion-trigger-dlq"),
        queue("dev-customer-transform-queue", visible: 3),
      ],
      "decisions": .array(try entries().map(\.json)), "runs": .array(try [running(), finished()].map(\.json)),
    ]
  }

  /// The same environment with nothing in it.
  static let emptyStatus: JSON = [
    "environment": "dev", "now": .string(now), "account": "123456789012", "region": "us-east-1", "rules": [],
    "queues": [], "decisions": [], "runs": [],
  ]

  /// As `Explainer.why(_:)` answers for an event: no rule wanted it, then it was replayed and made a run.
  static func why() throws -> JSON {
    let entries = try entries()
    guard let entry = entries.first(where: { $0.decision == .unmatched }),
      let accepted = entries.first(where: { $0.decision == .dispatched })
    else { throw Unreadable() }
    var cause = entry.json
    cause.set("meaning", .string(entry.code.meaning))
    cause.set("would_let_it_through", "detail.trigger_reingestion within [true] would have matched the rule")
    cause.set("gates", [["gate": "match", "state": "stopped"], ["gate": "shape", "state": "not_reached"]])
    var replayed = accepted.json
    replayed.set("gates", [["gate": "match", "state": "passed"], ["gate": "dispatch", "state": "passed"]])
    replayed.set("run", try running().json)
    let miss: JSON = ["path": "detail.trigger_reingestion", "wanted": "[true]", "had": "false"]
    let absent: JSON = ["path": "source", "wanted": "[\"market.events\"]", "had": .null]
    return [
      "id": .string(entry.causeID), "headline": .string(Explainer.headline(entry)), "causes": [cause, replayed],
      "event": [
        "id": .string(entry.causeID), "source": "transform.pipeline", "detail": ["trigger_reingestion": false],
      ],
      "missed_rules": [
        ["rule": "dev-customer-ingestion-transform-pipeline", "failures": [miss]],
        ["rule": "dev-customer-ingestion-market-events", "failures": [miss, absent]],
      ],
    ]
  }

  /// Two chunks, the second still open; five symbols, one of them failed.
  static func run() throws -> JSON { try finished().json }

  static func entries() throws -> [LedgerEntry] {
    try [
      entry(
        "invoke-7", .rateLimited, .rate, .rateLimited, "10 of 10 manual runs are used; the next is free in 840 s", 4),
      entry(
        "9b1d/dev-customer-ingestion-ops-manual", .dispatched, .dispatch, .dispatched,
        "dispatched 5 symbols in 2 chunks", 190, run: "run-5f0c"),
      entry(
        "87654321-4321-4321-4321-210987654321", .unmatched, .match, .noRuleMatched,
        "missed dev-customer-ingestion-transform-pipeline by detail.trigger_reingestion, which wanted [true] "
          + "and had false", 2_400),
      entry(
        "4c11/dev-customer-ingestion-market-events", .deferred, .lease, .leaseHeld,
        "somebody holds market.prices; asked again in 30 s", 3_000),
      entry(
        "dev-customer-ingestion-schedule@2025-09-08T22:00:00Z", .dispatched, .dispatch, .dispatched,
        "dispatched 23 symbols in 5 chunks", 60_300, run: "run-77aa"),
      entry("2f00/dev-raw", .undeliverable, .delivery, .noTargets, "rule dev-raw has no target", 70_000),
    ]
  }

  /// One view for each page, as the server makes them.
  static func views() throws -> [(route: ConsoleRequest.Route, view: JSON)] {
    var now = try status()
    now.set(
      "checks",
      [
        [
          "check": "rules", "health": "failing", "sentence": "the rule dev-x is disabled",
          "fix": "aws events enable-rule",
        ],
        ["check": "clock", "health": "fine", "sentence": "it is now"],
      ])
    now.set(
      "alarms", [["name": "dev-a", "state": "ALARM", "severity": "P0", "since": .string(Samples.now), "reason": "r"]])
    now.set("budgets", [["source": "yahoo_finance", "left": 0, "per_minute": 100]])
    let rows = try entries().map(\.json)
    let rule = try scheduleRule("dev-customer-ingestion-schedule", "cron(0 22 * * ? *)")
    var trigger = rule
    trigger.set("gates", [["gate": "enabled", "state": "open", "detail": "ENABLED"]])
    trigger.set("decisions", .array(rows))
    trigger.set("defaults", ["symbols": "AAPL", "period": "1mo"])
    trigger.set("periods", ["1d", "1mo"])
    trigger.set("intervals", ["1d"])
    let tree: JSON = [
      "kind": "event", "id": "e-1", "label": "ops.manual", "at": .string(Samples.now),
      "children": [["kind": "run", "id": "run-77aa", "label": "market.prices", "state": "failed", "children": []]],
    ]
    var whyTree = try why()
    whyTree.set("tree", tree)
    let event: JSON = ["id": "e-1", "source": "ops.manual", "detail-type": "Adhoc Ingestion", "detail": [:]]
    return [
      (.now, now), (.triggers, ["rules": [rule]]), (.trigger(name: "x"), trigger),
      (
        .timeline,
        [
          "from": "2025-09-09T00:00:00Z", "to": "2025-09-10T00:00:00Z",
          "lanes": [["name": "dev-x", "marks": .array(rows), "next_fires": ["2025-09-09T22:00:00Z"]]],
        ]
      ),
      (
        .events,
        [
          "events": [
            [
              "event": event, "received_at": .string(Samples.now), "matched": 0, "rules": 4, "nearest": "dev-x: source",
            ]
          ], "next": "e-1",
        ]
      ),
      (.ledger, ["decisions": .array(rows), "known_decisions": ["invalid"], "next": "c-1"]),
      (.decision(id: "x"), whyTree), (.explain, ["rules": ["dev-x"], "answer": try why()]),
      (
        .lab,
        [
          "pattern": "{}",
          "verdicts": [
            [
              "id": "e-1", "received_at": .string(Samples.now), "source": "s", "detail_type": "d", "matched": false,
              "because": "source",
            ]
          ],
        ]
      ),
      (.runs, ["runs": .array(try [running(), finished()].map(\.json)), "next": "run-1"]),
      (
        .run(id: "x"),
        [
          "run": try run(), "tree": tree, "request": ["period": "1mo", "interval": "1d"], "environment": "dev",
          "log": [["timestamp": .string(Samples.now), "level": "ERROR", "message": "m"]],
        ]
      ),
      (
        .shelf,
        [
          "letters": 2,
          "groups": [
            [
              "code": "UNKNOWN_TABLE", "rule": "dev-x", "count": 2, "newest": .string(Samples.now), "example": "dead-1",
              "reason": "r", "queue": "q", "preview": ["would_pass": 1, "duplicate": 1],
            ]
          ],
          "tasks": [
            [
              "handle": "h", "queue": "q", "status": "RUNNING", "started_at": .string(Samples.now), "moved": 1,
              "kept": 0, "left": 3,
            ]
          ],
        ]
      ),
      (
        .letter(id: "x"),
        [
          "id": "dead-1", "queue": "q", "sent_at": .string(Samples.now), "outcome": "duplicate", "because": "b",
          "attributes": ["ERROR_CODE": "UNKNOWN_TABLE"], "body": event,
        ]
      ),
      (
        .alarms,
        [
          "boards": ["dev-customer-ingestion"],
          "alarms": [
            [
              "name": "dev-a", "state": "ALARM", "severity": "P0", "since": .string(Samples.now), "reason": "r",
              "description": "d",
            ]
          ], "classes": [["severity": "P0", "response_time": "15 minutes", "owner": "o", "escalation": "e"]],
        ]
      ),
      (
        .board(name: "b"),
        [
          "name": "dev-customer-ingestion", "hours": 24, "from": "2025-09-08T14:45:30Z", "to": .string(Samples.now),
          "charts": [
            [
              "title": "t", "stat": "Sum, 300 s",
              "series": [["label": "l", "points": [[1_757_400_000_000, 3], [1_757_410_000_000, 5]]]],
            ]
          ],
        ]
      ),
      (
        .system,
        [
          "checks": [["check": "disk", "health": "warning", "sentence": "s", "fix": "df -h"]],
          "edges": [["rule": "r", "target": "t", "allowed": false, "because": "b"]], "settings": ["workers": 2],
          "leases": [["domain": "market", "table": "prices", "owner": "ana", "until": "2025-09-09T22:00:00Z"]],
          "audit": .array(rows), "storage": ["rows": 3, "head": "3:ab", "retained": 0, "disk": "full"],
          "started_at": .string(Samples.now),
        ]
      ), (.unlock, [:]),
    ]
  }

  private static func entry(
    _ cause: String, _ decision: Decision, _ gate: Gate, _ code: ReasonCode, _ summary: String, _ secondsAgo: Int,
    run: String? = nil
  ) throws -> LedgerEntry {
    guard let moment = Timestamp(now) else { throw Unreadable() }
    var about = LedgerEntry.Subject(triggerType: "event")
    about.eventID = "87654321-4321-4321-4321-210987654321"
    about.rule = "dev-customer-ingestion-ops-manual"
    about.ruleVersion = 3
    about.runID = run
    about.domain = "market"
    about.tableName = "prices"
    return LedgerEntry(
      causeID: cause, decision: decision, gate: gate, code: code, summary: summary, facts: ["symbols": 5],
      at: moment - .seconds(secondsAgo), took: Span(milliseconds: 12), about: about)
  }

  private static func scheduleRule(_ name: String, _ expression: String) throws -> JSON {
    guard let moment = Timestamp(now), let arn = ResourceName("arn:aws:events:us-east-1:123456789012:rule/\(name)")
    else { throw Unreadable() }
    let schedule = try ScheduleExpression(expression, dialect: .rules)
    let rule = Rule(
      name: name, arn: arn, description: nil, state: .enabled, pattern: nil, schedule: schedule, misfire: .standard,
      targets: [], version: 1, anchor: moment)
    var json = rule.json
    json.set("plain_words", .string(schedule.plainWords))
    json.set("next_fires", JSON(Views.fires(of: rule, after: moment).map(\.description)))
    return json
  }

  private static func queue(_ name: String, visible: Int = 0, inFlight: Int = 0, delayed: Int = 0) -> JSON {
    ["queue": .string(name), "visible": JSON(visible), "in_flight": JSON(inFlight), "delayed": JSON(delayed)]
  }

  private static func running() throws -> Run {
    let chunk = RunChunk(index: 0, symbols: ["AAPL", "MSFT"], results: [], attempts: 1, finishedAt: nil)
    return try run("run-5f0c", .running, secondsAgo: 190, tookSeconds: nil, [chunk])
  }

  private static func finished() throws -> Run {
    let key = "market/prices/ds=2025-09-08/AAPL.json"
    let end = Timestamp(now)
    let stored = SymbolResult(symbol: "AAPL", outcome: .stored(key: key, bytes: 4_812, rows: 22))
    let failed = SymbolResult(symbol: "GOOGL", outcome: .failed(code: .unavailable, reason: "answered 503 three times"))
    let chunks = [
      RunChunk(index: 0, symbols: ["AAPL", "GOOGL", "MSFT"], results: [stored, failed], attempts: 3, finishedAt: end),
      RunChunk(index: 1, symbols: ["AMZN", "TSLA"], results: [], attempts: 0, finishedAt: nil),
    ]
    return try run("run-77aa", .partlyFailed, secondsAgo: 60_300, tookSeconds: 34, chunks)
  }

  private static func run(
    _ id: String, _ status: Run.Status, secondsAgo: Int, tookSeconds: Int?, _ chunks: [RunChunk]
  ) throws -> Run {
    let asked: JSON = [
      "data_source": "yahoo_finance", "data_type": "prices", "domain": "market", "table_name": "prices",
      "period": "1mo", "interval": "1d", "file_format": "json", "trigger_type": "schedule",
      "trigger_time": "2025-09-08T22:00:00Z", "correlation_id": "c-1", "ds": "2025-09-08", "dry_run": false,
      "force_symbols": false, "urgent": false, "hops": 0,
    ]
    guard let moment = Timestamp(now), let request = IngestionRequest(asked) else { throw Unreadable() }
    let start = moment - .seconds(secondsAgo)
    return Run(
      id: id, causeID: "dev-customer-ingestion-schedule@2025-09-08T22:00:00Z", request: request,
      symbols: chunks.flatMap(\.symbols), warnings: ["symbol XOM is not in the universe"], status: status,
      startedAt: start, endedAt: tookSeconds.map { start + .seconds($0) }, chunks: chunks)
  }
}
