import AWSPorts

/// What an `UpdateExpression` does to an item.
struct UpdateExpression: Sendable {
  enum Action: Sendable {
    case set(DocumentPath, Operand)
    case remove(DocumentPath)
    case add(DocumentPath, AttributeValue)
    case delete(DocumentPath, AttributeValue)

    var path: DocumentPath {
      switch self {
      case .set(let path, _), .remove(let path), .add(let path, _), .delete(let path, _): path
      }
    }
  }

  let actions: [Action]

  var paths: [DocumentPath] { actions.map(\.path) }

  /// The item after the update; every operand is that of the item before it.
  func applied(to old: Item) throws(AWSError) -> Item {
    var changes: [(path: DocumentPath, value: AttributeValue?)] = []
    for action in actions {
      switch action {
      case .set(let path, let operand): changes.append((path, try operand.newValue(in: old)))
      case .remove(let path):
        if !path.rest.isEmpty { try requireParent(of: path, in: old) }
        changes.append((path, nil))
      case .add(let path, let value): changes.append((path, try AttributeValue.sum(path.value(in: old), value)))
      case .delete(let path, let value):
        guard let present = path.value(in: old) else {
          if !path.rest.isEmpty { try requireParent(of: path, in: old) }
          continue
        }
        changes.append((path, try present.without(value)))
      }
    }
    var new = old
    for change in changes.filter({ $0.value != nil }).sorted(by: { $0.path.isBefore($1.path) }) {
      try new.replace(change.path, with: change.value)
    }
    for change in changes.filter({ $0.value == nil }).sorted(by: { $1.path.isBefore($0.path) }) {
      try new.replace(change.path, with: nil)
    }
    return new
  }

  private func requireParent(of path: DocumentPath, in item: Item) throws(AWSError) {
    let parent = DocumentPath(root: path.root, rest: Array(path.rest.dropLast()))
    guard parent.value(in: item) != nil else { throw .pathInvalid }
  }
}

extension DocumentPath {
  /// Lower indices of a list first, so that appended elements keep their order.
  fileprivate func isBefore(_ other: DocumentPath) -> Bool {
    for (mine, yours) in zip(steps, other.steps) where mine != yours {
      switch (mine, yours) {
      case (.name(let mine), .name(let yours)): return mine < yours
      case (.index(let mine), .index(let yours)): return mine < yours
      case (.name, .index): return true
      case (.index, .name): return false
      }
    }
    return steps.count < other.steps.count
  }
}

extension Operand {
  /// The value of an update's operand; absent attributes and wrong types are errors.
  fileprivate func newValue(in item: Item) throws(AWSError) -> AttributeValue {
    switch self {
    case .value(let value): return value
    case .path(let path):
      guard let value = path.value(in: item) else {
        throw .validation("The provided expression refers to an attribute that does not exist in the item")
      }
      return value
    case .ifNotExists(let path, let other):
      if let present = path.value(in: item) { return present }
      return try other.newValue(in: item)
    case .listAppend(let first, let second):
      guard case .list(let head) = try first.newValue(in: item), case .list(let tail) = try second.newValue(in: item)
      else { throw .operandType }
      return .list(head + tail)
    case .sum(let left, let right):
      return try AttributeValue.kept(left.numberValue(in: item) + right.numberValue(in: item))
    case .difference(let left, let right):
      return try AttributeValue.kept(left.numberValue(in: item) - right.numberValue(in: item))
    case .size: throw .operandType
    }
  }

  private func numberValue(in item: Item) throws(AWSError) -> ExactDecimal {
    guard case .number(let number) = try newValue(in: item) else { throw .operandType }
    return number
  }
}

extension AttributeValue {
  fileprivate static func kept(_ number: ExactDecimal) throws(AWSError) -> AttributeValue {
    if let complaint = number.complaint { throw .validation(complaint) }
    return .number(number)
  }

  /// What `ADD` makes of an attribute that may be absent.
  fileprivate static func sum(_ present: AttributeValue?, _ added: AttributeValue) throws(AWSError) -> AttributeValue {
    switch (present, added) {
    case (nil, _): return added
    case (.number(let left), .number(let right)): return try kept(left + right)
    case (.strings(let left), .strings(let right)):
      return .strings(left + right.filter { new in !left.contains { $0.utf8.elementsEqual(new.utf8) } })
    case (.numbers(let left), .numbers(let right)): return .numbers(left + right.filter { !left.contains($0) })
    case (.binaries(let left), .binaries(let right)): return .binaries(left + right.filter { !left.contains($0) })
    case (_, _): throw .operandType
    }
  }

  /// What `DELETE` leaves of a set; nil if nothing.
  fileprivate func without(_ taken: AttributeValue) throws(AWSError) -> AttributeValue? {
    switch (self, taken) {
    case (.strings(let all), .strings(let some)):
      let left = all.filter { old in !some.contains { $0.utf8.elementsEqual(old.utf8) } }
      return left.isEmpty ? nil : .strings(left)
    case (.numbers(let all), .numbers(let some)):
      let left = all.filter { !some.contains($0) }
      return left.isEmpty ? nil : .numbers(left)
    case (.binaries(let all), .binaries(let some)):
      let left = all.filter { !some.contains($0) }
      return left.isEmpty ? nil : .binaries(left)
    case (_, _): throw .operandType
    }
  }
}

extension AWSError {
  static var operandType: AWSError {
    .validation("An operand in the update expression has an incorrect data type")
  }
}
