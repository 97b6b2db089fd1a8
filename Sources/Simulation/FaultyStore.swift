import Deliveries
import Engine
import Events
import Extraction
import Ingestion
import Rules
import Telemetry

/// A store under a fault plan: every write may crash the process or be refused; reads pass.
public struct FaultyStore: Sendable {
  let real: any Store
  let faults: FaultPlan
  let planted: PlantedFault?

  public init(_ real: any Store, _ faults: FaultPlan, planted: PlantedFault?) {
    self.real = real
    self.faults = faults
    self.planted = planted
  }
}

extension FaultyStore: RuleStore {
  public func rules() async throws(StoreError) -> [Rule] { try await real.rules() }

  public func save(
    _ rule: Rule, row: LedgerEntry, recovery: Recovery?, at now: Timestamp
  ) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in
      try await real.save(rule, row: row, recovery: recovery, at: now)
    }
  }

  public func remove(_ name: String, row: LedgerEntry, at now: Timestamp) async throws(StoreError) -> Bool {
    try await faults.write { () throws(StoreError) in try await real.remove(name, row: row, at: now) }
  }

  public func lastVersion(of name: String) async throws(StoreError) -> Int { try await real.lastVersion(of: name) }

  public func rule(_ name: String, version: Int) async throws(StoreError) -> Rule? {
    try await real.rule(name, version: version)
  }

  public func seed(_ seed: EnvironmentSeed, at now: Timestamp) async throws(StoreError) -> Bool {
    try await real.seed(seed, at: now)
  }
}

extension FaultyStore: EventJournal, SlotJournal {
  public func record(_ events: [RoutedEvent]) async throws(StoreError) {
    if planted == .acknowledgedBeforeCommit, faults.drops(events.first?.event.id ?? "") { return }
    try await faults.write { () throws(StoreError) in try await real.record(events) }
  }

  public func record(_ delivery: NewDelivery) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in try await real.record(delivery) }
  }

  public func event(_ id: String) async throws(StoreError) -> RecordedEvent? { try await real.event(id) }

  public func events(_ query: EventQuery) async throws(StoreError) -> [StoredEvent] { try await real.events(query) }

  public func extent(of range: ArchiveRange) async throws(StoreError) -> ArchiveExtent? {
    try await real.extent(of: range)
  }

  public func page(
    of range: ArchiveRange, places: ClosedRange<Int64>, rowsMax: Int, bytesMax: Int
  ) async throws(StoreError) -> [ArchivedEvent] {
    try await real.page(of: range, places: places, rowsMax: rowsMax, bytesMax: bytesMax)
  }

  public func cursors() async throws(StoreError) -> [String: Timestamp] { try await real.cursors() }

  public func record(_ slots: [SlotRecord], plan: LedgerEntry?) async throws(StoreError) {
    let kept = planted == .slotForgotten ? slots.filter { !faults.drops("\($0.rule)@\($0.slot)") } : slots
    try await faults.write { () throws(StoreError) in try await real.record(kept, plan: plan) }
  }
}

extension FaultPlan {
  /// Whether a planted fault strikes that thing: one in four, and always the same ones.
  func drops(_ name: String) -> Bool { DerivedID.hash(name) % 4 == 0 }
}

extension FaultyStore: DeliveryJournal {
  public func due(at now: Timestamp, limit: Int) async throws(StoreError) -> [PendingDelivery] {
    try await real.due(at: now, limit: limit)
  }

  public func commit(_ results: [DeliveryResult], at now: Timestamp) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in try await real.commit(results, at: now) }
  }

  public func nextDue() async throws(StoreError) -> Timestamp? { try await real.nextDue() }

  public func deliveries(of cause: String) async throws(StoreError) -> [DeliveryView] {
    try await real.deliveries(of: cause)
  }
}

extension FaultyStore: AdmissionDesk {
  public func admit(_ application: Application, at now: Timestamp) async throws(StoreError) -> AdmissionResult {
    try await faults.write { () throws(StoreError) in try await real.admit(application, at: now) }
  }

  public func preview(_ application: Application, at now: Timestamp) async throws(StoreError) -> Admission.Verdict {
    try await real.preview(application, at: now)
  }

  public func close(_ entry: LedgerEntry, deadLetter: OutgoingMessage?) async throws(StoreError) -> Bool {
    try await faults.write { () throws(StoreError) in try await real.close(entry, deadLetter: deadLetter) }
  }

  public func deferred(
    _ which: DeferredKind, at now: Timestamp, limit: Int
  ) async throws(StoreError) -> [DeferredCause] {
    planted == .deferredForgotten ? [] : try await real.deferred(which, at: now, limit: limit)
  }

  public func nextDeferred(_ which: DeferredKind) async throws(StoreError) -> Timestamp? {
    planted == .deferredForgotten ? nil : try await real.nextDeferred(which)
  }

  public func postpone(
    domain: String, table: String, after place: Int64, until: Timestamp
  ) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in
      try await real.postpone(domain: domain, table: table, after: place, until: until)
    }
  }

  public func hold(
    domain: String, table: String, owner: String, until: Timestamp, at now: Timestamp
  ) async throws(StoreError) -> Admission.Lease? {
    try await faults.write { () throws(StoreError) in
      try await real.hold(domain: domain, table: table, owner: owner, until: until, at: now)
    }
  }

  public func letGo(
    domain: String, table: String, owner: String, at now: Timestamp
  ) async throws(StoreError) -> Bool {
    try await faults.write { () throws(StoreError) in
      try await real.letGo(domain: domain, table: table, owner: owner, at: now)
    }
  }
}

extension FaultyStore: WorkQueues {
  public func message(_ id: String) async throws(StoreError) -> MessageView? { try await real.message(id) }

  public func create(_ queue: QueueDefinition, at now: Timestamp) async throws(StoreError) -> Bool {
    try await faults.write { () throws(StoreError) in try await real.create(queue, at: now) }
  }

  public func queue(_ name: String) async throws(StoreError) -> QueueDefinition? { try await real.queue(name) }

  public func queues() async throws(StoreError) -> [QueueDefinition] { try await real.queues() }

  public func update(_ queue: QueueDefinition) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in try await real.update(queue) }
  }

  public func send(_ messages: [OutgoingMessage], at now: Timestamp) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in try await real.send(messages, at: now) }
  }

  public func receive(
    _ queue: String, limit: Int, visibility: Span, at now: Timestamp
  ) async throws(StoreError) -> [ReceivedMessage] {
    let received = try await faults.write { () throws(StoreError) in
      try await real.receive(queue, limit: limit, visibility: visibility, at: now)
    }
    if planted == .deletedBeforeDone {
      for message in received { _ = try await real.delete(queue, receipt: message.receipt) }
    }
    return received
  }

  public func delete(_ queue: String, receipt: String) async throws(StoreError) -> Bool {
    try await faults.write { () throws(StoreError) in try await real.delete(queue, receipt: receipt) }
  }

  public func release(
    _ queue: String, receipt: String, until: Timestamp, uncounted: Bool
  ) async throws(StoreError) -> Bool {
    try await faults.write { () throws(StoreError) in
      try await real.release(queue, receipt: receipt, until: until, uncounted: uncounted)
    }
  }

  public func depth(_ queue: String, at now: Timestamp) async throws(StoreError) -> QueueDepth {
    try await real.depth(queue, at: now)
  }

  public func nextVisible(_ queue: String) async throws(StoreError) -> Timestamp? {
    try await real.nextVisible(queue)
  }

  public func reclaim(_ queue: String, at now: Timestamp) async throws(StoreError) {
    try await real.reclaim(queue, at: now)
  }

  public func purge(_ queue: String) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in try await real.purge(queue) }
  }

  public func remove(queue: String) async throws(StoreError) -> Bool {
    try await faults.write { () throws(StoreError) in try await real.remove(queue: queue) }
  }
}

extension FaultyStore: RunJournal, SourceBudget {
  public func run(_ id: String) async throws(StoreError) -> Run? { try await real.run(id) }

  public func chunk(_ index: Int, of run: String) async throws(StoreError) -> ChunkAssignment? {
    try await real.chunk(index, of: run)
  }

  public func runs(_ query: RunQuery) async throws(StoreError) -> [Run] { try await real.runs(query) }

  public func keep(
    _ results: [SymbolResult], of run: String, chunk: Int, attempt: Int, message: ReceivedMessage, until: Timestamp
  ) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in
      try await real.keep(results, of: run, chunk: chunk, attempt: attempt, message: message, until: until)
    }
  }

  public func finish(
    _ results: [SymbolResult], of run: String, chunk: Int, attempt: Int, message: ReceivedMessage,
    deadLetter: OutgoingMessage?, at now: Timestamp
  ) async throws(StoreError) -> Run.Status? {
    try await faults.write { () throws(StoreError) in
      try await real.finish(
        results, of: run, chunk: chunk, attempt: attempt, message: message, deadLetter: deadLetter, at: now)
    }
  }

  public func endLostChunks(
    queue: String, reason: String, at now: Timestamp
  ) async throws(StoreError) -> [String: Run.Status] {
    try await faults.write { () throws(StoreError) in
      try await real.endLostChunks(queue: queue, reason: reason, at: now)
    }
  }

  public func take(
    _ requests: Int, of source: String, perMinute: Int, at now: Timestamp
  ) async throws(StoreError) -> Span? {
    try await faults.write { () throws(StoreError) in
      try await real.take(requests, of: source, perMinute: perMinute, at: now)
    }
  }
}

extension FaultyStore: UniverseStore {
  public func universe(at now: Timestamp) async throws(StoreError) -> [String]? { try await real.universe(at: now) }

  public func note(_ change: UniverseChange, base: [String]) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in try await real.note(change, base: base) }
  }
}

extension FaultyStore: ObjectIndex {
  public func commit(
    _ entry: ObjectEntry, _ event: RoutedEvent, onlyIfAbsent: Bool
  ) async throws(StoreError) -> ObjectCommit {
    try await faults.write { () throws(StoreError) in
      try await real.commit(entry, event, onlyIfAbsent: onlyIfAbsent)
    }
  }

  public func entry(bucket: String, key: String) async throws(StoreError) -> ObjectEntry? {
    guard let entry = try await real.entry(bucket: bucket, key: key), planted == .ownObjectNotKnown else {
      return try await real.entry(bucket: bucket, key: key)
    }
    return ObjectEntry(
      bucket: entry.bucket, key: entry.key, size: entry.size, etag: entry.etag, contentType: entry.contentType,
      sequencer: entry.sequencer, blobID: entry.blobID, modifiedAt: entry.modifiedAt, metadata: entry.metadata,
      runID: nil)
  }

  public func entries(
    bucket: String, prefix: String, after marker: String, limit: Int
  ) async throws(StoreError) -> [ObjectEntry] {
    try await real.entries(bucket: bucket, prefix: prefix, after: marker, limit: limit)
  }

  public func remove(bucket: String, key: String) async throws(StoreError) -> String? {
    try await faults.write { () throws(StoreError) in try await real.remove(bucket: bucket, key: key) }
  }

  public func buckets() async throws(StoreError) -> [(name: String, createdAt: Timestamp)] {
    try await real.buckets()
  }

  public func createBucket(_ name: String, at now: Timestamp) async throws(StoreError) -> Bool {
    try await faults.write { () throws(StoreError) in try await real.createBucket(name, at: now) }
  }

  public func record(
    _ notices: [ObjectNotice], of cause: Cause, at now: Timestamp
  ) async throws(StoreError) -> LedgerEntry {
    try await faults.write { () throws(StoreError) in try await real.record(notices, of: cause, at: now) }
  }
}

extension FaultyStore: Housekeeping {
  public func tidy(deliveriesKept: Span, at now: Timestamp) async throws(StoreError) -> Int {
    try await faults.write { () throws(StoreError) in
      try await real.tidy(deliveriesKept: deliveriesKept, at: now)
    }
  }
}

extension FaultyStore: Ledger {
  public func entries(_ query: LedgerQuery) async throws(StoreError) -> [LedgerEntry] { try await real.entries(query) }

  public func entry(of causeID: String) async throws(StoreError) -> LedgerEntry? {
    try await real.entry(of: causeID)
  }

  public func standing(of causes: [String]) async throws(StoreError) -> [String: CauseStanding] {
    try await real.standing(of: causes)
  }

}

extension FaultyStore: LedgerChain {
  public func audit(after link: LedgerLink?, limit: Int) async throws(StoreError) -> LedgerStretch {
    try await real.audit(after: link, limit: limit)
  }

  public func oldest() async throws(StoreError) -> Timestamp? { try await real.oldest() }

  public func head() async throws(StoreError) -> LedgerLink? { try await real.head() }

  public func link(at sequence: Int64) async throws(StoreError) -> LedgerLink? { try await real.link(at: sequence) }

  public func checkpoints() async throws(StoreError) -> [LedgerCheckpoint] { try await real.checkpoints() }

  public func linked(after sequence: Int64, limit: Int) async throws(StoreError) -> [LinkedEntry] {
    try await real.linked(after: sequence, limit: limit)
  }

  public func retain(_ retention: Retention, at now: Timestamp) async throws(StoreError) -> LedgerCheckpoint? {
    try await faults.write { () throws(StoreError) in try await real.retain(retention, at: now) }
  }
}

extension FaultyStore: StateHistory {
  public func state(
    _ kind: StateRecord.Kind, _ name: String, at moment: Timestamp
  ) async throws(StoreError) -> StateRecord? {
    try await real.state(kind, name, at: moment)
  }

  public func states(
    _ kind: StateRecord.Kind, _ name: String?, in range: Range<Timestamp>, limit: Int
  ) async throws(StoreError) -> [StateRecord] {
    try await real.states(kind, name, in: range, limit: limit)
  }

  public func note(_ record: StateRecord) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in try await real.note(record) }
  }

  public func versions(of rule: String) async throws(StoreError) -> [RuleVersion] {
    try await real.versions(of: rule)
  }

  public func versions() async throws(StoreError) -> [RuleVersion] { try await real.versions() }

  public func rules(at moment: Timestamp) async throws(StoreError) -> [Rule] { try await real.rules(at: moment) }

  public func heartbeat(of start: Timestamp, at now: Timestamp) async throws(StoreError) {
    try await faults.write { () throws(StoreError) in try await real.heartbeat(of: start, at: now) }
  }

  public func lifetimes(around moment: Timestamp) async throws(StoreError) -> (before: Lifetime?, after: Lifetime?) {
    try await real.lifetimes(around: moment)
  }
}
