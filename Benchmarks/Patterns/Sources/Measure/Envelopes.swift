import Events
import Foundation
import Limits
import Matchers
import Patterns

/// Envelopes of 1 KB against up to 100,000 rules, and strings of 350 bytes against up to 1,000 wildcards.
enum Envelopes {
  private static let floors = [10: 2e6, 1_000: 1.2e6, 10_000: 0.8e6, 100_000: 0.4e6]
  private static let wildcardFloors = [100: 60e3]
  /// Source: what `gen_wild.py` prints.
  private static let wildcardTotals = [1: 517, 10: 6_388, 100: 53_973, 1_000: 508_662]

  static func rules(_ file: String) throws -> [String] {
    try Corpus.lines(of: file).map { String(decoding: $0, as: UTF8.self) }
  }

  /// That many rules of `gen_many.py`.
  static func many(_ count: Int, in folder: String) throws -> Workload {
    let text = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/expected_\(count).json")))
    return Workload(
      name: "\(count) rules", rules: try rules("\(folder)/rules_\(count).jsonl"),
      fields: LIMITS_ENVELOPE.rawValue | LIMITS_SYMBOLS.rawValue, floor: floors[count],
      total: try JSON(parsing: text)["total"]?.int)
  }

  /// That many wildcards of `gen_wild.py`.
  static func wildcards(_ count: Int, in folder: String) throws -> Workload {
    Workload(
      name: "\(count) wildcards", rules: try rules("\(folder)/rules_wild\(count).jsonl"),
      fields: LIMITS_COMMENT.rawValue, floor: wildcardFloors[count], total: wildcardTotals[count])
  }

  /// Writes `event:rule,rule` for each event, so that its hash can be held against the generator's.
  static func writeMatches(of workload: Workload, on corpus: Corpus, to file: String) throws {
    let matcher = try workload.matcher()
    let workspace = MatchWorkspace()
    var text = ""
    for (place, event) in corpus.events.enumerated() {
      matcher.match(event, in: workspace)
      text += "\(place):\(workspace.matched.sorted().map(String.init).joined(separator: ","))\n"
    }
    try Data(text.utf8).write(to: URL(filePath: file))
  }
}
