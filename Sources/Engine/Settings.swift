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
  public let retention: Retention

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
    sources: [String: SourceSettings], transform: Transform, workers: Int, retention: Retention = .standard
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
    self.retention = retention
  }

  /// What decides about causes, as its history keeps it: one member a setting, by the name it has in the file.
  public var json: JSON {
    var json: JSON = [
      "schedule.expression": .string(schedule.text), "schedule.misfire": .string(misfire.kind.rawValue),
      "schedule.misfire_window_seconds": JSON(misfire.window.wholeSecondsUp),
      "ingestion.data_source": .string(defaults.dataSource), "ingestion.domain": .string(defaults.domain),
      "ingestion.table_name": .string(defaults.tableName), "ingestion.symbols": JSON(defaults.symbols),
      "ingestion.period": .string(defaults.period), "ingestion.interval": .string(defaults.interval),
      "tables": JSON(catalog.tables.map { "\($0.domain).\($0.name)" }.sorted()),
      "chunks.size": JSON(chunks.size), "chunks.worker_timeout_seconds": JSON(chunks.workerTimeoutSeconds),
      "workers": JSON(workers), "limits.manual_per_hour": JSON(limits.manualMax),
      "limits.events_per_minute": JSON(limits.eventMax),
      "limits.key_expiry_days": JSON(limits.claimLife.wholeSecondsUp / 86_400), "limits.hops": JSON(limits.hopsMax),
      "limits.reingestions_per_day": JSON(limits.reingestionsMax),
      "limits.breaker_failures": JSON(limits.breaker.failuresMax),
      "limits.breaker_window_seconds": JSON(limits.breaker.window.wholeSecondsUp),
      "limits.breaker_rest_seconds": JSON(limits.breaker.rest.wholeSecondsUp),
      "retention.days": JSON(retention.days), "retention.ledger_mib": JSON(retention.ledgerMiB),
    ]
    for (name, source) in sources.sorted(by: { $0.key < $1.key }) {
      json.set("sources.\(name).requests_per_minute", JSON(source.requestsPerMinute))
    }
    return json
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
  /// The function for raw notifications of foreign buckets, on AWS only.
  public var notifier: String { "\(environment)-customer-raw-notifier" }
  public var workQueue: String { "\(environment)-customer-ingestion-queue" }
  public var workDeadLetters: String { "\(environment)-customer-ingestion-dlq" }
  public var triggerDeadLetters: String { "\(environment)-customer-ingestion-trigger-dlq" }
  public var transformQueue: String { "\(environment)-customer-transform-queue" }
  /// The door for other accounts (D29).
  public var ingestionBus: String { "\(environment)-custom-ingestion-bus" }
  public var rawBucket: String { "data-pipeline-raw-\(environment)-\(account)" }
  /// The table of everything that is known between calls, on AWS only.
  public var controlTable: String { "\(environment)-customer-ingestion-control" }
  public var universeParameter: String { "/\(environment)/customer-data/ingestion/symbols" }
}
