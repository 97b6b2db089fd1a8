import Events
import Extraction

extension ChunkMessage {
  /// The second of three chunks of a run started at the time of §4's example.
  static func sample(
    symbols: [String] = ["AAPL", "MSFT"], runID: String = "run-1", chunkIndex: Int = 1
  ) -> ChunkMessage {
    ChunkMessage(
      runID: runID, correlationID: "manual-001", triggerType: "manual", dataSource: "yahoo_finance",
      dataType: "prices", domain: "market", tableName: "prices", ds: "2025-09-09", symbols: symbols, period: "1mo",
      interval: "1d", fileFormat: "json", chunkIndex: chunkIndex, chunkCount: 3,
      runStarted: Timestamp(milliseconds: 1_757_428_245_999), workerTimeoutSeconds: 600, urgent: true,
      environment: "dev")
  }
}
