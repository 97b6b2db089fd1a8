import Events
import Testing

@testable import bellcrank

@Suite struct ScheduleActTests {
  private let rule: JSON = [
    "name": "nightly", "state": "DISABLED", "schedule_expression": "cron(0 22 * * ? *)", "next_fires": [], "version": 2,
  ]

  @Test func `an act tells the server who does it and why`() async throws {
    let scene = Scene([.json(rule)], variables: ["USER": "ana"])
    #expect(try await scene.perform("schedule", "disable", "nightly", "--reason", "maintenance") == .done)
    let request = try #require(scene.client.requests.first)
    #expect(request.path == "/_bellcrank/schedules/nightly/disable")
    #expect(try JSON(parsing: request.body) == ["who": "ana", "why": "maintenance"])
    #expect(scene.printer.text.contains("DISABLED"))
  }

  @Test func `a slot to recover travels as an instant, and a refusal is the answer no`() async throws {
    let refused: JSON = [
      "statusCode": 503, "decision": "breaker_open", "error": ["code": "BREAKER_OPEN", "message": "it is open"],
    ]
    let scene = Scene([.json(refused)])
    #expect(try await scene.perform("schedule", "recover", "nightly", "2025-09-09T22:00:00Z") == .refused)
    let request = try #require(scene.client.requests.first)
    #expect(try JSON(parsing: request.body) == ["slot": "2025-09-09T22:00:00Z"])
    #expect(scene.printer.talk == ["refused: it is open"])
  }

  @Test func `a run of a schedule whose target is no function says what was enqueued`() async throws {
    let enqueued: JSON = [
      "schedule": "reports/weekly", "enqueued": "a message to the queue jobs", "cause_id": "r-1",
      "target": "arn:aws:sqs:us-east-1:123456789012:jobs", "at": "2025-09-09T22:00:00Z",
    ]
    let scene = Scene([.json(enqueued)])
    #expect(try await scene.perform("schedule", "run", "reports/weekly") == .done)
    #expect(scene.client.requests.first?.path == "/_bellcrank/schedules/reports%2Fweekly/run")
    #expect(scene.printer.text.contains("a message to the queue jobs"))
    #expect(scene.printer.text.contains("bellcrank why r-1"))
    #expect(scene.printer.talk.isEmpty)
  }

  @Test func `a change carries the expression`() async throws {
    let scene = Scene([.json(rule)])
    #expect(try await scene.perform("schedule", "change", "nightly", "cron(0 23 * * ? *)", "--who", "bo") == .done)
    let request = try #require(scene.client.requests.first)
    #expect(try JSON(parsing: request.body) == ["who": "bo", "expression": "cron(0 23 * * ? *)"])
  }
}
