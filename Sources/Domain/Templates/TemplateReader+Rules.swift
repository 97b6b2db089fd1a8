import Deliveries
import Events
import Rules

extension TemplateReader {
  mutating func readRule(_ id: String, _ properties: JSON) {
    noteRest(
      id, properties,
      kept: [
        "Name", "Description", "State", "EventPattern", "ScheduleExpression", "EventBusName", "RoleArn", "Targets",
      ])
    guard isOnDefaultBus(id, properties), let name = name(id, .rule) else { return }
    let known = notes.count
    let pattern = value(id, properties, "EventPattern")
    let schedule = text(id, properties, "ScheduleExpression")
    // A rule without its pattern would take every event, or none: better that it is not there.
    guard notes.count == known else { return }
    var targets: [Target] = []
    for (index, target) in (properties["Targets"]?.elements ?? []).enumerated() {
      if let read = readTarget(id, rule: name, target, "Targets.\(index).") { targets.append(read) }
    }
    let state = text(id, properties, "State") ?? "ENABLED"
    if state == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" {
      notes.append(TemplateNote(.propertyNotKept, id, "State", "events of CloudTrail do not come here; it is ENABLED"))
    }
    do {
      add(
        id,
        try StackRule(
          name: name, description: text(id, properties, "Description"),
          state: state == "DISABLED" ? .disabled : .enabled, pattern: pattern.map { $0.string ?? $0.text },
          schedule: schedule, role: text(id, properties, "RoleArn"), targets: targets))
    } catch {
      refuse(id, error)
    }
  }

  mutating func add(_ id: String, _ rule: StackRule) {
    definitions.rules.append(rule)
    logicalIDs[rule.name] = id
  }

  /// Whether the rule is kept, on the default bus, wherever the template has it; one that only forwards is not.
  private mutating func isOnDefaultBus(_ id: String, _ properties: JSON) -> Bool {
    guard properties["EventBusName"] != nil else { return true }
    guard let written = text(id, properties, "EventBusName") else { return false }
    let bus = ResourceName(written)?.name ?? written
    guard bus != "default" else { return true }
    let targets = properties["Targets"]?.elements ?? []
    let forwards = targets.filter { target in
      let arn = intrinsics.settled(target["Arn"] ?? .null).string.flatMap { ResourceName($0) }
      return arn?.service == "events" && arn?.resource == "event-bus/default"
    }
    guard forwards.count < targets.count || targets.isEmpty else {
      notes.append(
        TemplateNote(.busFolded, id, "\(bus) forwards all that it takes to the default bus here, without a rule"))
      return false
    }
    notes.append(TemplateNote(.busFolded, id, "EventBusName", "it listens on the default bus instead of \(bus)"))
    return true
  }

  // MARK: Targets

  private mutating func readTarget(_ id: String, rule: String, _ target: JSON, _ prefix: String) -> Target? {
    noteRest(
      id, target,
      kept: ["Arn", "Id", "Input", "InputPath", "InputTransformer", "RetryPolicy", "DeadLetterConfig", "RoleArn"],
      under: prefix)
    guard let targetID = text(id, target, "Id", under: prefix) else { return nil }
    guard let arn = destination(id, rule: rule, text(id, target, "Arn", under: prefix), prefix + "Arn") else {
      return nil
    }
    let known = notes.count
    let input = input(id, targetID, target, prefix)
    guard let input, notes.count == known else { return nil }
    return Target(
      id: targetID, arn: arn, input: input, retry: retry(id, target, prefix, invalid: .ruleInvalid) ?? .standard,
      deadLetter: deadLetter(id, target, prefix), role: text(id, target, "RoleArn", under: prefix),
      isRetryAsked: target["RetryPolicy"] != nil)
  }

  /// Where a target's events go here; nil, with a note, if they go nowhere.
  ///
  /// - Parameter rule: who must be let in to what stands in for a function; nil for a schedule, which acts by its role.
  mutating func destination(_ id: String, rule: String?, _ written: String?, _ property: String) -> ResourceName? {
    guard let written else { return nil }
    guard let arn = ResourceName(written) else {
      notes.append(TemplateNote(.targetNotServed, id, property, "\(written.prefix(100)) is no ARN"))
      return nil
    }
    if let function = FunctionTarget(arn) { return destination(id, rule: rule, function, arn, property) }
    guard arn.service == "sqs", place.isHere(arn), !arn.resource.hasSuffix(".fifo") else {
      let reason =
        arn.service != "sqs"
        ? "\(arn): \(arn.service) is not served"
        : place.isHere(arn) ? "\(arn): FIFO queues are not served" : "\(arn) is in another account or region"
      notes.append(TemplateNote(.targetNotServed, id, property, reason))
      return nil
    }
    return arn
  }

  private mutating func destination(
    _ id: String, rule: String?, _ function: FunctionTarget, _ arn: ResourceName, _ property: String
  ) -> ResourceName? {
    if place.functions.contains(function.name) {
      if let qualifier = function.qualifier {
        notes.append(
          TemplateNote(.propertyNotKept, id, property, "\(function.name) has no version \(qualifier) here"))
      }
      return place.names.function(function.name)
    }
    guard options.functionsAsQueues else {
      notes.append(TemplateNote(.functionForeign, id, property, "there is no function \(function.name)"))
      return arn
    }
    let queue = String(function.name.prefix(74)) + "-inbox"
    notes.append(TemplateNote(.functionAsQueue, id, property, "\(queue) stands in for \(function.name)"))
    if !definitions.queues.contains(where: { $0.name == queue }) {
      do { definitions.queues.append(try StackQueue(name: queue)) } catch { refuse(id, error) }
    }
    if let rule, !edges.contains(where: { $0 == (rule, queue) }) { edges.append((rule, queue)) }
    return place.names.queue(queue)
  }

  private mutating func input(_ id: String, _ targetID: String, _ target: JSON, _ prefix: String) -> TargetInput? {
    let constant = text(id, target, "Input", under: prefix)
    let path = text(id, target, "InputPath", under: prefix)
    do throws(InputError) {
      var transformer: InputTransformer?
      if let written = target["InputTransformer"] {
        guard let template = text(id, written, "InputTemplate", under: prefix + "InputTransformer.") else { return nil }
        let map = value(id, written, "InputPathsMap", under: prefix + "InputTransformer.")
        transformer = try InputTransformer(
          paths: (map?.members ?? []).map { ($0.key, $0.value.string ?? "") }, template: template)
      }
      return try TargetInput(constant: constant, path: path, transformer: transformer)
    } catch {
      notes.append(TemplateNote(.ruleInvalid, id, prefix + "Input", error.message(target: targetID)))
      return nil
    }
  }

  /// - Parameter invalid: what one out of range is told as.
  mutating func retry(_ id: String, _ target: JSON, _ prefix: String, invalid: TemplateCode) -> RetryPolicy? {
    guard let written = target["RetryPolicy"] else { return nil }
    let under = prefix + "RetryPolicy."
    let retries = number(id, written, "MaximumRetryAttempts", under: under) ?? RetryPolicy.standard.retriesMax
    let age = number(id, written, "MaximumEventAgeInSeconds", under: under) ?? RetryPolicy.standard.ageSecondsMax
    guard let policy = RetryPolicy(retriesMax: retries, ageSecondsMax: age) else {
      notes.append(
        TemplateNote(
          invalid, id, prefix + "RetryPolicy", "0 to 185 retries within 60 to 86400 s, not \(retries) and \(age)"))
      return nil
    }
    return policy
  }

  mutating func deadLetter(_ id: String, _ target: JSON, _ prefix: String) -> ResourceName? {
    guard let written = target["DeadLetterConfig"],
      let text = text(id, written, "Arn", under: prefix + "DeadLetterConfig.")
    else { return nil }
    guard let arn = ResourceName(text), arn.service == "sqs", place.isHere(arn) else {
      notes.append(
        TemplateNote(.propertyNotKept, id, prefix + "DeadLetterConfig", "\(text.prefix(100)) is no queue of this place")
      )
      return nil
    }
    return arn
  }

  /// Lets a rule that the template knows as something else use its target.
  mutating func letIn(rule: String, to arn: ResourceName) {
    if arn.service == "sqs" {
      if !edges.contains(where: { $0 == (rule, arn.name) }) { edges.append((rule, arn.name)) }
    } else if place.functions.contains(arn.name) {
      definitions.permissions.append(
        StackPermission(function: arn.name, source: place.names.rule(rule).description))
    }
  }
}
