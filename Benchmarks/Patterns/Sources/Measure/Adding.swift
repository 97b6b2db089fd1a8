import Events
import Foundation
import Glibc
import Limits
import Matchers
import Patterns

/// What it takes to make a matcher of many rules, to keep it, and to add one more.
enum Adding {
  private static let secondsMax = 1.0
  private static let bytesMax = 50_000_000
  private static let addsPerRun = 10

  /// From the texts of all rules to a matcher that is ready, and the memory it holds once the texts are gone.
  static func all(file: String, runs: Int) throws -> Row {
    let before = limits_heap()
    let residentBefore = residentBytes()
    let matcher = try build(try Envelopes.rules(file))
    let heap = limits_heap() - before
    let resident = residentBytes() - residentBefore
    var parsing = Samples()
    var ready = Samples()
    let rules = try Envelopes.rules(file)
    for _ in 0..<runs {
      try parsing.measure(per: rules.count) {
        for rule in rules { Sink.folded &+= UInt64(try EventPattern(rule).text.utf8.count) }
      }
      try ready.measure(per: rules.count) {
        Sink.folded &+= UInt64(try build(rules).matches(EventText(["a": 1])).count)
      }
    }
    Sink.folded &+= UInt64(matcher.matches(EventText(["a": 1])).count)
    var row = Row("add", "adding \(rules.count) rules")
    row.set("rules", JSON(rules.count))
    row.set("ready", ready)
    row.set("parsing", parsing)
    let seconds = ready.median * Double(rules.count) / 1e9
    row.set("seconds", seconds, digits: 3)
    row.set("seconds_max", secondsMax)
    row.set("seconds_met", .bool(seconds <= secondsMax))
    row.set("heap_bytes", JSON(Int(heap)))
    row.set("resident_bytes", JSON(resident))
    row.set("bytes_max", JSON(bytesMax))
    row.set("bytes_met", .bool(heap <= bytesMax))
    return row
  }

  /// One rule more in a copy, as when a snapshot that others read is replaced by the next; and one rule less.
  static func one(file: String, runs: Int) throws -> Row {
    let rules = try Envelopes.rules(file)
    let matcher = try build(rules)
    let pattern = try EventPattern(#"{"source":["one.more"],"detail":{"symbols":["AAPL"]}}"#)
    var adding = Samples()
    var removing = Samples()
    for run in 0..<runs {
      adding.measure(per: addsPerRun) {
        for _ in 0..<addsPerRun {
          var next = matcher
          Sink.folded &+= UInt64(next.add(pattern))
        }
      }
      removing.measure(per: addsPerRun) {
        for turn in 0..<addsPerRun {
          var next = matcher
          next.remove((run * addsPerRun + turn) * 7 % rules.count)
        }
      }
    }
    var row = Row("swap", "adding one rule to a copy of \(rules.count)")
    row.set("adding", adding)
    row.set("removing", removing)
    return row
  }

  private static func build(_ rules: [String]) throws(PatternError) -> PatternMatcher {
    var matcher = PatternMatcher()
    for rule in rules { matcher.add(try EventPattern(rule)) }
    return matcher
  }

  private static func residentBytes() -> Int {
    let fields = FileManager.default.contents(atPath: "/proc/self/statm")
      .map { String(decoding: $0, as: UTF8.self).split(separator: " ") }
    return (fields.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}

/// What it takes to check events once, when they come in.
enum Checking {
  static func row(_ name: String, _ corpus: Corpus, runs: Int) throws -> Row {
    let texts = corpus.events.map(\.bytes)
    var samples = Samples()
    var sum = Samples()
    for _ in 0...runs {
      try samples.measure(per: texts.count) {
        for text in texts { Sink.folded &+= UInt64(try EventText(text).bytes.count) }
      }
      sum.measure(per: texts.count) { corpus.sum() }
    }
    var row = Row("check", name)
    row.set("events", JSON(texts.count))
    row.set("event_bytes", Double(corpus.bytes) / Double(texts.count), digits: 0)
    row.set("check", samples)
    row.set("sum", sum)
    row.set("gigabytes_per_second", Double(corpus.bytes) / Double(texts.count) / samples.median)
    row.set("to_sum", sum.median / samples.median, digits: 3)
    return row
  }
}
