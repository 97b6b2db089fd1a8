import AWSPorts
import Engine
import Events

/// All that the model holds: one value, changed by one call at a time.
struct CloudState: Sendable {
  struct PlannedFault: Sendable {
    let service: AWSService
    let operation: String
    let fault: CallFault
    var callsBefore: Int
  }

  let digests: any Digests
  var tables: [String: TableState] = [:]
  var queues: [String: QueueState] = [:]
  var buckets: [String: [String: StoredObject]] = [:]
  var parameters: [String: StoredParameter] = [:]
  var buses: Set<String> = []
  var published: [PublishedEvent] = []
  /// Transactions that went through, by `ClientRequestToken`.
  var transactions: [String: CommittedTransaction] = [:]
  var dice: SplitMix64
  var faults: [AWSService: CloudFaults] = [:]
  var planned: [PlannedFault] = []
  var record = CloudRecord()

  init(_ digests: any Digests, dice: SplitMix64) {
    self.digests = digests
    self.dice = dice
  }

  var tableFaults: CloudFaults { faults[.dynamoDB] ?? .none }
  var queueFaults: CloudFaults { faults[.sqs] ?? .none }
  var busFaults: CloudFaults { faults[.eventBridge] ?? .none }

  mutating func chance(_ share: Double) -> Bool {
    guard share > 0 else { return false }
    return Double(dice.next() >> 11) * 0x1p-53 < share
  }

  /// A span from zero to `longest`, in milliseconds.
  mutating func span(upTo longest: Span) -> Span {
    guard longest > .zero else { return .zero }
    return Span(milliseconds: Int64(dice.next() % UInt64(longest.milliseconds + 1)))
  }

  /// One call, with whatever goes wrong with it.
  ///
  /// - Parameter transactionItems: how many items a transaction has; 0 for other calls.
  mutating func answer(
    _ service: AWSService, _ operation: String, _ resource: String, transactionItems: Int = 0, at now: Timestamp,
    _ perform: (inout CloudState) throws(AWSError) -> JSON
  ) throws(AWSError) -> JSON {
    let fault = nextFault(service, operation)
    record.note(
      CloudCall(service: service, operation: operation, resource: resource, at: now, fault: fault))
    switch fault {
    case nil: return try perform(&self)
    case .throttled: throw .throttled(service)
    case .conflicted: throw conflict(service, transactionItems)
    case .lostBefore: throw .unanswered
    case .lostAfter:
      forget(perform)
      throw .unanswered
    case .repeated:
      forget(perform)
      do {
        return try perform(&self)
      } catch {
        // As a client tells it that tried again: what refused it may be its own effect.
        throw AWSError(
          code: error.code, message: error.message, status: error.status, body: error.body, isDoubtful: true)
      }
    case .brokenBefore: throw .broken
    case .brokenAfter:
      forget(perform)
      throw .broken
    }
  }

  private mutating func conflict(_ service: AWSService, _ transactionItems: Int) -> AWSError {
    switch service {
    case .s3:
      return .refusal("ConditionalRequestConflict", "simulated: another request is under way", status: 409)
    case .dynamoDB, .eventBridge, .sqs, .ssm:
      let complaint = AWSError.refusal("TransactionConflictException", "Transaction is ongoing for the item")
      guard transactionItems > 0 else { return complaint }
      let place = Int(dice.next() % UInt64(transactionItems))
      return .cancelled((0..<transactionItems).map { $0 == place ? complaint : nil })
    }
  }

  /// Does it and drops the answer, whatever that is.
  private mutating func forget(_ perform: (inout CloudState) throws(AWSError) -> JSON) {
    do { _ = try perform(&self) } catch { return }
  }

  private mutating func nextFault(_ service: AWSService, _ operation: String) -> CallFault? {
    if let index = planned.firstIndex(where: { $0.service == service && $0.operation == operation }) {
      if planned[index].callsBefore == 0 { return planned.remove(at: index).fault }
      planned[index].callsBefore -= 1
      return nil
    }
    let faults = self.faults[service] ?? .none
    if chance(faults.throttled) { return .throttled }
    if CloudState.canConflict(service, operation), chance(faults.conflicted) { return .conflicted }
    if chance(faults.lostBefore) { return .lostBefore }
    if chance(faults.lostAfter) { return .lostAfter }
    if chance(faults.repeated) { return .repeated }
    if chance(faults.broken) { return chance(0.5) ? .brokenBefore : .brokenAfter }
    return nil
  }

  private static func canConflict(_ service: AWSService, _ operation: String) -> Bool {
    switch service {
    case .dynamoDB:
      ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "TransactGetItems"].contains(operation)
    case .s3: operation == "PutObject"
    case .eventBridge, .sqs, .ssm: false
    }
  }
}

extension AWSError {
  static var unanswered: AWSError {
    AWSError(code: AWSError.noAnswer, message: "no answer came", status: 0, isDoubtful: true)
  }

  static var broken: AWSError {
    AWSError(code: "InternalServerError", message: "simulated: internal error", status: 500, isDoubtful: true)
  }

  static func throttled(_ service: AWSService) -> AWSError {
    switch service {
    case .dynamoDB: refusal("ThrottlingException", "simulated: rate exceeded")
    case .eventBridge, .ssm: refusal("ThrottlingException", "Rate exceeded")
    case .sqs: refusal("RequestThrottled", "simulated: rate exceeded")
    case .s3: AWSError(code: "SlowDown", message: "Please reduce your request rate.", status: 503, isDoubtful: true)
    }
  }
}
