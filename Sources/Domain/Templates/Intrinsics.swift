import Events

/// The functions, parameters, mappings and conditions of a template, for one place.
///
/// Source: CloudFormation user guide, "Intrinsic function reference", "Pseudo parameters reference".
struct Intrinsics: Sendable {
  /// Functions inside each other at most; a name that leads back to itself ends there.
  static let depthMax = 100

  let place: StackPlace
  let resources: [String: JSON]
  /// Resources that are not made, because their condition is false.
  let absent: Set<String>
  private let parameters: [String: JSON]
  /// Parameters without a value, with the reason.
  private let unknown: [String: String]
  private let mappings: JSON
  let conditions: JSON

  /// - Parameter given: values of parameters, over their defaults.
  init(_ template: JSON, given: [String: String], at place: StackPlace) {
    self.place = place
    mappings = template["Mappings"] ?? .object([])
    conditions = template["Conditions"] ?? .object([])
    var parameters: [String: JSON] = [:]
    var unknown: [String: String] = [:]
    for parameter in template["Parameters"]?.members ?? [] {
      let type = parameter.value["Type"]?.string ?? "String"
      if let value = given[parameter.key] {
        parameters[parameter.key] = Intrinsics.value(.string(value), of: type)
      } else if type.hasPrefix("AWS::SSM::Parameter") {
        unknown[parameter.key] = "the parameter \(parameter.key) is read from Parameter Store when it is deployed"
      } else if let value = parameter.value["Default"] {
        parameters[parameter.key] = Intrinsics.value(value, of: type)
      } else {
        unknown[parameter.key] = "the parameter \(parameter.key) has no default"
      }
    }
    self.parameters = parameters
    self.unknown = unknown
    let members = template["Resources"]?.members ?? []
    let all = Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    resources = all
    absent = []
  }

  private init(_ other: Intrinsics, absent: Set<String>) {
    place = other.place
    resources = other.resources
    parameters = other.parameters
    unknown = other.unknown
    mappings = other.mappings
    conditions = other.conditions
    self.absent = absent
  }

  /// The same, knowing what its conditions leave out.
  func leavingOut(_ absent: Set<String>) -> Intrinsics { Intrinsics(self, absent: absent) }

  private static func value(_ json: JSON, of type: String) -> JSON {
    guard type == "CommaDelimitedList" || type.hasPrefix("List<") else { return .string(scalar(json) ?? json.text) }
    return .array(
      (scalar(json) ?? "").split(separator: ",").map { .string(String($0.drop { $0 == " " })) })
  }

  /// A value as text, numbers and flags as they are spelt; nil for lists and objects.
  static func scalar(_ json: JSON) -> String? {
    switch json {
    case .string(let text): text
    case .number(let number): number.text
    case .bool(let flag): flag ? "true" : "false"
    case .null, .array, .object: nil
    }
  }

  /// The value with every function that has one put in its place; what has none stays as it is written.
  func settled(_ json: JSON) -> JSON {
    do {
      return try resolve(json) ?? .null
    } catch {
      switch json {
      case .object(let members): return .object(members.map { .init($0.key, settled($0.value)) })
      case .array(let elements): return .array(elements.map(settled))
      case .null, .bool, .number, .string: return json
      }
    }
  }

  /// The value with every choice made and every `AWS::NoValue` gone; its other functions stay.
  ///
  /// So that lists and objects can be looked into although something within has no value yet.
  func unfolded(_ json: JSON) -> JSON? {
    switch json {
    case .null, .bool, .number, .string: return json
    case .array(let elements): return .array(elements.compactMap(unfolded))
    case .object(let members):
      if json["Ref"] == "AWS::NoValue" { return nil }
      if members.count == 1, members[0].key == "Fn::If", let parts = members[0].value.elements, parts.count == 3 {
        do {
          return unfolded(parts[try holds(parts[0].string ?? "") ? 1 : 2])
        } catch {
          return json  // Whoever asks for the value is told why it has none.
        }
      }
      return .object(members.compactMap { member in unfolded(member.value).map { .init(member.key, $0) } })
    }
  }

  /// The value without functions; nil is `AWS::NoValue`.
  func resolve(_ json: JSON, depth: Int = 0) throws(Unresolved) -> JSON? {
    guard depth < Intrinsics.depthMax else { throw Unresolved("its functions lead in a circle") }
    switch json {
    case .string(let text):
      guard !text.contains("{{resolve:") else {
        throw Unresolved("\(text.prefix(60)) is read when it is deployed")
      }
      return json
    case .null, .bool, .number: return json
    case .array(let elements):
      var resolved: [JSON] = []
      for element in elements {
        if let value = try resolve(element, depth: depth + 1) { resolved.append(value) }
      }
      return .array(resolved)
    case .object(let members):
      if members.count == 1, let name = Function(members[0].key), name.takes(members[0].value) {
        return try call(name, members[0].value, depth + 1)
      }
      var resolved: [JSON.Member] = []
      for member in members {
        if let value = try resolve(member.value, depth: depth + 1) { resolved.append(.init(member.key, value)) }
      }
      return .object(resolved)
    }
  }

  /// What a name stands for.
  func reference(_ name: String, _ depth: Int) throws(Unresolved) -> JSON? {
    switch name {
    case "AWS::NoValue": return nil
    case "AWS::AccountId": return .string(place.names.account)
    case "AWS::Region": return .string(place.names.region)
    case "AWS::Partition": return .string(StackPlace.partition)
    case "AWS::StackName": return .string(place.stackName)
    case "AWS::StackId":
      let stack = "stack/\(place.stackName)/\(DerivedID.uuid(of: place.stackName))"
      return .string(place.arn("cloudformation", stack).description)
    case "AWS::URLSuffix": return "amazonaws.com"
    case "AWS::NotificationARNs": return .array([])
    default: break
    }
    if let value = parameters[name] { return value }
    if let reason = unknown[name] { throw Unresolved(reason) }
    return .string(try physicalID(of: name, depth))
  }

  /// `Fn::FindInMap`
  func mapped(_ keys: [String], fallback: JSON?, _ depth: Int) throws(Unresolved) -> JSON? {
    guard keys.count == 3, let found = mappings[keys[0]]?[keys[1]]?[keys[2]] else {
      guard let fallback else { throw Unresolved("no mapping has \(keys.joined(separator: "."))") }
      return try resolve(fallback, depth: depth)
    }
    return try resolve(found, depth: depth)
  }

  // MARK: Conditions

  /// Whether the condition of that name holds.
  func holds(_ name: String, _ depth: Int = 0) throws(Unresolved) -> Bool {
    guard let condition = conditions[name] else { throw Unresolved("there is no condition \(name)") }
    return try holds(condition, depth + 1)
  }

  private func holds(_ condition: JSON, _ depth: Int) throws(Unresolved) -> Bool {
    guard depth < Intrinsics.depthMax else { throw Unresolved("its conditions lead in a circle") }
    guard let members = condition.members, members.count == 1 else {
      throw Unresolved("\(condition.text.prefix(60)) is no condition")
    }
    let parts = members[0].value.elements ?? []
    switch members[0].key {
    case "Condition": return try holds(members[0].value.string ?? "", depth + 1)
    case "Fn::Equals":
      guard parts.count == 2 else { throw Unresolved("Fn::Equals takes two values") }
      let left = try resolve(parts[0], depth: depth + 1), right = try resolve(parts[1], depth: depth + 1)
      return left.map { Intrinsics.scalar($0) ?? $0.text } == right.map { Intrinsics.scalar($0) ?? $0.text }
    case "Fn::And":
      for part in parts where !(try holds(part, depth + 1)) { return false }
      return true
    case "Fn::Or":
      for part in parts where try holds(part, depth + 1) { return true }
      return false
    case "Fn::Not": return !(try holds(parts.first ?? .null, depth + 1))
    case let other: throw Unresolved("\(other) is no condition")
    }
  }
}
