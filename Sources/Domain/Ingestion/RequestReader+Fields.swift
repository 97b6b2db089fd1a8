import Events

/// The members of one request on top of the defaults, and what was found wrong with them so far.
struct RequestFields {
  private static let ingestionFields: Set = [
    "data_source", "data_type", "domain", "table_name", "symbols", "period", "interval", "file_format",
  ]
  private static let settingNames: Set = ["chunk_size", "sqs_send_batch_size", "worker_timeout"]
  /// Characters of a foreign value that a message repeats.
  private static let shownMax = 60

  private var merged: JSON
  private let settings: JSON?
  private(set) var structure: [Violation] = []
  private(set) var values: [Violation] = []
  private(set) var warnings: [String] = []

  /// - Parameter body: an object.
  init(_ body: JSON, _ defaults: IngestionDefaults) {
    merged = .object((defaults.json.members ?? []).filter { $0.key != "symbols" && $0.value != "" })
    settings = body["override_config"]
    for member in body.members ?? [] where RequestReader.known.contains(member.key) {
      merged.set(member.key, member.value)
    }
    guard let settings else { return }
    guard let overrides = settings.members else {
      warn("override_config \(RequestFields.shown(settings)) is not an object: nothing is overridden")
      return
    }
    for member in overrides {
      if RequestFields.ingestionFields.contains(member.key) {
        merged.set(member.key, member.value)
      } else if !RequestFields.settingNames.contains(member.key) {
        warn("unknown field override_config.\(member.key) is ignored")
      }
    }
  }

  mutating func warn(_ text: String) {
    warnings.append(text)
  }

  /// Says what is ingested: a wrong value refuses.
  mutating func identity(_ name: String, _ code: RefusalCode) -> String {
    guard let value = merged[name] else {
      structure.append(Violation(.malformedEvent, field: name, "required field \(name) is absent"))
      return ""
    }
    guard let text = value.string, RequestFields.isIdentifier(text) else {
      let shown = RequestFields.shown(value)
      values.append(Violation(code, field: name, "\(name) \(shown) is not 1 to 50 letters and underscores"))
      return ""
    }
    return text
  }

  mutating func symbols(max: Int) -> [String]? {
    guard let value = merged["symbols"] else { return nil }
    switch SymbolList.read(value, field: "symbols", counts: 1...max) {
    case .success(let symbols): return symbols
    case .failure(let refusal):
      values += refusal.violations
      return nil
    }
  }

  mutating func dataType(default fallback: String) -> String {
    guard let value = merged["data_type"] else { return fallback }
    if let text = value.string, RequestFields.isIdentifier(text) { return text }
    fallBack("data_type", value, "is not 1 to 50 letters and underscores", "\(fallback) is used")
    return fallback
  }

  mutating func choice(_ name: String, of allowed: [String], default fallback: String) -> String {
    guard let value = merged[name] else { return fallback }
    if let text = value.string, allowed.contains(text) { return text }
    fallBack(name, value, "is not one of \(allowed.joined(separator: ", "))", "\(fallback) is used")
    return fallback
  }

  mutating func flag(_ name: String) -> Bool {
    guard let value = merged[name] else { return false }
    if let flag = value.bool { return flag }
    fallBack(name, value, "is not true or false", "false is used")
    return false
  }

  /// The caller cannot choose which limits apply to it.
  mutating func checkTriggerType(_ trigger: TriggerType) {
    guard let value = merged["trigger_type"], value.string != trigger.rawValue else { return }
    fallBack("trigger_type", value, "is not what started this", "\(trigger.rawValue) is used")
  }

  mutating func time(_ name: String, default fallback: Timestamp) -> Timestamp {
    guard let value = merged[name] else { return fallback }
    if let time = value.string.flatMap({ Timestamp($0) }) { return time }
    fallBack(name, value, "is not a time like 2025-09-09T22:00:00Z", "\(fallback) is used")
    return fallback
  }

  mutating func date(_ name: String, default moment: Timestamp) -> String {
    guard let value = merged[name] else { return moment.dateText }
    if let text = value.string, RequestFields.isDate(text) { return text }
    fallBack(name, value, "is not a date like 2025-09-09", "\(moment.dateText) is used")
    return moment.dateText
  }

  /// Derived ids make redeliveries recognizable, so only callers who can repeat themselves bring their own (D8).
  mutating func correlationID(_ trigger: TriggerType, default derived: String) -> String {
    guard let value = merged["correlation_id"] else { return derived }
    switch trigger {
    case .schedule, .backfill, .replay:
      fallBack("correlation_id", value, "is not taken from a \(trigger.rawValue)", "\(derived) is used")
      return derived
    case .manual, .event:
      if let text = value.string, RequestFields.isPrintable(text, lengthMax: RequestReader.idLengthMax) { return text }
      let bound = "1 to \(RequestReader.idLengthMax) printable characters"
      fallBack("correlation_id", value, "is not \(bound)", "\(derived) is used")
      return derived
    }
  }

  mutating func text(_ name: String, lengthMax: Int) -> String? {
    guard let value = merged[name] else { return nil }
    if let text = value.string, RequestFields.isPrintable(text, lengthMax: lengthMax) { return text }
    fallBack(name, value, "is not 1 to \(lengthMax) printable characters", "it is left out")
    return nil
  }

  mutating func hops() -> Int {
    guard let value = merged["hops"] else { return 0 }
    if let hops = value.int, hops >= 0 { return hops }
    fallBack("hops", value, "is not a whole number from 0", "0 is used")
    return 0
  }

  /// - Parameter chunkSizeMax: what the request's source bears.
  mutating func chunkSettings(chunkSizeMax: Int) -> ChunkSettings {
    ChunkSettings(
      chunkSize: setting("chunk_size", in: 1...max(1, chunkSizeMax)),
      sqsSendBatchSize: setting("sqs_send_batch_size", in: ChunkSettings.sqsSendBatchSizes),
      workerTimeout: setting("worker_timeout", in: ChunkSettings.workerTimeoutsSeconds))
  }

  private mutating func setting(_ name: String, in range: ClosedRange<Int>) -> Int? {
    guard let value = settings?[name] else { return nil }
    if let number = value.int, range.contains(number) { return number }
    let bounds = "\(range.lowerBound) to \(range.upperBound)"
    fallBack("override_config.\(name)", value, "is not \(bounds)", "the environment's is used")
    return nil
  }

  private mutating func fallBack(_ name: String, _ value: JSON, _ fault: String, _ instead: String) {
    warn("\(name) \(RequestFields.shown(value)) \(fault): \(instead)")
  }

  /// The value as JSON text, shortened.
  static func shown(_ value: JSON) -> String {
    let text = value.text
    return text.count <= shownMax ? text : "\(text.prefix(shownMax))…"
  }

  static func isDate(_ text: String) -> Bool {
    text.utf8.count == 10 && CivilTime(text) != nil
  }

  private static func isIdentifier(_ text: String) -> Bool {
    (1...50).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): true
        default: false
        }
      }
  }

  private static func isPrintable(_ text: String, lengthMax: Int) -> Bool {
    (1...lengthMax).contains(text.unicodeScalars.count)
      && text.unicodeScalars.allSatisfy { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
      }
  }
}
