import Engine
import Ingestion
import Schedules

// The table from which files are read, overrides are found and the documentation is written.
extension ConfigKey {
  /// Every key there is, in the order of the files.
  public static let all: [ConfigKey] = [
    environment, account, region, host, port, schedule, misfire, misfireWindow, dataSource, dataType, domain,
    tableName, symbols, period, interval, fileFormat, tables, sourceURL, sourceRate, sourceTimeout, sourceChunkMax,
    chunkSize, sendBatchSize, workerTimeout, transformPrefix, transformSuffix, workers, manualPerHour,
    eventsPerMinute, keyExpiry, hops, reingestions, breakerFailures, breakerWindow, breakerRest,
    retentionDays, retentionSize,
  ]

  static let environments = ["dev", "staging", "prod"]

  static let environment = ConfigKey(
    "environment", .choice(environments), isOverridable: false,
    "The environment, as its rules, queues and bucket are named (D28); a file named for one holds that one.")
  static let account = ConfigKey(
    "account_id", .text(.account), "The account in ARNs, events and the bucket's name (D28).")
  static let region = ConfigKey("region", .text(.region), "The region in ARNs and events (§1).")
  static let host = ConfigKey("server.host", .text(.host), "Where `serve` listens.")
  static let port = ConfigKey("server.port", .number(0...65_535), "The port it listens on; 0 takes any free one.")
  static let schedule = ConfigKey(
    "schedule.expression", .text(.schedule), "When ingestion starts by itself, in UTC (§1).")
  static let misfire = ConfigKey(
    "schedule.misfire", .choice(MisfirePolicy.Kind.allCases.map(\.rawValue)),
    "Which slots that passed while the engine was down still run (D23).")
  static let misfireWindow = ConfigKey(
    "schedule.misfire_window_seconds", .number(0...604_800), unit: "seconds",
    "How old such a slot may be (D23).")
  static let dataSource = ConfigKey(
    "ingestion.data_source", .text(.identifier), "The source of a request that names none; one of `sources` (§1).")
  static let dataType = ConfigKey(
    "ingestion.data_type", .text(.identifier), "What kind of data a request without a type asks for (§1).")
  static let domain = ConfigKey(
    "ingestion.domain", .text(.identifier), "The domain of a request that names none (§1).")
  static let tableName = ConfigKey(
    "ingestion.table_name", .text(.identifier),
    "The table of a request that names none; with its domain in `tables` (§1).")
  static let symbols = ConfigKey(
    "ingestion.symbols", .list(.symbol, counts: 0...SymbolList.requestMax), unit: "symbols",
    "What is ingested while the parameter holds no universe (D7); empty leaves it to the parameter.")
  static let period = ConfigKey(
    "ingestion.period", .choice(IngestionRequest.periods), "How far back prices are fetched (§1).")
  static let interval = ConfigKey(
    "ingestion.interval", .choice(IngestionRequest.intervals), "How far apart prices are (§1).")
  static let fileFormat = ConfigKey(
    "ingestion.file_format", .choice(IngestionRequest.fileFormats), "How raw objects are written (§1).")
  static let tables = ConfigKey(
    "tables", .list(.table, counts: 1...1_000), unit: "tables", "What may be ingested at all (D15).")
  static let sourceURL = ConfigKey(
    "sources.*.base_url", .text(.baseURL), "Where the source is reached.")
  static let sourceRate = ConfigKey(
    "sources.*.requests_per_minute", .number(1...60_000), unit: "requests per minute",
    "What the source bears from all workers together; at least its largest chunk (D12).")
  static let sourceTimeout = ConfigKey(
    "sources.*.timeout_seconds", .number(1...300), unit: "seconds", "How long one request to it may take.")
  static let sourceChunkMax = ConfigKey(
    "sources.*.chunk_size_max", .number(1...100), unit: "symbols",
    "The largest chunk a request may ask for (D12, D17).")
  static let chunkSize = ConfigKey(
    "chunks.size", .number(1...100), unit: "symbols",
    "Symbols of one chunk; at most what the default source allows (D12).")
  static let sendBatchSize = ConfigKey(
    "chunks.send_batch_size", .number(ChunkSettings.sqsSendBatchSizes), unit: "messages",
    "Chunks sent to the work queue in one call (D17).")
  static let workerTimeout = ConfigKey(
    "chunks.worker_timeout_seconds", .number(ChunkSettings.workerTimeoutsSeconds), unit: "seconds",
    "How long a worker has for a chunk before another one takes it (D17).")
  static let transformPrefix = ConfigKey(
    "transform.prefix", .text(.keyPart), "How the keys begin that Transform hears of (§4, D30).")
  static let transformSuffix = ConfigKey(
    "transform.suffix", .text(.keyPart), "How they end (§4, D30).")
  static let workers = ConfigKey(
    "workers", .number(1...64), unit: "workers", "Chunks worked on at the same time.")
  static let manualPerHour = ConfigKey(
    "limits.manual_per_hour", .number(1...10_000), unit: "runs per hour",
    "Manual runs in any hour; the next one is refused (D12).")
  static let eventsPerMinute = ConfigKey(
    "limits.events_per_minute", .number(1...10_000), unit: "runs per minute",
    "Event-driven runs in any minute; the rest waits its turn (D12).")
  static let keyExpiry = ConfigKey(
    "limits.key_expiry_days", .number(1...365), unit: "days", "How long a run suppresses its own repetition (D9).")
  static let hops = ConfigKey(
    "limits.hops", .number(1...20), unit: "causes", "Causes above a cause before a loop is suspected (D14).")
  static let reingestions = ConfigKey(
    "limits.reingestions_per_day", .number(1...1_000), unit: "runs per UTC day",
    "Re-ingestions of one domain, table, date and reason (D14).")
  static let breakerFailures = ConfigKey(
    "limits.breaker_failures", .number(1...100), unit: "runs",
    "Failed runs in a row that open the breaker of a table (D11).")
  static let breakerWindow = ConfigKey(
    "limits.breaker_window_seconds", .number(1...604_800), unit: "seconds", "Inside which they must fall (D11).")
  static let breakerRest = ConfigKey(
    "limits.breaker_rest_seconds", .number(1...604_800), unit: "seconds",
    "How long the breaker stays open before one run may try again (D11).")
  static let retentionDays = ConfigKey(
    "retention.days", .number(1...3_650), unit: "days", fallback: "\(Retention.standard.days)",
    "How long the ledger, events and runs are kept.")
  static let retentionSize = ConfigKey(
    "retention.ledger_mib", .number(16...1_048_576), unit: "MiB", fallback: "\(Retention.standard.ledgerMiB)",
    "What the ledger may take, about; beyond it the oldest rows go first.")
}
