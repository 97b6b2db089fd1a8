import Testing

@Suite struct DifferentialTests {
  @Test func `the matcher says of a million pairs what each pattern says of itself`() async throws {
    let tally = try await DifferentialRounds.run(pairs: 1_000_000, lanes: 4)
    #expect(tally.pairs >= 1_000_000)
    #expect(tally.verdicts.matches > tally.pairs / 10)
    #expect(tally.verdicts.misses > tally.pairs / 10)
    #expect(tally.refused < tally.patterns / 8)
    for name in TrapOperator.allCases {
      let verdicts = tally.byOperator[name] ?? .init()
      #expect(verdicts.matches >= 100, "\(name) matched too seldom")
      #expect(verdicts.misses >= 100, "\(name) missed too seldom")
    }
  }
}
