import Foundation

/// Compares the matcher with the patterns' own verdicts on as many pairs as it is told, on every core.
///
/// `Compare PAIRS [SEED]`; progress on standard error, a JSON line at the end. At a difference it prints a row for
/// `Tests/Vectors/patterns.json` and fails.
@main
struct Compare {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst().map { UInt64($0.replacing("_", with: "")) }
    guard (1...2).contains(arguments.count), let pairs = arguments[0],
      let seed = arguments.count == 2 ? arguments[1] : 0
    else {
      complain("usage: Compare PAIRS [SEED]")
      exit(64)
    }
    let lanes = ProcessInfo.processInfo.activeProcessorCount
    do {
      report(
        try await DifferentialRounds.run(pairs: Int(pairs), lanes: lanes, from: seed) { lane, done in
          complain("lane \(lane): \(done) of \(Int(pairs) / lanes) pairs")
        })
    } catch let difference as Difference {
      print(difference)
      exit(1)
    }
  }

  private static func report(_ tally: DifferentialTally) {
    let operators = tally.byOperator.sorted { $0.key.rawValue < $1.key.rawValue }
      .map { "\"\($0.key.rawValue)\":[\($0.value.matches),\($0.value.misses)]" }
    print(
      "{\"pairs\":\(tally.pairs),\"matches\":\(tally.verdicts.matches),\"misses\":\(tally.verdicts.misses),"
        + "\"patterns\":\(tally.patterns),\"refused\":\(tally.refused),\"operators\":{\(operators.joined(separator: ","))}}"
    )
  }

  private static func complain(_ words: String) {
    FileHandle.standardError.write(Data((words + "\n").utf8))
  }
}
