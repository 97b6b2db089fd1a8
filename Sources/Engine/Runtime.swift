import Events

/// Every port of the engine, from the general to the specific; none has a default.
public struct Ports: Sendable {
  public let clock: any WallClock
  public let entropy: any Entropy
  public let digests: any Digests
  public let log: any LogSink
  public let observer: any Observer
  public let authority: any Authority
  public let rules: any RuleStore
  public let events: any EventJournal
  public let slots: any SlotJournal
  public let schedules: any ScheduleStore
  public let backfills: any BackfillStore
  public let zones: any Zones
  public let deliveries: any DeliveryJournal
  public let desk: any AdmissionDesk
  public let queues: any WorkQueues
  public let runs: any RunJournal
  public let budget: any SourceBudget
  public let universe: any UniverseStore
  public let index: any ObjectIndex
  public let ledger: any Ledger
  public let chain: any LedgerChain
  public let housekeeping: any Housekeeping
  public let history: any StateHistory
  public let blobs: any Blobs
  public let sources: [String: any Source]

  public init(
    clock: any WallClock, entropy: any Entropy, digests: any Digests, log: any LogSink, observer: any Observer,
    authority: any Authority = OpenAuthority(), rules: any RuleStore, events: any EventJournal, slots: any SlotJournal,
    schedules: any ScheduleStore & BackfillStore, zones: any Zones, deliveries: any DeliveryJournal,
    desk: any AdmissionDesk,
    queues: any WorkQueues, runs: any RunJournal, budget: any SourceBudget, universe: any UniverseStore,
    index: any ObjectIndex, ledger: any Ledger, chain: any LedgerChain, housekeeping: any Housekeeping,
    history: any StateHistory,
    blobs: any Blobs,
    sources: [String: any Source]
  ) {
    self.clock = clock
    self.entropy = entropy
    self.digests = digests
    self.log = log
    self.observer = observer
    self.authority = authority
    self.rules = rules
    self.events = events
    self.slots = slots
    self.schedules = schedules
    backfills = schedules
    self.zones = zones
    self.deliveries = deliveries
    self.desk = desk
    self.queues = queues
    self.runs = runs
    self.budget = budget
    self.universe = universe
    self.index = index
    self.ledger = ledger
    self.chain = chain
    self.housekeeping = housekeeping
    self.history = history
    self.blobs = blobs
    self.sources = sources
  }
}

/// Everything that the durable ports of one store have in common: a store plays all of these parts.
public typealias Store = RuleStore & EventJournal & SlotJournal & ScheduleStore & BackfillStore & DeliveryJournal
  & AdmissionDesk & WorkQueues
  & RunJournal & SourceBudget & UniverseStore & ObjectIndex & Ledger & LedgerChain & Housekeeping & StateHistory

/// One environment at work: its loops, its functions and what edges may ask of them.
public struct Runtime: Sendable {
  public let settings: Settings
  public let ports: Ports
  public let book: RuleBook
  public let publisher: Publisher
  public let scheduler: Scheduler
  public let expander: SlotExpander
  public let schedules: ScheduleKeeper
  public let pauses: PauseKeeper
  public let zoneWatch: ZoneWatch
  public let backfiller: Backfiller
  public let deliverer: Deliverer
  public let orchestrator: Orchestrator
  public let releaser: Releaser
  public let worker: Worker
  public let housekeeper: Housekeeper
  public let watchdog: Watchdog
  public let objects: ObjectStore
  public let functions: Functions
  public let queueBells: Bells
  public let bells: EngineBells
  public let startedAt: Timestamp

  /// What wakes the loops.
  public struct EngineBells: Sendable {
    public let deliveriesDue = Bell()
    /// Something came to its end, so what waited for it may go on.
    public let deliveriesDone = Bell()
    public let slotsOpen = Bell()
    public let deferredDue = Bell()
    public let runEnded = Bell()
  }

  /// Writes what the environment starts with, if it never was, and reads what is in force. Chunks that a dead process had
  /// in hand are shown again at once: one runtime at a time works on a store.
  ///
  /// - Parameter deliveryWidth: functions invoked at the same time; 1 makes deliveries strictly ordered.
  public init(_ settings: Settings, _ ports: Ports, deliveryWidth: Int) async throws {
    self.settings = settings
    self.ports = ports
    let now = ports.clock.now()
    startedAt = now
    _ = try await ports.rules.seed(try EnvironmentSeed(settings, at: now), at: now)
    try await ports.history.note(StateRecord(.configuration, settings.environment, at: now, settings.json))
    try await ports.history.heartbeat(of: now, at: now)
    let names = EnvironmentNames(settings)
    try await ports.queues.reclaim(names.workQueue, at: now)
    let bells = EngineBells()
    self.bells = bells
    queueBells = Bells()
    book = try await RuleBook(ports.rules, ports.schedules, ports.clock)
    let router = EventRouter(book)
    publisher = Publisher(router, ports.events, ports.ledger, ports.clock, deliveriesDue: bells.deliveriesDue)
    objects = ObjectStore(
      ports.blobs, ports.index, router, ports.clock, ports.entropy, ports.digests, names: settings.names,
      deliveriesDue: bells.deliveriesDue)
    orchestrator = Orchestrator(
      settings, book, ports.desk, ports.universe, BusNotifier(ports.index, publisher, ports.clock, settings.names),
      ports.clock, ports.entropy, ports.digests, ports.log, bells: queueBells, deferredDue: bells.deferredDue)
    let chunks = ChunkWork(
      ports.queues, ports.runs, ports.budget, ports.sources, objects, ports.ledger, ports.clock, ports.log,
      ports.observer, settings, bells: queueBells, runEnded: bells.runEnded)
    worker = Worker(ports.queues, chunks, ports.clock, ports.observer, settings)
    housekeeper = Housekeeper(
      ports.runs, ports.housekeeping, ports.clock, ports.log, workQueue: names.workQueue, runEnded: bells.runEnded)
    functions = Functions(
      [names.orchestrator: orchestrator, names.worker: WorkerFunction(worker, ports.queues, ports.clock, names)],
      ports.clock, ports.observer)
    deliverer = Deliverer(
      ports.deliveries, ports.queues, functions, publisher, ports.authority, ports.clock, ports.log,
      names: settings.names, queueBells: queueBells, width: deliveryWidth)
    releaser = Releaser(ports.desk, orchestrator, ports.clock, ports.log)
    scheduler = try await Scheduler(
      book, ports.slots, ports.schedules, ports.zones, ports.clock, ports.log, ports.observer,
      deliveriesDue: bells.deliveriesDue, slotsOpen: bells.slotsOpen)
    expander = SlotExpander(
      book, ports.schedules, ports.zones, ports.clock, scheduler, deliveriesDue: bells.deliveriesDue)
    schedules = ScheduleKeeper(ports.schedules, scheduler, ports.zones, ports.clock, settings.names)
    zoneWatch = ZoneWatch(scheduler, ports.schedules, ports.zones, ports.clock, ports.log)
    pauses = PauseKeeper(book, schedules, ports.schedules, ports.clock, ports.log)
    backfiller = Backfiller(
      book, ports.schedules, ports.backfills, ports.ledger, ports.runs, ports.zones, ports.clock, ports.log,
      deliveriesDue: bells.deliveriesDue)
    watchdog = Watchdog(
      book, ports.slots, ports.schedules, ports.zones, ports.ledger, ports.clock, ports.log, startedAt: now)
  }

  /// Does all that is due now, in a fixed order, until nothing is. Returns how much there was.
  ///
  /// For virtual time: production runs `run()` instead.
  public func settle() async throws(StoreError) -> Int {
    var total = 0
    while true {
      // A pause that ends at an instant has ended for the slot of that instant.
      var done = try await pauses.resumeDue()
      done += try await scheduler.tick()
      done += try await expander.work()
      done += try await backfiller.work()
      done += try await deliverer.deliverDue()
      done += try await releaser.releaseDue()
      done += try await worker.workOnce() ? 1 : 0
      guard done > 0 else { return total }
      total += done
    }
  }

  /// When something is due next; nil if nothing ever is.
  public func nextDue() async throws(StoreError) -> Timestamp? {
    [scheduler.nextDue(), try await pauses.nextDue(), try await nextAttempt()].compactMap { $0 }.min()
  }

  /// When something that has begun goes on: a delivery, a deferred cause, a chunk, the end of a schedule; nil if nothing is under way.
  public func nextAttempt() async throws(StoreError) -> Timestamp? {
    [
      try await deliverer.nextDue(), try await releaser.nextDue(), try await worker.nextDue(),
      try await backfiller.nextDue(), try await expander.nextDue(),
    ].compactMap { $0 }.min()
  }
}
