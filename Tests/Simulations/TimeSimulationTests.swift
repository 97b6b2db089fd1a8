import Engine
import Events
import Foundation
import SQLiteStore
import Schedules
import Simulation
import Synchronization
import SystemPorts
import Testing

/// Zones that are read from the machine once.
private final class KeptZones: Zones {
  private let files = ZoneFiles()
  private let kept = Mutex<[String: ZoneRules]>([:])

  func zone(_ name: String) throws(ZoneError) -> ZoneRules {
    if let known = kept.withLock({ $0[name] }) { return known }
    let rules = try files.zone(name)
    kept.withLock { $0[name] = rules }
    return rules
  }

  var release: String? { files.release }
}

/// Rules and schedules in worlds whose clocks step and whose processes die, each world a seed.
@Suite struct TimeSimulationTests {
  /// `TIME_LIVES=10000` lives more of them than fit into a quick run of the tests.
  static let lives = UInt64(ProcessInfo.processInfo.environment["TIME_LIVES"] ?? "") ?? 1_000
  static let lanes: UInt64 = 2
  private static let zones = KeptZones()

  private struct Tally {
    var findings: [String] = []
    var crashes = 0
    var inTime = 0
    var late = 0

    static func + (left: Tally, right: Tally) -> Tally {
      Tally(
        findings: left.findings + right.findings, crashes: left.crashes + right.crashes,
        inTime: left.inTime + right.inTime, late: left.late + right.late)
    }
  }

  private static func live(
    _ seed: UInt64, on store: any ScheduleStore & SlotJournal & RuleStore = MemorySchedules(),
    planted: PlantedTimeFault? = nil
  ) async throws -> Tally {
    let world = TimeWorld(seed: seed, store: store, zones: zones, planted: planted)
    let findings = try await world.live()
    return Tally(
      findings: findings.map { "seed \(seed): \($0)" }, crashes: world.crashes, inTime: world.fires.inTime,
      late: world.fires.late)
  }

  @Test
  func `through kills, clock steps, clock changes and edits no slot is lost, early, doubled or decided otherwise`()
    async throws
  {
    let tally = try await withThrowingTaskGroup(of: Tally.self) { group in
      for lane in 0..<TimeSimulationTests.lanes {
        group.addTask {
          var tally = Tally()
          for seed in stride(from: lane, to: TimeSimulationTests.lives, by: Int(TimeSimulationTests.lanes)) {
            tally = tally + (try await TimeSimulationTests.live(seed))
          }
          return tally
        }
      }
      return try await group.reduce(Tally()) { $0 + $1 }
    }
    #expect(tally.findings.isEmpty, "\(tally.findings.prefix(20).joined(separator: "\n"))")
    let lives = Int(TimeSimulationTests.lives)
    #expect(tally.crashes > lives / 2, "the lives are too peaceful to prove anything: \(tally.crashes) crashes")
    #expect(tally.inTime > lives * 5 && tally.late > lives * 3, "\(tally.inTime) fires in time, \(tally.late) late")
  }

  @Test func `the database lives the same lives as the memory that most of them are lived in`() async throws {
    let settings = try simulatedSettings()
    for seed in UInt64(0)..<40 {
      let inMemory = try await TimeSimulationTests.live(seed)
      let stored = try await TimeSimulationTests.live(seed, on: try SQLiteStore(inMemory: settings))
      #expect(stored.findings.isEmpty, "\(stored.findings.prefix(5).joined(separator: "\n"))")
      #expect(
        (stored.crashes, stored.inTime, stored.late) == (inMemory.crashes, inMemory.inTime, inMemory.late),
        "seed \(seed)")
    }
  }

  @Test(arguments: PlantedTimeFault.allCases)
  func `a fault of time that is planted is noticed`(_ fault: PlantedTimeFault) async throws {
    for seed in UInt64(0)..<60
    where try await !TimeSimulationTests.live(seed, planted: fault).findings.isEmpty { return }
    Issue.record("60 lives with the fault \(fault.rawValue) look healthy")
  }

  @Test func `a seed lives the same life of rules and schedules twice`() async throws {
    for seed in UInt64(0)..<5 {
      let first = try await TimeSimulationTests.live(seed)
      let second = try await TimeSimulationTests.live(seed)
      #expect(
        first.crashes == second.crashes && first.late == second.late && first.inTime == second.inTime, "seed \(seed)")
    }
  }
}
