import Deliveries
import Events
import Rules

/// Takes deliveries whose moment has come to their targets and stores what came of it.
public struct Deliverer: Sendable {
  /// Deliveries that one round takes.
  public static let batchMax = 256

  private let journal: any DeliveryJournal
  private let queues: any WorkQueues
  private let functions: Functions
  private let publisher: Publisher
  private let authority: any Authority
  private let clock: any WallClock
  private let log: any LogSink
  private let names: ResourceNames
  private let queueBells: Bells
  /// Functions that are invoked at the same time.
  private let width: Int

  public init(
    _ journal: any DeliveryJournal, _ queues: any WorkQueues, _ functions: Functions, _ publisher: Publisher,
    _ authority: any Authority, _ clock: any WallClock, _ log: any LogSink, names: ResourceNames, queueBells: Bells,
    width: Int
  ) {
    self.journal = journal
    self.queues = queues
    self.functions = functions
    self.publisher = publisher
    self.authority = authority
    self.clock = clock
    self.log = log
    self.names = names
    self.queueBells = queueBells
    self.width = width
  }

  /// One attempt for each delivery that is due. Returns how many there were.
  public func deliverDue() async throws(StoreError) -> Int {
    let due = try await journal.due(at: clock.now(), limit: Deliverer.batchMax)
    guard !due.isEmpty else { return 0 }
    let known = Set(try await queues.queues().map(\.name))
    var others: [(PendingDelivery, Errand)] = []
    var results: [DeliveryResult] = []
    for pending in due {
      do throws(DeliveryError) {
        let errand = try errand(of: pending)
        switch errand {
        case .message(let queue, let body, let attributes, let delay):
          results.append(try toQueue(pending, queue, body, attributes, delay, known))
        case .invocation, .events: others.append((pending, errand))
        }
      } catch {
        results.append(refused(pending, error, known))
      }
    }
    try await store(results)
    for start in stride(from: 0, to: others.count, by: width) {
      try await store(try await attempt(Array(others[start..<min(start + width, others.count)]), known))
    }
    return due.count
  }

  public func nextDue() async throws(StoreError) -> Timestamp? {
    try await journal.nextDue()
  }

  private func store(_ results: [DeliveryResult]) async throws(StoreError) {
    guard !results.isEmpty else { return }
    try await journal.commit(results, at: clock.now())
    for queue in Set(results.compactMap(\.message?.queue)) { queueBells[queue].ring() }
  }

  // MARK: Attempts

  private func toQueue(
    _ pending: PendingDelivery, _ queue: ResourceName, _ body: String, _ attributes: [String: MessageAttribute],
    _ delay: Span, _ known: Set<String>
  ) throws(DeliveryError) -> DeliveryResult {
    guard known.contains(queue.name), schedule(of: pending) == nil || queue == names.queue(queue.name) else {
      throw DeliveryError(.targetMissing, "there is no queue \(queue.name)")
    }
    try permit(pending, .message(queue: queue, body: body, attributes: attributes, delay: delay))
    return accepted(
      pending,
      OutgoingMessage(
        queue: queue.name, id: pending.delivery.id, body: body, attributes: attributes,
        visibleAt: clock.now() + delay))
  }

  private func attempt(
    _ batch: [(PendingDelivery, Errand)], _ known: Set<String>
  ) async throws(StoreError) -> [DeliveryResult] {
    let results = await withTaskGroup(of: (Int, Result<DeliveryResult, StoreError>).self) { group in
      for (index, (pending, errand)) in batch.enumerated() {
        group.addTask { (index, await self.attempt(pending, errand, known)) }
      }
      var results: [(Int, Result<DeliveryResult, StoreError>)] = []
      for await result in group { results.append(result) }
      return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
    var good: [DeliveryResult] = []
    for result in results { good.append(try result.get()) }
    return good
  }

  private func attempt(
    _ pending: PendingDelivery, _ errand: Errand, _ known: Set<String>
  ) async -> Result<DeliveryResult, StoreError> {
    do {
      switch errand {
      case .message: return .success(refused(pending, DeliveryError(.targetFailed, "no queue took it"), known))
      case .invocation(let function, let payload, let isDry):
        try await invoke(pending, errand, function, payload, isDry: isDry)
      case .events(let events): try await publish(pending, errand, events)
      }
      return .success(accepted(pending, nil))
    } catch let error as DeliveryError {
      return .success(refused(pending, error, known))
    } catch let error as StoreError {
      return .failure(error)
    } catch {
      return .success(refused(pending, DeliveryError(.targetFailed, "\(error)"), known))
    }
  }

  private func invoke(
    _ pending: PendingDelivery, _ errand: Errand, _ arn: ResourceName, _ payload: String, isDry: Bool
  ) async throws {
    guard let function = functions[arn.name], schedule(of: pending) == nil || arn == names.function(arn.name) else {
      throw DeliveryError(.targetMissing, "there is no target \(arn)")
    }
    try permit(pending, errand)
    guard !isDry else { return }
    let context = InvocationContext(
      requestID: pending.delivery.id, invokedAt: pending.cause.arrivedAt, cause: pending.cause)
    switch await function.invoke(Array(payload.utf8), context) {
    case .answered: return
    case .failed(let type, let message): throw DeliveryError(.functionFailed, "\(type): \(message)")
    }
  }

  /// All events are stored at once, and stay as they are if an earlier attempt stored them.
  private func publish(
    _ pending: PendingDelivery, _ errand: Errand, _ events: [(bus: ResourceName, event: Event)]
  ) async throws {
    for (bus, _) in events {
      guard bus == names.bus(bus.name), try await authority.hasBus(bus.name) else {
        throw DeliveryError(.targetMissing, "there is no event bus \(bus)")
      }
    }
    try permit(pending, errand)
    _ = try await publisher.publish(events.map(\.event), causedBy: pending.cause)
  }

  /// What a rule sends, the target's policy must let in; what a schedule does, its role must be allowed to do. Whoever asked a
  /// function directly was asked before (§8).
  private func permit(_ pending: PendingDelivery, _ errand: Errand) throws(DeliveryError) {
    guard let name = pending.cause.rule else { return }
    let target = pending.target.arn
    if let schedule = schedule(of: pending) {
      for (action, resource) in errand.demands {
        let use = RoleUse(
          role: pending.target.role ?? "", action: action, resource: resource, schedule: names.schedule(schedule))
        if let refusal = authority.refusal(use) { throw DeliveryError(.notPermitted, refusal) }
      }
      return
    }
    let rule = ResourceNames(account: target.account, region: target.region).rule(name)
    if let refusal = authority.refusal(of: rule, to: target) { throw DeliveryError(.notPermitted, refusal) }
  }

  // MARK: What is delivered

  private func errand(of pending: PendingDelivery) throws(DeliveryError) -> Errand {
    if let invocation = invocation(of: pending) {
      return try ScheduledErrand(
        target: pending.target, invocation: invocation, names: names, now: clock.now()
      ).errand()
    }
    return try Errand(body: try body(of: pending), to: pending.target.arn)
  }

  /// The schedule whose target it is; nil for a rule's.
  private func schedule(of pending: PendingDelivery) -> ScheduleName? {
    guard case .scheduled = pending.target.input else { return nil }
    return pending.cause.rule.flatMap { ScheduleName($0) }
  }

  /// The attempt under way at a schedule's target; nil for a rule's.
  private func invocation(of pending: PendingDelivery) -> ScheduleInvocation? {
    guard pending.body == nil, let schedule = schedule(of: pending) else { return nil }
    return ScheduleInvocation(
      schedule: names.schedule(schedule), scheduledTime: pending.cause.slot ?? pending.cause.arrivedAt,
      causeID: pending.cause.id, attempt: pending.delivery.attempts + 1)
  }

  /// What the target is given.
  private func body(of pending: PendingDelivery) throws(DeliveryError) -> String {
    if let body = pending.body { return body }
    guard let recorded = pending.event else {
      throw DeliveryError(.inputNotShaped, "the event of \(pending.cause.id) is gone")
    }
    let rule = pending.cause.rule ?? ""
    let names = RuleNames(
      name: rule,
      arn: ResourceName(
        service: "events", region: recorded.event.region, account: recorded.event.account, resource: "rule/\(rule)"))
    do {
      return try pending.target.input.body(for: recorded.event, rule: names, ingestionTime: recorded.receivedAt)
    } catch {
      throw DeliveryError(.inputNotShaped, "\(error)")
    }
  }

  // MARK: What came of it

  private func accepted(_ pending: PendingDelivery, _ message: OutgoingMessage?) -> DeliveryResult {
    var delivery = pending.delivery
    delivery.accepted()
    return DeliveryResult(rowID: pending.rowID, delivery: delivery, cause: pending.cause, message: message)
  }

  private func refused(_ pending: PendingDelivery, _ error: DeliveryError, _ known: Set<String>) -> DeliveryResult {
    var delivery = pending.delivery
    delivery.refused(error, at: clock.now())
    var letter: OutgoingMessage?
    switch delivery.state {
    case .buried(let why):
      letter = deadLetter(pending, why, known)
      log.write(
        LogLine(
          .error, "delivery buried",
          ["cause": pending.cause.id, "target": pending.target.arn.description, "reason": error.reason]))
    case .waiting, .delivered: break
    }
    return DeliveryResult(rowID: pending.rowID, delivery: delivery, cause: pending.cause, message: letter)
  }

  /// The dead letter: EventBridge's attributes, the original event as the body (D21).
  private func deadLetter(
    _ pending: PendingDelivery, _ why: Delivery.DeadLetterCause, _ known: Set<String>
  ) -> OutgoingMessage? {
    guard let queue = pending.target.deadLetter?.name, known.contains(queue) else { return nil }
    if let invocation = invocation(of: pending) {
      return DeadLetter.message(
        to: queue, id: "dead-\(pending.delivery.id)", of: invocation, by: pending.cause, pending.target, why,
        at: clock.now())
    }
    let body = pending.event?.event.json.text ?? pending.body ?? "{}"
    let rule = pending.event.map {
      ResourceName(
        service: "events", region: $0.event.region, account: $0.event.account,
        resource: "rule/\(pending.cause.rule ?? "")")
    }
    return DeadLetter.message(
      to: queue, id: "dead-\(pending.delivery.id)", body: body, rule: rule?.description,
      target: pending.target.arn.description, code: why.error.code.rawValue, reason: why.error.reason,
      exhausted: why.exhausted, retries: why.retryAttempts, at: clock.now())
  }
}
