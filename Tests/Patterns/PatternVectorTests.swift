import Events
import Foundation
import Matchers
import Patterns
import Testing

/// The tables of this module: one row a pattern and, unless it is refused, an event.
enum PatternVectors {
  struct Verdict: Sendable, CustomTestStringConvertible {
    let id: String
    let pattern: String
    let event: JSON?
    let verdict: String
    let message: String?

    var testDescription: String { id }
  }

  struct Explained: Sendable, CustomTestStringConvertible {
    struct Failure: Sendable, Equatable {
      let path: String
      let wanted: String
      let had: String?
    }

    let id: String
    let pattern: String
    let event: JSON
    let isMatched: Bool
    let isNearMiss: Bool
    let failures: [Failure]

    var testDescription: String { id }
  }

  private static func text(_ name: String) throws -> String {
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/\(name).json")
    return try String(contentsOf: url, encoding: .utf8)
  }

  static func rows(_ name: String) throws -> [JSON] {
    let rows = try #require(try JSON(parsing: try text(name)).elements)
    for row in rows { _ = try #require(row["source"]?.string, "each row names its source") }
    return rows
  }

  static func verdicts() throws -> [Verdict] {
    try rows("patterns").map { row in
      Verdict(
        id: try #require(row["id"]?.string), pattern: try #require(row["pattern"]?.string), event: row["event"],
        verdict: try #require(row["verdict"]?.string), message: row["message"]?.string)
    }
  }

  /// The events as they are spelt in the file, escapes and all, by the names of their rows.
  static func spelledEvents() throws -> [String: String] {
    var events: [String: String] = [:]
    for line in try text("patterns").components(separatedBy: "\n") {
      guard let start = line.range(of: ",\"event\":"), let end = line.range(of: ",\"verdict\":", options: .backwards)
      else { continue }
      let id = try #require(try JSON(parsing: line.hasSuffix(",") ? String(line.dropLast()) : line)["id"]?.string)
      events[id] = String(line[start.upperBound..<end.lowerBound])
    }
    return events
  }

  static func explained() throws -> [Explained] {
    try rows("patterns-explained").map { row in
      let failures = try #require(row["failures"]?.elements).map { failure in
        Explained.Failure(
          path: try #require(failure["path"]?.string), wanted: try #require(failure["wanted"]?.string),
          had: failure["had"]?.string)
      }
      return Explained(
        id: try #require(row["id"]?.string), pattern: try #require(row["pattern"]?.string),
        event: try #require(row["event"]), isMatched: try #require(row["matched"]?.bool as Bool?),
        isNearMiss: try #require(row["nearMiss"]?.bool as Bool?), failures: failures)
    }
  }
}

@Suite struct PatternVectorTests {
  @Test func `every row has a name of its own and a verdict that is known`() throws {
    let rows = try PatternVectors.verdicts()
    #expect(Set(rows.map(\.id)).count == rows.count)
    #expect(rows.count >= 250)
    #expect(Set(rows.map(\.verdict)) == ["match", "nomatch", "invalid"])
  }

  @Test(arguments: try PatternVectors.verdicts().filter { $0.verdict != "invalid" })
  func `a sound pattern matches what EventBridge matches`(_ row: PatternVectors.Verdict) throws {
    let pattern = try EventPattern(row.pattern)
    let event = try #require(row.event)
    #expect(pattern.matches(event) == (row.verdict == "match"))
    #expect(pattern.explain(event).matched == (row.verdict == "match"))
  }

  @Test func `a matcher of all sound patterns gives each row its verdict`() throws {
    let rows = try PatternVectors.verdicts().filter { $0.verdict != "invalid" && $0.event?.members != nil }
    var matcher = PatternMatcher()
    let numbers = try rows.map { matcher.add(try EventPattern($0.pattern)) }
    let workspace = MatchWorkspace()
    let events = try PatternVectors.spelledEvents()
    for (row, number) in zip(rows, numbers) {
      let event = try EventText(Array(try #require(events[row.id]).utf8))
      let isMatched = matcher.matches(event).contains(number)
      #expect(isMatched == (row.verdict == "match"), "\(row.id)")
      matcher.match(event, in: workspace)
      #expect(workspace.matched.contains(UInt32(number)) == isMatched, "\(row.id)")
    }
  }

  /// A matcher of few patterns stops reading where none of them can match any more.
  @Test func `a matcher of one sound pattern gives its row the same verdict`() throws {
    let rows = try PatternVectors.verdicts().filter { $0.verdict != "invalid" && $0.event?.members != nil }
    let workspace = MatchWorkspace()
    let events = try PatternVectors.spelledEvents()
    for row in rows {
      var matcher = PatternMatcher()
      matcher.add(try EventPattern(row.pattern))
      matcher.match(try EventText(Array(try #require(events[row.id]).utf8)), in: workspace)
      #expect(workspace.matched.count == (row.verdict == "match" ? 1 : 0), "\(row.id)")
    }
  }

  @Test(arguments: try PatternVectors.verdicts().filter { $0.verdict == "invalid" })
  func `an unsound pattern is refused in the words of EventBridge`(_ row: PatternVectors.Verdict) throws {
    let error = #expect(throws: PatternError.self) { try EventPattern(row.pattern) }
    #expect(error?.message == row.message)
  }

  @Test(arguments: try PatternVectors.explained())
  func `an explanation names the failing leaves of the closest alternative`(_ row: PatternVectors.Explained) throws {
    let explanation = try EventPattern(row.pattern).explain(row.event)
    let failures = explanation.failures.map {
      PatternVectors.Explained.Failure(path: $0.path, wanted: $0.wanted, had: $0.had)
    }
    #expect(failures == row.failures)
    #expect(explanation.matched == row.isMatched)
    #expect(explanation.isNearMiss == row.isNearMiss)
    guard row.event.members != nil else { return }
    var matcher = PatternMatcher()
    matcher.add(try EventPattern(row.pattern))
    let near = matcher.nearMisses(EventText(row.event), in: MatchWorkspace(), max: 1)
    #expect(near.close + near.others == (row.isNearMiss ? [0] : []))
  }
}
