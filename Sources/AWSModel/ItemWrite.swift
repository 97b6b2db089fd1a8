import AWSPorts
import Events

/// One write of one item as a request asks for it, alone or in a transaction.
struct ItemWrite: Sendable {
  /// Raw values are the members of a transaction's item.
  enum Kind: String, Sendable, CaseIterable {
    case put = "Put"
    case update = "Update"
    case delete = "Delete"
    case check = "ConditionCheck"
  }

  private enum Change: Sendable {
    case put(Item)
    case update(UpdateExpression?)
    case delete
    case nothing
  }

  /// Bytes of an item.
  static let itemBytesMax = 409_600

  let table: CloudTable
  let key: ItemKey
  private let keyAttributes: Item
  private let change: Change
  private let condition: Condition?
  private let showsOldOnFailure: Bool

  init(_ kind: Kind, _ input: JSON, _ table: CloudTable) throws(AWSError) {
    self.table = table
    var bindings = try ExpressionBindings(input)
    condition = try ExpressionReader.condition(in: input, .condition, &bindings)
    if kind == .check, condition == nil {
      throw .validation("The ConditionExpression of a ConditionCheck must be given")
    }
    switch kind {
    case .put:
      let item = try AttributeValue.members(try input.required("Item"))
      key = try table.key(of: item)
      keyAttributes = item
      change = .put(item)
      try ItemWrite.requireSound(item, table, "Item size has exceeded the maximum allowed size")
    case .update, .delete, .check:
      keyAttributes = try AttributeValue.members(try input.required("Key"))
      key = try table.key(named: keyAttributes)
      let update = kind == .update ? try ExpressionReader.update(in: input, &bindings) : nil
      try ItemWrite.requireNoKeys(update, table)
      change = kind == .update ? .update(update) : kind == .delete ? .delete : .nothing
    }
    try bindings.requireAllUsed(
      hasExpression: condition != nil || input[ExpressionReader.Kind.update.rawValue] != nil)
    showsOldOnFailure =
      try input.choice("ReturnValuesOnConditionCheckFailure", ["NONE", "ALL_OLD"]) == "ALL_OLD"
  }

  /// The places that the update names; none for other writes.
  var updatedPaths: [DocumentPath] {
    switch change {
    case .update(let update): update?.paths ?? []
    case .put, .delete, .nothing: []
    }
  }

  /// Whether it changes anything at all.
  var isCheck: Bool {
    switch change {
    case .nothing: true
    case .put, .update, .delete: false
    }
  }

  /// Refuses the write if its condition does not hold.
  func requireCondition(_ old: Item?) throws(AWSError) {
    guard let condition, !condition.isTrue(of: old ?? [:]) else { return }
    let shown = showsOldOnFailure ? old.map { [JSON.Member("Item", $0.json)] } ?? [] : []
    throw .refusal("ConditionalCheckFailedException", "The conditional request failed", shown)
  }

  /// The item after the write; nil if there is none then.
  func result(_ old: Item?) throws(AWSError) -> Item? {
    switch change {
    case .nothing: return old
    case .delete: return nil
    case .put(let item): return item
    case .update(let update):
      let base = old ?? keyAttributes
      let new = try update?.applied(to: base) ?? base
      try requireIndexKeys(new)
      try ItemWrite.requireSound(new, table, "Item size to update has exceeded the maximum allowed size")
      return new
    }
  }

  /// Refuses an update that gives an index's key a type that it can't have.
  private func requireIndexKeys(_ item: Item) throws(AWSError) {
    for key in table.indexes.flatMap(\.keys) where updatedPaths.contains(where: { $0.root == key.name }) {
      guard let value = item[key.name], value.type != key.kind.rawValue else { continue }
      throw .validation(
        "The update expression attempted to update the secondary index key to unsupported type")
    }
  }

  private static func requireSound(_ item: Item, _ table: CloudTable, _ tooLarge: String) throws(AWSError) {
    try table.requireIndexable(item)
    guard item.bytes <= itemBytesMax else { throw .validation(tooLarge) }
  }

  private static func requireNoKeys(_ update: UpdateExpression?, _ table: CloudTable) throws(AWSError) {
    for path in update?.paths ?? [] {
      guard !table.keys.contains(where: { $0.name == path.root }) else {
        throw .invalidValues("Cannot update attribute \(path.root). This attribute is part of the key")
      }
    }
  }
}

extension JSON {
  func required(_ name: String) throws(AWSError) -> JSON {
    guard let value = self[name], value != .null else {
      throw .validation(
        "1 validation error detected: Value null at '\(name)' failed to satisfy constraint: "
          + "Member must not be null")
    }
    return value
  }

  func requiredString(_ name: String) throws(AWSError) -> String {
    guard let text = try required(name).string else { throw .serialization("\(name) is a string") }
    return text
  }

  /// A member that names one of a few things; nil if it is absent.
  func choice(_ name: String, _ choices: [String]) throws(AWSError) -> String? {
    guard let value = self[name] else { return nil }
    guard let text = value.string, choices.contains(text) else {
      throw .validation(
        "1 validation error detected: Value '\(value.string ?? value.text)' at '\(name)' failed to satisfy "
          + "constraint: Member must satisfy enum value set: [\(choices.joined(separator: ", "))]")
    }
    return text
  }

  /// Refuses members that the model does not know: a misspelt one would be ignored by AWS.
  func requireKnown(_ names: [String]) throws(AWSError) {
    guard let members else { throw .serialization("the input is an object") }
    for member in members where !names.contains(member.key) {
      throw .validation("the model knows no member \(member.key) here")
    }
  }
}
