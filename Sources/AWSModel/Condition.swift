import AWSPorts

/// Something that has a value in an item.
indirect enum Operand: Sendable, Hashable, Equatable {
  case path(DocumentPath)
  case value(AttributeValue)
  case size(DocumentPath)
  case ifNotExists(DocumentPath, Operand)
  case listAppend(Operand, Operand)
  case sum(Operand, Operand)
  case difference(Operand, Operand)

  /// The value of a condition's operand; nil if the item has none there.
  func value(in item: Item) -> AttributeValue? {
    switch self {
    case .path(let path): path.value(in: item)
    case .value(let value): value
    case .size(let path): path.value(in: item)?.length.map { .number(ExactDecimal($0)) }
    case .ifNotExists(let path, let other): path.value(in: item) ?? other.value(in: item)
    case .listAppend, .sum, .difference: nil
    }
  }

  func hash(into hasher: inout Hasher) {
    switch self {
    case .path(let path), .size(let path), .ifNotExists(let path, _): hasher.combine(path)
    case .value(let value): hasher.combine(value.type)
    case .listAppend, .sum, .difference: break
    }
  }
}

/// What must be true of an item.
indirect enum Condition: Sendable {
  enum Comparator: String, Sendable {
    case equal = "="
    case notEqual = "<>"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
  }

  case compare(Operand, Comparator, Operand)
  case between(Operand, Operand, Operand)
  case isIn(Operand, [Operand])
  case exists(DocumentPath)
  case notExists(DocumentPath)
  case hasType(DocumentPath, String)
  case beginsWith(Operand, Operand)
  case contains(Operand, Operand)
  case and(Condition, Condition)
  case or(Condition, Condition)
  case not(Condition)

  /// Whether it is true of that item; no item is one without attributes.
  func isTrue(of item: Item) -> Bool {
    switch self {
    case .compare(let left, let comparator, let right):
      comparator.isTrue(left.value(in: item), right.value(in: item))
    case .between(let operand, let low, let high):
      Comparator.greaterOrEqual.isTrue(operand.value(in: item), low.value(in: item))
        && Comparator.lessOrEqual.isTrue(operand.value(in: item), high.value(in: item))
    case .isIn(let operand, let choices):
      choices.contains { Comparator.equal.isTrue(operand.value(in: item), $0.value(in: item)) }
    case .exists(let path): path.value(in: item) != nil
    case .notExists(let path): path.value(in: item) == nil
    case .hasType(let path, let type): path.value(in: item)?.type == type
    case .beginsWith(let operand, let start):
      Condition.begins(operand.value(in: item), with: start.value(in: item))
    case .contains(let operand, let part): Condition.contains(operand.value(in: item), part.value(in: item))
    case .and(let left, let right): left.isTrue(of: item) && right.isTrue(of: item)
    case .or(let left, let right): left.isTrue(of: item) || right.isTrue(of: item)
    case .not(let inner): !inner.isTrue(of: item)
    }
  }

  private static func begins(_ value: AttributeValue?, with start: AttributeValue?) -> Bool {
    switch (value, start) {
    case (.string(let text), .string(let start)): text.utf8.starts(with: start.utf8)
    case (.binary(let bytes), .binary(let start)): bytes.starts(with: start)
    case (_, _): false
    }
  }

  private static func contains(_ value: AttributeValue?, _ part: AttributeValue?) -> Bool {
    guard let value, let part else { return false }
    switch (value, part) {
    case (.string(let text), .string(let part)): return Condition.finds(Array(part.utf8), in: Array(text.utf8))
    case (.binary(let bytes), .binary(let part)): return Condition.finds(part, in: bytes)
    case (.strings(let elements), .string(let part)): return elements.contains { $0.utf8.elementsEqual(part.utf8) }
    case (.numbers(let elements), .number(let part)): return elements.contains(part)
    case (.binaries(let elements), .binary(let part)): return elements.contains(part)
    case (.list(let elements), _): return elements.contains(part)
    case (_, _): return false
    }
  }

  private static func finds(_ part: [UInt8], in whole: [UInt8]) -> Bool {
    guard !part.isEmpty, part.count <= whole.count else { return part.isEmpty }
    return (0...(whole.count - part.count)).contains { whole[$0..<($0 + part.count)].elementsEqual(part) }
  }
}

extension Condition.Comparator {
  /// What is absent equals nothing and differs from everything; an order holds within one type only.
  func isTrue(_ left: AttributeValue?, _ right: AttributeValue?) -> Bool {
    guard let left, let right else { return self == .notEqual }
    switch self {
    case .equal: return left == right
    case .notEqual: return left != right
    case .less: return left.precedes(right) ?? false
    case .greater: return right.precedes(left) ?? false
    case .lessOrEqual: return right.precedes(left).map { !$0 } ?? false
    case .greaterOrEqual: return left.precedes(right).map { !$0 } ?? false
    }
  }
}
