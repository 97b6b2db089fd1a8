/// How many beginnings of a field's wildcards one value may be in at the same time.
///
/// "a*" may be in 2: in "a", and in what the star took. The wildcards of one field count together, each once; those of
/// one `anything-but` count as one that branches, so that what they begin with in common counts once.
/// Source: event-ruler's `MachineComplexityEvaluator` and its published values.
struct WildcardComplexity {
  private struct State {
    /// Whether any byte leads back here: what a star takes.
    let isStar: Bool
    var next: [(byte: UInt8, state: Int)] = []
    /// The star that begins where this state ends.
    var star: Int?
  }

  private static let quote = Wildcard.Piece.byte(UInt8(ascii: "\""))

  private var states: [State] = []
  private var start: [Int] = []

  /// Whether that of a field's tests is above the maximum.
  static func of(_ tests: some Collection<ValueTest>, exceeds max: Int) -> Bool {
    bound(tests.flatMap(\.wildcards)) > max && WildcardComplexity(tests).exceeds(max)
  }

  /// What it is at most: besides the stars only places that follow the byte which was read last.
  private static func bound(_ wildcards: [Wildcard]) -> Int {
    var stars = 0
    var places = Array(repeating: 0, count: 256)
    for wildcard in wildcards {
      places[Int(UInt8(ascii: "\""))] += 2
      for piece in wildcard.pieces {
        switch piece {
        case .star: stars += 1
        case .byte(let byte): places[Int(byte)] += 1
        }
      }
    }
    return stars + (places.max() ?? 0)
  }

  private init(_ tests: some Collection<ValueTest>) {
    var known: Set<[Wildcard]> = []
    for test in tests {
      let wildcards = test.wildcards
      guard !wildcards.isEmpty, known.insert(wildcards).inserted else { continue }
      let root = add(isStar: false)
      let end = add(isStar: false)
      start.append(root)
      for wildcard in wildcards { insert(wildcard, from: root, to: end) }
    }
  }

  private mutating func add(isStar: Bool) -> Int {
    states.append(State(isStar: isStar))
    return states.count - 1
  }

  /// Up to its first star the way is shared with the wildcards that are there.
  private mutating func insert(_ wildcard: Wildcard, from root: Int, to end: Int) {
    var place = root
    var isShared = true
    for piece in [WildcardComplexity.quote] + wildcard.pieces {
      switch piece {
      case .star:
        let known = isShared ? states[place].star : nil
        let star = known ?? add(isStar: true)
        states[place].star = star
        place = star
        isShared = false
      case .byte(let byte):
        if isShared, let known = states[place].next.first(where: { $0.byte == byte }) {
          place = known.state
        } else {
          let next = add(isStar: false)
          states[place].next.append((byte, next))
          place = next
        }
      }
    }
    states[place].next.append((UInt8(ascii: "\""), end))
  }

  /// Whether it is above, or would take more than `PatternLimits.wildcardStepsMax` steps to tell.
  private func exceeds(_ max: Int) -> Bool {
    var seen: Set<[Int]> = [start]
    var queue = [start]
    var steps = 0
    while let places = queue.popLast() {
      var bytes = Array(Set(places.flatMap { states[$0].next.map(\.byte) }) as Set<UInt8?>)
      bytes.append(nil)
      for byte in bytes {
        let next = step(places, byte)
        steps += 1
        if next.count > max || steps > PatternLimits.wildcardStepsMax { return true }
        if seen.insert(next).inserted { queue.append(next) }
      }
    }
    return false
  }

  /// The states after that byte, in order; nil stands for all bytes that lead to no state of their own.
  private func step(_ places: [Int], _ byte: UInt8?) -> [Int] {
    var next: [Int] = []
    func enter(_ place: Int) {
      if !next.contains(place) { next.append(place) }
    }
    for place in places {
      if states[place].isStar { enter(place) }
      guard let byte else { continue }
      for way in states[place].next where way.byte == byte {
        enter(way.state)
        if let star = states[way.state].star { enter(star) }
      }
    }
    return next.sorted()
  }
}
