import Events
import Extraction
import Testing

@Test(arguments: try Vectors.load("object-keys"))
func `a raw object's key is exactly that of the specification`(_ row: JSON) throws {
  func field(_ key: String) throws -> String { try #require(row[key]?.string) }
  let key = ObjectKey.raw(
    domain: try field("domain"), tableName: try field("table_name"), ds: try field("ds"),
    dataSource: try field("data_source"), symbol: try field("symbol"), interval: try field("interval"),
    period: try field("period"), runStarted: try #require(Timestamp(try field("run_started"))),
    fileFormat: try field("file_format"))
  #expect(key == row["key"]?.string)
}

@Test(arguments: try Vectors.load("chunk-messages"))
func `a message off the queue is read or refused by its first bad member`(_ row: JSON) throws {
  var json = ChunkMessage.sample().json
  for change in row["change"]?.members ?? [] { json.set(change.key, change.value) }
  let expected = row["error"]?.string
  do {
    let message = try ChunkMessage(json: json)
    #expect(expected == nil, "it was read as \(message)")
  } catch {
    #expect(error.field == expected, "\(error)")
  }
}

@Test func `a message survives the queue, to the second`() throws {
  let message = ChunkMessage.sample()
  #expect(try ChunkMessage(json: JSON(parsing: message.json.text)) == message)
  #expect(message.json["run_started"] == "2025-09-09T14:30:45Z")
}

@Test func `a message needs each of its members`() throws {
  let json = ChunkMessage.sample().json
  for key in try #require(json.members).map(\.key) {
    var without = json
    without.remove(key)
    #expect(throws: ChunkMessageError(field: key, reason: "is absent")) { try ChunkMessage(json: without) }
  }
}

@Test func `something that is no object is refused`() {
  #expect(throws: ChunkMessageError(field: "", reason: "a chunk message is an object")) {
    try ChunkMessage(json: ["AAPL"])
  }
}

@Test func `a document says where its prices come from and keeps gaps as null`() throws {
  let series = PriceSeries(
    symbol: "AAPL", currency: "USD", exchange: "NMS", granularity: "1d", exchangeOffset: .seconds(-14_400),
    points: [
      .init(time: Timestamp(seconds: 1_757_338_200), open: 239.3, high: 240.15, low: 236.34, close: 237.88, volume: 9),
      .init(time: Timestamp(seconds: 1_757_424_600), open: nil, high: nil, low: nil, close: nil, volume: nil),
    ])
  let document = PriceDocument(message: .sample(), series: series, fetchedAt: Timestamp(seconds: 1_757_428_250))
  let expected = """
    {"data_source":"yahoo_finance","data_type":"prices","domain":"market","table_name":"prices","symbol":"AAPL",\
    "period":"1mo","interval":"1d","ds":"2025-09-09","run_id":"run-1","correlation_id":"manual-001",\
    "fetched_at":"2025-09-09T14:30:50Z","currency":"USD","row_count":2,"prices":[\
    {"date":"2025-09-08","open":239.3,"high":240.15,"low":236.34,"close":237.88,"volume":9},\
    {"date":"2025-09-09","open":null,"high":null,"low":null,"close":null,"volume":null}]}
    """
  #expect(String(decoding: document.bytes, as: UTF8.self) == expected)
  #expect(document.key.hasSuffix("/symbol=AAPL/interval=1d/period=1mo/2025-09-09T14-30-45Z.json"))
}

@Test(arguments: [("1d", "2025-01-02"), ("1wk", "2025-01-02"), ("1mo", "2025-01-02"), ("1m", "2025-01-01T23:00:00Z")])
func `a day is dated at its exchange, a part of a day by its moment`(_ granularity: String, _ date: String) throws {
  let sydney = PriceSeries(
    symbol: "AAPL", currency: nil, exchange: "ASX", granularity: granularity, exchangeOffset: .hours(11),
    points: [.init(time: Timestamp(seconds: 1_735_772_400), open: 1, high: 1, low: 1, close: 1, volume: 0)])
  let document = PriceDocument(message: .sample(), series: sydney, fetchedAt: .epoch)
  #expect(document.json["prices"]?.elements?.first?["date"]?.string == date)
  #expect(document.json["currency"] == JSON.null)
}
