/// A JSON value as it was written: member order, repeated keys and the spelling of numbers are kept.
///
/// Source: RFC 8259. Repeated keys matter to the pattern language and spelling to long numbers, so neither is lost.
public enum JSON: Sendable, Hashable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSON])
  case object([Member])

  /// One `"key": value` of an object.
  public struct Member: Sendable, Hashable {
    public let key: String
    public var value: JSON

    public init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// The member of that name; the last one if the key is repeated, nil if this is no object.
  public subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.last { JSON.same($0.key, key) }?.value
  }

  public var members: [Member]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  public var elements: [JSON]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  public var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  public var bool: Bool? {
    guard case .bool(let flag) = self else { return nil }
    return flag
  }

  /// The number as an integer; nil if it is no number, has a fraction or does not fit.
  public var int: Int? {
    guard case .number(let number) = self else { return nil }
    return number.int
  }

  public var double: Double? {
    guard case .number(let number) = self else { return nil }
    return number.double
  }

  /// What a reader calls this kind of value in a message: `string`, `number`, …
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  /// Sets or replaces the member of that name; appended when new. Traps on anything but an object.
  public mutating func set(_ key: String, _ value: JSON) {
    guard case .object(var members) = self else { preconditionFailure("only an object has members") }
    if let index = members.lastIndex(where: { JSON.same($0.key, key) }) {
      members[index].value = value
    } else {
      members.append(Member(key, value))
    }
    self = .object(members)
  }

  /// Removes every member of that name; anything but an object stays as it is.
  public mutating func remove(_ key: String) {
    guard case .object(let members) = self else { return }
    self = .object(members.filter { !JSON.same($0.key, key) })
  }

  /// Whether two keys are the same bytes: Unicode's equivalences do not count in JSON.
  static func same(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
  }
}

/// A JSON number in the spelling it came in.
public struct JSONNumber: Sendable, Hashable {
  public let text: String

  /// - Parameter text: a number by RFC 8259 §6; the reader has checked it.
  init(checked text: String) {
    self.text = text
  }

  public init(_ value: Int) {
    text = String(value)
  }

  /// - Parameter value: finite; JSON has no spelling for the others.
  public init(_ value: Double) {
    precondition(value.isFinite, "JSON has no spelling for \(value)")
    if value == value.rounded(), abs(value) < 1e15 {
      text = String(Int(value))
    } else {
      text = String(value)
    }
  }

  /// The value, if it is a whole number that fits; `1.0` and `1e2` are whole.
  public var int: Int? {
    if let exact = Int(text) { return exact }
    guard let value = Double(text), value == value.rounded(), abs(value) < 9_007_199_254_740_992 else { return nil }
    return Int(value)
  }

  public var double: Double { Double(text) ?? .nan }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByFloatLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
  public init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }

  public init(_ value: Int) { self = .number(JSONNumber(value)) }
  public init(_ value: Double) { self = .number(JSONNumber(value)) }
  public init(_ values: [String]) { self = .array(values.map { .string($0) }) }

  /// An object of the members that have a value, in the order given.
  public init(present members: KeyValuePairs<String, JSON?>) {
    self = .object(members.compactMap { key, value in value.map { Member(key, $0) } })
  }
}
