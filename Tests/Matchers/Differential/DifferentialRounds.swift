import Matchers

/// Many rounds, on several cores at once.
enum DifferentialRounds {
  private static let progressPairs = 1_000_000

  /// Compares that many pairs at least; each lane goes through seeds of its own until it has its share.
  ///
  /// - Parameter progress: told every million pairs: the lane, and the pairs it has compared.
  static func run(
    pairs: Int, lanes: Int, from seed: UInt64 = 0, progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) async throws -> DifferentialTally {
    try await withThrowingTaskGroup(of: DifferentialTally.self) { group in
      let share = (pairs + lanes - 1) / lanes
      for lane in 0..<lanes {
        group.addTask {
          let workspace = MatchWorkspace()
          var tally = DifferentialTally()
          var next = seed &+ UInt64(lane)
          while tally.pairs < share {
            try Task.checkCancellation()
            let before = tally.pairs
            tally.add(try DifferentialRound.run(seed: next, in: workspace))
            next &+= UInt64(lanes)
            if tally.pairs / progressPairs > before / progressPairs { progress(lane, tally.pairs) }
          }
          return tally
        }
      }
      return try await group.reduce(into: DifferentialTally()) { $0.add($1) }
    }
  }
}
