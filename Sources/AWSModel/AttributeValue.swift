import AWSPorts
import Events

/// The attributes of one item, by name.
typealias Item = [String: AttributeValue]

/// A value of an attribute in one of DynamoDB's ten types.
enum AttributeValue: Sendable {
  case string(String)
  case number(ExactDecimal)
  case binary([UInt8])
  case bool(Bool)
  case null
  indirect case list([AttributeValue])
  indirect case map([String: AttributeValue])
  case strings([String])
  case numbers([ExactDecimal])
  case binaries([[UInt8]])

  /// DynamoDB's name of the type: `S`, `N`, `B`, `BOOL`, `NULL`, `L`, `M`, `SS`, `NS`, `BS`.
  var type: String {
    switch self {
    case .string: "S"
    case .number: "N"
    case .binary: "B"
    case .bool: "BOOL"
    case .null: "NULL"
    case .list: "L"
    case .map: "M"
    case .strings: "SS"
    case .numbers: "NS"
    case .binaries: "BS"
    }
  }

  static let types = ["B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"]

  /// Bytes that count towards the item's size.
  ///
  /// Source: DynamoDB Developer Guide, "DynamoDB Item sizes and formats".
  var size: Int {
    switch self {
    case .string(let text): text.utf8.count
    case .number(let number): number.size
    case .binary(let bytes): bytes.count
    case .bool, .null: 1
    case .list(let elements): elements.reduce(3) { $0 + $1.size + 1 }
    case .map(let members): members.reduce(3) { $0 + $1.key.utf8.count + $1.value.size + 1 }
    case .strings(let elements): elements.reduce(0) { $0 + $1.utf8.count }
    case .numbers(let elements): elements.reduce(0) { $0 + $1.size }
    case .binaries(let elements): elements.reduce(0) { $0 + $1.count }
    }
  }

  /// What `size(path)` gives; nil for types that have none.
  var length: Int? {
    switch self {
    case .string(let text): text.unicodeScalars.count
    case .binary(let bytes): bytes.count
    case .list(let elements): elements.count
    case .map(let members): members.count
    case .strings(let elements): elements.count
    case .numbers(let elements): elements.count
    case .binaries(let elements): elements.count
    case .number, .bool, .null: nil
    }
  }

  /// Whether this comes before the other; nil unless both are strings, numbers or binaries.
  func precedes(_ other: AttributeValue) -> Bool? {
    switch (self, other) {
    case (.string(let left), .string(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
    case (.number(let left), .number(let right)): left < right
    case (.binary(let left), .binary(let right)): left.lexicographicallyPrecedes(right)
    case (.string, _), (.number, _), (.binary, _), (.bool, _), (.null, _), (.list, _), (.map, _), (.strings, _),
      (.numbers, _), (.binaries, _):
      nil
    }
  }

  /// Whether values of this type have an order.
  var isOrdered: Bool { precedes(self) != nil }

  var isSet: Bool {
    switch self {
    case .strings, .numbers, .binaries: true
    case .string, .number, .binary, .bool, .null, .list, .map: false
    }
  }
}

extension AttributeValue: Equatable {
  /// Strings are equal byte by byte, sets whatever their order.
  static func == (left: AttributeValue, right: AttributeValue) -> Bool {
    switch (left, right) {
    case (.string(let one), .string(let two)): one.utf8.elementsEqual(two.utf8)
    case (.number(let one), .number(let two)): one == two
    case (.binary(let one), .binary(let two)): one == two
    case (.bool(let one), .bool(let two)): one == two
    case (.null, .null): true
    case (.list(let one), .list(let two)): one == two
    case (.map(let one), .map(let two)): one == two
    case (.strings(let one), .strings(let two)): Set(one.map { Array($0.utf8) }) == Set(two.map { Array($0.utf8) })
    case (.numbers(let one), .numbers(let two)): Set(one) == Set(two)
    case (.binaries(let one), .binaries(let two)): Set(one) == Set(two)
    case (.string, _), (.number, _), (.binary, _), (.bool, _), (.null, _), (.list, _), (.map, _), (.strings, _),
      (.numbers, _), (.binaries, _):
      false
    }
  }
}

extension Item {
  /// The size that the limit of 400 KB and capacity units go by, in bytes.
  var bytes: Int { reduce(0) { $0 + $1.key.utf8.count + $1.value.size } }

  /// The item as DynamoDB JSON, members sorted by name.
  var json: JSON {
    .object(sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value.json) })
  }
}
