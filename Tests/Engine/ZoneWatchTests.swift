import CryptoPorts
import Engine
import Events
import Foundation
import Ingestion
import Rules
import SQLiteStore
import Schedules
import Simulation
import SystemPorts
import Telemetry
import Testing

/// Time zone data that changes under a running engine, or while none runs.
@Suite struct ZoneWatchTests {
  /// A folder of zones that a test may change.
  private struct Folder {
    let path: String

    init() throws {
      path = NSTemporaryDirectory() + "zones-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: path + "/Asia", withIntermediateDirectories: true)
      try release("2025a")
      try zone("Asia/Seoul", as: "Asia/Seoul")
      try zone("Asia/Tokyo", as: "Asia/Tokyo")
    }

    func release(_ name: String) throws {
      try Data("# version \(name)\n".utf8).write(to: URL(filePath: path + "/tzdata.zi"))
    }

    /// Gives the zone the clock of another one.
    func zone(_ name: String, as other: String) throws {
      let data = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(other)"))
      try data.write(to: URL(filePath: "\(path)/\(name)"))
    }

    func remove() throws { try FileManager.default.removeItem(atPath: path) }
  }

  private func engine(_ folder: Folder, _ store: any Store, _ clock: VirtualClock) async throws -> Runtime {
    let ports = Ports(
      clock: clock, entropy: SeededEntropy(seed: 1), digests: CryptoDigests(), log: MemoryLog(), observer: NoObserver(),
      rules: store, events: store, slots: store, schedules: store, zones: ZoneFiles(directory: folder.path),
      deliveries: store, desk: store, queues: store, runs: store, budget: store, universe: store, index: store,
      ledger: store, chain: store, housekeeping: store, history: store, blobs: MemoryBlobs(), sources: [:])
    return try await Runtime(try World.settings(), ports, deliveryWidth: 1)
  }

  private func schedule(_ name: String, _ zone: String) throws -> Schedule {
    Schedule(
      name: ScheduleName(name), expression: try ScheduleExpression("cron(0 9 * * ? *)", dialect: .scheduler),
      timezone: zone,
      target: Target(
        id: "t", arn: ResourceName(service: "sqs", region: "us-east-1", account: "123456789012", resource: "q"),
        input: .whole, deadLetter: nil), createdAt: World.start, modifiedAt: World.start, since: World.start)
  }

  private func rows(_ store: any Store) async throws -> [LedgerEntry] {
    try await store.entries(LedgerQuery()).filter { $0.code == .zonesChanged }
  }

  @Test func `a zone that changes moves the next fires that hang in it, and the ledger names it`() async throws {
    let folder = try Folder()
    defer { do { try folder.remove() } catch { Issue.record(error) } }
    let store = try SQLiteStore(inMemory: try World.settings())
    let clock = VirtualClock(World.start)
    let engine = try await engine(folder, store, clock)
    try await engine.schedules.create(
      [try schedule("a", "Asia/Seoul"), try schedule("b", "Asia/Seoul"), try schedule("c", "Asia/Tokyo")], .testing)
    #expect(try await engine.zoneWatch.look() == 0)
    #expect(engine.zoneWatch.nextDue == World.start + ZoneWatch.interval)
    let before = engine.scheduler.nextDue()
    #expect(before == World.start.after(2 * 3_600))  // 09:00 in Seoul, UTC+9.
    try folder.zone("Asia/Seoul", as: "Asia/Kolkata")
    try folder.release("2025b")
    #expect(try await engine.zoneWatch.lookDue() == 0, "it is not time to look yet")
    clock.advance(by: ZoneWatch.interval)
    #expect(try await engine.zoneWatch.lookDue() == 1)
    let row = try #require(try await rows(store).first)
    #expect(row.facts["zones"] == ["Asia/Seoul"])
    #expect(row.facts["schedules"] == 2)
    #expect(row.facts["moved"] == 2)
    #expect(row.summary.contains("2025a → 2025b"))
    #expect(try await engine.zoneWatch.look() == 0, "it is said once")
    #expect(try await rows(store).count == 1)
  }

  @Test func `what changed while no engine ran is said at the start of the next`() async throws {
    let folder = try Folder()
    defer { do { try folder.remove() } catch { Issue.record(error) } }
    let store = try SQLiteStore(inMemory: try World.settings())
    let clock = VirtualClock(World.start)
    let first = try await engine(folder, store, clock)
    try await first.schedules.create([try schedule("a", "Asia/Seoul")], .testing)
    #expect(try await first.zoneWatch.look() == 0)
    try folder.zone("Asia/Seoul", as: "Asia/Kolkata")
    let second = try await engine(folder, store, clock)
    #expect(second.zoneWatch.nextDue == clock.now())
    #expect(try await second.zoneWatch.lookDue() == 1)
    let row = try #require(try await rows(store).first)
    #expect(row.facts["schedules"] == 1)
    #expect(row.facts["moved"] == nil)
    #expect(second.scheduler.nextDue() == World.start.after(5 * 3_600 + 1_800))  // 09:00, now at UTC+5:30.
    #expect(try await second.zoneWatch.look() == 0)
  }

  @Test func `a release with nothing new in it says nothing`() async throws {
    let folder = try Folder()
    defer { do { try folder.remove() } catch { Issue.record(error) } }
    let store = try SQLiteStore(inMemory: try World.settings())
    let engine = try await engine(folder, store, VirtualClock(World.start))
    try await engine.schedules.create([try schedule("a", "Asia/Seoul")], .testing)
    #expect(try await engine.zoneWatch.look() == 0)
    try folder.release("2025b")
    #expect(try await engine.zoneWatch.look() == 0)
    #expect(try await rows(store).isEmpty)
    #expect(try await store.zonePrints()[""] == "2025b")
  }
}
