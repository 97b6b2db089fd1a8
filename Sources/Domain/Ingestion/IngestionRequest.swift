import Events

/// Settings of a run that its request may override (§3, D17); nil leaves the environment's.
public struct ChunkSettings: Sendable, Hashable {
  public static let sqsSendBatchSizes = 1...10
  public static let workerTimeoutsSeconds = 1...900
  /// Symbols of a chunk at most, for a source that names no limit of its own (§5).
  public static let chunkSizeMax = 5

  public let chunkSize: Int?
  public let sqsSendBatchSize: Int?
  /// Seconds.
  public let workerTimeout: Int?

  public init(chunkSize: Int? = nil, sqsSendBatchSize: Int? = nil, workerTimeout: Int? = nil) {
    self.chunkSize = chunkSize
    self.sqsSendBatchSize = sqsSendBatchSize
    self.workerTimeout = workerTimeout
  }

  /// The members of `override_config` that are set; nil if none is.
  public var json: JSON? {
    let object = JSON(present: [
      "chunk_size": chunkSize.map { JSON($0) }, "sqs_send_batch_size": sqsSendBatchSize.map { JSON($0) },
      "worker_timeout": workerTimeout.map { JSON($0) },
    ])
    return object == [:] ? JSON?.none : object
  }
}

/// What every cause becomes: one run that somebody asks for (D1).
///
/// It exists only as `RequestReader` made it or as its own `json` was stored, so its values are checked.
public struct IngestionRequest: Sendable, Hashable {
  /// The ranges that Yahoo's chart service takes.
  public static let periods = ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"]
  /// The intervals that Yahoo's chart service takes.
  public static let intervals = [
    "1m", "2m", "5m", "15m", "30m", "60m", "90m", "1h", "1d", "5d", "1wk", "1mo", "3mo",
  ]
  public static let fileFormats = ["json"]

  public let dataSource: String
  public let dataType: String
  public let domain: String
  public let tableName: String
  /// As asked for, normalized; nil asks for the whole universe (D7).
  public let symbols: [String]?
  public let period: String
  public let interval: String
  public let fileFormat: String
  public let triggerType: TriggerType
  public let triggerTime: Timestamp
  public let correlationID: String
  /// The logical date, `yyyy-mm-dd` (D8).
  public let ds: String
  public let dryRun: Bool
  public let forceSymbols: Bool
  public let urgent: Bool
  public let overrides: ChunkSettings
  public let reason: String?
  /// The cause that led to this one (D14).
  public let causationID: String?
  /// Causes above this one in its chain (D14).
  public let hops: Int
  /// Whether the pipeline asked for it because of a run before it: then it is bounded per day (D14).
  public let isReingestion: Bool

  /// `{domain}:{table_name}:{ds}:{correlation_id}` (§5).
  public var idempotencyKey: String { "\(domain):\(tableName):\(ds):\(correlationID)" }

  /// What was asked, as the canonical text whose hash tells a repetition from a conflict (D9).
  ///
  /// When, by whom, in which chain of causes and whether dry are not part of it; `ds` is part of the key already.
  public var payloadText: String {
    JSON(present: [
      "data_source": .string(dataSource), "data_type": .string(dataType), "domain": .string(domain),
      "table_name": .string(tableName), "symbols": symbols.map { JSON($0) }, "period": .string(period),
      "interval": .string(interval), "file_format": .string(fileFormat), "force_symbols": .bool(forceSymbols),
      "urgent": .bool(urgent), "override_config": overrides.json, "reason": reason.map { .string($0) },
    ]).canonicalText
  }

  /// The request as it is stored; `init(_:)` reads it back.
  public var json: JSON {
    JSON(present: [
      "data_source": .string(dataSource), "data_type": .string(dataType), "domain": .string(domain),
      "table_name": .string(tableName), "symbols": symbols.map { JSON($0) }, "period": .string(period),
      "interval": .string(interval), "file_format": .string(fileFormat),
      "trigger_type": .string(triggerType.rawValue),
      "trigger_time": .string(
        triggerTime == triggerTime.wholeSecond ? triggerTime.description : triggerTime.preciseText),
      "correlation_id": .string(correlationID), "ds": .string(ds), "dry_run": .bool(dryRun),
      "force_symbols": .bool(forceSymbols), "urgent": .bool(urgent), "override_config": overrides.json,
      "reason": reason.map { .string($0) }, "causation_id": causationID.map { .string($0) }, "hops": JSON(hops),
      "reingestion": isReingestion ? true : nil,
    ])
  }
}

extension IngestionRequest {
  /// Reads what `json` wrote; nil if a member is absent or of the wrong type.
  public init?(_ json: JSON) {
    guard let dataSource = json["data_source"]?.string, let dataType = json["data_type"]?.string,
      let domain = json["domain"]?.string, let tableName = json["table_name"]?.string,
      let period = json["period"]?.string, let interval = json["interval"]?.string,
      let fileFormat = json["file_format"]?.string,
      let triggerType = json["trigger_type"]?.string.flatMap({ TriggerType(rawValue: $0) }),
      let triggerTime = json["trigger_time"]?.string.flatMap({ Timestamp($0) }),
      let correlationID = json["correlation_id"]?.string, let ds = json["ds"]?.string,
      let dryRun = json["dry_run"]?.bool, let forceSymbols = json["force_symbols"]?.bool,
      let urgent = json["urgent"]?.bool, let hops = json["hops"]?.int
    else { return nil }
    let symbols = json["symbols"]?.elements
    let names = symbols?.compactMap(\.string)
    let settings = json["override_config"] ?? [:]
    guard names?.count == symbols?.count, settings.members != nil else { return nil }
    self.init(
      dataSource: dataSource, dataType: dataType, domain: domain, tableName: tableName, symbols: names,
      period: period, interval: interval, fileFormat: fileFormat, triggerType: triggerType,
      triggerTime: triggerTime, correlationID: correlationID, ds: ds, dryRun: dryRun, forceSymbols: forceSymbols,
      urgent: urgent,
      overrides: ChunkSettings(
        chunkSize: settings["chunk_size"]?.int, sqsSendBatchSize: settings["sqs_send_batch_size"]?.int,
        workerTimeout: settings["worker_timeout"]?.int),
      reason: json["reason"]?.string, causationID: json["causation_id"]?.string, hops: hops,
      isReingestion: json["reingestion"]?.bool ?? false)
  }
}
