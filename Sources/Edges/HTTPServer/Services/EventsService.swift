import AWSWire
import Deliveries
import Engine
import Events
import Patterns
import Rules
import Schedules

/// EventBridge on the wire: rules, targets and events of the default bus.
struct EventsService: Sendable {
  /// Rules, targets and buses that one page lists.
  static let pageMax = 100

  private let context: ServiceContext

  init(_ context: ServiceContext) {
    self.context = context
  }

  /// The answer, and headers of ours that AWS's clients ignore.
  func answer(_ operation: EventsOperation) async throws -> (EventsAnswer, [WireResponse.Header]) {
    if case .putEvents(let input) = operation { return try await putEvents(input) }
    if let bus = operation.busOfRules { try await BusService(context).checkHoldsRules(bus) }
    if let answer = try read(operation) { return (answer, []) }
    return (try await change(operation), [])
  }

  /// What the rules of this moment answer; nil if it takes more than a look.
  private func read(_ operation: EventsOperation) throws -> EventsAnswer? {
    switch operation {
    case .describeRule(let reference):
      return .describeRule(shape(try rule(reference), createdBy: context.names.account))
    case .listRules(let input): return try listRules(input)
    case .listTargetsByRule(let reference, let page): return try listTargets(reference, page)
    case .testEventPattern(let pattern, let event): return try testPattern(pattern, event)
    case .listRuleNamesByTarget(let arn, _, let page):
      let rules = context.runtime.book.bus.rules.filter { $0.targets.contains { $0.arn.description == arn } }
      let listed = try ListPage(
        rules.map(\.name), Listing("ListRuleNamesByTarget \(arn)", refusal: .validation), limit: page.limit,
        after: page.nextToken, max: EventsService.pageMax
      ) { $0 }
      return .listRuleNamesByTarget(listed.elements, nextToken: listed.nextToken)
    case .putEvents, .putRule, .enableRule, .disableRule, .deleteRule, .putTargets, .removeTargets, .listEventBuses,
      .describeEventBus:
      return nil
    }
  }

  private func change(_ operation: EventsOperation) async throws -> EventsAnswer {
    switch operation {
    case .putRule(let input): return try await putRule(input)
    case .enableRule(let reference): return try await setState(reference, .enabled)
    case .disableRule(let reference): return try await setState(reference, .disabled)
    case .deleteRule(let reference): return try await deleteRule(reference)
    case .putTargets(let input): return try await putTargets(input)
    case .removeTargets(let reference, let ids): return try await removeTargets(reference, ids)
    case .listEventBuses(let prefix, let page): return try await BusService(context).list(prefix: prefix, page)
    case .describeEventBus(let name): return try await BusService(context).describe(name)
    case .putEvents, .describeRule, .listRules, .listTargetsByRule, .testEventPattern, .listRuleNamesByTarget:
      throw WireError(.unknownOperation, "\(operation.name) changes nothing.")
    }
  }

  private func rule(_ reference: EventsOperation.RuleReference) throws(WireError) -> Rule {
    guard let rule = context.runtime.book.bus.rule(reference.name) else { throw WireError.noSuchRule(reference.name) }
    return rule
  }

  // MARK: Events

  private func putEvents(_ input: PutEventsInput) async throws -> (EventsAnswer, [WireResponse.Header]) {
    var events: [Event] = []
    var results: [Result<Event, PutEventsInput.Refusal>] = []
    let doors = try await BusService(context).doors(of: input)
    for entry in input.entries {
      let result = entry.flatMap { event($0, doors) }
      if case .success(let event) = result { events.append(event) }
      results.append(result)
    }
    let receipts = try await context.runtime.publisher.publish(events)
    let known = Dictionary(receipts.map { ($0.eventID, $0) }, uniquingKeysWith: { first, _ in first })
    let told = results.map { result -> Publisher.Receipt? in
      guard case .success(let event) = result else { return nil }
      return known[event.id]
    }
    let rules = told.map { ($0?.matchedRules ?? []).joined(separator: ",") }.joined(separator: ";")
    var headers = [WireResponse.Header("x-bellcrank-matched-rules", rules)]
    if let misses = NearMissHeader.value(of: told.map { $0?.nearMisses }) {
      headers.append(.init(NearMissHeader.name, misses))
    }
    return (.putEvents(results.map { $0.map(\.id) }), headers)
  }

  /// What a door lets in is forwarded to the default bus at once (D29).
  private func event(_ entry: PutEventsInput.Entry, _ doors: Set<String>) -> Result<Event, PutEventsInput.Refusal> {
    guard let bus = context.names.busName(entry.eventBusName), bus == "default" || doors.contains(bus) else {
      return .failure(.init(.invalidArgument, "Event bus \(entry.eventBusName ?? "") does not exist."))
    }
    return .success(
      Event(
        id: context.ports.entropy.uuid(), source: entry.source, detailType: entry.detailType,
        account: context.caller.account, region: context.names.region, time: (entry.time ?? context.now).wholeSecond,
        resources: entry.resources, detail: entry.detail))
  }

  private func testPattern(_ pattern: String, _ event: String) throws(WireError) -> EventsAnswer {
    let compiled = try compile(pattern)
    let envelope: JSON
    do { envelope = try JSON(parsing: event) } catch { throw EventsService.invalidEvent }
    let needed = ["id", "account", "source", "time", "region", "detail-type"]
    guard needed.allSatisfy({ envelope[$0]?.string != nil }) else { throw EventsService.invalidEvent }
    return .testEventPattern(compiled.matches(envelope))
  }

  private static let invalidEvent = WireError(.validation, "Parameter Event is not valid.")

  private func compile(_ pattern: String) throws(WireError) -> EventPattern {
    do { return try EventPattern(pattern) } catch { throw WireError(.invalidEventPattern, error.message) }
  }

  // MARK: Rules

  private func putRule(_ input: PutRuleInput) async throws -> EventsAnswer {
    let pattern = try input.eventPattern.map(compile)
    var schedule: ScheduleExpression?
    if let text = input.scheduleExpression {
      do {
        schedule = try ScheduleExpression(text, dialect: .rules)
      } catch {
        throw WireError(.validation, error.message)
      }
    }
    let names = context.names
    let settings = context.runtime.settings
    let state: Rule.State = input.state == .disabled ? .disabled : .enabled
    let now = context.now
    let old = context.runtime.book.bus.rule(input.name)
    let rule = try await context.runtime.book.change(input.name, context.note("PutRule")) { [schedule] old in
      Rule(
        name: input.name, arn: names.rule(input.name), description: input.description, state: state, pattern: pattern,
        schedule: schedule, misfire: old?.misfire ?? settings.misfire, targets: old?.targets ?? [], version: 1,
        anchor: now, role: input.roleArn, overlap: old?.overlap ?? .allowAll)
    }
    logChange("put-rule", rule)
    warn(of: old, replacedBy: rule)
    return .putRule(ruleArn: rule.arn.description)
  }

  /// D27: `put-rule` replaces the whole rule, and whoever wanted to change a cron may not know what else that changed.
  private func warn(of old: Rule?, replacedBy rule: Rule) {
    let lost = RuleChange.collateral(of: old, replacedBy: rule, context.note("PutRule"))
    guard let old, !lost.isEmpty else { return }
    context.ports.log.write(
      LogLine(
        .warning, "put-rule replaced more than it named: \(lost.joined(separator: ", "))",
        ["rule": rule.name, "version": "\(rule.version)", "replaced_version": "\(old.version)"]))
  }

  private func setState(_ reference: EventsOperation.RuleReference, _ state: Rule.State) async throws -> EventsAnswer {
    _ = try rule(reference)
    let rule = try await context.runtime.book.change(
      reference.name, context.note(state == .enabled ? "EnableRule" : "DisableRule")
    ) { old in
      guard var rule = old else { throw WireError.noSuchRule(reference.name) }
      rule.state = state
      return rule
    }
    logChange(state == .enabled ? "enable-rule" : "disable-rule", rule)
    return .done
  }

  /// As on AWS, a rule with targets is not deleted, and deleting one that is not there is no error.
  private func deleteRule(_ reference: EventsOperation.RuleReference) async throws -> EventsAnswer {
    if let rule = context.runtime.book.bus.rule(reference.name), !rule.targets.isEmpty {
      throw WireError(.validation, "Rule can't be deleted since it has targets.")
    }
    _ = try await context.runtime.book.remove(reference.name, context.note("DeleteRule"))
    return .done
  }

  private func listRules(_ input: EventsOperation.ListRulesInput) throws(WireError) -> EventsAnswer {
    let prefix = input.namePrefix ?? ""
    let rules = context.runtime.book.bus.rules.filter { $0.name.hasPrefix(prefix) }
    let page = try ListPage(
      rules, Listing("ListRules \(prefix)", refusal: .validation), limit: input.page.limit,
      after: input.page.nextToken, max: EventsService.pageMax, name: \.name)
    return .listRules(page.elements.map { shape($0) }, nextToken: page.nextToken)
  }

  private func shape(_ rule: Rule, createdBy account: String? = nil) -> EventsAnswer.RuleShape {
    .init(
      name: rule.name, arn: rule.arn.description, eventPattern: rule.pattern?.text,
      scheduleExpression: rule.schedule?.text, state: rule.isEnabled ? .enabled : .disabled,
      description: rule.description, roleArn: rule.role, eventBusName: "default", createdBy: account)
  }

  private func logChange(_ what: String, _ rule: Rule) {
    context.ports.log.write(
      LogLine(
        .info, "rule changed",
        ["operation": what, "rule": rule.name, "version": "\(rule.version)", "state": rule.state.rawValue]))
  }

  // MARK: Targets

  private func putTargets(_ input: PutTargetsInput) async throws -> EventsAnswer {
    _ = try rule(input.rule)
    // An id stands for one target: of several the last is meant, as if they had been put one after the other.
    let last = Dictionary(input.targets.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { max($0, $1) })
    let added = try input.targets.enumerated().filter { last[$1.id] == $0 }.map { try target($1) }
    _ = try await context.runtime.book.change(input.rule.name, context.note("PutTargets")) { old in
      guard var rule = old else { throw WireError.noSuchRule(input.rule.name) }
      rule.targets = rule.targets.filter { kept in !added.contains { $0.id == kept.id } } + added
      guard rule.targets.count <= Rule.targetsMax else {
        throw WireError(
          .limitExceeded,
          "The requested resource exceeds the maximum number allowed: \(Rule.targetsMax) targets a rule.")
      }
      return rule
    }
    return .putTargets(failed: [])
  }

  private func target(_ shape: TargetShape) throws(WireError) -> Target {
    guard let arn = ResourceName(shape.arn) else {
      throw WireError(
        .validation, "Parameter \(shape.arn) is not valid. Reason: Provided Arn is not in correct format.")
    }
    guard ["lambda", "sqs"].contains(arn.service) else {
      throw WireError(
        .validation,
        "Parameter \(shape.arn) is not valid. Reason: targets here are functions and queues, not \(arn.service).")
    }
    do {
      let transformer = try shape.inputTransformer.map { shape in
        try InputTransformer(
          paths: shape.inputPathsMap.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
          template: shape.inputTemplate)
      }
      let standard = Deliveries.RetryPolicy.standard
      return Target(
        id: shape.id, arn: arn,
        input: try TargetInput(constant: shape.input, path: shape.inputPath, transformer: transformer),
        retry: Deliveries.RetryPolicy(
          retriesMax: shape.retryPolicy?.maximumRetryAttempts ?? standard.retriesMax,
          ageSecondsMax: shape.retryPolicy?.maximumEventAgeInSeconds ?? standard.ageSecondsMax) ?? standard,
        deadLetter: shape.deadLetterArn.flatMap { ResourceName($0) }, role: shape.roleArn,
        isRetryAsked: shape.retryPolicy != nil)
    } catch let error as InputError {
      throw WireError(.validation, error.message(target: shape.id))
    } catch {
      throw WireError(.validation, "\(error)")
    }
  }

  private func listTargets(
    _ reference: EventsOperation.RuleReference, _ page: EventsOperation.Page
  ) throws(WireError) -> EventsAnswer {
    let targets = try rule(reference).targets.sorted { $0.id < $1.id }
    let listed = try ListPage(
      targets, Listing("ListTargetsByRule \(reference.name)", refusal: .validation), limit: page.limit,
      after: page.nextToken, max: EventsService.pageMax, name: \.id)
    return .listTargetsByRule(listed.elements.map(shape), nextToken: listed.nextToken)
  }

  private func shape(_ target: Target) -> TargetShape {
    var input: String?
    var path: String?
    var transformer: TargetShape.InputTransformer?
    switch target.input {
    case .whole: break
    case .constant(let text): input = text
    case .scheduled(let text): input = text
    case .path(let eventPath): path = eventPath.description
    case .transformer(let made):
      let paths = made.paths.map { ($0.name, $0.path.description) }
      transformer = .init(
        inputPathsMap: Dictionary(paths, uniquingKeysWith: { _, last in last }), inputTemplate: made.template)
    }
    return TargetShape(
      id: target.id, arn: target.arn.description, roleArn: target.role, input: input, inputPath: path,
      inputTransformer: transformer, deadLetterArn: target.deadLetter?.description,
      retryPolicy: target.isRetryAsked
        ? .init(maximumRetryAttempts: target.retry.retriesMax, maximumEventAgeInSeconds: target.retry.ageSecondsMax)
        : nil)
  }

  private func removeTargets(
    _ reference: EventsOperation.RuleReference, _ ids: [String]
  ) async throws -> EventsAnswer {
    let known = Set(try rule(reference).targets.map(\.id))
    _ = try await context.runtime.book.change(reference.name, context.note("RemoveTargets")) { old in
      guard var rule = old else { throw WireError.noSuchRule(reference.name) }
      rule.targets.removeAll { ids.contains($0.id) }
      return rule
    }
    return .removeTargets(
      failed: ids.filter { !known.contains($0) }.map { id in
        .init(
          targetId: id, errorCode: "ResourceNotFoundException",
          errorMessage: "Rule \(reference.name) does not have a target with the Id \(id).")
      })
  }
}

extension EventsOperation {
  /// The bus whose rules it is about, nil within being the default one; nil if it is about no rules.
  fileprivate var busOfRules: String?? {
    switch self {
    case .putRule(let input): .some(input.eventBusName)
    case .describeRule(let rule), .enableRule(let rule), .disableRule(let rule), .deleteRule(let rule),
      .listTargetsByRule(let rule, _), .removeTargets(let rule, _):
      .some(rule.eventBusName)
    case .listRules(let input): .some(input.eventBusName)
    case .putTargets(let input): .some(input.rule.eventBusName)
    case .listRuleNamesByTarget(_, let bus, _): .some(bus)
    case .putEvents, .testEventPattern, .listEventBuses, .describeEventBus: nil
    }
  }
}
