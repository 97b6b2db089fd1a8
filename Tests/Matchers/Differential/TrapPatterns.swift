import Events

/// Makes patterns that want what the events of the round have, or nearly.
struct TrapPatterns {
  /// A pattern as text, and the operator if a single one decides.
  struct Pattern {
    let text: String
    let sole: TrapOperator?
  }

  private struct Field {
    let keys: [String]
    let tests: TrapNode
  }

  private static let orDepthMax = 2

  var tests: TrapTests
  var dice: SplitMix64
  /// Leaves of the events that patterns are made to meet.
  var leaves: [[TrapLeaf]]

  /// A pattern that may still be refused, for its numbers or its wildcards.
  mutating func pattern() -> Pattern {
    let own = dice.pick(leaves)
    if dice.isLucky(percent: 35) {
      let leaf = self.leaf(of: own)
      let `operator` = tests.operator(for: leaf.value)
      let list = TrapNode.array([tests.test(`operator`, near: leaf.value)])
      return written(tree([Field(keys: keys(of: leaf), tests: list)]), sole: `operator`)
    }
    return written(node(own, orDepth: 0), sole: nil)
  }

  private mutating func written(_ node: TrapNode, sole: TrapOperator?) -> Pattern {
    Pattern(text: String(decoding: node.text(&dice), as: UTF8.self), sole: sole)
  }

  private mutating func node(_ own: [TrapLeaf], orDepth: Int) -> TrapNode {
    let count = orDepth == 0 ? dice.pick([1, 1, 2, 2, 2, 3, 4]) : dice.pick([1, 1, 2])
    let fields = (0..<count).map { _ in field(own) }
    guard orDepth < TrapPatterns.orDepthMax, dice.isLucky(percent: orDepth == 0 ? 18 : 12),
      case .object(var members) = tree(fields)
    else { return tree(fields) }
    let branches = (0..<(2 + dice.below(2))).map { _ in node(dice.pick(leaves), orDepth: orDepth + 1) }
    let either = TrapNode.Member("$or", .array(branches))
    if dice.isLucky(percent: 25) {
      members.append(TrapNode.Member(dice.pick(tests.pool.keys), .object([either])))
    } else {
      members.insert(either, at: dice.below(members.count + 1))
    }
    return .object(members)
  }

  private mutating func field(_ own: [TrapLeaf]) -> Field {
    let leaf = leaf(of: own)
    let list = (0..<dice.pick([1, 1, 1, 2, 3])).map { index in
      let value = index == 0 ? leaf.value : self.leaf(of: own).value
      return tests.test(tests.operator(for: value), near: value)
    }
    return Field(keys: keys(of: leaf), tests: .array(list))
  }

  /// A leaf of the event, or one that it has not.
  private mutating func leaf(of own: [TrapLeaf]) -> TrapLeaf {
    guard !own.isEmpty, dice.isLucky(percent: 92) else {
      let keys = (0..<(1 + dice.below(2))).map { _ in dice.pick(tests.pool.keys) }
      return TrapLeaf(keys: keys, value: dice.isLucky(percent: 50) ? .array([]) : .string(tests.pool.string(&dice)))
    }
    return dice.pick(own)
  }

  /// The way to the leaf, some of its keys joined with dots.
  private mutating func keys(of leaf: TrapLeaf) -> [String] {
    var keys: [String] = []
    for key in leaf.keys {
      if let last = keys.last, dice.isLucky(percent: 15) {
        keys[keys.count - 1] = last + "." + key
      } else {
        keys.append(key)
      }
    }
    return keys
  }

  /// The fields as nested objects; two of one beginning most often share their object, else the key is repeated.
  private mutating func tree(_ fields: [Field]) -> TrapNode {
    var members: [TrapNode.Member] = []
    var rest = fields[...]
    while let field = rest.popFirst() {
      guard field.keys.count > 1 else {
        members.append(TrapNode.Member(field.keys[0], field.tests))
        continue
      }
      var inside = [Field(keys: Array(field.keys.dropFirst()), tests: field.tests)]
      while let next = rest.first, next.keys.count > 1, next.keys[0].utf8.elementsEqual(field.keys[0].utf8),
        dice.isLucky(percent: 85)
      {
        inside.append(Field(keys: Array(next.keys.dropFirst()), tests: next.tests))
        rest.removeFirst()
      }
      members.append(TrapNode.Member(field.keys[0], tree(inside)))
    }
    return .object(members)
  }
}
