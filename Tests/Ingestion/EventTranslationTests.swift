import Events
import Ingestion
import Testing

@Suite struct EventTranslationTests {
  private func of(_ source: String, _ detailType: String, _ detail: JSON) throws -> EventTranslation {
    EventTranslation.of(try Sample.event(source, detailType, detail))
  }

  @Test(arguments: ["transform.pipeline", "extract.pipeline"])
  func `Processing Complete asks for its partition's day, from either source (D3, D5)`(_ source: String) throws {
    let detail: JSON = [
      "domain": "market", "table_name": "prices", "partition": "ds=2025-09-09", "trigger_reingestion": true,
      "symbols": ["AAPL", "TSLA"], "reason": "data_quality_issue", "causation_id": "run-1", "hops": 1,
      "correlation_id": "not carried",
    ]
    let body: JSON = [
      "domain": "market", "table_name": "prices", "symbols": ["AAPL", "TSLA"], "reason": "data_quality_issue",
      "causation_id": "run-1", "hops": 1, "ds": "2025-09-09",
    ]
    #expect(try of(source, "Processing Complete", detail) == .reingestion(body: body))
  }

  @Test func `a partition without a day is left to the reader, which warns`() throws {
    for partition: JSON in ["2025-09-09", "ds=soon", 7] {
      let translation = try of(
        "transform.pipeline", "Processing Complete", ["trigger_reingestion": true, "partition": partition])
      guard case .reingestion(let body) = translation else {
        Issue.record("no request")
        continue
      }
      let read = try Sample.read(body, trigger: .event).get()
      #expect(read.request.ds == "2025-09-09")
      #expect(read.warnings.count == (partition == "2025-09-09" ? 0 : 1))
    }
    let among = try of(
      "transform.pipeline", "Processing Complete",
      ["trigger_reingestion": true, "partition": "region=us/ds=2025-09-01/hour=3"])
    #expect(among == .reingestion(body: ["ds": "2025-09-01"]))
  }

  @Test(arguments: [["trigger_reingestion": false], [:], ["trigger_reingestion": "true"]] as [JSON])
  func `Processing Complete without trigger_reingestion asks for nothing`(_ detail: JSON) throws {
    let translation = try of("transform.pipeline", "Processing Complete", detail)
    #expect(translation == .notOurs(reason: "trigger_reingestion is not true"))
  }

  @Test func `added symbols are ingested at once, though not yet in the universe (D5, §2)`() throws {
    let event = try Sample.event(
      "symbol.universe", "Universe Updated",
      [
        "added_symbols": ["NVDA", "AMD"], "removed_symbols": ["XOM"], "effective_date": "2025-09-10",
        "immediate_ingestion": true,
      ])
    guard case .universe(let change, let then) = EventTranslation.of(event) else {
      Issue.record("no change")
      return
    }
    #expect(change.added == ["NVDA", "AMD"])
    let request = try Sample.read(try #require(then), trigger: .event).get().request
    let universe = Universe(symbols: ["AAPL"], source: .parameter)
    #expect(try SymbolResolution.resolve(request, universe: universe).get().symbols == ["NVDA", "AMD"])
  }

  @Test func `the universe is updated also when nothing is to be ingested (D4)`() throws {
    for detail: JSON in [
      ["added_symbols": ["NVDA"], "immediate_ingestion": false],
      ["removed_symbols": ["XOM"], "immediate_ingestion": true],
    ] {
      guard case .universe(_, then: nil) = try of("symbol.universe", "Universe Updated", detail) else {
        Issue.record("\(detail.text)")
        continue
      }
    }
  }

  @Test func `Market Close asks for the defaults, narrowed by its symbols`() throws {
    #expect(try of("market.events", "Market Close", ["exchange": "NYSE"]) == .request(body: [:]))
    let narrowed = try of("market.events", "Market Close", ["symbols": ["AAPL"], "hops": 2])
    #expect(narrowed == .request(body: ["symbols": ["AAPL"], "hops": 2]))
  }

  @Test func `the detail of an Adhoc Ingestion is the request`() throws {
    let detail: JSON = ["symbols": ["AAPL"], "correlation_id": "ops-7", "dry_run": true]
    #expect(try of("ops.manual", "Adhoc Ingestion", detail) == .request(body: detail))
  }

  @Test func `other events are named`() throws {
    #expect(try of("aws.events", "Scheduled Event", [:]) == .scheduled)
    let translation = try of("my.app", "Something Else", [:])
    #expect(translation == .notOurs(reason: "no ingestion is defined for Something Else from my.app"))
    #expect(try of("ops.manual", "Market Close", [:]) != .request(body: [:]))
  }
}

@Suite struct ObjectCreatedTests {
  private let key =
    "market/prices/ingestion_date=2025-09-09/data_source=yahoo_finance/symbol=AAPL/interval=1d/period=1mo/"
    + "2025-09-09T14-30-45Z.json"

  private func records(_ key: String, eventName: String = "ObjectCreated:Put") -> JSON {
    [
      "Records": [
        [
          "eventVersion": "2.1", "eventSource": "aws:s3", "eventTime": "2025-09-09T14:45:30.000Z",
          "eventName": .string(eventName),
          "s3": [
            "bucket": ["name": "data-pipeline-raw-dev-1234"],
            "object": ["key": .string(key), "size": 12345, "eTag": "e", "sequencer": "0A"],
          ],
        ]
      ]
    ]
  }

  @Test func `a raw record is read as §4 shows it`() throws {
    let object = ObjectCreated(
      bucket: "data-pipeline-raw-dev-1234", key: key, size: 12_345, etag: "e", sequencer: "0A",
      time: try Sample.time("2025-09-09T14:45:30Z"))
    #expect(try ObjectCreated.records(records(key)).get() == [object])
  }

  @Test func `a record's key is decoded once (D22)`() throws {
    let cases = [("symbol%3DAAPL", "symbol=AAPL"), ("a+b", "a b"), ("a%2Bb", "a+b"), ("a%253Db", "a%3Db")]
    for (raw, decoded) in cases {
      #expect(try ObjectCreated.records(records(raw)).get().map(\.key) == [decoded])
    }
  }

  @Test func `the key of a bus event is not encoded`() throws {
    let event = try Sample.event(
      "aws.s3", "Object Created", ["bucket": ["name": "b"], "object": ["key": "a+b%3D", "size": 1]])
    #expect(ObjectCreated(event)?.key == "a+b%3D")
    #expect(EventTranslation.of(event) == .objects([try #require(ObjectCreated(event))]))
    let reshaped = try Sample.event("aws.s3", "Object Created", ["bucket": "b", "object": ["key": "k"]])
    #expect(ObjectCreated(reshaped)?.bucket == "b")
  }

  @Test func `records of other happenings are passed over, malformed ones refused`() throws {
    #expect(try ObjectCreated.records(records("k", eventName: "ObjectRemoved:Delete")).get().isEmpty)
    for json in [records("a%zz"), ["Records": [["eventName": "ObjectCreated:Put"]]]] {
      guard case .failure(let refusal) = ObjectCreated.records(json) else {
        Issue.record("read: \(json.text)")
        continue
      }
      #expect(refusal.violations.map(\.field) == ["Records[0]"])
      #expect(refusal.code == .malformedEvent)
    }
  }
}

@Suite struct InputShapeTests {
  @Test func `inputs are told apart by their shape`() throws {
    let scheduled = try Sample.event("aws.events", "Scheduled Event", [:]).json
    let market = try Sample.event("market.events", "Market Close", [:]).json
    #expect(InputShape(scheduled) == .scheduled)
    #expect(InputShape(market) == .envelope)
    #expect(InputShape(["Records": []]) == .objectRecords)
    #expect(InputShape(["symbols": ["AAPL"], "period": "1d"]) == .request)
    #expect(InputShape([]) == .request)
    #expect(InputShape(["source": "x", "detail-type": "y"]) == .request)
  }
}
