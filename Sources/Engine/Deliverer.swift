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
  private let authority: any Authority
  private let clock: any WallClock
  private let log: any LogSink
  private let queueBells: Bells
  /// Functions that are invoked at the same time.
  private let width: Int

  public init(
    _ journal: any DeliveryJournal, _ queues: any WorkQueues, _ functions: Functions, _ authority: any Authority,
    _ clock: any WallClock, _ log: any LogSink, queueBells: Bells, width: Int
  ) {
    self.journal = journal
    self.queues = queues
    self.functions = functions
    self.authority = authority
    self.clock = clock
    self.log = log
    self.queueBells = queueBells
    self.width = width
  }

  /// One attempt for each delivery that is due. Returns how many there were.
  public func deliverDue() async throws(StoreError) -> Int {
    let due = try await journal.due(at: clock.now(), limit: Deliverer.batchMax)
    guard !due.isEmpty else { return 0 }
    let known = Set(try await queues.queues().map(\.name))
    let queued = due.filter { $0.target.arn.service == "sqs" }.map { toQueue($0, known) }
    try await store(queued)
    let others = due.filter { $0.target.arn.service != "sqs" }
    for start in stride(from: 0, to: others.count, by: width) {
      try await store(await attempt(Array(others[start..<min(start + width, others.count)]), known))
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

  private func toQueue(_ pending: PendingDelivery, _ known: Set<String>) -> DeliveryResult {
    let queue = pending.target.arn.name
    guard known.contains(queue) else {
      return refused(pending, DeliveryError(.targetMissing, "there is no queue \(queue)"), known)
    }
    do {
      try permit(pending)
      var delivery = pending.delivery
      let body = try body(of: pending)
      delivery.accepted()
      let message = OutgoingMessage(queue: queue, id: delivery.id, body: body, visibleAt: clock.now())
      return DeliveryResult(rowID: pending.rowID, delivery: delivery, cause: pending.cause, message: message)
    } catch {
      return refused(pending, error, known)
    }
  }

  private func attempt(_ batch: [PendingDelivery], _ known: Set<String>) async -> [DeliveryResult] {
    await withTaskGroup(of: (Int, DeliveryResult).self) { group in
      for (index, pending) in batch.enumerated() {
        group.addTask { (index, await self.toFunction(pending, known)) }
      }
      var results: [(Int, DeliveryResult)] = []
      for await result in group { results.append(result) }
      return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func toFunction(_ pending: PendingDelivery, _ known: Set<String>) async -> DeliveryResult {
    guard pending.target.arn.service == "lambda", let function = functions[pending.target.arn.name] else {
      return refused(pending, DeliveryError(.targetMissing, "there is no target \(pending.target.arn)"), known)
    }
    let payload: String
    do {
      try permit(pending)
      payload = try body(of: pending)
    } catch {
      return refused(pending, error, known)
    }
    let context = InvocationContext(
      requestID: pending.delivery.id, invokedAt: pending.cause.arrivedAt, cause: pending.cause)
    switch await function.invoke(Array(payload.utf8), context) {
    case .answered:
      var delivery = pending.delivery
      delivery.accepted()
      return DeliveryResult(rowID: pending.rowID, delivery: delivery, cause: pending.cause, message: nil)
    case .failed(let type, let message):
      return refused(pending, DeliveryError(.functionFailed, "\(type): \(message)"), known)
    }
  }

  /// What a rule sends, the target's policy must let in; whoever asked a function directly was asked before (§8).
  private func permit(_ pending: PendingDelivery) throws(DeliveryError) {
    guard let name = pending.cause.rule else { return }
    let target = pending.target.arn
    let rule = ResourceNames(account: target.account, region: target.region).rule(name)
    if let refusal = authority.refusal(of: rule, to: target) { throw DeliveryError(.notPermitted, refusal) }
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

/// The shape of a dead letter (D21).
public enum DeadLetter {
  public static func message(
    to queue: String, id: String, body: String, rule: String?, target: String, code: String, reason: String,
    exhausted: String?, retries: Int, at now: Timestamp
  ) -> OutgoingMessage {
    var attributes: [String: MessageAttribute] = [
      "TARGET_ARN": .string(target), "ERROR_CODE": .string(code), "ERROR_MESSAGE": .string(reason),
      "RETRY_ATTEMPTS": .string(String(retries)),
    ]
    if let rule { attributes["RULE_ARN"] = .string(rule) }
    if let exhausted { attributes["EXHAUSTED_RETRY_CONDITION"] = .string(exhausted) }
    return OutgoingMessage(queue: queue, id: id, body: body, attributes: attributes, visibleAt: now)
  }
}
