import AWSPorts
import Events

extension AttributeValue {
  /// Levels of lists and maps that an item may have.
  static let depthMax = 32

  /// DynamoDB JSON: `{"N":"12"}`.
  var json: JSON {
    let value: JSON =
      switch self {
      case .string(let text): .string(text)
      case .number(let number): .string(number.text)
      case .binary(let bytes): .string(Base64Bytes.text(of: bytes))
      case .bool(let flag): .bool(flag)
      case .null: true
      case .list(let elements): .array(elements.map(\.json))
      case .map(let members): members.json
      case .strings(let elements): JSON(elements)
      case .numbers(let elements): JSON(elements.map(\.text))
      case .binaries(let elements): JSON(elements.map { Base64Bytes.text(of: $0) })
      }
    return .object([JSON.Member(type, value)])
  }

  /// Reads DynamoDB JSON.
  init(_ json: JSON, depth: Int = 0) throws(AWSError) {
    guard let members = json.members, let member = members.first else {
      throw .validation(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
    }
    guard members.count == 1 else {
      throw .validation(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
    }
    guard depth <= AttributeValue.depthMax else {
      throw .validation(
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
          + "beyond supported limit")
    }
    switch (member.key, member.value) {
    case ("S", .string(let text)): self = .string(text)
    case ("N", .string(let text)): self = .number(try AttributeValue.number(text))
    case ("B", .string(let text)): self = .binary(try AttributeValue.binary(text))
    case ("BOOL", .bool(let flag)): self = .bool(flag)
    case ("NULL", .bool(true)): self = .null
    case ("NULL", _):
      throw .invalidValues("Null attribute value types must have the value of true")
    case ("L", .array(let elements)):
      var list: [AttributeValue] = []
      for element in elements { list.append(try AttributeValue(element, depth: depth + 1)) }
      self = .list(list)
    case ("M", .object): self = .map(try AttributeValue.members(member.value, depth: depth + 1))
    case ("SS", .array(let elements)), ("NS", .array(let elements)), ("BS", .array(let elements)):
      self = try AttributeValue.set(member.key, elements)
    case (let type, _):
      throw .serialization("no value of type \(type)")
    }
  }

  /// Reads an item, or the members of a map.
  static func members(_ json: JSON, depth: Int = 0) throws(AWSError) -> Item {
    guard let members = json.members else { throw .serialization("an item is an object") }
    var item: Item = [:]
    for member in members { item[member.key] = try AttributeValue(member.value, depth: depth) }
    return item
  }

  static func number(_ text: String) throws(AWSError) -> ExactDecimal {
    guard let number = ExactDecimal(text) else {
      throw .validation("The parameter cannot be converted to a numeric value: \(text)")
    }
    if let complaint = number.complaint { throw .validation(complaint) }
    return number
  }

  private static func binary(_ text: String) throws(AWSError) -> [UInt8] {
    guard let bytes = Base64Bytes.bytes(of: text) else { throw .serialization("no base64") }
    return bytes
  }

  private static func set(_ type: String, _ elements: [JSON]) throws(AWSError) -> AttributeValue {
    let names = ["SS": "string", "NS": "number", "BS": "binary"]
    guard !elements.isEmpty else { throw .invalidValues("An \(names[type] ?? type) set  may not be empty") }
    var texts: [String] = []
    for element in elements {
      guard let text = element.string else { throw .serialization("an element of a set is a string") }
      texts.append(text)
    }
    let value: AttributeValue
    let distinct: Int
    switch type {
    case "SS":
      value = .strings(texts)
      distinct = Set(texts.map { Array($0.utf8) }).count
    case "NS":
      var numbers: [ExactDecimal] = []
      for text in texts { numbers.append(try number(text)) }
      value = .numbers(numbers)
      distinct = Set(numbers).count
    default:
      var binaries: [[UInt8]] = []
      for text in texts { binaries.append(try binary(text)) }
      value = .binaries(binaries)
      distinct = Set(binaries).count
    }
    guard distinct == texts.count else {
      throw .invalidValues("Input collection [\(texts.joined(separator: ", "))] contains duplicates.")
    }
    return value
  }
}

extension AWSError {
  /// DynamoDB's refusal of a request that can't be right.
  static func validation(_ message: String) -> AWSError { .refusal("ValidationException", message) }

  static func invalidValues(_ message: String) -> AWSError {
    validation("One or more parameter values were invalid: \(message)")
  }

  static func serialization(_ message: String) -> AWSError { refusal("SerializationException", message) }

  /// An answer with an error that says nothing was done.
  static func refusal(_ code: String, _ message: String, status: Int = 400, _ more: [JSON.Member] = []) -> AWSError {
    AWSError(
      code: code, message: message, status: status,
      body: .object([JSON.Member("__type", .string(code)), JSON.Member("message", .string(message))] + more),
      isDoubtful: false)
  }
}
