import Events
import Foundation
import Ingestion
import Testing

/// One row of a table in `Tests/Vectors`.
struct RequestVector: Sendable, CustomTestStringConvertible {
  let row: JSON

  var testDescription: String { row["name"]?.string ?? row.text }

  static func load(_ name: String) throws -> [RequestVector] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appending(path: "Vectors/\(name).json")
    let rows = try #require(try JSON(parsing: Data(contentsOf: file)).elements)
    for row in rows {
      try #require(row["source"]?.string != nil, "a row without a source: \(row.text)")
    }
    return rows.map { RequestVector(row: $0) }
  }
}

/// The environment that the tables assume: §1's `dev`.
enum Sample {
  static let defaults = IngestionDefaults(
    environment: "dev", dataSource: "yahoo_finance", dataType: "prices", domain: "market", tableName: "prices",
    symbols: ["AAPL", "MSFT", "GOOGL"], period: "1mo", interval: "1d", fileFormat: "json")
  static let catalog = IngestionCatalog(
    dataSources: ["yahoo_finance": .init(chunkSizeMax: 5), "bulk_source": .init(chunkSizeMax: 50)],
    tables: [.init(domain: "market", name: "prices")])

  static func time(_ text: String = "2025-09-09T22:00:00Z") throws -> Timestamp {
    try #require(Timestamp(text))
  }

  static func read(
    _ body: JSON, trigger: TriggerType = .manual, kind: RequestReader.Kind = .request,
    defaults: IngestionDefaults = Sample.defaults
  ) throws -> Result<ReadRequest, Refusal> {
    RequestReader.read(
      body, trigger: trigger, correlationID: "derived-1", triggerTime: try time(), kind: kind,
      defaults: defaults, catalog: catalog)
  }

  static func request(_ body: JSON = [:], trigger: TriggerType = .manual) throws -> IngestionRequest {
    try read(body, trigger: trigger).get().request
  }

  static func event(_ source: String, _ detailType: String, _ detail: JSON) throws -> Event {
    Event(
      id: "87654321-4321-4321-4321-210987654321", source: source, detailType: detailType, account: "123456789012",
      region: "us-east-1", time: try time("2025-09-09T16:30:45Z"), resources: [], detail: detail)
  }
}
