import AWSPorts
import Events

/// A table and what is in it.
struct TableState: Sendable {
  /// What eventually consistent readers may still see of an item.
  struct Lagging: Sendable {
    /// nil: no item.
    let item: Item?
    let until: Timestamp
  }

  let definition: CloudTable
  private(set) var items: [ItemKey: Item] = [:]
  private var primary = KeyIndex()
  private var secondary: [String: KeyIndex] = [:]
  private(set) var lagging: [ItemKey: Lagging] = [:]

  init(_ definition: CloudTable) {
    self.definition = definition
  }

  /// Stores an item, or removes it if `new` is nil.
  ///
  /// - Parameter lag: until when eventually consistent readers may see what was there before; nil: all see it at once.
  mutating func store(_ new: Item?, at key: ItemKey, lag: Timestamp?, now: Timestamp) {
    let old = items[key]
    if let lag, old != new {
      if (lagging[key]?.until ?? now) <= now { lagging[key] = Lagging(item: old, until: lag) }
    }
    items[key] = new
    let entry = KeyIndex.Entry(range: key.range, item: key)
    if old == nil, new != nil { primary.insert(entry, in: key.hash) }
    if old != nil, new == nil { primary.remove(entry, from: key.hash) }
    for index in definition.indexes {
      let before = old.flatMap { ItemKey($0, hash: index.hash, range: index.range) }
      let after = new.flatMap { ItemKey($0, hash: index.hash, range: index.range) }
      guard before != after else { continue }
      if let before {
        secondary[index.name]?.remove(KeyIndex.Entry(range: before.range, item: key), from: before.hash)
      }
      if let after {
        secondary[index.name, default: KeyIndex()].insert(
          KeyIndex.Entry(range: after.range, item: key), in: after.hash)
      }
    }
  }

  /// Forgets what no reader may see any more.
  mutating func settle(at now: Timestamp) {
    guard !lagging.isEmpty else { return }
    lagging = lagging.filter { $0.value.until > now }
  }

  /// The entries of a partition in ascending order.
  ///
  /// - Parameter index: nil for the table itself.
  func entries(of partition: KeyPart, index: String?) -> [KeyIndex.Entry] {
    let keys = index.map { secondary[$0] ?? KeyIndex() } ?? primary
    return keys.partitions[partition] ?? []
  }

  /// Write units that a change costs the table and, by name, its indexes.
  func writeUnits(from old: Item?, to new: Item?) -> (table: Double, indexes: [String: Double]) {
    let bytes = max(old?.bytes ?? 0, new?.bytes ?? 0)
    let units = Double(max(1, (bytes + 1_023) / 1_024))
    var indexes: [String: Double] = [:]
    for index in definition.indexes where old != new {
      let before = old.flatMap { ItemKey($0, hash: index.hash, range: index.range) }
      let after = new.flatMap { ItemKey($0, hash: index.hash, range: index.range) }
      guard before != nil || after != nil else { continue }
      indexes[index.name] = before != nil && after != nil && before != after ? units * 2 : units
    }
    return (units, indexes)
  }

  static func readUnits(bytes: Int, isConsistent: Bool) -> Double {
    Double(max(1, (bytes + 4_095) / 4_096)) * (isConsistent ? 1 : 0.5)
  }
}
