import Events
import Patterns
import Testing

@testable import Operations

/// What lint says of patterns, held against what they match: patterns and events of a seed, few values, so that they meet.
@Suite struct ImplicationTests {
  private static let leaves: [JSON] = [
    "a", "ab", "b", "10.0.0.1", "", 1, 2, 1.5, .null, true, ["exactly": "a"], ["exactly": "10.0.0.1"], ["prefix": "a"],
    ["prefix": "ab"], ["prefix": "10."], ["prefix": ""], ["suffix": "b"], ["suffix": "1"], ["wildcard": "a*b"],
    ["wildcard": "*b*"], ["wildcard": "a*"], ["wildcard": "ab"], ["anything-but": "a"], ["anything-but": ["a", "b"]],
    ["anything-but": "10.0.0.1"], ["anything-but": [1, 2]], ["anything-but": ["prefix": "a"]],
    ["anything-but": ["prefix": ["ab", "1"]]], ["anything-but": ["suffix": "b"]], ["anything-but": ["wildcard": "a*b"]],
    ["anything-but": ["equals-ignore-case": "A"]], ["equals-ignore-case": "A"], ["prefix": ["equals-ignore-case": "A"]],
    ["numeric": [">", 1]], ["numeric": [">=", 1]], ["numeric": [">", 0, "<", 2]], ["numeric": [">=", 1, "<=", 2]],
    ["numeric": ["=", 1]], ["exists": true], ["exists": false], ["cidr": "10.0.0.0/24"], ["cidr": "10.0.0.0/8"],
  ]
  private static let values: [JSON] = [
    "a", "A", "ab", "aab", "b", "bb", "", "10.0.0.1", "010.0.0.1", "10.1.0.1", 1, 1.5, 2, 3, -1, true, .null, [], [:],
    ["a", "b"], ["b", 1], [["k": "a"], ["k": "b", "l": "a"]], ["k": "a"], ["k": "b", "l": 1], [["l": "b"], "a"],
  ]
  private static let names = ["k", "l", "p.k", "p.l"]

  private func pick<Value>(_ values: [Value], _ dice: inout SplitMix64) -> Value {
    values[Int(dice.next() % UInt64(values.count))]
  }

  private func fields(_ dice: inout SplitMix64) -> JSON {
    var json = JSON.object([])
    for _ in 0...(dice.next() % 2) {
      json.set(
        pick(ImplicationTests.names, &dice),
        .array((0...(dice.next() % 2)).map { _ in pick(ImplicationTests.leaves, &dice) }))
    }
    return json
  }

  private func pattern(_ dice: inout SplitMix64) -> JSON {
    dice.next() % 4 == 0 ? ["$or": [fields(&dice), fields(&dice)]] : fields(&dice)
  }

  private func event(_ dice: inout SplitMix64) -> JSON {
    var json = JSON.object([])
    for name in ["k", "l", "p"] where dice.next() % 4 > 0 { json.set(name, pick(ImplicationTests.values, &dice)) }
    return json
  }

  @Test func `a member that implies another passes nothing that the other does not`() throws {
    let all = try ImplicationTests.leaves.map { try #require(PatternShape.Leaf($0)) }
    let scalars = ImplicationTests.values.filter { $0.members == nil && $0.elements == nil }
    var proven = 0
    for left in all {
      for right in all where left.implies(right) {
        proven += 1
        for value in scalars where left.passes(value) {
          #expect(right.passes(value), "\(left.json.text) implies \(right.json.text), and \(value.text)")
        }
      }
    }
    // What implies itself is no news.
    #expect(proven > all.count * 3)
  }

  @Test func `a pattern that lies within another matches nothing that the other does not`() throws {
    var proven = 0
    for seed in 0..<8_000 as Range<UInt64> {
      var dice = SplitMix64(seed: seed)
      let (left, right) = (pattern(&dice), pattern(&dice))
      guard let own = PatternShape(left), let other = PatternShape(right), own.lies(within: other) else { continue }
      proven += 1
      for _ in 0..<60 {
        let event = event(&dice)
        guard own.compiled.matches(event) else { continue }
        #expect(
          other.compiled.matches(event), "seed \(seed): \(left.text) lies within \(right.text), and \(event.text)")
      }
    }
    #expect(proven > 100)
  }

  @Test func `a pattern is expanded as the compiler expands it`() throws {
    for seed in 0..<2_000 as Range<UInt64> {
      var dice = SplitMix64(seed: seed)
      let pattern = pattern(&dice)
      let shape = try #require(PatternShape(pattern))
      let parts = shape.alternatives.map { alternative in
        JSON.object(alternative.values.map { .init($0.name, .array($0.leaves.map(\.json))) })
      }
      let compiled = try parts.map { try EventPattern($0.text) }
      for _ in 0..<20 {
        let event = event(&dice)
        #expect(
          shape.compiled.matches(event) == compiled.contains { $0.matches(event) },
          "seed \(seed): \(pattern.text) and \(event.text)")
      }
    }
  }

  @Test func `what lint would leave out or write shorter matches the same`() throws {
    for seed in 0..<4_000 as Range<UInt64> {
      var dice = SplitMix64(seed: seed)
      let leaves = (0...2).map { _ in pick(ImplicationTests.leaves, &dice) }
      let shape = try #require(PatternShape(["k": .array(leaves)]))
      let lint = Lint(rules: [], alarms: [], at: Room.start)
      let sentences = lint.costs(["k": .array(leaves)], shape)
      let rest = leaves.filter { leaf in !sentences.contains { $0.hasPrefix("at k, \(leaf.text) lies within") } }
      let isOpen = sentences.contains { $0.hasSuffix("write [{\"exists\":true}]") }
      let shorter = try EventPattern(JSON.object([.init("k", isOpen ? [["exists": true]] : .array(rest))]).text)
      let passesAll = sentences.contains { $0.hasPrefix("every event passes") }
      for value in ImplicationTests.values {
        let event: JSON = ["k": value]
        let wanted = shape.compiled.matches(event)
        #expect((passesAll || shorter.matches(event)) == wanted, "seed \(seed): \(sentences) and \(event.text)")
      }
    }
  }
}
