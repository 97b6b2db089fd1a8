import Events
import Patterns
import Testing

@Suite struct AdviceTests {
  /// A pattern, an event, and what is advised for each failing leaf.
  struct Row: Sendable, CustomTestStringConvertible {
    let id: String
    let pattern: String
    let event: JSON
    let leaves: [JSON]

    var testDescription: String { id }
  }

  static func rows() throws -> [Row] {
    try PatternVectors.rows("pattern-advice").map { row in
      Row(
        id: try #require(row["id"]?.string), pattern: try #require(row["pattern"]?.string),
        event: try #require(row["event"]), leaves: try #require(row["leaves"]?.elements))
    }
  }

  @Test(arguments: try rows())
  func `a failing leaf is told what would mend it, in the event and in the pattern`(_ row: Row) throws {
    let advice = try EventPattern(row.pattern).advise(row.event)
    let leaves = advice.leaves.map { leaf -> JSON in
      [
        "path": .string(leaf.failure.path), "hints": JSON(leaf.hints.map { "\($0.code.rawValue): \($0.sentence)" }),
        "event": leaf.eventChange.map { .string($0.sentence) } ?? .null,
        "pattern": leaf.patternChange.map { .string($0.sentence) } ?? .null,
      ]
    }
    #expect(!advice.matched)
    #expect(leaves.map(\.text) == row.leaves.map(\.text))
  }

  /// What is advised is tried through nothing but `matches`, for the tables of the language as well.
  @Test func `every change that is advised makes its leaf match`() throws {
    var counts = (leaves: 0, events: 0, patterns: 0)
    let table = try PatternVectors.verdicts().filter { $0.verdict == "nomatch" }.map { ($0.pattern, $0.event) }
    for (text, event) in try table + Self.rows().map({ ($0.pattern, $0.event) }) {
      guard let event, event.members != nil else { continue }
      for leaf in try EventPattern(text).advise(event).leaves {
        counts.leaves += 1
        if let change = leaf.eventChange {
          counts.events += 1
          #expect(try Self.matches(leaf.failure.path, leaf.failure.wanted, change.event), "\(text) \(event.text)")
        }
        if let change = leaf.patternChange {
          counts.patterns += 1
          #expect(try Self.matches(change.path, change.wanted, event), "\(text) \(event.text)")
        } else {
          // Where values must lie together, a leaf may depend on a second one, which no change of the one mends.
          #expect(event.text.contains("["), "\(text) \(event.text)")
        }
      }
    }
    #expect(counts.leaves >= 200)
    #expect(counts.events == counts.leaves)
    #expect(counts.patterns >= counts.leaves - 3)
  }

  private static func matches(_ path: String, _ list: String, _ event: JSON) throws -> Bool {
    try EventPattern("{\(JSON.string(path).text):\(list)}").matches(event)
  }

  @Test func `an event that matches needs no advice`() throws {
    let advice = try EventPattern(#"{"a":[1]}"#).advise(["a": 1])
    #expect(advice.matched)
    #expect(advice.leaves.isEmpty)
  }

  @Test func `advice is looked for within bounds, whatever the event is like`() throws {
    let deep = (0..<990).reduce(JSON.string("x")) { inner, _ in ["a": inner] }
    let long = String(repeating: "é*", count: 100_000)
    let events: [JSON] = [
      ["items": .array((0..<10_000).map { ["kind": JSON($0), "state": .string("open")] })],
      ["items": ["kind": .string(long), "state": .string(long)]], ["items": deep],
      .object((0..<10_000).map { .init("items\($0)", JSON($0)) }),
    ]
    let pattern = try EventPattern(#"{"items":{"kind":[-1],"state":["done",{"wildcard":"*a*b*"}]}}"#)
    for event in events {
      let leaves = pattern.advise(event).leaves
      #expect(leaves.count == 2)
      for leaf in leaves where leaf.eventChange != nil {
        #expect(try Self.matches(leaf.failure.path, leaf.failure.wanted, leaf.eventChange?.event ?? .null))
      }
    }
    #expect(pattern.advise([]).leaves.allSatisfy { $0.eventChange == nil && $0.patternChange == nil })
  }
}
