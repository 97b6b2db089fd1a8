import Engine
import Events
import Extraction
import Ingestion
import Rules
import Synchronization
import Telemetry

/// One seeded life of an environment: causes arrive, loops work in any order, processes die, sources fail, clocks step.
///
/// Everything is a function of the seed, so a seed that fails is the whole report. The engine is the real one; only the
/// world around it is simulated.
public final class SimulatedWorld {
  /// Things that happen in one life before it is left to settle.
  public static let happeningsMax = 50
  /// Virtual days that it is given to settle: breakers rest an hour, retries last a day.
  public static let settlingDaysMax = 3

  /// Starts that may fail in a row.
  private static let startsMax = 100

  public let seed: UInt64
  let clock: VirtualClock
  let store: FaultyStore
  let faults: FaultPlan
  let settings: Settings
  private let log = MemoryLog()
  private let blobs = MemoryBlobs()
  private let source: SimulatedSource
  private let entropy: SeededEntropy
  private var dice: SplitMix64
  var engine: Runtime
  /// What was promised to somebody: each promise is checked when the world has settled.
  var promises = Promises()
  /// The latest moment that the clock has shown: a message sent then shows itself then, also when the clock was set back.
  private var latest: Timestamp
  /// When the environment came into being.
  let born: Timestamp

  /// What somebody was told.
  struct Promises {
    /// Events that were acknowledged, and which rules they were said to have matched.
    var events: [String: [String]] = [:]
    /// Invocations that were answered, by request id: what was answered.
    var invocations: [String: JSON] = [:]
  }

  public init(
    seed: UInt64, settings: Settings, store: any Store, digests: any Digests, planted: PlantedFault?
  ) async throws {
    self.seed = seed
    self.settings = settings
    var dice = SplitMix64(seed: seed)
    born = Timestamp(seconds: 1_757_376_000 + Int64(dice.next() % 86_400))
    clock = VirtualClock(born)
    latest = born
    entropy = SeededEntropy(seed: dice.next())
    faults = FaultPlan(seed: dice.next())
    source = SimulatedSource(seed: dice.next())
    self.store = FaultyStore(store, faults, planted: planted)
    self.dice = dice
    ports = Ports(
      clock: clock, entropy: entropy, digests: digests, log: log, observer: NoObserver(), rules: self.store,
      events: self.store,
      slots: self.store, schedules: self.store, zones: UniversalTimeOnly(), deliveries: self.store, desk: self.store,
      queues: self.store, runs: self.store,
      budget: self.store, universe: self.store, index: self.store, ledger: self.store, chain: self.store,
      housekeeping: self.store,
      history: self.store,
      blobs: blobs,
      sources: [settings.defaults.dataSource: source])
    engine = try await Runtime(settings, ports, deliveryWidth: 1)
  }

  private let ports: Ports

  /// Lives the life and lets it settle. Returns what is wrong afterwards: nothing, if all is well.
  public func live() async throws -> [String] {
    faults.arm(true)
    for _ in 0..<SimulatedWorld.happeningsMax {
      await happen()
      if faults.hasCrashed { try await restart() }
    }
    faults.arm(false)
    try await restart()
    try await settle()
    return try await Inspection(self).findings()
  }

  /// How many processes died in this life.
  public var crashes: Int { faults.crashes }

  /// The process is gone with everything it knew; a new one opens the same store, and may die while it starts as well.
  private func restart() async throws {
    var failure: (any Error)?
    for _ in 0..<SimulatedWorld.startsMax {
      faults.revive()
      do {
        engine = try await Runtime(settings, ports, deliveryWidth: 1)
        return
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Lets time pass until nothing waits that came of what happened; slots fire on for ever, so they are not waited for.
  private func settle() async throws {
    let end = clock.now() + .days(SimulatedWorld.settlingDaysMax)
    try await engine.play(to: latest, on: clock)
    while let due = try await engine.nextAttempt(), due <= end { try await engine.play(to: due, on: clock) }
    _ = try await engine.housekeeper.tidyDue()
  }

  private func roll(_ sides: Int) -> Int { Int(dice.next() % UInt64(sides)) }

  private func pick<Element>(_ elements: [Element]) -> Element { elements[roll(elements.count)] }

  /// One thing happens. A failing store is part of life: whoever asked gets no answer, so nothing was promised.
  private func happen() async {
    do {
      switch roll(18) {
      case 0...2: try await publish()
      case 3: try await redeliver()
      case 4, 5: try await invoke()
      case 6: try await upload()
      case 7, 8: _ = try await engine.scheduler.tick()
      case 9, 10: _ = try await engine.deliverer.deliverDue()
      case 11: _ = try await engine.releaser.releaseDue()
      case 12, 13: _ = try await engine.worker.workOnce()
      case 14: try await holdOrLetGo()
      case 15: _ = try await engine.housekeeper.tidyDue()
      case 16: pass(.seconds(pick([1, 5, 30, 61, 600, 3_600, 7_200, 40_000])))
      default: pass(Span(milliseconds: pick([-3_600_000, -60_000, -500, 500, 20_000, 1_800_000])))
      }
    } catch {
      return
    }
  }

  private func pass(_ span: Span) {
    clock.set(to: clock.now() + span)
    latest = max(latest, clock.now())
  }

  private func publish() async throws {
    let events = (0...roll(3)).map { _ in event() }
    let receipts = try await engine.publisher.publish(events)
    for receipt in receipts { promises.events[receipt.eventID] = receipt.matchedRules }
  }

  private func event() -> Event {
    let symbols = JSON((0...roll(3)).map { _ in pick(SimulatedSource.symbols) })
    let (source, type, detail): (String, String, JSON) =
      switch roll(7) {
      case 0, 1:
        (
          pick(["transform.pipeline", "extract.pipeline"]), "Processing Complete",
          [
            "domain": "market", "table_name": "prices", "partition": .string("ds=\(clock.now().dateText)"),
            "trigger_reingestion": .bool(roll(4) > 0), "symbols": symbols,
            "reason": .string(pick(["data_quality_issue", "late_data", "schema_change"])), "hops": JSON(roll(5)),
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
      case 3: ("market.events", "Market Close", .object([]))
      case 4: ("ops.manual", "Adhoc Ingestion", ["symbols": symbols, "period": "1d"])
      case 5: ("ops.manual", "Adhoc Ingestion", ["domain": .string(pick(["no-such", "market"])), "symbols": symbols])
      default: ("elsewhere", "Nothing", .object([]))
      }
    return Event(
      id: entropy.uuid(), source: source, detailType: type, account: settings.names.account,
      region: settings.names.region, time: clock.now().wholeSecond, resources: [], detail: detail)
  }

  /// An event arrives at the orchestrator once more, as every at-least-once delivery may bring it.
  private func redeliver() async throws {
    guard let recorded = try await store.events(limit: 50).last(where: { _ in roll(4) == 0 }) else { return }
    let context = InvocationContext(requestID: entropy.uuid(), invokedAt: clock.now(), cause: nil)
    guard ["transform.pipeline", "extract.pipeline", "ops.manual", "market.events"].contains(recorded.event.source),
      recorded.event.detail["trigger_reingestion"]?.bool != false
    else { return }
    _ = await engine.orchestrator.invoke(recorded.event.json.bytes, context)
  }

  private func invoke() async throws {
    var body: JSON = ["symbols": JSON((0...roll(7)).map { _ in pick(SimulatedSource.symbols) })]
    if roll(2) == 0 { body.set("correlation_id", .string("manual-\(roll(6))")) }
    if roll(5) == 0 { body.set("dry_run", true) }
    if roll(5) == 0 { body.set("urgent", true) }
    if roll(8) == 0 { body.set("data_source", pick(["yahoo finance", "no_such", 7])) }
    if roll(8) == 0 { body.set("override_config", ["chunk_size": JSON(1 + roll(5))]) }
    let context = InvocationContext(requestID: entropy.uuid(), invokedAt: clock.now(), cause: nil)
    switch await engine.orchestrator.invoke(body.bytes, context) {
    case .answered(let answer): promises.invocations[context.requestID] = answer
    case .failed: return
    }
  }

  /// An operator takes the table, or gives it back.
  private func holdOrLetGo() async throws {
    let defaults = settings.defaults
    if roll(2) == 0 {
      _ = try await store.hold(
        domain: defaults.domain, table: defaults.tableName, owner: "operator", until: clock.now() + .minutes(30),
        at: clock.now())
    } else {
      _ = try await store.letGo(domain: defaults.domain, table: defaults.tableName, owner: "operator", at: clock.now())
    }
  }

  private func upload() async throws {
    let key = "\(pick(["market/prices", "elsewhere"]))/upload-\(roll(4)).\(pick(["json", "csv"]))"
    let draft = ObjectStore.Draft(
      bucket: EnvironmentNames(settings).rawBucket, key: key, body: Array("{}".utf8), contentType: "application/json",
      metadata: [:], runID: nil, parentID: nil, hops: 0)
    _ = try await engine.objects.put(draft, onlyIfAbsent: false)
  }
}

/// A source with moods: each answer is a function of the seed, the symbol and how often that symbol was asked for.
public final class SimulatedSource: Source {
  public static let symbols = ["AAPL", "MSFT", "GOOGL", "AMZN", "IBM", "NOPE"]

  private let seed: UInt64
  private let asked = Mutex<[String: Int]>([:])

  public init(seed: UInt64) {
    self.seed = seed
  }

  public func prices(of symbol: String, period: String, interval: String, timeout: Span) async -> FetchOutcome {
    let time = asked.withLock { asked in
      asked[symbol, default: 0] += 1
      return asked[symbol, default: 0]
    }
    if symbol == "NOPE" { return .failed(SourceError(.unknownSymbol, reason: "no data for NOPE")) }
    switch DerivedID.hash("\(seed)/\(symbol)/\(time)") % 8 {
    case 0: return .failed(SourceError(.throttled, reason: "429", retryAfter: .seconds(3)))
    case 1: return .failed(SourceError(.unavailable, reason: "503"))
    case 2: return .failed(SourceError(.timeout, reason: "no answer"))
    default:
      return .fetched(
        PriceSeries(
          symbol: symbol, currency: "USD", exchange: "NMS", granularity: interval, exchangeOffset: .zero, points: []))
    }
  }
}
