import AWSPorts
import Engine
import Events
import Synchronization

/// What there is in a model of AWS before the first call.
public struct CloudLayout: Sendable, Hashable {
  public var tables: [CloudTable]
  public var queues: [CloudQueue]
  public var buckets: [String]
  /// Values of SSM parameters by name.
  public var parameters: [String: String]
  /// Names of event buses; `default` is always there.
  public var buses: [String]

  public init(
    tables: [CloudTable] = [], queues: [CloudQueue] = [], buckets: [String] = [], parameters: [String: String] = [:],
    buses: [String] = []
  ) {
    self.tables = tables
    self.queues = queues
    self.buckets = buckets
    self.parameters = parameters
    self.buses = buses
  }
}

/// A model of AWS in memory: DynamoDB, SQS, S3, SSM and EventBridge as far as the engine's ports stand on them.
///
/// Each call is one atomic step. Time is that of the clock; whatever goes wrong is decided by dice, so that the same
/// seed and the same calls have the same answers. It neither waits nor retries.
/// Source: the API references of the services; where emulators differ from them, the references win.
public final class ModelCloud: AWSAPI {
  /// Called before every call, outside of its step; calls that it makes itself do not come back to it.
  public typealias Hook = @Sendable (AWSService, String, JSON) async -> Void

  @TaskLocal private static var isInHook = false

  private let clock: any WallClock
  private let state: Mutex<CloudState>
  private let hook = Mutex<Hook?>(nil)

  /// - Parameter entropy: asked once; the model's dice are seeded with it.
  public init(clock: any WallClock, entropy: any Entropy, digests: any Digests, layout: CloudLayout) {
    self.clock = clock
    var start = CloudState(digests, dice: SplitMix64(seed: entropy.word()))
    let now = clock.now()
    for table in layout.tables { start.tables[table.name] = TableState(table) }
    for queue in layout.queues { start.queues[queue.name] = QueueState(queue) }
    for bucket in layout.buckets { start.buckets[bucket] = [:] }
    for (name, value) in layout.parameters {
      start.parameters[name] = StoredParameter(value: value, version: 1, modifiedAt: now)
    }
    start.buses = Set(layout.buses + ["default"])
    state = Mutex(start)
  }

  public func call(_ service: AWSService, _ operation: String, _ input: JSON) async throws(AWSError) -> JSON {
    await before(service, operation, input)
    let now = clock.now()
    let items = operation.hasPrefix("Transact") ? input["TransactItems"]?.elements?.count ?? 0 : 0
    return try state.withLock { (state) throws(AWSError) -> JSON in
      try state.answer(
        service, operation, ModelCloud.resource(service, input), transactionItems: items, at: now
      ) { (state) throws(AWSError) in
        switch service {
        case .dynamoDB: try state.dynamo(operation, input, at: now)
        case .sqs: try state.sqs(operation, input, at: now)
        case .ssm: try state.ssm(operation, input)
        case .eventBridge: try state.events(operation, input, at: now)
        case .s3: throw .refusal("UnknownOperationException", "S3 speaks no JSON")
        }
      }
    }
  }

  public func put(_ object: ObjectDraft) async throws(AWSError) {
    await before(.s3, "PutObject", ["Bucket": .string(object.bucket), "Key": .string(object.key)])
    let now = clock.now()
    _ = try state.withLock { (state) throws(AWSError) -> JSON in
      try state.answer(.s3, "PutObject", object.bucket, at: now) { (state) throws(AWSError) in
        try state.put(object, at: now)
        return .null
      }
    }
  }

  public func head(bucket: String, key: String) async throws(AWSError) -> ObjectHead? {
    await before(.s3, "HeadObject", ["Bucket": .string(bucket), "Key": .string(key)])
    let now = clock.now()
    return try state.withLock { (state) throws(AWSError) -> ObjectHead? in
      _ = try state.answer(.s3, "HeadObject", bucket, at: now) { _ in .null }
      return state.buckets[bucket]?[key]?.head
    }
  }

  private func before(_ service: AWSService, _ operation: String, _ input: JSON) async {
    guard !ModelCloud.isInHook, let hook = hook.withLock({ $0 }) else { return }
    await ModelCloud.$isInHook.withValue(true) { await hook(service, operation, input) }
  }

  private static func resource(_ service: AWSService, _ input: JSON) -> String {
    switch service {
    case .dynamoDB:
      if let name = input["TableName"]?.string { return name }
      let batches = input["RequestItems"]?.members?.map(\.key) ?? []
      let items = input["TransactItems"]?.elements?.compactMap { $0.members?.first?.value["TableName"]?.string } ?? []
      return Set(batches + items).sorted().joined(separator: ",")
    case .sqs:
      return input["QueueUrl"]?.string?.split(separator: "/").last.map(String.init)
        ?? input["QueueName"]?.string ?? ""
    case .ssm: return input["Name"]?.string ?? ""
    case .eventBridge:
      let buses = input["Entries"]?.elements?.map { $0["EventBusName"]?.string ?? "default" } ?? []
      return Set(buses).sorted().joined(separator: ",")
    case .s3: return input["Bucket"]?.string ?? ""
    }
  }
}

extension ModelCloud {
  /// What goes wrong from now on, and how often.
  ///
  /// - Parameter service: nil for all of them.
  public func set(_ faults: CloudFaults, for service: AWSService? = nil) {
    state.withLock { state in
      for each in service.map({ [$0] }) ?? AWSService.allCases { state.faults[each] = faults }
    }
  }

  /// Lets a call to come fail: the next one of that operation, or a later one.
  ///
  /// - Parameter callsBefore: calls of that operation that go well first.
  public func plan(_ fault: CallFault, on service: AWSService, _ operation: String, callsBefore: Int = 0) {
    state.withLock {
      $0.planned.append(
        CloudState.PlannedFault(service: service, operation: operation, fault: fault, callsBefore: callsBefore))
    }
  }

  /// Sets what is called before every call; nil: nothing.
  public func onCall(_ new: Hook?) { hook.withLock { $0 = new } }

  /// Sets a parameter of SSM, as an operator would.
  public func setParameter(_ name: String, _ value: String) {
    let now = clock.now()
    state.withLock { state in
      let version = (state.parameters[name]?.version ?? 0) + 1
      state.parameters[name] = StoredParameter(value: value, version: version, modifiedAt: now)
    }
  }

  /// Keeps the counts but no list of calls: for long loads.
  public func keepCalls(_ keeps: Bool) { state.withLock { $0.record.keepsCalls = keeps } }

  /// Every call in order, hooks' own included.
  public var calls: [CloudCall] { state.withLock { $0.record.calls } }

  /// How often each operation was called, by `dynamodb:PutItem`.
  public var callCounts: [String: Int] { state.withLock { $0.record.counts } }

  /// Forgets calls and capacity so far.
  public func clearRecord() { state.withLock { $0.record.clear() } }

  /// The capacity of DynamoDB used so far, the hottest first.
  public func consumed(per scope: CapacityScope) -> [CapacityRow] {
    state.withLock { $0.record.capacity(per: scope) }
  }

  /// The events that buses have taken, in order.
  public var published: [PublishedEvent] { state.withLock { $0.published } }

  /// Deletes the items whose time to live is over, as DynamoDB does some time within days.
  ///
  /// - Parameter attribute: a number, in seconds since the epoch; other types are left alone.
  /// - Returns: how many were deleted.
  @discardableResult
  public func sweep(_ table: String, timeToLive attribute: String) -> Int {
    let now = clock.now()
    return state.withLock { $0.sweep(table, attribute, at: now) }
  }

  /// The items of a table as DynamoDB JSON, ordered by key; none for a table that is not there.
  public func items(in table: String) -> [JSON] {
    state.withLock { state in
      let items = state.tables[table]?.items ?? [:]
      return items.sorted { $0.key < $1.key }.map(\.value.json)
    }
  }

  /// The bodies of all messages of a queue, hidden or not, in the order they were sent.
  public func bodies(in queue: String) -> [String] {
    let now = clock.now()
    return state.withLock { state in
      state.queues[queue]?.settle(at: now)
      return (state.queues[queue]?.messages ?? [:]).sorted { $0.key < $1.key }.map(\.value.body)
    }
  }

  /// The body of an object; nil if there is none.
  public func object(bucket: String, key: String) -> [UInt8]? {
    state.withLock { $0.buckets[bucket]?[key]?.body }
  }

  /// The keys of a bucket, sorted.
  public func keys(in bucket: String) -> [String] {
    state.withLock { $0.buckets[bucket]?.keys.sorted() ?? [] }
  }
}
