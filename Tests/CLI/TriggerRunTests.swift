import ArgumentParser
import Events
import Testing

@testable import bellcrank

@Suite struct TriggerRunTests {
  private static let accepted: JSON = [
    "statusCode": 200, "decision": "dispatched", "run_id": "r-1", "correlation_id": "c-1",
    "idempotency_key": "market:prices:2025-09-09:c-1", "trigger_type": "manual", "domain": "market",
    "table_name": "prices", "ds": "2025-09-09", "symbols": ["AAPL", "MSFT"],
    "chunks": [["index": 0, "symbols": ["AAPL", "MSFT"], "delay_seconds": 0]], "messages": 1, "delay_seconds": 0,
    "warnings": ["period: 9z is none"], "dry_run": false,
  ]

  @Test func `the function of the server's environment is invoked with the payload`() async throws {
    let payload = try TemporaryFile(#"{"period":"1d","override_config":{"a":1}}"#)
    let scene = Scene([.json(["environment": "staging"]), .json(TriggerRunTests.accepted)])
    let status = try await scene.perform(
      "trigger", "run", "--payload", payload.path, "--set", "override_config.chunk_size=3", "--dry-run", "--urgent")
    #expect(status == .done)
    #expect(
      scene.client.requests.map(\.path) == [
        "/_bellcrank/status", "/2015-03-31/functions/staging-customer-data-orchestrator/invocations",
      ])
    #expect(
      try JSON(parsing: try #require(scene.client.requests.last?.body)) == [
        "period": "1d", "override_config": ["a": 1, "chunk_size": 3], "dry_run": true, "urgent": true,
      ])
  }

  @Test func `an accepted request shows its ids, its plan and its warnings`() async throws {
    let scene = Scene([.json(TriggerRunTests.accepted)])
    #expect(try await scene.perform("trigger", "run", "--function", "f") == .done)
    #expect(
      scene.printer.text == """
        decision     dispatched
        status       200
        run          r-1
        correlation  c-1
        key          market:prices:2025-09-09:c-1
        table        market.prices
        ds           2025-09-09
        symbols      AAPL, MSFT
        messages     1
        last start   within 0 s
        CHUNK  DELAY  SYMBOLS
            0      0  AAPL, MSFT
        warning: period: 9z is none

        """)
  }

  @Test func `a refusal is printed as it came and ends with 1`() async throws {
    let refusal: JSON = [
      "statusCode": 429, "decision": "rate_limited",
      "error": ["code": "RATE_LIMITED", "field": .null, "message": "10 of 10 this hour", "violations": []],
      "retry_after": 1_200,
    ]
    let scene = Scene([.json(refusal)])
    #expect(try await scene.perform("trigger", "run", "--function", "f", "-o", "json") == .refused)
    #expect(try JSON(parsing: scene.printer.text) == refusal)
    #expect(scene.printer.talk == ["refused (RATE_LIMITED): 10 of 10 this hour; may be tried again after 1200 s"])
  }

  @Test func `a function that fails is no refusal`() async throws {
    let answer = ServerAnswer.json(
      ["errorType": "StoreError", "errorMessage": "disk full"],
      headers: [.init(name: "x-amz-function-error", value: "Unhandled")])
    await #expect(throws: CommandFailure(.unavailable, "function f failed: StoreError: disk full")) {
      try await Scene([answer]).perform("trigger", "run", "--function", "f")
    }
  }

  @Test func `a payload that is no object is not sent`() async throws {
    for text in ["", "[]", "{"] {
      let payload = try TemporaryFile(text)
      let scene = Scene()
      let failure = await #expect(throws: CommandFailure.self) {
        try await scene.perform("trigger", "run", "--payload", payload.path)
      }
      #expect(failure?.status == .invalidInput)
      #expect(scene.client.requests.isEmpty)
    }
  }
}
