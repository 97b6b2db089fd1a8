import AWSPorts
import Events

/// A transaction that went through, remembered for its token.
struct CommittedTransaction: Sendable {
  let content: String
  let until: Timestamp
}

extension CloudState {
  /// Items of one transaction.
  static let transactionItemsMax = 100
  /// Bytes of all items of one transaction.
  static let transactionBytesMax = 4_194_304
  /// How long a `ClientRequestToken` is remembered.
  static let tokenKept = Span.minutes(10)
  static let tokenLength = 1...36

  private static let writeMembers = [
    "TableName", "ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues",
    "ReturnValuesOnConditionCheckFailure",
  ]

  mutating func transactWrite(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown([
      "TransactItems", "ClientRequestToken", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics",
    ])
    let writes = try transactionWrites(input)
    transactions = transactions.filter { $0.value.until > now }
    let token = input["ClientRequestToken"]?.string
    let content = input["TransactItems"]?.canonicalText ?? ""
    if let token {
      guard CloudState.tokenLength.contains(token.utf8.count) else {
        throw .validation("ClientRequestToken has 1 to 36 characters")
      }
      if let before = transactions[token] {
        guard before.content == content else {
          throw .refusal(
            "IdempotentParameterMismatchException",
            "The request uses the same client token as a previous, but non-identical request.")
        }
        return [:]
      }
    }
    var reasons: [AWSError?] = []
    var results: [(old: Item?, new: Item?)] = []
    for write in writes {
      let old = tables[write.table.name]?.items[write.key]
      do {
        try requireRoom(write.key.hash, write.table.name, isWrite: true, at: now)
        try write.requireCondition(old)
        results.append((old, try write.result(old)))
        reasons.append(nil)
      } catch {
        results.append((old, old))
        reasons.append(error)
      }
    }
    guard reasons.allSatisfy({ $0 == nil }) else {
      for (write, result) in zip(writes, results) { note(write, from: result.old, to: result.old, factor: 2, at: now) }
      throw .cancelled(reasons)
    }
    let bytes = results.reduce(0) { $0 + max($1.old?.bytes ?? 0, $1.new?.bytes ?? 0) }
    guard bytes <= CloudState.transactionBytesMax else {
      throw .validation("Collection size cannot exceed 4MB")
    }
    for (write, result) in zip(writes, results) {
      commit(write, from: result.old, to: result.new, factor: 2, at: now)
    }
    if let token { transactions[token] = CommittedTransaction(content: content, until: now + CloudState.tokenKept) }
    return [:]
  }

  private func transactionWrites(_ input: JSON) throws(AWSError) -> [ItemWrite] {
    let items = try input.required("TransactItems").elements ?? []
    guard (1...CloudState.transactionItemsMax).contains(items.count) else {
      throw .validation(
        "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length "
          + (items.isEmpty ? "greater than or equal to 1" : "less than or equal to 100"))
    }
    var writes: [ItemWrite] = []
    for item in items {
      guard let members = item.members, members.count == 1, let member = members.first,
        let kind = ItemWrite.Kind(rawValue: member.key)
      else {
        throw .validation(
          "TransactItems can only contain one of Check, Put, Update or Delete")
      }
      let extra = kind == .put ? ["Item"] : kind == .update ? ["Key", "UpdateExpression"] : ["Key"]
      try member.value.requireKnown(CloudState.writeMembers + extra)
      writes.append(try ItemWrite(kind, member.value, try table(member.value).definition))
    }
    var seen: Set<String> = []
    for write in writes {
      guard seen.insert("\(write.table.name) \(write.key)").inserted else {
        throw .validation("Transaction request cannot include multiple operations on one item")
      }
    }
    return writes
  }

  mutating func transactGet(_ input: JSON, at now: Timestamp) throws(AWSError) -> JSON {
    try input.requireKnown(["TransactItems", "ReturnConsumedCapacity"])
    let items = try input.required("TransactItems").elements ?? []
    guard (1...CloudState.transactionItemsMax).contains(items.count) else {
      throw .validation(
        "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length "
          + (items.isEmpty ? "greater than or equal to 1" : "less than or equal to 100"))
    }
    var responses: [JSON] = []
    var seen: Set<String> = []
    for item in items {
      let get = try item.required("Get")
      try get.requireKnown(["TableName", "Key", "ProjectionExpression", "ExpressionAttributeNames"])
      let table = try table(get)
      var bindings = try ExpressionBindings(get)
      let paths = try ExpressionReader.projection(in: get, &bindings)
      try bindings.requireAllUsed(hasExpression: paths != nil)
      let key = try table.definition.key(named: try AttributeValue.members(try get.required("Key")))
      guard seen.insert("\(table.definition.name) \(key)").inserted else {
        throw .validation("Transaction request cannot include multiple operations on one item")
      }
      let found = table.items[key]
      let units = TableState.readUnits(bytes: found?.bytes ?? 0, isConsistent: true) * 2
      record.read(units, count: 1, table: table.definition.name, key: key.hash, at: now)
      let shown = paths.map { paths in found.map { $0.projected(on: paths) } } ?? found
      responses.append(JSON(present: ["Item": shown?.json]))
    }
    return ["Responses": .array(responses)]
  }
}

extension AWSError {
  /// A transaction that was not done, with a reason for each of its items in their order; nil: nothing against it.
  static func cancelled(_ reasons: [AWSError?]) -> AWSError {
    let codes = reasons.map { reason in
      guard let code = reason?.code else { return "None" }
      switch code {
      case "ConditionalCheckFailedException": return "ConditionalCheckFailed"
      case "TransactionConflictException": return "TransactionConflict"
      case "ThrottlingException": return "ThrottlingError"
      default: return "ValidationError"
      }
    }
    let rows = zip(codes, reasons).map { code, reason in
      JSON(present: [
        "Code": .string(code), "Message": reason.map { .string($0.message) }, "Item": reason?.body["Item"],
      ])
    }
    return refusal(
      "TransactionCanceledException",
      "Transaction cancelled, please refer cancellation reasons for specific reasons "
        + "[\(codes.joined(separator: ", "))]",
      [JSON.Member("CancellationReasons", .array(rows))])
  }
}
