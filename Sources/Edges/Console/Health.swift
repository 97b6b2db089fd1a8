import Engine
import Events
import Telemetry

/// One sentence on whether all is well, drawn from the engine's status and nothing else.
struct Health: Sendable, Hashable {
  enum Level: String, Sendable {
    case healthy, attention, failing
  }

  /// How long a decision that stopped something counts as trouble.
  static let troubleWindow = Span.hours(24)

  let level: Level
  let sentence: String

  init(status: JSON) {
    let failed = Health.tablesEnding(.failed, in: status)
    let partly = Health.tablesEnding(.partlyFailed, in: status)
    let stopped = Health.stopped(in: status)
    let letters = Health.deadLetters(in: status)
    var troubles: [String] = []
    if !failed.isEmpty { troubles.append("the last run of \(failed.joined(separator: ", ")) failed") }
    if !partly.isEmpty { troubles.append("the last run of \(partly.joined(separator: ", ")) failed in part") }
    if letters > 0 { troubles.append("\(counted(letters, "dead letter")) to look at") }
    for (decision, count) in stopped {
      troubles.append("\(counted(count, "cause")) ended as \(spoken(decision)) in the last 24 h")
    }
    let next = Health.nextFire(in: status)
    if next == nil { troubles.append("nothing will fire by itself") }
    level = !failed.isEmpty ? .failing : troubles.isEmpty ? .healthy : .attention
    if troubles.isEmpty { troubles.append("no failed run and no dead letter") }
    let text = (troubles + [next].compactMap(\.self)).joined(separator: "; ")
    sentence = text.prefix(1).uppercased() + text.dropFirst() + "."
  }

  /// Tables whose latest finished run, among those shown, ended so.
  private static func tablesEnding(_ status: Run.Status, in json: JSON) -> [String] {
    var seen: Set<String> = []
    var found: [String] = []
    for run in json["runs"]?.elements ?? [] {
      let word = run.word("status")
      let table = "\(run.word("domain")).\(run.word("table_name"))"
      if word != Run.Status.running.rawValue, seen.insert(table).inserted, word == status.rawValue {
        found.append(table)
      }
    }
    return found
  }

  /// Decisions that say the machinery stood in the way, not the caller; each with its count, in the vocabulary's order.
  private static func stopped(in json: JSON) -> [(decision: String, count: Int)] {
    guard let now = json.moment("now") else { return [] }
    let recent = (json["decisions"]?.elements ?? []).filter { entry in
      entry.moment("at").map { now - $0 <= troubleWindow } ?? false
    }
    return Decision.allCases.compactMap { decision in
      guard Tone(decision: decision.rawValue) == .bad else { return nil }
      let count = recent.filter { $0.word("decision") == decision.rawValue }.count
      return count == 0 ? nil : (decision.rawValue, count)
    }
  }

  private static func deadLetters(in json: JSON) -> Int {
    (json["queues"]?.elements ?? []).filter { isDeadLetterQueue($0.word("queue")) }
      .reduce(0) { $0 + $1.count("visible") + $1.count("in_flight") + $1.count("delayed") }
  }

  /// Whether the name is one that D28 gives to a queue of dead letters.
  static func isDeadLetterQueue(_ name: String) -> Bool {
    name.hasSuffix("-dlq")
  }

  private static func nextFire(in json: JSON) -> String? {
    guard let now = json.moment("now"), let fire = Fire.all(in: json).first else { return nil }
    return "\(fire.rule) fires \(WallTexts.relative(fire.at, to: now))"
  }
}
