/// Tests joined by `&&` and `||`.
indirect enum Condition<Test: Sendable & Hashable>: Sendable, Hashable {
  case test(Test)
  case all([Condition])
  case any([Condition])

  /// All tests, in the order in which they were written.
  var tests: [Test] {
    switch self {
    case .test(let test): [test]
    case .all(let parts), .any(let parts): parts.flatMap(\.tests)
    }
  }

  /// Whether the whole holds, asking `check` for as few of the tests as decide it.
  func holds(_ check: (Test) -> Bool) -> Bool {
    switch self {
    case .test(let test): check(test)
    case .all(let parts): parts.allSatisfy { $0.holds(check) }
    case .any(let parts): parts.contains { $0.holds(check) }
    }
  }
}
