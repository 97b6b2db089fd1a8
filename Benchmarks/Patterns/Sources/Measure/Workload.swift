import Events
import Limits
import Matchers
import Patterns

/// Rules that are matched against a corpus, what must come of it, and how fast it is to be.
struct Workload {
  /// Processor time that one run lasts at least; short passes are repeated.
  private static let runNanosecondsMin = 1e8

  let name: String
  let rules: [String]
  /// What simdjson reads out of each event.
  let fields: UInt32
  /// Events per second that are to be reached; nil for what has no floor.
  let floor: Double?
  /// Matches of each rule over the whole corpus; nil if only their sum is known.
  var counts: [Int]?
  var total: Int?

  func matcher() throws(PatternError) -> PatternMatcher {
    var matcher = PatternMatcher()
    for rule in rules { matcher.add(try EventPattern(rule)) }
    return matcher
  }

  /// - Parameter isWhole: whether this is all of the corpus, so that matches can be held against what is known.
  func measure(on corpus: Corpus, runs: Int, isWhole: Bool) throws -> Row {
    let matcher = try matcher()
    let workspace = MatchWorkspace()
    var counts = Array(repeating: 0, count: rules.count)
    let start = processorTime()
    for event in corpus.events {
      matcher.match(event, in: workspace)
      for number in workspace.matched { counts[Int(number)] += 1 }
    }
    let passes = max(1, Int(Workload.runNanosecondsMin / (processorTime() - start)))
    let values = corpus.read(fields)
    let total = counts.reduce(0, +)
    if isWhole {
      guard self.counts == nil || self.counts == counts, self.total == nil || self.total == total else {
        throw MeasureError("\(name): \(counts) matches, \(self.counts ?? [self.total ?? 0]) are right")
      }
    }
    var engine = Samples()
    var simdjson = Samples()
    var sum = Samples()
    for _ in 0..<runs {
      engine.measure(per: corpus.events.count * passes) {
        for _ in 0..<passes {
          for event in corpus.events {
            matcher.match(event, in: workspace)
            Sink.folded &+= UInt64(workspace.matched.count)
          }
        }
      }
      simdjson.measure(per: corpus.events.count) { corpus.read(fields) }
      sum.measure(per: corpus.events.count) { corpus.sum() }
    }
    return row(corpus, engine, simdjson, sum, [("matches", total), ("values", values)], isAsserted: isWhole)
  }

  private func row(
    _ corpus: Corpus, _ engine: Samples, _ simdjson: Samples, _ sum: Samples, _ numbers: [(String, Int)],
    isAsserted: Bool
  ) -> Row {
    var row = Row("match", name)
    row.set("rules", JSON(rules.count))
    row.set("events", JSON(corpus.events.count))
    row.set("event_bytes", Double(corpus.bytes) / Double(corpus.events.count), digits: 0)
    for (key, number) in numbers { row.set(key, JSON(number)) }
    row.set("asserted", .bool(isAsserted && (counts != nil || total != nil)))
    row.set("engine", engine)
    row.set("simdjson", simdjson)
    row.set("sum", sum)
    row.set("events_per_second", 1e9 / engine.median, digits: 0)
    row.set("to_simdjson", simdjson.median / engine.median, digits: 3)
    row.set("to_sum", sum.median / engine.median, digits: 3)
    if let floor {
      row.set("floor", JSON(Int(floor)))
      row.set("met", .bool(1e9 / engine.median >= floor))
    }
    return row
  }
}

/// Why there is nothing to measure, or nothing worth it.
struct MeasureError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
