import Events

/// Makes events out of the pool: arrays in arrays, repeated and dotted keys, nothing where something is due.
struct TrapEvents {
  private static let depthMax = 4

  var pool: TrapPool
  var dice: SplitMix64

  /// An object.
  mutating func event() -> TrapNode {
    object(depth: 0)
  }

  /// An event of many elements, more than a matcher may keep a bit for.
  mutating func large() -> TrapNode {
    let element = object(depth: 2)
    let elements = (0..<(20 + dice.below(60))).map { _ in variant(of: element, depth: 2) }
    return .object([TrapNode.Member(dice.pick(pool.keys), .array(elements))])
  }

  /// The same with a few values changed, left out or repeated.
  mutating func variant(of node: TrapNode, depth: Int = 0) -> TrapNode {
    switch node {
    case .null, .bool, .number, .string:
      return dice.isLucky(percent: 20) ? value(depth: depth) : node
    case .array(let elements):
      var varied = elements.map { variant(of: $0, depth: depth + 1) }
      if !varied.isEmpty, dice.isLucky(percent: 15) { varied.remove(at: dice.below(varied.count)) }
      if dice.isLucky(percent: 15) { varied.insert(value(depth: depth + 1), at: dice.below(varied.count + 1)) }
      return .array(varied)
    case .object(let members):
      var varied = members.map { TrapNode.Member($0.key, variant(of: $0.value, depth: depth + 1)) }
      if !varied.isEmpty, dice.isLucky(percent: 10) { varied.remove(at: dice.below(varied.count)) }
      if !varied.isEmpty, dice.isLucky(percent: 5) { varied.append(dice.pick(varied)) }
      return .object(varied)
    }
  }

  private mutating func object(depth: Int) -> TrapNode {
    let isStrict = dice.isLucky(percent: 80)
    var members: [TrapNode.Member] = []
    for _ in 0..<(depth == 0 ? 2 + dice.below(3) : dice.below(4)) {
      let key = dice.pick(pool.keys)
      if isStrict, members.contains(where: { $0.key.utf8.elementsEqual(key.utf8) }) { continue }
      members.append(TrapNode.Member(key, value(depth: depth + 1)))
    }
    return .object(members)
  }

  private mutating func value(depth: Int) -> TrapNode {
    guard depth < TrapEvents.depthMax else { return scalar() }
    switch dice.below(100) {
    case 0..<22: return array(depth: depth)
    case 22..<47: return object(depth: depth)
    default: return scalar()
    }
  }

  private mutating func array(depth: Int) -> TrapNode {
    let ofObjects = dice.isLucky(percent: 45)
    return .array(
      (0..<dice.below(4)).map { _ in
        if ofObjects, dice.isLucky(percent: 85) { return object(depth: depth + 1) }
        return dice.isLucky(percent: 20) ? array(depth: depth + 1) : value(depth: depth + 1)
      })
  }

  private mutating func scalar() -> TrapNode {
    switch dice.below(100) {
    case 0..<52: .string(pool.string(&dice))
    case 52..<84: .number(pool.number(&dice))
    case 84..<92: .null
    default: .bool(dice.isLucky(percent: 50))
    }
  }
}

/// A value of an event that is neither object nor array, with the keys that lead to it.
struct TrapLeaf {
  let keys: [String]
  let value: TrapNode

  /// All of an event, in its order.
  static func all(_ node: TrapNode, below keys: [String] = []) -> [TrapLeaf] {
    switch node {
    case .null, .bool, .number, .string: [TrapLeaf(keys: keys, value: node)]
    case .array(let elements): elements.flatMap { all($0, below: keys) }
    case .object(let members): members.flatMap { all($0.value, below: keys + [$0.key]) }
    }
  }
}
