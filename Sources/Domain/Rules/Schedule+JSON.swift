import Events
import Schedules

extension Schedule {
  /// The schedule as it is stored and shown; absent members are left out.
  public var json: JSON {
    // They are the same moment for one that was never changed.
    let created = createdAt.preciseText
    let modified = modifiedAt == createdAt ? created : modifiedAt.preciseText
    var json = JSON(present: [
      "group": .string(name.group), "name": .string(name.name), "description": description.map { .string($0) },
      "state": .string(state.rawValue), "schedule_expression": .string(expression.text),
      "timezone": .string(timezone), "start": start.map { .string($0.preciseText) },
      "end": end.map { .string($0.preciseText) }, "window_minutes": window.map { JSON($0) }, "target": target.json,
      "completion": .string(completion.rawValue), "kms_key": kmsKey.map { .string($0) },
      "created_at": .string(created), "modified_at": .string(modified),
      "version": JSON(version), "since": .string(since == createdAt ? created : since.preciseText),
      "gap": changes.gap == .skip ? nil : .string(changes.gap.rawValue),
      "fold": changes.fold == .first ? nil : .string(changes.fold.rawValue),
      "overlap": overlap == .allowAll ? nil : .string(overlap.rawValue), "pause": pause?.json,
    ])
    for member in misfire.members.members ?? [] { json.set(member.key, member.value) }
    return json
  }

  /// Reads what `json` wrote.
  public init(json: JSON) throws(RuleReadError) {
    func flaw(_ what: String) -> RuleReadError {
      RuleReadError(field: json["name"]?.string ?? "name", reason: "\(what) is absent or unreadable")
    }
    func moment(_ key: String) -> Timestamp? { json[key]?.string.flatMap { Timestamp($0) } }
    guard let group = json["group"]?.string, let name = json["name"]?.string else { throw flaw("name") }
    guard let state = json["state"]?.string.flatMap({ Rule.State(rawValue: $0) }) else { throw flaw("state") }
    guard let text = json["schedule_expression"]?.string, let timezone = json["timezone"]?.string else {
      throw flaw("schedule_expression")
    }
    guard let createdAt = moment("created_at"), let modifiedAt = moment("modified_at"), let since = moment("since"),
      let version = json["version"]?.int, let target = json["target"],
      let completion = json["completion"]?.string.flatMap({ Completion(rawValue: $0) }),
      let misfire = MisfirePolicy(members: json)
    else { throw flaw("a member") }
    let expression: ScheduleExpression
    do {
      expression = try ScheduleExpression(text, dialect: .scheduler)
    } catch {
      throw RuleReadError(field: name, reason: error.message)
    }
    self.init(
      name: ScheduleName(group: group, name), description: json["description"]?.string, state: state,
      expression: expression, timezone: timezone, start: moment("start"), end: moment("end"),
      window: json["window_minutes"]?.int, target: try Target(json: target), completion: completion,
      kmsKey: json["kms_key"]?.string, createdAt: createdAt, modifiedAt: modifiedAt, version: version, since: since,
      changes: ClockChangeRule(
        gap: json["gap"]?.string.flatMap { ClockChangeRule.Gap(rawValue: $0) } ?? .skip,
        fold: json["fold"]?.string.flatMap { ClockChangeRule.Fold(rawValue: $0) } ?? .first),
      misfire: misfire, overlap: json["overlap"]?.string.flatMap { OverlapPolicy(rawValue: $0) } ?? .allowAll,
      pause: json["pause"].flatMap { Pause(json: $0) })
  }
}

extension MisfirePolicy {
  /// `latest within 3600 s`, `all within 86400 s, 10 at most`
  public var words: String {
    let most = countMax == MisfirePolicy.firesMax ? "" : ", \(countMax) at most"
    return "\(kind.rawValue) within \(window.wholeSecondsUp) s\(most)"
  }

  /// The members that rules and schedules are stored with.
  var members: JSON {
    JSON(present: [
      "misfire": .string(kind.rawValue), "misfire_window_seconds": JSON(window.wholeSecondsUp),
      "misfire_count": countMax == MisfirePolicy.firesMax ? nil : JSON(countMax),
    ])
  }

  /// Reads what `members` wrote; nil if one is absent or out of bounds.
  init?(members json: JSON) {
    let count = json["misfire_count"]?.int ?? MisfirePolicy.firesMax
    guard let kind = json["misfire"]?.string.flatMap({ Kind(rawValue: $0) }),
      let window = json["misfire_window_seconds"]?.int, window >= 0, (1...MisfirePolicy.firesMax).contains(count)
    else { return nil }
    self.init(kind: kind, window: .seconds(window), countMax: count)
  }
}

extension ScheduleGroup {
  public var json: JSON {
    [
      "name": .string(name), "created_at": .string(createdAt.preciseText),
      "modified_at": .string(modifiedAt.preciseText),
      "tags": .object(tags.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
    ]
  }

  /// Reads what `json` wrote; nil if a member is absent.
  public init?(json: JSON) {
    guard let name = json["name"]?.string, let createdAt = json["created_at"]?.string.flatMap({ Timestamp($0) }),
      let modifiedAt = json["modified_at"]?.string.flatMap({ Timestamp($0) })
    else { return nil }
    let tags = (json["tags"]?.members ?? []).compactMap { member in member.value.string.map { (member.key, $0) } }
    self.init(
      name: name, tags: Dictionary(tags, uniquingKeysWith: { _, last in last }), createdAt: createdAt,
      modifiedAt: modifiedAt)
  }
}
