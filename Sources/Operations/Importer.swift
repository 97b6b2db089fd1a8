import Engine
import Events
import Ingestion
import Policies
import Rules
import Templates

/// What an environment is made of, as values that a template can hold: handed out, and taken over.
public struct Importer: Sendable {
  let room: ControlRoom
  var runtime: Runtime { room.runtime }
  private var names: ResourceNames { runtime.settings.names }

  public init(_ room: ControlRoom) {
    self.room = room
  }

  // MARK: Out

  /// Everything that is there, and where: what an export prints and an import is compared with.
  public func inventory() async throws(StoreError) -> JSON {
    var json: JSON = [
      "environment": .string(runtime.settings.environment), "account": .string(names.account),
      "region": .string(names.region), "functions": JSON(runtime.functions.names),
      "universe_parameter": .string(EnvironmentNames(runtime.settings).universeParameter),
    ]
    let (schedules, isAll) = try await schedules()
    for member in try await definitions(schedules).json.members ?? [] { json.set(member.key, member.value) }
    if !isAll { json.set("schedules_left_out", true) }
    return json
  }

  /// What is there; of functions' policies only what lets rules in, of schedules the first `schedulesMax`.
  public func definitions() async throws(StoreError) -> StackDefinitions {
    try await definitions(try await schedules().some)
  }

  private func definitions(_ schedules: [Schedule]) async throws(StoreError) -> StackDefinitions {
    StackDefinitions(
      rules: runtime.book.bus.rules.map { StackRule($0) }, queues: try await queues(),
      buckets: try await runtime.ports.index.buckets().map(\.name),
      buses: try await room.documents.documents(.eventBus).map(\.name), permissions: permissions(),
      groups: try await groups(), schedules: schedules.map { StackSchedule($0) },
      universe: try await runtime.ports.universe.universe(at: runtime.ports.clock.now()))
  }

  private func queues() async throws(StoreError) -> [StackQueue] {
    var queues: [StackQueue] = []
    for queue in try await runtime.ports.queues.queues() {
      let policy = room.permissions.policy(of: names.queue(queue.name)).map { statements(of: $0.document) } ?? []
      do throws(StackError) {
        queues.append(
          try StackQueue(
            name: queue.name, visibilityTimeout: queue.visibilityTimeout, delaySeconds: queue.delaySeconds,
            messageRetentionPeriod: queue.messageRetentionPeriod, receiveWait: queue.receiveWait,
            redrive: queue.redrive.map {
              .init(deadLetterQueue: $0.deadLetterQueue, maxReceiveCount: $0.maxReceiveCount)
            },
            policy: policy))
      } catch {
        throw StoreError(.corrupt, "the queue \(queue.name) is none: \(error.reason)")
      }
    }
    return queues
  }

  private func permissions() -> [StackPermission] {
    runtime.functions.names.flatMap { function -> [StackPermission] in
      guard let policy = room.permissions.policy(of: names.function(function)) else { return [] }
      return policy.document.statements.compactMap { statement in
        guard statement.effect == .allow, statement.principals?.entries["Service"] == ["events.amazonaws.com"],
          statement.conditions.count <= 1, statement.conditions.allSatisfy({ $0.key.lowercased() == "aws:sourcearn" })
        else { return nil }
        return StackPermission(function: function, source: statement.conditions.first?.values.first)
      }
    }
  }

  private func statements(of document: PolicyDocument) -> [JSON] {
    do { return StackPolicy.statements(try JSON(parsing: document.text)) } catch {
      preconditionFailure("a policy that was taken is JSON: \(error.message)")
    }
  }

  // MARK: In

  /// What taking these over would do; nothing is changed.
  ///
  /// - Throws: `refused` for what contradicts what is here.
  public func plan(_ wanted: StackDefinitions) async throws(StoreError) -> StackPlan {
    let current = try await current(for: wanted)
    return StackPlan(from: current, to: try checked(wanted, current))
  }

  /// Takes them over: what is named is created or replaced, what is not stays, and what is the same is not touched.
  ///
  /// All is checked before the first change. Targets and permissions come before the rules that use them, and each rule
  /// changes whole; should the store fail between two, the same import again finishes it.
  public func take(_ wanted: StackDefinitions, _ note: ChangeNote) async throws -> StackPlan {
    let current = try await current(for: wanted)
    let wanted = try checked(wanted, current)
    let plan = StackPlan(from: current, to: wanted)
    let changes = plan.steps.filter { $0.action == .create || $0.action == .change }
    guard !changes.isEmpty else { return plan }
    let known = Set(current.permissions)
    for kind in StackPlan.Kind.allCases {
      let names = Set(changes.filter { $0.kind == kind }.map(\.name))
      switch kind {
      case .bus: for bus in wanted.buses where names.contains(bus) { try await make(bus: bus) }
      case .queue: for queue in wanted.queues where names.contains(queue.name) { try await make(queue) }
      case .bucket:
        for bucket in wanted.buckets where names.contains(bucket) {
          _ = try await runtime.ports.index.createBucket(bucket, at: runtime.ports.clock.now())
        }
      case .permission:
        for permission in wanted.permissions where !known.contains(permission) { try await permit(permission) }
      case .rule: for rule in wanted.rules where names.contains(rule.name) { try await make(rule, note) }
      case .group: for group in wanted.groups where names.contains(group.name) { try await make(group, note) }
      case .schedule:
        for schedule in wanted.schedules where names.contains(schedule.name.description) {
          try await make(schedule, note)
        }
      case .universe: if !names.isEmpty, let symbols = wanted.universe { try await setUniverse(symbols) }
      }
    }
    let what = changes.map { "\($0.kind.rawValue) \($0.name)" }.joined(separator: ", ")
    try await runtime.record("import of \(what)", "import", note)
    return plan
  }

  /// The definitions as the engine spells them, or why it can't have them.
  private func checked(
    _ wanted: StackDefinitions, _ current: StackDefinitions
  ) throws(StoreError) -> StackDefinitions {
    let queues = Set((current.queues + wanted.queues).map(\.name))
    for queue in wanted.queues {
      if let letters = queue.redrive?.deadLetterQueue, !queues.contains(letters) {
        throw StoreError(.refused, "\(queue.name) redrives to \(letters), which is neither here nor in the template")
      }
      do throws(PolicyError) {
        if !queue.policy.isEmpty { _ = try PolicyDocument(StackPolicy.document(queue.policy).text, as: .resource) }
      } catch {
        throw StoreError(.refused, "the policy of \(queue.name) is none: \(error.message)")
      }
    }
    try checkSchedules(wanted, current)
    for permission in wanted.permissions where !runtime.functions.names.contains(permission.function) {
      throw StoreError(.refused, "there is no function \(permission.function)")
    }
    guard let symbols = wanted.universe else { return wanted }
    guard symbols.count <= SymbolList.updateMax else {
      throw StoreError(.refused, "the universe has \(symbols.count) symbols, and \(SymbolList.updateMax) is the most")
    }
    var spelt: [String] = []
    for symbol in symbols {
      guard let normalized = SymbolList.normalized(symbol) else {
        throw StoreError(.refused, "\(symbol.prefix(40)) is no symbol: 1 to 20 characters of A–Z 0–9 . - ^ =")
      }
      spelt.append(normalized)
    }
    var checked = wanted
    checked.universe = SymbolList.unique(spelt)
    return checked
  }

  private func make(bus: String) async throws(StoreError) {
    try await room.documents.save(
      [DocumentChange(.eventBus, bus, .object([]), onlyIfAbsent: true)], at: runtime.ports.clock.now())
  }

  private func make(_ wanted: StackQueue) async throws {
    let definition = QueueDefinition(
      name: wanted.name, visibilityTimeout: wanted.visibilityTimeout, delaySeconds: wanted.delaySeconds,
      messageRetentionPeriod: wanted.messageRetentionPeriod, receiveWait: wanted.receiveWait,
      redrive: wanted.redrive.map { .init(deadLetterQueue: $0.deadLetterQueue, maxReceiveCount: $0.maxReceiveCount) })
    if !(try await runtime.ports.queues.create(definition, at: runtime.ports.clock.now())) {
      try await runtime.ports.queues.update(definition)
    }
    try await add(wanted.policy, to: names.queue(wanted.name))
  }

  private func permit(_ permission: StackPermission) async throws {
    let arn = names.function(permission.function)
    let id = permission.source.map { ResourceName($0)?.name ?? $0 } ?? "every-rule"
    try await add(
      [
        StackPolicy.statement(
          id, "lambda:InvokeFunction", source: permission.source.map { .string($0) },
          resource: .string(arn.description))
      ], to: arn)
  }

  /// Adds statements that a resource's policy has not yet; those it has stay.
  private func add(_ wanted: [JSON], to resource: ResourceName) async throws {
    try await room.permissions.change {
      var all = room.permissions.policy(of: resource).map { statements(of: $0.document) } ?? []
      var known = Set(all.map(StackPolicy.canonical))
      var ids = Set(all.compactMap { $0["Sid"]?.string })
      let count = all.count
      for statement in wanted where known.insert(StackPolicy.canonical(statement)).inserted {
        var statement = statement
        if let id = statement["Sid"]?.string, !ids.insert(id).inserted { statement.remove("Sid") }
        all.append(statement)
      }
      guard all.count > count else { return }
      try await room.permissions.setPolicy(
        try PolicyDocument(StackPolicy.document(all).text, as: .resource), of: resource)
    }
  }

  private func make(_ wanted: StackRule, _ note: ChangeNote) async throws {
    let names = names
    let settings = runtime.settings
    let now = runtime.ports.clock.now()
    _ = try await runtime.book.change(wanted.name, note) { old in
      Rule(
        name: wanted.name, arn: names.rule(wanted.name), description: wanted.description, state: wanted.state,
        pattern: wanted.pattern, schedule: wanted.schedule, misfire: old?.misfire ?? settings.misfire,
        targets: wanted.targets, version: 1, anchor: now, role: wanted.role)
    }
  }

  /// All go and the wanted ones come, in one change, so that they have their order.
  private func setUniverse(_ symbols: [String]) async throws(StoreError) {
    let now = runtime.ports.clock.now()
    let current = try await runtime.ports.universe.universe(at: now) ?? runtime.settings.defaults.symbols
    let change = UniverseChange(
      id: runtime.ports.entropy.uuid(), added: symbols, removed: current, effectiveAt: now)
    try await runtime.ports.universe.note(change, base: runtime.settings.defaults.symbols)
  }
}
