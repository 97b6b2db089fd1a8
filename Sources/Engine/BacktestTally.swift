import Events
import Patterns

/// What a pattern would have done with some recorded events; tallies of one stretch after another add up.
public struct BacktestTally: Sendable, Hashable {
  /// Days and sources that are counted apart; what is beyond counts under `BacktestTally.rest`.
  public static let partsMax = 1_000
  public static let rest = "(others)"

  public private(set) var lookedAt = 0
  public private(set) var matched = 0
  /// Events of schedules that fit: each goes to its own rule and past no pattern, so they count nowhere else.
  public private(set) var scheduled = 0
  /// What today's rule matches; 0 where nothing is compared.
  public private(set) var today = 0
  /// What only the candidate matches, and what only today's rule does.
  public private(set) var gained = 0
  public private(set) var lost = 0
  /// Matches by day in UTC, `2025-09-09`, and by source.
  public private(set) var days: [String: Int] = [:]
  public private(set) var sources: [String: Int] = [:]
  /// The first of each, in the order in which they came.
  public private(set) var first: [JSON] = []
  public private(set) var gainedFirst: [JSON] = []
  public private(set) var lostFirst: [JSON] = []
  private let samplesMax: Int

  /// - Parameter samplesMax: events of each list that are kept.
  public init(samplesMax: Int) {
    self.samplesMax = samplesMax
  }

  /// Whether another event that was gained or lost would be kept, so that it is worth telling why.
  func wantsSample(gained: Bool) -> Bool { (gained ? gainedFirst : lostFirst).count < samplesMax }

  mutating func look() { lookedAt += 1 }

  mutating func countScheduled() { scheduled += 1 }

  mutating func countToday() { today += 1 }

  mutating func match(_ event: @autoclosure () -> JSON, source: String, day: String) {
    matched += 1
    BacktestTally.count(day, 1, in: &days)
    BacktestTally.count(source, 1, in: &sources)
    if first.count < samplesMax { first.append(event()) }
  }

  mutating func gain(_ event: JSON?) {
    gained += 1
    if let event, gainedFirst.count < samplesMax { gainedFirst.append(event) }
  }

  mutating func lose(_ event: JSON?) {
    lost += 1
    if let event, lostFirst.count < samplesMax { lostFirst.append(event) }
  }

  /// Adds what came of the stretch behind.
  public mutating func add(_ next: BacktestTally) {
    lookedAt += next.lookedAt
    matched += next.matched
    scheduled += next.scheduled
    today += next.today
    gained += next.gained
    lost += next.lost
    for (day, count) in next.days { BacktestTally.count(day, count, in: &days) }
    for (source, count) in next.sources { BacktestTally.count(source, count, in: &sources) }
    first += next.first.prefix(samplesMax - first.count)
    gainedFirst += next.gainedFirst.prefix(samplesMax - gainedFirst.count)
    lostFirst += next.lostFirst.prefix(samplesMax - lostFirst.count)
  }

  private static func count(_ name: String, _ count: Int, in parts: inout [String: Int]) {
    let isKnown = parts[name] != nil || parts.count < partsMax
    parts[isKnown ? name : rest, default: 0] += count
  }
}

extension BacktestTally {
  /// Days in their order, sources with the most matches first.
  public var json: JSON {
    let sources = sources.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    return [
      "looked_at": JSON(lookedAt), "matched": JSON(matched), "scheduled": JSON(scheduled), "today": JSON(today),
      "gained": JSON(gained), "lost": JSON(lost),
      "by_day": .array(days.sorted { $0.key < $1.key }.map { ["day": .string($0.key), "matched": JSON($0.value)] }),
      "by_source": .array(sources.map { ["source": .string($0.key), "matched": JSON($0.value)] }),
      "first": .array(first), "gained_first": .array(gainedFirst), "lost_first": .array(lostFirst),
    ]
  }

  /// Reads what `json` writes; absent members count as nothing.
  public init(json: JSON, samplesMax: Int) {
    self.init(samplesMax: samplesMax)
    func count(_ key: String) -> Int { json[key]?.int ?? 0 }
    func parts(_ list: String, _ key: String) -> [String: Int] {
      let pairs = (json[list]?.elements ?? []).map { ($0[key]?.string ?? "", $0["matched"]?.int ?? 0) }
      return Dictionary(pairs, uniquingKeysWith: +)
    }
    lookedAt = count("looked_at")
    matched = count("matched")
    scheduled = count("scheduled")
    today = count("today")
    gained = count("gained")
    lost = count("lost")
    days = parts("by_day", "day")
    sources = parts("by_source", "source")
    first = json["first"]?.elements ?? []
    gainedFirst = json["gained_first"]?.elements ?? []
    lostFirst = json["lost_first"]?.elements ?? []
  }
}
