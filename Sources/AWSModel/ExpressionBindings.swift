import AWSPorts
import Events

/// What `#n` and `:v` stand for in the expressions of one request, and which of them have been used.
struct ExpressionBindings: Sendable {
  private let names: [String: String]
  private let values: [String: AttributeValue]
  private var usedNames: Set<String> = []
  private var usedValues: Set<String> = []

  /// Reads `ExpressionAttributeNames` and `ExpressionAttributeValues`.
  init(_ input: JSON) throws(AWSError) {
    var names: [String: String] = [:]
    if let given = input["ExpressionAttributeNames"] {
      guard let members = given.members else { throw .serialization("ExpressionAttributeNames is a map") }
      guard !members.isEmpty else { throw .validation("ExpressionAttributeNames must not be empty") }
      for member in members {
        guard ExpressionBindings.isPlaceholder(member.key, mark: "#"), let name = member.value.string else {
          throw .validation(
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"\(member.key)\"")
        }
        names[member.key] = name
      }
    }
    var values: [String: AttributeValue] = [:]
    if let given = input["ExpressionAttributeValues"] {
      guard let members = given.members else { throw .serialization("ExpressionAttributeValues is a map") }
      guard !members.isEmpty else { throw .validation("ExpressionAttributeValues must not be empty") }
      for member in members {
        guard ExpressionBindings.isPlaceholder(member.key, mark: ":") else {
          throw .validation(
            "ExpressionAttributeValues contains invalid key: Syntax error; key: \"\(member.key)\"")
        }
        values[member.key] = try AttributeValue(member.value)
      }
    }
    self.names = names
    self.values = values
  }

  /// The name behind `#n`; nil if the request has none.
  mutating func name(_ alias: String) -> String? {
    usedNames.insert(alias)
    return names[alias]
  }

  /// The value behind `:v`; nil if the request has none.
  mutating func value(_ placeholder: String) -> AttributeValue? {
    usedValues.insert(placeholder)
    return values[placeholder]
  }

  /// Refuses what no expression has used.
  func requireAllUsed(hasExpression: Bool) throws(AWSError) {
    for (kind, unused, isEmpty) in [
      ("Names", Set(names.keys).subtracting(usedNames), names.isEmpty),
      ("Values", Set(values.keys).subtracting(usedValues), values.isEmpty),
    ] where !isEmpty {
      guard hasExpression else {
        throw .validation("ExpressionAttribute\(kind) can only be specified when using expressions")
      }
      guard unused.isEmpty else {
        throw .validation(
          "Value provided in ExpressionAttribute\(kind) unused in expressions: keys: "
            + "{\(unused.sorted().joined(separator: ", "))}")
      }
    }
  }

  private static func isPlaceholder(_ key: String, mark: Character) -> Bool {
    guard key.first == mark, key.utf8.count > 1 else { return false }
    return key.dropFirst().utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte & ~0x20) || byte == UInt8(ascii: "_")
    }
  }
}
