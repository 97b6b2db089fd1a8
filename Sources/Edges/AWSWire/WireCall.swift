import Events

/// An operation of CloudWatch. Raw values are AWS's names; the inputs are read where they are used.
public enum CloudWatchOperation: String, Sendable, Hashable, CaseIterable {
  case putMetricData = "PutMetricData"
  case getMetricData = "GetMetricData"
  case getMetricStatistics = "GetMetricStatistics"
  case listMetrics = "ListMetrics"
  case putMetricAlarm = "PutMetricAlarm"
  case describeAlarms = "DescribeAlarms"
  case describeAlarmsForMetric = "DescribeAlarmsForMetric"
  case describeAlarmHistory = "DescribeAlarmHistory"
  case setAlarmState = "SetAlarmState"
  case deleteAlarms = "DeleteAlarms"
  case enableAlarmActions = "EnableAlarmActions"
  case disableAlarmActions = "DisableAlarmActions"
  case putDashboard = "PutDashboard"
  case getDashboard = "GetDashboard"
  case listDashboards = "ListDashboards"
  case deleteDashboards = "DeleteDashboards"
  case tagResource = "TagResource"
  case untagResource = "UntagResource"
  case listTagsForResource = "ListTagsForResource"
}

/// An operation of CloudWatch Logs.
public enum LogsOperation: String, Sendable, Hashable, CaseIterable {
  case createLogGroup = "CreateLogGroup"
  case deleteLogGroup = "DeleteLogGroup"
  case describeLogGroups = "DescribeLogGroups"
  case putRetentionPolicy = "PutRetentionPolicy"
  case deleteRetentionPolicy = "DeleteRetentionPolicy"
  case createLogStream = "CreateLogStream"
  case deleteLogStream = "DeleteLogStream"
  case describeLogStreams = "DescribeLogStreams"
  case putLogEvents = "PutLogEvents"
  case getLogEvents = "GetLogEvents"
  case filterLogEvents = "FilterLogEvents"
  case testMetricFilter = "TestMetricFilter"
  case listTagsForResource = "ListTagsForResource"
  case listTagsLogGroup = "ListTagsLogGroup"
}

/// An operation of IAM.
public enum IAMOperation: String, Sendable, Hashable, CaseIterable {
  case getRole = "GetRole"
  case listRoles = "ListRoles"
  case createRole = "CreateRole"
  case deleteRole = "DeleteRole"
  case updateAssumeRolePolicy = "UpdateAssumeRolePolicy"
  case listRolePolicies = "ListRolePolicies"
  case getRolePolicy = "GetRolePolicy"
  case putRolePolicy = "PutRolePolicy"
  case deleteRolePolicy = "DeleteRolePolicy"
  case listAttachedRolePolicies = "ListAttachedRolePolicies"
  case simulatePrincipalPolicy = "SimulatePrincipalPolicy"
  case simulateCustomPolicy = "SimulateCustomPolicy"
  case getContextKeysForCustomPolicy = "GetContextKeysForCustomPolicy"
  case getContextKeysForPrincipalPolicy = "GetContextKeysForPrincipalPolicy"
}

/// The members of a structure of a request, read by AWS's names, whatever protocol they came in.
public struct WireInput: Sendable, Hashable {
  private let json: JSON
  private let path: String
  private let isTextual: Bool

  init(_ members: Members) {
    json = members.json
    path = members.path
    isTextual = members.isTextual
  }

  private var members: Members { Members(json, path: path, isTextual: isTextual) }

  /// Whether the member is there, whatever it is.
  public func has(_ name: String) -> Bool { members.value(name) != nil }

  /// An optional text within these lengths.
  public func text(_ name: String, _ lengths: ClosedRange<Int> = 0...1_048_576) throws(WireError) -> String? {
    var validation = Validation()
    let text = try validation.text(members, name, TextShape(lengths))
    try validation.settle()
    return text
  }

  /// A text that must be there.
  public func requiredText(_ name: String, _ lengths: ClosedRange<Int> = 1...1_048_576) throws(WireError) -> String {
    var validation = Validation()
    let text = try validation.requiredText(members, name, TextShape(lengths))
    try validation.settle()
    return text
  }

  /// One of a model's values.
  public func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, of kind: Choice.Type
  ) throws(WireError) -> Choice? {
    var validation = Validation()
    let choice = try validation.choice(members, name, of: kind)
    try validation.settle()
    return choice
  }

  public func integer(_ name: String, _ range: ClosedRange<Int>) throws(WireError) -> Int? {
    var validation = Validation()
    let number = try validation.integer(members, name, range)
    try validation.settle()
    return number
  }

  public func requiredInteger(_ name: String, _ range: ClosedRange<Int>) throws(WireError) -> Int {
    guard let number = try integer(name, range) else { throw missing(name) }
    return number
  }

  /// A number with a fraction; `NaN` and `Infinity` come as they are written, for the service to refuse.
  public func double(_ name: String) throws(WireError) -> Double? {
    guard let value = members.value(name) else { return nil }
    if let number = value.double ?? value.string.flatMap({ Double($0) }) { return number }
    throw WireError(.serialization, "\(value.kind.uppercased())_VALUE can not be converted to a Double (at '\(name)')")
  }

  public func doubles(_ name: String) throws(WireError) -> [Double]? {
    guard let values = members.value(name)?.elements else { return nil }
    return try values.map { value throws(WireError) in
      guard let number = value.double ?? value.string.flatMap({ Double($0) }) else {
        throw WireError(.serialization, "A member of \(name) can not be converted to a Double")
      }
      return number
    }
  }

  public func flag(_ name: String) throws(WireError) -> Bool? {
    if isTextual, let text = members.value(name)?.string?.lowercased(), ["true", "false"].contains(text) {
      return text == "true"
    }
    return try members.flag(name)
  }

  public func moment(_ name: String) throws(WireError) -> Timestamp? { try members.moment(name) }

  public func requiredMoment(_ name: String) throws(WireError) -> Timestamp {
    guard let moment = try moment(name) else { throw missing(name) }
    return moment
  }

  public func texts(_ name: String) throws(WireError) -> [String]? { try members.texts(name) }

  public func structure(_ name: String) throws(WireError) -> WireInput? {
    try members.structure(name).map { WireInput($0) }
  }

  public func structures(_ name: String) throws(WireError) -> [WireInput]? {
    try members.structures(name)?.map { WireInput($0) }
  }

  public func textMap(_ name: String) throws(WireError) -> [String: String]? { try members.textMap(name) }

  /// The complaint that a member is not there.
  public func missing(_ name: String) -> WireError {
    var validation = Validation()
    validation.missing(members.place(name))
    do {
      try validation.settle()
    } catch {
      return error
    }
    return WireError(.validation, "\(name) is missing")
  }
}

extension Form {
  /// A form of the query protocol as nested JSON: `A.member.1.B=x` is `{"A":[{"B":"x"}]}`; every leaf is a text.
  ///
  /// Source: AWS, "Making query requests"; botocore's query serializer, whose lists are `member` and maps `entry`.
  var nested: JSON { Form.nest(fields.map { (Array($0.name.split(separator: ".").map(String.init)), $0.value) }, 0) }

  private static let depthMax = 32

  private static func nest(_ fields: [([String], String)], _ depth: Int) -> JSON {
    if let leaf = fields.first(where: { $0.0.isEmpty }) { return .string(leaf.1) }
    guard depth < depthMax else { return .null }
    var order: [String] = []
    var groups: [String: [([String], String)]] = [:]
    for (path, value) in fields {
      guard let name = path.first else { continue }
      if groups[name] == nil { order.append(name) }
      groups[name, default: []].append((Array(path.dropFirst()), value))
    }
    if order == ["member"] {
      var elements: [Int: [([String], String)]] = [:]
      for (path, value) in groups["member"] ?? [] {
        guard let number = path.first.flatMap({ Int($0) }) else { continue }
        elements[number, default: []].append((Array(path.dropFirst()), value))
      }
      return .array(elements.sorted { $0.key < $1.key }.map { nest($0.value, depth + 1) })
    }
    return .object(order.map { .init($0, nest(groups[$0] ?? [], depth + 1)) })
  }
}
