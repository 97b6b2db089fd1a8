import Events
import Rules

/// What taking over definitions would do to what is there.
public struct StackPlan: Sendable, Hashable {
  /// What becomes of one thing.
  public enum Action: String, Sendable, Hashable, CaseIterable {
    case create
    case change
    case unchanged
    /// It is there, the template says nothing of it, and it stays.
    case left
  }

  /// What kinds of things there are, in the order in which they are made.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case bus
    case queue
    case bucket
    case permission
    case rule
    case group
    case schedule
    case universe
  }

  public struct Step: Sendable, Hashable {
    public let kind: Kind
    public let name: String
    public let action: Action
    /// What differs, a phrase each.
    public let what: [String]

    init(_ kind: Kind, _ name: String, _ action: Action, _ what: [String] = []) {
      self.kind = kind
      self.name = name
      self.action = action
      self.what = what
    }

    public var json: JSON {
      [
        "kind": .string(kind.rawValue), "name": .string(name), "action": .string(action.rawValue), "what": JSON(what),
      ]
    }
  }

  public private(set) var steps: [Step] = []

  /// Whether carrying it out would change anything.
  public var changesAnything: Bool { steps.contains { $0.action == .create || $0.action == .change } }

  /// - Parameters:
  ///   - current: what an engine has.
  ///   - wanted: what it shall have besides; what it does not name is left as it is.
  public init(from current: StackDefinitions, to wanted: StackDefinitions) {
    names(.bus, current.buses, wanted.buses)
    let queues = Dictionary(current.queues.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
    for queue in wanted.queues {
      step(.queue, queue.name, queues[queue.name].map { StackPlan.differences($0, queue) })
    }
    left(.queue, current.queues.map(\.name), wanted.queues.map(\.name))
    names(.bucket, current.buckets, wanted.buckets)
    for permission in wanted.permissions {
      let isThere = current.permissions.contains(permission)
      steps.append(Step(.permission, StackPlan.name(of: permission), isThere ? .unchanged : .create))
    }
    let rules = Dictionary(current.rules.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
    for rule in wanted.rules { step(.rule, rule.name, rules[rule.name].map { StackPlan.differences($0, rule) }) }
    left(.rule, current.rules.map(\.name), wanted.rules.map(\.name))
    let groups = Dictionary(current.groups.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
    for group in wanted.groups {
      step(.group, group.name, groups[group.name].map { StackPlan.members($0.json, group.json) })
    }
    left(.group, current.groups.map(\.name), wanted.groups.map(\.name))
    let schedules = Dictionary(current.schedules.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
    for schedule in wanted.schedules {
      let old = schedules[schedule.name]
      step(.schedule, schedule.name.description, old.map { StackPlan.members($0.canonical, schedule.canonical) })
    }
    left(.schedule, current.schedules.map(\.name.description), wanted.schedules.map(\.name.description))
    if let symbols = wanted.universe {
      let old = current.universe
      step(
        .universe, "symbols",
        old.map { $0 == symbols ? [] : ["\($0.count) symbols → \(symbols.count)"] })
    }
  }

  private mutating func step(_ kind: Kind, _ name: String, _ differences: [String]?) {
    let action: Action = differences.map { $0.isEmpty ? .unchanged : .change } ?? .create
    steps.append(Step(kind, name, action, differences ?? []))
  }

  private mutating func names(_ kind: Kind, _ current: [String], _ wanted: [String]) {
    for name in wanted { steps.append(Step(kind, name, current.contains(name) ? .unchanged : .create)) }
    left(kind, current, wanted)
  }

  private mutating func left(_ kind: Kind, _ current: [String], _ wanted: [String]) {
    let wanted = Set(wanted)
    for name in current where !wanted.contains(name) { steps.append(Step(kind, name, .left)) }
  }

  private static func name(of permission: StackPermission) -> String {
    let rule = permission.source.map { ResourceName($0)?.name ?? $0 } ?? "every rule"
    return "\(rule) → \(permission.function)"
  }

  // MARK: Differences

  private static func differences(_ old: StackRule, _ new: StackRule) -> [String] {
    members(old.canonical, new.canonical)
  }

  private static func differences(_ old: StackQueue, _ new: StackQueue) -> [String] {
    var left = old.json, right = new.json
    left.remove("policy")
    right.remove("policy")
    let missing = new.missingStatements(of: old)
    return members(left, right) + (missing.isEmpty ? [] : ["policy: \(missing.count) statements more"])
  }

  private static func members(_ old: JSON, _ new: JSON) -> [String] {
    let keys = (old.members ?? []).map(\.key) + (new.members ?? []).map(\.key).filter { old[$0] == nil }
    return keys.compactMap { key in
      guard old[key] != new[key] else { return nil }
      guard key != "targets", key != "target" else { return key }
      return "\(key) \(old[key].map(\.text) ?? "none") → \(new[key].map(\.text) ?? "none")"
    }
  }
}

extension StackQueue {
  /// The statements of this queue's policy that the other's has not.
  public func missingStatements(of other: StackQueue) -> [JSON] {
    let known = Set(other.policy.map(StackPolicy.canonical))
    return policy.filter { !known.contains(StackPolicy.canonical($0)) }
  }
}
