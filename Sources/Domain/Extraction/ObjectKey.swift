import Events

/// The names under which objects are stored.
///
/// Source: the specification §4, "S3 Event 형식".
public enum ObjectKey {
  /// The key of one symbol's raw prices in one run:
  /// `{domain}/{table}/ingestion_date={ds}/data_source=…/symbol=…/interval=…/period=…/{run started}.{format}`.
  ///
  /// A function of the run and the symbol only, so that a chunk delivered twice writes the same key twice.
  ///
  /// - Parameter runStarted: written to the second, its colons as hyphens: `2025-09-09T14-30-45Z`.
  public static func raw(
    domain: String, tableName: String, ds: String, dataSource: String, symbol: String, interval: String,
    period: String, runStarted: Timestamp, fileFormat: String
  ) -> String {
    let started = String(runStarted.description.map { $0 == ":" ? "-" : $0 })
    let parts = [
      domain, tableName, "ingestion_date=\(ds)", "data_source=\(dataSource)", "symbol=\(symbol)",
      "interval=\(interval)", "period=\(period)", "\(started).\(fileFormat)",
    ]
    return parts.joined(separator: "/")
  }

  /// The key of that symbol of the chunk.
  public static func raw(_ message: ChunkMessage, symbol: String) -> String {
    raw(
      domain: message.domain, tableName: message.tableName, ds: message.ds, dataSource: message.dataSource,
      symbol: symbol, interval: message.interval, period: message.period, runStarted: message.runStarted,
      fileFormat: message.fileFormat)
  }
}
