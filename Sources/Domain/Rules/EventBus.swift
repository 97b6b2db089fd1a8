import Events
import Matchers
import Patterns

/// The rules of a bus at one moment, compiled: an immutable snapshot that is replaced whole.
///
/// A value: a copy may be changed rule by rule, at the cost of that rule, while others go on routing by the one before.
public struct EventBus: Sendable {
  /// Numbers that were given to patterns and are free again, before all patterns are numbered anew.
  public static let freeNumbersMax = 1_024

  /// Rules by name, in the order of their names.
  public private(set) var rules: [Rule]
  /// Grows by one with every rule that is replaced.
  public private(set) var edition = 0
  private var matcher = PatternMatcher()
  /// The rule of each number that the matcher gave; nil where it is free again.
  private var owners: [Rule?] = []
  private var numbers: [String: Int] = [:]

  /// - Parameter rules: each name once.
  public init(rules: [Rule]) {
    self.rules = rules.sorted { $0.name < $1.name }
    for rule in self.rules { enrol(rule) }
  }

  public func rule(_ name: String) -> Rule? {
    let place = place(of: name)
    return place < rules.count && rules[place].name == name ? rules[place] : nil
  }

  /// The rules with a schedule.
  public var scheduled: [Rule] { rules.filter { $0.schedule != nil } }

  /// Puts a rule in the place of the one of that name, or takes that one away.
  ///
  /// - Parameter rule: nil to take away; its name is the name given.
  public mutating func replace(_ rule: Rule?, named name: String) {
    precondition(rule == nil || rule?.name == name, "a rule is replaced by one of its own name")
    let place = place(of: name)
    if place < rules.count, rules[place].name == name { rules.remove(at: place) }
    if let rule { rules.insert(rule, at: place) }
    if let number = numbers.removeValue(forKey: name) {
      matcher.remove(number)
      owners[number] = nil
    }
    if let rule { enrol(rule) }
    edition += 1
    if owners.count - numbers.count > EventBus.freeNumbersMax + numbers.count { renumber() }
  }

  /// So that what a bus takes does not grow with the changes that it has seen.
  private mutating func renumber() {
    (matcher, owners, numbers) = (PatternMatcher(), [], [:])
    for rule in rules { enrol(rule) }
  }

  /// Numbers of patterns, those that are free again counted in.
  var numbersGiven: Int { owners.count }

  private mutating func enrol(_ rule: Rule) {
    guard let pattern = rule.pattern else { return }
    let number = matcher.add(pattern)
    precondition(number == owners.count, "patterns are numbered from zero, one after the other")
    owners.append(rule)
    numbers[rule.name] = number
  }

  /// Where a rule of that name stands, or would stand.
  private func place(of name: String) -> Int {
    var low = 0
    var high = rules.count
    while low < high {
      let middle = (low + high) / 2
      if rules[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Which rules want an event. Disabled ones are told apart, for the ledger names them (D32).
  public struct Routing: Sendable, Hashable {
    public let matched: [Rule]
    public let disabled: [Rule]

    /// Whether no rule wants the event, not even one that is disabled.
    public var isEmpty: Bool { matched.isEmpty && disabled.isEmpty }
  }

  /// The rules that want an event, by name.
  ///
  /// - Parameter text: the whole envelope.
  public func route(_ text: EventText, in workspace: MatchWorkspace) -> Routing {
    matcher.match(text, in: workspace)
    let wanting = workspace.matched.compactMap { owners[Int($0)] }.sorted { $0.name < $1.name }
    return Routing(matched: wanting.filter(\.isEnabled), disabled: wanting.filter { !$0.isEnabled })
  }

  /// The same where there is neither a text nor a workspace at hand.
  ///
  /// - Parameter envelope: the whole event as JSON.
  public func route(_ envelope: JSON) -> Routing {
    route(EventText(envelope), in: MatchWorkspace())
  }

  /// A rule that an event missed, and by what.
  public struct NearMiss: Sendable, Hashable {
    public let rule: String
    public let failures: [LeafFailure]

    public init(rule: String, failures: [LeafFailure]) {
      self.rule = rule
      self.failures = failures
    }
  }

  /// The rules that an event missed by a single leaf, by name.
  ///
  /// Where another leaf of some of them passed, only those are told: a rule of one field is missed by a single leaf by every
  /// event there is. The matcher names the rules, and only those told are explained, so what it costs does not grow with them.
  ///
  /// - Parameter text: the text of the envelope.
  public func nearMisses(
    _ envelope: JSON, _ text: EventText, in workspace: MatchWorkspace, max: Int
  ) -> [NearMiss] {
    let near = matcher.nearMisses(text, in: workspace, max: max)
    return (near.close.isEmpty ? near.others : near.close)
      .compactMap { number in owners[number].flatMap { EventBus.miss(of: $0, envelope) } }
      .sorted { $0.rule < $1.rule }
  }

  /// Every rule with a pattern that the event missed, the closest first; each of them is asked.
  public func misses(_ envelope: JSON) -> [NearMiss] {
    EventBus.misses(envelope, of: rules)
  }

  /// The same of rules that need not be compiled for it.
  public static func misses(_ envelope: JSON, of rules: [Rule]) -> [NearMiss] {
    rules.compactMap { miss(of: $0, envelope) }
      .sorted { ($0.failures.count, $0.rule) < ($1.failures.count, $1.rule) }
  }

  private static func miss(of rule: Rule, _ envelope: JSON) -> NearMiss? {
    guard let explanation = rule.pattern?.explain(envelope), !explanation.matched else { return nil }
    return NearMiss(rule: rule.name, failures: explanation.failures)
  }
}
