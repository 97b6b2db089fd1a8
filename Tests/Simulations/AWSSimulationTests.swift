import Testing

/// The functions on a model of AWS that goes wrong in every way it may (D9–D13).
@Suite struct AWSSimulationTests {
  static let lanes: UInt64 = 2

  @Test func `in 100 lives on AWS no cause is lost, none runs twice, and each has one decision`() async throws {
    let (findings, kills) = try await withThrowingTaskGroup(of: ([String], Int).self) { group in
      for lane in 0..<AWSSimulationTests.lanes {
        group.addTask {
          var (findings, kills): ([String], Int) = ([], 0)
          for seed in stride(from: lane, to: 100, by: Int(AWSSimulationTests.lanes)) {
            let life = try await AWSWorld(seed: seed).live()
            findings += life.findings
            kills += life.kills
          }
          return (findings, kills)
        }
      }
      return try await group.reduce(into: ([String](), 0)) { sum, lane in
        sum.0 += lane.0
        sum.1 += lane.1
      }
    }
    #expect(findings.isEmpty, "\(findings.prefix(20).joined(separator: "\n"))")
    #expect(kills > 250, "the lives are too peaceful to prove anything: \(kills) functions were killed")
  }

  @Test(arguments: AWSWorld.Planted.allCases)
  func `a fault planted in the store on AWS is noticed`(_ fault: AWSWorld.Planted) async throws {
    for seed in UInt64(0)..<60 where try await !AWSWorld(seed: seed, planted: fault).live().findings.isEmpty { return }
    Issue.record("60 lives with the fault \(fault.rawValue) look healthy")
  }

  @Test func `a seed lives the same life on AWS twice`() async throws {
    for seed in UInt64(0)..<5 {
      let (first, second) = (try await AWSWorld(seed: seed).live(), try await AWSWorld(seed: seed).live())
      #expect(first.kills == second.kills && first.findings == second.findings, "seed \(seed)")
    }
  }
}
