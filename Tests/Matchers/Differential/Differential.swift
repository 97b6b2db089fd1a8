import Events
import Matchers
import Patterns

/// What rounds have compared.
struct DifferentialTally: Sendable {
  struct Verdicts: Sendable, Equatable {
    var matches = 0
    var misses = 0
  }

  /// Pairs of a pattern and an event.
  var pairs = 0
  var verdicts = Verdicts()
  var patterns = 0
  /// Patterns that were no patterns.
  var refused = 0
  /// Of patterns in which a single operator decides.
  var byOperator: [TrapOperator: Verdicts] = [:]

  mutating func add(_ other: DifferentialTally) {
    pairs += other.pairs
    patterns += other.patterns
    refused += other.refused
    verdicts.matches += other.verdicts.matches
    verdicts.misses += other.verdicts.misses
    for (name, more) in other.byOperator {
      byOperator[name, default: Verdicts()].matches += more.matches
      byOperator[name, default: Verdicts()].misses += more.misses
    }
  }

  mutating func count(_ isMatch: Bool, sole: TrapOperator?) {
    pairs += 1
    verdicts.matches += isMatch ? 1 : 0
    verdicts.misses += isMatch ? 0 : 1
    guard let sole else { return }
    byOperator[sole, default: Verdicts()].matches += isMatch ? 1 : 0
    byOperator[sole, default: Verdicts()].misses += isMatch ? 0 : 1
  }
}

/// One round: the patterns and events of a seed, matched by the matcher and by each pattern on its own.
struct DifferentialRound {
  private static let patternsMax = 40
  /// Now and then a round has many patterns on its few fields, for what a matcher does with crowds only.
  private static let crowdPatternsMax = 1_000
  private static let crowdEvery: UInt64 = 128
  /// And at other times it has large events.
  private static let largeEvery: UInt64 = 64
  private static let eventsMax = 16

  private struct Entry {
    let pattern: EventPattern
    let sole: TrapOperator?
  }

  private struct Case {
    let event: EventText
    let json: JSON
  }

  private let seed: UInt64
  private var dice: SplitMix64
  private var entries: [Entry] = []
  private var cases: [Case] = []
  /// Each pattern's own verdict on each event, and whether it nearly matches.
  private var oracle: [[Bool]] = []
  private var tally = DifferentialTally()

  /// Compares; throws the difference if there is one.
  static func run(seed: UInt64, in workspace: MatchWorkspace) throws(Difference) -> DifferentialTally {
    var round = DifferentialRound(seed: seed)
    try round.compare(in: workspace)
    return round.tally
  }

  private init(seed: UInt64) {
    self.seed = seed
    dice = SplitMix64(seed: seed)
    let pool = TrapPool(&dice)
    var events = TrapEvents(pool: pool, dice: SplitMix64(seed: dice.next()))
    var nodes: [TrapNode] = []
    let isCrowd = seed % DifferentialRound.crowdEvery == DifferentialRound.crowdEvery - 1
    let isLarge = seed % DifferentialRound.largeEvery == 0
    for _ in 0..<(4 + dice.below(isCrowd || isLarge ? 2 : DifferentialRound.eventsMax - 3)) {
      let isNew = nodes.isEmpty || dice.isLucky(percent: 40)
      if isLarge, isNew {
        nodes.append(events.large())
        continue
      }
      nodes.append(isNew ? events.event() : events.variant(of: dice.pick(nodes)))
    }
    for node in nodes { admit(node.text(&dice)) }
    var patterns = TrapPatterns(
      tests: TrapTests(pool: pool, dice: SplitMix64(seed: dice.next())), dice: SplitMix64(seed: dice.next()),
      leaves: nodes.map { TrapLeaf.all($0) })
    let patternsMax = isCrowd ? DifferentialRound.crowdPatternsMax : DifferentialRound.patternsMax
    for _ in 0..<(1 + dice.below(patternsMax)) { admit(patterns.pattern()) }
  }

  private mutating func admit(_ bytes: [UInt8]) {
    do {
      let event = try EventText(bytes)
      let json = try JSON(parsing: bytes)
      cases.append(Case(event: dice.isLucky(percent: 20) ? EventText(json) : event, json: json))
    } catch {
      preconditionFailure("seed \(seed): \(error.message) in \(String(decoding: bytes, as: UTF8.self))")
    }
  }

  private mutating func admit(_ pattern: TrapPatterns.Pattern) {
    do {
      entries.append(Entry(pattern: try EventPattern(pattern.text), sole: pattern.sole))
      tally.patterns += 1
    } catch {
      tally.refused += 1
    }
  }

  // MARK: Comparing

  /// Adds some, matches, removes some, adds the rest and matches again; a copy from in between sees none of it.
  private mutating func compare(in workspace: MatchWorkspace) throws(Difference) {
    for entry in entries {
      let verdicts = cases.map { entry.pattern.matches($0.json) }
      for isMatch in verdicts { tally.count(isMatch, sole: entry.sole) }
      oracle.append(verdicts)
    }
    var matcher = PatternMatcher()
    var living: [Int: Int] = [:]
    let first = entries.count - dice.below(entries.count / 2 + 1)
    for entry in 0..<first { living[matcher.add(entries[entry].pattern)] = entry }
    try check(matcher, living, in: workspace)
    let (copy, then) = (matcher, living)
    for number in living.keys.sorted() where dice.isLucky(percent: 25) {
      matcher.remove(number)
      living[number] = nil
    }
    for entry in first..<entries.count { living[matcher.add(entries[entry].pattern)] = entry }
    guard then != living else { return }
    try check(matcher, living, in: workspace)
    try check(copy, then, in: workspace)
  }

  /// - Parameter living: the entries by the numbers they have in the matcher.
  private func check(
    _ matcher: PatternMatcher, _ living: [Int: Int], in workspace: MatchWorkspace
  ) throws(Difference) {
    for place in cases.indices {
      matcher.match(cases[place].event, in: workspace)
      let found = workspace.matched.map(Int.init).sorted()
      let wanted = living.filter { oracle[$0.value][place] }.keys.sorted()
      guard found != wanted else { continue }
      let culprit = Set(found).symmetricDifference(wanted).min().flatMap { living[$0] }
      throw Difference(
        seed: seed, pattern: culprit.map { entries[$0].pattern.text }, event: cases[place].event.bytes,
        isMatch: culprit.map { oracle[$0][place] }, found: found, wanted: wanted)
    }
    try checkNearMisses(matcher, living, in: workspace)
  }

  /// One event a round is asked for its near misses, for they cost much.
  private func checkNearMisses(
    _ matcher: PatternMatcher, _ living: [Int: Int], in workspace: MatchWorkspace
  ) throws(Difference) {
    let place = Int(seed % UInt64(cases.count))
    let near = matcher.nearMisses(cases[place].event, in: workspace, max: .max)
    let found = (near.close + near.others).sorted()
    let wanted = living.filter { entries[$0.value].pattern.explain(cases[place].json).isNearMiss }.keys.sorted()
    guard found != wanted else { return }
    let culprit = Set(found).symmetricDifference(wanted).min().flatMap { living[$0] }
    throw Difference(
      seed: seed, pattern: culprit.map { entries[$0].pattern.text }, event: cases[place].event.bytes, isMatch: nil,
      found: found, wanted: wanted)
  }
}
