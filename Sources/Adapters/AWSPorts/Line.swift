import Engine
import Events
import Ingestion
import Telemetry

/// Where a cause stands that waits.
struct Line: Sendable, Hashable {
  let kind: DeferredKind
  /// Grows with the order in which causes came.
  let place: String

  init(kind: DeferredKind, place: String) {
    self.kind = kind
    self.place = place
  }

  /// The place that an open row remembers; nil if it waits for nothing.
  init?(_ openRow: Item) {
    guard let id = openRow.text("line"), let place = openRow.text("line_place"),
      let kind = DeferredKind.all.first(where: { $0.partition == id })
    else { return nil }
    self.init(kind: kind, place: place)
  }

  var key: Key { Key(kind.partition, place) }
}

extension DeferredKind {
  static let all = [DeferredKind.events, .others]

  init(_ trigger: TriggerType) {
    switch trigger {
    case .event: self = .events
    case .schedule, .manual, .backfill, .replay: self = .others
    }
  }

  /// The partition of those who wait together.
  var partition: String {
    switch self {
    case .events: "line#events"
    case .others: "line#others"
    }
  }
}

extension AWSStore {
  public func deferred(
    _ which: DeferredKind, at now: Timestamp, limit: Int
  ) async throws(StoreError) -> [DeferredCause] {
    var range = ControlTable.Range(id: which.partition)
    range.filter = Expression("#until <= :now", ["now": .number(now.milliseconds)])
    var waiting: [DeferredCause] = []
    try await table.each(range) { item throws(StoreError) in
      waiting.append(
        DeferredCause(
          place: AWSStore.number(of: item.key.place), cause: try item.need("cause") { Cause(json: $0) },
          request: try item.need("request") { IngestionRequest($0) },
          warnings: try item.need("warnings") { $0.elements?.compactMap(\.string) },
          wait: Admission.Wait(rawValue: try item.need("wait")) ?? .line, until: try item.needMoment("until")))
      return waiting.count < limit
    }
    return waiting
  }

  public func nextDeferred(_ which: DeferredKind) async throws(StoreError) -> Timestamp? {
    var next: Timestamp?
    try await table.each(ControlTable.Range(id: which.partition)) { item throws(StoreError) in
      let until = try item.needMoment("until")
      next = min(next ?? until, until)
      return true
    }
    return next
  }

  public func postpone(
    domain: String, table tableName: String, after place: Int64, until: Timestamp
  ) async throws(StoreError) {
    for kind in DeferredKind.all {
      try await wait(of: kind, domain, tableName, until: until) { item, before in
        AWSStore.number(of: item.key.place) > place && before < until
      }
    }
  }

  public func hold(
    domain: String, table tableName: String, owner: String, until: Timestamp, at now: Timestamp
  ) async throws(StoreError) -> Admission.Lease? {
    let held = Item(
      .lease(domain, tableName),
      [
        "owner": .text(owner), "until": .number(until.milliseconds), "v": version(),
        "expires_at": .number(until.seconds + 86_400),
      ])
    let condition = Expression(
      "attribute_not_exists(#id) OR #until <= :now OR #owner = :me",
      ["now": .number(now.milliseconds), "me": .text(owner)])
    return try await contended("the hold on \(domain).\(tableName)") {
      () async throws(StoreError) -> Admission.Lease?? in
      switch try await table.write(.put(held, condition)) {
      case .done: .some(Admission.Lease(owner: owner, until: until))
      case .refused: .some(nil)
      case .contended, .doubtful: nil  // Whoever holds it may take it again.
      }
    }
  }

  public func letGo(
    domain: String, table tableName: String, owner: String, at now: Timestamp
  ) async throws(StoreError) -> Bool {
    let mine = Expression("#owner = :me", ["me": .text(owner)])
    var mayBeGone = false
    let isGone = try await contended("the hold on \(domain).\(tableName)") { () async throws(StoreError) -> Bool? in
      switch try await table.write(.delete(.lease(domain, tableName), if: mine)) {
      case .done: return true
      case .refused: return mayBeGone
      case .contended: return nil
      case .doubtful:
        mayBeGone = true
        return nil
      }
    }
    if isGone { try await wake(domain, tableName, at: .epoch) }
    return isGone
  }

  /// Lets everybody who waits for that table be asked again, whatever they were told to wait for.
  func wake(_ domain: String, _ tableName: String, at moment: Timestamp) async throws(StoreError) {
    for kind in DeferredKind.all {
      try await wait(of: kind, domain, tableName, until: moment) { _, before in before != moment }
    }
  }

  /// Sets until when those of a table wait whom the closure picks.
  private func wait(
    of kind: DeferredKind, _ domain: String, _ tableName: String, until: Timestamp,
    where isMeant: (Item, Timestamp) -> Bool
  ) async throws(StoreError) {
    var range = ControlTable.Range(id: kind.partition)
    range.filter = Expression(
      "#domain = :domain AND #table_name = :table", ["domain": .text(domain), "table": .text(tableName)])
    var keys: [Key] = []
    try await table.each(range) { item throws(StoreError) in
      if isMeant(item, try item.needMoment("until")) { keys.append(item.key) }
      return true
    }
    let update = Expression("SET #until = :until", ["until": .number(until.milliseconds)])
    for key in keys {
      _ = try await contended("the line of \(domain).\(tableName)") { () async throws(StoreError) -> Bool? in
        switch try await table.write(.update(key, update, if: .present)) {
        case .done, .refused: true  // One that has left the line waits no more.
        case .contended, .doubtful: nil
        }
      }
    }
  }

  /// Until when the first of those waits who came earlier and wait for the same thing: the common rate, or the same table.
  func aheadUntil(_ domain: String, _ tableName: String, before line: Line?) async throws(StoreError) -> Timestamp? {
    var range = ControlTable.Range(id: DeferredKind.events.partition)
    range.before = line?.place
    var heads: (rate: Timestamp?, table: Timestamp?) = (nil, nil)
    try await table.each(range) { item throws(StoreError) in
      let until = try item.needMoment("until")
      if heads.rate == nil, item.text("wait") == Admission.Wait.rate.rawValue { heads.rate = until }
      if heads.table == nil, item.text("domain") == domain, item.text("table_name") == tableName { heads.table = until }
      return heads.rate == nil || heads.table == nil
    }
    return [heads.rate, heads.table].compactMap { $0 }.max()
  }

  /// A place as a number in the same order, for the port: milliseconds and the count within one.
  static func number(of place: String) -> Int64 {
    let parts = place.split(separator: ".")
    guard parts.count >= 2, let millisecond = Int64(parts[0]), let count = Int64(parts[1]) else { return 0 }
    return millisecond << 20 | min(count, 0xF_FFFF)
  }
}
