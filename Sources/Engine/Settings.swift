import Events
import Ingestion
import Schedules

/// Everything an environment is configured with: read once, checked, never read again.
public struct Settings: Sendable, Hashable {
  /// `dev`, `staging` or `prod`.
  public let environment: String
  public let names: ResourceNames
  public let defaults: IngestionDefaults
  public let catalog: IngestionCatalog
  /// `cron(…)` or `rate(…)` of the environment's schedule (§1).
  public let schedule: ScheduleExpression
  public let misfire: MisfirePolicy
  public let limits: Admission.Limits
  public let chunks: Chunks
  public let sources: [String: SourceSettings]
  public let transform: Transform
  /// Tasks that work on chunks at the same time.
  public let workers: Int

  /// How a run is cut and paced (D12, D17).
  public struct Chunks: Sendable, Hashable {
    public let size: Int
    public let sendBatchSize: Int
    public let workerTimeoutSeconds: Int

    public init(size: Int, sendBatchSize: Int, workerTimeoutSeconds: Int) {
      self.size = size
      self.sendBatchSize = sendBatchSize
      self.workerTimeoutSeconds = workerTimeoutSeconds
    }
  }

  /// How a data source is reached.
  public struct SourceSettings: Sendable, Hashable {
    /// Scheme, host and perhaps a path, without a slash at the end.
    public let baseURL: String
    public let requestsPerMinute: Int
    public let timeoutSeconds: Int

    public init(baseURL: String, requestsPerMinute: Int, timeoutSeconds: Int) {
      self.baseURL = baseURL
      self.requestsPerMinute = requestsPerMinute
      self.timeoutSeconds = timeoutSeconds
    }
  }

  /// Which objects Transform hears of (§4).
  public struct Transform: Sendable, Hashable {
    public let prefix: String
    public let suffix: String

    public init(prefix: String, suffix: String) {
      self.prefix = prefix
      self.suffix = suffix
    }
  }

  public init(
    environment: String, names: ResourceNames, defaults: IngestionDefaults, catalog: IngestionCatalog,
    schedule: ScheduleExpression, misfire: MisfirePolicy, limits: Admission.Limits, chunks: Chunks,
    sources: [String: SourceSettings], transform: Transform, workers: Int
  ) {
    self.environment = environment
    self.names = names
    self.defaults = defaults
    self.catalog = catalog
    self.schedule = schedule
    self.misfire = misfire
    self.limits = limits
    self.chunks = chunks
    self.sources = sources
    self.transform = transform
    self.workers = workers
  }
}

/// What an environment's resources are called, on either runtime (D28).
public struct EnvironmentNames: Sendable, Hashable {
  public let environment: String
  public let account: String

  public init(_ settings: Settings) {
    environment = settings.environment
    account = settings.names.account
  }

  public var scheduleRule: String { "\(environment)-customer-ingestion-schedule" }
  public var transformPipelineRule: String { "\(environment)-customer-ingestion-transform-pipeline" }
  public var symbolUniverseRule: String { "\(environment)-customer-ingestion-symbol-universe" }
  public var marketEventsRule: String { "\(environment)-customer-ingestion-market-events" }
  public var opsManualRule: String { "\(environment)-customer-ingestion-ops-manual" }
  public var objectRule: String { "\(environment)-customer-raw-object-created" }
  public var orchestrator: String { "\(environment)-customer-data-orchestrator" }
  public var worker: String { "\(environment)-customer-data-worker" }
  public var workQueue: String { "\(environment)-customer-ingestion-queue" }
  public var workDeadLetters: String { "\(environment)-customer-ingestion-dlq" }
  public var triggerDeadLetters: String { "\(environment)-customer-ingestion-trigger-dlq" }
  public var transformQueue: String { "\(environment)-customer-transform-queue" }
  /// The door for other accounts (D29).
  public var ingestionBus: String { "\(environment)-custom-ingestion-bus" }
  public var rawBucket: String { "data-pipeline-raw-\(environment)-\(account)" }
  public var universeParameter: String { "/\(environment)/customer-data/ingestion/symbols" }
}
