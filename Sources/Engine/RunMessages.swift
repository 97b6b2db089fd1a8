import Events
import Extraction
import Ingestion

/// What a run's chunks look like on the work queue: pure, so that whoever sends them again sends the same.
public struct RunMessages: Sendable {
  public let runID: String
  public let request: IngestionRequest
  public let chunkCount: Int
  public let startedAt: Timestamp
  public let settings: Settings

  public init(
    runID: String, request: IngestionRequest, chunkCount: Int, startedAt: Timestamp, settings: Settings
  ) {
    self.runID = runID
    self.request = request
    self.chunkCount = chunkCount
    self.startedAt = startedAt
    self.settings = settings
  }

  /// One message a chunk, in their order.
  public func messages(of chunks: [Chunk]) -> [OutgoingMessage] {
    let queue = EnvironmentNames(settings).workQueue
    return chunks.map { chunk in
      let message = ChunkMessage(
        runID: runID, correlationID: request.correlationID, triggerType: request.triggerType.rawValue,
        dataSource: request.dataSource, dataType: request.dataType, domain: request.domain,
        tableName: request.tableName, ds: request.ds, symbols: chunk.symbols, period: request.period,
        interval: request.interval, fileFormat: request.fileFormat, chunkIndex: chunk.index, chunkCount: chunkCount,
        runStarted: startedAt,
        workerTimeoutSeconds: request.overrides.workerTimeout ?? settings.chunks.workerTimeoutSeconds,
        urgent: request.urgent, environment: settings.environment)
      return OutgoingMessage(
        queue: queue, id: "\(runID)-\(chunk.index)", body: message.json.text,
        attributes: ["run_id": .string(runID), "correlation_id": .string(request.correlationID)],
        visibleAt: startedAt + chunk.delay, priority: request.urgent ? 1 : 0)
    }
  }
}
