import Deliveries
import Events
import Patterns
import Schedules

/// Why a stored rule cannot be read back.
public struct RuleReadError: Error, Sendable, Hashable {
  public let field: String
  public let reason: String
}

extension Rule {
  /// The rule as it is stored and shown; absent members are left out.
  public var json: JSON {
    JSON(present: [
      "name": .string(name), "arn": .string(arn.description), "description": description.map { .string($0) },
      "state": .string(state.rawValue), "event_pattern": pattern.map { .string($0.text) },
      "schedule_expression": schedule.map { .string($0.text) }, "misfire": .string(misfire.kind.rawValue),
      "misfire_window_seconds": JSON(misfire.window.wholeSecondsUp),
      "misfire_count": misfire.countMax == MisfirePolicy.firesMax ? nil : JSON(misfire.countMax),
      "overlap": overlap == .allowAll ? nil : .string(overlap.rawValue), "pause": pause?.json,
      "targets": .array(targets.map(\.json)),
      "version": JSON(version), "anchor": .string(anchor.preciseText), "role_arn": role.map { .string($0) },
    ])
  }

  /// Reads what `json` wrote.
  public init(json: JSON) throws(RuleReadError) {
    guard let name = json["name"]?.string, let arn = json["arn"]?.string.flatMap({ ResourceName($0) }),
      let state = json["state"]?.string.flatMap({ State(rawValue: $0) }), let version = json["version"]?.int,
      let anchor = json["anchor"]?.string.flatMap({ Timestamp($0) }),
      let misfire = MisfirePolicy(members: json), let targets = json["targets"]?.elements
    else { throw RuleReadError(field: json["name"]?.string ?? "name", reason: "a member is absent or unreadable") }
    var pattern: EventPattern?
    var schedule: ScheduleExpression?
    do {
      if let text = json["event_pattern"]?.string { pattern = try EventPattern(text) }
      if let text = json["schedule_expression"]?.string { schedule = try ScheduleExpression(text, dialect: .rules) }
    } catch {
      throw RuleReadError(field: name, reason: "\(error)")
    }
    var read: [Target] = []
    for target in targets { read.append(try Target(json: target)) }
    self.init(
      name: name, arn: arn, description: json["description"]?.string, state: state, pattern: pattern,
      schedule: schedule, misfire: misfire, targets: read, version: version, anchor: anchor,
      role: json["role_arn"]?.string,
      overlap: json["overlap"]?.string.flatMap { OverlapPolicy(rawValue: $0) } ?? .allowAll,
      pause: json["pause"].flatMap { Pause(json: $0) })
  }
}

extension Target {
  /// The target in the words of EventBridge's API.
  public var json: JSON {
    var json = JSON(present: [
      "Id": .string(id), "Arn": .string(arn.description), "RoleArn": role.map { .string($0) },
      "DeadLetterConfig": deadLetter.map { ["Arn": .string($0.description)] },
      "RetryPolicy": [
        "MaximumRetryAttempts": JSON(retry.retriesMax), "MaximumEventAgeInSeconds": JSON(retry.ageSecondsMax),
      ],
    ])
    // The policy is always written; only of the standard one it is not plain that somebody wanted it.
    if isRetryAsked, retry == .standard { json.set("RetryPolicyAsked", true) }
    for member in inputMembers { json.set(member.key, member.value) }
    return json
  }

  /// What of it has to do with the input.
  private var inputMembers: [JSON.Member] {
    var members = parameters.map { [JSON.Member($0.name, $0.json)] } ?? []
    switch input {
    case .whole: break
    case .constant(let text): members.append(.init("Input", .string(text)))
    case .scheduled(let text): members.append(.init("ScheduledInput", text.map { .string($0) } ?? .null))
    case .path(let path): members.append(.init("InputPath", .string(path.description)))
    case .transformer(let transformer):
      members.append(
        .init(
          "InputTransformer",
          [
            "InputPathsMap": .object(transformer.paths.map { .init($0.name, .string($0.path.description)) }),
            "InputTemplate": .string(transformer.template),
          ]))
    }
    return members
  }

  /// Writes the target as it is stored by the million: as `json`, but the standard retry policy, where nobody asked for it, is left out.
  public func write(into text: inout ObjectText) {
    text.set("Id", id)
    text.set("Arn", arn.description)
    if let role { text.set("RoleArn", role) }
    if let deadLetter { text.set("DeadLetterConfig") { $0.set("Arn", deadLetter.description) } }
    if isRetryAsked || retry != .standard {
      text.set("RetryPolicy") { policy in
        policy.set("MaximumRetryAttempts", Int64(retry.retriesMax))
        policy.set("MaximumEventAgeInSeconds", Int64(retry.ageSecondsMax))
      }
      if isRetryAsked, retry == .standard { text.set("RetryPolicyAsked", .bool(true)) }
    }
    for member in inputMembers { text.set(member.key, member.value) }
  }

  /// Reads what `json` or `write` wrote.
  public init(json: JSON) throws(RuleReadError) {
    guard let id = json["Id"]?.string, let arn = json["Arn"]?.string.flatMap({ ResourceName($0) }) else {
      throw RuleReadError(field: "targets", reason: "a target without Id or Arn")
    }
    var input = TargetInput.whole
    do {
      if let scheduled = json["ScheduledInput"] {
        input = .scheduled(scheduled.string)
      } else if let constant = json["Input"]?.string {
        input = .constant(constant)
      } else if let path = json["InputPath"]?.string {
        input = .path(try EventPath(path))
      } else if let transformer = json["InputTransformer"] {
        let paths = (transformer["InputPathsMap"]?.members ?? []).map { ($0.key, $0.value.string ?? "") }
        let template = transformer["InputTemplate"]?.string ?? ""
        input = .transformer(try InputTransformer(paths: paths, template: template))
      }
    } catch {
      throw RuleReadError(field: "target \(id)", reason: "\(error)")
    }
    let policy = json["RetryPolicy"]
    let retry = RetryPolicy(
      retriesMax: policy?["MaximumRetryAttempts"]?.int ?? RetryPolicy.standard.retriesMax,
      ageSecondsMax: policy?["MaximumEventAgeInSeconds"]?.int ?? RetryPolicy.standard.ageSecondsMax)
    self.init(
      id: id, arn: arn, input: input, retry: retry ?? .standard,
      deadLetter: json["DeadLetterConfig"]?["Arn"]?.string.flatMap { ResourceName($0) },
      role: json["RoleArn"]?.string, isRetryAsked: json["RetryPolicyAsked"]?.bool,
      parameters: TargetParameters(target: json))
  }
}
