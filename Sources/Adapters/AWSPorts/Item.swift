import Engine
import Events

/// An attribute's value, of the kinds that the control table has.
///
/// Source: DynamoDB API, `AttributeValue`.
enum Attribute: Sendable, Hashable {
  case text(String)
  /// 64 bits of DynamoDB's 38 digits.
  case number(Int64)
  case numbers(Set<Int64>)

  var json: JSON {
    switch self {
    case .text(let text): ["S": .string(text)]
    case .number(let number): ["N": .string(String(number))]
    case .numbers(let numbers): ["NS": JSON(numbers.sorted().map { String($0) })]
    }
  }

  /// nil for a kind that the control table does not have.
  init?(_ json: JSON) {
    if let text = json["S"]?.string {
      self = .text(text)
    } else if let number = json["N"]?.string.flatMap({ Int64($0) }) {
      self = .number(number)
    } else if let numbers = json["NS"]?.elements {
      self = .numbers(Set(numbers.compactMap { $0.string.flatMap { Int64($0) } }))
    } else {
      return nil
    }
  }
}

/// Where an item stands: the partition, and its place in it.
struct Key: Sendable, Hashable {
  /// The place of an item that is alone in its partition.
  static let alone = "-"

  let id: String
  let place: String

  init(_ id: String, _ place: String = Key.alone) {
    self.id = id
    self.place = place
  }

  var json: JSON { ["id": Attribute.text(id).json, "place": Attribute.text(place).json] }
}

/// An item of the control table.
struct Item: Sendable, Hashable {
  let key: Key
  private(set) var attributes: [String: Attribute]

  init(_ key: Key, _ attributes: [String: Attribute] = [:]) {
    self.key = key
    self.attributes = attributes
  }

  /// Reads an item as DynamoDB writes it; attributes of other kinds are left out. nil if it has no key.
  init?(_ json: JSON) {
    var attributes: [String: Attribute] = [:]
    for member in json.members ?? [] { attributes[member.key] = Attribute(member.value) }
    guard case .text(let id)? = attributes.removeValue(forKey: "id"),
      case .text(let place)? = attributes.removeValue(forKey: "place")
    else { return nil }
    self.init(Key(id, place), attributes)
  }

  var json: JSON {
    var json = key.json
    for (name, value) in attributes.sorted(by: { $0.key < $1.key }) { json.set(name, value.json) }
    return json
  }

  func text(_ name: String) -> String? {
    guard case .text(let text)? = attributes[name] else { return nil }
    return text
  }

  func number(_ name: String) -> Int64? {
    guard case .number(let number)? = attributes[name] else { return nil }
    return number
  }

  func numbers(_ name: String) -> Set<Int64> {
    guard case .numbers(let numbers)? = attributes[name] else { return [] }
    return numbers
  }

  mutating func set(_ name: String, _ value: Attribute) { attributes[name] = value }

  /// The text of that attribute; throws `corrupt` if there is none.
  func need(_ name: String) throws(StoreError) -> String {
    guard let text = text(name) else { throw missing(name) }
    return text
  }

  func needNumber(_ name: String) throws(StoreError) -> Int64 {
    guard let number = number(name) else { throw missing(name) }
    return number
  }

  func needMoment(_ name: String) throws(StoreError) -> Timestamp {
    Timestamp(milliseconds: try needNumber(name))
  }

  /// The JSON in that attribute, read by a closure that returns nil for what it cannot read.
  func need<Value>(_ name: String, _ read: (JSON) -> Value?) throws(StoreError) -> Value {
    let text = try need(name)
    do {
      if let value = read(try JSON(parsing: text)) { return value }
    } catch {
      throw StoreError(.corrupt, "\(name) of \(key.id) \(key.place) is no JSON: \(error.message)")
    }
    throw StoreError(.corrupt, "\(name) of \(key.id) \(key.place) cannot be read")
  }

  private func missing(_ name: String) -> StoreError {
    StoreError(.corrupt, "\(key.id) \(key.place) has no \(name)")
  }
}

/// A condition or an update, as DynamoDB's expression language writes it: `#status = :new` names the attribute `status` and
/// the value given for `new`. Every attribute is written with `#`, so that none is a reserved word.
struct Expression: Sendable, Hashable {
  let text: String
  let values: [String: Attribute]

  init(_ text: String, _ values: [String: Attribute] = [:]) {
    self.text = text
    self.values = values
  }

  /// The item is not there.
  static let absent = Expression("attribute_not_exists(#id)")
  /// The item is there.
  static let present = Expression("attribute_exists(#id)")

  /// The item is as it was read: not there, or of that version.
  static func unchanged(_ item: Item?) -> Expression {
    guard let version = item?.number("v") else { return absent }
    return Expression("#v = :was", ["was": .number(version)])
  }

  /// The attributes that the expressions name, each once.
  static func names(_ expressions: [Expression?]) -> JSON? {
    var names: Set<String> = []
    for expression in expressions.compactMap({ $0 }) {
      for part in expression.text.split(separator: "#").dropFirst(expression.text.hasPrefix("#") ? 0 : 1) {
        names.insert(String(part.prefix { $0 == "_" || $0.isLetter || $0.isNumber }))
      }
    }
    if names.isEmpty { return nil }
    return .object(names.sorted().map { .init("#\($0)", .string($0)) })
  }

  static func values(_ expressions: [Expression?]) -> JSON? {
    let values = expressions.compactMap { $0?.values }.reduce(into: [:]) { $0.merge($1) { _, last in last } }
    if values.isEmpty { return nil }
    return .object(values.sorted { $0.key < $1.key }.map { .init(":\($0.key)", $0.value.json) })
  }
}
