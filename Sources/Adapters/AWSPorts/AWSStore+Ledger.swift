import Engine
import Events
import Telemetry

extension AWSStore: Ledger {
  /// Days that a question without a beginning looks back: each costs a request.
  public static let lookBackDaysMax = 62

  public func entry(of causeID: String) async throws(StoreError) -> LedgerEntry? {
    let rows = try await table.get([.decision(causeID), .open(causeID)])
    guard let row = rows[.decision(causeID)] ?? rows[.open(causeID)] else { return nil }
    return try AWSStore.entry(row)
  }

  public func entries(_ query: LedgerQuery) async throws(StoreError) -> [LedgerEntry] {
    let limit = min(max(1, query.limit), LedgerQuery.limitMax)
    let after = try await query.after.asyncMap { id throws(StoreError) in
      let rows = try await table.get([.decision(id), .open(id)])
      return (rows[.decision(id)] ?? rows[.open(id)])?.text("at")
    }
    let filter = AWSStore.filter(query)
    var entries: [LedgerEntry] = []
    for day in days(since: query.since, until: query.until, oldestFirst: query.oldestFirst) {
      var range = ControlTable.Range(id: day, ascending: query.oldestFirst, filter: filter, byDay: true)
      if query.oldestFirst { range.after = after ?? nil } else { range.before = after ?? nil }
      try await table.each(range) { item throws(StoreError) in
        entries.append(try AWSStore.entry(item))
        return entries.count < limit
      }
      if entries.count >= limit { break }
    }
    return entries
  }

  public func standing(of causes: [String]) async throws(StoreError) -> [String: CauseStanding] {
    var standings: [String: CauseStanding] = [:]
    let keys = causes.flatMap { [Key.decision($0), Key.open($0)] }
    for start in stride(from: 0, to: keys.count, by: ControlTable.batchMax) {
      let rows = try await table.get(Array(keys[start..<min(start + ControlTable.batchMax, keys.count)]))
      for cause in causes {
        let decided = rows[.decision(cause)] == nil ? 0 : 1
        let isOpen = rows[.open(cause)] != nil
        if decided > 0 || isOpen { standings[cause] = CauseStanding(decided: decided, isOpen: isOpen) }
      }
    }
    return standings
  }

  /// The days to look at, in the order in which rows are wanted.
  func days(since: Timestamp?, until: Timestamp?, oldestFirst: Bool) -> [String] {
    let end = until ?? clock.now()
    let start = since ?? end - .days(AWSStore.lookBackDaysMax)
    guard start <= end else { return [] }
    let days = (start.seconds / 86_400...end.seconds / 86_400).map { Timestamp(seconds: $0 * 86_400).dateText }
    return oldestFirst ? days : days.reversed()
  }

  private static func filter(_ query: LedgerQuery) -> Expression? {
    var conditions: [String] = []
    var values: [String: Attribute] = [:]
    func match(_ name: String, _ value: String?) {
      guard let value else { return }
      conditions.append("#\(name) = :\(name)")
      values[name] = .text(value)
    }
    match("decision", query.decision?.rawValue)
    match("rule", query.rule)
    match("domain", query.domain)
    match("parent_id", query.parent)
    if let since = query.since {
      conditions.append("#ms >= :since")
      values["since"] = .number(since.milliseconds)
    }
    if let until = query.until {
      conditions.append("#ms < :until")
      values["until"] = .number(until.milliseconds)
    }
    if let id = query.id {
      conditions.append(
        "(" + ["cause_id", "event_id", "run_id", "correlation_id"].map { "#\($0) = :wanted" }.joined(separator: " OR ")
          + ")")
      values["wanted"] = .text(id)
    }
    return conditions.isEmpty ? nil : Expression(conditions.joined(separator: " AND "), values)
  }

  static func entry(_ item: Item) throws(StoreError) -> LedgerEntry {
    try item.need("entry") { LedgerEntry(json: $0) }
  }

  /// The row of a cause; a terminal one is its only one, and takes the open one away.
  ///
  /// - Parameters:
  ///   - line: where the cause waits; the open row remembers it.
  ///   - open: the open row as it is.
  func rowWrites(_ entry: LedgerEntry, line: Line?, owner: Attribute, open: Item?) -> [Write] {
    let key = entry.decision.isTerminal ? Key.decision(entry.causeID) : Key.open(entry.causeID)
    var item = Item(
      key,
      [
        "entry": .text(entry.json.text), "owner": owner, "v": owner, "day": .text(entry.at.dateText),
        "at": .text(order.text(at: entry.at)), "ms": .number(entry.at.milliseconds),
        "decision": .text(entry.decision.rawValue), "cause_id": .text(entry.causeID),
        "expires_at": .number((entry.at + .days(settings.retention.days)).seconds),
      ])
    for (name, value) in [
      ("rule", entry.about.rule), ("domain", entry.about.domain), ("parent_id", entry.about.parentID),
      ("event_id", entry.about.eventID), ("run_id", entry.about.runID), ("correlation_id", entry.about.correlationID),
    ] {
      if let value { item.set(name, .text(value)) }
    }
    if entry.decision.isTerminal {
      return [.put(item, .absent)] + (open.map { [.delete($0.key)] } ?? [])
    }
    if let line {
      item.set("line", .text(line.key.id))
      item.set("line_place", .text(line.place))
    }
    return [.put(item, .unchanged(open)), .check(.decision(entry.causeID), .absent)]
  }
}

extension Optional {
  /// What the closure makes of the value; nil for none.
  func asyncMap<Value, Failure: Error>(
    _ body: (Wrapped) async throws(Failure) -> Value
  ) async throws(Failure) -> Value? {
    guard let self else { return nil }
    return try await body(self)
  }
}
