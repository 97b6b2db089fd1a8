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
  private let life: Mutex<Life>

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

  // MARK: What must be so

  private struct Row {
    let id: String
    let place: String
    let json: JSON

    func text(_ name: String) -> String? { json[name]?["S"]?.string }
    func number(_ name: String) -> Int? { json[name]?["N"]?.string.flatMap { Int($0) } }
  }

  private func rows() -> [Row] {
    cloud.items(in: EnvironmentNames(settings).controlTable).compactMap { json in
      guard let id = json["id"]?["S"]?.string, let place = json["place"]?["S"]?.string else { return nil }
      return Row(id: id, place: place, json: json)
    }
  }

  private func leftovers() -> [String] {
    rows().filter { ["outbox", "running", "line#events", "line#others"].contains($0.id) || $0.place == "open" }
      .map { "\($0.id) \($0.place) is left over" }
  }

  private func findings() -> [String] {
    let rows = rows()
    var findings = leftovers()
    let decisions = rows.filter { $0.id.hasPrefix("cause#") && $0.place == "decision" }
    let decided = Set(decisions.map { String($0.id.dropFirst("cause#".count)) })
    let rule = EnvironmentNames(settings).scheduleRule
    let (slots, events, promised, told) = life.withLock { ($0.slots, $0.events, $0.promised, $0.runsTold) }
    findings += slots.map { Cause.slotID(rule: rule, at: $0) }.filter { !decided.contains($0) }
      .map { "slot \($0) is undecided" }
    findings += events.filter { event in !decided.contains { $0.hasPrefix(event.id) } }
      .map { "event \($0.id) of \($0.source) is undecided" }
    findings += promised.filter { !decided.contains($0) }.map { "invocation \($0) is undecided" }
    let heads = rows.filter { $0.id.hasPrefix("run#") && $0.place == "head" }
    let runs = Set(heads.map { String($0.id.dropFirst("run#".count)) })
    findings += told.filter { !runs.contains($0) }.map { "run \($0) was told and is not there" }
    findings += heads.filter { $0.text("status") == "running" }.map { "\($0.id) never ended" }
    findings += doubleRuns(heads)
    let dispatched = decisions.filter { $0.text("decision") == "dispatched" }
    if dispatched.count != heads.count {
      findings.append("\(dispatched.count) causes are dispatched, \(heads.count) runs are there")
    }
    for head in heads { findings += gaps(head, rows) + unsent(head, rows) }
    return findings + limits(heads)
  }

  /// Chunks that were given up as lost, of a run that kept its key: then its messages would have been sent some day.
  private func unsent(_ head: Row, _ rows: [Row]) -> [String] {
    let run = String(head.id.dropFirst("run#".count))
    let claim = rows.first { $0.id == "idem#\(head.text("idempotency_key") ?? "")" }
    guard claim?.text("run_id") == run else { return [] }
    let reason = Housekeeper.lostReason(EnvironmentNames(settings).workQueue)
    return rows.filter { $0.id == head.id && $0.text("results")?.contains(reason) == true }
      .map { "\(head.id) lost its \($0.place)" }
  }

  /// Runs of one key that could not have followed each other: the one before had not failed.
  private func doubleRuns(_ heads: [Row]) -> [String] {
    Dictionary(grouping: heads) { $0.text("idempotency_key") ?? "" }.flatMap { key, heads -> [String] in
      let sorted = heads.sorted { ($0.number("started_at") ?? 0) < ($1.number("started_at") ?? 0) }
      return zip(sorted, sorted.dropFirst()).compactMap { before, after in
        // One that could not be sent loses its key when its claim's lease is over, long before it ends.
        let start = before.number("started_at") ?? 0
        let freed = min(before.number("ended_at") ?? .max, start + Int(AWSStore.claimLease.milliseconds))
        let isOver = before.text("status") == "failed" && freed <= (after.number("started_at") ?? 0)
        return isOver ? nil : "\(key) ran twice: \(before.id) was \(before.text("status") ?? "?")"
      }
    }
  }

  /// Chunks that are not finished, and objects that are said to be stored and are not.
  private func gaps(_ head: Row, _ rows: [Row]) -> [String] {
    let own = rows.filter { $0.id == head.id && $0.place.hasPrefix("chunk#") }
    var findings: [String] = []
    if own.filter({ $0.number("finished_at") != nil }).count != head.number("chunks") {
      findings.append("\(head.id) has unfinished chunks and is \(head.text("status") ?? "?")")
    }
    for chunk in own {
      let results: [JSON]
      do { results = try JSON(parsing: chunk.text("results") ?? "[]").elements ?? [] } catch { results = [] }
      for key in results.compactMap({ $0["key"]?.string })
      where cloud.object(bucket: EnvironmentNames(settings).rawBucket, key: key) == nil {
        findings.append("\(head.id) says that it stored \(key)")
      }
    }
    return findings
  }

  /// Runs of a kind in any of its windows are within its limit (D12).
  private func limits(_ heads: [Row]) -> [String] {
    var starts: [TriggerType: [Int]] = [:]
    for head in heads {
      let request: JSON
      do { request = try JSON(parsing: head.text("request") ?? "") } catch { continue }
      guard let trigger = request["trigger_type"]?.string.flatMap({ TriggerType(rawValue: $0) }) else { continue }
      starts[trigger, default: []].append(head.number("started_at") ?? 0)
    }
    return starts.flatMap { trigger, moments -> [String] in
      guard let rate = settings.limits.rate(of: trigger) else { return [] }
      let sorted = moments.sorted()
      return sorted.indices.compactMap { index in
        let end = sorted[index] + Int(rate.window.milliseconds)
        let count = sorted[index...].prefix { $0 < end }.count
        return count > rate.max ? "\(count) \(trigger.rawValue) runs in one window from \(sorted[index])" : nil
      }
    }
  }
}

/// A clock that moves when it is told to, and lets nobody wait.
final class StillClock: WallClock {
  private let shown: Mutex<Timestamp>

  init(_ now: Timestamp) { shown = Mutex(now) }

  func now() -> Timestamp { shown.withLock { $0 } }
  func pass(_ span: Span) { shown.withLock { $0 = $0 + span } }
  func sleep(for span: Span) async throws(CancellationError) { pass(min(span, Span(milliseconds: 5))) }
}

/// The calls of one process, which may be killed after so many of them: from then on nothing it does has any effect.
final class MortalAPI: AWSAPI {
  private let inner: ModelCloud
  private let left: Mutex<Int>
  private let planted: AWSWorld.Planted?

  init(_ inner: ModelCloud, callsMax: Int, planted: AWSWorld.Planted?) {
    self.inner = inner
    self.planted = planted
    left = Mutex(callsMax)
  }

  var isDead: Bool { left.withLock { $0 <= 0 } }

  private func live() throws(AWSError) {
    let isAlive = left.withLock { left in
      left = left == .max ? left : left - 1
      return left > 0
    }
    guard isAlive else {
      throw AWSError(code: AWSError.noAnswer, message: "the process is dead", status: 0, isDoubtful: true)
    }
  }

  func call(_ service: AWSService, _ operation: String, _ input: JSON) async throws(AWSError) -> JSON {
    try live()
    return try await inner.call(service, operation, planted.map { $0.spoil(operation, input) } ?? input)
  }

  func put(_ object: ObjectDraft) async throws(AWSError) {
    try live()
    try await inner.put(object)
  }

  func head(bucket: String, key: String) async throws(AWSError) -> ObjectHead? {
    try live()
    return try await inner.head(bucket: bucket, key: key)
  }
}

extension AWSWorld.Planted {
  /// The input as a store would send it that has that fault.
  func spoil(_ operation: String, _ input: JSON) -> JSON {
    var input = input
    switch (self, operation) {
    case (.conditions, "TransactWriteItems"):
      input.set(
        "TransactItems", .array((input["TransactItems"]?.elements ?? []).compactMap { AWSWorld.Planted.bare($0) }))
    case (.outbox, "TransactWriteItems"):
      input.set(
        "TransactItems",
        .array(
          (input["TransactItems"]?.elements ?? []).filter { $0["Put"]?["Item"]?["id"]?["S"] != "outbox" }))
    case (.lostMessages, "SendMessageBatch"):
      input.set("Entries", .array(Array((input["Entries"]?.elements ?? []).prefix(1))))
    case (.tornTransactions, "TransactWriteItems"):
      let items = (input["TransactItems"]?.elements ?? []).enumerated().filter { $0.offset % 4 != 3 }.map(\.element)
      input.set("TransactItems", .array(items))
    case (.conditions, _), (.outbox, _), (.lostMessages, _), (.tornTransactions, _): break
    }
    return input
  }

  /// A write of a transaction without its condition; nil for a check.
  private static func bare(_ item: JSON) -> JSON? {
    guard let member = item.members?.first, member.key != "ConditionCheck" else { return nil }
    var write = member.value
    write.remove("ConditionExpression")
    if member.key == "Put" || member.key == "Delete" {
      write.remove("ExpressionAttributeNames")
      write.remove("ExpressionAttributeValues")
    }
    return member.key == "Update" ? item : .object([.init(member.key, write)])
  }
}
