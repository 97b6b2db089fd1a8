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

  @Test func `a change carries the expression`() async throws {
    let scene = Scene([.json(rule)])
    #expect(try await scene.perform("schedule", "change", "nightly", "cron(0 23 * * ? *)", "--who", "bo") == .done)
    let request = try #require(scene.client.requests.first)
    #expect(try JSON(parsing: request.body) == ["who": "bo", "expression": "cron(0 23 * * ? *)"])
  }
}
