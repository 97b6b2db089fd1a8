import AWSPorts
import Events

extension CloudState {
  /// Keys of one `BatchGetItem`.
  static let batchKeysMax = 100
  /// Requests of one `BatchWriteItem`.
  static let batchWritesMax = 25

  /// One operation of DynamoDB.
  mutating func dynamo(_ operation: String, _ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    switch operation {
    case "GetItem": return try getItem(input, at: now)
    case "PutItem": return try write(.put, input, at: now)
    case "UpdateItem": return try write(.update, input, at: now)
    case "DeleteItem": return try write(.delete, input, at: now)
    case "Query": return try query(input, at: now)
    case "Scan": return try scan(input, at: now)
    case "BatchGetItem": return try batchGet(input, at: now)
    case "BatchWriteItem": return try batchWrite(input, at: now)
    case "TransactWriteItems": return try transactWrite(input, at: now)
    case "TransactGetItems": return try transactGet(input, at: now)
    case "DescribeTable": return try describe(input)
    default: throw .refusal("UnknownOperationException", "the model has no \(operation)")
    }
  }

  func table(_ input: JSON) throws(AWSError) -> TableState {
    try table(named: try input.requiredString("TableName"))
  }

  func table(named name: String) throws(AWSError) -> TableState {
    guard let table = tables[name] else { throw .refusal("ResourceNotFoundException", "Requested resource not found") }
    return table
  }

  /// Refuses a call whose partition key has used up this second.
  func requireRoom(_ key: KeyPart, _ table: String, isWrite: Bool, at now: Timestamp) throws(AWSError) {
    guard tableFaults.limitsPartitions else { return }
    let use = record.use(of: key, table: table, at: now)
    guard isWrite ? use.writeUnits < CapacityUse.writeUnitsMax : use.readUnits < CapacityUse.readUnitsMax else {
      throw .refusal(
        "ThrottlingException", "Throughput exceeds the maximum throughput of a partition of \(table): \(key.shown)")
    }
  }

  /// The item as a reader sees it: a reader that asks for no consistency may get it as it was.
  mutating func item(_ key: ItemKey, in table: TableState, isConsistent: Bool, at now: Timestamp) -> Item? {
    if !isConsistent, let lagging = table.lagging[key], lagging.until > now, chance(tableFaults.stale) {
      return lagging.item
    }
    return table.items[key]
  }

  private static let getMembers = [
    "TableName", "Key", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames", "ReturnConsumedCapacity",
  ]

  private mutating func getItem(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown(CloudState.getMembers)
    let table = try table(input)
    var bindings = try ExpressionBindings(input)
    let paths = try ExpressionReader.projection(in: input, &bindings)
    try bindings.requireAllUsed(hasExpression: paths != nil)
    let key = try table.definition.key(named: try AttributeValue.members(try input.required("Key")))
    try requireRoom(key.hash, table.definition.name, isWrite: false, at: now)
    let isConsistent = input["ConsistentRead"]?.bool ?? false
    let item = item(key, in: table, isConsistent: isConsistent, at: now)
    let units = TableState.readUnits(bytes: item?.bytes ?? 0, isConsistent: isConsistent)
    record.read(units, count: 1, table: table.definition.name, key: key.hash, at: now)
    let shown = paths.map { paths in item.map { $0.projected(on: paths) } } ?? item
    return JSON(present: [
      "Item": shown?.json, "ConsumedCapacity": capacity(units, table.definition.name, input),
    ])
  }

  /// `ConsumedCapacity`, if the request asks for it.
  func capacity(_ units: Double, _ table: String, _ input: JSON) -> JSON? {
    guard let wanted = input["ReturnConsumedCapacity"]?.string, wanted != "NONE" else { return nil }
    return ["TableName": .string(table), "CapacityUnits": JSON(units)]
  }

  private static let writeMembers = [
    "TableName", "ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues", "ReturnValues",
    "ReturnValuesOnConditionCheckFailure", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics",
  ]

  private mutating func write(
    _ kind: ItemWrite.Kind, _ input: JSON, at now: Timestamp
  ) throws(AWSError) -> JSON {
    try input.requireKnown(
      CloudState.writeMembers + (kind == .put ? ["Item"] : kind == .update ? ["Key", "UpdateExpression"] : ["Key"]))
    let choices = kind == .update ? ["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"] : ["NONE", "ALL_OLD"]
    let returned = try input.choice("ReturnValues", ["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"])
    guard choices.contains(returned ?? "NONE") else {
      throw .validation("Return values set to invalid value")
    }
    let write = try ItemWrite(kind, input, try table(input).definition)
    try requireRoom(write.key.hash, write.table.name, isWrite: true, at: now)
    let old = tables[write.table.name]?.items[write.key]
    do {
      try write.requireCondition(old)
    } catch {
      note(write, from: old, to: old, factor: 1, at: now)
      throw error
    }
    let new = try write.result(old)
    let units = commit(write, from: old, to: new, factor: 1, at: now)
    return JSON(present: [
      "Attributes": CloudState.attributes(returned, write, old, new),
      "ConsumedCapacity": capacity(units, write.table.name, input),
    ])
  }

  private static func attributes(_ returned: String?, _ write: ItemWrite, _ old: Item?, _ new: Item?) -> JSON? {
    let item: Item? =
      switch returned {
      case "ALL_OLD": old
      case "ALL_NEW": new
      case "UPDATED_OLD": old?.projected(on: write.updatedPaths)
      case "UPDATED_NEW": new?.projected(on: write.updatedPaths)
      default: nil
      }
    guard let item, !item.isEmpty else { return nil }
    return item.json
  }

  /// Stores what a write makes of an item, and counts its capacity.
  @discardableResult
  mutating func commit(
    _ write: ItemWrite, from old: Item?, to new: Item?, factor: Double, at now: Timestamp
  ) -> Double {
    let units = note(write, from: old, to: new, factor: factor, at: now)
    guard !write.isCheck else { return units }
    let lag = tableFaults.stale > 0 ? now + span(upTo: tableFaults.lagMax) : nil
    tables[write.table.name]?.settle(at: now)
    tables[write.table.name]?.store(new, at: write.key, lag: lag, now: now)
    return units
  }

  /// Counts the capacity of a write; also of one that its condition refuses.
  @discardableResult
  mutating func note(
    _ write: ItemWrite, from old: Item?, to new: Item?, factor: Double, at now: Timestamp
  ) -> Double {
    guard let table = tables[write.table.name] else { return 0 }
    let units = table.writeUnits(from: old, to: new)
    record.write(units.table * factor, table: write.table.name, key: write.key.hash, at: now)
    for index in write.table.indexes {
      guard let cost = units.indexes[index.name] else { continue }
      for (item, isShare) in [(old, new == nil), (new, new != nil)] where isShare {
        guard let value = item?[index.hash.name], let part = KeyPart(value) else { continue }
        record.write(cost, table: "\(write.table.name)/\(index.name)", key: part, at: now)
      }
    }
    return units.table * factor
  }

  /// Deletes what has outlived that attribute's second.
  mutating func sweep(_ name: String, _ attribute: String, at now: Timestamp) -> Int {
    let due = (tables[name]?.items ?? [:]).compactMap { key, item -> ItemKey? in
      guard case .number(let end)? = item[attribute], end < ExactDecimal(Int(now.seconds)) else { return nil }
      return key
    }
    for key in due { tables[name]?.store(nil, at: key, lag: nil, now: now) }
    return due.count
  }

  private func describe(_ input: JSON) throws(AWSError) -> JSON {
    let table = try table(input)
    let keys = zip(table.definition.keys, ["HASH", "RANGE"]).map { key, role -> JSON in
      ["AttributeName": .string(key.name), "KeyType": .string(role)]
    }
    return [
      "Table": [
        "TableName": .string(table.definition.name), "TableStatus": "ACTIVE", "KeySchema": .array(keys),
        "ItemCount": JSON(table.items.count),
      ]
    ]
  }
}

extension CloudState {
  private mutating func batchGet(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown(["RequestItems", "ReturnConsumedCapacity"])
    let requests = try input.required("RequestItems").members ?? []
    let asked = requests.reduce(0) { $0 + ($1.value["Keys"]?.elements?.count ?? 0) }
    guard asked > 0 else { throw .validation("The requestItems parameter is required for BatchGetItem") }
    guard asked <= CloudState.batchKeysMax else {
      throw .validation("Too many items requested for the BatchGetItem call")
    }
    var responses: JSON = [:]
    var unprocessed: JSON = [:]
    var isFirst = true
    for request in requests {
      let table = try table(named: request.key)
      var bindings = try ExpressionBindings(request.value)
      let paths = try ExpressionReader.projection(in: request.value, &bindings)
      let isConsistent = request.value["ConsistentRead"]?.bool ?? false
      var seen: Set<ItemKey> = []
      var found: [JSON] = []
      var left: [JSON] = []
      for named in request.value["Keys"]?.elements ?? [] {
        let key = try table.definition.key(named: try AttributeValue.members(named))
        guard seen.insert(key).inserted else {
          throw .validation("Provided list of item keys contains duplicates")
        }
        if !isFirst, chance(tableFaults.partlyFailed) {
          left.append(named)
          continue
        }
        isFirst = false
        let item = item(key, in: table, isConsistent: isConsistent, at: now)
        let units = TableState.readUnits(bytes: item?.bytes ?? 0, isConsistent: isConsistent)
        record.read(units, count: 1, table: request.key, key: key.hash, at: now)
        if let item { found.append((paths.map { item.projected(on: $0) } ?? item).json) }
      }
      responses.set(request.key, .array(found))
      if !left.isEmpty {
        var rest = request.value
        rest.set("Keys", .array(left))
        unprocessed.set(request.key, rest)
      }
    }
    return ["Responses": responses, "UnprocessedKeys": unprocessed]
  }

  private mutating func batchWrite(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown(["RequestItems", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"])
    let requests = try input.required("RequestItems").members ?? []
    var writes: [(table: String, request: JSON, write: ItemWrite)] = []
    for request in requests {
      let table = try table(named: request.key).definition
      for entry in request.value.elements ?? [] {
        let write =
          if let put = entry["PutRequest"] {
            try ItemWrite(.put, put, table)
          } else {
            try ItemWrite(.delete, try entry.required("DeleteRequest"), table)
          }
        guard !writes.contains(where: { $0.table == request.key && $0.write.key == write.key }) else {
          throw .validation("Provided list of item keys contains duplicates")
        }
        writes.append((request.key, entry, write))
      }
    }
    guard (1...CloudState.batchWritesMax).contains(writes.count) else {
      throw .validation(
        "1 validation error detected: Value at 'requestItems' failed to satisfy constraint: Map value must satisfy "
          + "constraint: [Member must have length less than or equal to 25, Member must have length greater than or "
          + "equal to 1]")
    }
    var unprocessed: [String: [JSON]] = [:]
    for (index, entry) in writes.enumerated() {
      if index > 0, chance(tableFaults.partlyFailed) {
        unprocessed[entry.table, default: []].append(entry.request)
        continue
      }
      let old = tables[entry.table]?.items[entry.write.key]
      commit(entry.write, from: old, to: try entry.write.result(old), factor: 1, at: now)
    }
    let rest = unprocessed.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .array($0.value)) }
    return ["UnprocessedItems": .object(rest)]
  }
}
