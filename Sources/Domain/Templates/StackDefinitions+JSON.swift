import Events
import Patterns
import Rules
import Schedules

extension StackDefinitions {
  /// The definitions as they travel between the command line and a server.
  public var json: JSON {
    JSON(present: [
      "rules": .array(rules.map(\.json)), "queues": .array(queues.map(\.json)), "buckets": JSON(buckets),
      "buses": JSON(buses), "permissions": .array(permissions.map(\.json)),
      "groups": groups.isEmpty ? nil : .array(groups.map(\.json)),
      "schedules": schedules.isEmpty ? nil : .array(schedules.map(\.json)), "universe": universe.map { JSON($0) },
    ])
  }

  /// Reads what `json` wrote, and checks it as AWS would.
  public init(json: JSON) throws(StackError) {
    self.init()
    for rule in json["rules"]?.elements ?? [] { rules.append(try StackRule(json: rule)) }
    for queue in json["queues"]?.elements ?? [] { queues.append(try StackQueue(json: queue)) }
    buckets = try StackDefinitions.texts(json, "buckets") ?? []
    for bucket in buckets { try StackName.checkBucket(bucket) }
    buses = try StackDefinitions.texts(json, "buses") ?? []
    for bus in buses { try StackName.check(bus, "bus", ".-_", 1...256) }
    for permission in json["permissions"]?.elements ?? [] {
      permissions.append(try StackPermission(json: permission))
    }
    for group in json["groups"]?.elements ?? [] { groups.append(try StackScheduleGroup(json: group)) }
    for schedule in json["schedules"]?.elements ?? [] { schedules.append(try StackSchedule(json: schedule)) }
    universe = try StackDefinitions.texts(json, "universe")
    let names = [
      rules.map(\.name), queues.map(\.name), buckets, buses, groups.map(\.name),
      schedules.map(\.name.description),
    ]
    for names in names where Set(names).count < names.count {
      let twice = names.first { name in names.filter { $0 == name }.count > 1 } ?? ""
      throw StackError(.nameTaken, "\(twice) is there twice")
    }
  }

  private static func texts(_ json: JSON, _ key: String) throws(StackError) -> [String]? {
    guard let member = json[key] else { return nil }
    var texts: [String] = []
    for element in member.elements ?? [.null] {
      guard let text = element.string else { throw malformed("\(key) is a list of texts") }
      texts.append(text)
    }
    return texts
  }

  static func malformed(_ reason: String) -> StackError { StackError(.templateMalformed, reason) }
}

extension StackRule {
  var json: JSON {
    JSON(present: [
      "name": .string(name), "description": description.map { .string($0) }, "state": .string(state.rawValue),
      "event_pattern": pattern.map { .string($0.text) }, "schedule_expression": schedule.map { .string($0.text) },
      "role_arn": role.map { .string($0) }, "targets": .array(targets.map(\.json)),
    ])
  }

  init(json: JSON) throws(StackError) {
    guard let name = json["name"]?.string, let state = json["state"]?.string.flatMap({ Rule.State(rawValue: $0) })
    else { throw StackDefinitions.malformed("a rule has a name and a state") }
    var targets: [Target] = []
    for target in json["targets"]?.elements ?? [] {
      do {
        targets.append(try Target(json: target))
      } catch {
        throw StackError(.ruleInvalid, "\(name): \(error.field): \(error.reason)")
      }
    }
    try self.init(
      name: name, description: json["description"]?.string, state: state, pattern: json["event_pattern"]?.string,
      schedule: json["schedule_expression"]?.string, role: json["role_arn"]?.string, targets: targets)
  }

  /// What makes two rules the same: all but the order of members and the spelling of white space.
  var canonical: JSON {
    var json = json
    if let pattern = patternJSON { json.set("event_pattern", .string(pattern.canonicalText)) }
    json.set("targets", .array(targets.sorted { $0.id < $1.id }.map { .string($0.json.canonicalText) }))
    return json
  }
}

extension StackQueue {
  var json: JSON {
    JSON(present: [
      "name": .string(name), "visibility_timeout": JSON(visibilityTimeout), "delay_seconds": JSON(delaySeconds),
      "message_retention_period": JSON(messageRetentionPeriod), "receive_wait": JSON(receiveWait),
      "redrive": redrive.map {
        ["dead_letter_queue": .string($0.deadLetterQueue), "max_receive_count": JSON($0.maxReceiveCount)]
      }, "policy": policy.isEmpty ? nil : .array(policy),
    ])
  }

  init(json: JSON) throws(StackError) {
    guard let name = json["name"]?.string, let visibility = json["visibility_timeout"]?.int,
      let delay = json["delay_seconds"]?.int, let retention = json["message_retention_period"]?.int,
      let wait = json["receive_wait"]?.int
    else { throw StackDefinitions.malformed("a queue has a name and four numbers") }
    var redrive: Redrive?
    if let json = json["redrive"] {
      guard let queue = json["dead_letter_queue"]?.string, let count = json["max_receive_count"]?.int else {
        throw StackDefinitions.malformed("a redrive has a queue and a count")
      }
      redrive = Redrive(deadLetterQueue: queue, maxReceiveCount: count)
    }
    try self.init(
      name: name, visibilityTimeout: visibility, delaySeconds: delay, messageRetentionPeriod: retention,
      receiveWait: wait, redrive: redrive, policy: json["policy"]?.elements ?? [])
  }
}

extension StackPermission {
  var json: JSON {
    JSON(present: ["function": .string(function), "source": source.map { .string($0) }])
  }

  init(json: JSON) throws(StackError) {
    guard let function = json["function"]?.string else {
      throw StackDefinitions.malformed("a permission names a function")
    }
    self.init(function: function, source: json["source"]?.string)
  }
}
