import ClockPorts
import CryptoPorts
import Engine
import Events
import Foundation
import Ingestion
import Rules
import SQLiteStore
import Schedules
import SystemPorts

/// A runtime on a database file, without sources: what `bellcrank serve` has at work, minus its sockets.
struct Bench {
  let store: SQLiteStore
  let runtime: Runtime
  let lateness: Lateness

  init(_ directory: String) async throws {
    let settings = try Bench.settings()
    store = try SQLiteStore(path: "\(directory)/bellcrank.db", settings)
    lateness = Lateness()
    let ports = Ports(
      clock: SystemClock(), entropy: SystemEntropy(), digests: CryptoDigests(), log: NoLog(), observer: lateness,
      rules: store, events: store, slots: store, schedules: store, zones: ZoneFiles(), deliveries: store, desk: store,
      queues: store, runs: store, budget: store, universe: store, index: store, ledger: store, chain: store,
      housekeeping: store, history: store, blobs: NoBlobs(), sources: [:])
    runtime = try await Runtime(settings, ports, deliveryWidth: 8)
  }

  /// Whether all decided slots were expanded and delivered.
  func isDelivered() async throws -> Bool {
    guard try await store.openSlots(limit: 1).isEmpty else { return false }
    return try await store.nextDue() == nil
  }

  private static func settings() throws -> Settings {
    Settings(
      environment: "dev", names: ResourceNames(account: "123456789012", region: "us-east-1"),
      defaults: IngestionDefaults(
        environment: "dev", dataSource: "yahoo_finance", dataType: "prices", domain: "market", tableName: "prices",
        symbols: ["AAPL"], period: "1mo", interval: "1d", fileFormat: "json"),
      catalog: IngestionCatalog(
        dataSources: ["yahoo_finance": .init(chunkSizeMax: 5)], tables: [.init(domain: "market", name: "prices")]),
      schedule: try ScheduleExpression("cron(0 22 * * ? *)", dialect: .rules), misfire: .standard,
      limits: Admission.Limits(), chunks: .init(size: 5, sendBatchSize: 10, workerTimeoutSeconds: 300), sources: [:],
      transform: .init(prefix: "market/prices/", suffix: ".json"), workers: 1)
  }

  /// A schedule with a name, a queue as its target and a small input, as a data team would have it.
  func schedule(
    _ name: String, _ expression: ScheduleExpression, zone: String = "UTC", start: Timestamp? = nil, at now: Timestamp
  ) -> Schedule {
    Schedule(
      name: ScheduleName(name), description: "Extraction of table \(name)", expression: expression, timezone: zone,
      start: start,
      target: Target(
        id: "target", arn: runtime.settings.names.queue(EnvironmentNames(runtime.settings).transformQueue),
        input: .scheduled(#"{"table":"\#(name)","at":"<aws.scheduler.scheduled-time>"}"#), deadLetter: nil,
        role: "arn:aws:iam::123456789012:role/scheduler"),
      createdAt: now, modifiedAt: now, since: now)
  }
}

/// When slots were decided, after what they were due.
final class Lateness: Observer, @unchecked Sendable {  // A lock guards the one list.
  private let lock = NSLock()
  private var milliseconds: [Int64] = []

  func observe(_ observation: Observation, at now: Timestamp) {
    guard case .slotsDecided(let slots) = observation else { return }
    lock.withLock { milliseconds += slots.map { (now - $0).milliseconds } }
  }

  func take() -> [Int64] {
    lock.withLock {
      defer { milliseconds = [] }
      return milliseconds.sorted()
    }
  }

  var count: Int { lock.withLock { milliseconds.count } }
}

struct NoLog: LogSink {
  func write(_ line: LogLine) {}
}

struct NoBlobs: Blobs {
  func write(_ bytes: [UInt8], id: String) async throws(StoreError) {}
  func read(_ id: String) async throws(StoreError) -> [UInt8] { [] }
  func remove(_ id: String) async throws(StoreError) {}
}

enum Machine {
  /// What of the process is in memory, in MiB. Source: Linux, `/proc/self/status`.
  static func residentMiB() -> Double { status("VmRSS:") }
  static func peakMiB() -> Double { status("VmHWM:") }

  private static func status(_ name: String) -> Double {
    guard let data = FileManager.default.contents(atPath: "/proc/self/status") else { return 0 }
    for line in String(decoding: data, as: UTF8.self).split(separator: "\n") where line.hasPrefix(name) {
      let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      return Double(fields[1]).map { ($0 / 1_024 * 10).rounded() / 10 } ?? 0
    }
    return 0
  }

  /// Nanoseconds of processor time of the whole process.
  static func processorTime() -> UInt64 { clock_gettime_nsec(CLOCK_PROCESS_CPUTIME_ID) }
  static func time() -> UInt64 { clock_gettime_nsec(CLOCK_MONOTONIC) }

  private static func clock_gettime_nsec(_ id: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(id, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// One JSON line of the answer.
func report(_ name: String, _ values: [(String, Double)]) {
  var json: JSON = ["name": .string(name)]
  for (key, value) in values { json.set(key, JSON((value * 1_000).rounded() / 1_000)) }
  FileHandle.standardOutput.write(Data((json.text + "\n").utf8))
}

func percentiles(_ sorted: [Int64]) -> [(String, Double)] {
  func at(_ share: Double) -> Double {
    sorted.isEmpty ? -1 : Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])
  }
  return [
    ("fires", Double(sorted.count)), ("early", Double(sorted.count { $0 < 0 })), ("p50_ms", at(0.5)),
    ("p90_ms", at(0.9)), ("p99_ms", at(0.99)), ("max_ms", at(1)),
  ]
}
