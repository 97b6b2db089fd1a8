import Engine
import Events

/// One write of a transaction, or on its own.
enum Write: Sendable, Hashable {
  case put(Item, Expression? = nil)
  case update(Key, Expression, if: Expression? = nil)
  case delete(Key, if: Expression? = nil)
  /// Only in a transaction: the others happen if that holds.
  case check(Key, Expression)

  var key: Key {
    switch self {
    case .put(let item, _): item.key
    case .update(let key, _, _), .delete(let key, _), .check(let key, _): key
    }
  }

  func json(table: String) -> JSON {
    switch self {
    case .put(let item, let condition):
      ["Put": members(table, ("Item", item.json), condition: condition)]
    case .update(let key, let update, let condition):
      ["Update": members(table, ("Key", key.json), update: update, condition: condition)]
    case .delete(let key, let condition):
      ["Delete": members(table, ("Key", key.json), condition: condition)]
    case .check(let key, let condition):
      ["ConditionCheck": members(table, ("Key", key.json), condition: condition)]
    }
  }

  private func members(
    _ table: String, _ subject: (String, JSON), update: Expression? = nil, condition: Expression?
  ) -> JSON {
    var json: JSON = ["TableName": .string(table)]
    json.set(subject.0, subject.1)
    if let update { json.set("UpdateExpression", .string(update.text)) }
    if let condition { json.set("ConditionExpression", .string(condition.text)) }
    if let names = Expression.names([update, condition]) { json.set("ExpressionAttributeNames", names) }
    if let values = Expression.values([update, condition]) { json.set("ExpressionAttributeValues", values) }
    return json
  }
}

/// What came of a write that has conditions.
enum Written: Sendable, Hashable {
  case done
  /// A condition did not hold: nothing was written.
  case refused
  /// Others write the same items at this moment, or the table is busy: nothing was written.
  case contended
  /// No answer came: it may have been written.
  case doubtful
}

/// The control table of an environment (DynamoDB): partition `id`, place `place`, index `by-day` by `day` and `at`.
///
/// Every read is a consistent one, but those of the index. Items of one partition are read in the order of their places.
struct ControlTable: Sendable {
  /// Reads of one page, and keys of one batch, at most.
  static let pageMax = 256
  static let batchMax = 100
  /// Items that one transaction writes at most.
  static let transactionMax = 100
  static let dayIndex = "by-day"

  let api: any AWSAPI
  let name: String

  /// The items of those keys that are there.
  func get(_ keys: [Key]) async throws(StoreError) -> [Key: Item] {
    var found: [Key: Item] = [:]
    var left = JSON.array(keys.map(\.json))
    for _ in 0..<ControlTable.batchMax where left.elements?.isEmpty == false {
      let request: JSON = [
        "RequestItems": .object([.init(name, ["Keys": left, "ConsistentRead": true])])
      ]
      let answer = try await call("BatchGetItem", request)
      for json in answer["Responses"]?[name]?.elements ?? [] {
        guard let item = Item(json) else { throw StoreError(.corrupt, "an item of \(name) has no key") }
        found[item.key] = item
      }
      left = answer["UnprocessedKeys"]?[name]?["Keys"] ?? []
    }
    guard left.elements?.isEmpty != false else { throw StoreError(.unavailable, "\(name) left keys unread") }
    return found
  }

  func get(_ key: Key) async throws(StoreError) -> Item? {
    let answer = try await call(
      "GetItem", ["TableName": .string(name), "Key": key.json, "ConsistentRead": true])
    return answer["Item"].flatMap { Item($0) }
  }

  /// Which items of a partition to read.
  struct Range: Sendable {
    let id: String
    var after: String?
    var before: String?
    var prefix: String?
    var ascending = true
    var filter: Expression?
    /// In the index: `id` is the day, the places are `at`.
    var byDay = false
  }

  /// One page of items, and where the next one begins; nil at the end.
  func page(
    _ range: Range, from start: JSON? = nil, limit: Int = pageMax
  ) async throws(StoreError) -> (items: [Item], next: JSON?) {
    let (partition, place) = range.byDay ? ("#day", "#at") : ("#id", "#place")
    var conditions = ["\(partition) = :partition"]
    var values: [String: Attribute] = ["partition": .text(range.id)]
    switch (range.prefix, range.after, range.before) {
    case (let prefix?, _, _):
      conditions.append("begins_with(\(place), :prefix)")
      values["prefix"] = .text(prefix)
    case (nil, let after?, let before?):
      conditions.append("\(place) BETWEEN :after AND :before")
      values["after"] = .text(after)
      values["before"] = .text(before)
    case (nil, let after?, nil):
      conditions.append("\(place) > :after")
      values["after"] = .text(after)
    case (nil, nil, let before?):
      conditions.append("\(place) < :before")
      values["before"] = .text(before)
    case (nil, nil, nil): break
    }
    let condition = Expression(conditions.joined(separator: " AND "), values)
    var request: JSON = [
      "TableName": .string(name), "KeyConditionExpression": .string(condition.text),
      "ScanIndexForward": .bool(range.ascending), "Limit": JSON(limit),
    ]
    if range.byDay {
      request.set("IndexName", .string(ControlTable.dayIndex))
    } else {
      request.set("ConsistentRead", true)
    }
    if let filter = range.filter { request.set("FilterExpression", .string(filter.text)) }
    if let names = Expression.names([condition, range.filter]) { request.set("ExpressionAttributeNames", names) }
    if let values = Expression.values([condition, range.filter]) { request.set("ExpressionAttributeValues", values) }
    if let start { request.set("ExclusiveStartKey", start) }
    let answer = try await call("Query", request)
    return ((answer["Items"]?.elements ?? []).compactMap { Item($0) }, answer["LastEvaluatedKey"])
  }

  /// All items of a range, page by page, until the closure has seen enough and returns false.
  func each(
    _ range: Range, limit: Int = pageMax, _ body: (Item) throws(StoreError) -> Bool
  ) async throws(StoreError) {
    var start: JSON?
    repeat {
      let page = try await page(range, from: start, limit: limit)
      for item in page.items {
        guard try body(item) else { return }
      }
      start = page.next
    } while start != nil
  }

  /// Writes all or nothing. The token makes a repeated send of the same a single write.
  func transact(_ writes: [Write], token: String) async throws(StoreError) -> Written {
    precondition(writes.count <= ControlTable.transactionMax, "\(writes.count) writes are too many for one transaction")
    let request: JSON = [
      "TransactItems": .array(writes.map { $0.json(table: name) }), "ClientRequestToken": .string(token),
    ]
    do {
      _ = try await api.call(.dynamoDB, "TransactWriteItems", request)
      return .done
    } catch {
      return try outcome(error)
    }
  }

  /// Writes one item.
  func write(_ write: Write) async throws(StoreError) -> Written {
    try await written(write, returning: nil).written
  }

  /// Updates one item and returns it as it is afterwards; as it was if the condition did not hold.
  func update(
    _ key: Key, _ update: Expression, if condition: Expression? = nil
  ) async throws(StoreError) -> (written: Written, item: Item?) {
    try await written(.update(key, update, if: condition), returning: "ALL_NEW")
  }

  private func written(
    _ write: Write, returning: String?
  ) async throws(StoreError) -> (written: Written, item: Item?) {
    guard let (kind, request) = write.json(table: name).members?.first.map({ ($0.key, $0.value) }) else {
      preconditionFailure("a write has one kind")
    }
    var input = request
    if let returning { input.set("ReturnValues", .string(returning)) }
    if returning != nil { input.set("ReturnValuesOnConditionCheckFailure", "ALL_OLD") }
    do {
      let answer = try await api.call(.dynamoDB, "\(kind)Item", input)
      return (.done, answer["Attributes"].flatMap { Item($0) })
    } catch {
      return (try outcome(error), error.body["Item"].flatMap { Item($0) })
    }
  }

  /// What an error says about a write; throws what no further attempt can mend.
  ///
  /// An attempt whose answer was lost may be what a later one was refused for, so a doubtful error says nothing else.
  private func outcome(_ error: AWSError) throws(StoreError) -> Written {
    if error.isDoubtful { return .doubtful }
    switch error.code {
    case "ConditionalCheckFailedException": return .refused
    case "TransactionConflictException", "TransactionInProgressException": return .contended
    case "TransactionCanceledException":
      let codes = (error.body["CancellationReasons"]?.elements ?? []).compactMap { $0["Code"]?.string }
      if codes.contains("ValidationError") || codes.contains("ItemCollectionSizeLimitExceeded") {
        throw StoreError(.refused, "\(name): \(error.message)")
      }
      return codes.contains("ConditionalCheckFailed") ? .refused : .contended
    case let code where ControlTable.throttles.contains(code): return .contended
    default: throw ControlTable.storeError(error)
    }
  }

  private static let throttles: Set<String> = [
    "ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException", "ThrottledException",
  ]
  /// Other refusals of the services that pass by themselves.
  private static let passing: Set<String> = [
    "ConditionalRequestConflict", "RequestThrottled", "RequestTimeout", "TooManyRequestsException",
  ]

  private func call(_ operation: String, _ input: JSON) async throws(StoreError) -> JSON {
    do {
      return try await api.call(.dynamoDB, operation, input)
    } catch {
      throw ControlTable.storeError(error)
    }
  }

  /// What a failed call means to the engine: `refused` where the request itself is at fault, else `unavailable`.
  static func storeError(_ error: AWSError) -> StoreError {
    let isRefused = (400..<500).contains(error.status) && !throttles.union(passing).contains(error.code)
    return StoreError(isRefused ? .refused : .unavailable, "\(error.code): \(error.message)")
  }
}
