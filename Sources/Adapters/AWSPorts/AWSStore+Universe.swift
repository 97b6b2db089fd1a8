import Engine
import Events
import Ingestion
import Synchronization

/// The parameter as it was read last.
final class UniverseCache: Sendable {
  struct Entry {
    /// nil: there is no such parameter.
    let parameter: Parameter?
    let readAt: Timestamp
  }

  struct Parameter: Hashable {
    let symbols: [String]
    let modifiedAt: Timestamp
  }

  private let entry = Mutex<Entry?>(nil)

  /// What was read at most that long ago; nil if it is older, or of the future.
  func fresh(at now: Timestamp, for span: Span) -> Entry? {
    entry.withLock { entry in
      guard let entry, now >= entry.readAt, now - entry.readAt < span else { return nil }
      return entry
    }
  }

  func set(_ new: Entry) { entry.withLock { $0 = new } }
}

/// The parameter `/{environment}/customer-data/ingestion/symbols` is what operators say, and is never written here, for the
/// stack owns it; changes that events told are noted in the table and laid over it (D5, D7).
extension AWSStore: UniverseStore {
  /// How long a parameter that was read is believed.
  public static let universeLife = Span.seconds(60)

  private static let partition = "universe"

  public func universe(at now: Timestamp) async throws(StoreError) -> [String]? {
    let parameter = try await parameter(at: now)
    let base = Key(AWSStore.partition, "base")
    var start = parameter?.symbols
    if start == nil { start = try await table.get(base)?.need("symbols") { $0.elements?.compactMap(\.string) } }
    guard let start else { return nil }
    var changes: [UniverseChange] = []
    var range = ControlTable.Range(id: AWSStore.partition, prefix: "change#")
    range.filter = Expression("#effective_ms <= :now", ["now": .number(now.milliseconds)])
    try await table.each(range) { item throws(StoreError) in
      let change = UniverseChange(
        id: try item.need("change_id"), added: try item.need("added") { $0.elements?.compactMap(\.string) },
        removed: try item.need("removed") { $0.elements?.compactMap(\.string) },
        effectiveAt: try item.needMoment("effective_ms"))
      let noted = try item.needMoment("noted_ms")
      // Whoever has written the parameter since has said the whole universe, what had taken effect by then included.
      if parameter.map({ max(noted, change.effectiveAt) <= $0.modifiedAt }) != true { changes.append(change) }
      return true
    }
    return changes.reduce(Universe(symbols: start, source: .parameter)) { $0.applying($1) }.symbols
  }

  public func note(_ change: UniverseChange, base: [String]) async throws(StoreError) {
    let now = clock.now()
    let start = Item(Key(AWSStore.partition, "base"), ["symbols": .text(JSON(base).text)])
    _ = try await contended("the universe") { () async throws(StoreError) -> Bool? in
      switch try await table.write(.put(start, .absent)) {
      case .done, .refused: true
      case .contended, .doubtful: nil
      }
    }
    let item = Item(
      // With the change's own id at the end, for another process may write in the same millisecond.
      Key(AWSStore.partition, "change#\(Order.prefix(change.effectiveAt))#\(order.text(at: now))#\(change.id)"),
      [
        "change_id": .text(change.id), "added": .text(JSON(change.added).text),
        "removed": .text(JSON(change.removed).text), "effective_ms": .number(change.effectiveAt.milliseconds),
        "noted_ms": .number(now.milliseconds),
      ])
    let known = Item(Key("universe-change#\(change.id)"), ["place_of": .text(item.key.place)])
    _ = try await contended("the universe") { () async throws(StoreError) -> Bool? in
      switch try await table.transact([.put(known, .absent), .put(item)], token: entropy.uuid()) {
      case .done, .refused: true  // Refused: the same change was noted before.
      case .contended, .doubtful: nil
      }
    }
  }

  private func parameter(at now: Timestamp) async throws(StoreError) -> UniverseCache.Parameter? {
    if let entry = cache.fresh(at: now, for: AWSStore.universeLife) { return entry.parameter }
    var parameter: UniverseCache.Parameter?
    do {
      let answer = try await api.call(.ssm, "GetParameter", ["Name": .string(names.universeParameter)])
      let value = answer["Parameter"]?["Value"]?.string ?? ""
      let modified = answer["Parameter"]?["LastModifiedDate"]?.double ?? 0
      let symbols = value.split { $0 == "," || $0.isWhitespace }.map { $0.uppercased() }
      if !symbols.isEmpty {
        parameter = UniverseCache.Parameter(
          symbols: symbols, modifiedAt: Timestamp(milliseconds: Int64(modified * 1_000)))
      }
    } catch  where error.code == "ParameterNotFound" {
      parameter = nil
    } catch {
      throw ControlTable.storeError(error)
    }
    cache.set(UniverseCache.Entry(parameter: parameter, readAt: now))
    return parameter
  }
}
