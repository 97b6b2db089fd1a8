import Events
import Ingestion
import Testing

@Suite struct OrchestratorAnswerTests {
  private func acceptance(_ decision: String) throws -> OrchestratorAnswer.Acceptance {
    let request = try Sample.request(["symbols": ["AAPL", "MSFT"], "correlation_id": "manual-001"])
    return .init(
      decision: decision, runID: "run-1", request: request, symbols: ["AAPL", "MSFT"],
      chunks: ChunkPlan.make(["AAPL", "MSFT"], chunkSize: 1), messages: 2, warnings: ["w"])
  }

  @Test func `an accepted request answers exactly these members`() throws {
    let text = """
      {"statusCode":200,"decision":"dispatched","run_id":"run-1","correlation_id":"manual-001",\
      "idempotency_key":"market:prices:2025-09-09:manual-001","trigger_type":"manual","domain":"market",\
      "table_name":"prices","ds":"2025-09-09","symbols":["AAPL","MSFT"],"chunks":[{"index":0,"symbols":["AAPL"],\
      "delay_seconds":0},{"index":1,"symbols":["MSFT"],"delay_seconds":0.6}],"messages":2,"delay_seconds":0.6,\
      "warnings":["w"],"dry_run":false}
      """
    #expect(OrchestratorAnswer.accepted(try acceptance("dispatched")).json.text == text)
  }

  @Test func `a deferred request answers 202 (D13)`() throws {
    let answer = OrchestratorAnswer.accepted(try acceptance("deferred"))
    #expect(answer.statusCode == 202)
    #expect(answer.json["statusCode"] == 202)
  }

  @Test func `a refused request answers every violation`() throws {
    let refusal = try #require(
      Refusal([
        Violation(.invalidDomain, field: "domain", "bad domain"), Violation(.invalidSymbols, field: "symbols", "none"),
      ]))
    let text = """
      {"statusCode":400,"decision":"invalid","error":{"code":"INVALID_DOMAIN","field":"domain","message":"bad domain",\
      "violations":[{"code":"INVALID_DOMAIN","field":"domain","message":"bad domain"},\
      {"code":"INVALID_SYMBOLS","field":"symbols","message":"none"}]}}
      """
    #expect(OrchestratorAnswer.refused(refusal, retryAfter: nil).json.text == text)
  }

  @Test func `retry_after is whole seconds, rounded up`() {
    let refusal = Refusal(.rateLimited, "10 manual runs in the last hour")
    let json = OrchestratorAnswer.refused(refusal, retryAfter: Span(milliseconds: 1_001)).json
    #expect(json["statusCode"] == 429)
    #expect(json["retry_after"] == 2)
    #expect(json["error"]?["field"] == .null)
  }
}
