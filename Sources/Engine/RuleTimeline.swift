import Events
import Rules

/// The rules in force at any moment, out of all their versions.
public struct RuleTimeline: Sendable {
  private let versions: [RuleVersion]
  private let changes: [Timestamp]

  public init(_ versions: [RuleVersion]) {
    self.versions = versions
    changes = versions.map(\.at).sorted()
  }

  public func rules(at moment: Timestamp) -> [Rule] {
    var rules: [String: Rule?] = [:]
    for version in versions where version.at <= moment { rules[version.name] = version.rule }
    return rules.values.compactMap(\.self)
  }

  /// nil right around a change, where either version may have been the one that routed.
  func bus(at moment: Timestamp) -> EventBus? {
    let isBlurred = changes.contains {
      $0 != changes.first && abs(($0 - moment).milliseconds) < Auditor.blur.milliseconds
    }
    return isBlurred ? nil : EventBus(rules: rules(at: moment))
  }
}
