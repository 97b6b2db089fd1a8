import Events
import Testing

@testable import Patterns

/// The rule of array consistency against its plainest form: try every choice of values.
@Suite struct ArrayConsistencyTests {
  @Test func `the walk agrees with trying every choice of values`() throws {
    var matches = 0
    for seed in UInt64(0)..<4_000 {
      var dice = SplitMix64(seed: seed)
      let text = randomPattern(&dice)
      let pattern = try EventPattern(text)
      let event = randomObject(&dice, depth: 0)
      let fields = try #require(pattern.alternatives.first)
      let leaves = EventLeaves(event, at: PathSet([fields]))
      let expected = isMatched(fields[...], leaves, chosen: [])
      matches += expected ? 1 : 0
      #expect(pattern.matches(event) == expected, "seed \(seed): \(text) and \(event.text)")
      #expect(pattern.explain(event).matched == expected, "seed \(seed): \(text) and \(event.text)")
    }
    #expect((600...3_400).contains(matches), "both verdicts are frequent: \(matches)")
  }

  private func isMatched(_ fields: ArraySlice<FieldTest>, _ leaves: EventLeaves, chosen: [Membership]) -> Bool {
    guard let field = fields.first else { return true }
    let fitting = (leaves.leaves[field.path] ?? []).filter { leaf in
      chosen.allSatisfy { isConsistent($0, leaf.membership) }
    }
    if field.acceptsAbsence, fitting.isEmpty, isMatched(fields.dropFirst(), leaves, chosen: chosen) { return true }
    return fitting.contains { leaf in
      field.passes(leaf.value) && isMatched(fields.dropFirst(), leaves, chosen: chosen + [leaf.membership])
    }
  }

  private func isConsistent(_ one: Membership, _ other: Membership) -> Bool {
    one.elements.allSatisfy { mine in other.elements.allSatisfy { $0.array != mine.array || $0.index == mine.index } }
  }

  private func randomPattern(_ dice: inout SplitMix64) -> String {
    let lists = ["[1]", "[2]", "[{\"exists\":false}]", "[1,{\"exists\":false}]", "[{\"exists\":true}]"]
    let paths = ["a", "b", "a.a", "a.b", "b.a", "b.b", "a.a.b", "a.b.a", "b.b.b"]
    let members = (0..<Int.random(in: 1...4, using: &dice)).map { _ in
      "\"\(pick(paths, &dice))\":\(pick(lists, &dice))"
    }
    return "{\(members.joined(separator: ","))}"
  }

  private func randomObject(_ dice: inout SplitMix64, depth: Int) -> JSON {
    let members = (0..<Int.random(in: 0...3, using: &dice)).map { _ in
      JSON.Member(pick(["a", "b", "a", "b", "a.b", "b.b"], &dice), randomValue(&dice, depth: depth + 1))
    }
    return .object(members)
  }

  private func randomValue(_ dice: inout SplitMix64, depth: Int) -> JSON {
    switch Int.random(in: 0..<(depth < 5 ? 6 : 2), using: &dice) {
    case 0: 1
    case 1: 2
    case 2, 3: randomObject(&dice, depth: depth)
    default: .array((0..<Int.random(in: 0...3, using: &dice)).map { _ in randomValue(&dice, depth: depth + 1) })
    }
  }

  private func pick<Element>(_ all: [Element], _ dice: inout SplitMix64) -> Element {
    all[Int.random(in: 0..<all.count, using: &dice)]
  }
}
