import Events

/// A request that passed structure, values and business rules, and what was taken otherwise than it was written.
public struct ReadRequest: Sendable, Hashable {
  public let request: IngestionRequest
  /// Each names a field, its value and what is used instead (D15).
  public let warnings: [String]
}

/// The gates of a request's own text: structure, then values, then business rules (D10, D15).
public enum RequestReader {
  /// Characters of a correlation id and of a causation id.
  public static let idLengthMax = 128
  /// Characters of a reason.
  public static let reasonLengthMax = 256

  /// What a body asks for besides what it says.
  public enum Kind: Sendable, Hashable {
    /// A run, by a caller or an event of its own.
    case request
    /// A run that the pipeline asks for because of a run before it (D14).
    case reingestion
    /// The added symbols of a universe update, of which there may be more than a request may list (D7).
    case universe
  }

  static let known: Set<String> = [
    "data_source", "data_type", "domain", "table_name", "symbols", "period", "interval", "file_format",
    "trigger_type", "trigger_time", "correlation_id", "ds", "dry_run", "force_symbols", "urgent", "override_config",
    "reason", "causation_id", "hops",
  ]

  /// Reads a request with the environment's defaults beneath it (D2).
  ///
  /// The defaults' symbols are not merged: a request without a list asks for the universe, which falls back on them
  /// (D7). `override_config` lies on top. A refusal holds every violation of the gate that refused; business rules are
  /// looked at only when structure and values passed.
  ///
  /// - Parameter correlationID: derived from the cause, or new (D8); a manual or event request may bring its own.
  /// - Parameter triggerTime: when the cause happened; a `trigger_time` in the body that can be read comes first.
  /// - Parameter kind: what asked; it bounds the list of symbols.
  public static func read(
    _ body: JSON, trigger: TriggerType, correlationID: String, triggerTime: Timestamp, kind: Kind,
    defaults: IngestionDefaults, catalog: IngestionCatalog
  ) -> Result<ReadRequest, Refusal> {
    guard let members = body.members else {
      return .failure(Refusal(.malformedEvent, "the request is a JSON \(body.kind), not an object"))
    }
    var fields = RequestFields(body, defaults)
    for member in members where !known.contains(member.key) {
      fields.warn("unknown field \(member.key) is ignored")
    }
    let request = request(
      &fields, trigger: trigger, correlationID: correlationID, triggerTime: triggerTime, kind, defaults, catalog)
    if let refusal = Refusal(fields.structure + fields.values) { return .failure(refusal) }
    if let refusal = Refusal(businessViolations(of: request, catalog)) { return .failure(refusal) }
    return .success(ReadRequest(request: request, warnings: fields.warnings))
  }

  private static func request(
    _ fields: inout RequestFields, trigger: TriggerType, correlationID: String, triggerTime: Timestamp,
    _ kind: Kind, _ defaults: IngestionDefaults, _ catalog: IngestionCatalog
  ) -> IngestionRequest {
    let dataSource = fields.identity("data_source", .invalidDataSource)
    let domain = fields.identity("domain", .invalidDomain)
    let tableName = fields.identity("table_name", .invalidTableName)
    let symbols = fields.symbols(max: kind == .universe ? SymbolList.updateMax : SymbolList.requestMax)
    let dataType = fields.dataType(default: defaults.dataType)
    let period = fields.choice("period", of: IngestionRequest.periods, default: defaults.period)
    let interval = fields.choice("interval", of: IngestionRequest.intervals, default: defaults.interval)
    let fileFormat = fields.choice("file_format", of: IngestionRequest.fileFormats, default: defaults.fileFormat)
    fields.checkTriggerType(trigger)
    let time = fields.time("trigger_time", default: triggerTime)
    let chunkSizeMax = catalog.dataSources[dataSource]?.chunkSizeMax ?? ChunkSettings.chunkSizeMax
    return IngestionRequest(
      dataSource: dataSource, dataType: dataType, domain: domain, tableName: tableName, symbols: symbols,
      period: period, interval: interval, fileFormat: fileFormat, triggerType: trigger, triggerTime: time,
      correlationID: fields.correlationID(trigger, default: correlationID), ds: fields.date("ds", default: time),
      dryRun: fields.flag("dry_run"), forceSymbols: fields.flag("force_symbols"), urgent: fields.flag("urgent"),
      overrides: fields.chunkSettings(chunkSizeMax: chunkSizeMax),
      reason: fields.text("reason", lengthMax: reasonLengthMax),
      causationID: fields.text("causation_id", lengthMax: idLengthMax), hops: fields.hops(),
      isReingestion: kind == .reingestion)
  }

  private static func businessViolations(
    of request: IngestionRequest, _ catalog: IngestionCatalog
  ) -> [Violation] {
    var violations: [Violation] = []
    if catalog.dataSources[request.dataSource] == nil {
      let names = catalog.dataSources.keys.sorted().joined(separator: ", ")
      violations.append(
        Violation(
          .unknownDataSource, field: "data_source",
          "data source \(request.dataSource) is not registered; known: \(names)"))
    }
    if !catalog.tables.contains(.init(domain: request.domain, name: request.tableName)) {
      let names = catalog.tables.map { "\($0.domain).\($0.name)" }.sorted().joined(separator: ", ")
      violations.append(
        Violation(
          .unknownTable, field: "table_name",
          "table \(request.domain).\(request.tableName) is not registered; known: \(names)"))
    }
    return violations
  }
}
