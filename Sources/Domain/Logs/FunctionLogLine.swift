import Events

/// How bad it is; raw values are those of Lambda's JSON log format.
///
/// Source: Lambda developer guide, "Log-level filtering".
public enum FunctionLogLevel: String, Sendable, Hashable, CaseIterable {
  case trace = "TRACE"
  case debug = "DEBUG"
  case info = "INFO"
  case warn = "WARN"
  case error = "ERROR"
  case fatal = "FATAL"
}

/// One line in a function's log, as Lambda writes it when the log format is JSON.
///
/// Further fields stand at the top, in the order of their names, so `{ $.correlation_id = "x" }` finds application and
/// platform lines alike and `?ERROR` finds the level; a field named like one of the line's own is left out.
/// Source: Lambda developer guide, "Configuring JSON and plain text log formats"; "Telemetry API Event schema
/// reference".
public struct FunctionLogLine: Sendable, Hashable {
  /// How an invocation ended; raw values are Lambda's.
  public enum Status: String, Sendable, Hashable, CaseIterable {
    case success
    case failure
    case error
    case timeout
  }

  /// What an invocation cost, for `platform.report`.
  public struct Usage: Sendable, Hashable {
    public let duration: Span
    /// Rounded up to whole milliseconds, as `Span` is anyhow.
    public let billedDuration: Span
    public let memorySizeMB: Int
    public let maxMemoryUsedMB: Int
    /// Of a cold start; nil otherwise.
    public let initDuration: Span?

    public init(
      duration: Span, billedDuration: Span, memorySizeMB: Int, maxMemoryUsedMB: Int, initDuration: Span? = nil
    ) {
      self.duration = duration
      self.billedDuration = billedDuration
      self.memorySizeMB = memorySizeMB
      self.maxMemoryUsedMB = maxMemoryUsedMB
      self.initDuration = initDuration
    }
  }

  public let timestamp: Timestamp
  /// Members in the order they are written.
  public let json: JSON

  /// The line without a line end.
  public var text: String { json.text }

  /// The line as an event of the function's log stream.
  public var event: LogEvent { LogEvent(timestamp: timestamp, message: text) }

  /// What the function's own code says: `{"timestamp":…,"level":"INFO","message":…,"requestId":…}`.
  public static func application(
    at timestamp: Timestamp, level: FunctionLogLevel, message: String, requestID: String?,
    fields: [String: String] = [:]
  ) -> FunctionLogLine {
    let own = JSON(present: [
      "timestamp": .string(timestamp.preciseText), "level": .string(level.rawValue), "message": .string(message),
      "requestId": requestID.map { .string($0) },
    ])
    return FunctionLogLine(at: timestamp, own, adding: fields)
  }

  /// The first line of an invocation.
  public static func platformStart(
    at timestamp: Timestamp, requestID: String, version: String = "$LATEST", fields: [String: String] = [:]
  ) -> FunctionLogLine {
    platform("platform.start", at: timestamp, ["requestId": .string(requestID), "version": .string(version)], fields)
  }

  /// The line at the moment the function's code is done.
  public static func platformRuntimeDone(
    at timestamp: Timestamp, requestID: String, status: Status, duration: Span, producedBytes: Int,
    fields: [String: String] = [:]
  ) -> FunctionLogLine {
    let metrics: JSON = ["durationMs": milliseconds(duration), "producedBytes": JSON(producedBytes)]
    let record: JSON = [
      "requestId": .string(requestID), "status": .string(status.rawValue), "metrics": metrics,
    ]
    return platform("platform.runtimeDone", at: timestamp, record, fields)
  }

  /// The last line of an invocation.
  public static func platformReport(
    at timestamp: Timestamp, requestID: String, status: Status, usage: Usage, fields: [String: String] = [:]
  ) -> FunctionLogLine {
    let metrics = JSON(present: [
      "durationMs": milliseconds(usage.duration), "billedDurationMs": milliseconds(usage.billedDuration),
      "memorySizeMB": JSON(usage.memorySizeMB), "maxMemoryUsedMB": JSON(usage.maxMemoryUsedMB),
      "initDurationMs": usage.initDuration.map(milliseconds),
    ])
    let record: JSON = [
      "requestId": .string(requestID), "metrics": metrics, "status": .string(status.rawValue),
    ]
    return platform("platform.report", at: timestamp, record, fields)
  }

  private static func platform(
    _ type: String, at timestamp: Timestamp, _ record: JSON, _ fields: [String: String]
  ) -> FunctionLogLine {
    let own: JSON = ["time": .string(timestamp.preciseText), "type": .string(type), "record": record]
    return FunctionLogLine(at: timestamp, own, adding: fields)
  }

  private static func milliseconds(_ span: Span) -> JSON { .number(JSONNumber(Int(span.milliseconds))) }

  private init(at timestamp: Timestamp, _ own: JSON, adding fields: [String: String]) {
    var json = own
    let names = fields.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for name in names where own[name] == nil {
      guard let value = fields[name] else { continue }
      json.set(name, .string(value))
    }
    self.timestamp = timestamp
    self.json = json
  }
}
