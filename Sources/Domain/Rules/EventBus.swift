import Events
import Patterns

/// The rules of a bus at one moment, compiled: an immutable snapshot that is replaced whole.
public struct EventBus: Sendable {
  /// Rules by name, in the order of their names.
  public let rules: [Rule]

  public init(rules: [Rule]) {
    self.rules = rules.sorted { $0.name < $1.name }
  }

  public func rule(_ name: String) -> Rule? {
    rules.first { $0.name == name }
  }

  /// The rules with a schedule.
  public var scheduled: [Rule] { rules.filter { $0.schedule != nil } }

  /// Which rules want an event. Disabled ones are told apart, for the ledger names them (D32).
  public struct Routing: Sendable, Hashable {
    public let matched: [Rule]
    public let disabled: [Rule]
  }

  /// - Parameter envelope: the whole event as JSON.
  public func route(_ envelope: JSON) -> Routing {
    var matched: [Rule] = []
    var disabled: [Rule] = []
    for rule in rules {
      guard let pattern = rule.pattern, pattern.matches(envelope) else { continue }
      if rule.isEnabled { matched.append(rule) } else { disabled.append(rule) }
    }
    return Routing(matched: matched, disabled: disabled)
  }

  /// A rule that an event missed, and by what.
  public struct NearMiss: Sendable, Hashable {
    public let rule: String
    public let failures: [LeafFailure]
  }

  /// The rules that the event missed by a single leaf.
  public func nearMisses(_ envelope: JSON) -> [NearMiss] {
    misses(envelope).filter { $0.failures.count == 1 }
  }

  /// Every rule with a pattern that the event missed, the closest first.
  public func misses(_ envelope: JSON) -> [NearMiss] {
    rules.compactMap { rule in
      guard let explanation = rule.pattern?.explain(envelope), !explanation.matched else { return nil }
      return NearMiss(rule: rule.name, failures: explanation.failures)
    }
    .sorted { ($0.failures.count, $0.rule) < ($1.failures.count, $1.rule) }
  }
}
