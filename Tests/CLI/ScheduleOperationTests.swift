import Events
import Testing

@testable import bellcrank

@Suite struct ScheduleOperationTests {
  private let paused: JSON = [
    "name": "reports/weekly", "kind": "schedule", "state": "DISABLED", "timezone": "America/New_York",
    "schedule_expression": "cron(0 9 ? * MON *)", "plain_words": "every Monday at 09:00", "next_fires": [],
    "pause": ["who": "ann", "why": "audit", "since": "2026-01-01T00:00:00.000Z", "until": "2026-01-05T00:00:00.000Z"],
    "overlap": "allow_all",
  ]

  @Test func `a pause carries its reason and its end, and a name with a slash is one part of the path`() async throws {
    let scene = Scene([.json(paused)], variables: ["USER": "ann"])
    let status = try await scene.perform(
      "schedule", "pause", "reports/weekly", "--reason", "audit", "--until", "2026-01-05")
    #expect(status == .done)
    let request = try #require(scene.client.requests.first)
    #expect(request.path == "/_bellcrank/schedules/reports%2Fweekly/pause")
    #expect(
      try JSON(parsing: request.body) == ["who": "ann", "why": "audit", "until": "2026-01-05T00:00:00.000Z"])
    #expect(scene.printer.text.contains("by ann since 2026-01-01T00:00:00.000Z until 2026-01-05T00:00:00.000Z: audit"))
  }

  @Test func `a span is told in seconds`() async throws {
    let scene = Scene([.json(paused)])
    _ = try await scene.perform("schedule", "pause", "nightly", "--reason", "audit", "--for", "2h")
    let request = try #require(scene.client.requests.first)
    #expect(try JSON(parsing: request.body)["seconds"] == 7_200)
  }

  @Test func `resuming shows what becomes of the slots of the rest`() async throws {
    var resumed = paused
    resumed.set("plan", ["words": "3 slots were missed", "fires": ["2026-01-02T09:00:00Z"]])
    let scene = Scene([.json(resumed)])
    _ = try await scene.perform("schedule", "resume", "reports/weekly", "--plan")
    let request = try #require(scene.client.requests.first)
    #expect(request.path == "/_bellcrank/schedules/reports%2Fweekly/resume")
    #expect(try JSON(parsing: request.body)["plan"] == true)
    #expect(scene.printer.text.contains("3 slots were missed\n  2026-01-02T09:00:00Z"))
  }

  @Test func `policies travel as they are stored`() async throws {
    let scene = Scene([.json(paused)])
    _ = try await scene.perform(
      "schedule", "set", "nightly", "--misfire", "all", "--max-age", "1d", "--max-count", "10", "--overlap",
      "buffer-one", "--gap", "shift", "--fold", "both")
    let request = try #require(scene.client.requests.first)
    #expect(
      try JSON(parsing: request.body) == [
        "misfire": "all", "max_age_seconds": 86_400, "max_count": 10, "overlap": "buffer_one", "gap": "shift",
        "fold": "both",
      ])
  }

  @Test func `a list shows the next fire in each zone, and how to go on`() async throws {
    var row = paused
    row.set("next_fires", ["2026-01-05T14:00:00Z"])
    let scene = Scene([.json(["schedules": [row], "next": "reports/weekly"])])
    _ = try await scene.perform(
      "schedule", "list", "--group", "reports", "--zone", "America/New_York", "--zone", "Asia/Seoul")
    let request = try #require(scene.client.requests.first)
    #expect(
      request.path
        == "/_bellcrank/schedules?group=reports&limit=100&language=en&zones=America%2FNew_York%2CAsia%2FSeoul")
    #expect(scene.printer.text.contains("2026-01-05 09:00:00 EST"))
    #expect(scene.printer.text.contains("2026-01-05 23:00:00 KST"))
    #expect(scene.printer.talk == ["there may be more: --after reports/weekly"])
  }

  @Test func `one schedule is shown with its fires, its decisions and what waits`() async throws {
    var row = paused
    row.set("next_fires", ["2026-01-05T14:00:00Z"])
    row.set("waiting_count", 2)
    row.set("waiting", ["2026-01-04T14:00:00Z", "2026-01-04T15:00:00Z"])
    row.set("decisions", [["at": "2026-01-01T00:00:00Z", "decision": "disabled", "summary": "it rests"]])
    row.set(
      "clock_changes",
      [
        [
          "zone": "America/New_York", "instant": "2026-03-08T07:00:00Z", "from": "2026-03-08T02:00:00 EST",
          "to": "2026-03-08T03:00:00 EDT", "effects": ["22:00 UTC moves from 17:00 EST to 18:00 EDT on the wall"],
        ]
      ])
    let scene = Scene([.json(row)])
    _ = try await scene.perform("schedule", "show", "reports/weekly", "--count", "1")
    let request = try #require(scene.client.requests.first)
    #expect(request.path == "/_bellcrank/schedules/reports%2Fweekly?count=1&language=en&zones=Asia%2FSeoul")
    for words in [
      "CLOCK CHANGE", "22:00 UTC moves", "2: 2026-01-04T14:00:00Z, 2026-01-04T15:00:00Z", "it rests",
      "2026-01-05 23:00:00 KST",
    ] {
      #expect(scene.printer.text.contains(words), "\(words)")
    }
  }

  @Test func `a backfill is asked for by its bounds, and its plan names what ran`() async throws {
    let plan: JSON = [
      "owner": "nightly", "slots_count": 31, "ran_count": 1, "starts_count": 30, "estimated_seconds": 180,
      "ran": [["slot": "2026-01-01T22:00:00Z", "cause_id": "nightly@2026-01-01T22:00:00Z"]],
    ]
    let scene = Scene([.json(plan)])
    _ = try await scene.perform(
      "backfill", "nightly", "--from", "2026-01-01", "--to", "2026-02-01", "--pace", "10/min", "--plan")
    let request = try #require(scene.client.requests.first)
    #expect(request.path == "/_bellcrank/schedules/nightly/backfill")
    #expect(
      try JSON(parsing: request.body) == [
        "from": "2026-01-01T00:00:00.000Z", "to": "2026-02-01T00:00:00.000Z", "pace": "10/min", "plan": true,
      ])
    #expect(scene.printer.text.contains("nightly@2026-01-01T22:00:00Z"))
    #expect(scene.printer.text.contains("180 s"))
  }

  @Test func `a backfill that is watched is asked about until it has ended`() async throws {
    let running: JSON = ["id": "backfill-1", "state": "running", "done": 1, "slots": 2, "fired": 1, "duplicates": 0]
    var finished = running
    finished.set("state", "finished")
    finished.set("done", 2)
    let scene = Scene([.json(running), .json(finished)])
    let status = try await scene.perform(
      "backfill", "nightly", "--from", "2026-01-01", "--to", "2026-02-01", "--watch")
    #expect(status == .done)
    #expect(scene.client.requests.map(\.path).last == "/_bellcrank/backfills/backfill-1")
    #expect(scene.printer.text.contains("2 of 2 dealt with"))
  }

  @Test func `backfills are listed, stopped and resumed`() async throws {
    let one: JSON = ["id": "backfill-1", "owner": "nightly", "state": "stopped", "done": 1, "slots": 2]
    let scene = Scene([.json(["backfills": [one]]), .json(one), .json(one)])
    _ = try await scene.perform("backfill", "list")
    _ = try await scene.perform("backfill", "stop", "backfill-1", "--reason", "slow")
    _ = try await scene.perform("backfill", "resume", "backfill-1")
    #expect(
      scene.client.requests.map(\.path) == [
        "/_bellcrank/backfills", "/_bellcrank/backfills/backfill-1/stop", "/_bellcrank/backfills/backfill-1/resume",
      ])
  }
}
