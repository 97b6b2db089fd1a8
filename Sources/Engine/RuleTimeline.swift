import Events
import Rules

/// The rules in force at any moment, out of all their versions.
public struct RuleTimeline: Sendable {
  private let versions: [RuleVersion]
  private let changes: [Timestamp]
  /// The bus of the moment that was asked for last, and how many versions came before that.
  private var known: (count: Int, bus: EventBus)?

  public init(_ versions: [RuleVersion]) {
    self.versions = versions
    changes = versions.map(\.at).sorted()
  }

  public func rules(at moment: Timestamp) -> [Rule] {
    var rules: [String: Rule?] = [:]
    for version in versions where version.at <= moment { rules[version.name] = version.rule }
    return rules.values.compactMap(\.self)
  }

  /// The rules of that moment, compiled; made anew only where one changed since the moment asked for before.
  public mutating func bus(at moment: Timestamp) -> EventBus {
    let count = versions.count { $0.at <= moment }
    if let known, known.count == count { return known.bus }
    let bus = EventBus(rules: rules(at: moment))
    known = (count, bus)
    return bus
  }

  /// Whether it is right around a change, where either version may have been the one that routed.
  func isBlurred(at moment: Timestamp) -> Bool {
    changes.contains { $0 != changes.first && abs(($0 - moment).milliseconds) < Auditor.blur.milliseconds }
  }
}
