import AWSPorts
import Events

/// Which keys of a table or an index a query asks for: one partition, and a part of its order.
struct KeyCondition: Sendable {
  let partition: KeyPart
  /// About the range key; nil: the whole partition.
  private let range: Condition?

  /// Takes apart a `KeyConditionExpression`.
  init(_ condition: Condition, hash: CloudTable.Key, range: CloudTable.Key?) throws(AWSError) {
    var partition: KeyPart?
    var rangeCondition: Condition?
    for part in KeyCondition.parts(of: condition) {
      let (name, values) = try KeyCondition.subject(of: part)
      guard let key = [hash, range].compactMap({ $0 }).first(where: { $0.name == name }) else {
        throw .validation("Query condition missed key schema element: \(range?.name ?? hash.name)")
      }
      guard values.allSatisfy({ $0.type == key.kind.rawValue }) else {
        throw .invalidValues("Condition parameter type does not match schema type")
      }
      if key == hash {
        guard partition == nil else { throw KeyCondition.twice }
        guard case .compare(_, .equal, _) = part, let value = values.first else {
          throw .validation("Query key condition not supported")
        }
        partition = KeyPart(value)
      } else {
        guard rangeCondition == nil else { throw KeyCondition.twice }
        rangeCondition = part
      }
    }
    guard let partition else { throw .validation("Query condition missed key schema element: \(hash.name)") }
    self.partition = partition
    self.range = rangeCondition
  }

  /// Whether a range key lies before what is asked for (−1), in it (0) or behind it (1); it is one stretch.
  func side(of key: KeyPart?) -> Int {
    guard let range, let key else { return 0 }
    switch range {
    case .compare(_, let comparator, let operand):
      guard let bound = operand.keyPart else { return 1 }
      switch comparator {
      case .equal: return key < bound ? -1 : bound < key ? 1 : 0
      case .less: return key < bound ? 0 : 1
      case .lessOrEqual: return bound < key ? 1 : 0
      case .greater: return bound < key ? 0 : -1
      case .greaterOrEqual: return key < bound ? -1 : 0
      case .notEqual: return 1
      }
    case .between(_, let low, let high):
      guard let low = low.keyPart, let high = high.keyPart else { return 1 }
      return key < low ? -1 : high < key ? 1 : 0
    case .beginsWith(_, let start):
      guard let start = start.keyPart else { return 1 }
      return key.begins(with: start) ? 0 : key < start ? -1 : 1
    case .isIn, .exists, .notExists, .hasType, .contains, .and, .or, .not: return 1
    }
  }

  private static let twice = AWSError.validation("KeyConditionExpressions must only contain one condition per key")

  private static func parts(of condition: Condition) -> [Condition] {
    if case .and(let left, let right) = condition { return parts(of: left) + parts(of: right) }
    return [condition]
  }

  /// The attribute that a part is about, and the values it names.
  private static func subject(of part: Condition) throws(AWSError) -> (String, [AttributeValue]) {
    let operands: [Operand]
    switch part {
    case .compare(let left, let comparator, let right):
      guard comparator != .notEqual else {
        throw ExpressionReader.error(.key, "Invalid operator used in KeyConditionExpression: <>")
      }
      operands = [left, right]
    case .between(let operand, let low, let high): operands = [operand, low, high]
    case .beginsWith(let operand, let start): operands = [operand, start]
    case .or, .not, .isIn, .exists, .notExists, .hasType, .contains:
      throw ExpressionReader.error(.key, "Invalid operator used in KeyConditionExpression")
    case .and: throw .validation("Query key condition not supported")
    }
    guard case .path(let path)? = operands.first, path.rest.isEmpty else {
      throw .validation("Query key condition not supported")
    }
    var values: [AttributeValue] = []
    for operand in operands.dropFirst() {
      guard case .value(let value) = operand else { throw .validation("Query key condition not supported") }
      values.append(value)
    }
    return (path.root, values)
  }
}

extension Condition {
  /// The top-level attributes it looks at.
  var roots: Set<String> {
    switch self {
    case .compare(let left, _, let right), .beginsWith(let left, let right), .contains(let left, let right):
      left.roots.union(right.roots)
    case .between(let operand, let low, let high): operand.roots.union(low.roots).union(high.roots)
    case .isIn(let operand, let choices): choices.reduce(operand.roots) { $0.union($1.roots) }
    case .exists(let path), .notExists(let path), .hasType(let path, _): [path.root]
    case .and(let left, let right), .or(let left, let right): left.roots.union(right.roots)
    case .not(let inner): inner.roots
    }
  }
}

extension Operand {
  fileprivate var keyPart: KeyPart? {
    guard case .value(let value) = self else { return nil }
    return KeyPart(value)
  }

  fileprivate var roots: Set<String> {
    switch self {
    case .path(let path), .size(let path): [path.root]
    case .value: []
    case .ifNotExists(let path, let other): other.roots.union([path.root])
    case .listAppend(let left, let right), .sum(let left, let right), .difference(let left, let right):
      left.roots.union(right.roots)
    }
  }
}
