import Events

/// What an environment ingests when a request does not say otherwise (§1, D2).
public struct IngestionDefaults: Sendable, Hashable {
  public let environment: String
  public let dataSource: String
  public let dataType: String
  public let domain: String
  public let tableName: String
  /// The universe where no parameter holds one (D7); may be empty.
  public let symbols: [String]
  public let period: String
  public let interval: String
  public let fileFormat: String

  public init(
    environment: String, dataSource: String, dataType: String, domain: String, tableName: String, symbols: [String],
    period: String, interval: String, fileFormat: String
  ) {
    self.environment = environment
    self.dataSource = dataSource
    self.dataType = dataType
    self.domain = domain
    self.tableName = tableName
    self.symbols = symbols
    self.period = period
    self.interval = interval
    self.fileFormat = fileFormat
  }

  /// The "Transform된 Ingestion Event" of §1 without its trigger fields; `symbols` is left out when there are none.
  public var json: JSON {
    JSON(present: [
      "data_source": .string(dataSource), "data_type": .string(dataType), "domain": .string(domain),
      "table_name": .string(tableName), "symbols": symbols.isEmpty ? JSON?.none : JSON(symbols),
      "period": .string(period), "interval": .string(interval), "file_format": .string(fileFormat),
    ])
  }
}
