import AWSModel
import AWSPorts
import CryptoPorts
import Engine
import Events
import Extraction
import Ingestion
import Simulation
import Synchronization

/// One seeded life of an environment on AWS: the real functions over a model of DynamoDB, SQS, S3 and SSM that throttles,
/// conflicts, loses answers, delivers twice and late, and kills functions in the middle of what they do.
///
/// Everything is a function of the seed. Causes are delivered as AWS does: at least once, an answer may never be heard.
final class AWSWorld: Sendable {
  /// Things that happen in one life before it is left to settle.
  static let happeningsMax = 60
  /// Rounds of a tick and of the workers that it is given to settle; a quarter of an hour passes with each.
  static let settlingRoundsMax = 400

  /// A line that the store must not lose: what breaks if it did.
  enum Planted: String, CaseIterable, Sendable {
    /// Conditions of writes are dropped: two may win.
    case conditions
    /// An answer that was lost is taken for a failure, and done again under another name.
    case outbox
    /// Messages are not sent a second time.
    case lostMessages
    /// Every second item of a transaction is left out.
    case tornTransactions
  }

  struct Life {
    var dice: SplitMix64
    var slots: Set<Timestamp> = []
    var events: [Event] = []
    /// Causes that somebody has a right to see decided: an answer was heard, or AWS delivers them again.
    var promised: Set<String> = []
    var runsTold: Set<String> = []
    var kills = 0
  }

  let seed: UInt64
  let settings: Settings
  let clock = StillClock(Timestamp(seconds: 1_757_376_000))
  let cloud: ModelCloud
  private let entropy: SeededEntropy
  private let source: SimulatedSource
  private let planted: Planted?
  let life: Mutex<Life>

  init(seed: UInt64, planted: Planted? = nil) throws {
    self.seed = seed
    self.planted = planted
    settings = try simulatedSettings()
    var dice = SplitMix64(seed: seed)
    entropy = SeededEntropy(seed: dice.next())
    source = SimulatedSource(seed: dice.next())
    cloud = ModelCloud(
      clock: clock, entropy: SeededEntropy(seed: dice.next()), digests: CryptoDigests(),
      layout: AWSWorld.layout(settings))
    life = Mutex(Life(dice: dice))
  }

  static func layout(_ settings: Settings) -> CloudLayout {
    let names = EnvironmentNames(settings)
    return CloudLayout(
      tables: [
        CloudTable(
          names.controlTable, hash: .init("id"), range: .init("place"),
          indexes: [.init("by-day", hash: .init("day"), range: .init("at"))])
      ],
      queues: [
        CloudQueue(names.workDeadLetters), CloudQueue(names.triggerDeadLetters), CloudQueue(names.transformQueue),
        CloudQueue(
          names.workQueue, visibility: .seconds(360), redrive: .init(to: names.workDeadLetters, after: 40)),
      ], buckets: [names.rawBucket])
  }

  /// Lives the life and lets it settle. Returns what is wrong afterwards: nothing, if all is well.
  func live() async throws -> (findings: [String], kills: Int) {
    cloud.set(CloudFaults.all(0.03))
    // Between a read and the write that stands on it others do their own.
    cloud.onCall { [weak self] _, operation, _ in
      guard let self, operation.hasPrefix("Transact") || operation == "UpdateItem", self.roll(6) == 0 else { return }
      await self.happen()
    }
    for _ in 0..<AWSWorld.happeningsMax { await happen() }
    cloud.onCall(nil)
    cloud.set(.none)
    try await settle()
    return (findings().map { "seed \(seed): \($0)" }, life.withLock { $0.kills })
  }

  func roll(_ sides: Int) -> Int { life.withLock { Int($0.dice.next() % UInt64(sides)) } }

  private func pick<Element>(_ elements: [Element]) -> Element { elements[roll(elements.count)] }

  /// A function as a new process has it; it may be killed after so many calls.
  private func function(_ handler: LambdaFunctions.Handler, mayDie: Bool) -> (function: any Function, api: MortalAPI) {
    let dies = mayDie && roll(4) == 0
    let api = MortalAPI(cloud, callsMax: dies ? 1 + roll(10) : .max, planted: planted)
    let store = AWSStore(
      settings, api, queues: "http://sqs/\(settings.names.account)", clock, entropy, MemoryLog(), metrics: nil,
      deletesFinished: true)
    let functions = LambdaFunctions(
      settings, store, clock, entropy, CryptoDigests(), MemoryLog(), NoObserver(),
      sources: [settings.defaults.dataSource: source])
    return (functions.function(handler), api)
  }

  /// nil: it was killed, or failed; nobody heard an answer.
  private func invoke(
    _ handler: LambdaFunctions.Handler, _ payload: JSON, id: String? = nil, mayDie: Bool = true
  ) async -> JSON? {
    let (function, api) = function(handler, mayDie: mayDie)
    let context = InvocationContext(requestID: id ?? entropy.uuid(), invokedAt: clock.now(), cause: nil)
    let outcome = await function.invoke(payload.bytes, context)
    if api.isDead {
      life.withLock { $0.kills += 1 }
      return nil
    }
    switch outcome {
    case .answered(let answer): return answer
    case .failed: return nil
    }
  }

  // MARK: What happens

  private func happen() async {
    switch roll(16) {
    case 0, 1: await slot()
    case 2...4: await publish(event())
    case 5: await again()
    case 6, 7: await manual()
    case 8, 9: _ = await invoke(.orchestrator, ["bellcrank": "tick"])
    case 10...12: await work(mayDie: true)
    case 13: await holdOrLetGo()
    case 14: clock.pass(.seconds(pick([1, 5, 30, 61, 600, 3_600])))
    default: clock.pass(Span(milliseconds: pick([50, 500, 20_000])))
    }
  }

  /// The schedule's target sends its body, once or twice; a slot of `rate` is any whole minute.
  private func slot() async {
    let minute = Timestamp(seconds: clock.now().seconds / 60 * 60)
    life.withLock { _ = $0.slots.insert(minute) }
    await deliver(AWSWorld.slotBody(settings, minute))
  }

  static func slotBody(_ settings: Settings, _ slot: Timestamp) -> JSON {
    var body = settings.defaults.json
    body.set("trigger_type", "schedule")
    body.set("trigger_time", .string(slot.description))
    return body
  }

  private func publish(_ event: Event) async {
    life.withLock { $0.events.append(event) }
    await deliver(event.json)
  }

  /// An event or a slot of before is delivered once more.
  private func again() async {
    let (events, slots) = life.withLock { ($0.events, $0.slots.sorted()) }
    if roll(3) == 0, let slot = slots.last, clock.now() - slot < .hours(20) {
      await deliver(AWSWorld.slotBody(settings, slot))
    } else if !events.isEmpty {
      await deliver(pick(events).json)
    }
  }

  /// EventBridge's delivery: at least once. What is delivered has to be decided some day.
  private func deliver(_ payload: JSON) async {
    for attempt in 0...3 {
      let answer = await invoke(.orchestrator, payload, mayDie: attempt < 3)
      if answer != nil, roll(6) > 0 { return }
    }
  }

  private func event() -> Event {
    let symbols = JSON((0...roll(3)).map { _ in pick(SimulatedSource.symbols) })
    let (source, type, detail): (String, String, JSON) =
      switch roll(5) {
      case 0, 1:
        (
          "transform.pipeline", "Processing Complete",
          [
            "domain": "market", "table_name": "prices", "partition": .string("ds=\(clock.now().dateText)"),
            "trigger_reingestion": true, "symbols": symbols,
            "reason": .string(pick(["data_quality_issue", "late_data"])), "hops": JSON(roll(5)),
          ]
        )
      case 2:
        (
          "symbol.universe", "Universe Updated",
          [
            "added_symbols": symbols, "removed_symbols": .array([]), "effective_date": .string(clock.now().dateText),
            "immediate_ingestion": .bool(roll(2) == 0),
          ]
        )
      case 3: ("ops.manual", "Adhoc Ingestion", ["domain": .string(pick(["no_such", "market"])), "symbols": symbols])
      default: ("market.events", "Market Close", .object([]))
      }
    return Event(
      id: entropy.uuid(), source: source, detailType: type, account: settings.names.account,
      region: settings.names.region, time: clock.now().wholeSecond, resources: [], detail: detail)
  }

  private func manual() async {
    var body: JSON = ["symbols": JSON((0...roll(7)).map { _ in pick(SimulatedSource.symbols) })]
    if roll(2) == 0 { body.set("correlation_id", .string("manual-\(roll(6))")) }
    if roll(5) == 0 { body.set("dry_run", true) }
    if roll(5) == 0 { body.set("urgent", true) }
    if roll(8) == 0 { body.set("domain", .string("no such")) }
    let id = entropy.uuid()
    guard let answer = await invoke(.orchestrator, body, id: id) else { return }
    life.withLock { life in
      life.promised.insert(id)
      if let run = answer["run_id"]?.string, answer["decision"] == "dispatched" { life.runsTold.insert(run) }
    }
  }

  private func holdOrLetGo() async {
    let (defaults, now) = (settings.defaults, clock.now())
    let store = AWSStore(
      settings, cloud, queues: "http://sqs/\(settings.names.account)", clock, entropy, MemoryLog(), metrics: nil,
      deletesFinished: true)
    do {
      if roll(2) == 0 {
        _ = try await store.hold(
          domain: defaults.domain, table: defaults.tableName, owner: "operator", until: now + .minutes(30), at: now)
      } else {
        _ = try await store.letGo(domain: defaults.domain, table: defaults.tableName, owner: "operator", at: now)
      }
    } catch {
      return  // Whoever asked hears that it failed.
    }
  }

  /// Lambda's event source mapping: takes a batch, and deletes what the worker does not report.
  @discardableResult
  private func work(mayDie: Bool) async -> Int {
    let url: JSON = .string("http://sqs/\(settings.names.account)/\(EnvironmentNames(settings).workQueue)")
    let messages: [JSON]
    do {
      messages =
        try await cloud.call(
          .sqs, "ReceiveMessage",
          ["QueueUrl": url, "MaxNumberOfMessages": 1, "MessageAttributeNames": ["All"], "AttributeNames": ["All"]]
        )["Messages"]?.elements ?? []
    } catch {
      return 0
    }
    guard !messages.isEmpty else { return 0 }
    let records = messages.map { AWSWorld.record($0, settings) }
    guard let answer = await invoke(.worker, ["Records": .array(records)], mayDie: mayDie) else {
      return messages.count
    }
    let failed = Set(
      (answer["batchItemFailures"]?.elements ?? []).compactMap { $0["itemIdentifier"]?.string })
    for message in messages where !failed.contains(message["MessageId"]?.string ?? "") {
      do {
        _ = try await cloud.call(
          .sqs, "DeleteMessage", ["QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] ?? .null])
      } catch {
        continue  // Then it is delivered once more.
      }
    }
    return messages.count
  }

  /// A message of SQS as Lambda hands it over.
  static func record(_ message: JSON, _ settings: Settings) -> JSON {
    let attributes = (message["MessageAttributes"]?.members ?? []).map { member in
      JSON.Member(
        member.key,
        [
          "stringValue": member.value["StringValue"] ?? .null, "dataType": member.value["DataType"] ?? .null,
        ])
    }
    return [
      "messageId": message["MessageId"] ?? .null, "receiptHandle": message["ReceiptHandle"] ?? .null,
      "body": message["Body"] ?? .null, "attributes": message["Attributes"] ?? .object([]),
      "messageAttributes": .object(attributes), "eventSource": "aws:sqs",
      "eventSourceARN": .string(settings.names.queue(EnvironmentNames(settings).workQueue).description),
    ]
  }

  /// Lets time pass until nothing waits that came of what happened.
  private func settle() async throws {
    let (events, slots) = life.withLock { ($0.events, $0.slots.sorted()) }
    for event in events { _ = await invoke(.orchestrator, event.json, mayDie: false) }
    for slot in slots where clock.now() - slot < .hours(20) {
      _ = await invoke(.orchestrator, AWSWorld.slotBody(settings, slot), mayDie: false)
    }
    var quiet = 0
    for _ in 0..<AWSWorld.settlingRoundsMax where quiet < 8 {
      let answer = await invoke(.orchestrator, ["bellcrank": "tick"], mayDie: false)
      var worked = 0
      while await work(mayDie: false) > 0, worked < 200 { worked += 1 }
      let moved = (answer?["sent"]?.int ?? 0) + (answer?["released"]?.int ?? 0) + worked
      quiet = moved == 0 && leftovers().isEmpty ? quiet + 1 : 0
      clock.pass(.minutes(15))
    }
  }
}
