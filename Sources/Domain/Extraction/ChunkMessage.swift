import Events

/// What the work queue carries to a worker: one chunk of a run's symbols and all that is needed to fetch and store them.
///
/// Source: the specification §4 (object keys) and §5 (chunks of at most five symbols by default); D12, D17, D19.
public struct ChunkMessage: Sendable, Hashable {
  /// Symbols that one chunk carries at most: what §8 allows one request.
  public static let symbolsMax = 100

  /// The longest time a worker may take over a chunk, in seconds: D17, and the limit of a Lambda function.
  public static let workerTimeoutSecondsMax = 900

  /// The run that this chunk is a part of.
  public let runID: String
  /// The cause's correlation id, for tracing only.
  public let correlationID: String
  /// How the run was started: `schedule`, `event`, `manual`, …
  public let triggerType: String
  /// Where the prices come from: `yahoo_finance`.
  public let dataSource: String
  /// What is fetched: `prices`.
  public let dataType: String
  /// The first part of the object key.
  public let domain: String
  /// The second part of the object key.
  public let tableName: String
  /// The date that the run is about, `yyyy-mm-dd`.
  public let ds: String
  /// 1 to `symbolsMax` symbols, each once, by D16.
  public let symbols: [String]
  /// How far back the source is asked, in the source's own words: `1mo`.
  public let period: String
  /// How far apart the prices lie, in the source's own words: `1d`.
  public let interval: String
  /// The extension of the object key: `json`.
  public let fileFormat: String
  /// Counted from 0, below `chunkCount`.
  public let chunkIndex: Int
  /// How many chunks the run has.
  public let chunkCount: Int
  /// When the run was started, to the second; the same for every chunk, so that it can name the objects.
  public let runStarted: Timestamp
  /// 1 to `workerTimeoutSecondsMax`.
  public let workerTimeoutSeconds: Int
  /// Whether it overtakes the chunks of other runs (D19).
  public let urgent: Bool
  /// `dev`, `staging` or `prod`.
  public let environment: String

  /// Makes the message of one chunk; traps on values that `init(json:)` refuses, for the planner has checked them.
  ///
  /// - Parameter runStarted: its fraction of a second is dropped, for object keys have none.
  public init(
    runID: String, correlationID: String, triggerType: String, dataSource: String, dataType: String, domain: String,
    tableName: String, ds: String, symbols: [String], period: String, interval: String, fileFormat: String,
    chunkIndex: Int, chunkCount: Int, runStarted: Timestamp, workerTimeoutSeconds: Int, urgent: Bool,
    environment: String
  ) {
    self.runID = runID
    self.correlationID = correlationID
    self.triggerType = triggerType
    self.dataSource = dataSource
    self.dataType = dataType
    self.domain = domain
    self.tableName = tableName
    self.ds = ds
    self.symbols = symbols
    self.period = period
    self.interval = interval
    self.fileFormat = fileFormat
    self.chunkIndex = chunkIndex
    self.chunkCount = chunkCount
    self.runStarted = runStarted.wholeSecond
    self.workerTimeoutSeconds = workerTimeoutSeconds
    self.urgent = urgent
    self.environment = environment
    if let violation { preconditionFailure("the planner made a bad chunk: \(violation)") }
  }
}

/// Why a text on the work queue is no chunk message.
public struct ChunkMessageError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The member at fault; empty when the whole is not an object.
  public let field: String
  /// What is wrong with it, for people.
  public let reason: String

  /// Makes an error.
  public init(field: String, reason: String) {
    self.field = field
    self.reason = reason
  }

  /// The field and the reason in one line.
  public var description: String { field.isEmpty ? reason : "\(field) \(reason)" }
}

extension ChunkMessage {
  /// The message as an object; members in the order of the properties.
  public var json: JSON {
    [
      "run_id": .string(runID), "correlation_id": .string(correlationID), "trigger_type": .string(triggerType),
      "data_source": .string(dataSource), "data_type": .string(dataType), "domain": .string(domain),
      "table_name": .string(tableName), "ds": .string(ds), "symbols": JSON(symbols), "period": .string(period),
      "interval": .string(interval), "file_format": .string(fileFormat), "chunk_index": JSON(chunkIndex),
      "chunk_count": JSON(chunkCount), "run_started": .string(runStarted.description),
      "worker_timeout": JSON(workerTimeoutSeconds), "urgent": .bool(urgent), "environment": .string(environment),
    ]
  }

  /// Reads a message off the queue, where anybody may have put it; unknown members are ignored.
  ///
  /// Throws for the first member that is absent, of the wrong type or not allowed.
  public init(json: JSON) throws(ChunkMessageError) {
    guard json.members != nil else { throw ChunkMessageError(field: "", reason: "a chunk message is an object") }
    runID = try json.text("run_id")
    correlationID = try json.text("correlation_id")
    triggerType = try json.text("trigger_type")
    dataSource = try json.text("data_source")
    dataType = try json.text("data_type")
    domain = try json.text("domain")
    tableName = try json.text("table_name")
    ds = try json.text("ds")
    symbols = try json.texts("symbols")
    period = try json.text("period")
    interval = try json.text("interval")
    fileFormat = try json.text("file_format")
    chunkIndex = try json.whole("chunk_index")
    chunkCount = try json.whole("chunk_count")
    runStarted = try json.moment("run_started").wholeSecond
    workerTimeoutSeconds = try json.whole("worker_timeout")
    urgent = try json.flag("urgent")
    environment = try json.text("environment")
    if let violation { throw violation }
  }

  /// The first value that is not allowed; nil for a good message. What ends in an object key must not break it.
  private var violation: ChunkMessageError? {
    let words = [
      ("data_source", dataSource), ("data_type", dataType), ("domain", domain), ("table_name", tableName),
    ]
    if let (field, _) = words.first(where: { !$0.1.isName }) {
      return ChunkMessageError(field: field, reason: "is not 1 to 50 letters or underscores")
    }
    let codes = [("period", period), ("interval", interval), ("file_format", fileFormat)]
    if let (field, _) = codes.first(where: { !$0.1.isCode }) {
      return ChunkMessageError(field: field, reason: "is not 1 to 10 small letters or digits")
    }
    let problems: [(Bool, String, String)] = [
      (runID.isEmpty, "run_id", "is empty"),
      (ds.utf8.count != 10 || CivilTime(ds) == nil, "ds", "is no date"),
      (!(1...ChunkMessage.symbolsMax).contains(symbols.count), "symbols", "are not 1 to \(ChunkMessage.symbolsMax)"),
      (!symbols.allSatisfy(\.isSymbol), "symbols", "hold one that is not 1 to 20 of A-Z 0-9 . - ^ ="),
      (Set(symbols).count != symbols.count, "symbols", "hold one twice"),
      (chunkCount < 1, "chunk_count", "is not positive"),
      (!(0..<max(chunkCount, 1)).contains(chunkIndex), "chunk_index", "is not below chunk_count"),
      (
        !(1...ChunkMessage.workerTimeoutSecondsMax).contains(workerTimeoutSeconds), "worker_timeout",
        "is not 1 to \(ChunkMessage.workerTimeoutSecondsMax)"
      ),
    ]
    return problems.first { $0.0 }.map { ChunkMessageError(field: $0.1, reason: $0.2) }
  }
}

extension JSON {
  fileprivate func member(_ key: String) throws(ChunkMessageError) -> JSON {
    guard let value = self[key] else { throw ChunkMessageError(field: key, reason: "is absent") }
    return value
  }

  fileprivate func text(_ key: String) throws(ChunkMessageError) -> String {
    guard let text = try member(key).string else { throw ChunkMessageError(field: key, reason: "is no string") }
    return text
  }

  fileprivate func texts(_ key: String) throws(ChunkMessageError) -> [String] {
    guard let elements = try member(key).elements else { throw ChunkMessageError(field: key, reason: "is no array") }
    let texts = elements.compactMap(\.string)
    guard texts.count == elements.count else {
      throw ChunkMessageError(field: key, reason: "hold something that is no string")
    }
    return texts
  }

  fileprivate func whole(_ key: String) throws(ChunkMessageError) -> Int {
    guard let number = try member(key).int else { throw ChunkMessageError(field: key, reason: "is no whole number") }
    return number
  }

  fileprivate func flag(_ key: String) throws(ChunkMessageError) -> Bool {
    guard let flag = try member(key).bool else { throw ChunkMessageError(field: key, reason: "is no boolean") }
    return flag
  }

  fileprivate func moment(_ key: String) throws(ChunkMessageError) -> Timestamp {
    guard let moment = Timestamp(try text(key)) else {
      throw ChunkMessageError(field: key, reason: "is no ISO 8601 time")
    }
    return moment
  }
}

extension String {
  /// §8: `^[A-Za-z_]{1,50}$`.
  fileprivate var isName: Bool {
    (1...50).contains(utf8.count) && utf8.allSatisfy { $0.isLetter || $0 == UInt8(ascii: "_") }
  }

  /// The source's own words and file extensions: `1mo`, `json`.
  fileprivate var isCode: Bool {
    (1...10).contains(utf8.count) && utf8.allSatisfy { ($0.isLetter && $0 & 0x20 != 0) || $0.isDigit }
  }

  /// D16.
  fileprivate var isSymbol: Bool {
    (1...20).contains(utf8.count)
      && utf8.allSatisfy { ($0.isLetter && $0 & 0x20 == 0) || $0.isDigit || ".-^=".utf8.contains($0) }
  }
}

extension UInt8 {
  fileprivate var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
