import Events
import Rules
import Schedules

/// A schedule of EventBridge Scheduler as a template has it: without the version and the moments that an engine gives it, and
/// without the policies that AWS does not have.
public struct StackSchedule: Sendable, Hashable {
  /// What the target of every schedule is called; Scheduler's own has no name.
  static let targetID = "schedule"
  /// Characters. Source: EventBridge Scheduler API, `CreateSchedule`.
  static let descriptionMax = 512
  static let expressionMax = 256
  static let timezoneMax = 50
  static let keyMax = 2_048

  public let name: ScheduleName
  public let description: String?
  public let state: Rule.State
  public let expression: ScheduleExpression
  /// As IANA names it; whether the machine knows it is the engine's to say.
  public let timezone: String
  public let start: Timestamp?
  public let end: Timestamp?
  /// Minutes; nil invokes at once.
  public let window: Int?
  public let target: Target
  /// What becomes of it after its last slot. CloudFormation has no property for it, so nil says that nothing is said of it.
  public let completion: Schedule.Completion?
  public let kmsKey: String?

  public init(
    name: ScheduleName, description: String? = nil, state: Rule.State = .enabled, expression: String,
    timezone: String = "UTC", start: Timestamp? = nil, end: Timestamp? = nil, window: Int? = nil, target: Target,
    completion: Schedule.Completion? = nil, kmsKey: String? = nil
  ) throws(StackError) {
    try StackName.check(name.name, "schedule", ".-_", 1...64)
    try StackName.check(name.group, "schedule group", ".-_", 1...64)
    func check(_ isSound: Bool, _ reason: String) throws(StackError) {
      guard isSound else { throw StackError(.scheduleInvalid, reason) }
    }
    try check(
      description?.unicodeScalars.count ?? 0 <= StackSchedule.descriptionMax,
      "its description is longer than \(StackSchedule.descriptionMax) characters")
    try check(
      expression.unicodeScalars.count <= StackSchedule.expressionMax,
      "its expression is longer than \(StackSchedule.expressionMax) characters")
    try check(
      (1...StackSchedule.timezoneMax).contains(timezone.unicodeScalars.count),
      "ScheduleExpressionTimezone has 1 to \(StackSchedule.timezoneMax) characters")
    try check(kmsKey?.unicodeScalars.count ?? 0 <= StackSchedule.keyMax, "KmsKeyArn is too long")
    if let window {
      let range = Schedule.windowMinutes
      try check(
        range.contains(window),
        "MaximumWindowInMinutes is \(range.lowerBound) to \(range.upperBound), not \(window)")
    }
    do {
      self.expression = try ScheduleExpression(expression, dialect: .scheduler)
    } catch {
      throw StackError(.scheduleInvalid, "ScheduleExpression: \(error.reason)")
    }
    if let start, let end, !self.expression.isOnce {
      try check(start <= end, "EndDate \(end) is earlier than StartDate \(start)")
    }
    self.name = name
    self.description = description
    self.state = state
    self.timezone = timezone
    self.start = start
    self.end = end
    self.window = window
    self.target = target
    self.completion = completion
    self.kmsKey = kmsKey
  }

  public init(_ schedule: Schedule) {
    name = schedule.name
    description = schedule.description
    state = schedule.state
    expression = schedule.expression
    timezone = schedule.timezone
    start = schedule.start
    end = schedule.end
    window = schedule.window
    target = schedule.target
    completion = schedule.completion
    kmsKey = schedule.kmsKey
  }

  var json: JSON {
    JSON(present: [
      "group": .string(name.group), "name": .string(name.name), "description": description.map { .string($0) },
      "state": .string(state.rawValue), "schedule_expression": .string(expression.text),
      "timezone": .string(timezone), "start": start.map { .string($0.preciseText) },
      "end": end.map { .string($0.preciseText) }, "window_minutes": window.map { JSON($0) }, "target": target.json,
      "completion": completion.map { .string($0.rawValue) }, "kms_key": kmsKey.map { .string($0) },
    ])
  }

  init(json: JSON) throws(StackError) {
    guard let group = json["group"]?.string, let name = json["name"]?.string, let target = json["target"],
      let state = json["state"]?.string.flatMap({ Rule.State(rawValue: $0) }),
      let expression = json["schedule_expression"]?.string, let timezone = json["timezone"]?.string
    else { throw StackDefinitions.malformed("a schedule has a group, a name, a state, an expression and a target") }
    func moment(_ key: String) throws(StackError) -> Timestamp? {
      guard let member = json[key] else { return nil }
      guard let moment = member.string.flatMap({ Timestamp($0) }) else {
        throw StackDefinitions.malformed("\(name): \(key) is no moment")
      }
      return moment
    }
    let read: Target
    do {
      read = try Target(json: target)
    } catch {
      throw StackError(.scheduleInvalid, "\(name): \(error.field): \(error.reason)")
    }
    guard case .scheduled = read.input else {
      throw StackError(.scheduleInvalid, "\(name): the input of its target is a rule's")
    }
    try self.init(
      name: ScheduleName(group: group, name), description: json["description"]?.string, state: state,
      expression: expression, timezone: timezone, start: try moment("start"), end: try moment("end"),
      window: json["window_minutes"]?.int, target: read,
      completion: json["completion"]?.string.flatMap { Schedule.Completion(rawValue: $0) },
      kmsKey: json["kms_key"]?.string)
  }

  /// What makes two schedules the same to a template.
  var canonical: JSON {
    var json = json
    json.remove("completion")
    json.set("target", .string(target.json.canonicalText))
    return json
  }
}

/// A group of schedules.
public struct StackScheduleGroup: Sendable, Hashable {
  public let name: String
  public let tags: [String: String]

  /// The default group is always there, so that nothing can make it.
  public init(name: String, tags: [String: String] = [:]) throws(StackError) {
    try StackName.check(name, "schedule group", ".-_", 1...64)
    guard name != ScheduleName.defaultGroup else {
      throw StackError(.nameTaken, "the schedule group \(name) is always there")
    }
    guard tags.allSatisfy({ (1...128).contains($0.key.count) && (1...256).contains($0.value.count) }), tags.count <= 50
    else {
      throw StackError(
        .scheduleInvalid, "a group has 50 tags at most, with keys of 1 to 128 characters and values of 1 to 256")
    }
    self.name = name
    self.tags = tags
  }

  var json: JSON {
    JSON(present: [
      "name": .string(name),
      "tags": tags.isEmpty
        ? nil : .object(tags.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
    ])
  }

  init(json: JSON) throws(StackError) {
    guard let name = json["name"]?.string else { throw StackDefinitions.malformed("a schedule group has a name") }
    let tags = (json["tags"]?.members ?? []).compactMap { tag in tag.value.string.map { (tag.key, $0) } }
    try self.init(name: name, tags: Dictionary(tags, uniquingKeysWith: { _, last in last }))
  }
}
