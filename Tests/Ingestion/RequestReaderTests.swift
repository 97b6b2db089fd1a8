import Events
import Ingestion
import Testing

@Suite struct RequestReaderTests {
  @Test(arguments: try RequestVector.load("requests"))
  func `a request is read with every warning, or refused with every violation`(_ vector: RequestVector) throws {
    let row = vector.row
    let trigger = try #require(row["trigger"]?.string.flatMap { TriggerType(rawValue: $0) })
    switch try Sample.read(try #require(row["body"]), trigger: trigger) {
    case .success(let read):
      #expect(read.request.json.canonicalText == row["expect"]?.canonicalText)
      let expected = row["warnings"]?.elements?.compactMap(\.string) ?? []
      #expect(read.warnings.count == expected.count, "\(read.warnings)")
      for (warning, text) in zip(read.warnings, expected) {
        #expect(warning.hasSuffix(text))
      }
    case .failure(let refusal):
      let found = refusal.violations.map { violation -> JSON in
        [.string(violation.code.rawValue), violation.field.map { .string($0) } ?? .null]
      }
      #expect(JSON.array(found) == row["violations"])
      #expect(refusal.statusCode == row["status"]?.int)
    }
  }

  @Test func `a field that even the defaults lack is a structure error, named before wrong values`() throws {
    let bare = IngestionDefaults(
      environment: "dev", dataSource: "", dataType: "prices", domain: "market", tableName: "", symbols: [],
      period: "1mo", interval: "1d", fileFormat: "json")
    guard case .failure(let refusal) = try Sample.read(["symbols": 1], defaults: bare) else {
      Issue.record("the request was accepted")
      return
    }
    #expect(refusal.code == .malformedEvent)
    #expect(refusal.violations.map(\.field) == ["data_source", "table_name", "symbols"])
  }

  @Test func `the defaults are the body of §1 without its trigger fields`() {
    let text = """
      {"data_source":"yahoo_finance","data_type":"prices","domain":"market","table_name":"prices",\
      "symbols":["AAPL","MSFT","GOOGL"],"period":"1mo","interval":"1d","file_format":"json"}
      """
    #expect(Sample.defaults.json.text == text)
    let none = IngestionDefaults(
      environment: "prod", dataSource: "a", dataType: "b", domain: "c", tableName: "d", symbols: [], period: "1mo",
      interval: "1d", fileFormat: "json")
    #expect(none.json["symbols"] == nil)
  }

  @Test(arguments: try RequestVector.load("requests"))
  func `a stored request is read back as it was`(_ vector: RequestVector) throws {
    let trigger = try #require(vector.row["trigger"]?.string.flatMap { TriggerType(rawValue: $0) })
    guard case .success(let read) = try Sample.read(try #require(vector.row["body"]), trigger: trigger) else { return }
    #expect(IngestionRequest(read.request.json) == read.request)
    #expect(IngestionRequest(try JSON(parsing: read.request.json.text)) == read.request)
  }

  @Test func `what was stored with a member missing or of another type is not read`() throws {
    let stored = try Sample.request().json
    for name in stored.members?.map(\.key) ?? [] {
      var without = stored
      without.remove(name)
      #expect(IngestionRequest(without) == nil, "read without \(name)")
      var other = stored
      other.set(name, ["no": "value"])
      #expect(IngestionRequest(other) == nil, "read with a wrong \(name)")
    }
    var symbols = stored
    symbols.set("symbols", ["AAPL", 1])
    #expect(IngestionRequest(symbols) == nil)
  }

  @Test func `the idempotency key is the one of §5`() throws {
    let request = try Sample.request(["correlation_id": "manual-001", "ds": "2025-09-01"])
    #expect(request.idempotencyKey == "market:prices:2025-09-01:manual-001")
  }

  @Test func `the payload is what was asked, whoever asks and whenever`() throws {
    let first = try Sample.request(["symbols": ["AAPL"], "correlation_id": "a"])
    let again = try Sample.request(
      [
        "trigger_time": "2025-09-10T00:00:00Z", "symbols": ["aapl", "AAPL"], "dry_run": true, "correlation_id": "b",
        "causation_id": "c", "hops": 1, "period": "1mo",
      ], trigger: .event)
    #expect(first.payloadText == again.payloadText)
    let others: [JSON] = [
      ["symbols": ["AAPL", "MSFT"]], [:], ["symbols": ["AAPL"], "period": "1d"],
      ["symbols": ["AAPL"], "force_symbols": true], ["symbols": ["AAPL"], "override_config": ["chunk_size": 1]],
      ["symbols": ["AAPL"], "reason": "other"],
    ]
    for other in others {
      #expect(try Sample.request(other).payloadText != first.payloadText)
    }
  }
}

@Suite struct RefusalTests {
  @Test func `every code answers, dead-letters and logs as D15's table says`() {
    let table: [(RefusalCode, Int, Bool, RefusalCode.LogLevel, String)] = [
      (.malformedEvent, 400, false, .error, "invalid"), (.invalidDataSource, 400, false, .warn, "invalid"),
      (.invalidDomain, 400, false, .warn, "invalid"), (.invalidTableName, 400, false, .warn, "invalid"),
      (.invalidSymbols, 400, false, .warn, "invalid"), (.unknownDataSource, 422, true, .error, "rejected"),
      (.unknownTable, 422, true, .error, "rejected"), (.noSymbols, 422, true, .error, "rejected"),
      (.loopStopped, 422, true, .error, "loop_stopped"), (.rateLimited, 429, false, .warn, "rate_limited"),
      (.idempotencyConflict, 409, false, .warn, "conflict"), (.breakerOpen, 503, false, .warn, "breaker_open"),
    ]
    #expect(Set(table.map(\.0)) == Set(RefusalCode.allCases))
    for (code, status, deadLetter, level, decision) in table {
      #expect(code.statusCode == status)
      #expect(code.goesToDeadLetter == deadLetter)
      #expect(code.logLevel == level)
      #expect(code.decision == decision)
    }
  }
}
