import AWSPorts
import Events

/// The parts of a `Query` or `Scan` that both have.
private struct PageRequest {
  let table: TableState
  let index: CloudTable.Index?
  let isConsistent: Bool
  let limit: Int?
  let start: KeyIndex.Entry?
  let startPartition: KeyPart?

  init(_ input: JSON, _ table: TableState) throws(AWSError) {
    self.table = table
    isConsistent = input["ConsistentRead"]?.bool ?? false
    if let name = input["IndexName"]?.string {
      guard let found = table.definition.indexes.first(where: { $0.name == name }) else {
        throw .validation("The table does not have the specified index: \(name)")
      }
      guard !isConsistent else {
        throw .validation("Consistent reads are not supported on global secondary indexes")
      }
      index = found
    } else {
      index = nil
    }
    limit = input["Limit"]?.int
    if let limit, limit < 1 {
      throw .validation(
        "1 validation error detected: Value '\(limit)' at 'limit' failed to satisfy constraint: "
          + "Member must have value greater than or equal to 1")
    }
    guard let given = input["ExclusiveStartKey"] else {
      start = nil
      startPartition = nil
      return
    }
    let item = try AttributeValue.members(given)
    let names = Set((table.definition.keys + (index?.keys ?? [])).map(\.name))
    guard Set(item.keys) == names, let key = ItemKey(item, hash: table.definition.hash, range: table.definition.range),
      let place = index.map({ ItemKey(item, hash: $0.hash, range: $0.range) }) ?? key
    else { throw .validation("The provided starting key is invalid") }
    start = KeyIndex.Entry(range: place.range, item: key)
    startPartition = place.hash
  }

  /// The key from which the next page goes on.
  func position(_ item: Item) -> JSON {
    let names = Set((table.definition.keys + (index?.keys ?? [])).map(\.name))
    return item.filter { names.contains($0.key) }.json
  }
}

extension CloudState {
  /// Bytes of items that one page looks at.
  static let pageBytesMax = 1_048_576

  private static let pageMembers = [
    "TableName", "IndexName", "FilterExpression", "ProjectionExpression", "ExpressionAttributeNames",
    "ExpressionAttributeValues", "Limit", "ExclusiveStartKey", "ConsistentRead", "Select", "ReturnConsumedCapacity",
  ]

  mutating func query(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown(CloudState.pageMembers + ["KeyConditionExpression", "ScanIndexForward"])
    let page = try PageRequest(input, try table(input))
    var bindings = try ExpressionBindings(input)
    guard let expression = try ExpressionReader.condition(in: input, .key, &bindings) else {
      throw .validation(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    }
    let (hash, range) =
      page.index.map { ($0.hash, $0.range) } ?? (page.table.definition.hash, page.table.definition.range)
    let key = try KeyCondition(expression, hash: hash, range: range)
    let isForward = input["ScanIndexForward"]?.bool ?? true
    if let start = page.startPartition, start != key.partition {
      throw .validation("The provided starting key is outside query boundaries based on provided conditions")
    }
    let view = view(of: key.partition, page, at: now)
    let low = view.entries.firstPlace { key.side(of: $0.range) >= 0 }
    let high = view.entries.firstPlace { key.side(of: $0.range) > 0 }
    var part = view.entries[low..<high]
    if let start = page.start {
      part = isForward ? part[part.firstPlace { start < $0 }...] : part[..<part.firstPlace { start <= $0 }]
    }
    let ordered = isForward ? AnySequence(part) : AnySequence(part.reversed())
    let items = AnySequence(ordered.lazy.compactMap { view.items[$0.item] ?? page.table.items[$0.item] })
    return try answer(items, page, input, &bindings, partition: key.partition, at: now)
  }

  mutating func scan(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown(CloudState.pageMembers)
    let page = try PageRequest(input, try table(input))
    guard page.index == nil else { throw .validation("the model scans no indexes") }
    var bindings = try ExpressionBindings(input)
    let keys = page.table.items.keys.sorted().filter { key in page.start.map { $0.item < key } ?? true }
    var items: [Item] = []
    for key in keys {
      if let item = item(key, in: page.table, isConsistent: page.isConsistent, at: now) { items.append(item) }
    }
    return try answer(items, page, input, &bindings, partition: nil, at: now)
  }

  /// A partition in ascending order as this reader sees it; items that are not named are those of the table.
  private mutating func view(
    of partition: KeyPart, _ page: PageRequest, at now: Timestamp
  ) -> (entries: [KeyIndex.Entry], items: [ItemKey: Item]) {
    let entries = page.table.entries(of: partition, index: page.index?.name)
    if page.isConsistent || page.table.lagging.isEmpty { return (entries, [:]) }
    let (hash, range) =
      page.index.map { ($0.hash, $0.range) } ?? (page.table.definition.hash, page.table.definition.range)
    var seen: [KeyIndex.Entry] = []
    var items: [ItemKey: Item] = [:]
    for key in Set(entries.map(\.item)).union(page.table.lagging.keys).sorted() {
      guard let item = item(key, in: page.table, isConsistent: false, at: now),
        let place = ItemKey(item, hash: hash, range: range), place.hash == partition
      else { continue }
      seen.append(KeyIndex.Entry(range: place.range, item: key))
      items[key] = item
    }
    return (seen.sorted(), items)
  }

  /// One page: limit first, filter second, as DynamoDB does.
  private mutating func answer(
    _ items: some Sequence<Item>, _ page: PageRequest, _ input: JSON, _ bindings: inout ExpressionBindings,
    partition: KeyPart?,
    at now: Timestamp
  ) throws(AWSError) -> JSON {
    let filter = try ExpressionReader.condition(in: input, .filter, &bindings)
    let paths = try ExpressionReader.projection(in: input, &bindings)
    try bindings.requireAllUsed(hasExpression: filter != nil || paths != nil || input["KeyConditionExpression"] != nil)
    if input["KeyConditionExpression"] != nil, let filter {
      let keys = (page.index?.keys ?? page.table.definition.keys).map(\.name)
      for name in keys where filter.roots.contains(name) {
        throw .validation(
          "Filter Expression can only contain non-primary key attributes: Primary key attribute: \(name)")
      }
    }
    var seen: [Item] = []
    var bytes = 0
    var isCut = false
    for item in items {
      seen.append(item)
      bytes += item.bytes
      if seen.count == page.limit || bytes >= CloudState.pageBytesMax {
        isCut = true
        break
      }
    }
    let kept = seen.filter { filter?.isTrue(of: $0) ?? true }
    let name = page.table.definition.name
    let place = page.index.map { "\(name)/\($0.name)" } ?? name
    if let partition { try requireRoom(partition, place, isWrite: false, at: now) }
    let units = TableState.readUnits(bytes: bytes, isConsistent: page.isConsistent)
    record.read(units, count: seen.count, table: place, key: partition, at: now)
    let shown = kept.map { item in (paths.map { item.projected(on: $0) } ?? item).json }
    return JSON(present: [
      "Items": input["Select"]?.string == "COUNT" ? nil : .array(shown),
      "Count": JSON(kept.count), "ScannedCount": JSON(seen.count),
      "LastEvaluatedKey": isCut ? seen.last.map { page.position($0) } : nil,
      "ConsumedCapacity": capacity(units, name, input),
    ])
  }
}
